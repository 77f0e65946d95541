"""When naltrexone is ordered in pregnancy, then ask to weigh it or to wait, because hardly any pregnancy on naltrexone

is described and none on a low dose was studied.
"""

from collections.abc import Iterator

from cards.chart import Chart, Kind
from cards.chart_suggestions import request_service
from cards.drugs import Role
from cards.findings import Finding, looks_for, says
from cards.low_dose import has_substance_use_context
from cards.numbers import Numbers
from cards.pregnancy import SIGNS_OF_PREGNANCY, sign_of_pregnancy
from cards.suggestions import hold, withdraw


@looks_for(*SIGNS_OF_PREGNANCY, needs=(Kind.CONDITIONS, Kind.LABORATORY))
def ldn_pregnancy(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per naltrexone order, with other words in a use disorder and at doses that are not low."""
    sign = sign_of_pregnancy(chart, numbers)
    for order in chart.ordering(Role.NALTREXONE):
        if sign is None:
            chart.must_know(Kind.CONDITIONS, Kind.LABORATORY)
        elif not order.is_low_dose:
            yield says(
                "other_dose",
                order,
                sign=sign.words,
                facts=[sign.fact],
                offers=[request_service()],
                evidence=[sign.reference],
            )
        elif has_substance_use_context(order, chart):
            yield says(
                "use_disorder",
                order,
                sign=sign.words,
                facts=[sign.fact],
                offers=[hold(order, recommended=True), request_service()],
                evidence=[sign.reference],
            )
        else:
            yield says(
                "low_dose",
                order,
                sign=sign.words,
                facts=[sign.fact],
                offers=[hold(order, recommended=True), withdraw(order), request_service()],
                evidence=[sign.reference],
            )
