"""When naltrexone is ordered at a labelled dose, or for a use the full dose is known for, then keep every rule about

dose, steps, time and product silent, because labelled and guideline use must never be called wrong.
"""

from collections.abc import Iterator

from cards.chart import Band, Chart, Mention, Order
from cards.drugs import Role
from cards.findings import Finding, looks_for, says
from cards.low_dose import (
    has_full_dose_reason,
    has_low_dose_reason,
    has_substance_use_context,
    is_labelled_product_or_dose,
)
from cards.numbers import Numbers
from cards.traits import Trait

DOSED_BY_PRODUCT = frozenset({Band.DEPOT, Band.COMBINATION})


@looks_for(Trait.NOT_LOW)
def naltrexone_onlabel_protect(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak, without a card, once per such order; a low dose is never protected."""
    for order in chart.ordering(Role.NALTREXONE):
        if _is_labelled_use(order, chart, numbers) and not _reads_as_low_dose(order, chart):
            yield says("labelled_use", order, evidence=[order.reference])


def _is_labelled_use(order: Order, chart: Chart, numbers: Numbers) -> bool:
    if order.band in DOSED_BY_PRODUCT:
        return True
    if order.band.is_low or not _agrees_on_a_labelled_dose(order, numbers):
        return False
    return is_labelled_product_or_dose(order) or has_substance_use_context(order, chart) or has_full_dose_reason(order)


def _agrees_on_a_labelled_dose(order: Order, numbers: Numbers) -> bool:
    """Whether structure and words agree, or differ only within labelled doses (half a tablet on the first day)."""
    conflict = order.dosing.conflict
    if conflict is None:
        return not order.dosing.unit_conflict
    readings = (conflict.structured_mg, conflict.text_mg)
    return all(numbers.full_from <= mg <= numbers.labelled_to for mg in readings)


def _reads_as_low_dose(order: Order, chart: Chart) -> bool:
    if order.says(Mention.LOW_DOSE):
        return True
    return has_low_dose_reason(order) and not has_substance_use_context(order, chart)
