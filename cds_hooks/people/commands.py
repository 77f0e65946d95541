"""``ldn-cds users``: who may sign in at the review desk with a password. The first admin is made here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from cds_hooks.people.directory import Directory

_DATABASE: Final = click.option("--database", help="The database, instead of the setting's.")
_ROLE: Final = click.Choice(["viewer", "reviewer", "approver", "auditor", "admin"])


@click.group()
def users() -> None:
    """Say who may sign in at the review desk with a password."""


@users.command()
@click.argument("name")
@click.option("--role", type=_ROLE, default="reviewer", show_default=True)
@click.option("--tenant", "tenants", multiple=True, help="A tenant whose cards they see; all unless given.")
@click.password_option(help="Asked for unless given; at least 12 characters.")
@_DATABASE
@click.pass_context
def add(
    ctx: click.Context, name: str, role: str, tenants: tuple[str, ...], password: str, database: str | None
) -> None:
    """Add NAME."""
    from cds_hooks.people.directory import User
    from cds_hooks.people.roles import ALL_TENANTS, Role

    with _directory(ctx, database) as directory:
        directory.add(User(name, Role(role), tenants or ALL_TENANTS), password)
    click.echo(f"{name} may sign in as {role}.")


@users.command("list")
@_DATABASE
@click.pass_context
def list_(ctx: click.Context, database: str | None) -> None:
    """List everybody: name, role, tenants, and whether they may sign in."""
    with _directory(ctx, database) as directory:
        for user in directory.users():
            tenants = "all tenants" if user.tenants == ("*",) else ", ".join(user.tenants)
            click.echo(f"{user.name}\t{user.role.value}\t{tenants}\t{'on' if user.is_on else 'off'}")


@users.command()
@click.argument("name")
@click.option("--role", type=_ROLE)
@click.option("--on/--off", "is_on", default=None, help="Whether they may sign in.")
@click.option("--password", is_flag=True, help="Ask for a new password.")
@_DATABASE
@click.pass_context
def change(
    ctx: click.Context, /, name: str, role: str | None, database: str | None, *, is_on: bool | None, password: bool
) -> None:
    """Change NAME; whoever was signed in with a password must sign in again."""
    from cds_hooks.people.roles import Role

    new = click.prompt("Password", hide_input=True, confirmation_prompt=True) if password else None
    with _directory(ctx, database) as directory:
        directory.change(name, role=Role(role) if role else None, is_on=is_on, password=new)
    click.echo(f"{name} is changed.")


@contextmanager
def _directory(ctx: click.Context, database: str | None) -> Iterator[Directory]:
    from cds_hooks.cli import refused, settings_of
    from cds_hooks.databases import DatabaseError, is_there, opened, reading, refuse_all_but_current
    from cds_hooks.people.directory import Directory, DirectoryError

    address = settings_of(ctx, database=database).database
    if not is_there(address):
        raise refused("There is no database yet. Run: ldn-cds db upgrade")
    try:
        with opened(address) as engine:
            with reading(engine) as connection:
                refuse_all_but_current(connection)
            yield Directory(engine, lambda: datetime.now(UTC))
    except (DatabaseError, DirectoryError) as problem:
        raise refused(str(problem)) from None
