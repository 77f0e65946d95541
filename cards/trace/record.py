"""What is written down while a rule is asked: conditions, what they were about, values that were read."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cards.chart import Kind
    from cards.numbers import Quantity

MOST_TOLD = 12
"""So many things are told by name under one condition; of the rest there is a count."""


class Answered(StrEnum):
    """How a condition was found."""

    MET = "met"
    NOT_MET = "not met"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class About:
    """One thing a condition was about: a line that tells of it, the resources it came from, and the values read."""

    what: str
    references: tuple[str, ...] = ()
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Compared:
    """Two sides of a comparison: a value, how it stands, and the number by its name."""

    value: str
    name: str
    how: str
    number: str
    limit: str


@dataclass(slots=True)
class Condition:
    """One thing a rule looked at. ``says`` is true when it is met; ``missing`` are the kinds of data nobody told."""

    says: str
    answer: Answered
    about: list[About] = field(default_factory=list)
    more: int = 0
    compared: Compared | None = None
    missing: tuple[Kind, ...] = ()
    parts: list[Condition] = field(default_factory=list)

    def joins(self, other: Condition) -> bool:
        """Whether it is the same question with the same answer, perhaps about something else."""
        return (self.says, self.answer, self.missing) == (other.says, other.answer, other.missing)

    def take_in(self, other: Condition) -> None:
        """Let one condition tell of what another one was about too."""
        for one in other.about:
            if one not in self.about:
                if len(self.about) < MOST_TOLD:
                    self.about.append(one)
                else:
                    self.more += 1
        for part in other.parts:
            add(self.parts, part)


def add(conditions: list[Condition], one: Condition) -> Condition:
    """Put a condition beside the others, or into the one that asks the same."""
    for known in conditions:
        if known.joins(one):
            known.take_in(one)
            return known
    conditions.append(one)
    return one


@dataclass(slots=True)
class Frame:
    """What was found out since a question was opened."""

    conditions: list[Condition] = field(default_factory=list)
    values: dict[int, dict[str, list[str]]] = field(default_factory=dict)
    last: Condition | str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """What one rule asked, in the order in which it first asked.

    ``last`` is the last thing it looked at: a condition, or a value in words; most likely that kept a silent rule
    silent. ``looked_at`` are values read of a thing outside any condition. ``numbers`` are those looked up, by name.
    """

    conditions: tuple[Condition, ...]
    last: Condition | str
    looked_at: tuple[About, ...]
    numbers: tuple[tuple[str, Quantity], ...]
