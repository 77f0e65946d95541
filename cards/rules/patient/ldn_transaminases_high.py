"""When naltrexone is ordered and a liver enzyme is far above its limit, then ask to find the cause and to recheck,

because a liver that is ill already should be known before a drug is added that the liver breaks down.
"""

from collections.abc import Iterator
from decimal import Decimal

from cards.chart import Chart, Kind
from cards.chart_suggestions import request_service
from cards.drugs import Role
from cards.findings import Finding, looks_for, says
from cards.labs import LabResult, LabTest
from cards.numbers import Numbers
from cards.phrasing import day, times
from cards.results import amount, latest_value, result_fact


@looks_for(LabTest.ALT, LabTest.AST, needs=(Kind.LABORATORY,))
def ldn_transaminases_high(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per naltrexone order, of the newest ALT or the newest AST, whichever is higher by its limit."""
    newest = [latest_value(chart, test, numbers.enzymes_recent.days) for test in (LabTest.ALT, LabTest.AST)]
    known = [result for result in newest if result is not None]
    worst = max(known, key=lambda result: _times(result, numbers), default=None)
    for order in chart.ordering(Role.NALTREXONE):
        if worst is None:
            chart.must_know(Kind.LABORATORY)
        elif _times(worst, numbers) > numbers.enzymes_raised:
            yield says(
                "very_high" if _times(worst, numbers) > numbers.enzymes_very_high else "raised",
                order,
                test=worst.test.value,
                value=amount(worst),
                times=times(_times(worst, numbers)),
                taken=day(worst.taken),
                facts=[result_fact(result) for result in known],
                offers=[request_service(recommended=True)],
                evidence=[result.reference for result in known],
            )


def _times(result: LabResult, numbers: Numbers) -> Decimal:
    return result.times_upper_limit(numbers.enzymes_upper_limit) or Decimal()
