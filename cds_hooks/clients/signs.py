"""What was last seen of each client: its call, a refusal and why, its keys, its clock, the prefetch keys it really sends.

For the operator who connects an EHR and asks why nothing comes. A sign is noted in memory and written a few seconds
later, by a thread beside the calls; what a crash loses is the last few seconds of signs and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock, Timer
from typing import TYPE_CHECKING, Any, Final

from cds_hooks.databases import DatabaseError, reading, writing

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

KEYS: Final = "keys"
KEY: Final = "key "
"""Before a key's id, the kind of the one sign that is not the last but the first: when a key was first seen."""
WRITTEN_AFTER_S: Final = 3.0
MOST_UNWRITTEN: Final = 2_000


@dataclass(frozen=True, slots=True)
class Sign:
    """One kind of thing seen of a client, and when it was last seen."""

    client: str
    kind: str
    at: str
    detail: Mapping[str, Any]


def as_text(moment: datetime) -> str:
    """A moment as the tables hold it.

    >>> as_text(datetime(2026, 11, 24, 10, 11, 12, 123456, UTC))
    '2026-11-24T10:11:12.123456Z'
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Signs:
    """The signs of all clients, noted now and written soon. Safe to share between threads."""

    def __init__(
        self, engine: Engine, now: Callable[[], datetime], *, warn: Callable[[str], None] = lambda _: None
    ) -> None:
        self._engine = engine
        self._now = now
        self._warn = warn
        self._lock = Lock()
        self._unwritten: dict[tuple[str, str], tuple[datetime, Mapping[str, Any]]] = {}
        self._timer: Timer | None = None

    def note(self, client: str, kind: str, detail: Mapping[str, Any]) -> None:
        """Keep the last of its kind; the next writing takes it along."""
        now = self._now()
        with self._lock:
            if len(self._unwritten) < MOST_UNWRITTEN or (client, kind) in self._unwritten:
                self._unwritten[client, kind] = (now, detail)
            if self._timer is None:
                self._timer = Timer(WRITTEN_AFTER_S, self.write)
                self._timer.daemon = True
                self._timer.start()

    def write(self) -> None:
        """Write what is noted, now."""
        with self._lock:
            noted, self._unwritten = self._unwritten, {}
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
        if not noted:
            return
        try:
            with writing(self._engine) as connection:
                for (client, kind), (at, detail) in sorted(
                    noted.items()
                ):  # in one order: no two writers wait in a ring
                    _put(connection, Sign(client, kind, as_text(at), detail))
                    if kind == KEYS and "kids" in detail:
                        _put_keys(connection, client, as_text(at), detail["kids"])
        except DatabaseError as problem:
            self._warn(str(problem))


def signs_of(engine: Engine, client: str) -> list[Sign]:
    """What was last seen of a client, the newest first."""
    from sqlalchemy import select

    from cds_hooks.tables import CLIENT_SIGNS

    with reading(engine) as connection:
        rows = connection.execute(
            select(CLIENT_SIGNS)
            .where(CLIENT_SIGNS.c.client == client, CLIENT_SIGNS.c.kind.not_like(f"{KEY}%"))
            .order_by(CLIENT_SIGNS.c.at.desc())
        ).all()
    return [Sign(row.client, row.kind, row.at, json.loads(row.detail_json)) for row in rows]


def _put_keys(connection: Connection, client: str, at: str, kids: Sequence[str]) -> None:
    """Keep when each key of a client was first seen, and forget those that are gone from its set."""
    from sqlalchemy import delete

    from cds_hooks.tables import CLIENT_SIGNS

    kinds = [f"{KEY}{kid}" for kid in kids]
    c = CLIENT_SIGNS.c
    connection.execute(delete(CLIENT_SIGNS).where(c.client == client, c.kind.like(f"{KEY}%"), c.kind.not_in(kinds)))
    for kind in kinds:
        _put(connection, Sign(client, kind, at, {}), is_first=True)


def _put(connection: Connection, sign: Sign, *, is_first: bool = False) -> None:
    """Write a sign in the place of the last of its kind, or only where there is none."""
    from sqlalchemy.dialects import postgresql, sqlite

    from cds_hooks.tables import CLIENT_SIGNS

    values = {
        "client": sign.client,
        "kind": sign.kind,
        "at": sign.at,
        "detail_json": json.dumps(sign.detail, sort_keys=True),
    }
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    insert = dialect.insert(CLIENT_SIGNS).values(values)
    if is_first:
        connection.execute(insert.on_conflict_do_nothing())
        return
    changed = {"at": values["at"], "detail_json": values["detail_json"]}
    connection.execute(insert.on_conflict_do_update(index_elements=["client", "kind"], set_=changed))
