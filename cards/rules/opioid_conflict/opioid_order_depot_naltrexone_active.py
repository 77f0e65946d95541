"""When an opioid is ordered within thirty days of a naltrexone depot injection, then stop the prescriber,

because the depot cannot be taken out, blocks the opioid for about four weeks, and leaves the patient more sensitive
as it wears off.
"""

from collections.abc import Iterator

from cards.chart import Chart
from cards.chart_suggestions import request_service
from cards.findings import Finding, says
from cards.naltrexone import Block, blockade, choosing_another, is_agonist_treatment, strong_opioids_ordered
from cards.numbers import Numbers
from cards.phrasing import day, days
from cards.wordings import naltrexone_facts, naltrexone_references


def opioid_order_depot_naltrexone_active(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per opioid draft; in hospital another rule speaks."""
    if chart.is_in_hospital:
        return
    for order in strong_opioids_ordered(chart, numbers):
        found = blockade(chart, numbers)
        if found.block is Block.DEPOT:
            yield says(
                "treatment" if is_agonist_treatment(order, numbers) else "given",
                order,
                opioid=order.drug.name,
                date=day(found.use.last_day),
                block=days(numbers.depot_lasts.days),
                facts=naltrexone_facts(found.uses),
                offers=[*choosing_another(order, numbers), request_service(key="pain-service")],
                evidence=naltrexone_references(found.uses),
            )
