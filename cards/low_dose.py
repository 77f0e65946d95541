"""What several rules ask about a naltrexone order and about the naltrexone taken before it.

A low-dose order is meant as such when its words say so, or when its reason is one low-dose naltrexone is prescribed for
and nothing speaks for the labelled use. What was taken before comes from the chart's lists; where nobody told us of
them, asking raises ``Unanswered``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from cards.chart import (
    MEDICATION_LISTS,
    Band,
    Chart,
    ExposureState,
    MedicationSource,
    Mention,
    NaltrexoneUse,
    Order,
    UseState,
)
from cards.conditions import ConditionGroup
from cards.dosing import TimeOfDay
from cards.drugs import Form, Release

if TYPE_CHECKING:
    from cards.numbers import Numbers, Quantity

AT_NIGHT = frozenset({TimeOfDay.BEDTIME, TimeOfDay.EVENING})


# --- what the order is meant as --------------------------------------------------------------------------------------


def has_substance_use_context(order: Order, chart: Chart) -> bool:
    """Whether the labelled use is likely: an alcohol or opioid use disorder on the chart or as the order's reason."""
    return chart.has_substance_use_context or any(reason.is_substance_use_disorder for reason in order.reasons)


def has_low_dose_reason(order: Order) -> bool:
    """Whether the order gives a reason that speaks for a low dose: one for which the full dose is not used as well."""
    return any(
        reason.is_ldn_indication and not reason.is_full_dose_use and reason is not ConditionGroup.PRURITUS
        for reason in order.reasons
    )


def has_full_dose_reason(order: Order) -> bool:
    """Whether the order gives a reason that speaks for the full dose, itching whose cause is not named included.

    Hailey-Hailey disease, for which both are used, speaks for neither.
    """
    return any(
        (reason.is_full_dose_use and not reason.is_ldn_indication) or reason is ConditionGroup.PRURITUS
        for reason in order.reasons
    )


def is_for_use_disorder_only(order: Order) -> bool:
    """Whether every reason the order gives is an alcohol or opioid use disorder."""
    return bool(order.reasons) and all(reason.is_substance_use_disorder for reason in order.reasons)


def has_low_dose_intent(order: Order, chart: Chart) -> bool:
    """Whether the order reads as low-dose naltrexone, whatever dose it carries."""
    if order.says(Mention.LOW_DOSE):
        return not has_full_dose_reason(order)
    return has_low_dose_reason(order) and not has_substance_use_context(order, chart)


def is_low_dose_meant(order: Order, chart: Chart) -> bool:
    """Whether it reads as low-dose naltrexone and nobody has verified that the dose is meant as it stands."""
    return has_low_dose_intent(order, chart) and not order.says(Mention.DOSE_VERIFIED)


def is_perhaps_low_dose(order: Order, chart: Chart, numbers: Numbers) -> bool:
    """Whether it is a low dose, or may be one where the daily dose is not known."""
    if order.is_low_dose or order.band is not Band.UNKNOWN or not order.is_oral:
        return order.is_low_dose
    doses = [step.dose_mg for step in order.dosing.steps if step.dose_mg is not None]
    return has_low_dose_intent(order, chart) or (bool(doses) and max(doses) <= numbers.low_to)


def is_labelled_product_or_dose(order: Order) -> bool:
    """Whether the order is a full oral dose, the monthly injection or the combination with bupropion."""
    return order.band in (Band.FULL, Band.DEPOT, Band.COMBINATION)


def has_one_step(order: Order) -> bool:
    """Whether the order gives one dose throughout."""
    return len(order.dosing.steps) == 1


def is_unit_slip(order: Order, numbers: Numbers) -> bool:
    """Whether words and structure differ in nothing but their unit: one says mg, the other mcg, of the same number."""
    if not order.dosing.unit_conflict:
        return False
    conflict, thousand = order.dosing.conflict, numbers.micrograms_in_milligram
    return conflict is None or abs(conflict.ratio - thousand) <= thousand * numbers.dose_tolerance


def has_opioid_check_passed(chart: Chart) -> bool:
    """Whether every medication list was read and no opioid is taken, was taken lately, or is without dates.

    An entry that may be an opioid, or of which nobody can tell what it is, leaves the question open.
    """
    if any(chart.is_missing(kind) for kind in MEDICATION_LISTS) or chart.possible_exposures or chart.unidentified:
        return False
    return not any(
        exposure.is_active or exposure.state is ExposureState.UNDATED or exposure.is_doubtful_on(chart.today)
        for exposure in chart.exposures
    )


# --- what is dispensed -----------------------------------------------------------------------------------------------


def is_whole_tablet_product(order: Order, numbers: Numbers) -> bool:
    """Whether it is to be taken from the marketed tablet, which no low dose can be measured from."""
    if order.is_compounded:
        return False
    strength = order.strength
    is_tablet_strength = strength is not None and strength.per == "unit" and strength.mg >= numbers.tablet_strength
    return is_tablet_strength and order.form in (Form.TABLET, Form.UNKNOWN)


def may_come_from_tablets(order: Order, numbers: Numbers) -> bool:
    """Whether nothing speaks against tablets as what it is made from: no compounded product, no capsule, no low
    strength.
    """
    if order.is_compounded or order.form is Form.CAPSULE:
        return False
    strength = order.strength
    return strength is None or strength.per == "mL" or strength.mg >= numbers.tablet_strength


def is_slow_release(order: Order) -> bool:
    """Whether form or words ask for slow release."""
    return order.release is Release.EXTENDED or order.says(Mention.SLOW_RELEASE)


