"""When naltrexone is ordered for someone who takes methadone or buprenorphine, then that treatment comes first,

because any dose brings on withdrawal, and losing the treatment of opioid use disorder costs lives.
"""

from collections.abc import Iterator

from cards.chart import MEDICATION_LISTS, Chart
from cards.chart_suggestions import request_service
from cards.drugs import OpioidKind, Role
from cards.findings import Finding, looks_for, says
from cards.numbers import Numbers
from cards.opioids import drafted_beside
from cards.phrasing import listed
from cards.suggestions import withdraw
from cards.wordings import exposure_facts, references

TREATMENT = frozenset({OpioidKind.MAINTENANCE})


@looks_for(Role.OPIOID, needs=MEDICATION_LISTS)
def ldn_order_moud_active(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per naltrexone order; nothing offered here touches methadone or buprenorphine, not even a draft."""
    orders = chart.ordering(Role.NALTREXONE)
    for order in orders:
        beside = drafted_beside(chart, order, TREATMENT, numbers)
        if beside:
            yield says(
                "ordered_together",
                order,
                opioid=listed(o.drug.name for o in beside),
                offers=[withdraw(order, recommended=True), request_service()],
                evidence=[o.reference for o in beside],
            )
    taken = [e for e in chart.opioids() if e.is_active and e.kind in TREATMENT]
    for order in orders if taken else ():
        yield says(
            "active",
            order,
            opioid=listed(e.drug.name for e in taken),
            facts=exposure_facts(taken),
            offers=[withdraw(order, recommended=True), request_service()],
            evidence=references(taken),
        )
