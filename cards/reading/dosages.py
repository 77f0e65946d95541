"""Dosage instructions become what is taken: structure first, words where the structure is silent, both compared.

Accepted: ``dosageInstruction`` and ``dosage`` of every version. The amount stands in ``doseAndRate`` (a list; a single
object in some senders), in ``doseQuantity``/``doseRange`` on the dosage (DSTU2, STU3, and orders that call themselves
R4), or in ``dose``/``quantity`` (an administration). Left unread: rates (an infusion has no dose per intake) and dose
ratios. https://hl7.org/fhir/R4/dosage.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from cards.dosing import NO_DOSING, DoseConflict, Dosing, Step, TimeOfDay, WhyNot
from cards.drugs import Drug, Strength
from cards.reading import shapes
from cards.reading.amounts import Kind, Unit, divide, number, unit_named, unit_of
from cards.reading.sig_parts import NOTHING_SAID, Amount, Climb, Intake, Sig, SigStep
from cards.reading.sigs import read_sig
from cards.reading.timings import NO_TIMES, Times, read_timing

_MOST_STEPS = 40


class DosingLimits(NamedTuple):
    """What the comparison of structure and words needs to know: the share by which amounts may differ unnoticed."""

    tolerance: Decimal


class _Strengths(NamedTuple):
    """Where a count becomes milligrams: milligrams in one piece, and in one millilitre."""

    per_unit: Decimal | None
    per_ml: Decimal | None


class _Dose(NamedTuple):
    """An amount per intake as the structure gives it."""

    value: Decimal
    unit: Unit | None
    mg: Decimal | None
    units: Decimal | None  # pieces or millilitres
    why_not: WhyNot | None


class _Part(NamedTuple):
    """One dosage, read on its own."""

    steps: tuple[Step, ...]
    sequence: int | None
    dose: _Dose | None
    sig: Sig
    begins_with_then: bool
    units_differ: bool  # the code and the unit of its quantity name different masses


def read_dosing(
    dosages: Sequence[shapes.Dosage],
    drug: Drug,
    ingredient: str,
    texts: Sequence[str] = (),
    strength: Strength | None = None,
    *,
    limits: DosingLimits,
    names: Sequence[str] = (),
) -> Dosing:
    """Read how much of one ingredient is taken.

    ``texts`` are notes: they may contradict, tell a strength, and are the dose where no dosage gives one. ``names`` are
    what the client calls the product ("naltrexone 4.5 mg"): they tell a strength, and are the dose only where nothing
    else is and they name a frequency ("LDN 4.5 mg nightly"). ``strength`` is that of the order itself and wins over the
    drug's and the words'. Dosages with different sequence numbers follow one another; with the same or none they are
    taken on the same day when their times of day differ, and follow one another when they do not.

    >>> from cards.drugs import UNIDENTIFIED
    >>> liquid = shapes.Dosage(text="1.5 mL at bedtime", doseQuantity=shapes.Quantity(value=Decimal("1.5"), unit="mL"))
    >>> a_fifth = DosingLimits(tolerance=Decimal("0.2"))
    >>> read_dosing([liquid], UNIDENTIFIED, "naltrexone", strength=Strength(Decimal(2), "mL"), limits=a_fifth).first_mg
    Decimal('3.0')
    >>> read_dosing([liquid], UNIDENTIFIED, "naltrexone", limits=a_fifth).why_not
    <WhyNot.NO_CONCENTRATION: 'mL without a concentration'>
    """
    own = [_sig_of(dosage) for dosage in dosages]
    notes = [read_sig(text) for text in texts]
    # Where both are there, the words for the patient may contradict the sig, and so the structure.
    notes += [read_sig(one.patientInstruction) for one in dosages if one.text and one.patientInstruction]
    named = [read_sig(name) for name in names]
    strengths = _strengths(drug, ingredient, strength, (*own, *notes), named)
    parts: list[_Part] = []
    for dosage, sig in zip(dosages, own, strict=True):
        part = _read_part(dosage, sig, strengths, is_only=len(dosages) == 1)
        # Words that tell all steps may stand on every dosage; they are told once.
        if part.steps and not (part.dose is None and any(part.sig is other.sig for other in parts)):
            parts.append(part)
    parts.sort(key=_place)
    steps = _in_order(parts)
    if not any(step.dose_mg is not None or step.unit for step in steps):
        steps = _from_notes(steps, notes, named, drug, ingredient, strengths)
    elif notes:
        steps = _timed_by_notes(steps, notes, strengths)
    slip = next((sig.zero_slip for sig in (*own, *notes) if sig.zero_slip), None)
    if not steps and slip is None:
        return NO_DOSING
    conflict, unit_conflict = _compare(parts, notes, drug, ingredient, limits)
    return Dosing(steps, conflict, slip, unit_conflict)


# ---- words and strengths --------------------------------------------------------------------------------------------


def _sig_of(dosage: shapes.Dosage) -> Sig:
    """The words of a dosage: its text, else the instructions for the patient, else the additional ones."""
    best = NOTHING_SAID
    for text in (dosage.text, dosage.patientInstruction):
        if text:
            sig = read_sig(text)
            if sig.steps or sig.taken:
                return sig if not best.as_directed else sig._replace(as_directed=True)
            if best is NOTHING_SAID:
                best = sig
    for more in dosage.additionalInstruction:
        text = more.text or next((coding.display for coding in more.coding if coding.display), None)
        if text:
            sig = read_sig(text)
            if best is NOTHING_SAID or (sig.steps and not best.steps):
                best = sig
    return best


def _strengths(
    drug: Drug, ingredient: str, given: Strength | None, sigs: Sequence[Sig], named: Sequence[Sig]
) -> _Strengths:
    per_unit = per_ml = None
    for strength in (given, drug.strength_of(ingredient)):
        if strength is None:
            continue
        if strength.per == "unit" and per_unit is None:
            per_unit = number(strength.mg)
        elif strength.per == "mL" and per_ml is None:
            per_ml = number(strength.mg)
    if len(drug.ingredients) > 1:
        # "5 mg-325 mg tablet": the words do not say which strength is whose.
        return _Strengths(per_unit, per_ml)
    for sig in (*sigs, *named):
        per_unit = per_unit or number(sig.strength_mg)
        per_ml = per_ml or number(sig.concentration)
    if per_unit is None:
        per_unit = next((mg for sig in named if (mg := _bare_strength(sig)) is not None), None)
    for sig in sigs:
        # "dissolve 1 tablet in 50 mL, drink 1.5 mL"
        if per_ml is None and sig.dilution is not None and per_unit is not None:
            per_ml = number(divide(sig.dilution[0] * per_unit, sig.dilution[1]))
    return _Strengths(per_unit, per_ml)


def _bare_strength(named: Sig) -> Decimal | None:
    """The strength in a name without a dose form: "naltrexone 4.5 mg", but not "LDN 4.5 mg nightly"."""
    if len(named.taken) != 1 or any(intake.per_day is not None for step in named.steps for intake in step.intakes):
        return None
    amount = named.taken[0]
    return number(amount.mg) if amount.unit.kind is Kind.MASS else None


# ---- one dosage -----------------------------------------------------------------------------------------------------


def _read_part(dosage: shapes.Dosage, sig: Sig, strengths: _Strengths, *, is_only: bool) -> _Part:
    dose, differ = _dose_of(dosage, strengths)
    times = read_timing(dosage.timing) if dosage.timing is not None else NO_TIMES
    as_needed = (
        dosage.asNeededBoolean is True
        or dosage.asNeeded is True
        or dosage.asNeededCodeableConcept is not None
        or bool(dosage.asNeededFor)
        or times.as_needed
    )
    if dose is not None and sig is not NOTHING_SAID:
        dose = _with_words(dose, sig)
    steps: tuple[Step, ...]
    if dose is not None and not (is_only and _tells_more_steps(dose, sig, strengths)):
        steps = (_step_of(dose, times, as_needed, sig, strengths, _most_of(dosage)),)
    else:
        steps = _steps_in_words(sig, times, as_needed, strengths, dose)
        if not steps and (times is not NO_TIMES or dosage.text or dosage.patientInstruction or as_needed):
            why = WhyNot.AS_DIRECTED if sig.as_directed else WhyNot.NO_DOSE
            steps = (Step(None, times.per_day, times.when, times.lasts_days, as_needed, why_not=why),)
    return _Part(steps, dosage.sequence, dose, sig, sig.begins_with_then, differ)


def _with_words(dose: _Dose, sig: Sig) -> _Dose | None:
    """A structured dose with what only its words tell; ``None`` when the words have to stand for it."""
    if dose.unit is None and (sig.totals or any(amount.mg is not None for amount in sig.taken)):
        return None  # a number without a unit: the words tell what it counts
    if _is_dissolved(dose, sig):
        return None  # the tablet that is dissolved, of which the words say that a part is drunk
    if dose.mg is None and dose.units is not None:
        for step in sig.steps:
            for intake in step.intakes:
                mass, counted = intake.mass, intake.counted
                if mass is None or mass.is_daily_total or mass.mg is None:
                    continue
                # "2 capsules (3 mg)" beside a structure that counts two
                if counted is None or counted.value == dose.units:
                    return dose._replace(mg=mass.mg, why_not=None)
    return dose


def _is_dissolved(dose: _Dose, sig: Sig) -> bool:
    """Whether a structured dose is the tablet that the words have dissolved, and not what they have drunk."""
    solute = sig.dissolved
    if solute is None or not (sig.concentration or sig.dilution) or not sig.taken:
        return False
    if dose.unit is not None and dose.unit.kind is Kind.PIECE:
        return solute.unit.kind is Kind.PIECE and dose.value == solute.value
    return dose.mg is not None and dose.mg == solute.mg


def _tells_more_steps(dose: _Dose, sig: Sig, strengths: _Strengths) -> bool:
    """Whether the words go on where the structure stops: one structured dose that is one of several steps in words."""
    if dose.mg is None or (len(sig.steps) < 2 and sig.climb is None):
        return False
    if sig.climb is not None and not sig.steps:
        return True
    amounts = [_mg_and_why(intake, strengths)[0] for step in sig.steps for intake in step.intakes]
    return dose.mg in amounts


def _dose_of(dosage: shapes.Dosage, strengths: _Strengths) -> tuple[_Dose | None, bool]:
    """The dose per intake, and whether the code and the unit of its quantity name different masses.

    Of several rows the one typed ``ordered`` counts, then ``calculated``, then a mass; never their sum. A row
    that cannot be converted gives way to one that can, and still tells the number of tablets.
    """
    best: _Dose | None = None
    units: Decimal | None = None
    differ = False
    for quantity in _quantities(dosage):
        dose = _dose_of_quantity(quantity, strengths) if quantity is not None else None
        if dose is None or quantity is None:
            continue
        if units is None and dose.unit is not None and dose.unit.kind is Kind.PIECE:
            units = dose.units
        if best is None or (best.mg is None and dose.mg is not None):
            best, differ = dose, _units_differ(quantity)
    if best is not None and best.units is None and units is not None:
        best = best._replace(units=units)
    return best, differ


def _quantities(dosage: shapes.Dosage) -> list[shapes.Quantity | None]:
    """The quantities a dosage gives for its dose, the one to be believed first."""
    rows = dosage.doseAndRate
    if not rows:
        return [dosage.doseQuantity or _high(dosage.doseRange) or dosage.dose or dosage.quantity]
    if isinstance(rows, shapes.DoseAndRate):
        rows = [rows]
    elif len(rows) > 1:
        rows = sorted(rows, key=_rank)
    return [row.doseQuantity or _high(row.doseRange) for row in rows]


def _high(amounts: shapes.Range | None) -> shapes.Quantity | None:
    return (amounts.high or amounts.low) if amounts is not None else None


def _rank(row: shapes.DoseAndRate) -> int:
    kind = row.type
    if kind is not None:
        words = {word.lower() for coding in kind.coding for word in (coding.code, coding.display) if word}
        if kind.text:
            words.add(kind.text.lower())
        if "ordered" in words:
            return 0
        if "calculated" in words:
            return 1
    quantity = row.doseQuantity or _high(row.doseRange)
    unit = unit_of(quantity) if quantity is not None else None
    return 2 if unit is not None and unit.kind is Kind.MASS else 3


def _units_differ(quantity: shapes.Quantity) -> bool:
    if not quantity.code or not quantity.unit or quantity.code == quantity.unit:
        return False
    code, unit = unit_named(quantity.code), unit_named(quantity.unit)
    return (
        code is not None
        and unit is not None
        and code.kind is Kind.MASS
        and unit.kind is Kind.MASS
        and code.factor != unit.factor
    )


def _dose_of_quantity(quantity: shapes.Quantity, strengths: _Strengths) -> _Dose | None:
    value = number(quantity.value)
    if value is None:
        return None
    unit = unit_of(quantity)
    if unit is None:
        named = quantity.unit or quantity.code
        if not named and value == value.to_integral_value() and strengths.per_unit is not None:
            # FHIR: a quantity without a unit is a count. Generated charts write tablets so; "4.5" is no count.
            return _Dose(value, None, value * strengths.per_unit, value, None)
        return _Dose(value, None, None, None, WhyNot.UNKNOWN_UNIT)
    return _dose(value, unit, None, strengths)


def _dose(value: Decimal, unit: Unit, strength_mg: Decimal | None, strengths: _Strengths) -> _Dose:
    kind = unit.kind
    if kind is Kind.MASS:
        return _Dose(value, unit, value * unit.factor, None, None)
    if kind is Kind.PIECE:
        per_unit = strength_mg if strength_mg is not None else strengths.per_unit
        mg = value * per_unit if per_unit is not None else None
        return _Dose(value, unit, mg, value, None if mg is not None else WhyNot.NO_STRENGTH)
    if kind is Kind.VOLUME:
        volume = value * unit.factor
        mg = volume * strengths.per_ml if strengths.per_ml is not None else None
        return _Dose(value, unit, mg, volume, None if mg is not None else WhyNot.NO_CONCENTRATION)
    return _Dose(value, unit, None, None, WhyNot.UNKNOWN_UNIT)


def _most_of(dosage: shapes.Dosage) -> shapes.Ratio | None:
    most = dosage.maxDosePerPeriod
    if isinstance(most, shapes.Ratio):
        return most
    return most[0] if most else None


def _step_of(
    dose: _Dose, times: Times, as_needed: bool, sig: Sig, strengths: _Strengths, most: shapes.Ratio | None
) -> Step:
    """A structured dose, with what the words add where the structure is silent."""
    per_day, when, lasts = times.per_day, times.when, times.lasts_days
    units = dose.units
    said = _said_of(dose, sig, strengths)
    if said is not None:
        as_needed = as_needed or said.as_needed
        lasts = lasts if lasts is not None else said.lasts_days
        intakes = said.intakes
        if intakes:
            per_day = per_day if per_day is not None else _per_day_of(intakes)
            when = when or frozenset().union(*(intake.when for intake in intakes))
            if units is None and len(intakes) == 1:
                units = _units_of(intakes[0])
    if per_day is None and most is not None:
        per_day = _most_per_day(dose, most)
    why = dose.why_not
    if why is None and per_day is None:
        why = WhyNot.AS_DIRECTED if sig.as_directed else WhyNot.NO_FREQUENCY
    unit = dose.unit.name if dose.unit is not None else "unit" if dose.mg is not None else ""
    return Step(dose.mg, per_day, when, lasts, as_needed, units, unit, why)


def _said_of(dose: _Dose, sig: Sig, strengths: _Strengths) -> SigStep | None:
    """The step in words that is about a structured dose: the one with its amount, else the first."""
    if len(sig.steps) > 1:
        for step in sig.steps:
            if any(_mg_and_why(intake, strengths)[0] == dose.mg for intake in step.intakes):
                return step
    return sig.steps[0] if sig.steps else None


def _units_of(intake: Intake) -> Decimal | None:
    """The pieces or millilitres of an intake in words."""
    counted = intake.counted
    return counted.value if counted is not None and counted.unit.kind is not Kind.OTHER else None


def _most_per_day(dose: _Dose, most: shapes.Ratio) -> Decimal | None:
    """Intakes a day from the most that may be taken in a day."""
    above, below = most.numerator, most.denominator
    if above is None or below is None:
        return None
    amount, unit = number(above.value), unit_of(above)
    per = number(below.value)
    days = {"d": Decimal(1), "day": Decimal(1), "days": Decimal(1), "h": divide(Decimal(1), Decimal(24))}.get(
        (below.code or below.unit or "").lower()
    )
    if amount is None or unit is None or per is None or days is None or dose.unit is None or dose.value <= 0:
        return None
    if unit.kind is not dose.unit.kind:
        return None
    return number(divide(divide(amount * unit.factor, dose.value * dose.unit.factor), per * days))


# ---- words alone ----------------------------------------------------------------------------------------------------


def _mg_and_why(intake: Intake, strengths: _Strengths) -> tuple[Decimal | None, WhyNot | None]:
    mass, counted = intake.mass, intake.counted
    if mass is not None:
        mg = mass.value * mass.unit.factor
        if mass.is_daily_total and intake.per_day is not None and intake.per_day > 1:
            mg = divide(mg, intake.per_day)
        return mg, None
    if counted is not None:
        dose = _dose(counted.value, counted.unit, counted.strength_mg, strengths)
        return dose.mg, dose.why_not
    return None, WhyNot.NO_DOSE


def _steps_in_words(
    sig: Sig, times: Times, as_needed: bool, strengths: _Strengths, dose: _Dose | None = None
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


def _step_in_words(said: SigStep, times: Times, as_needed: bool, strengths: _Strengths, as_directed: bool) -> Step:
    read = [_intake_step(intake, times, said, as_needed, strengths, as_directed) for intake in said.intakes]
    if not read:
        why = WhyNot.AS_DIRECTED if as_directed else WhyNot.NO_DOSE
        return Step(None, times.per_day, times.when, said.lasts_days, as_needed or said.as_needed, why_not=why)
    return read[0] if len(read) == 1 else _together(read)


def _intake_step(
    intake: Intake, times: Times, said: SigStep, as_needed: bool, strengths: _Strengths, as_directed: bool
) -> Step:
    mg, why = _mg_and_why(intake, strengths)
    alone = len(said.intakes) == 1
    per_day = times.per_day if alone and times.per_day is not None else intake.per_day
    when = times.when if alone and times.when else intake.when
    if mg is None and why is WhyNot.NO_DOSE and as_directed:
        why = WhyNot.AS_DIRECTED
    elif mg is not None and per_day is None:
        why = WhyNot.AS_DIRECTED if as_directed else WhyNot.NO_FREQUENCY
    named = intake.mass or intake.counted
    unit = named.unit.name if named is not None else ""
    return Step(mg, per_day, when, said.lasts_days, as_needed or said.as_needed, _units_of(intake), unit, why)


def _climbed(steps: list[Step], climb: Climb, strengths: _Strengths) -> list[Step]:
    """Steps from the last one told up, or down, to the dose to be reached."""
    last = steps[-1] if steps else Step()
    start = last.dose_mg
    if start is None:
        return steps
    by, to = (_mg_of(amount, strengths) for amount in (climb.by, climb.to))
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


def _mg_of(amount: Amount, strengths: _Strengths) -> Decimal | None:
    return _dose(amount.value, amount.unit, amount.strength_mg, strengths).mg


# ---- several dosages ------------------------------------------------------------------------------------------------


def _place(part: _Part) -> int:
    # Stable, so that dosages without a number keep their order behind each other.
    return part.sequence if part.sequence is not None else 0


def _in_order(parts: Sequence[_Part]) -> tuple[Step, ...]:
    if len(parts) == 1:
        return parts[0].steps
    steps: list[Step] = []
    group: list[_Part] = []
    for part in parts:
        if group and group[-1].sequence == part.sequence and _same_days(group, part):
            group.append(part)
            continue
        if group:
            steps.extend(_of_group(group))
        group = [part]
    if group:
        steps.extend(_of_group(group))
    distinct: list[Step] = []
    for step in steps:
        if not distinct or distinct[-1] != step:
            distinct.append(step)
    return tuple(distinct)


def _same_days(group: Sequence[_Part], part: _Part) -> bool:
    """Whether a dosage is taken on the days of the group: it says another time of day, and nothing says "then"."""
    if part.begins_with_then or len(part.steps) != 1 or any(len(other.steps) != 1 for other in group):
        return False
    step = part.steps[0]
    if any(other.steps[0] == step for other in group):
        return True  # sent twice
    seen = frozenset().union(*(other.steps[0].when for other in group))
    return bool(step.when and seen) and not step.when & seen and step.lasts_days == group[0].steps[0].lasts_days


def _of_group(group: Sequence[_Part]) -> tuple[Step, ...]:
    if len(group) == 1:
        return group[0].steps
    distinct: list[Step] = []
    for part in group:
        if part.steps[0] not in distinct:
            distinct.append(part.steps[0])
    return (_together(distinct) if len(distinct) > 1 else distinct[0],)


def _together(steps: Sequence[Step]) -> Step:
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


def _per_day_of(intakes: Sequence[Intake]) -> Decimal | None:
    if len(intakes) == 1:
        return intakes[0].per_day
    known = [intake.per_day for intake in intakes if intake.per_day is not None]
    return sum(known, Decimal(0)) if len(known) == len(intakes) else None


# ---- notes ----------------------------------------------------------------------------------------------------------


def _is_about(amount: Amount, drug: Drug, ingredient: str) -> bool:
    """Whether an amount in a note belongs to this medicine, so far as the word before it tells."""
    word = amount.named
    if not word:
        return True
    return any(word in name.lower() for name in (ingredient, *drug.ingredients, drug.brand or ""))


def _from_notes(
    steps: tuple[Step, ...],
    notes: Sequence[Sig],
    named: Sequence[Sig],
    drug: Drug,
    ingredient: str,
    strengths: _Strengths,
) -> tuple[Step, ...]:
    """The dose from a note or a name when no dosage gives one; with the dosage's times where it has them."""
    times = Times(steps[0].per_day, steps[0].when, steps[0].lasts_days) if len(steps) == 1 else NO_TIMES
    as_needed = bool(steps) and steps[0].as_needed
    for sig in (*notes, *named):
        amounts = [amount for amount in (*sig.taken, *sig.totals) if not amount.is_implied]
        if not amounts or not all(_is_about(amount, drug, ingredient) for amount in amounts):
            continue
        told = _steps_in_words(sig, times, as_needed, strengths)
        is_name = any(sig is name for name in named)
        if any(step.dose_mg is not None and not (is_name and step.per_day is None) for step in told):
            return told
    if not steps and any(sig.as_directed for sig in (*notes, *named)):
        return (Step(why_not=WhyNot.AS_DIRECTED),)
    return steps


