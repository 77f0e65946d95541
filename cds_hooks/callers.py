"""Who calls, and what we know of that client's ways.

Until clients prove who they are, every call comes from the one caller that ``create_app`` was given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cards import Dialect


@dataclass(frozen=True, slots=True)
class Caller:
    """A client: its name in the log, how its EHR speaks, and the prefetch templates it has of its own.

    ``dialect`` is the clinic's: how cards must be written for that EHR. ``templates`` replaces ours by key; an empty
    one says that the EHR has no such data, so it is not asked for.
    """

    name: str
    dialect: Dialect = field(default_factory=Dialect)
    templates: Mapping[str, str] = field(default_factory=dict)


ANYBODY: Final = Caller("anybody")
"""Every caller, while nobody is asked for a name: a client that speaks CDS Hooks 2.0.1."""
