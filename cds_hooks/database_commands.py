"""``ldn-cds db``: the tables in the database, and whether they are those of this version."""

from __future__ import annotations

from typing import Final

import click

_DATABASE: Final = click.option("--database", help="The database, instead of the setting's.")


@click.group()
def db() -> None:
    """Bring the tables in the database up to date, or say how they stand."""


@db.command()
@_DATABASE
@click.pass_context
def upgrade(ctx: click.Context, database: str | None) -> None:
    """Make the tables those of this version."""
    from cds_hooks.cli import settings_of
    from cds_hooks.databases import DatabaseError, opened
    from cds_hooks.migrating import upgrade as bring_up_to_date

    address = settings_of(ctx, database=database).database
    try:
        with opened(address) as engine:
            before, after = bring_up_to_date(engine)
    except DatabaseError as problem:
        raise click.ClickException(str(problem)) from None
    click.echo(
        f"The tables are at revision {after}." if before == after else f"Upgraded: {before or 'none'} → {after}."
    )


@db.command()
@_DATABASE
@click.pass_context
def status(ctx: click.Context, database: str | None) -> None:
    """Say at which revision the tables are; 1 when they are not those of this version."""
    from cds_hooks.cli import settings_of
    from cds_hooks.databases import (
        DatabaseError,
        Schema,
        is_there,
        known_revisions,
        opened,
        reading,
        revision_of,
        schema_of,
    )

    address = settings_of(ctx, database=database).database
    revision, schema = None, Schema.NONE
    if is_there(address):
        try:
            with opened(address) as engine, reading(engine) as connection:
                revision, schema = revision_of(connection), schema_of(connection)
        except DatabaseError as problem:
            raise click.ClickException(str(problem)) from None
    click.echo(f"Tables: {revision or 'none yet'}. This version: {known_revisions()[-1]}.")
    if schema in (Schema.OLDER, Schema.NEWER):
        click.echo("Run: ldn-cds db upgrade" if schema is Schema.OLDER else "A newer ldn-cds has been here.")
        ctx.exit(1)


@db.command()
@_DATABASE
@click.pass_context
def purge(ctx: click.Context, database: str | None) -> None:
    """Let go of what is older than the settings allow; an audit event tells of it."""
    from cds_hooks.cli import settings_of
    from cds_hooks.databases import refuse_all_but_current, writing
    from cds_hooks.memory.commands import database_of, operator
    from cds_hooks.memory.purging import purge as let_go
    from cds_hooks.memory.stamps import now

    settings = settings_of(ctx, database=database)
    days, years = settings.retention_days_snapshots, settings.retention_years_audit
    with database_of(ctx, database) as engine, writing(engine) as connection:
        refuse_all_but_current(connection)
        gone = let_go(connection, now(), days=days, years_of_audit=years, who=operator())
    counted = ", ".join(f"{count} {name}" for name, count in gone.as_counts().items())
    click.echo(f"Purged: {counted}.")
