"""``ldn-cds clients``: add, list, show, test, remove, sheet."""

from __future__ import annotations

import json
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from cds_hooks.clients.record import Record
    from cds_hooks.settings import Settings

_DATABASE: Final = click.option("--database", help="The database, instead of the setting's.")
_FILE: Final = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group()
def clients() -> None:
    """Register the EHRs that may call, look at them, test their connection."""


@clients.command()
@click.argument("file", type=_FILE, required=False)
@click.option("--name", help="Its name here: small letters, digits, hyphens.")
@click.option("--issuer", help="The iss claim of its tokens, exactly.")
@click.option("--jwks-url", help="The address of its key set.")
@click.option("--audience", "audiences", multiple=True, help="An audience beside the exact endpoint; may be repeated.")
@click.option("--tenant", "tenants", multiple=True, help="A tenant claim it may bring; may be repeated.")
@click.option("--fhir-base", "fhir_bases", multiple=True, help="A FHIR server that may be read; may be repeated.")
@click.option("--replace", is_flag=True, help="Take the place of the client of that name.")
@_DATABASE
@click.pass_context
def add(ctx: click.Context, /, file: Path | None, replace: bool, database: str | None, **given: Any) -> None:
    """Register a client, from FILE (TOML or JSON, cds_hooks/schemas/client.json) or from the options, or both.

    It counts within seconds in every process that uses this database.
    """
    from cds_hooks.clients.record import read_record, unsafe_in_production
    from cds_hooks.clients.register import put_record

    settings = _settings(ctx, database)
    written = _read(file) if file is not None else {}
    written |= {name: list(value) if isinstance(value, tuple) else value for name, value in given.items() if value}
    with _telling_what_is_wrong(), _tables(settings) as engine:
        record = read_record(written)
        if not settings.is_demo and (problems := unsafe_in_production(record)):
            raise click.ClickException("\n".join(problems))
        put_record(engine, record, datetime.now(UTC), replaces=replace)
    click.echo(f"Registered: {record.name}. Next: ldn-cds clients test {record.name}")


@clients.command("list")
@_DATABASE
@click.pass_context
def list_(ctx: click.Context, database: str | None) -> None:
    """List the clients, with their last call and their last refusal."""
    from cds_hooks.clients.register import all_records
    from cds_hooks.clients.signs import signs_of

    with _telling_what_is_wrong(), _tables(_settings(ctx, database)) as engine:
        records = all_records(engine)
        for record in records:
            last = {sign.kind: sign.at[:19] for sign in signs_of(engine, record.name)}
            seen = f"last call {last.get('call', 'never')}, last refusal {last.get('refusal', 'never')}"
            click.echo(f"{record.name}  {record.issuer}  {seen}")
    if not records:
        click.echo("No client is registered. Add one: ldn-cds clients add --help")


@clients.command()
@click.argument("name")
@_DATABASE
@click.pass_context
def show(ctx: click.Context, name: str, database: str | None) -> None:
    """Print the record of a client, and what was last seen of it."""
    from cds_hooks.clients.signs import signs_of

    with _telling_what_is_wrong(), _tables(_settings(ctx, database)) as engine:
        record = _find(engine, name)
        click.echo(json.dumps(record.written, indent=2, ensure_ascii=False))
        for sign in signs_of(engine, name):
            told = ", ".join(f"{key.replace('_', ' ')} {_as_words(value)}" for key, value in sign.detail.items())
            click.echo(f"last {sign.kind} {sign.at[:19]}: {told}")


@clients.command()
@click.argument("name")
@_DATABASE
@click.pass_context
def remove(ctx: click.Context, name: str, database: str | None) -> None:
    """Take a client out of the register. What it called and was answered stays."""
    from cds_hooks.clients.register import remove_record

    settings = _settings(ctx, database)
    with _telling_what_is_wrong(), _tables(settings) as engine:
        if not remove_record(engine, name):
            raise click.ClickException(f"There is no client {name}. ldn-cds clients list shows those there are.")
    click.echo(f"Removed: {name}.")
    if any(written.get("name") == name for written in settings.clients):
        click.echo("It stands in the settings file as well, and comes back at the next start.", err=True)


