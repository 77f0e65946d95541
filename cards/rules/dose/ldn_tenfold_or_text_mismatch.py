"""When the structured dose and the words of a naltrexone order differ, or a low dose looks as if its decimal point

had moved, then ask which amount is meant, because ten-fold errors are a known hazard and nobody can tell from here
which of the two is right.
"""

from collections.abc import Iterator
from decimal import Decimal

from cards.changes import Change
from cards.chart import Chart, Order
from cards.dosing import DoseConflict
from cards.drafts import PlanStep
from cards.drugs import Role
from cards.findings import Finding, looks_for, says
from cards.low_dose import is_low_dose_meant, is_unit_slip, is_whole_tablet_product
from cards.mends import in_fitting_product, one_time, use_disorder_reasons
from cards.numbers import Numbers
from cards.phrasing import milligrams, quoted
from cards.suggestions import structured_as_words, tidy_amounts, words_as_structured
from cards.traits import Trait
from cards.wordings import order_facts


@looks_for(Trait.TWO_AMOUNTS, Trait.NOT_LOW, Trait.MISREADABLE)
def ldn_tenfold_or_text_mismatch(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per order: of two amounts, else of a dose ten times a low one, else of a number easily misread."""
    for order in chart.ordering(Role.NALTREXONE):
        conflict = order.dosing.conflict
        dose = order.dosing.highest_mg
        if conflict is not None and not is_unit_slip(order, numbers):
            yield _of_two_amounts(order, conflict, numbers)
        elif (
            dose is not None
            and order.is_oral
            and dose in numbers.family("tenfold_dose_")
            and is_low_dose_meant(order, chart)
        ):
            yield says(
                "suspicious",
                order,
                dose=milligrams(dose),
                tenth=milligrams(_tenth(dose, numbers)),
                facts=order_facts(order),
                offers=[_at_a_tenth(order, dose, numbers), *_labelled_reasons(order, dose, numbers)],
                evidence=[order.reference],
            )
        elif order.dosing.zero_slip and conflict is None and _draws_no_warning(order, numbers):
            yield says(
                "zero_slip",
                order,
                written=quoted(order.dosing.zero_slip),
                offers=[tidy_amounts(order, recommended=True)],
                evidence=[order.reference],
            )


def _draws_no_warning(order: Order, numbers: Numbers) -> bool:
    """Whether it is a dose of which no other rule has more to say than this one."""
    dose = order.dosing.highest_mg
    return order.is_low_dose and dose is not None and dose <= numbers.soft_ceiling


def _of_two_amounts(order: Order, conflict: DoseConflict, numbers: Numbers) -> Finding:
    structured, written = conflict.structured_mg, conflict.text_mg
    return says(
        "tenfold" if conflict.ratio >= numbers.tenfold_ratio else "mismatch",
        order,
        structured=milligrams(structured),
        written=milligrams(written),
        facts=[f"structured dose: {milligrams(structured)}", f"dose in the words: {milligrams(written)}"],
        offers=[
            _as_written(order, written, structured, numbers),
            words_as_structured(order, structured, written),
        ],
        evidence=[order.reference],
    )


def _as_written(order: Order, written: Decimal, structured: Decimal, numbers: Numbers) -> Change:
    """The amount of the words; in a product it can be measured from when it is a low dose from the marketed tablet."""
    if written <= numbers.low_to and is_whole_tablet_product(order, numbers):
        return in_fitting_product(order, [PlanStep(written, None)], numbers, key="words", when=order.dosing.when)
    return structured_as_words(order, written, structured)


def _tenth(dose: Decimal, numbers: Numbers) -> Decimal:
    return dose / numbers.tenfold


def _at_a_tenth(order: Order, dose: Decimal, numbers: Numbers) -> Change:
    steps = [PlanStep(_tenth(dose, numbers), None)]
    return in_fitting_product(order, steps, numbers, key="tenth", when=one_time(order))


def _labelled_reasons(order: Order, dose: Decimal, numbers: Numbers) -> list[Change]:
    return use_disorder_reasons(order) if dose >= numbers.full_from else []
