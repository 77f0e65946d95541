"""Nouns that answer as the original does, and remember what was read of them."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, fields
from functools import cache, partial
from inspect import getattr_static
from types import FunctionType
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from cards.trace.recorder import Recorder


@dataclass(frozen=True, slots=True)
class Watching:
    """What a stand-in stands in for, and who writes down what is read of it."""

    recorder: Recorder
    original: Any
    root: Any

    def read(self, stand_in: Any, name: str) -> Any:
        """Answer as the original would."""
        if _is_method(cast("Hashable", type(self.original)), name):
            return partial(self._call, name, object.__getattribute__(stand_in, name))
        return self._found(name, (), partial(object.__getattribute__, stand_in, name))

    def _call(self, name: str, method: Callable[..., Any], *arguments: Any) -> Any:
        return self._found(name, arguments, partial(method, *arguments))

    def _found(self, name: str, arguments: tuple[Any, ...], find: Callable[[], Any]) -> Any:
        recorder = self.recorder
        if recorder.is_quiet:
            value = find()
        else:
            value, inside = recorder.within(find)
            recorder.noted(self, name, arguments, value, inside)
        return recorder.stand_in(value, self)


@cache
def _is_method(noun: Hashable, name: str) -> bool:
    return isinstance(getattr_static(noun, name, None), FunctionType)


class StandIn:
    """A noun that answers as the original does, and remembers what was read of it."""

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("_"):
            return object.__getattribute__(self, name)
        watching = object.__getattribute__(self, "__dict__").get("_watching")
        # A copy that dataclasses.replace made of a stand-in has no one to report to.
        return object.__getattribute__(self, name) if watching is None else watching.read(self, name)

    def __eq__(self, other: object) -> bool:
        return bool(original_of(self) == original_of(other))

    def __hash__(self) -> int:
        return hash(original_of(self))

    def __repr__(self) -> str:
        return repr(original_of(self))


def watch_of(stand_in: StandIn) -> Watching:
    """What a stand-in stands in for, and who writes down what is read of it."""
    return cast("Watching", object.__getattribute__(stand_in, "__dict__")["_watching"])


def original_of(value: Any) -> Any:
    """What a stand-in stands in for; anything else is its own answer."""
    if isinstance(value, StandIn) and "_watching" in object.__getattribute__(value, "__dict__"):
        return watch_of(value).original
    return value


@cache
def _class_like(noun: Hashable) -> Any:
    return type(f"Watched{getattr(noun, '__name__', '')}", (StandIn, cast("type", noun)), {})


def made_like(original: Any, watching: Watching) -> Any:
    """A stand-in that answers as the original does."""
    made = object.__new__(_class_like(cast("Hashable", type(original))))
    for one in fields(original):
        object.__setattr__(made, one.name, getattr(original, one.name))
    object.__setattr__(made, "_watching", watching)
    return made
