"""When an order reads as low-dose naltrexone and the dose is a full dose, then ask which of the two is meant, because

the only marketed tablet holds 50 mg and a low-dose plan can turn into ten times the dose by a pick from a list.
"""

from collections.abc import Iterator

from cards.changes import Change
from cards.chart import Band, Chart, Order
from cards.dosing import TimeOfDay
from cards.drafts import PlanStep
from cards.drugs import Role
from cards.findings import Finding, looks_for, says
from cards.low_dose import is_low_dose_meant, told_low_dose
from cards.mends import in_fitting_product, use_disorder_reasons
from cards.numbers import Numbers
from cards.phrasing import milligrams
from cards.traits import Trait
from cards.wordings import order_facts


@looks_for(Trait.NOT_LOW)
def naltrexone_50_ldn_intent_mismatch(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per such order; one card mends dose, time and product together."""
    for order in chart.ordering(Role.NALTREXONE):
        dose = order.dosing.highest_mg
        if dose is not None and order.is_oral and order.band is Band.FULL and is_low_dose_meant(order, chart):
            yield says(
                "full_dose_meant_low",
                order,
                dose=milligrams(dose),
                facts=order_facts(order),
                offers=[_at_low_dose(order, chart, numbers), *use_disorder_reasons(order)],
                evidence=[order.reference],
            )


def _at_low_dose(order: Order, chart: Chart, numbers: Numbers) -> Change:
    """The low dose taken until now, else the usual start, at bedtime."""
    last = told_low_dose(chart, numbers)
    dose = last.mg if last is not None else numbers.start_dose.plain
    return in_fitting_product(order, [PlanStep(dose, None)], numbers, key="low", when=TimeOfDay.BEDTIME)
