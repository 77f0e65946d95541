"""What a release is boiled down to: one line for every code, and what was found of which kind."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

ACTIVE: Final = "active"
OBSOLETE: Final = "obsolete"
REMAPPED: Final = "remapped"

LEVELS: Final = (
    *("IN", "PIN", "MIN", "BN"),
    *("SCDC", "SCDF", "SCDFP", "SCDG", "SCDGP", "SCD"),
    *("SBDC", "SBDF", "SBDFP", "SBDG", "SBD"),
    *("GPCK", "BPCK"),
)
"""RxNorm's levels of a drug (term types); dose forms (DF) are read too, but are no drugs."""


@dataclass(frozen=True, slots=True)
class Line:
    """What one code is. ``is_ours``: some ingredient of it concerns a rule; otherwise only its ingredients are kept."""

    system: str
    code: str
    name: str
    ingredients: tuple[str, ...]
    level: str
    status: str = ACTIVE
    is_ours: bool = False
    strengths: str = ""
    form: str = ""
    release: str = ""
    brand: str = ""
    product: str = ""


@dataclass(slots=True)
class Tally:
    """What was found, for people: codes by level, and those that stayed unknown."""

    levels: Counter[str] = field(default_factory=Counter)
    ours: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    ndcs: int = 0
    unresolved: int = 0
