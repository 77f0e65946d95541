"""What people do at the desk, written down in the audit chain."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cds_hooks.databases import writing
from cds_hooks.memory.audit import Event, append

if TYPE_CHECKING:
    from sqlalchemy import Engine


@dataclass(frozen=True, slots=True)
class AuditNotes:
    """Appends to the chain of one database; ``now`` tells the moment in UTC."""

    engine: Engine
    now: Callable[[], datetime]

    def append(
        self, *, who: str, role: str, what: str, about: str, tenant: str, result: str, detail: Mapping[str, Any]
    ) -> None:
        """Write one event down."""
        event = Event(who, role, what, about, tenant, result, detail)
        with writing(self.engine) as connection:
            append(connection, event, self.now())
