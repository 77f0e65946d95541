"""When low-dose naltrexone is divided over the day, then ask whether that is meant, because nearly every trial gave

one dose a day.
"""

from collections.abc import Iterator

from cards.changes import Change
from cards.chart import Chart, Order
from cards.drugs import Role
from cards.findings import Finding, looks_for, says
from cards.low_dose import has_one_step
from cards.numbers import Numbers
from cards.phrasing import number
from cards.suggestions import once_daily
from cards.traits import Trait
from cards.wordings import order_facts


@looks_for(Trait.SEVERAL_A_DAY)
def ldn_split_daily_dosing(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per such order."""
    for order in chart.ordering(Role.NALTREXONE):
        most = order.dosing.most_per_day
        if most is not None and order.is_low_dose and most >= numbers.divided_from:
            yield says(
                "divided",
                order,
                times=number(most),
                facts=order_facts(order),
                offers=_once_a_day(order),
                evidence=[order.reference],
            )


def _once_a_day(order: Order) -> list[Change]:
    """The same total at bedtime, where the order has one step."""
    total = order.dosing.first_mg
    return [once_daily(order, total, recommended=True)] if total is not None and has_one_step(order) else []
