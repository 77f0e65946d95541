"""When low-dose naltrexone is started above the usual first dose, then suggest a stepped start, because a lower start

eases vivid dreams and poor sleep; trials did begin at 4.5 mg, so that such a start is never wrong.
"""

from collections.abc import Iterator

from cards.chart import Chart
from cards.drugs import Role
from cards.findings import Finding, says
from cards.low_dose import is_new_start
from cards.mends import stepped_start
from cards.numbers import Numbers
from cards.phrasing import milligrams
from cards.wordings import order_facts


def ldn_start_dose_high(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per new low-dose order, by its first step."""
    for order in chart.ordering(Role.NALTREXONE):
        first = order.dosing.first_mg
        if (
            first is not None
            and order.is_low_dose
            and first > numbers.start_max
            and is_new_start(order, chart, numbers)
        ):
            yield says(
                "above_usual_start" if first <= numbers.soft_ceiling else "above_trial_start",
                order,
                dose=milligrams(first),
                usual=milligrams(numbers.start_max),
                studied=milligrams(numbers.soft_ceiling),
                facts=order_facts(order),
                offers=[stepped_start(order, numbers.start_dose.plain, numbers, recommended=True)],
                evidence=[order.reference],
            )
