"""What is understood of a sig: amounts, intakes, steps, and a dose that climbs."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from cards.dosing import TimeOfDay
from cards.reading.amounts import Kind, Unit


class Amount(NamedTuple):
    """An amount in words: the number and unit as written, what it comes to, and the strength named beside it.

    Of a range ``value`` is the higher end and ``low`` the other. ``strength_mg`` is the strength of one piece.
    ``named`` is an unknown word right before the amount: perhaps the medicine it belongs to. ``is_implied`` marks a
    product's strength that was read as one piece of it.
    """

    value: Decimal
    unit: Unit
    strength_mg: Decimal | None = None
    low: Decimal | None = None
    named: str = ""
    is_daily_total: bool = False
    is_implied: bool = False

    @property
    def mg(self) -> Decimal | None:
        """Milligrams, where the words alone tell them."""
        if self.unit.kind is Kind.MASS:
            return self.value * self.unit.factor
        if self.unit.kind is Kind.PIECE and self.strength_mg is not None:
            return self.value * self.strength_mg
        return None


class Intake(NamedTuple):
    """One amount with its frequency and times; ``mass`` and ``counted``, where both are given, restate each other."""

    mass: Amount | None = None
    counted: Amount | None = None
    per_day: Decimal | None = None
    when: frozenset[TimeOfDay] = frozenset()


class SigStep(NamedTuple):
    """What is taken during one stretch of time; several intakes are taken on the same day."""

    intakes: tuple[Intake, ...]
    lasts_days: int | None = None
    as_needed: bool = False


class Climb(NamedTuple):
    """A dose that changes by ``by`` every ``every_days`` until it is ``to``, from a start that may stand elsewhere."""

    by: Amount
    to: Amount
    every_days: int | None


class Sig(NamedTuple):
    """All that was understood of a text.

    ``taken`` are the amounts of a single intake, ``totals`` those of a day. ``dissolved`` is what is dissolved at home,
    and ``dilution`` its pieces and the millilitres where the words do not tell the strength. ``begins_with_then``
    marks a text that goes on from another.
    """

    steps: tuple[SigStep, ...] = ()
    taken: tuple[Amount, ...] = ()
    totals: tuple[Amount, ...] = ()
    strength_mg: Decimal | None = None
    concentration: Decimal | None = None
    dilution: tuple[Decimal, Decimal] | None = None
    dissolved: Amount | None = None
    climb: Climb | None = None
    as_directed: bool = False
    zero_slip: str | None = None
    begins_with_then: bool = False


NOTHING_SAID = Sig()
