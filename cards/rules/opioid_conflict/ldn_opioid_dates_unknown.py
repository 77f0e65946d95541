"""When naltrexone is ordered and an opioid entry has no end, then ask for the last dose,

because an old entry may be a forgotten one or an opioid that is still taken, and only the patient knows.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from cards.chart import MEDICATION_LISTS, Chart, Exposure, ExposureState
from cards.chart_suggestions import task
from cards.drugs import OpioidKind, Role
from cards.findings import Finding, looks_for, says
from cards.numbers import Numbers, Quantity
from cards.phrasing import day, listed
from cards.suggestions import hold_until, withdraw
from cards.wordings import exposure_facts, references, told_on

QUICK = frozenset({OpioidKind.SHORT})


@looks_for(Role.OPIOID, needs=MEDICATION_LISTS)
def ldn_opioid_dates_unknown(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per naltrexone order, naming every such entry."""
    undated = [e for e in chart.opioids() if e.state is ExposureState.UNDATED]
    for order in chart.ordering(Role.NALTREXONE) if undated else ():
        first_day = chart.today + timedelta(days=_interval(undated, numbers).days)
        yield says(
            "no_end",
            order,
            opioid=listed(e.drug.name for e in undated),
            date=day(max((told for e in undated if (told := told_on(e))), default=None)),
            earliest=day(first_day),
            facts=exposure_facts(undated),
            offers=[hold_until(order, first_day, recommended=True), withdraw(order), task()],
            evidence=references(undated),
        )


def _interval(undated: Sequence[Exposure], numbers: Numbers) -> Quantity:
    return numbers.washout_short if all(e.kind in QUICK for e in undated) else numbers.washout_long
