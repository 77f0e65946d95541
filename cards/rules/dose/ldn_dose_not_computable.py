"""When naltrexone is ordered by mouth and the daily dose cannot be worked out, then warn and ask for it,

because nobody can tell 1.5 mg from 50 mg, and no check of the dose is possible.
"""

from collections.abc import Iterator

from cards.chart import Band, Chart, Order
from cards.chart_suggestions import task
from cards.drugs import Role
from cards.findings import Finding, looks_for, says
from cards.numbers import Numbers
from cards.traits import Trait
from cards.wordings import dosing_facts

DOSED_BY_PRODUCT = frozenset({Band.DEPOT, Band.COMBINATION})
"""Products whose dose is known without directions."""


@looks_for(Trait.UNCLEAR_DOSE)
def ldn_dose_not_computable(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per such order, showing what was understood; no dose is ever guessed."""
    for order in chart.ordering(Role.NALTREXONE):
        if _is_unclear(order):
            yield says(
                "unclear",
                order,
                why=str(order.dosing.why_not),
                facts=dosing_facts(order),
                offers=[task()],
                evidence=[order.reference],
            )


def _is_unclear(order: Order) -> bool:
    return order.is_oral and order.band not in DOSED_BY_PRODUCT and not order.dosing.is_computable
