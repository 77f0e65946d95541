"""How a naltrexone order can be mended: the doses, steps and products that several rules offer.

A mend of the product keeps the prescribed dose and the stated time of day; a mend of the dose takes a product the dose
can be measured from. What is offered stays within what the other rules accept, so that one acceptance does not call up
the next card.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from cards.changes import Change
from cards.chart import Amount, Chart, Mention, NaltrexoneUse, Order
from cards.conditions import ConditionGroup
from cards.dosing import Step, TimeOfDay
from cards.drafts import PlanStep, When, quantity_for, supply_of
from cards.drugs import Form
from cards.low_dose import beyond_use_days, supply_days, told_low_dose
from cards.product_suggestions import capsules, liquid, next_order
from cards.suggestions import complete_details, give_reason, give_reason_on_chart
from cards.titration import followed_by, starting_at

if TYPE_CHECKING:
    from cards.numbers import Numbers, Quantity

SNOMED = "http://snomed.info/sct"
CALCIUM_CARBONATE = "calcium carbonate"
_MOST_OFFERS = 3
_REASONS = {
    ConditionGroup.ALCOHOL_USE_DISORDER: ("66590003", "Alcohol dependence"),
    ConditionGroup.OPIOID_USE_DISORDER: ("75544000", "Opioid dependence"),
    ConditionGroup.FIBROMYALGIA: ("203082005", "Fibromyalgia"),
    ConditionGroup.MULTIPLE_SCLEROSIS: ("24700007", "Multiple sclerosis"),
    ConditionGroup.CROHN_DISEASE: ("34000006", "Crohn's disease"),
}


# --- steps -----------------------------------------------------------------------------------------------------------


def prescribed_steps(order: Order, numbers: Numbers) -> list[PlanStep]:
    """The order's own doses as a plan; empty when one of them is not known, not low or not taken in a plain rhythm."""
    steps = order.dosing.steps
    plan = [_as_planned(step, numbers, is_last=step is steps[-1]) for step in steps]
    return [step for step in plan if step is not None] if None not in plan else []


def _as_planned(step: Step, numbers: Numbers, *, is_last: bool) -> PlanStep | None:
    """A step that says no frequency is offered once a day, which the offer's words say."""
    per_day = step.per_day if step.per_day is not None else Decimal(1)
    if step.dose_mg is None or step.dose_mg > numbers.low_to or not _is_plain(per_day):
        return None
    days = step.lasts_days if is_last or step.lasts_days is not None else numbers.step_days.days
    return PlanStep(step.dose_mg, days, per_day)


def _is_plain(per_day: Decimal) -> bool:
    """Whether it is so many times a day, or once in so many days."""
    return not (per_day % 1 if per_day >= 1 else (1 / per_day) % 1)


def start_steps(mg: Decimal, numbers: Numbers) -> list[PlanStep]:
    """The first fill of the schedule that begins with that dose, or with the next lower one; a review is due after it."""
    schedule = starting_at(mg, numbers)
    return list(schedule.first_steps) if schedule is not None else []


@dataclass(frozen=True, slots=True)
class NextStep:
    """The dose after the one that is taken, by which schedule, and after how many days."""

    mg: Decimal
    after: int
    schedule: str


def next_step(mg: Decimal, chart: Chart, numbers: Numbers) -> NextStep | None:
    """The next step of the schedule that somebody who takes that dose is on; ``None`` at its end.

    A condition with a schedule of its own is enough to follow that one; nothing depends on there being none.
    """
    conditions = {group for condition in chart.conditions if condition.is_active for group in condition.groups}
    schedule = followed_by(mg, conditions, numbers)
    following = schedule.after(mg) if schedule is not None else None
    if schedule is None or following is None:
        return None
    stays = schedule.lasts_at(mg) or schedule.steps[0].days or 0
    return NextStep(following, max(stays, numbers.step_days.days), schedule.id)


def stepped_up(order: Order, step: NextStep, numbers: Numbers, *, key: str = "step-up") -> Change:
    """The order at the next step, at the stated time of day, else at bedtime."""
    change = in_fitting_product(order, [PlanStep(step.mg, None)], numbers, key=key, when=one_time(order))
    return change.following(step.schedule)


def next_step_drafted(use: NaltrexoneUse, step: NextStep, numbers: Numbers) -> list[Change]:
    """A draft of the next step in capsules, at the time of day it is taken now; a liquid is measured anew by hand."""
    steps = [PlanStep(step.mg, None)]
    strength = capsule_for(steps, numbers)
    if strength is None or use.medication.form is Form.LIQUID:
        return []
    when = use.medication.dosing.when or TimeOfDay.BEDTIME
    days = numbers.suggested_supply.days
    change = next_order(use, steps, capsule_mg=strength.plain, supply_days=days, when=when)
    return [change.following(step.schedule)]


