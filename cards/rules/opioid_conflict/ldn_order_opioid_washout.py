"""When naltrexone is ordered and an opioid ended too few days ago, then name the first day on which it may be started,

because the body still depends on the opioid and naltrexone would bring on withdrawal.
"""

from collections.abc import Iterator, Sequence
from datetime import date

from cards.chart import MEDICATION_LISTS, Chart, Exposure
from cards.chart_suggestions import request_service
from cards.drugs import OpioidKind, Role
from cards.findings import Finding, looks_for, says
from cards.numbers import Numbers
from cards.opioids import ANALGESIC
from cards.phrasing import day, days, listed
from cards.suggestions import hold_until
from cards.wordings import exposure_facts, references

TREATMENT = OpioidKind.MAINTENANCE
ENDED = ANALGESIC | {TREATMENT}
"""The kinds that have no more specific rule of their own once they are over."""


@looks_for(Role.OPIOID, needs=MEDICATION_LISTS)
def ldn_order_opioid_washout(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per naltrexone order, at the level of the opioid that matters most, with the latest of the days."""
    ended = [e for e in chart.opioids() if not e.is_active and e.kind in ENDED and e.is_doubtful_on(chart.today)]
    for order in chart.ordering(Role.NALTREXONE):
        for decisive in sorted(ended, key=_clear_on)[-1:]:
            yield says(
                _circumstance(chart, ended),
                order,
                opioid=listed(e.drug.name for e in ended),
                last=day(max(_last_day(e) for e in ended)),
                slowest=decisive.drug.name,
                needed=days((_clear_on(decisive) - _last_day(decisive)).days),
                passed=days((chart.today - _last_day(decisive)).days),
                earliest=day(_clear_on(decisive)),
                facts=exposure_facts(ended),
                offers=[hold_until(order, _clear_on(decisive), recommended=True), request_service()],
                evidence=references(ended),
            )


def _circumstance(chart: Chart, ended: Sequence[Exposure]) -> str:
    """The most serious one: treatment that is just over, regular use, the tail of it, a brief course."""
    critical = [e for e in ended if e.is_critical_on(chart.today)]
    if any(e.kind is TREATMENT for e in critical):
        return "treatment_ended"
    if critical:
        return "regular_critical"
    return "brief_warning" if all(e.is_brief for e in ended) else "tail_warning"


def _clear_on(exposure: Exposure) -> date:
    return exposure.clear_on or date.max


def _last_day(exposure: Exposure) -> date:
    return exposure.last_day or date.min
