"""When an opioid is ordered and naltrexone at full dose, with bupropion or at an unknown dose is on board, then stop

the prescriber, because the opioid is blocked and overriding the block risks an overdose; the naltrexone itself may be
what keeps the patient well.
"""

from collections.abc import Iterator

from cards.chart import Band, Chart, NaltrexoneUse, Order
from cards.chart_suggestions import request_service
from cards.drugs import Role
from cards.findings import Finding, says
from cards.naltrexone import (
    Block,
    blockade,
    choosing_another,
    choosing_one,
    is_agonist_treatment,
    is_low_order,
    strong_opioids_ordered,
)
from cards.numbers import Numbers
from cards.phrasing import day, days
from cards.wordings import naltrexone_dose, naltrexone_facts, naltrexone_references, naltrexone_when


def opioid_order_standard_naltrexone_active(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per opioid draft; in hospital another rule speaks."""
    if chart.is_in_hospital:
        return
    for order in strong_opioids_ordered(chart, numbers):
        drafted = [o for o in chart.drafted_beside(order, Role.NALTREXONE) if not is_low_order(o)]
        if drafted:
            yield says(
                "ordered_together",
                order,
                opioid=order.drug.name,
                offers=choosing_one(order, drafted, numbers),
                evidence=[o.reference for o in drafted],
            )
        found = blockade(chart, numbers)
        if found.block is Block.FULL:
            yield says(
                _circumstance(order, found.use, numbers),
                order,
                opioid=order.drug.name,
                dose=naltrexone_dose(found.use),
                when=naltrexone_when(found.use),
                date=day(found.use.last_day),
                block=days(numbers.full_dose_block.days),
                facts=naltrexone_facts(found.uses),
                offers=[*choosing_another(order, numbers), request_service(key="consult")],
                evidence=naltrexone_references(found.uses),
            )


def _circumstance(order: Order, use: NaltrexoneUse, numbers: Numbers) -> str:
    if is_agonist_treatment(order, numbers):
        return "treatment"
    if not use.is_active:
        return "stopped"
    if use.band is Band.COMBINATION:
        return "combination"
    return "unknown_dose" if use.band is Band.UNKNOWN else "full"
