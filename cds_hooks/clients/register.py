"""The register of clients in the database, and the view of it that a process keeps.

A process looks anew every few seconds, so that a client added, changed or removed on one machine is so on every one of
them without a restart. While the database cannot be read, what was read last holds.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from cds_hooks.clients.record import Record, RecordError, read_record, unsafe_in_production
from cds_hooks.clients.signs import as_text
from cds_hooks.databases import DatabaseError, reading, writing

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

SECONDS_BETWEEN_LOOKS: Final = 3.0


def all_records(engine: Engine) -> list[Record]:
    """Every client that is on, by name; raises ``RecordError`` for a record that this version cannot read."""
    from sqlalchemy import select

    from cds_hooks.tables import CLIENTS

    with reading(engine) as connection:
        rows = connection.execute(select(CLIENTS).where(CLIENTS.c.is_on).order_by(CLIENTS.c.name)).all()
    return [read_record(json.loads(row.record_json)) for row in rows]


def find_record(engine: Engine, name: str) -> Record | None:
    """The client of that name."""
    return next((record for record in all_records(engine) if record.name == name), None)


def put_record(engine: Engine, record: Record, now: datetime, *, replaces: bool = False) -> None:
    """Register a client; raises ``RecordError`` where its name or its issuer is taken."""
    with writing(engine) as connection:
        _put(connection, record, now, replaces=replaces)


def remove_record(engine: Engine, name: str) -> bool:
    """Take a client out of the register, with what was seen of it; its calls and cards stay. Whether it was there."""
    from sqlalchemy import delete

    from cds_hooks.tables import CLIENT_SIGNS, CLIENTS

    with writing(engine) as connection:
        connection.execute(delete(CLIENT_SIGNS).where(CLIENT_SIGNS.c.client == name))
        return connection.execute(delete(CLIENTS).where(CLIENTS.c.name == name)).rowcount > 0


def seed(engine: Engine, written: Iterable[Mapping[str, Any]], now: datetime) -> None:
    """Register the clients of the settings file, which wins over what is registered under their names."""
    records = [read_record(one, f"[[clients]] {nth}") for nth, one in enumerate(written, start=1)]
    registered = {record.name: record.as_json() for record in all_records(engine)} if records else {}
    if all(registered.get(record.name) == record.as_json() for record in records):
        return
    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":  # two machines may start at once; SQLite has one writer anyway
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('ldn-cds clients'))")
        for record in records:
            _put(connection, record, now, replaces=True)


def _put(connection: Connection, record: Record, now: datetime, *, replaces: bool) -> None:
    from sqlalchemy import delete, insert, select

    from cds_hooks.tables import CLIENTS

    taken = connection.execute(select(CLIENTS.c.name).where(CLIENTS.c.name == record.name)).scalar()
    if taken is not None and not replaces:
        raise RecordError(f"client {record.name}: the name is registered already. Replace it with --replace.")
    other = connection.execute(
        select(CLIENTS.c.name).where(CLIENTS.c.issuer == record.issuer, CLIENTS.c.name != record.name)
    ).scalar()
    if other is not None:
        raise RecordError(f"client {record.name}: its issuer is that of client {other}. Give that one its tenants.")
    connection.execute(delete(CLIENTS).where(CLIENTS.c.name == record.name))
    connection.execute(
        insert(CLIENTS).values(
            name=record.name, issuer=record.issuer, record_json=record.as_json(), is_on=True, changed_at=as_text(now)
        )
    )


class Register:
    """The clients as this process knows them. Safe to share between threads."""

    def __init__(
        self,
        engine: Engine,
        *,
        is_production: bool = True,
        clock: Callable[[], float] = time.monotonic,
        warn: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Reads the register; raises ``DatabaseError`` or ``RecordError`` when that cannot be, or a client is unsafe."""
        self._engine = engine
        self._is_production = is_production
        self._clock = clock
        self._warn = warn
        self._looking = Lock()
        self._by_issuer: Mapping[str, Record] = {}
        self._by_certificate: Mapping[str, Record] = {}
        self._looked_at = float("-inf")
        self._tells: Callable[[Iterable[str]], None] = lambda _: None
        records = all_records(engine)
        if is_production and (problems := [problem for record in records for problem in unsafe_in_production(record)]):
            raise RecordError(*problems)
        self._take(records)

    def tell(self, whom: Callable[[Iterable[str]], None]) -> None:
        """Let somebody know the names of all clients, now and whenever the register was looked at anew."""
        self._tells = whom
        whom([record.name for record in self._by_issuer.values()])

    def of_issuer(self, issuer: str) -> Record | None:
        """The client whose tokens say that they are of that issuer."""
        self._look_again()
        return self._by_issuer.get(issuer)

    def of_certificate(self, shown: str) -> Record | None:
        """The client of whose certificate the proxy says that."""
        self._look_again()
        return self._by_certificate.get(shown)

    def _look_again(self) -> None:
        if self._clock() - self._looked_at < SECONDS_BETWEEN_LOOKS or not self._looking.acquire(blocking=False):
            return
        try:
            self._take(all_records(self._engine))
        except (DatabaseError, RecordError) as problem:
            self._looked_at = self._clock()
            self._warn(str(problem))
        finally:
            self._looking.release()

    def _take(self, records: Iterable[Record]) -> None:
        served = []
        for record in records:
            problems = unsafe_in_production(record) if self._is_production else []
            for problem in problems:  # registered while we run: the others are served all the same
                self._warn(problem)
            if not problems:
                served.append(record)
        self._by_issuer = {record.issuer: record for record in served}
        self._by_certificate = {record.certificate: record for record in served if record.needs_certificate}
        self._looked_at = self._clock()
        self._tells([record.name for record in served])
