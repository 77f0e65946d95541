"""A chart as a few kilobytes, to be put aside for a moment and explained by another process.

It is what the rules see, not what was sent: the drafts as they came, and of all else the nouns of ``cards`` alone. That
takes a tenth of a millisecond, and does not grow with narrative, identifiers and all that no rule looks at.

Pickle writes it, for the nouns refer to one another and who is who must stay. What is read back was sealed by us
(``leftovers``), and even so nothing but those nouns can come of it.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import Enum
from functools import lru_cache, partial
from importlib import import_module
from operator import attrgetter
from typing import Any, Final

from cards import Chart
from cards.numbers import Numbers
from cards.reading.charts import taken_on

_PROTOCOL: Final = 5
_WHAT_MAKES_THEM: Final = {
    ("builtins", "bool"),
    ("builtins", "frozenset"),
    ("cds_hooks.memory.shorthand", "Told"),
    ("cds_hooks.memory.shorthand", "noun"),
    ("cds_hooks.wire", "WrittenDecimal"),
    ("datetime", "date"),
    ("decimal", "Decimal"),
}


class NoChart(Exception):
    """Bytes that are no chart in shorthand, or one of another version."""


def shortened(chart: Chart) -> bytes:
    """A chart in shorthand; raises ``NoChart`` for one that cannot be written so, for it nests too deep."""
    written = io.BytesIO()
    pickler = pickle.Pickler(written, _PROTOCOL)
    pickler.dispatch_table = _MAKERS
    try:
        pickler.dump(chart)
    except (pickle.PicklingError, TypeError, AttributeError, RecursionError) as problem:
        raise NoChart(type(problem).__name__) from None
    return written.getvalue()


def lengthened(short: bytes, numbers: Numbers) -> Chart:
    """The chart, as it was read with the same numbers; raises ``NoChart``."""
    try:
        chart = _NounsAlone(io.BytesIO(short)).load()
    except Exception as problem:  # noqa: BLE001 - whatever the makers of the nouns raise
        raise NoChart(type(problem).__name__) from None
    if not isinstance(chart, Chart):
        raise NoChart("another thing")
    return replace(chart, counts_as_taken=taken_on(chart.today, numbers))


@dataclass(frozen=True, slots=True)
class Told:
    """A resource of the client's own, at hand for a suggestion that would change it."""

    resource: Mapping[str, Any] | None

    def __call__(self) -> Mapping[str, Any] | None:
        """The resource."""
        return self.resource


def _as_told(finds: partial[Mapping[str, Any] | None]) -> tuple[type[Told], tuple[Mapping[str, Any] | None]]:
    """A noun finds the client's own resource among all that was sent; alone it is a hundredth of that."""
    return Told, (finds(),)


class _Makers(dict[type, Callable[[Any], Any]]):
    """By what each noun is made anew: the name of its class and its fields, in half the time that pickle takes by itself.

    A name is a text, which is written and remembered; for a class pickle looks it up where it says it comes from.
    """

    def __missing__(self, kind: type) -> Callable[[Any], Any]:
        made: Callable[[Any], Any]
        name = f"{kind.__module__}.{kind.__qualname__}"
        if issubclass(kind, type):
            made = attrgetter("__qualname__")  # the class of a member, by its name
        elif issubclass(kind, Enum):
            made = partial(_as_member, name)
        elif is_dataclass(kind):
            # How the chart counts is no noun: it is put back when the chart is (``lengthened``).
            names = [one.name for one in fields(kind) if one.init and one.name != "counts_as_taken"]
            made = partial(_as_fields, name, attrgetter(*names), len(names))
        else:
            made = _as_it_says  # days and amounts
        self[kind] = made
        return made


def _as_member(name: str, member: Enum) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    return noun, (name, member._value_)  # which ``value`` fetches by two calls


def _as_it_says(value: Any) -> Any:
    return value.__reduce_ex__(_PROTOCOL)


def _as_fields(
    name: str, read: Callable[[Any], Any], count: int, value: Any
) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    return noun, (name, *read(value)) if count > 1 else (name, read(value))


def noun(name: str, *told: Any) -> Any:
    """A noun of the clinic, by the name of its class; raises ``UnpicklingError`` for what is none."""
    return _class_of(name)(*told)


@lru_cache(maxsize=128)
def _class_of(name: str) -> Callable[..., Any]:
    module_name, _, class_name = name.rpartition(".")
    if module_name.startswith("cards."):
        found = getattr(import_module(module_name), class_name)
        if isinstance(found, type) and (is_dataclass(found) or issubclass(found, Enum)):
            return found
    raise pickle.UnpicklingError("not a noun")


_MAKERS: Final = _Makers({partial: _as_told})


class _NounsAlone(pickle.Unpickler):
    """Makes the nouns of the clinic, amounts and days, and nothing else."""

    def find_class(self, module_name: str, name: str) -> Any:
        """What makes one of them; raises for all others."""
        if (module_name, name) in _WHAT_MAKES_THEM:
            return getattr(import_module(module_name), name)
        raise pickle.UnpicklingError("not a noun")
