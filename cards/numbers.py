"""Numbers with a unit and a source, so that no rule needs a digit.

A number is a :class:`Quantity`: it compares and computes like the ``Decimal`` it is, and knows its unit and where it
comes from. ``Numbers`` answers by name and says clearly which name is not there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Self

from cards.findings import HouseError

_WHOLE = frozenset({"d", "wk", "a"})
"""Units of which a site can only have whole ones: days, weeks and years of age."""


class Quantity(Decimal):
    """A decimal with a unit, a source and a meaning; ``delivered`` is what it was before a site changed it."""

    unit: str
    source: str
    meaning: str
    allowed: tuple[Decimal, Decimal] | None
    delivered: Decimal

    def __new__(
        cls,
        value: Decimal | int | str,
        unit: str = "1",
        source: str = "",
        meaning: str = "",
        allowed: tuple[Decimal, Decimal] | None = None,
    ) -> Self:
        """Make one; ``allowed`` is the closed range a site may choose from, ``None`` when it may not be changed."""
        made = super().__new__(cls, value)
        made.unit, made.source, made.meaning, made.allowed = unit, source, meaning, allowed
        made.delivered = Decimal(made)
        return made

    def at_a_site(self, value: Decimal) -> Quantity:
        """The same number with the value that a site chose."""
        made = Quantity(value, self.unit, self.source, self.meaning, self.allowed)
        made.delivered = self.delivered
        return made

    @property
    def is_changed(self) -> bool:
        """Whether a site chose another value than the one delivered."""
        return self != self.delivered

    def why_not(self, wanted: Decimal) -> str:
        """Why a site may not choose that value; empty when it may.

        >>> Quantity(10, "d", allowed=(Decimal(7), Decimal(14))).why_not(Decimal(15))
        'is out of range (7 to 14 d)'
        """
        if self.allowed is None:
            return "is the same everywhere and may not be changed"
        if not wanted.is_finite() or not self.allowed[0] <= wanted <= self.allowed[1]:
            return f"is out of range ({self.range_words})"
        if self.unit in _WHOLE and wanted % 1:
            return f"must be a whole number ({self.range_words})"
        return ""

    @property
    def range_words(self) -> str:
        """The range a site may choose from, with its unit; empty when there is none."""
        return "" if self.allowed is None else f"{self.allowed[0]} to {self.with_unit(self.allowed[1])}"

    @property
    def words(self) -> str:
        """The number with its unit."""
        return self.with_unit(self)

    def with_unit(self, value: Decimal) -> str:
        """A value with the unit of this number; a bare ratio or count has none."""
        return format(value, "f") if self.unit == "1" else f"{value:f} {self.unit}"

    @property
    def days(self) -> int:
        """The number as whole days."""
        return int(self)

    @property
    def plain(self) -> Decimal:
        """The bare decimal, for a resource that leaves the house."""
        return Decimal(self)


class Numbers:
    """Numbers by name, attribute style: ``numbers.washout_short.days``."""

    def __init__(self, named: Mapping[str, Quantity], owner: str = "cards/knowledge/numbers.toml") -> None:
        """Take numbers by name; ``owner`` is the file a missing one should be added to."""
        self._named = dict(named)
        self._owner = owner
        self._families: dict[str, tuple[Quantity, ...]] = {}
        self.__dict__.update(self._named)

    def __getattr__(self, name: str) -> Quantity:
        """The number of that name; an unknown name is a disorder of the house, not of the chart."""
        if name.startswith("_"):
            raise AttributeError(name)
        raise HouseError(f"{self._owner} has no number called {name}. Add [numbers.{name}] there.")

    def __iter__(self) -> Iterator[tuple[str, Quantity]]:
        """All numbers with their names."""
        return iter(self._named.items())

    def family(self, prefix: str) -> tuple[Quantity, ...]:
        """All numbers whose names begin so, smallest first: a list told as one number each, with a source each."""
        if prefix not in self._families:
            members = sorted(number for name, number in self._named.items() if name.startswith(prefix))
            self._families[prefix] = tuple(members)
        return self._families[prefix]

    def joined_with(self, others: Mapping[str, Quantity], owner: str) -> Numbers:
        """These numbers and others; a name that both have is the others'."""
        return Numbers({**self._named, **others}, owner)


def numbers_from(table: Mapping[str, Any], where: str) -> dict[str, Quantity]:
    """Quantities from a parsed TOML table; raises :class:`HouseError` naming every entry that is not complete."""
    found: dict[str, Quantity] = {}
    problems = []
    for name, entry in table.items():
        try:
            bounds = entry.get("range")
            allowed = (Decimal(bounds[0]), Decimal(bounds[1])) if bounds else None
            found[name] = Quantity(Decimal(entry["value"]), entry["unit"], entry["source"], entry["meaning"], allowed)
        except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError) as problem:
            told = f"it lacks {problem}" if isinstance(problem, KeyError) else type(problem).__name__
            problems.append(f"{where}: the number {name} needs value, unit, source and meaning ({told}).")
    if problems:
        raise HouseError(*problems)
    return found
