"""Values that an answer makes anew, some thirty of them: frozen to whoever writes code, and cheap to make.

A frozen dataclass sets each field by a call, which is five times dearer than setting it, and was a tenth of an answer.
So that no field is set again is seen to by the type checker alone; what is made once, at the start or by the hundred
in a command, stays a frozen dataclass.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

_Value = TypeVar("_Value")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[_Value]) -> type[_Value]:
    """A dataclass with slots, equal and hashed by its fields, that the type checker takes for a frozen one."""
    return dataclass(slots=True, unsafe_hash=True)(cls)
