"""A treatment with low-dose naltrexone as the chart tells it: is it new, since when, what is left, what is in its way.

What was taken comes from the chart's lists; where nobody told us of them, asking raises ``Unanswered``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from cards.chart import (
    Band,
    Chart,
    ExposureState,
    Hook,
    Medication,
    MedicationSource,
    NaltrexoneUse,
    Order,
    UseState,
)
from cards.conditions import ConditionGroup
from cards.drugs import Role
from cards.low_dose import is_low_dose_use

if TYPE_CHECKING:
    from cards.numbers import Numbers, Quantity

_IN_THE_WAY = (
    ConditionGroup.PLANNED_SURGERY,  # as a diagnosis: an examination before an operation
    ConditionGroup.INSOMNIA,
    ConditionGroup.NIGHTMARES,
)
"""Conditions with which nobody should be nudged to go on as planned."""


def is_first_in(chart: Chart, within: Quantity, numbers: Numbers) -> bool:
    """Whether no low-dose naltrexone was taken in so many days; an entry on hold without a date counts as taken."""
    return not any(is_low_dose_use(use, numbers) and _was_taken(use, chart.today, within) for use in chart.naltrexone())


def last_begun(chart: Chart, numbers: Numbers) -> date | None:
    """The latest day on which low-dose naltrexone was ordered, dispensed or reported; ``None`` where no entry is dated."""
    told = [use.began for use in chart.naltrexone() if is_low_dose_use(use, numbers) and use.began is not None]
    return max((began for began in told if began <= chart.today), default=None)


def _was_taken(use: NaltrexoneUse, today: date, within: Quantity) -> bool:
    days = use.days_since(today)
    return use.state is UseState.HELD if days is None else days <= within


def taken_since(chart: Chart, numbers: Numbers, least: Decimal = Decimal(0)) -> date | None:
    """The first day of the present treatment at ``least`` milligrams a day or more; ``None`` when there is none today.

    Fills and orders that follow one another are one treatment; a long gap begins a new one. An entry without a dose
    counts only where no least dose is asked for.
    """
    runs = [
        (began, use)
        for use in chart.naltrexone()
        if is_low_dose_use(use, numbers)
        for began in [_reaches(use, least)]
        if began is not None and began <= chart.today
    ]
    if not any(use.is_active for _, use in runs):
        return None
    since, reached = date.max, date.min
    for began, use in sorted(runs, key=lambda run: run[0]):
        if since is date.max or (began - reached).days > numbers.new_start_after:
            since = began
        reached = max(reached, use.last_day or (chart.today if use.is_active else began))
    return since


def _reaches(use: NaltrexoneUse, least: Decimal) -> date | None:
    """The day on which an entry first gives so much a day; ``None`` when it never does or nobody knows."""
    if use.began is None or not least:
        return use.began
    passed = 0
    for step in use.medication.dosing.steps:
        if step.daily_mg is not None and step.daily_mg >= least:
            return use.began + timedelta(passed)
        if step.lasts_days is None:
            return None
        passed += step.lasts_days
    return None


def is_hindered(chart: Chart, numbers: Numbers) -> bool:
    """Whether an opioid that is not long past, other naltrexone, an operation or poor sleep stands in the way.

    Of operations only what was told counts: few clients send them, and nothing here depends on there being none.
    """
    is_after_opioids = any(
        opioid.state is not ExposureState.ENDED or opioid.is_doubtful_on(chart.today) for opioid in chart.opioids()
    )
    is_beside_other = any(use.is_active and _is_other(use, numbers) for use in chart.naltrexone())
    is_before_surgery = any(procedure.is_surgical and procedure.day >= chart.today for procedure in chart.procedures)
    if is_after_opioids or chart.possible_exposures or is_beside_other or is_before_surgery:
        return True
    return any(chart.having(group) is not None for group in _IN_THE_WAY)


def _is_other(use: NaltrexoneUse, numbers: Numbers) -> bool:
    return use.band is not Band.UNKNOWN and not is_low_dose_use(use, numbers)


def has_draft(chart: Chart) -> bool:
    """Whether somebody has begun to write the next order: a naltrexone draft on the chart or in this session.

    A refill that is asked for is none: it is what was ordered before.
    """
    if any(entry.drug.is_naltrexone and entry.status == "draft" for entry in chart.medications):
        return True
    return chart.hook is not Hook.MEDICATION_REFILL and any(order.drug.is_naltrexone for order in chart.orders)


def refills(chart: Chart) -> tuple[Order, ...]:
    """The refills of low-dose naltrexone that are asked for; none where the chart is opened for something else."""
    if chart.hook is not Hook.MEDICATION_REFILL:
        return ()
    return tuple(order for order in chart.ordering(Role.NALTREXONE) if order.is_low_dose)


def is_refill_of_another(chart: Chart) -> bool:
    """Whether refills are asked for, and none is of low-dose naltrexone: no moment to speak of its course."""
    return chart.hook is Hook.MEDICATION_REFILL and not refills(chart)


def running_order(uses: Iterable[NaltrexoneUse], numbers: Numbers) -> NaltrexoneUse | None:
    """The latest order of low-dose naltrexone that is active; ``None`` when only fills or reports tell of it."""
    orders = [
        use
        for use in uses
        if use.is_active and use.medication.source is MedicationSource.REQUEST and is_low_dose_use(use, numbers)
    ]
    return max(orders, key=lambda use: use.began or date.min, default=None)


# --- supply ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Supply:
    """When the supply in hand ends, whether anything is left to be dispensed, and the entry that tells so."""

    ends: date
    has_refills: bool
    use: NaltrexoneUse


def supply_in_hand(chart: Chart, numbers: Numbers) -> Supply | None:
    """The supply of the treatment that runs today; ``None`` when there is none or nobody told how long it lasts.

    Fills tell it where there are any; without them an order does, counted with its refills from the day it was written.
    An order that was written after the last fill, or of which fewer fills are told than it allows, still has refills.
    """
    uses = [use for use in chart.naltrexone() if use.is_active and is_low_dose_use(use, numbers)]
    fills = [use for use in uses if use.medication.source is MedicationSource.DISPENSE]
    ends = [(use.supply_ends, use) for use in fills or uses if use.supply_ends is not None]
    if not ends:
        return None
    end, telling = max(ends, key=lambda one: one[0])
    return Supply(end, bool(fills) and any(_allows_more(use, chart) for use in uses), telling)


def _allows_more(use: NaltrexoneUse, chart: Chart) -> bool:
    order = use.medication
    if order.source is not MedicationSource.REQUEST:
        return False
    return sum(1 for entry in chart.medications if _is_fill_of(entry, order)) <= order.refills


def _is_fill_of(entry: Medication, order: Medication) -> bool:
    """Whether a dispensing belongs to an order: by its reference, else by its day."""
    if entry.source is not MedicationSource.DISPENSE or not entry.drug.is_naltrexone:
        return False
    if entry.order_references:
        return order.reference in entry.order_references
    return entry.began is not None and (order.began is None or order.began <= entry.began)
