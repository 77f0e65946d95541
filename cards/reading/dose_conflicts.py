"""Where the words of an order name another dose than its structure."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from cards.dosing import DoseConflict
from cards.drugs import Drug
from cards.reading.amounts import Kind, divide
from cards.reading.doses import Dose, Part
from cards.reading.sig_parts import Amount, Sig


class DosingLimits(NamedTuple):
    """What the comparison of structure and words needs to know: the share by which amounts may differ unnoticed."""

    tolerance: Decimal


class _Said(NamedTuple):
    """An amount in words in milligrams; of a range, from ``low`` to ``mg``."""

    amount: Amount
    low: Decimal
    mg: Decimal


def compare(
    parts: Sequence[Part], notes: Sequence[Sig], drug: Drug, ingredient: str, limits: DosingLimits
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
        said = [one for one in _said_in(note) if is_about(one.amount, drug, ingredient)]
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


def _conflict_by_step(parts: Sequence[Part], limits: DosingLimits) -> DoseConflict | None:
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
    said: Sequence[_Said], dose: Dose | None, structured: Sequence[Decimal], limits: DosingLimits
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


def is_about(amount: Amount, drug: Drug, ingredient: str) -> bool:
    """Whether an amount in a note belongs to this medicine, so far as the word before it tells."""
    word = amount.named
    if not word:
        return True
    return any(word in name.lower() for name in (ingredient, *drug.ingredients, drug.brand or ""))
