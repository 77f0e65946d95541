"""What people and the service itself did that may be asked about later: a chain, each event with the last one's hash.

An event that was changed, taken out or put in between breaks the chain there. Events that were cut off behind the last
one do not show in the chain alone: note the last number and hash elsewhere now and then (``ldn-cds audit verify`` prints
both). When old events are purged, the purge's own event names the last that went, and the chain begins anew there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import insert, select, text

from cds_hooks.memory.stamps import stamp
from cds_hooks.tables import AUDIT

if TYPE_CHECKING:
    from sqlalchemy import Connection

PURGED: Final = "purged"
"""``what`` of the event that a purge leaves behind."""
BACKED_UP: Final = "backed up"
TRIED_RESTORE: Final = "restore tried"
"""``what`` of the events that a backup and the trial of one leave in the database they are of."""


@dataclass(frozen=True, slots=True)
class Event:
    """Who, in which role, did what, about what, and how it ended. ``detail`` holds no name and no word of a chart."""

    who: str
    role: str
    what: str
    about: str
    tenant: str = ""
    result: str = "done"
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of looking through the chain. ``broken_at`` is the first event that does not fit, ``why`` how."""

    events: int
    last_number: int = 0
    last_hash: str = ""
    broken_at: int | None = None
    why: str = ""


def append(connection: Connection, event: Event, at: datetime) -> int:
    """Add an event to the chain, in the transaction at hand (``writing``); its number.

    Whoever appends at the same time waits: SQLite has one writer anyway, PostgreSQL is asked for a lock.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('ldn-cds audit'))"))
    newest = connection.execute(
        select(AUDIT.c.number, AUDIT.c.hash).order_by(AUDIT.c.number.desc()).limit(1)
    ).one_or_none()
    number, previous = (newest.number + 1, newest.hash) if newest is not None else (1, "")
    row = {
        "number": number,
        "at": stamp(at),
        "who": event.who,
        "role": event.role,
        "what": event.what,
        "about": event.about,
        "tenant": event.tenant,
        "result": event.result,
        "detail_json": json.dumps(dict(event.detail), sort_keys=True, ensure_ascii=False),
        "previous_hash": previous,
    }
    connection.execute(insert(AUDIT).values(**row, hash=_hash(row)))
    return number


def _hash(row: Mapping[str, Any]) -> str:
    told = [row[column.name] for column in AUDIT.columns if column.name != "hash"]
    return sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()


def verify(connection: Connection) -> Verdict:
    """Look through the whole chain, oldest first."""
    count, number, previous = 0, None, ""
    for found in connection.execute(select(AUDIT).order_by(AUDIT.c.number)):
        row = found._asdict()
        if number is None and row["number"] != 1:
            if not _is_cut(connection, row["number"] - 1, row["previous_hash"]):
                return Verdict(
                    count, 0, "", row["number"], "the events before it are missing, and no purge tells of them"
                )
        elif number is not None and row["number"] != number + 1:
            return Verdict(count, number, previous, row["number"], "events before it are missing")
        elif row["previous_hash"] != previous:
            return Verdict(count, number or 0, previous, row["number"], "it does not follow the event before it")
        if _hash(row) != row["hash"]:
            return Verdict(count, number or 0, previous, row["number"], "it was changed")
        count, number, previous = count + 1, row["number"], row["hash"]
    return Verdict(count, number or 0, previous)


def _is_cut(connection: Connection, number: int, last_hash: str) -> bool:
    told = connection.execute(select(AUDIT.c.detail_json).where(AUDIT.c.what == PURGED)).scalars()
    cuts = (json.loads(detail) for detail in told)
    return any(cut.get("audit_through") == number and cut.get("audit_hash") == last_hash for cut in cuts)
