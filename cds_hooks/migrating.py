"""Bringing the tables of a database to those this software knows. Steps are in ``migrations/versions``.

One transaction for all steps, on both databases: what fails half way has not happened.
"""

from __future__ import annotations

from importlib.resources import as_file, files
from typing import TYPE_CHECKING

from cds_hooks.databases import VERSION_TABLE, DatabaseError, known_revisions, refuse_newer, revision_of, writing

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine


def upgrade(engine: Engine, to: str = "head") -> tuple[str | None, str | None]:
    """Bring the tables up to date; the revision before and after. Raises ``DatabaseError`` for newer ones."""
    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":  # SQLite has one writer anyway
            _refuse_what_cannot_hold_every_language(connection)
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('ldn-cds migrations'))")
        refuse_newer(connection)
        before = revision_of(connection)
        if before != known_revisions()[-1] or to != "head":
            _run(connection, "upgrade", to)
        return before, revision_of(connection)


def _refuse_what_cannot_hold_every_language(connection: Connection) -> None:
    """Names of medicines, and what users write, are in any language."""
    encoding = connection.exec_driver_sql("SELECT getdatabaseencoding()").scalar_one()
    if encoding != "UTF8":
        raise DatabaseError(f"The database is kept in {encoding}. Create it anew with ENCODING 'UTF8'.")


def make(engine: Engine) -> None:
    """Make all tables of an SQLite file that has none, as the steps would leave them; otherwise :func:`upgrade`.

    Alembic takes as long to load as everything else that a demo's first start waits for. A test holds both ways together.
    """
    from sqlalchemy import Column, MetaData, String, Table

    from cds_hooks.tables import METADATA
    from cds_hooks.terminology.store import METADATA as DRUG_TABLES

    with writing(engine) as connection:
        if connection.dialect.name == "sqlite" and revision_of(connection) is None:
            for tables in (DRUG_TABLES, METADATA):
                tables.create_all(connection)
            version = Table(VERSION_TABLE, MetaData(), Column("version_num", String(32), primary_key=True))
            version.create(connection)
            connection.execute(version.insert().values(version_num=known_revisions()[-1]))
            return
    upgrade(engine)


def downgrade(engine: Engine, to: str) -> None:
    """Take steps back, with the data in their tables: for the tests of the steps."""
    with writing(engine) as connection:
        _run(connection, "downgrade", to)


def _run(connection: Connection, command: str, to: str) -> None:
    from alembic import command as commands
    from alembic.config import Config

    with as_file(files("cds_hooks.migrations")) as folder:
        config = Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.attributes["connection"] = connection
        getattr(commands, command)(config, to)
