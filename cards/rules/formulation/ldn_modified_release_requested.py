"""When low-dose naltrexone is asked for in a slow-release form, then suggest immediate release, because every trial

used it and no trial of a slow-release form was found.
"""

from collections.abc import Iterator

from cards.chart import Band, Chart
from cards.drugs import Role
from cards.findings import Finding, looks_for, says
from cards.low_dose import is_perhaps_low_dose, is_slow_release
from cards.mends import same_dose_compounded
from cards.numbers import Numbers
from cards.suggestions import without_notes
from cards.traits import Trait
from cards.wordings import order_facts


@looks_for(Trait.SLOW_RELEASE)
def ldn_modified_release_requested(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per such order; the combination with bupropion is made so and is not meant."""
    for order in chart.ordering(Role.NALTREXONE):
        if order.band is Band.COMBINATION or not is_slow_release(order):
            continue
        if is_perhaps_low_dose(order, chart, numbers):
            yield says(
                "slow_release",
                order,
                facts=order_facts(order),
                offers=same_dose_compounded(without_notes(order), numbers),
                evidence=[order.reference],
            )