def steps_up_to(target: Decimal, chart: Chart, numbers: Numbers) -> list[PlanStep]:
    """The way to a dose in steps of the usual size, from the dose taken now; at once when none is taken."""
    last = told_low_dose(chart, numbers)
    steps: list[PlanStep] = []
    if last is not None:
        dose = last.mg + numbers.step_max
        while dose < target:
            steps.append(PlanStep(dose, numbers.step_days.days))
            dose += numbers.step_max
    return [*steps, PlanStep(Decimal(target), None)]


# --- products --------------------------------------------------------------------------------------------------------


def capsule_for(steps: Sequence[PlanStep], numbers: Numbers) -> Quantity | None:
    """The largest compounded strength of which every step is a small whole number of capsules."""
    return _capsule_for(tuple(steps), numbers)


@lru_cache(maxsize=1024)
def _capsule_for(steps: tuple[PlanStep, ...], numbers: Numbers) -> Quantity | None:
    for strength in reversed(numbers.family("capsule_strength_")):
        counts = [step.mg / strength for step in steps]
        if all(not count % 1 and count <= numbers.capsules_at_once for count in counts):
            return strength
    return None


def in_capsules(
    order: Order,
    steps: Sequence[PlanStep],
    numbers: Numbers,
    *,
    key: str = "capsule",
    when: When = None,
    recommended: bool = False,
) -> Change | None:
    """The steps in compounded capsules; ``None`` when no strength fits them."""
    strength = capsule_for(steps, numbers)
    if strength is None or not steps:
        return None
    return capsules(
        order,
        steps,
        key=key,
        capsule_mg=strength.plain,
        supply_days=numbers.suggested_supply.days,
        when=when,
        recommended=recommended,
    )


def in_liquid(
    order: Order,
    steps: Sequence[PlanStep],
    numbers: Numbers,
    *,
    key: str = "liquid",
    when: When = None,
    recommended: bool = False,
) -> Change:
    """The steps in the pharmacy-prepared liquid, as far as one bottle keeps."""
    keeps = beyond_use_days(order, numbers)
    return liquid(
        order,
        _while_it_keeps(steps, keeps, numbers),
        key=key,
        mg_per_ml=numbers.liquid_concentration.plain,
        supply_days=min(numbers.suggested_supply.days, keeps.days),
        when=when,
        recommended=recommended,
    )


def _while_it_keeps(steps: Sequence[PlanStep], keeps: Quantity, numbers: Numbers) -> Sequence[PlanStep]:
    """The first steps, up to the last that ends before the liquid does; a single step is filled as long as it keeps."""
    kept = list(steps)
    while len(kept) > 1 and _days(kept, numbers) > keeps:
        kept.pop()
    return kept


def in_fitting_product(
    order: Order,
    steps: Sequence[PlanStep],
    numbers: Numbers,
    *,
    key: str = "",
    when: When = None,
    recommended: bool = False,
) -> Change:
    """The steps in what they can be measured from: the liquid where one was ordered and keeps, else capsules, else it.

    The offer's key is ``capsule`` or ``liquid``, behind ``key`` and a hyphen where one is given.
    """
    prefix = f"{key}-" if key else ""
    stays_liquid = order.form is Form.LIQUID and _days(steps, numbers) <= beyond_use_days(order, numbers)
    made = None
    if not stays_liquid:
        made = in_capsules(order, steps, numbers, key=f"{prefix}capsule", when=when, recommended=recommended)
    return made or in_liquid(order, steps, numbers, key=f"{prefix}liquid", when=when, recommended=recommended)


def _days(steps: Sequence[PlanStep], numbers: Numbers) -> int:
    return supply_of(steps, numbers.suggested_supply.days)


def same_dose_compounded(order: Order, numbers: Numbers) -> list[Change]:
    """The prescribed dose as a capsule, where a strength fits it, and as a liquid; the first of them recommended."""
    steps = prescribed_steps(order, numbers)
    if not steps:
        return []
    when = order.dosing.when
    capsule = in_capsules(order, steps, numbers, when=when, recommended=True)
    dissolved = in_liquid(order, steps, numbers, when=when, recommended=capsule is None)
    return [dissolved] if capsule is None else [capsule, dissolved]


