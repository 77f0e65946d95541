"""When an opioid is ordered in hospital or emergency care and naltrexone may still block it, then warn, never more,

because urgent pain relief must not wait, yet the opioid may fail first and then act longer and deeper than expected.
"""

from collections.abc import Iterator

from cards.chart import Chart
from cards.chart_suggestions import request_service
from cards.drugs import Role
from cards.findings import Finding, says
from cards.naltrexone import Block, blockade, choosing_one, holding, strong_opioids_ordered
from cards.numbers import Numbers
from cards.wordings import naltrexone_dose, naltrexone_facts, naltrexone_references, naltrexone_when


def opioid_order_naltrexone_inpatient_acute(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per opioid draft, in the place of the rules for patients at home."""
    if not chart.is_in_hospital:
        return
    for order in strong_opioids_ordered(chart, numbers):
        drafted = chart.drafted_beside(order, Role.NALTREXONE)
        if drafted:
            yield says(
                "ordered_together",
                order,
                opioid=order.drug.name,
                offers=choosing_one(order, drafted, numbers),
                evidence=[o.reference for o in drafted],
            )
        found = blockade(chart, numbers)
        if found.block is Block.NONE:
            continue
        services = [request_service(key="monitoring"), request_service(key="pain-service")]
        is_taken = found.block is Block.LOW and any(use.is_active for use in found.uses)
        yield says(
            "low_dose_taken" if is_taken else "on_board",
            order,
            opioid=order.drug.name,
            dose=naltrexone_dose(found.use),
            when=naltrexone_when(found.use),
            facts=naltrexone_facts(found.uses),
            offers=[*services, holding(found.uses, chart.today)] if is_taken else services,
            evidence=naltrexone_references(found.uses),
        )
