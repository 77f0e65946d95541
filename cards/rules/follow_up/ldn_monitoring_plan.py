"""When low-dose naltrexone is ordered first and something else is said of the order anyway, then add the follow-up,

because that is when it can be arranged and the patient be told; by itself it is not worth a card.
"""

from collections.abc import Iterator

from cards.chart import Chart
from cards.drugs import Role
from cards.findings import Finding, says
from cards.numbers import Numbers
from cards.treatment import is_first_in


def ldn_monitoring_plan(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per first low-dose order; whether it is shown depends on what else is said."""
    for order in chart.ordering(Role.NALTREXONE):
        if order.is_low_dose and is_first_in(chart, numbers.first_start_after, numbers):
            yield says("plan", order, evidence=[order.reference])
