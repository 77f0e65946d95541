"""When low-dose naltrexone is ordered for somebody who breastfeeds, then say what is known, because little passes into

milk and little was measured.
"""

from collections.abc import Iterator

from cards.chart import Chart, Kind
from cards.drugs import Role
from cards.findings import Finding, looks_for, says
from cards.numbers import Numbers
from cards.pregnancy import SIGNS_OF_BREASTFEEDING, sign_of_breastfeeding


@looks_for(*SIGNS_OF_BREASTFEEDING, needs=(Kind.CONDITIONS, Kind.LABORATORY))
def ldn_lactation(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per low-dose order."""
    sign = sign_of_breastfeeding(chart, numbers)
    for order in chart.ordering(Role.NALTREXONE):
        if sign is None:
            chart.must_know(Kind.CONDITIONS, Kind.LABORATORY)
        elif order.is_low_dose:
            yield says("breastfeeding", order, sign=sign.words, facts=[sign.fact], evidence=[sign.reference])
