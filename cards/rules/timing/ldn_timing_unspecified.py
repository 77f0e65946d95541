"""When low-dose naltrexone is ordered without a time of day, then suggest bedtime, because that is when trials gave

it; it is a default and no safety rule, since no trial has compared two times of day.
"""

from collections.abc import Iterator

from cards.chart import Chart
from cards.dosing import TimeOfDay
from cards.drugs import Role
from cards.findings import Finding, looks_for, says
from cards.numbers import Numbers
from cards.suggestions import take_at
from cards.traits import Trait


@looks_for(Trait.NO_TIME)
def ldn_timing_unspecified(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per such order."""
    for order in chart.ordering(Role.NALTREXONE):
        if order.is_low_dose and not order.dosing.when:
            yield says(
                "no_time",
                order,
                offers=[take_at(order, TimeOfDay.BEDTIME, recommended=True)],
                evidence=[order.reference],
            )
