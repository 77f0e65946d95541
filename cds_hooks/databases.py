"""The database of an installation: SQLite in a file of its own, or PostgreSQL for more than one machine.

SQLAlchemy is loaded when a database is opened and not before: a service without one starts without it. An address is
SQLAlchemy's (``sqlite:///ldn.sqlite3``, ``postgresql://user@host/name``); a plain ``postgresql:`` means psycopg.

SQLite runs in WAL mode. Whoever is going to write says so at once (``BEGIN IMMEDIATE``): a reader that turns writer
half way is told "database is locked", whatever its patience. Reading takes a plain ``BEGIN`` and waits for nobody.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

DEFAULT_ADDRESS: Final = "sqlite:///ldn.sqlite3"
VERSION_TABLE: Final = "ldn_schema_version"
"""Where Alembic notes the revision: under a name of ours, for a database may hold another program's too."""

_PATIENCE: Final = 30.0
"""Seconds for which a writer waits for another one; an import writes for a few of them."""

_READS: Final = "ldn_reads"


class DatabaseError(Exception):
    """A database that cannot be used; the message says why and what to do, and never repeats the address."""


class DatabaseBusy(DatabaseError):
    """A database that others kept locked for longer than we wait."""


class Schema(Enum):
    """How the tables of a database stand to those this software knows."""

    NONE = "none yet"
    CURRENT = "current"
    OLDER = "older than this software"
    NEWER = "newer than this software"


def is_there(address: str) -> bool:
    """Whether there may be something in a database; false only for an SQLite file that does not exist."""
    prefix = "sqlite:///"
    if address.startswith(prefix) and "?" not in address:  # told without loading SQLAlchemy
        return Path(address.removeprefix(prefix)).is_file()
    return True


def open_database(address: str, synchronous: str = "NORMAL") -> Engine:
    """An engine for an address; connects only when it is used. ``synchronous`` is SQLite's: FULL waits for the disk."""
    from sqlalchemy import create_engine
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import SQLAlchemyError

    try:
        url = make_url(address)
        if url.drivername in ("postgresql", "postgres"):
            url = url.set(drivername="postgresql+psycopg")
        if url.get_backend_name() not in ("sqlite", "postgresql"):
            raise DatabaseError("The database must be SQLite or PostgreSQL: sqlite:///FILE or postgresql://…")
        if url.get_backend_name() == "sqlite":
            engine = create_engine(url, connect_args={"timeout": _PATIENCE})
            _tame_sqlite(engine, synchronous)
            return engine
        # Of a database kept in SQL_ASCII the driver would decode nothing, and SQLAlchemy stumble over that.
        told = {"connect_timeout": 10, "client_encoding": "utf8"}
        return create_engine(url, pool_pre_ping=True, connect_args=told)
    except (SQLAlchemyError, ImportError) as problem:
        raise DatabaseError(f"The database address cannot be used ({type(problem).__name__}).") from None


@contextmanager
def opened(address: str, synchronous: str = "NORMAL") -> Iterator[Engine]:
    """An engine that leaves no connection open."""
    engine = open_database(address, synchronous)
    try:
        yield engine
    finally:
        engine.dispose()


def _tame_sqlite(engine: Engine, synchronous: str) -> None:
    from sqlalchemy import event

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # the driver would begin transactions of its own, too late
        cursor = connection.cursor()
        for pragma in ("journal_mode = WAL", f"synchronous = {synchronous}", "foreign_keys = ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        reads = connection.get_execution_options().get(_READS)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection that sees one moment of the database."""
    snapshot = {} if engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    reader = engine.execution_options(**{_READS: True, **snapshot})
    with _told(), reader.begin() as connection:
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A connection whose work is kept whole or not at all."""
    with _told(), engine.begin() as connection:
        yield connection


@contextmanager
def _told() -> Iterator[None]:
    """Say in our words what the database says in its own; the driver's are met where it is used bare, for speed."""
    from sqlalchemy.exc import DBAPIError

    errors: tuple[type[Exception], ...] = (DBAPIError, *_drivers_errors())
    try:
        yield
    except errors as problem:
        told = getattr(problem, "orig", None) or problem
        why = str(told).strip().partition("\n")[0] or type(told).__name__
        raise DatabaseError(f"The database cannot be used: {why}.") from None


def _drivers_errors() -> tuple[type[Exception], ...]:
    import sqlite3

    if "psycopg" not in sys.modules:
        return (sqlite3.Error,)
    import psycopg

    return (sqlite3.Error, psycopg.Error)


@cache
def known_revisions() -> tuple[str, ...]:
    """The revisions of the schema that this software knows, oldest first: the files are named for them."""
    names = (file.name for file in files("cds_hooks.migrations.versions").iterdir())
    return tuple(sorted(name[:4] for name in names if name[:4].isdigit() and name.endswith(".py")))


def revision_of(connection: Connection) -> str | None:
    """The revision that a database is at; nothing when it has no tables of ours."""
    from sqlalchemy import inspect, text

    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608 - a name of ours


def schema_of(connection: Connection) -> Schema:
    """How the tables of a database stand to those this software knows."""
    revision = revision_of(connection)
    if revision is None:
        return Schema.NONE
    known = known_revisions()
    if revision not in known:
        return Schema.NEWER
    return Schema.CURRENT if revision == known[-1] else Schema.OLDER


def refuse_newer(connection: Connection) -> None:
    """Raise when the tables were made by a later version of this software, whose meaning we cannot know."""
    if schema_of(connection) is Schema.NEWER:
        raise DatabaseError(
            f"The database is at revision {revision_of(connection)}, and this software knows revisions up to "
            f"{known_revisions()[-1]}. A newer ldn-cds has been here: install that one again, or use another database."
        )


def refuse_all_but_current(connection: Connection) -> None:
    """Raise unless the tables are those of this software."""
    refuse_newer(connection)
    if schema_of(connection) is not Schema.CURRENT:
        raise DatabaseError("The tables in the database are not those of this version. Run: ldn-cds db upgrade")
