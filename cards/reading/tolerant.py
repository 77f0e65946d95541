"""Reading a resource that is not quite what FHIR says: an object where a list belongs, a number where text does.

The sandbox sends ``category`` as an object, gateways turn codes into numbers, templates leave ``""`` and ``null`` in
lists. Each part of a resource is taken for itself: what cannot be read is left out, everything else stays. A medicine
must never be lost because its ``authoredOn`` is broken.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, TypeVar, Union

import msgspec

_DEEPEST = 24
_LONGEST_LIST = 2000
T = TypeVar("T", bound=msgspec.Struct)
_NOTHING = object()
_write = msgspec.json.Encoder(decimal_format="number").encode


def read_tolerantly(shape: type[T], resource: Mapping[str, Any]) -> T:
    """Read what can be read of a decoded resource; never raises on what a client sent."""
    return _struct(shape, resource, 0)


def _struct(shape: type[T], value: Mapping[str, Any], depth: int) -> T:
    made = {}
    if depth <= _DEEPEST:
        for name, wire, kind in _fields(shape):
            if wire in value:
                read = _read(kind, value[wire], depth + 1)
                if read is not _NOTHING:
                    made[name] = read
    return shape(**made)


@lru_cache(maxsize=256)
def _fields(shape: type) -> tuple[tuple[str, str, Any], ...]:
    hints = typing.get_type_hints(shape)
    return tuple((field.name, field.encode_name, hints[field.name]) for field in msgspec.structs.fields(shape))


def _read(kind: Any, value: Any, depth: int) -> Any:
    """One value as one of the kinds its place allows; ``_NOTHING`` when none fits."""
    if value is None:
        return _NOTHING
    origin = typing.get_origin(kind)
    if origin in (Union, types.UnionType):
        return _read_choice(typing.get_args(kind), value, depth)
    if origin is list:
        (item,) = typing.get_args(kind)
        items = value if isinstance(value, list) else [value]
        return [read for read in (_read(item, v, depth) for v in items[:_LONGEST_LIST]) if read is not _NOTHING]
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return _struct(kind, value, depth) if isinstance(value, Mapping) else _from_list(kind, value, depth)
    return _read_plain(kind, value)


def _from_list(kind: type, value: Any, depth: int) -> Any:
    """The first object of a list that stands where one object belongs."""
    if isinstance(value, list):
        for item in value:
            if isinstance(item, Mapping):
                return _struct(kind, item, depth)
    return _NOTHING


def _read_choice(kinds: tuple[Any, ...], value: Any, depth: int) -> Any:
    for kind in kinds:
        if kind is type(None):
            continue
        if _looks_like(kind, value):
            return _read(kind, value, depth)
    for kind in kinds:
        if kind is not type(None):
            read = _read(kind, value, depth)
            if read is not _NOTHING:
                return read
    return _NOTHING


def _looks_like(kind: Any, value: Any) -> bool:
    if typing.get_origin(kind) is list:
        return isinstance(value, list)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return isinstance(value, Mapping)
    return isinstance(kind, type) and isinstance(value, kind)


def _read_plain(kind: Any, value: Any) -> Any:
    if kind is bool:
        if isinstance(value, bool):
            return value
        return (
            {"true": True, "false": False}.get(value.strip().lower(), _NOTHING) if isinstance(value, str) else _NOTHING
        )
    if kind is msgspec.Raw:
        return msgspec.Raw(_write(value)) if isinstance(value, Mapping) else _NOTHING
    if isinstance(value, bool | Mapping | list):
        return _NOTHING
    if kind is str:
        return str(value)
    if kind in (Decimal, int):
        try:
            number = Decimal(str(value).strip())
        except InvalidOperation:
            return _NOTHING
        if not number.is_finite():
            return _NOTHING
        if kind is int:
            return int(number) if number == number.to_integral_value() and abs(number) < 10**9 else _NOTHING
        return number
    return value if isinstance(kind, type) and isinstance(value, kind) else _NOTHING
