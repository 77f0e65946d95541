"""The steps that the words of a dosage tell, with the times its structure has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from cards.dosing import Step, TimeOfDay, WhyNot
from cards.reading.amounts import Kind, divide
from cards.reading.doses import Dose, Strengths, mg_and_why, mg_of
from cards.reading.sig_parts import Climb, Intake, Sig, SigStep
from cards.reading.timings import Times

_MOST_STEPS = 40


def steps_in_words(
    sig: Sig, times: Times, as_needed: bool, strengths: Strengths, dose: Dose | None = None
) -> tuple[Step, ...]:
    """The steps a text tells, with the structure's times where it has them."""
    single = len(sig.steps) == 1 and sig.climb is None
    steps = []
    for said in sig.steps:
        if not said.intakes and not single:
            continue
        step = _step_in_words(said, times, as_needed, strengths, sig.as_directed)
        if single and times.lasts_days is not None:
            step = replace(step, lasts_days=times.lasts_days)
        steps.append(step)
    if sig.climb is not None:
        if not steps and dose is not None and dose.mg is not None:
            why = None if times.per_day is not None else WhyNot.NO_FREQUENCY
            unit = dose.unit.name if dose.unit is not None else ""
            steps = [Step(dose.mg, times.per_day, times.when, None, as_needed, dose.units, unit, why)]
        steps = _climbed(steps, sig.climb, strengths)
    return tuple(steps)


def _step_in_words(said: SigStep, times: Times, as_needed: bool, strengths: Strengths, as_directed: bool) -> Step:
    read = [_intake_step(intake, times, said, as_needed, strengths, as_directed) for intake in said.intakes]
    if not read:
        why = WhyNot.AS_DIRECTED if as_directed else WhyNot.NO_DOSE
        return Step(None, times.per_day, times.when, said.lasts_days, as_needed or said.as_needed, why_not=why)
    return read[0] if len(read) == 1 else together(read)


def _intake_step(
    intake: Intake, times: Times, said: SigStep, as_needed: bool, strengths: Strengths, as_directed: bool
) -> Step:
    mg, why = mg_and_why(intake, strengths)
    alone = len(said.intakes) == 1
    per_day = times.per_day if alone and times.per_day is not None else intake.per_day
    when = times.when if alone and times.when else intake.when
    if mg is None and why is WhyNot.NO_DOSE and as_directed:
        why = WhyNot.AS_DIRECTED
    elif mg is not None and per_day is None:
        why = WhyNot.AS_DIRECTED if as_directed else WhyNot.NO_FREQUENCY
    named = intake.mass or intake.counted
    unit = named.unit.name if named is not None else ""
    return Step(mg, per_day, when, said.lasts_days, as_needed or said.as_needed, units_of(intake), unit, why)


def _climbed(steps: list[Step], climb: Climb, strengths: Strengths) -> list[Step]:
    """Steps from the last one told up, or down, to the dose to be reached."""
    last = steps[-1] if steps else Step()
    start = last.dose_mg
    if start is None:
        return steps
    by, to = (mg_of(amount, strengths) for amount in (climb.by, climb.to))
    if by is None or to is None or by <= 0 or to <= 0 or to == start:
        return steps
    per_piece = divide(start, last.units) if last.units else None
    doses: list[Decimal] = []
    dose = start
    while len(doses) < _MOST_STEPS and dose != to:
        dose = min(dose + by, to) if to > start else max(dose - by, to)
        doses.append(dose)
    if doses[-1] != to:
        doses.append(to)
    climbing = [replace(last, lasts_days=climb.every_days if last.lasts_days is None else last.lasts_days)]
    for place, dose in enumerate(doses):
        units = divide(dose, per_piece).normalize() if per_piece else None
        ends = climb.every_days if place < len(doses) - 1 else None
        climbing.append(replace(last, dose_mg=dose, units=units, lasts_days=ends))
    return steps[:-1] + climbing


def units_of(intake: Intake) -> Decimal | None:
    """The pieces or millilitres of an intake in words."""
    counted = intake.counted
    return counted.value if counted is not None and counted.unit.kind is not Kind.OTHER else None


def together(steps: Sequence[Step]) -> Step:
    """Several intakes of one day as one step: all of them, and the amount that times them is the day's total."""
    when: frozenset[TimeOfDay] = frozenset().union(*(step.when for step in steps))
    first = steps[0]
    as_needed = all(step.as_needed for step in steps)
    lasts = max((step.lasts_days for step in steps if step.lasts_days is not None), default=None)
    per_day = Decimal(0)
    total = Decimal(0)
    for step in steps:
        if step.daily_mg is None or step.per_day is None:
            return Step(None, None, when, lasts, as_needed, None, first.unit, step.why_not or WhyNot.NO_DOSE)
        per_day += step.per_day
        total += step.daily_mg
    same = all(step.dose_mg == first.dose_mg for step in steps)
    dose = first.dose_mg if same else divide(total, per_day)
    units = first.units if all(step.units == first.units for step in steps) else None
    return Step(dose, per_day, when, lasts, as_needed, units, first.unit)


def per_day_of(intakes: Sequence[Intake]) -> Decimal | None:
    """How often a day all these intakes are, if each says how often."""
    if len(intakes) == 1:
        return intakes[0].per_day
    known = [intake.per_day for intake in intakes if intake.per_day is not None]
    return sum(known, Decimal(0)) if len(known) == len(intakes) else None
