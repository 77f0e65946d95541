"""One dose: what a structured quantity, or an amount in words, comes to in milligrams."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from cards.dosing import Step, WhyNot
from cards.drugs import Drug, Strength
from cards.reading import shapes
from cards.reading.amounts import Kind, Unit, divide, number, unit_named, unit_of
from cards.reading.sig_parts import Amount, Intake, Sig


class Strengths(NamedTuple):
    """Where a count becomes milligrams: milligrams in one piece, and in one millilitre."""

    per_unit: Decimal | None
    per_ml: Decimal | None


class Dose(NamedTuple):
    """An amount per intake as the structure gives it."""

    value: Decimal
    unit: Unit | None
    mg: Decimal | None
    units: Decimal | None  # pieces or millilitres
    why_not: WhyNot | None


class Part(NamedTuple):
    """One dosage, read on its own."""

    steps: tuple[Step, ...]
    sequence: int | None
    dose: Dose | None
    sig: Sig
    begins_with_then: bool
    units_differ: bool  # the code and the unit of its quantity name different masses


def strengths_of(
    drug: Drug, ingredient: str, given: Strength | None, sigs: Sequence[Sig], named: Sequence[Sig]
) -> Strengths:
    """What the order, the drug, the words and the names tell, in this order."""
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
        return Strengths(per_unit, per_ml)
    for sig in (*sigs, *named):
        per_unit = per_unit or number(sig.strength_mg)
        per_ml = per_ml or number(sig.concentration)
    if per_unit is None:
        per_unit = next((mg for sig in named if (mg := _bare_strength(sig)) is not None), None)
    for sig in sigs:
        # "dissolve 1 tablet in 50 mL, drink 1.5 mL"
        if per_ml is None and sig.dilution is not None and per_unit is not None:
            per_ml = number(divide(sig.dilution[0] * per_unit, sig.dilution[1]))
    return Strengths(per_unit, per_ml)


def _bare_strength(named: Sig) -> Decimal | None:
    """The strength in a name without a dose form: "naltrexone 4.5 mg", but not "LDN 4.5 mg nightly"."""
    if len(named.taken) != 1 or any(intake.per_day is not None for step in named.steps for intake in step.intakes):
        return None
    amount = named.taken[0]
    return number(amount.mg) if amount.unit.kind is Kind.MASS else None


def dose_of(dosage: shapes.Dosage, strengths: Strengths) -> tuple[Dose | None, bool]:
    """The dose per intake, and whether the code and the unit of its quantity name different masses.

    Of several rows the one typed ``ordered`` counts, then ``calculated``, then a mass; never their sum. A row
    that cannot be converted gives way to one that can, and still tells the number of tablets.
    """
    best: Dose | None = None
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


def _dose_of_quantity(quantity: shapes.Quantity, strengths: Strengths) -> Dose | None:
    value = number(quantity.value)
    if value is None:
        return None
    unit = unit_of(quantity)
    if unit is None:
        named = quantity.unit or quantity.code
        if not named and value == value.to_integral_value() and strengths.per_unit is not None:
            # FHIR: a quantity without a unit is a count. Generated charts write tablets so; "4.5" is no count.
            return Dose(value, None, value * strengths.per_unit, value, None)
        return Dose(value, None, None, None, WhyNot.UNKNOWN_UNIT)
    return _dose(value, unit, None, strengths)


def _dose(value: Decimal, unit: Unit, strength_mg: Decimal | None, strengths: Strengths) -> Dose:
    kind = unit.kind
    if kind is Kind.MASS:
        return Dose(value, unit, value * unit.factor, None, None)
    if kind is Kind.PIECE:
        per_unit = strength_mg if strength_mg is not None else strengths.per_unit
        mg = value * per_unit if per_unit is not None else None
        return Dose(value, unit, mg, value, None if mg is not None else WhyNot.NO_STRENGTH)
    if kind is Kind.VOLUME:
        volume = value * unit.factor
        mg = volume * strengths.per_ml if strengths.per_ml is not None else None
        return Dose(value, unit, mg, volume, None if mg is not None else WhyNot.NO_CONCENTRATION)
    return Dose(value, unit, None, None, WhyNot.UNKNOWN_UNIT)


def mg_and_why(intake: Intake, strengths: Strengths) -> tuple[Decimal | None, WhyNot | None]:
    """What an intake in words comes to, or why nobody can say."""
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


def mg_of(amount: Amount, strengths: Strengths) -> Decimal | None:
    """What an amount in words comes to in milligrams."""
    return _dose(amount.value, amount.unit, amount.strength_mg, strengths).mg
