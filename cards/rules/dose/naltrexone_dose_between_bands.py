"""When a naltrexone dose lies above studied low-dose use and below every labelled dose, then ask for its goal,

because no trial has looked at this range; a specialist may mean it.
"""

from collections.abc import Iterator

from cards.chart import Band, Chart, Mention
from cards.drugs import Role
from cards.findings import Finding, looks_for, says
from cards.low_dose import has_substance_use_context
from cards.mends import in_fitting_product, one_time, steps_up_to
from cards.numbers import Numbers
from cards.phrasing import milligrams
from cards.suggestions import note_on
from cards.traits import Trait
from cards.wordings import order_facts


@looks_for(Trait.NOT_LOW)
def naltrexone_dose_between_bands(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per such order; where a low dose is plainly meant another rule speaks instead."""
    for order in chart.ordering(Role.NALTREXONE):
        dose = order.dosing.highest_mg
        is_between = order.is_oral and order.band is Band.BETWEEN and not order.says(Mention.DOSE_VERIFIED)
        if dose is not None and is_between and not has_substance_use_context(order, chart):
            yield says(
                "between",
                order,
                dose=milligrams(dose),
                studied=milligrams(numbers.low_to),
                labelled=milligrams(numbers.full_from),
                facts=order_facts(order),
                offers=[
                    in_fitting_product(
                        order,
                        steps_up_to(numbers.soft_ceiling, chart, numbers),
                        numbers,
                        when=one_time(order),
                    ),
                    note_on(order, key="confirm"),
                ],
                evidence=[order.reference],
            )
