"""How much of a medicine is taken, how often and when: what was understood of dosage instructions.

Amounts are milligrams of the ingredient asked for, as ``Decimal``; days are calendar days.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from cards.records import record

MICROGRAMS = "mcg"
"""The unit of a step that was written in micrograms."""


class TimeOfDay(StrEnum):
    """When a dose is taken. ``OTHER`` is a stated time that is none of the rest (with a meal, at noon)."""

    MORNING = "in the morning"
    EVENING = "in the evening"
    BEDTIME = "at bedtime"
    OTHER = "at another stated time"


class WhyNot(StrEnum):
    """Why a daily dose could not be worked out; the value is the phrase a card may show."""

    NO_DOSE = "no dose per intake is given"
    NO_STRENGTH = "units are counted but no strength is given"
    NO_CONCENTRATION = "mL without a concentration"
    AS_DIRECTED = "taken as directed"
    UNKNOWN_UNIT = "the dose unit is not one we can convert"
    NO_FREQUENCY = "no frequency is given"
    NO_INSTRUCTIONS = "there are no dosage instructions"


@record
class Step:
    """One instruction of a sequence.

    ``dose_mg`` is per intake, ``per_day`` intakes a day (a fraction for every other day; for an as-needed dose the
    most that may be taken). ``lasts_days`` is ``None`` for an open end. ``units`` is the number of tablets, capsules
    or millilitres per intake where the dose was written so. ``unit`` is the unit as written, normalised to ``mg``,
    ``mcg``, ``g``, ``mL``, ``unit`` (tablet, capsule, pill …) or ``""``.
    """

    dose_mg: Decimal | None = None
    per_day: Decimal | None = None
    when: frozenset[TimeOfDay] = frozenset()
    lasts_days: int | None = None
    as_needed: bool = False
    units: Decimal | None = None
    unit: str = ""
    why_not: WhyNot | None = None

    @property
    def daily_mg(self) -> Decimal | None:
        """Milligrams a day, or ``None`` when dose or frequency is unknown."""
        if self.dose_mg is None or self.per_day is None:
            return None
        return self.dose_mg * self.per_day


@dataclass(frozen=True, slots=True)
class DoseConflict:
    """Structure and words that name different amounts per intake, in milligrams."""

    structured_mg: Decimal
    text_mg: Decimal

    @property
    def ratio(self) -> Decimal:
        """How many times the larger amount is the smaller one; at least 1."""
        low, high = sorted((self.structured_mg, self.text_mg))
        return high / low if low else Decimal("Infinity")


@record
class Dosing:
    """All that was understood of an order's dosage instructions, steps in the order they are taken.

    ``zero_slip`` is an amount written so that it is easily misread ten-fold (``.5 mg``, ``4.0 mg``), as written.
    ``unit_conflict``: the words say mg and the structure mcg, or the other way round.
    """

    steps: tuple[Step, ...] = ()
    conflict: DoseConflict | None = None
    zero_slip: str | None = None
    unit_conflict: bool = False

    @property
    def why_not(self) -> WhyNot | None:
        """Why the daily dose is unknown: the reason of the first step without one; ``None`` when every step has one."""
        if not self.steps:
            return WhyNot.NO_INSTRUCTIONS
        for step in self.steps:
            if step.daily_mg is None:
                return step.why_not or WhyNot.NO_DOSE
        return None

    @property
    def is_computable(self) -> bool:
        """Whether every step has a daily dose."""
        return self.why_not is None

    @property
    def first_mg(self) -> Decimal | None:
        """The daily dose of the first step."""
        return self.steps[0].daily_mg if self.steps else None

    @property
    def last_mg(self) -> Decimal | None:
        """The daily dose of the last step: the target."""
        return self.steps[-1].daily_mg if self.steps else None

    @property
    def highest_mg(self) -> Decimal | None:
        """The highest daily dose of any step that has one."""
        known = [step.daily_mg for step in self.steps if step.daily_mg is not None]
        return max(known) if known else None

    @property
    def lowest_mg(self) -> Decimal | None:
        """The lowest daily dose of any step that has one."""
        known = [step.daily_mg for step in self.steps if step.daily_mg is not None]
        return min(known) if known else None

    @property
    def when(self) -> frozenset[TimeOfDay]:
        """Every stated time of day, over all steps."""
        return frozenset().union(*(step.when for step in self.steps)) if self.steps else frozenset()

    @property
    def most_per_day(self) -> Decimal | None:
        """The largest number of intakes a day of any step."""
        known = [step.per_day for step in self.steps if step.per_day is not None]
        return max(known) if known else None


NO_DOSING = Dosing()
