"""When an order that is meant as low-dose naltrexone goes above the highest dose any trial used, then ask to confirm

or to go back, because nothing supports a dose there and more has not helped those whom less did not help.
"""

from collections.abc import Iterator

from cards.chart import Band, Chart
from cards.drugs import Role
from cards.findings import Finding, looks_for, says
from cards.low_dose import is_low_dose_meant
from cards.mends import in_fitting_product, one_time, steps_up_to
from cards.numbers import Numbers
from cards.phrasing import milligrams
from cards.suggestions import note_on
from cards.traits import Trait
from cards.wordings import order_facts


@looks_for(Trait.NOT_LOW)
def ldn_dose_above_studied_range(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per such order, by its highest step."""
    for order in chart.ordering(Role.NALTREXONE):
        dose = order.dosing.highest_mg
        if dose is not None and order.is_oral and order.band is Band.BETWEEN and is_low_dose_meant(order, chart):
            yield says(
                "above_studied",
                order,
                dose=milligrams(dose),
                studied=milligrams(numbers.low_to),
                ceiling=milligrams(numbers.soft_ceiling),
                facts=order_facts(order),
                offers=[
                    in_fitting_product(
                        order,
                        steps_up_to(numbers.soft_ceiling, chart, numbers),
                        numbers,
                        when=one_time(order),
                        recommended=True,
                    ),
                    note_on(order, key="confirm"),
                ],
                evidence=[order.reference],
            )
