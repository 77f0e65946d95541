"""When low-dose naltrexone is ordered for somebody under 18, then ask for the specialist's plan and the dose by weight,

because naltrexone is not labelled at that age and the only trial in children gave a tenth of a milligram per kilogram.
"""

from collections.abc import Iterator
from decimal import ROUND_HALF_DOWN, Decimal

from cards.changes import Change
from cards.chart import Chart, Kind, Order
from cards.chart_suggestions import task
from cards.dosing import TimeOfDay
from cards.drafts import PlanStep
from cards.drugs import Form, Role
from cards.findings import Finding, says
from cards.labs import LabResult, LabTest
from cards.mends import in_fitting_product, in_liquid
from cards.numbers import Numbers
from cards.phrasing import kilograms, milligrams, years
from cards.results import latest_value, result_fact
from cards.wordings import order_facts


def ldn_pediatric(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per low-dose order; a birth date told in part counts as the youngest it allows."""
    orders = [order for order in chart.ordering(Role.NALTREXONE) if order.is_low_dose]
    age = _age(chart) if orders else None
    if age is None or age >= numbers.labelled_from_age:
        return
    weighed = latest_value(chart, LabTest.WEIGHT, numbers.weight_recent.days)
    mg = _by_weight(weighed, numbers)
    for order in orders:
        yield says(
            "dose_by_weight" if mg else "without_weight",
            order,
            age=years(age),
            dose=milligrams(mg),
            weight=kilograms(_weight(weighed)),
            facts=[f"age: {years(age)}", *([result_fact(weighed)] if weighed else ()), *order_facts(order)],
            offers=[*_at_that_dose(order, mg, age, weighed, numbers), task()],
            evidence=[order.reference, *([weighed.reference] if weighed else ())],
        )


def _age(chart: Chart) -> int | None:
    age = chart.patient.age_on(chart.today) if chart.patient else None
    if age is None:
        chart.must_know(Kind.PATIENT)
    return age


def _weight(weighed: LabResult | None) -> Decimal:
    return weighed.value or Decimal() if weighed else Decimal()


def _by_weight(weighed: LabResult | None, numbers: Numbers) -> Decimal:
    """The dose by weight to the nearest half milligram, the lower of two that are as near; nothing without a weight."""
    steps = _weight(weighed) * numbers.per_kilogram / numbers.rounded_to
    return min(steps.to_integral_value(ROUND_HALF_DOWN) * numbers.rounded_to, numbers.soft_ceiling.plain)


def _at_that_dose(order: Order, mg: Decimal, age: int, weighed: LabResult | None, numbers: Numbers) -> list[Change]:
    """The order at the dose by weight, unless it is that already: a liquid for the small and the young."""
    needs_liquid = age < numbers.capsules_from_age or _weight(weighed) < numbers.capsules_from_weight
    is_right = order.dosing.highest_mg == order.dosing.lowest_mg == mg
    if not mg or (is_right and (order.form is Form.LIQUID or not needs_liquid)):
        return []
    offer = in_liquid if needs_liquid else in_fitting_product
    when = order.dosing.when or TimeOfDay.BEDTIME
    return [offer(order, [PlanStep(mg, None)], numbers, when=when, recommended=True)]
