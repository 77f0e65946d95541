"""When low-dose naltrexone is started at a first-step dose for longer than a first fill and no later step is written,

then suggest a schedule, because people otherwise stay below the usual dose or step up by themselves.
"""

from collections.abc import Iterator

from cards.changes import Change
from cards.chart import Chart, Order
from cards.drugs import Role
from cards.findings import Finding, says
from cards.low_dose import has_one_step, is_new_start, supply_days
from cards.mends import stepped_start
from cards.numbers import Numbers
from cards.phrasing import days, milligrams
from cards.wordings import order_facts


def ldn_titration_plan_missing(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per new order of one dose that lasts, or is refilled, beyond the first fill."""
    for order in chart.ordering(Role.NALTREXONE):
        first = order.dosing.first_mg
        if first is None or not order.is_low_dose or first > numbers.start_max:
            continue
        if has_one_step(order) and _outlasts_a_first_fill(order, numbers) and is_new_start(order, chart, numbers):
            supply = supply_days(order)
            yield says(
                "no_step_planned",
                order,
                dose=milligrams(first),
                step=days(numbers.step_days.days),
                facts=[*order_facts(order), *([f"supply: {days(supply)}"] if supply is not None else [])],
                offers=_schedules(order, numbers),
                evidence=[order.reference],
            )


def _outlasts_a_first_fill(order: Order, numbers: Numbers) -> bool:
    supply = supply_days(order)
    is_long = supply is not None and supply > numbers.first_supply_to.days
    return is_long or bool(order.refills)


def _schedules(order: Order, numbers: Numbers) -> list[Change]:
    """The usual schedule and the slower one, the latter recommended to who begins with its first dose.

    Who begins lower still is offered the gentle one first, and the slower one beside it.
    """
    usual, slower, least = numbers.start_dose.plain, numbers.slower_start.plain, numbers.family("capsule_strength_")[0]
    first = order.dosing.first_mg
    if first is not None and first < slower:
        gentle = stepped_start(order, least.plain, numbers, key="gentle", recommended=True)
        return [gentle, stepped_start(order, slower, numbers, key="slower")]
    is_slow = first is not None and first <= slower
    return [
        stepped_start(order, usual, numbers, recommended=not is_slow),
        stepped_start(order, slower, numbers, key="slower", recommended=is_slow),
    ]
