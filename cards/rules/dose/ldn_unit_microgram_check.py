"""When a naltrexone dose is written in micrograms, or is very low, then ask whether that is meant, because such doses

exist but a slip of the unit is likelier; where words and structure name different units, warn.
"""

from collections.abc import Iterator
from decimal import Decimal

from cards.changes import Change
from cards.chart import Chart, Mention, Order
from cards.dosing import MICROGRAMS
from cards.drugs import Role
from cards.findings import Finding, looks_for, says
from cards.low_dose import has_one_step, is_unit_slip
from cards.numbers import Numbers
from cards.phrasing import NBSP, milligrams, number
from cards.suggestions import note_on, set_dose, structured_as_words
from cards.traits import Trait
from cards.wordings import order_facts


@looks_for(Trait.TWO_AMOUNTS, Trait.VERY_SMALL)
def ldn_unit_microgram_check(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per order by mouth: of two units, else of micrograms, else of a very low dose."""
    for order in chart.ordering(Role.NALTREXONE):
        if not order.is_oral:
            continue
        lowest = order.dosing.lowest_mg
        if is_unit_slip(order, numbers):
            yield says(
                "two_units",
                order,
                facts=order_facts(order),
                offers=_in_the_unit_of_the_words(order),
                evidence=[order.reference],
            )
        elif order.says(Mention.DOSE_VERIFIED):
            continue
        elif any(step.unit == MICROGRAMS for step in order.dosing.steps):
            yield says(
                "micrograms",
                order,
                dose=_in_micrograms(order, numbers),
                facts=order_facts(order),
                offers=[*_in_milligrams(order, numbers), note_on(order, key="confirm")],
                evidence=[order.reference],
            )
        elif lowest is not None and lowest < numbers.check_below:
            yield says(
                "very_low",
                order,
                dose=milligrams(lowest),
                facts=order_facts(order),
                offers=[note_on(order, key="confirm")],
                evidence=[order.reference],
            )


def _in_the_unit_of_the_words(order: Order) -> list[Change]:
    conflict = order.dosing.conflict
    return [] if conflict is None else [structured_as_words(order, conflict.text_mg, conflict.structured_mg)]


def _in_micrograms(order: Order, numbers: Numbers) -> str:
    doses = [step.dose_mg for step in order.dosing.steps if step.unit == MICROGRAMS and step.dose_mg is not None]
    return f"{number(doses[0] * numbers.micrograms_in_milligram)}{NBSP}mcg" if doses else "in micrograms"


def _in_milligrams(order: Order, numbers: Numbers) -> list[Change]:
    """Where one dose is written in micrograms: the same amount in milligrams, and the same number of milligrams."""
    dose = order.dosing.first_mg
    if dose is None or not has_one_step(order):
        return []
    offers = []
    if dose >= numbers.check_below:
        offers.append(set_dose(order, dose, key="same-amount"))
    number_written = dose * numbers.micrograms_in_milligram
    if numbers.check_below <= number_written <= numbers.low_to:
        offers.append(set_dose(order, Decimal(number_written), key="same-number"))
    return offers
