"""Who the patient is, as far as a rule asks, and where the patient is being seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class PatientFacts:
    """The patient's age and no more: no name, no number, no address.

    A partial date of birth is a span of days, from ``born_from`` to ``born_to``; both are ``None`` when it is not told.
    """

    born_from: date | None = None
    born_to: date | None = None
    is_deceased: bool = False

    def age_on(self, day: date) -> int | None:
        """Completed years on that day, the youngest a partial date allows; ``None`` when unknown or not yet born."""
        return None if self.born_to is None else _years(self.born_to, day)

    def is_under_on(self, years: int, day: date) -> bool | None:
        """Whether the patient is younger than that on that day; ``None`` when a partial or missing date hides it."""
        if self.born_from is None or self.born_to is None:
            return None
        youngest, oldest = _years(self.born_to, day), _years(self.born_from, day)
        if oldest is not None and oldest < years:
            return True
        return False if youngest is not None and youngest >= years else None


def _years(born: date, day: date) -> int | None:
    """Completed years; someone born on 29 February has the birthday on 1 March in other years."""
    if day < born:
        return None
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


class Setting(StrEnum):
    """Where the patient is being seen."""

    INPATIENT = "inpatient"
    SHORT_STAY = "short stay"
    OBSERVATION = "observation"
    EMERGENCY = "emergency"
    AMBULATORY = "ambulatory"
    HOME = "home"
    VIRTUAL = "virtual"
    OTHER = "other"

    @property
    def is_hospital(self) -> bool:
        """Whether the patient lies in a hospital or waits in an emergency department."""
        return self in (Setting.INPATIENT, Setting.SHORT_STAY, Setting.OBSERVATION, Setting.EMERGENCY)
