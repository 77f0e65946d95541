"""What a suggestion changes in an order, in words: two resources held against each other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_UNTOLD: Final = frozenset({"id", "meta", "text"})
"""What a reader of an order does not look at: the first level of a resource alone."""


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Each place that differs, with what stands there before and after; empty where nothing stands there.

    >>> differences({"dosageInstruction": [{"text": "45 mg"}]}, {"dosageInstruction": [{"text": "4.5 mg"}]})
    [('dosage instruction › text', '45 mg', '4.5 mg')]
    >>> differences({"status": "draft"}, {"status": "draft", "doNotPerform": True})
    [('do not perform', '', 'yes')]
    """
    old, new = dict(_leaves(before)), dict(_leaves(after))
    places = [*old, *(place for place in new if place not in old)]
    return [
        (_words(place), old.get(place, ""), new.get(place, "")) for place in places if old.get(place) != new.get(place)
    ]


def contents(resource: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Every place of a resource with what stands there, in words.

    >>> contents({"resourceType": "Task", "status": "draft", "input": [{"valueString": "a"}, {"valueString": "b"}]})
    [('status', 'draft'), ('input › value string', 'a'), ('input 2 › value string', 'b')]
    """
    return [(_words(place), value) for place, value in _leaves(resource)]


def _leaves(value: Any, place: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, Mapping):
        for name, part in value.items():
            if name != "resourceType" and (place or name not in _UNTOLD):
                yield from _leaves(part, (*place, str(name)))
    elif isinstance(value, list):
        for nth, part in enumerate(value, 1):
            numbered = place if nth == 1 or not place else (*place[:-1], f"{place[-1]} {nth}")
            yield from _leaves(part, numbered)
    elif isinstance(value, bool):
        yield place, "yes" if value else "no"
    elif value is not None:
        yield place, str(value)


def _words(place: tuple[str, ...]) -> str:
    return " › ".join(_HUMP.sub(" ", name).lower() for name in place)
