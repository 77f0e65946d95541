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

from cards.dosing import NO_DOSING, Dosing, Step, WhyNot
from cards.drugs import Drug, Strength
from cards.reading import shapes
from cards.reading.amounts import Kind, divide, number, unit_of
from cards.reading.dose_conflicts import DosingLimits, compare, is_about
from cards.reading.dose_steps import per_day_of, steps_in_words, together, units_of
from cards.reading.doses import Dose, Part, Strengths, dose_of, mg_and_why, strengths_of
from cards.reading.sig_parts import NOTHING_SAID, Sig, SigStep
from cards.reading.sigs import read_sig
from cards.reading.timings import NO_TIMES, Times, read_timing


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
    strengths = strengths_of(drug, ingredient, strength, (*own, *notes), named)
    parts: list[Part] = []
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
    conflict, unit_conflict = compare(parts, notes, drug, ingredient, limits)
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


# ---- one dosage -----------------------------------------------------------------------------------------------------


def _read_part(dosage: shapes.Dosage, sig: Sig, strengths: Strengths, *, is_only: bool) -> Part:
    dose, differ = dose_of(dosage, strengths)
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
        steps = steps_in_words(sig, times, as_needed, strengths, dose)
        if not steps and (times is not NO_TIMES or dosage.text or dosage.patientInstruction or as_needed):
            why = WhyNot.AS_DIRECTED if sig.as_directed else WhyNot.NO_DOSE
            steps = (Step(None, times.per_day, times.when, times.lasts_days, as_needed, why_not=why),)
    return Part(steps, dosage.sequence, dose, sig, sig.begins_with_then, differ)


def _with_words(dose: Dose, sig: Sig) -> Dose | None:
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


def _is_dissolved(dose: Dose, sig: Sig) -> bool:
    """Whether a structured dose is the tablet that the words have dissolved, and not what they have drunk."""
    solute = sig.dissolved
    if solute is None or not (sig.concentration or sig.dilution) or not sig.taken:
        return False
    if dose.unit is not None and dose.unit.kind is Kind.PIECE:
        return solute.unit.kind is Kind.PIECE and dose.value == solute.value
    return dose.mg is not None and dose.mg == solute.mg


def _tells_more_steps(dose: Dose, sig: Sig, strengths: Strengths) -> bool:
    """Whether the words go on where the structure stops: one structured dose that is one of several steps in words."""
    if dose.mg is None or (len(sig.steps) < 2 and sig.climb is None):
        return False
    if sig.climb is not None and not sig.steps:
        return True
    amounts = [mg_and_why(intake, strengths)[0] for step in sig.steps for intake in step.intakes]
    return dose.mg in amounts


def _most_of(dosage: shapes.Dosage) -> shapes.Ratio | None:
    most = dosage.maxDosePerPeriod
    if isinstance(most, shapes.Ratio):
        return most
    return most[0] if most else None


def _step_of(
    dose: Dose, times: Times, as_needed: bool, sig: Sig, strengths: Strengths, most: shapes.Ratio | None
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
            per_day = per_day if per_day is not None else per_day_of(intakes)
            when = when or frozenset().union(*(intake.when for intake in intakes))
            if units is None and len(intakes) == 1:
                units = units_of(intakes[0])
    if per_day is None and most is not None:
        per_day = _most_per_day(dose, most)
    why = dose.why_not
    if why is None and per_day is None:
        why = WhyNot.AS_DIRECTED if sig.as_directed else WhyNot.NO_FREQUENCY
    unit = dose.unit.name if dose.unit is not None else "unit" if dose.mg is not None else ""
    return Step(dose.mg, per_day, when, lasts, as_needed, units, unit, why)


def _said_of(dose: Dose, sig: Sig, strengths: Strengths) -> SigStep | None:
    """The step in words that is about a structured dose: the one with its amount, else the first."""
    if len(sig.steps) > 1:
        for step in sig.steps:
            if any(mg_and_why(intake, strengths)[0] == dose.mg for intake in step.intakes):
                return step
    return sig.steps[0] if sig.steps else None


def _most_per_day(dose: Dose, most: shapes.Ratio) -> Decimal | None:
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


# ---- several dosages ------------------------------------------------------------------------------------------------


def _place(part: Part) -> int:
    # Stable, so that dosages without a number keep their order behind each other.
    return part.sequence if part.sequence is not None else 0


def _in_order(parts: Sequence[Part]) -> tuple[Step, ...]:
    if len(parts) == 1:
        return parts[0].steps
    steps: list[Step] = []
    group: list[Part] = []
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


def _same_days(group: Sequence[Part], part: Part) -> bool:
    """Whether a dosage is taken on the days of the group: it says another time of day, and nothing says "then"."""
    if part.begins_with_then or len(part.steps) != 1 or any(len(other.steps) != 1 for other in group):
        return False
    step = part.steps[0]
    if any(other.steps[0] == step for other in group):
        return True  # sent twice
    seen = frozenset().union(*(other.steps[0].when for other in group))
    return bool(step.when and seen) and not step.when & seen and step.lasts_days == group[0].steps[0].lasts_days


def _of_group(group: Sequence[Part]) -> tuple[Step, ...]:
    if len(group) == 1:
        return group[0].steps
    distinct: list[Step] = []
    for part in group:
        if part.steps[0] not in distinct:
            distinct.append(part.steps[0])
    return (together(distinct) if len(distinct) > 1 else distinct[0],)


# ---- notes ----------------------------------------------------------------------------------------------------------


def _from_notes(
    steps: tuple[Step, ...],
    notes: Sequence[Sig],
    named: Sequence[Sig],
    drug: Drug,
    ingredient: str,
    strengths: Strengths,
) -> tuple[Step, ...]:
    """The dose from a note or a name when no dosage gives one; with the dosage's times where it has them."""
    times = Times(steps[0].per_day, steps[0].when, steps[0].lasts_days) if len(steps) == 1 else NO_TIMES
    as_needed = bool(steps) and steps[0].as_needed
    for sig in (*notes, *named):
        amounts = [amount for amount in (*sig.taken, *sig.totals) if not amount.is_implied]
        if not amounts or not all(is_about(amount, drug, ingredient) for amount in amounts):
            continue
        told = steps_in_words(sig, times, as_needed, strengths)
        is_name = any(sig is name for name in named)
        if any(step.dose_mg is not None and not (is_name and step.per_day is None) for step in told):
            return told
    if not steps and any(sig.as_directed for sig in (*notes, *named)):
        return (Step(why_not=WhyNot.AS_DIRECTED),)
    return steps


def _timed_by_notes(steps: tuple[Step, ...], notes: Sequence[Sig], strengths: Strengths) -> tuple[Step, ...]:
    """Frequency and time of day from a note that repeats the dose, where the dosages have neither."""
    if any(step.per_day is not None or step.when for step in steps):
        return steps
    for note in notes:
        for said in note.steps:
            for intake in said.intakes:
                if intake.per_day is None:
                    continue
                mg = mg_and_why(intake, strengths)[0]
                if mg is not None and any(step.dose_mg == mg for step in steps):
                    return tuple(
                        replace(step, per_day=intake.per_day, when=intake.when, why_not=None) for step in steps
                    )
    return steps
