"""When naltrexone is ordered below a full dose and no reason is given, then ask for one, because the reason tells a

low dose from a slip and lets the other checks fit the purpose.
"""

from collections.abc import Iterator

from cards.chart import Band, Chart, Order
from cards.drugs import Role
from cards.findings import Finding, looks_for, says
from cards.low_dose import is_labelled_product_or_dose
from cards.mends import low_dose_reasons
from cards.numbers import Numbers
from cards.traits import Trait


@looks_for(Trait.NO_REASON)
def ldn_indication_missing(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per such order, also when an alcohol or opioid use disorder is known; never of a full dose."""
    for order in chart.ordering(Role.NALTREXONE):
        if _lacks_a_reason(order):
            is_offered = order.band is not Band.BETWEEN  # there a low-dose reason would only raise the next question
            offers = low_dose_reasons(order, chart) if is_offered else []
            yield says("no_reason", order, offers=offers, evidence=[order.reference])


def _lacks_a_reason(order: Order) -> bool:
    return order.is_oral and not order.has_reason and not is_labelled_product_or_dose(order)
