"""``ldn-cds export``: what was remembered, for a spreadsheet or another program."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Self

import click

_KINDS: Final = ("cards", "feedback", "verdicts", "rules", "audit")
_DAY: Final = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("what", type=click.Choice(_KINDS))
@click.option("--format", "form", type=click.Choice(["csv", "jsonl"]), default="csv", show_default=True)
@click.option("--since", type=_DAY, help="The first day, in UTC; 30 days ago unless set.")
@click.option("--until", type=_DAY, help="The last day, in UTC; today unless set.")
@click.option("--tenant", "tenants", multiple=True, help="Only this tenant; may be given more than once.")
@click.option("--identified", is_flag=True, help="With moments, summaries, pseudonyms and comments.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="A file, instead of standard output.")
@click.option("--database", help="The database, instead of the setting's.")
@click.pass_context
def export(ctx: click.Context, /, what: str, form: str, out: Path | None, **asked: Any) -> None:
    """Write out cards, feedback, verdicts, rules or audit events, de-identified unless asked otherwise."""
    from cds_hooks.cli import refused, settings_of
    from cds_hooks.databases import DatabaseError, is_there, opened, reading, refuse_all_but_current
    from cds_hooks.figures.exports import COLUMNS, as_csv, as_lines, records
    from cds_hooks.figures.measures import Scope

    address = settings_of(ctx, database=asked["database"]).database
    if not is_there(address):
        raise refused("There is no database yet: nothing was remembered.")
    now = datetime.now(UTC)
    since, until = asked["since"], asked["until"]
    first = since.replace(tzinfo=UTC) if since else now - timedelta(days=30)
    last = until.replace(tzinfo=UTC) + timedelta(days=1) if until else now + timedelta(seconds=1)
    if first >= last:
        raise refused("--since must not be after --until.")
    scope = Scope(first, last, asked["tenants"] or None)
    written = 0
    try:
        with opened(address) as engine, reading(engine) as connection, _Page(out) as page:
            refuse_all_but_current(connection)
            rows = records(connection, what, scope, identified=asked["identified"])
            for part in as_csv(rows, COLUMNS[what]) if form == "csv" else as_lines(rows):
                written += page.write(part)
    except DatabaseError as problem:
        raise click.ClickException(str(problem)) from None
    except OSError as problem:
        raise refused(f"{out} cannot be written: {problem.strerror}.") from None
    if out:
        click.echo(f"{out}: {written:,} bytes.")


class _Page:
    """The file, or standard output, which stays open."""

    def __init__(self, out: Path | None) -> None:
        self._stream = out.open("wb") if out else sys.stdout.buffer
        self._is_ours = out is not None

    def __enter__(self) -> Self:
        return self

    def write(self, part: bytes) -> int:
        self._stream.write(part)
        return len(part)

    def __exit__(self, *_: object) -> None:
        self._stream.flush()
        if self._is_ours:
            self._stream.close()
