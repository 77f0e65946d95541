"""``ldn-cds audit``, ``backup`` and ``restore``: looking after what is remembered."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from cds_hooks.cli import settings_of

if TYPE_CHECKING:
    from sqlalchemy import Engine

_DATABASE: Final = click.option("--database", help="The database, instead of the setting's.")


def operator() -> str:
    """Whoever runs a command on this machine."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no such user in a container
        return "operator"


@contextmanager
def database_of(ctx: click.Context, address: str | None) -> Iterator[Engine]:
    """The database of a command; ends the command when it cannot be used."""
    from cds_hooks.databases import DatabaseError, is_there, opened

    settings = settings_of(ctx, database=address)
    if not is_there(settings.database):
        raise click.ClickException("There is no database yet. Run: ldn-cds db upgrade")
    try:
        with opened(settings.database, settings.synchronous) as engine:
            yield engine
    except DatabaseError as problem:
        raise click.ClickException(str(problem)) from None


@click.group()
def audit() -> None:
    """Look through what people and the service itself did."""


@audit.command()
@_DATABASE
@click.pass_context
def verify(ctx: click.Context, database: str | None) -> None:
    """Say whether the chain of audit events is whole; 1 when it is not."""
    from cds_hooks.databases import reading, refuse_all_but_current
    from cds_hooks.memory.audit import verify as look_through

    with database_of(ctx, database) as engine, reading(engine) as connection:
        refuse_all_but_current(connection)
        verdict = look_through(connection)
    if verdict.broken_at is not None:
        click.echo(f"Broken at event {verdict.broken_at}: {verdict.why}.")
        ctx.exit(1)
    end = f" The last is {verdict.last_number}, hash {verdict.last_hash}." if verdict.events else ""
    click.echo(f"Whole: {verdict.events} events.{end}")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@_DATABASE
@click.pass_context
def backup(ctx: click.Context, file: Path, database: str | None) -> None:
    """Write all that is remembered to FILE, while calls are answered."""
    from cds_hooks.memory.audit import BACKED_UP
    from cds_hooks.memory.backups import back_up
    from cds_hooks.memory.stamps import now

    with database_of(ctx, database) as engine:
        try:
            told = back_up(engine, file, now())
        except OSError as problem:
            raise click.ClickException(f"{file} cannot be written: {problem.strerror}.") from None
        _note(engine, BACKED_UP, {"rows": told.rows, "sha256": told.sha256})
    click.echo(f"{told.rows} rows at revision {told.revision}, sha256 {told.sha256}.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--check", "is_check", is_flag=True, help="Only try: restore to a database that is thrown away.")
@_DATABASE
@click.pass_context
def restore(ctx: click.Context, file: Path, is_check: bool, database: str | None) -> None:
    """Put the backup in FILE into an empty database, of either kind.

    With --check nothing is changed; that it was tried is noted in the database in use, where there is one.
    """
    from cds_hooks.databases import DatabaseError, opened
    from cds_hooks.memory.backups import BackupError
    from cds_hooks.memory.backups import restore as put_back

    try:
        if is_check:
            _try_restore(ctx, file, database)
            return
        with opened(settings_of(ctx, database=database).database) as engine:
            told = put_back(file, engine)
    except (BackupError, DatabaseError) as problem:
        raise click.ClickException(str(problem)) from None
    click.echo(f"Restored: {told.rows} rows of {told.at}.")


def _note(engine: Engine, what: str, detail: dict[str, object], result: str = "done") -> None:
    """Leave an audit event; where the tables cannot be written, say so and go on: what was asked for is done."""
    from cds_hooks.databases import DatabaseError, writing
    from cds_hooks.memory.audit import Event, append
    from cds_hooks.memory.stamps import now

    try:
        with writing(engine) as connection:
            append(connection, Event(operator(), "operator", what, "database", result=result, detail=detail), now())
    except DatabaseError as problem:
        click.echo(f"That is not in the audit log: {problem}", err=True)


def _try_restore(ctx: click.Context, file: Path, address: str | None) -> None:
    """Restore a backup to a database that is thrown away; raises ``BackupError``, or ends the command."""
    from cds_hooks.memory.backups import BackupError, check

    try:
        told, verdict = check(file)
    except BackupError:
        _note_trial(ctx, address, {}, "it cannot be restored")
        raise
    detail: dict[str, object] = {"rows": told.rows, "of": told.at}
    if verdict.broken_at is not None:
        _note_trial(ctx, address, detail, "its audit chain is broken")
        raise click.ClickException(f"The audit chain is broken at event {verdict.broken_at}: {verdict.why}.")
    _note_trial(ctx, address, detail, "done")
    click.echo(f"Can be restored: {told.rows} rows of {told.at}, {verdict.events} audit events in a whole chain.")


def _note_trial(ctx: click.Context, address: str | None, detail: dict[str, object], result: str) -> None:
    """Note in the database in use that a backup was tried; nothing where there is none of this version."""
    from cds_hooks.databases import DatabaseError, Schema, is_there, opened, reading, schema_of
    from cds_hooks.memory.audit import TRIED_RESTORE

    settings = settings_of(ctx, database=address)
    if not is_there(settings.database):
        return
    try:
        with opened(settings.database, settings.synchronous) as engine:
            with reading(engine) as connection:
                is_current = schema_of(connection) is Schema.CURRENT
            if is_current:
                _note(engine, TRIED_RESTORE, detail, result)
    except DatabaseError as problem:
        click.echo(f"That is not in the audit log: {problem}", err=True)
