"""The line to the database while calls are answered: the driver itself, for every answer waits for it.

SQLite: one connection in a process, behind a lock. Connections of their own would wait for one another in SQLite's
back-off, which is unfair and slow; and as each would move the write-ahead log into the file now and then, a call would
pay for it. A thread does that beside the calls. PostgreSQL: connections from a pool, the statements of a
transaction sent without waiting for each (pipeline).

Both speak of a failure in one way: ``DatabaseError``, and ``Duplicate`` for a row that is there already.
"""

from __future__ import annotations

import logging
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any, Final

from cds_hooks.databases import VERSION_TABLE, DatabaseBusy, DatabaseError, Schema, known_revisions, open_database

if TYPE_CHECKING:
    from sqlalchemy import Engine

_PATIENCE: Final = 10.0
"""Seconds for which an answer waits for another writer; who called has given up by then."""

_PAUSE: Final = 1.0
"""Seconds between two looks of the thread that keeps the write-ahead log short."""

_LARGEST_LOG: Final = 64 * 1024 * 1024
"""Bytes that the write-ahead log keeps of the disk when a rush is over; SQLite by itself would never give any back."""

_FILE: Final = "sqlite:///"


class Duplicate(DatabaseError):
    """A row with this key is there already; the message names the table."""


class Line(ABC):
    """A line to the database. Statements are written with ``?`` for each value, whatever the driver wants."""

    @abstractmethod
    def sql(self, statement: str) -> str:
        """A statement as the driver wants it."""

    @abstractmethod
    @contextmanager
    def writing(self) -> Iterator[Any]:
        """A cursor whose work is kept whole or not at all. What it did may first be known at the end."""

    @abstractmethod
    @contextmanager
    def asking(self) -> Iterator[Any]:
        """A cursor for changes that look before they change."""

    @abstractmethod
    @contextmanager
    def reading(self) -> Iterator[Any]:
        """A cursor for one question."""

    @abstractmethod
    def has_table(self, name: str) -> bool:
        """Whether there is such a table."""

    @abstractmethod
    def close(self) -> None:
        """Hang up."""

    def has_rows(self, table: str) -> bool:
        """Whether a table of ours holds anything."""
        with self.reading() as cursor:
            cursor.execute(f"SELECT 1 FROM {table} LIMIT 1")  # noqa: S608 - a name of ours
            return cursor.fetchone() is not None

    def schema(self) -> Schema:
        """How the tables stand to those this software knows."""
        if not self.has_table(VERSION_TABLE):
            return Schema.NONE
        with self.reading() as cursor:
            cursor.execute(f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608 - a name of ours
            row = cursor.fetchone()
        known = known_revisions()
        if row is None or row[0] not in known:
            return Schema.NONE if row is None else Schema.NEWER
        return Schema.CURRENT if row[0] == known[-1] else Schema.OLDER


def open_line(address: str, synchronous: str) -> Line:
    """A line to the database at an address; raises ``DatabaseError`` when there is none to be had."""
    if address.startswith(_FILE) and "?" not in address:  # without loading SQLAlchemy, which a start would wait for
        return SqliteLine(address.removeprefix(_FILE), synchronous)
    engine = open_database(address, synchronous)
    if engine.dialect.name == "postgresql":
        return PostgresqlLine(engine)
    path = engine.url.database
    if not path or path == ":memory:":
        raise DatabaseError("A database in memory remembers nothing. Name a file: sqlite:///ldn.sqlite3")
    return SqliteLine(path, synchronous)


class SqliteLine(Line):
    """One connection to an SQLite file, one transaction at a time."""

    def __init__(self, path: str, synchronous: str) -> None:
        self._path = path
        self._synchronous = synchronous
        self._lock = Lock()
        self._has_written = Event()
        self._ends = Event()
        try:
            self._connection = self._connect()
            self._connection.execute("PRAGMA wal_autocheckpoint = 0")
        except sqlite3.Error as problem:
            raise _told_of(problem) from None
        self._sweeper = Thread(target=self._keep_the_log_short, name="checkpoints", daemon=True)
        self._sweeper.start()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
        for pragma in (
            *("journal_mode = WAL", f"synchronous = {self._synchronous}", "foreign_keys = ON"),
            f"journal_size_limit = {_LARGEST_LOG}",
        ):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    def sql(self, statement: str) -> str:
        """As it is."""
        return statement

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Cursor]:
        """A cursor whose work is kept whole or not at all."""
        with self._lock:
            cursor = self._connection.cursor()
            try:
                cursor.execute("BEGIN IMMEDIATE")
                yield cursor
                cursor.execute("COMMIT")
            except BaseException as problem:
                with suppress(sqlite3.Error):
                    cursor.execute("ROLLBACK")
                if isinstance(problem, sqlite3.Error):
                    raise _told_of(problem) from None
                raise
        self._has_written.set()

    @contextmanager
    def asking(self) -> Iterator[sqlite3.Cursor]:
        """The same: every statement is done when it returns."""
        with self.writing() as cursor:
            yield cursor

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Cursor]:
        """A cursor for one question."""
        with self._lock:
            try:
                yield self._connection.cursor()
            except sqlite3.Error as problem:
                raise _told_of(problem) from None

    def has_table(self, name: str) -> bool:
        """Whether there is such a table."""
        with self.reading() as cursor:
            return cursor.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (name,)).fetchone() is not None

    def close(self) -> None:
        """Hang up, with nothing left in the log."""
        self._ends.set()
        self._sweeper.join()
        with self._lock, suppress(sqlite3.Error):
            self._connection.close()

    def _keep_the_log_short(self) -> None:
        """Move what was written from the log into the file, now and then, on a connection of its own."""
        connection = None
        while not self._ends.wait(_PAUSE):
            if not self._has_written.is_set():
                continue
            self._has_written.clear()
            with suppress(sqlite3.Error):  # somebody reads or writes: there is a next time
                connection = connection or self._connect()
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        if connection is not None:
            connection.close()