def _timed_by_notes(steps: tuple[Step, ...], notes: Sequence[Sig], strengths: _Strengths) -> tuple[Step, ...]:
    """Frequency and time of day from a note that repeats the dose, where the dosages have neither."""
    if any(step.per_day is not None or step.when for step in steps):
        return steps
    for note in notes:
        for said in note.steps:
            for intake in said.intakes:
                if intake.per_day is None:
                    continue
                mg = _mg_and_why(intake, strengths)[0]
                if mg is not None and any(step.dose_mg == mg for step in steps):
                    return tuple(
                        replace(step, per_day=intake.per_day, when=intake.when, why_not=None) for step in steps
                    )
    return steps


# ---- structure against words ----------------------------------------------------------------------------------------


class _Said(NamedTuple):
    """An amount in words in milligrams; of a range, from ``low`` to ``mg``."""

    amount: Amount
    low: Decimal
    mg: Decimal


def _compare(
    parts: Sequence[_Part], notes: Sequence[Sig], drug: Drug, ingredient: str, limits: DosingLimits
) -> tuple[DoseConflict | None, bool]:
    """Find words that name another amount per intake than the structure, and a milligram that meets a microgram.

    A single amount in a dosage's own words is held against that dosage. Several amounts are a list of steps: one of
    them has to be a structured dose of any step, and each that of its own step when there are as many. A day's total
    may equal the structured day. An amount in a note counts unless another medicine's name stands before it.
    """
    structured = [mg for part in parts if part.dose is not None and (mg := part.dose.mg) is not None]
    unit_conflict = any(part.units_differ for part in parts)
    if not structured:
        return None, unit_conflict
    days = [daily for part in parts for step in part.steps if (daily := step.daily_mg) is not None]
    conflict = _conflict_by_step(parts, limits)
    for part in parts:
        if part.dose is None or part.dose.mg is None:
            continue
        said = _said_in(part.sig)
        mine = [part.dose.mg, *(daily for step in part.steps if (daily := step.daily_mg) is not None)]
        if said and conflict is None and not _is_any(said, mine if len(said) == 1 else structured + days, limits):
            conflict = DoseConflict(part.dose.mg, said[0].mg)
        unit_conflict = unit_conflict or _is_other_unit(said, part.dose, structured + days, limits)
    for note in notes:
        said = [one for one in _said_in(note) if _is_about(one.amount, drug, ingredient)]
        if said and conflict is None and not _is_any(said, structured + days, limits):
            conflict = DoseConflict(structured[0], said[0].mg)
        for part in parts:
            unit_conflict = unit_conflict or _is_other_unit(said, part.dose, structured + days, limits)
    return conflict, unit_conflict


