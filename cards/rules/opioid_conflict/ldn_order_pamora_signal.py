"""When naltrexone is ordered beside a medicine against constipation from opioids, then ask about opioids,

because such a medicine is taken only with an opioid, and this chart tells of none that would explain it.
"""

from collections.abc import Iterator

from cards.chart import MEDICATION_LISTS, Chart
from cards.chart_suggestions import task
from cards.drugs import OpioidKind, Role
from cards.findings import Finding, looks_for, says
from cards.numbers import Numbers
from cards.phrasing import listed
from cards.wordings import medication_fact


@looks_for(Role.PERIPHERAL_ANTAGONIST, needs=MEDICATION_LISTS)
def ldn_order_pamora_signal(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per naltrexone order. Opioids that are known have a rule of their own."""
    signals = list(chart.taking(Role.PERIPHERAL_ANTAGONIST))
    explained = any(e.kind is not OpioidKind.RESTRICTED for e in chart.exposures)
    for order in chart.ordering(Role.NALTREXONE) if signals and not explained else ():
        if not chart.drafted_beside(order, Role.OPIOID):
            yield says(
                "opioid_use_likely",
                order,
                drug=listed(m.drug.name for m in signals),
                facts=[medication_fact(m) for m in signals],
                offers=[task()],
                evidence=[m.reference for m in signals],
            )
