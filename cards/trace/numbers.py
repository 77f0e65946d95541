"""Numbers that remember what they were compared with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cards.numbers import Numbers, Quantity

if TYPE_CHECKING:
    from cards.trace.recorder import Recorder


@dataclass(frozen=True, slots=True)
class WatchedNumber:
    """A number by its name, and who writes down what it is compared with."""

    name: str
    quantity: Quantity
    recorder: Recorder

    def stands(self, value: Any, how: str, result: Any) -> Any:
        """Write a comparison down and pass its result on."""
        if isinstance(result, bool):
            self.recorder.compared(value, how, self, result=result)
        return result


_BELOW, _ABOVE, _AT_MOST, _AT_LEAST = "below", "above", "at most", "at least"


class _WatchedQuantity(Quantity):
    """A number that remembers what it was compared with. The other side is told first: *dose > limit* is *above*."""

    number: WatchedNumber

    def __lt__(self, other: Any) -> Any:
        return self.number.stands(other, _ABOVE, super().__lt__(other))

    def __le__(self, other: Any) -> Any:
        return self.number.stands(other, _AT_LEAST, super().__le__(other))

    def __gt__(self, other: Any) -> Any:
        return self.number.stands(other, _BELOW, super().__gt__(other))

    def __ge__(self, other: Any) -> Any:
        return self.number.stands(other, _AT_MOST, super().__ge__(other))

    @property
    def days(self) -> int:
        """The number as whole days."""
        made = _WatchedDays(int(self))
        made.number = self.number
        return made


class _WatchedDays(int):
    """The same as whole days."""

    number: WatchedNumber

    def __lt__(self, other: Any) -> Any:
        return self.number.stands(other, _ABOVE, super().__lt__(other))

    def __le__(self, other: Any) -> Any:
        return self.number.stands(other, _AT_LEAST, super().__le__(other))

    def __gt__(self, other: Any) -> Any:
        return self.number.stands(other, _BELOW, super().__gt__(other))

    def __ge__(self, other: Any) -> Any:
        return self.number.stands(other, _AT_MOST, super().__ge__(other))


class TracedNumbers(Numbers):
    """The numbers of a rule, of which those looked up are remembered, and what they are compared with."""

    def __init__(self, numbers: Numbers, recorder: Recorder) -> None:
        """Stand in for those numbers."""
        self._numbers = numbers
        self._recorder = recorder
        self._watched: dict[str, Quantity] = {}

    def __getattr__(self, name: str) -> Quantity:
        """The number of that name."""
        if name.startswith("_"):
            raise AttributeError(name)
        return self._watch(name, getattr(self._numbers, name))

    def __iter__(self) -> Iterator[tuple[str, Quantity]]:
        """All numbers with their names."""
        return iter(self._numbers)

    def family(self, prefix: str) -> tuple[Quantity, ...]:
        """All numbers whose names begin so, smallest first."""
        members = sorted((number, name) for name, number in self._numbers if name.startswith(prefix))
        return tuple(self._watch(name, number) for number, name in members)

    def _watch(self, name: str, quantity: Quantity) -> Quantity:
        self._recorder.looked_up(name, quantity)
        if name not in self._watched:
            made = _WatchedQuantity(quantity, quantity.unit, quantity.source, quantity.meaning, quantity.allowed)
            made.delivered = quantity.delivered
            made.number = WatchedNumber(name, quantity, self._recorder)
            self._watched[name] = made
        return self._watched[name]
