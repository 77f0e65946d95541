"""Whether this process can answer, as a proxy or a cluster asks it: named checks, each with a word for what is wrong.

A check looks at what is ours: never at a client's FHIR server, for one hospital's outage must not take the service from
the others. Whatever needs to be there registers a check of its own.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any, Final

Check = Callable[[], str]
"""Says what is wrong, in words that anybody may read; nothing when all is well."""

OK: Final = "ok"
DRAINING: Final = "draining"
"""The mark in the folder that the processes of one start share."""

REMEMBERED_FOR: Final = 1.0
"""Seconds for which an answer stands: who asks a thousand times a second must not keep the database busy."""

PATIENCE: Final = 1.0
"""Seconds for which one who asks waits while another is being answered. A database that says neither yes nor no, or a name
that nobody resolves, would otherwise hold one thread of the service for each who asks."""

LEAST_FREE: Final = 0.1
"""The share of the disk that must be free: SQLite cannot write its log on a full one."""


class Readiness:
    """The checks of one process, by name."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, patience: float = PATIENCE) -> None:
        self._clock = clock
        self._patience = patience
        self._checks: dict[str, Check] = {}
        self._at_once: set[str] = set()
        self._told: dict[str, tuple[float, str]] = {}
        self._lock = Lock()

    def register(self, name: str, check: Check, *, at_once: bool = False) -> None:
        """Add a check; one that costs nothing is asked ``at_once``, every time."""
        self._checks[name] = check
        if at_once:
            self._at_once.add(name)

    def report(self) -> dict[str, str]:
        """What each check says, ``ok`` where all is well."""
        if not self._lock.acquire(timeout=self._patience):
            return {name: self._ask(name) if name in self._at_once else "takes too long" for name in self._checks}
        try:
            return {name: self._ask(name) for name in self._checks}
        finally:
            self._lock.release()

    def _ask(self, name: str) -> str:
        now = self._clock()
        told_at, told = self._told.get(name, (float("-inf"), ""))
        if name not in self._at_once and now - told_at < REMEMBERED_FOR:
            return told
        try:
            told = self._checks[name]() or OK
        except Exception as problem:  # noqa: BLE001 - whatever it is, the answer is "not ready", never a failure
            told = f"could not be checked ({type(problem).__name__})"
        self._told[name] = now, told
        return told


def database_check(address: str) -> Check:
    """A check that the database can be reached and that its tables are those of this version."""

    def check() -> str:
        from cds_hooks.databases import DatabaseError, Schema, is_there, opened, reading, schema_of

        if not is_there(address):
            return "no tables yet; run ldn-cds db upgrade"
        try:
            with opened(address) as engine, reading(engine) as connection:
                schema = schema_of(connection)
        except DatabaseError:  # its words name hosts and users
            return "cannot be reached"
        if schema is Schema.NEWER:
            return "its tables are those of a newer version"
        return "" if schema is Schema.CURRENT else "its tables are not those of this version; run ldn-cds db upgrade"

    return check


def clients_check(address: str) -> Check:
    """A check that somebody is registered who may call; of a database that is not in order ``database_check`` tells."""

    def check() -> str:
        from sqlalchemy import select

        from cds_hooks.databases import Schema, is_there, opened, reading, schema_of
        from cds_hooks.tables import CLIENTS

        if not is_there(address):
            return "none is registered"
        with opened(address) as engine, reading(engine) as connection:
            if schema_of(connection) is not Schema.CURRENT:
                return "cannot be read"
            is_one = connection.execute(select(CLIENTS.c.name).where(CLIENTS.c.is_on).limit(1)).first()
        return "" if is_one else "none is registered"

    return check


def draining_check(shared: Path) -> Check:
    """A check that we have not been asked to stop; the main process leaves a mark for those that answer."""
    mark = shared / DRAINING
    return lambda: "about to stop" if mark.exists() else ""


def disk_check(folder: Path, usage: Callable[[Path], Any] = shutil.disk_usage) -> Check:
    """A check that the disk of a folder is not nearly full."""

    def check() -> str:
        there = folder
        while not there.exists() and there != there.parent:
            there = there.parent
        disk = usage(there)
        return "" if disk.free > disk.total * LEAST_FREE else f"less than {LEAST_FREE:.0%} is free"

    return check


def folder_of(address: str) -> Path | None:
    """The folder of an SQLite database; nothing for a database elsewhere.

    >>> str(folder_of("sqlite:////data/ldn.sqlite3"))
    '/data'
    """
    if not address.startswith("sqlite:///"):
        return None
    return Path(address.removeprefix("sqlite:///").partition("?")[0]).absolute().parent