def same_dose_as_liquid(order: Order, numbers: Numbers) -> list[Change]:
    """The prescribed dose as a liquid the pharmacy prepares, which is recommended, and as a capsule where one fits."""
    steps = prescribed_steps(order, numbers)
    if not steps:
        return []
    when = order.dosing.when
    dissolved = in_liquid(order, steps, numbers, when=when, recommended=True)
    capsule = in_capsules(order, steps, numbers, when=when)
    return [dissolved] if capsule is None else [dissolved, capsule]


def completed(order: Order, numbers: Numbers) -> list[Change]:
    """What a compounded order lacks, worked out from its directions; nothing where they do not tell the dose.

    A strength is only given to a capsule, or to what has no form yet. A liquid without a concentration is ordered anew.
    A wish for calcium carbonate goes at the same time.
    """
    steps = prescribed_steps(order, numbers)
    if not steps:
        return []
    strength = order.strength
    if strength is None and order.form is Form.LIQUID:
        return [in_liquid(order, steps, numbers, key="details-liquid", when=order.dosing.when, recommended=True)]
    is_capsule = order.form in (Form.CAPSULE, Form.UNKNOWN) and (strength is None or strength.per == "unit")
    if strength is None and not is_capsule:
        return []
    mg = strength.mg if strength is not None else _capsule_of(order, steps, numbers)
    days = supply_days(order) or _days(steps, numbers)
    unit = "capsule" if is_capsule else "mL" if strength is not None and strength.per == "mL" else "unit"
    is_amount_open = order.quantity is None or order.supply_days is None
    return [
        complete_details(
            order,
            capsule_mg=mg if is_capsule and (strength is None or order.form is Form.UNKNOWN) else None,
            quantity=Amount(quantity_for(steps, mg, days), unit) if is_amount_open else None,
            days=days,
            instead_of_notes_on=CALCIUM_CARBONATE if order.says(Mention.CALCIUM_CARBONATE) else "",
            recommended=True,
        )
    ]


def _capsule_of(order: Order, steps: Sequence[PlanStep], numbers: Numbers) -> Decimal:
    """The strength the directions imply: the dose over the capsules counted, else the largest that fits, else the
    dose.
    """
    units = order.dosing.steps[0].units
    if units:
        return steps[0].mg / units
    fitting = capsule_for(steps, numbers) if len(steps) > 1 else None
    return fitting.plain if fitting is not None else steps[0].mg


def another_filler(order: Order) -> Change:
    """The order without its wish for calcium carbonate."""
    return complete_details(order, instead_of_notes_on=CALCIUM_CARBONATE, key="filler", recommended=True)


def one_time(order: Order) -> TimeOfDay:
    """The stated time of day for one dose a day; bedtime where none, several or another one is stated."""
    stated = order.dosing.when
    return next(iter(stated)) if len(stated) == 1 and TimeOfDay.OTHER not in stated else TimeOfDay.BEDTIME


def stepped_start(
    order: Order, first_mg: Decimal, numbers: Numbers, *, key: str = "stepped", recommended: bool = False
) -> Change:
    """A stepped start from that dose (T2), at the stated time of day, else at bedtime."""
    schedule = starting_at(first_mg, numbers)
    steps = schedule.first_steps if schedule is not None else ()
    change = in_fitting_product(order, steps, numbers, key=key, when=one_time(order), recommended=recommended)
    return change.following(schedule.id) if schedule is not None else change


# --- reasons ---------------------------------------------------------------------------------------------------------


def use_disorder_reasons(order: Order) -> list[Change]:
    """Recording the labelled use as the reason."""
    labelled = (ConditionGroup.ALCOHOL_USE_DISORDER, ConditionGroup.OPIOID_USE_DISORDER)
    return [_coded_reason(order, group) for group in labelled]


def low_dose_reasons(order: Order, chart: Chart) -> list[Change]:
    """Recording a reason: the patient's own conditions that low-dose naltrexone is prescribed for, else the usual
    ones.
    """
    own = [
        condition
        for condition in chart.conditions
        if condition.is_active and condition.reference and any(group.is_ldn_indication for group in condition.groups)
    ]
    if own:
        unique = {condition.label: condition for condition in own}
        return [give_reason_on_chart(order, condition) for condition in list(unique.values())[:_MOST_OFFERS]]
    usual = (ConditionGroup.FIBROMYALGIA, ConditionGroup.MULTIPLE_SCLEROSIS, ConditionGroup.CROHN_DISEASE)
    return [_coded_reason(order, group) for group in usual]


def _coded_reason(order: Order, group: ConditionGroup) -> Change:
    code, display = _REASONS[group]
    return give_reason(order, (SNOMED, code, display))
