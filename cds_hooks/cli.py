"""The command ``ldn-cds``. Each command loads what it needs when it runs, so that ``--help`` is there at once.

Exit codes: 0 it went well; 1 something was found to be wrong; 2 the command could not be understood or begin.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

import click

if TYPE_CHECKING:
    from datetime import date

    from cards import Clinic
    from cards.pages import RuleBook
    from cds_hooks.settings import Settings

T = TypeVar("T")

_ELSEWHERE: Final[Mapping[str, str]] = {
    "audit": "cds_hooks.memory.commands",
    "backup": "cds_hooks.memory.commands",
    "clients": "cds_hooks.clients.commands",
    "db": "cds_hooks.database_commands",
    "demo": "cds_hooks.demo",
    "demo-data": "cds_hooks.figures.demo_data",
    "explain-drug": "cds_hooks.explain_drug",
    "export": "cds_hooks.figures.commands",
    "plan": "cds_hooks.plans.commands",
    "restore": "cds_hooks.memory.commands",
    "rules": "cds_hooks.rulebook.commands",
    "terminology": "cds_hooks.terminology.commands",
    "users": "cds_hooks.people.commands",
}
"""Commands that live in a module of their own, under the command's name there."""


class _Commands(click.Group):
    """The commands here, and those that are loaded when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *_ELSEWHERE})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in _ELSEWHERE:
            command: click.Command = getattr(import_module(_ELSEWHERE[cmd_name]), cmd_name.replace("-", "_"))
            return command
        return super().get_command(ctx, cmd_name)


class _Refused(click.ClickException):
    """The command could not begin."""

    exit_code = 2


def refused(why: str) -> click.ClickException:
    """What a command raises when it cannot begin."""
    return _Refused(why)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--config", type=click.Path(path_type=Path), help="The settings file, instead of ldn.toml here.")
@click.pass_context
def main(ctx: click.Context, config: Path | None) -> None:
    """Clinical decision support for low-dose naltrexone orders, spoken over CDS Hooks."""
    ctx.obj = config


def settings_of(ctx: click.Context, **given: Any) -> Settings:
    """The settings of a command, its options on top; ends the command when they are wrong or unsafe."""
    from cds_hooks.house import settings_from
    from cds_hooks.settings import SettingsError

    try:
        return settings_from(given, ctx.find_root().obj)
    except SettingsError as error:
        raise _Refused("\n".join(error.problems)) from None


@main.command()
@click.option("--profile", type=click.Choice(["demo", "production"]), help="How strict to be; demo unless set.")
@click.option("--host", help="The address to listen on.")
@click.option("--port", type=int, help="The port to listen on; 0 takes a free one.")
@click.option("--database", help="The database: sqlite:///FILE or postgresql://user@host/name.")
@click.option("--workers", type=int, help="Processes that answer.")
@click.option("--threads", type=int, help="Requests that one process answers at the same time.")
@click.pass_context
def serve(ctx: click.Context, /, **given: Any) -> None:
    """Answer CDS Hooks calls until stopped."""
    settings = settings_of(ctx, **given)
    if settings.numbers or settings.rules:
        rulebook_of(settings)  # before any worker starts: what a site chose is refused in one place, once
    from cds_hooks.counting import CountersError

    if not settings.is_demo:
        _check_clients(settings)
    from cds_hooks.server import ServeError
    from cds_hooks.server import serve as run

    try:
        run(settings)
    except (CountersError, ServeError) as error:
        raise _Refused(str(error)) from None


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="The day of the review; today unless set.")
@click.option("--json", "as_json", is_flag=True, help="The answer as it would travel; with --why, that as data.")
@click.option("--why", is_flag=True, help="Why these cards and no others: what each rule asked.")
@click.pass_context
def review(ctx: click.Context, file: Path, today: Any, as_json: bool, why: bool) -> None:
    """Show the cards for one request in FILE."""
    settings = settings_of(ctx)
    from cds_hooks.problems import Refusal
    from cds_hooks.reviewing import answer_to, cards_for
    from cds_hooks.wire import encode, encode_tidily

    clinic = _open_clinic(settings)
    day = today.date() if today else None
    try:
        if why:
            trace = answer_to(_read(file), day, clinic).explain()
            click.echo(encode(trace.to_json()) if as_json else trace.to_text(), nl=as_json)
            return
        cards = cards_for(_read(file), day, clinic)
    except Refusal as refusal:
        places = (": ".join(filter(None, (str(file), issue.expression, issue.diagnostics))) for issue in refusal.issues)
        raise _Refused("\n".join(places)) from None
    if as_json:
        click.echo(encode_tidily({"cards": cards}))
    else:
        from cds_hooks.terminal import make_console, render_cards

        render_cards(make_console(), cards)


@main.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--today", type=click.DateTime(["%Y-%m-%d"]), help="The day on which a review is overdue; today unless set."
)
@click.option(
    "--rules", type=click.Path(path_type=Path, exists=True, file_okay=False), help="A folder of rules to check."
)
@click.pass_context
def check(ctx: click.Context, files: tuple[Path, ...], today: Any, rules: Path | None) -> None:
    """Check this house; with FILES, whether what a client sends is strict FHIR.

    Of the house everything that is wrong is told at once: settings, pages, numbers, sources, and what the words of a
    rule lack. An overdue review is a warning. With --rules, that folder is checked instead of the house's own rules.

    A file holds a request, a Bundle, one resource, or one resource a line (.ndjson). What is not strict FHIR is read
    all the same when it is sent; this tells its maker.
    """
    settings = settings_of(ctx)
    if not files:
        _check_house(settings, today.date() if today else None, rules)
        return
    from cds_hooks.strictness import report_on

    found = False
    for file in files:
        lines = report_on(_read(file), is_lines=file.suffix == ".ndjson")
        found = found or bool(lines)
        for line in lines or ["strict FHIR"]:
            click.echo(f"{file}: {line}")
    if found:
        sys.exit(1)


def _check_house(settings: Settings, today: date | None, rules: Path | None) -> None:
    from cards.house import overdue, problems_in
    from cards.opening import open_rules
    from cds_hooks.application import machine_day

    if rules is None:
        book = _open_clinic(settings).book
    else:
        book = _or_end(lambda: open_rules(settings.numbers, rules, settings.rules))
    for warning in overdue(book, today or machine_day()):
        click.echo(f"Warning: {warning}", err=True)
    if problems := problems_in(book):
        _end_with(problems)
    click.echo("The house is in order.")


def _open_clinic(settings: Settings) -> Clinic:
    """The clinic; ends the command with all that is wrong in the house."""
    from cds_hooks import house

    return _or_end(lambda: house.open_clinic(settings))


def rulebook_of(settings: Settings) -> RuleBook:
    """The rules with this site's choices; ends the command with all that is wrong with them."""
    from cds_hooks.house import open_rulebook

    return _or_end(lambda: open_rulebook(settings), 2)