def supply_days(order: Order) -> int | None:
    """Days of one supply: as stated, else from quantity and directions; ``None`` when neither tells."""
    if order.supply_days is not None:
        return order.supply_days
    taken = _units_a_day(order)
    if order.quantity is None or taken is None:
        return None
    return int(order.quantity.value / taken)


def millilitres_a_day(order: Order) -> Decimal | None:
    """Millilitres a day at the highest step of a liquid order; ``None`` when it cannot be worked out."""
    return _units_a_day(order) if order.form is Form.LIQUID else None


def _units_a_day(order: Order) -> Decimal | None:
    """Capsules, tablets or millilitres a day at the highest step."""
    strength = order.strength
    paces = []
    for step in order.dosing.steps:
        if step.units is not None and step.per_day is not None:
            paces.append(step.units * step.per_day)
        elif step.daily_mg is not None and strength is not None and strength.mg:
            paces.append(step.daily_mg / strength.mg)
    return max(paces, default=None) or None


def beyond_use_days(order: Order, numbers: Numbers) -> Quantity:
    """How long a liquid so ordered may be kept: unpreserved, of the studied formula, or preserved, also when unsaid."""
    if order.says(Mention.UNPRESERVED):
        return numbers.beyond_use_unpreserved
    if order.says(Mention.STUDIED_FORMULA):
        is_cold = order.says(Mention.REFRIGERATED)
        return numbers.beyond_use_studied_cold if is_cold else numbers.beyond_use_studied_warm
    return numbers.beyond_use_preserved


# --- when it is taken ------------------------------------------------------------------------------------------------


def may_be_taken_at_night(when: frozenset[TimeOfDay]) -> bool:
    """Whether it is taken in the evening or at bedtime, or nobody says when."""
    return not when or bool(when & AT_NIGHT)


# --- what was taken before -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LastDose:
    """The low dose a patient takes, or took last: milligrams a day, since when, and the entry that tells of it."""

    mg: Decimal
    since: date | None
    use: NaltrexoneUse


def is_low_dose_use(use: NaltrexoneUse, numbers: Numbers) -> bool:
    """Whether an entry of the chart is low-dose naltrexone: by its dose, or by its strength when no dose is told."""
    if use.band.is_low:
        return True
    strength = use.medication.strength
    is_low_strength = strength is not None and strength.per == "unit" and strength.mg <= numbers.low_to
    return use.band is Band.UNKNOWN and is_low_strength


def is_new_start(order: Order, chart: Chart, numbers: Numbers) -> bool:
    """Whether no naltrexone was taken lately, at any dose; an order that is active already is being changed."""
    if order.status == "active":
        return False
    return not any(_was_taken_lately(use, chart, numbers) for use in chart.naltrexone())


def _was_taken_lately(use: NaltrexoneUse, chart: Chart, numbers: Numbers) -> bool:
    days = use.days_since(chart.today)
    if days is None:
        return use.state is UseState.HELD
    return days <= numbers.new_start_after.days


def last_low_dose(chart: Chart, numbers: Numbers) -> LastDose | None:
    """The low dose taken now, or the last one taken lately; ``None`` when there is none or its dose is not told."""
    return _last_of(chart.naltrexone(), chart, numbers)


def told_low_dose(chart: Chart, numbers: Numbers) -> LastDose | None:
    """The same from what was told, also when some list is missing: for an offer, never for a claim."""
    return _last_of(chart.naltrexone_uses, chart, numbers)


def _last_of(uses: Iterable[NaltrexoneUse], chart: Chart, numbers: Numbers) -> LastDose | None:
    known = [
        (use, mg)
        for use in uses
        if is_low_dose_use(use, numbers) and _was_taken_lately(use, chart, numbers)
        for mg in [_dose_on(use, chart.today)]
        if mg is not None
    ]
    if not known:
        return None
    use, mg = max(known, key=lambda one: (one[0].is_active, one[0].began or date.min))
    return LastDose(mg, _since(known, mg), use)


def _dose_on(use: NaltrexoneUse, day: date) -> Decimal | None:
    """The daily dose of a day, or of the last day it was taken: the step of a stepped order that it falls into."""
    steps = use.medication.dosing.steps
    if use.began is None or not steps:
        return use.daily_mg
    left = ((use.last_day or day) - use.began).days
    for step in steps:
        if step.lasts_days is None or left < step.lasts_days:
            return step.daily_mg
        left -= step.lasts_days
    return steps[-1].daily_mg


def _since(known: Iterable[tuple[NaltrexoneUse, Decimal]], mg: Decimal) -> date | None:
    """Since when this dose is taken: the first entry of it after the last entry of another dose."""
    ordered = sorted(((use.began, dose) for use, dose in known if use.began is not None), key=lambda one: one[0])
    since = None
    for began, dose in ordered:
        if dose != mg:
            since = None
        elif since is None:
            since = began
    return since


def last_low_dose_supply(chart: Chart, numbers: Numbers) -> NaltrexoneUse | None:
    """The low-dose entry whose supply ran out last; ``None`` when there is none or one may still have supply.

    Dispensings tell how long a supply lasted, also beside an order that is still active. Without any of them an active
    order or report counts as supply.
    """
    uses = [use for use in chart.naltrexone() if is_low_dose_use(use, numbers)]
    dispensed = [use for use in uses if use.medication.source is MedicationSource.DISPENSE]
    if not dispensed and any(use.is_active for use in uses):
        return None
    ended = [(end, use) for use in dispensed or uses for end in [supply_end(use)] if end is not None]
    return max(ended, key=lambda one: one[0])[1] if ended else None


def supply_end(use: NaltrexoneUse) -> date | None:
    """The day its supply ran out or it was stopped, whichever is known and earlier."""
    ends = [day for day in (use.last_day, use.supply_ends) if day is not None]
    return min(ends, default=None)