def _said_in(sig: Sig) -> list[_Said]:
    """The amounts taken that the words alone tell in milligrams; a product's strength is none of them."""
    found = []
    for amount in (*sig.taken, *sig.totals):
        mg = amount.mg
        if mg is None and amount.unit.kind is Kind.VOLUME and sig.concentration is not None:
            mg = amount.value * sig.concentration
        if mg is not None and not amount.is_implied:
            low = divide(mg * amount.low, amount.value) if amount.low is not None else mg
            found.append(_Said(amount, low, mg))
    return found


def _conflict_by_step(parts: Sequence[_Part], limits: DosingLimits) -> DoseConflict | None:
    """A step in a list in words that differs from its step in the structure, when both have as many."""
    if len(parts) < 2:
        return None
    for part in parts:
        told = [step.intakes[0].mass for step in part.sig.steps if len(step.intakes) == 1]
        if len(told) != len(parts):
            continue
        for amount, other in zip(told, parts, strict=True):
            mg = amount.mg if amount is not None else None
            if mg is None or other.dose is None or other.dose.mg is None:
                break
            if not _agree(mg, other.dose.mg, limits):
                return DoseConflict(other.dose.mg, mg)
    return None


def _is_any(said: Sequence[_Said], structured: Sequence[Decimal], limits: DosingLimits) -> bool:
    """Whether one of the amounts in words is one of the structured ones."""
    return any(
        one.low <= mg <= one.mg or _agree(one.mg, mg, limits) or _agree(one.low, mg, limits)
        for one in said
        for mg in structured
    )


def _agree(one: Decimal, other: Decimal, limits: DosingLimits) -> bool:
    """Whether two amounts differ by no more than the tolerance, as a share of the larger."""
    return one == other or abs(one - other) <= limits.tolerance * max(one, other)


def _is_other_unit(
    said: Sequence[_Said], dose: _Dose | None, structured: Sequence[Decimal], limits: DosingLimits
) -> bool:
    """Whether words count milligrams where the structure counts micrograms, or the same number the other way round."""
    unit = dose.unit.name if dose is not None and dose.unit is not None else ""
    if dose is None or unit not in ("mg", "mcg"):
        return False
    for one in said:
        written = one.amount.unit.name
        if written not in ("mg", "mcg") or written == unit or _is_any([one], structured, limits):
            continue
        if unit == "mcg" or _agree(one.amount.value, dose.value, limits):
            return True
    return False
