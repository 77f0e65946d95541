"""When a low dose of naltrexone is to be taken from the marketed tablet, then suggest a compounded product, because a

few per cent of a tablet cannot be cut: even halves commonly fail tests of uniformity.
"""

from collections.abc import Iterator

from cards.chart import Chart
from cards.drugs import Role
from cards.findings import Finding, looks_for, says
from cards.low_dose import is_whole_tablet_product
from cards.mends import same_dose_compounded
from cards.numbers import Numbers
from cards.phrasing import milligrams
from cards.traits import Trait
from cards.wordings import order_facts


@looks_for(Trait.NOT_COMPOUNDED)
def ldn_commercial_tablet_fraction(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per such order, by its first step."""
    for order in chart.ordering(Role.NALTREXONE):
        dose = order.dosing.first_mg
        if dose is not None and order.is_low_dose and is_whole_tablet_product(order, numbers):
            yield says(
                "part_of_a_tablet",
                order,
                dose=milligrams(dose),
                tablet=milligrams(numbers.tablet_strength),
                facts=order_facts(order),
                offers=same_dose_compounded(order, numbers),
                evidence=[order.reference],
            )