@clients.command()
@click.argument("name")
@click.option("--token-file", type=_FILE, help="A file with a token that the client made; it is not used up.")
@click.option("--endpoint", default="/cds-services/ldn-order-sign", show_default=True, help="What the token is for.")
@click.option("--request", "request_file", type=_FILE, help="A file with a request of the client; answered, not kept.")
@_DATABASE
@click.pass_context
def test(
    ctx: click.Context,
    /,
    name: str,
    token_file: Path | None,
    endpoint: str,
    request_file: Path | None,
    database: str | None,
) -> None:
    """Fetch a client's keys, check a token, dry-run a request; say what is wrong. 1 when something is."""
    from cds_hooks.application import machine_day
    from cds_hooks.clients.examination import examine_keys, examine_record, examine_request, examine_token
    from cds_hooks.house import open_clinic

    settings = _settings(ctx, database)
    with _telling_what_is_wrong(), _tables(settings) as engine:
        record = _find(engine, name)
    findings = [*examine_record(record, settings), examine_keys(record, settings.ca_file)]
    if token_file is not None:
        token = token_file.read_text("utf-8", errors="replace").strip()
        findings.append(examine_token(record, token, endpoint, settings, time.time()))
    if request_file is not None:
        findings += examine_request(record, request_file.read_bytes(), open_clinic(settings), machine_day())
    for finding in findings:
        click.echo(f"{'good ' if finding.is_good else 'wrong'}  {finding.says}")
    if not all(finding.is_good for finding in findings):
        ctx.exit(1)


@clients.command()
@click.argument("name", required=False)
@click.option("--html", "as_page", is_flag=True, help="As a page to print.")
@_DATABASE
@click.pass_context
def sheet(ctx: click.Context, name: str | None, as_page: bool, database: str | None) -> None:
    """Print the registration sheet for a client, or without NAME for one to be registered."""
    from cds_hooks.clients.sheet import as_html, as_text, make_sheet
    from cds_hooks.house import open_clinic

    settings = _settings(ctx, database)
    record = None
    if name is not None:
        with _telling_what_is_wrong(), _tables(settings) as engine:
            record = _find(engine, name)
    made = make_sheet(open_clinic(settings), settings, record)
    click.echo(as_html(made) if as_page else as_text(made), nl=False)


def _settings(ctx: click.Context, database: str | None) -> Settings:
    from cds_hooks.cli import settings_of

    return settings_of(ctx, database=database)


@contextmanager
def _tables(settings: Settings) -> Iterator[Engine]:
    """The database with its tables; they are made where there are none."""
    from cds_hooks.databases import Schema, opened, reading, refuse_all_but_current, schema_of
    from cds_hooks.migrating import upgrade

    with opened(settings.database, settings.synchronous) as engine:
        with reading(engine) as connection:
            schema = schema_of(connection)
            if schema is not Schema.NONE:
                refuse_all_but_current(connection)
        if schema is Schema.NONE:
            upgrade(engine)
        yield engine


@contextmanager
def _telling_what_is_wrong() -> Iterator[None]:
    from cds_hooks.clients.record import RecordError
    from cds_hooks.databases import DatabaseError

    try:
        yield
    except (DatabaseError, RecordError) as problem:
        raise click.ClickException(str(problem)) from None


def _find(engine: Engine, name: str) -> Record:
    from cds_hooks.clients.register import find_record

    record = find_record(engine, name)
    if record is None:
        raise click.ClickException(f"There is no client {name}. ldn-cds clients list shows those there are.")
    return record


def _read(file: Path) -> dict[str, Any]:
    from cds_hooks.cli import refused

    try:
        text = file.read_text("utf-8")
        decoded = json.loads(text) if file.suffix == ".json" else tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise refused(f"{file} is no TOML and no JSON: {error}.") from None
    if not isinstance(decoded, dict):
        raise refused(f"{file} must hold one record: name, issuer and so on.")
    return decoded


def _as_words(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
