"""When naltrexone is ordered at any dose and an opioid is taken today, or ordered beside it, then stop the prescriber,

because naltrexone can bring on severe withdrawal within minutes and blocks pain relief.
"""

from collections.abc import Iterator

from cards.chart import MEDICATION_LISTS, Chart
from cards.chart_suggestions import task
from cards.drugs import Role
from cards.findings import Finding, looks_for, says
from cards.numbers import Numbers
from cards.opioids import ANALGESIC, choosing, drafted_beside
from cards.phrasing import listed
from cards.suggestions import withdraw
from cards.wordings import exposure_facts, references


@looks_for(Role.OPIOID, needs=MEDICATION_LISTS)
def ldn_order_active_opioid(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per naltrexone order, naming every such opioid."""
    orders = chart.ordering(Role.NALTREXONE)
    for order in orders:
        beside = drafted_beside(chart, order, ANALGESIC, numbers)
        if beside:
            yield says(
                "ordered_together",
                order,
                opioid=listed(o.drug.name for o in beside),
                offers=choosing(chart, order, beside),
                evidence=[o.reference for o in beside],
            )
    taken = [e for e in chart.opioids() if e.is_active and e.kind in ANALGESIC]
    for order in orders if taken else ():
        yield says(
            "active",
            order,
            opioid=listed(e.drug.name for e in taken),
            facts=exposure_facts(taken),
            offers=[withdraw(order, recommended=True), task()],
            evidence=references(taken),
        )
