"""Values that an answer makes anew, some thirty of them: frozen to whoever writes code, and cheap to make.

A frozen dataclass sets each field by a call, which is five times dearer than setting it, and was a tenth of an answer.
So that no field is set again is seen to by the type checker alone; what is made once, at the start or by the hundred
in a command, stays a frozen dataclass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, dataclass_transform, overload

_Value = TypeVar("_Value")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[_Value]) -> type[_Value]:
    """A dataclass with slots, equal and hashed by its fields, that the type checker takes for a frozen one."""
    return dataclass(slots=True, unsafe_hash=True)(cls)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record_with_room(cls: type[_Value]) -> type[_Value]:
    """The same without slots, for one that has properties worked out ``once``."""
    return dataclass(unsafe_hash=True)(cls)


class once(Generic[_Value]):  # noqa: N801 - it is written as a decorator
    """A property worked out when it is first asked for. Takes no lock, which cached_property does before Python 3.12."""

    def __init__(self, work_out: Callable[[Any], _Value]) -> None:
        self._work_out = work_out
        self.__doc__ = work_out.__doc__

    def __set_name__(self, _: type, name: str) -> None:
        """Learn under which name the result is kept."""
        self._name = name

    @overload
    def __get__(self, owner: None, _: type) -> once[_Value]: ...
    @overload
    def __get__(self, owner: object, _: type) -> _Value: ...
    def __get__(self, owner: object | None, _: type) -> once[_Value] | _Value:
        """The result, which is found in the object itself from then on."""
        if owner is None:
            return self
        result = owner.__dict__[self._name] = self._work_out(owner)
        return result
