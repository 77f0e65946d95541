"""``ldn-cds terminology``: import, status, remove."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from cds_hooks.terminology.importing import Watcher
    from cds_hooks.terminology.store import Installed

_DATABASE: Final = click.option("--database", help="The database, instead of the setting's.")
_RESTART: Final = "A service that is running goes on with the table it has; restart it."


@click.group()
def terminology() -> None:
    """Bring in the site's own RxNorm release, look at it, or go back to the shipped table."""


@terminology.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@_DATABASE
@click.option("--edition", help="What to call it, where the files' own name will not do.")
@click.pass_context
def import_(ctx: click.Context, path: Path, database: str | None, edition: str | None) -> None:
    """Make the RxNorm release in PATH (a zip, or a folder) this site's drug table.

    All of it is checked before anything changes: what is wrong is told with file and line, and the table in use stays.
    """
    from cds_hooks.edition import product_version
    from cds_hooks.terminology.importing import import_release

    address = _address(ctx, database)
    with _telling_what_is_wrong(), _progress() as watcher:
        installed = import_release(path, address, product_version(), edition, watcher)
    for line in _describe(installed):
        click.echo(line)
    click.echo(_RESTART)


@terminology.command()
@_DATABASE
@click.pass_context
def status(ctx: click.Context, database: str | None) -> None:
    """Say which drug table is in use, of which edition, and what it holds."""
    from cds_hooks.databases import is_there

    address = _address(ctx, database)
    installed = None
    if is_there(address):
        from cds_hooks.databases import opened
        from cds_hooks.terminology.store import installed as find

        with _telling_what_is_wrong(), opened(address) as engine:
            installed = find(engine)
    for line in _describe(installed):
        click.echo(line)


@terminology.command()
@_DATABASE
@click.pass_context
def remove(ctx: click.Context, database: str | None) -> None:
    """Go back to the shipped drug table."""
    from cds_hooks.databases import is_there

    address = _address(ctx, database)
    was = None
    if is_there(address):
        from cds_hooks.databases import Schema, opened, reading, schema_of
        from cds_hooks.terminology.store import remove as take_away

        with _telling_what_is_wrong(), opened(address) as engine:
            with reading(engine) as connection:
                is_empty = schema_of(connection) is Schema.NONE
            was = None if is_empty else take_away(engine)
    if was is None:
        click.echo("The shipped table is in use already.")
    else:
        click.echo(f"Removed {was.label}. The shipped table is in use.\n{_RESTART}")


def _address(ctx: click.Context, given: str | None) -> str:
    from cds_hooks.cli import settings_of

    return settings_of(ctx, database=given).database


def _describe(installed: Installed | None) -> Iterator[str]:
    """What ``status`` prints."""
    if installed is None:
        yield "In use: the shipped table. No edition of this site's own is installed."
        return
    counts = installed.counts
    levels, ours, statuses = counts.get("levels", {}), counts.get("ours", {}), counts.get("statuses", {})
    yield f"In use: {installed.label}"
    when = f"{installed.imported_at:%Y-%m-%d %H:%M} UTC"
    yield f"Imported: {when} from {installed.source}, by ldn-cds {installed.software}"
    yield f"Codes: {sum(levels.values()):,}, of which {sum(ours.values()):,} concern a rule"
    for level, number in sorted(levels.items(), key=lambda item: -item[1]):
        yield f"  {level:<6} {number:>9,}  {ours.get(level, 0):>7,}"
    told = ", ".join(f"{number:,} {status}" for status, number in sorted(statuses.items()))
    yield f"Of these {told}; NDCs: {counts.get('ndcs', 0):,}"
    yield f"Not understood: {counts.get('unresolved', 0):,}"
    yield "For codes that it lacks or that were not understood, the shipped table answers."


@contextmanager
def _telling_what_is_wrong() -> Iterator[None]:
    from cds_hooks.databases import DatabaseError
    from cds_hooks.terminology.release import ReleaseError

    try:
        yield
    except (DatabaseError, ReleaseError) as problem:
        raise click.ClickException(f"{problem}\nNothing has changed.") from None


@contextmanager
def _progress() -> Iterator[Watcher]:
    """A live line on standard error; nothing where nobody watches."""
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    from cds_hooks.terminal import make_console
    from cds_hooks.terminology.importing import Watcher

    console = make_console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        current: list[TaskID] = []

        def stage(name: str, steps: int | None) -> None:
            if current:
                progress.update(current[-1], visible=False)
            current.append(progress.add_task(name, total=steps))

        yield Watcher(stage, lambda steps: progress.advance(current[-1], steps))
