"""Numbers with units: what a FHIR Quantity amounts to in milligrams or days.

Every FHIR version; a unit may stand in ``code`` (UCUM, SNOMED CT or a local code) or in ``unit`` (words). Annotations
in braces carry no meaning in UCUM and are read as words, whatever their case.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Context, Decimal
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from cards.reading import shapes

# Quotients are kept longer than the 28 digits of ordinary arithmetic, so that one third times 150 rounds back to 50.
_LONG = Context(prec=40)

# A chart holds no dose outside these; beyond them Decimal arithmetic may overflow, which raises.
_LEAST = Decimal("1e-9")
_MOST = Decimal("1e9")


class Kind(StrEnum):
    """What a unit counts."""

    MASS = "mass"
    VOLUME = "volume"
    PIECE = "piece"  # tablets, capsules, films: things with a strength of their own
    OTHER = "other"  # drops, sprays, doses, international units: known, but not to be converted


class Unit(NamedTuple):
    """A unit: how it is called here, what it counts and how many milligrams, millilitres or pieces one of it is."""

    name: str
    kind: Kind
    factor: Decimal


_ONE = Decimal(1)
MG = Unit("mg", Kind.MASS, _ONE)
MCG = Unit("mcg", Kind.MASS, Decimal("0.001"))
_NG = Unit("mcg", Kind.MASS, Decimal("0.000001"))
_G = Unit("g", Kind.MASS, Decimal(1000))
ML = Unit("mL", Kind.VOLUME, _ONE)
PIECE = Unit("unit", Kind.PIECE, _ONE)
_OTHER = Unit("", Kind.OTHER, _ONE)

# SNOMED CT concepts stand beside the words because senders put them into ``code`` without changing ``unit``.
_UNITS: dict[str, Unit] = {
    word: unit
    for unit, words in (
        (MG, "mg mgs mgm milligram milligrams milligramme milligrammes 258684004"),
        (MCG, "mcg mcgs ug ugs µg μg microgram micrograms microgramme microgrammes 258685003"),
        (_NG, "ng nanogram nanograms"),
        (_G, "g gm gms gram grams gramme grammes"),
        (ML, "ml mls milliliter milliliters millilitre millilitres cc 258773002"),
        (Unit("mL", Kind.VOLUME, Decimal(1000)), "l liter liters litre litres"),
        (Unit("mL", Kind.VOLUME, Decimal(5)), "tsp teaspoon teaspoons teaspoonful teaspoonfuls [tsp_us]"),
        (
            PIECE,
            """1 tablet tablets tab tabs tbl tbls capsule capsules cap caps c pill pills caplet caplets gelcap gelcaps
            softgel softgels film films strip strips lozenge lozenges troche troches wafer wafers suppository
            suppositories each ea 732936001 732937005 428673006 428641000""",
        ),
        (
            _OTHER,
            """[drp] drop drops gtt gtts spray sprays puff puffs patch patches dose doses application applications
            vial vials syringe syringes implant implants iu [iu] % tablespoon tablespoons tbsp""",
        ),
    )
    for word in words.split()
}

# Days as a fraction: an hour is a twenty-fourth, which has no end in decimals.
_SPANS: dict[str, tuple[Decimal, Decimal]] = {
    word: (Decimal(days), Decimal(parts))
    for days, parts, words in (
        (1, 86_400, "s sec secs second seconds"),
        (1, 1_440, "min mins minute minutes"),
        (1, 24, "h hr hrs hour hours hourly"),
        (1, 1, "d day days daily night nights dy"),
        (7, 1, "wk wks w week weeks weekly"),
        (30, 1, "mo mos mon mons month months mth mths monthly"),
        (365, 1, "a y yr yrs year years yearly"),
    )
    for word in words.split()
}


def number(value: object) -> Decimal | None:
    """Give a positive number of a size a chart can hold, or ``None`` for anything else.

    Zero and negative amounts, NaN, infinity, text, booleans and binary floats are unknown rather than wrong.

    >>> number(Decimal("4.5")), number(2), number(Decimal("NaN")), number(Decimal(0)), number("4.5"), number(True)
    (Decimal('4.5'), Decimal('2'), None, None, None, None)
    """
    if not isinstance(value, Decimal):
        if not isinstance(value, int) or isinstance(value, bool):
            return None
        value = Decimal(value)
    if not value.is_finite() or not _LEAST <= value <= _MOST:
        return None
    return value


def divide(this: Decimal, by: Decimal) -> Decimal:
    """Give a quotient with digits to spare, so that multiplying it back gives a whole number where one is due."""
    return _LONG.divide(this, by)


@lru_cache(maxsize=1024)
def unit_named(word: str) -> Unit | None:
    """Give the unit a word, code or annotation stands for.

    >>> unit_named("MG").name, unit_named("{Capsule}").name, unit_named("Tablet(s)").name, unit_named("furlong")
    ('mg', 'unit', 'unit', None)
    """
    if len(word) > 40:
        return None
    plain = word.strip().strip("{}").lower().removesuffix("(s)").rstrip(".")
    unit = _UNITS.get(plain)
    if unit is None and " " in plain:  # "oral tablet", "mg naltrexone": one unit among other words is meant
        found = {_UNITS[part] for part in plain.split() if part in _UNITS and len(part) > 1}
        unit = found.pop() if len(found) == 1 else None
    return unit


def unit_of(quantity: shapes.Quantity) -> Unit | None:
    """Give the unit of a quantity: by its code, else by its words; ``None`` when neither says one we know."""
    code, unit = quantity.code, quantity.unit
    return (unit_named(code) if code else None) or (unit_named(unit) if unit else None)


def unit_kind(quantity: shapes.Quantity) -> Kind | None:
    """Give what a quantity counts, or ``None`` when its unit is missing or unknown."""
    unit = unit_of(quantity)
    return unit.kind if unit else None


def to_mg(quantity: shapes.Quantity | None) -> Decimal | None:
    """Give the milligrams of a quantity that is a mass, and ``None`` for every other.

    >>> to_mg(shapes.Quantity(value=Decimal("500"), unit="ug")), to_mg(shapes.Quantity(value=Decimal(1), unit="mL"))
    (Decimal('0.500'), None)
    """
    if quantity is None:
        return None
    value, unit = number(quantity.value), unit_of(quantity)
    return value * unit.factor if value is not None and unit and unit.kind is Kind.MASS else None


@lru_cache(maxsize=256)
def _span(word: str) -> tuple[Decimal, Decimal] | None:
    return _SPANS.get(word.strip().strip("{}").lower().removesuffix("(s)")) if len(word) <= 20 else None


def days_in(value: Decimal, unit: str) -> Decimal | None:
    """Give the days in a stretch of time, months as 30 and years as 365 days.

    >>> days_in(Decimal(2), "wk"), days_in(Decimal(36), "Hours"), days_in(Decimal(1), "fortnight")
    (Decimal('14'), Decimal('1.5'), None)
    """
    span = _span(unit)
    return divide(value * span[0], span[1]) if span is not None else None


def pace(times: Decimal, every: Decimal, unit: str) -> Decimal | None:
    """Give the times a day of something that happens so many times in a stretch; ``None`` when the unit is no stretch.

    >>> pace(Decimal(1), Decimal(6), "h"), pace(Decimal(3), Decimal(1), "d"), pace(Decimal(1), Decimal(3), "d") * 150
    (Decimal('4'), Decimal('3'), Decimal('50.00000000000000000000000000'))
    """
    span = _span(unit)
    return number(divide(times * span[1], every * span[0])) if span is not None and every > 0 else None


def to_days(quantity: shapes.Quantity | None) -> int | None:
    """Give the days of a duration, a part of a day counting as a whole one.

    A quantity without a unit is ``None``: 30 may be days as well as tablets.

    >>> to_days(shapes.Quantity(value=Decimal(2), code="wk")), to_days(shapes.Quantity(value=Decimal(36), unit="hours"))
    (14, 2)
    """
    if quantity is None:
        return None
    value = number(quantity.value)
    if value is None:
        return None
    days = _whole_days_in(value, quantity.code) if quantity.code else None
    return _whole_days_in(value, quantity.unit) if days is None and quantity.unit else days


@lru_cache(maxsize=1024)
def _whole_days_in(value: Decimal, unit: str) -> int | None:
    days = days_in(value, unit)
    return whole_days(days) if days is not None else None


def whole_days(days: Decimal) -> int | None:
    """Give a stretch in whole days, rounded up; more than a lifetime is ``None``, because it cannot be meant."""
    return max(1, int(days.to_integral_value(ROUND_CEILING))) if days < 50_000 else None
