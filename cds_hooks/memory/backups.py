"""A backup in one file, of either database, for either database.

The rows of all our tables as they stood at one moment, as JSON lines under gzip; the last line holds their number and a
hash of all before it. Taken while calls are answered. A way from SQLite to PostgreSQL as well: restore it there. The
file holds what the database holds, under the same pseudonyms; it is readable by its owner alone.
"""

from __future__ import annotations

import base64
import gzip
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import DateTime, LargeBinary, Table, TableClause, column, func, insert, inspect, select, table

from cds_hooks.databases import (
    VERSION_TABLE,
    DatabaseError,
    Schema,
    known_revisions,
    opened,
    reading,
    revision_of,
    schema_of,
    writing,
)
from cds_hooks.memory import audit
from cds_hooks.migrating import upgrade
from cds_hooks.tables import FEEDBACK, METADATA
from cds_hooks.terminology.store import CODE, EDITION, OTHERS

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

FORMAT: Final = 1
TABLES: Final[tuple[Table, ...]] = (*METADATA.sorted_tables, EDITION, CODE, OTHERS)
_AT_A_TIME: Final = 1_000


class BackupError(Exception):
    """A file that is no whole backup, or cannot be restored here; the message says why."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a backup says of itself."""

    revision: str
    at: str
    rows: int
    sha256: str


def back_up(engine: Engine, file: Path, at: datetime) -> Told:
    """Write a backup; the file is there whole, or not at all."""
    with reading(engine) as connection:
        if schema_of(connection) is not Schema.CURRENT:
            raise DatabaseError("The tables in the database are not those of this version. Run: ldn-cds db upgrade")
        head = {"ldn-cds": "backup", "format": FORMAT, "revision": revision_of(connection), "at": at.isoformat()}
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")  # for its owner alone
        unfinished = Path(name)
        try:
            with os.fdopen(handle, "wb") as raw:
                rows, digest = _write(connection, raw, head)
                raw.flush()
                os.fsync(raw.fileno())
            unfinished.replace(file)
        finally:
            unfinished.unlink(missing_ok=True)
    return Told(str(head["revision"]), str(head["at"]), rows, digest)


def _write(connection: Connection, raw: Any, head: dict[str, Any]) -> tuple[int, str]:
    digest, rows = sha256(), 0
    with gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=6) as packed:

        def line(value: Any) -> None:
            written = json.dumps(value, ensure_ascii=False).encode() + b"\n"
            digest.update(written)
            packed.write(written)

        line(head)
        for one in TABLES:
            line({"table": one.name, "columns": [column.name for column in one.columns]})
            for row in connection.execute(select(one)):
                line([_packed(value) for value in row])
                rows += 1
        packed.write(json.dumps({"rows": rows, "sha256": digest.hexdigest()}).encode() + b"\n")
    return rows, digest.hexdigest()


def restore(file: Path, engine: Engine) -> Told:
    """Put a backup into an empty database, whole or not at all; makes the tables, and brings them up to date."""
    told = look_through(file)
    with reading(engine) as connection:
        stands = schema_of(connection)
    if stands is Schema.NONE:
        upgrade(engine, told.revision)
    with writing(engine) as connection:
        if revision_of(connection) != told.revision:
            raise BackupError(f"The backup is of revision {told.revision}, the database of another. Take an empty one.")
        tables = _tables_in(connection)
        for one in tables.values():
            if connection.execute(select(func.count()).select_from(one)).scalar_one():
                raise BackupError(f"There are rows in the table {one.name}. Restore into an empty database.")
        for into, rows in _rows(file, tables):
            connection.execute(insert(into), rows)
        if connection.dialect.name == "postgresql":  # which counts by itself, and was told numbers
            newest = connection.execute(select(func.max(FEEDBACK.c.id))).scalar()
            if newest is not None:
                connection.execute(select(func.setval(func.pg_get_serial_sequence("feedback", "id"), newest)))
    upgrade(engine)
    return told


def _tables_in(connection: Connection) -> dict[str, TableClause]:
    """The tables as they are: those of an older revision, where a backup is of one."""
    inspector = inspect(connection)
    return {
        name: table(name, *(column(one["name"], one["type"]) for one in inspector.get_columns(name)))
        for name in inspector.get_table_names()
        if name != VERSION_TABLE
    }


def check(file: Path) -> tuple[Told, audit.Verdict]:
    """Restore a backup to a database that is thrown away, and look through its chain of audit events."""
    with tempfile.TemporaryDirectory() as folder, opened(f"sqlite:///{Path(folder) / 'check.sqlite3'}") as engine:
        told = restore(file, engine)
        with reading(engine) as connection:
            return told, audit.verify(connection)


def look_through(file: Path) -> Told:
    """Read a backup to its end and hold it against its hash; raises ``BackupError``."""
    digest, rows, head, last = sha256(), 0, None, b""
    try:
        with gzip.open(file, "rb") as packed:
            for line in packed:
                if last:
                    digest.update(last)
                    head = head or json.loads(last)
                    rows += last.startswith(b"[")
                last = line
        end = json.loads(last)
    except (OSError, EOFError, ValueError) as problem:
        raise BackupError(f"{file} is no whole backup ({type(problem).__name__}).") from None
    if not isinstance(head, dict) or head.get("ldn-cds") != "backup" or not isinstance(end, dict):
        raise BackupError(f"{file} is no backup of ldn-cds.")
    if (end.get("rows"), end.get("sha256")) != (rows, digest.hexdigest()):
        raise BackupError(f"{file} was changed or damaged: its hash does not fit.")
    if head["format"] != FORMAT or head["revision"] not in known_revisions():
        raise BackupError(f"{file} was made by a newer ldn-cds.")
    return Told(head["revision"], head["at"], rows, end["sha256"])


def _rows(file: Path, tables: Mapping[str, TableClause]) -> Iterator[tuple[TableClause, list[dict[str, Any]]]]:
    into, columns = table(""), [""]
    rows: list[dict[str, Any]] = []
    with gzip.open(file, "rb") as packed:
        for line in packed:
            value = json.loads(line)
            if isinstance(value, list):
                unpacked = (_unpacked(one, into.columns[name].type) for name, one in zip(columns, value, strict=True))
                rows.append(dict(zip(columns, unpacked, strict=True)))
            if rows and (len(rows) == _AT_A_TIME or not isinstance(value, list)):
                yield into, rows
                rows = []
            if isinstance(value, dict) and "table" in value:
                into, columns = tables[value["table"]], value["columns"]


def _packed(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.isoformat() if isinstance(value, datetime) else value


def _unpacked(value: Any, kind: object) -> Any:
    if value is not None and isinstance(kind, LargeBinary):
        return base64.b64decode(value)
    return datetime.fromisoformat(value) if value is not None and isinstance(kind, DateTime) else value