def _check_clients(settings: Settings) -> None:
    """Register the clients of the settings file; ends the command with all for which one of them cannot be served."""
    from cds_hooks.clients.record import RecordError
    from cds_hooks.databases import DatabaseError
    from cds_hooks.house import register_clients

    try:
        register_clients(settings)
    except (DatabaseError, RecordError) as problem:
        raise _Refused(str(problem)) from None


def _or_end(open_it: Callable[[], T], exit_code: int = 1) -> T:
    from cards import HouseError

    try:
        return open_it()
    except HouseError as error:
        _end_with(error.problems, exit_code)


def _end_with(problems: Iterable[str], exit_code: int = 1) -> NoReturn:
    for problem in problems:
        click.echo(problem, err=True)
    sys.exit(exit_code)


@main.group()
def config() -> None:
    """Show or check the settings."""


@config.command("show")
@click.pass_context
def config_show(ctx: click.Context) -> None:
    """Print every setting, its value, and where that came from; then every number and rule a site may change."""
    settings = settings_of(ctx)
    from cds_hooks.settings import TABLE

    for row in TABLE:
        shown = row.shown(getattr(settings, row.name))
        click.echo(f"{row.name} = {shown}  # {settings.origins.get(row.name, 'default')}. {row.meaning}")
    book = rulebook_of(settings)
    click.echo("\n[numbers]")
    for name, quantity in book.settable.items():
        key = f'"{name}"' if "." in name else name
        told = f"{quantity.unit}; delivered {quantity.delivered}, allowed {quantity.range_words}"
        click.echo(f"{key} = {quantity}  # {told}. {quantity.meaning}")
    click.echo("\n[rules]")
    for page in sorted((rule.page for rule in book.rules), key=lambda page: page.rule):
        delivered = "on" if page.is_on_as_delivered else "off"
        state = page.level_at_site.wire if page.level_at_site is not None else page.state
        may_be = f", may be {' or '.join(level.wire for level in page.at_a_site)}" if page.at_a_site else ""
        click.echo(f'{page.rule} = "{state}"  # delivered {delivered}{may_be}. {page.title}')


@config.command("check")
@click.pass_context
def config_check(ctx: click.Context) -> None:
    """Say whether the service would start with these settings; 0 if so, 2 if not."""
    settings = settings_of(ctx)
    rulebook_of(settings)
    click.echo(f"The settings are in order (profile {settings.profile}).")


@main.command()
def version() -> None:
    """Print which software this is."""
    from cds_hooks.edition import product_version

    click.echo(f"ldn-cds {product_version()}")


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise _Refused(f"{file} cannot be read: {error.strerror}.") from None
