"""Numbers with a unit and a source, so that no rule needs a digit.

A number is a :class:`Quantity`: it compares and computes like the ``Decimal`` it is, and knows its unit and where it
comes from. ``Numbers`` answers by name and says clearly which name is not there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Self

from cards.findings import HouseError


class Quantity(Decimal):
    """A decimal with a unit, a source and a meaning."""

    unit: str
    source: str
    meaning: str
    allowed: tuple[Decimal, Decimal] | None

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
        return made

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
    """Quantities from a parsed TOML table; raises :class:`HouseError` naming the entry that is not complete."""
    found: dict[str, Quantity] = {}
    for name, entry in table.items():
        try:
            bounds = entry.get("range")
            allowed = (Decimal(bounds[0]), Decimal(bounds[1])) if bounds else None
            found[name] = Quantity(Decimal(entry["value"]), entry["unit"], entry["source"], entry["meaning"], allowed)
        except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError) as problem:
            raise HouseError(
                f"{where}: the number {name} needs value, unit, source and meaning ({type(problem).__name__})."
            ) from None
    return found
