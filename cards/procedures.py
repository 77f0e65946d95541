"""What is planned besides medicines, as far as a rule asks: operations, and services that are being ordered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class PlannedProcedure:
    """Something planned for a day, the earliest its date allows.

    ``is_surgical``: an operation, or another procedure at which opioids are likely to be given. ``is_drafted``: it is
    being ordered in this session.
    """

    day: date
    is_surgical: bool
    reference: str = ""
    is_drafted: bool = False


@dataclass(frozen=True, slots=True)
class ServiceDraft:
    """A service that is being ordered now: a test, an operation, a consultation.

    ``screens`` are the opioids a drug test looks for; ``is_immunoassay`` is ``None`` when nobody said how.
    ``is_confirmed``: the order itself asks for confirmation by mass spectrometry. ``resource`` is the client's own
    JSON, for a suggestion that edits it; no rule reads it.
    """

    reference: str
    resource: Mapping[str, Any] = field(repr=False)
    screens: frozenset[str] = frozenset()
    is_immunoassay: bool | None = None
    is_confirmed: bool = False
    is_judged: bool = True
