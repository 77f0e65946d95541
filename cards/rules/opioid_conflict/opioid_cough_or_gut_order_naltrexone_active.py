"""When an opioid cough or gut medicine is ordered and naltrexone at any dose is taken or ordered beside it, then warn,

because the medicine will not work reliably; that is seldom dangerous, so it is never more than a warning.
"""

from collections.abc import Iterator

from cards.chart import Chart, Order
from cards.drugs import OpioidKind, Role
from cards.findings import Finding, says
from cards.naltrexone import Block, blockade, choosing_another, choosing_one, cough_or_gut_opioids_ordered
from cards.numbers import Numbers
from cards.wordings import naltrexone_dose, naltrexone_facts, naltrexone_references

ITCH = frozenset({"difelikefalin"})
"""Acts outside the brain and is given for itch in dialysis."""


def opioid_cough_or_gut_order_naltrexone_active(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per such draft, in hospital too."""
    for order in cough_or_gut_opioids_ordered(chart, numbers):
        drafted = chart.drafted_beside(order, Role.NALTREXONE)
        if drafted and not _is_for_itch(order):
            yield says(
                "ordered_together",
                order,
                opioid=order.drug.name,
                offers=choosing_one(order, drafted, numbers),
                evidence=[o.reference for o in drafted],
            )
        found = blockade(chart, numbers)
        if found.block > Block.FADING:
            yield says(
                _circumstance(order),
                order,
                opioid=order.drug.name,
                dose=naltrexone_dose(found.use),
                facts=naltrexone_facts(found.uses),
                offers=choosing_another(order, numbers),
                evidence=naltrexone_references(found.uses),
            )


def _circumstance(order: Order) -> str:
    if _is_for_itch(order):
        return "itch"
    return "cough" if order.drug.opioid_kind is OpioidKind.COUGH else "gut"


def _is_for_itch(order: Order) -> bool:
    return not ITCH.isdisjoint(order.drug.ingredients)