class PostgresqlLine(Line):
    """Connections to a PostgreSQL server, from a pool."""

    def __init__(self, engine: Engine) -> None:
        from sqlalchemy import event

        self._engine = engine
        # It would tell, in a line of its own between those of the log, how a pipeline ended of which we raise the error.
        logging.getLogger("psycopg").setLevel(logging.ERROR)
        event.listen(engine, "connect", _wait_as_long_as_anywhere)

    def sql(self, statement: str) -> str:
        """With the driver's own sign for a value."""
        return statement.replace("?", "%s")

    @contextmanager
    def writing(self) -> Iterator[Any]:
        """A cursor whose work is kept whole or not at all; the server is waited for once, at the end."""
        with _postgresql_told(), self._connection() as connection, connection.pipeline(), connection.cursor() as cursor:
            yield cursor
            connection.commit()

    @contextmanager
    def asking(self) -> Iterator[Any]:
        """A cursor that waits for each answer."""
        with _postgresql_told(), self._connection() as connection, connection.cursor() as cursor:
            yield cursor
            connection.commit()

    @contextmanager
    def reading(self) -> Iterator[Any]:
        """A cursor for one question."""
        with self.asking() as cursor:
            yield cursor

    @contextmanager
    def _connection(self) -> Iterator[Any]:
        borrowed = self._engine.raw_connection()
        try:
            yield borrowed.driver_connection
        finally:
            borrowed.close()  # which takes back what was not committed

    def has_table(self, name: str) -> bool:
        """Whether there is such a table."""
        with self.reading() as cursor:
            return cursor.execute("SELECT to_regclass(%s)", (name,)).fetchone()[0] is not None

    def close(self) -> None:
        """Hang up."""
        self._engine.dispose()


def _wait_as_long_as_anywhere(connection: Any, _: Any) -> None:
    """By itself PostgreSQL would wait for a lock without end, and every thread with it."""
    connection.execute(f"SET lock_timeout = '{round(_PATIENCE * 1000)}ms'")
    connection.commit()


def _told_of(problem: sqlite3.Error) -> DatabaseError:
    if isinstance(problem, sqlite3.IntegrityError):
        return Duplicate(str(problem))
    is_busy = getattr(problem, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
    return (DatabaseBusy if is_busy else DatabaseError)(f"The database cannot be used: {problem}.")


@contextmanager
def _postgresql_told() -> Iterator[None]:
    import psycopg
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except psycopg.IntegrityError as problem:
        raise Duplicate(_first_line(problem)) from None  # what follows quotes the row
    except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected) as problem:
        raise DatabaseBusy(f"The database cannot be used: {_first_line(problem)}.") from None
    except psycopg.Error as problem:
        raise DatabaseError(f"The database cannot be used: {_first_line(problem)}.") from None
    except SQLAlchemyError as problem:
        raise DatabaseError(f"The database cannot be used: {_first_line(getattr(problem, 'orig', problem))}.") from None


def _first_line(problem: BaseException | None) -> str:
    return str(problem).strip().partition("\n")[0] or type(problem).__name__
