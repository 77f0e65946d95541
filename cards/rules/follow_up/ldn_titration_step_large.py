"""When the dose of low-dose naltrexone rises by more than a usual step, or soon after the last rise, then suggest

smaller steps, because every schedule found goes up by 0.5 to 1.5 mg at intervals of one to four weeks, and slower
is easier to tolerate.
"""

from collections.abc import Iterator
from decimal import Decimal

from cards.changes import Change
from cards.chart import MEDICATION_LISTS, Chart, Order
from cards.drugs import Role
from cards.findings import Finding, looks_for, says
from cards.low_dose import LastDose, last_low_dose
from cards.mends import in_fitting_product, one_time, steps_up_to
from cards.numbers import Numbers
from cards.phrasing import day, milligrams
from cards.traits import Trait
from cards.wordings import naltrexone_fact


@looks_for(Role.NALTREXONE, Trait.SEVERAL_STEPS, needs=MEDICATION_LISTS)
def ldn_titration_step_large(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per order: of the step from the dose taken now, else of a step within the order."""
    for order in chart.ordering(Role.NALTREXONE):
        first = order.dosing.first_mg
        if first is None or not order.is_low_dose:
            continue
        last = last_low_dose(chart, numbers)
        if last is not None and first > last.mg:
            yield from _from_the_last_dose(order, first, last, chart, numbers)
        else:
            yield from _within_the_order(order, numbers)


def _from_the_last_dose(
    order: Order, first: Decimal, last: LastDose, chart: Chart, numbers: Numbers
) -> Iterator[Finding]:
    rise = first - last.mg
    is_soon = last.since is not None and (chart.today - last.since).days < numbers.step_days_least
    if rise <= numbers.step_max and not is_soon:
        return
    is_steep = first >= numbers.steep_times * last.mg and rise >= numbers.steep_step
    yield says(
        "steep" if is_steep else "large" if rise > numbers.step_max else "soon",
        order,
        before=milligrams(last.mg),
        after=milligrams(first),
        since=day(last.since),
        step=milligrams(numbers.step_max),
        facts=[naltrexone_fact(last.use)],
        offers=_smaller_steps(order, first, last, chart, numbers, is_soon=is_soon),
        evidence=[order.reference, last.use.medication.reference],
    )


def _within_the_order(order: Order, numbers: Numbers) -> Iterator[Finding]:
    """A step that is planned within the order; the plan may hold a reason, so that this informs and never warns."""
    pairs = zip(order.dosing.steps, order.dosing.steps[1:], strict=False)
    for step, following in pairs:
        before, after = step.daily_mg, following.daily_mg
        if before is None or after is None or after <= before:
            continue
        is_soon = step.lasts_days is not None and step.lasts_days < numbers.step_days_least
        if after - before > numbers.step_max or is_soon:
            yield says(
                "planned",
                order,
                before=milligrams(before),
                after=milligrams(after),
                step=milligrams(numbers.step_max),
                evidence=[order.reference],
            )
            return


def _smaller_steps(
    order: Order, first: Decimal, last: LastDose, chart: Chart, numbers: Numbers, *, is_soon: bool
) -> list[Change]:
    """Smaller steps to the same dose; after a recent rise nothing but waiting helps, so that nothing is offered."""
    if is_soon:
        return []
    steps = steps_up_to(first, chart, numbers)
    return [in_fitting_product(order, steps, numbers, when=one_time(order), recommended=True)]
