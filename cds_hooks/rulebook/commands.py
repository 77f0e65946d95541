"""``ldn-cds rules``: list them, show one, export them all, begin a new one."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from cards.shelves import HAZARDS
from cds_hooks.cli import refused, rulebook_of, settings_of

if TYPE_CHECKING:
    from cards.pages import RuleBook
    from cds_hooks.wire import Json

WIDTH: Final = 100
_DAY: Final = click.DateTime(["%Y-%m-%d"])


@click.group(invoke_without_command=True)
@click.option("--today", type=_DAY, help="The day on which a review is overdue; today unless set.")
@click.option("--json", "as_json", is_flag=True, help="The list as JSON.")
@click.pass_context
def rules(ctx: click.Context, today: Any, as_json: bool) -> None:
    """List the rules; show, export or begin one."""
    if ctx.invoked_subcommand is None:
        from cds_hooks.rulebook.telling import line_of

        book = _open(ctx)
        lines = [line_of(rule.page, _day(today)) for rule in book.rules]
        click.echo(_as_json({"rules": lines}) if as_json else _listed(lines))


@rules.command()
@click.argument("rule_id", metavar="ID")
@click.option("--today", type=_DAY, help="The day on which a review is overdue; today unless set.")
@click.option("--json", "as_json", is_flag=True, help="All of it as JSON.")
@click.pass_context
def show(ctx: click.Context, rule_id: str, today: Any, as_json: bool) -> None:
    """Print the page of one rule."""
    from cds_hooks.rulebook.telling import told

    book = _open(ctx)
    rule = book.rule(rule_id) or book.rule(rule_id.replace("_", "-"))
    if rule is None:
        near = book.nearest(rule_id.replace("_", "-"))
        meant = f"Did you mean {' or '.join(near)}?" if near else "ldn-cds rules lists those there are."
        raise refused(f"There is no rule {rule_id}. {meant}")
    one = told(rule, book, _day(today))
    click.echo(_as_json(one) if as_json else _page(one))


@rules.command()
@click.argument("rule_id", metavar="ID")
@click.option("--reason", required=True, help="Why: it is what the next reader has.")
@click.option("--until", type=_DAY, help="The day from which it is heard again; until changed unless set.")
@click.option("--client", default="", help="For this client alone; for all unless set.")
@click.option("--database", help="The database, instead of the setting's.")
@click.pass_context
def silence(ctx: click.Context, rule_id: str, reason: str, until: Any, client: str, database: str | None) -> None:
    """Ask a rule and keep what it finds, and return nothing of it: known everywhere within seconds, without a restart."""
    from cds_hooks.databases import refuse_all_but_current, writing
    from cds_hooks.memory.commands import database_of, operator
    from cds_hooks.memory.modes import ModeError
    from cds_hooks.memory.modes import silence as keep_unheard
    from cds_hooks.memory.stamps import now

    ends = until.astimezone() if until else None
    with database_of(ctx, database) as engine, writing(engine) as connection:
        refuse_all_but_current(connection)
        try:
            keep_unheard(
                *(connection, _open(ctx), rule_id),
                who=operator(), role="operator", reason=reason, at=now(), until=ends, client=client,
            )  # fmt: skip
        except ModeError as problem:
            raise refused(str(problem)) from None
    click.echo(f"{rule_id} is not heard any more{f' until {until:%Y-%m-%d}' if until else ''}.")


@rules.command()
@click.argument("rule_id", metavar="ID")
@click.option("--client", default="", help="For this client alone; for all unless set.")
@click.option("--database", help="The database, instead of the setting's.")
@click.pass_context
def hear(ctx: click.Context, rule_id: str, client: str, database: str | None) -> None:
    """Return again what a silenced rule finds."""
    from cds_hooks.databases import refuse_all_but_current, writing
    from cds_hooks.memory.commands import database_of, operator
    from cds_hooks.memory.modes import hear as hear_again
    from cds_hooks.memory.stamps import now

    with database_of(ctx, database) as engine, writing(engine) as connection:
        refuse_all_but_current(connection)
        if not hear_again(connection, rule_id, who=operator(), role="operator", at=now(), client=client):
            raise refused(f"{rule_id} was not silenced.")
    click.echo(f"{rule_id} is heard again.")


@rules.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--date", "day", type=_DAY, help="The day that is written into what is exported; today unless set.")
@click.option("--base", help="The address of the FHIR resources; the service's public_url with /fhir, else a URN.")
@click.pass_context
def export(ctx: click.Context, folder: Path, day: Any, base: str | None) -> None:
    """Write a document for a committee and FHIR resources into FOLDER."""
    from cds_hooks.edition import product_version
    from cds_hooks.rulebook import fhir
    from cds_hooks.rulebook.committee import committee_html
    from cds_hooks.rulebook.near import all_stories

    settings = settings_of(ctx)
    book = _open(ctx)
    on = _day(day)
    if base is None:
        base = f"{settings.public_url}/fhir" if settings.public_url else ""
    edition = fhir.Edition(on, base)
    resources = fhir.resources(book, edition)
    whole = fhir.bundle(resources, edition)
    if wrong := fhir.faults(whole):
        raise refused("Nothing was written, for this is no FHIR R4:\n" + "\n".join(wrong))
    document = folder / "rules.html"
    _write(document, committee_html(book, all_stories(), on, product_version()))
    for resource in resources:
        _write(folder / "fhir" / f"{resource['resourceType']}-{resource['id']}.json", _as_json(resource) + "\n")
    _write(folder / "fhir" / "Bundle-ldn-cds-rules.json", _as_json(whole) + "\n")
    click.echo(f"{document}: {len(book.rules)} rules, for a committee.")
    click.echo(f"{folder / 'fhir'}: {len(resources)} resources, and one Bundle of them all.")


@rules.command()
@click.argument("name")
@click.option("--hazard", help=f"The folder of cards/rules it belongs in: {', '.join(HAZARDS)}.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the three files go instead, beside one another; with --hazard, in that folder of it.",
)
@click.option("--today", type=_DAY, help="The day from which its review counts; today unless set.")
def new(name: str, hazard: str | None, folder: Path | None, today: Any) -> None:
    """Begin a rule: the sentence, its page and its test, for you to write."""
    from cds_hooks.rulebook.sketch import SketchError, sketch

    roots = (folder, folder) if folder is not None else (Path("cards/rules"), Path("tests/rules"))
    if folder is None and not all(root.is_dir() for root in roots):
        raise refused("Here is no checkout with cards/rules and tests/rules. Go there, or name a --folder.")
    if (hazard is None and folder is None) or (hazard is not None and hazard not in HAZARDS):
        given = "Name the hazard it is about" if hazard is None else f"There is no folder {hazard} of rules"
        raise refused(f"{given}: --hazard {' or '.join(HAZARDS)}.")
    places = [root / hazard if hazard is not None else root for root in roots]
    try:
        made = sketch(name, places[0], places[1], _day(today), hazard)
    except SketchError as error:
        raise refused(str(error)) from None
    for path in made:
        click.echo(f"Written: {path}")
    where = f" --rules {folder}" if folder is not None else ""
    click.echo(f"ldn-cds check{where} names what is still to be written.")


def _open(ctx: click.Context) -> RuleBook:
    return rulebook_of(settings_of(ctx))


def _day(given: Any) -> date:
    from cds_hooks.application import machine_day

    return given.date() if given else machine_day()


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    except OSError as error:
        raise refused(f"{path} cannot be written: {error.strerror}.") from None


def _as_json(value: object) -> str:
    import msgspec

    from cds_hooks.wire import encode

    return msgspec.json.format(encode(value), indent=2).decode()


# --- on a terminal ---------------------------------------------------------------------------------------------------

_COLUMNS: Final = (("rule", 47), ("ver.", 5), ("level", 8), ("evidence", 8), ("asked at", 17), ("state", 5))


def _listed(lines: Iterable[Json]) -> str:
    """The list, at most a hundred columns wide: no colour, no box, fit for a pipe."""
    from cds_hooks.rulebook.telling import GROUP_TITLES, in_groups

    out = []
    for group, members in in_groups(lines):
        out += [f"{GROUP_TITLES[group]} ({group})", _row([[name] for name, _ in _COLUMNS])]
        out.append("  ".join("-" * width for _, width in _COLUMNS))
        out += [_row(_cells(one)) for one in members]
        out.append("")
    return "\n".join(out).rstrip()


def _cells(one: Mapping[str, Any]) -> list[list[str]]:
    checked = f"checked by {one['checkedBy']}, until {one['reviewBy']}"
    state = [one["state"]] if one["state"] == one["deliveredState"] else [one["state"].partition(",")[0], "site"]
    texts = [one["id"], *textwrap.wrap(one["title"], _COLUMNS[0][1] - 2), *textwrap.wrap(checked, _COLUMNS[0][1] - 2)]
    rests_on = "rests on " + ", ".join(f"{source['key']} ({source['grade']})" for source in one["restsOn"])
    texts += textwrap.wrap(rests_on, _COLUMNS[0][1] - 2)
    rule = [texts[0], *(f"  {text}" for text in texts[1:]), *(["  OVERDUE for review"] if one["isOverdue"] else [])]
    evidence = textwrap.wrap(one["evidence"], _COLUMNS[3][1])
    return [rule, [one["version"]], one["levels"], evidence, one["hooks"], state]


def _row(cells: Sequence[Sequence[str]]) -> str:
    height = max(len(cell) for cell in cells)
    lines = []
    for nth in range(height):
        parts = [
            (cell[nth] if nth < len(cell) else "").ljust(width)
            for cell, (_, width) in zip(cells, _COLUMNS, strict=True)
        ]
        lines.append("  ".join(parts).rstrip())
    return "\n".join(lines)


def _page(one: Json) -> str:
    from cds_hooks.rulebook.telling import ABOUT, GROUP_TITLES

    state = one["state"] if one["state"] == one["deliveredState"] else f"{one['state']} (this site's choice)"
    may_be = [f"A site may have it speak as {' or '.join(one['mayBe'])}."] if one["mayBe"] else []
    overdue = "  OVERDUE" if one["isOverdue"] else ""
    head = [
        one["title"],
        "=" * len(one["title"]),
        f"{one['id']} {one['version']}  {'/'.join(one['levels'])}  evidence {one['evidence']}  {state}",
        *_wrapped(f"{GROUP_TITLES[one['group']]}. Asked at {', '.join(one['hooks'])}, of {ABOUT[one['about']]}."),
        *may_be,
        *_wrapped(f"Written by {one['review']['written_by']}, checked by {one['checkedBy']}."),
        f"Last looked through {one['reviewed']}, to be reviewed by {one['reviewBy']}{overdue}",
    ]
    parts = ["\n".join(head), _section("When it speaks", _wrapped(one["works"]))]
    parts += [_section("How often", _wrapped(one["budget"])), _section("Why", _wrapped(one["why"]))]
    for saying in one["sayings"]:
        words = [*_wrapped(saying["summary"]), "", *_wrapped(saying["detail"])]
        parts.append(_section(f"Says, {saying['circumstance'].replace('_', ' ')} ({saying['level']})", words))
    offers = [line for offer in one["offers"] for line in _wrapped(f"- {offer['label']}", "  ")]
    parts.append(_section("Offers", offers))
    parts.append(_section("Numbers of its own", _numbers(one["numbers"])))
    parts.append(_section("Numbers it shares", _numbers(one["sharedNumbers"])))
    cited = [
        line
        for source in one["sources"]
        for line in _wrapped(
            f"- [{source['grade']}] {source['title']}{' ' + source['url'] if source['url'] else ''}", "  "
        )
    ]
    parts.append(_section("Sources, with their grade", cited))
    parts.append(_section("Speaks on after its offer was taken", _wrapped(one["goesOn"])))
    parts.append(_section("Yields to", _wrapped(", ".join(one["yieldsTo"]))))
    reasons = [f"- {reason['display']}" for reason in one["overrideReasons"]]
    parts.append(_section("Reasons of its own for setting it aside", reasons))
    used = [line for key, how in one["attributes"].items() if how for line in _wrapped(f"- {key}: {how}", "  ")]
    parts.append(_section("What of the patient it uses", used))
    return "\n\n".join(part for part in parts if part)


def _numbers(listed: Iterable[Mapping[str, Any]]) -> list[str]:
    lines = []
    for one in listed:
        unit = "" if one["unit"] == "1" else f" {one['unit']}"
        chosen = f" (site; delivered {one['delivered']})" if one["isSiteChoice"] else ""
        span = f", {one['range'][0]} to {one['range'][1]}" if one["range"] else ""
        lines += _wrapped(f"- {one['name']} = {one['value']}{unit}{chosen}{span}. {one['meaning']} {_cited(one)}", "  ")
    return lines


def _cited(one: Mapping[str, Any]) -> str:
    return f"[{one['source']['key']}, {one['source']['grade']}]"


def _section(title: str, lines: Sequence[str]) -> str:
    return "\n".join([title, "-" * len(title), *lines]) if lines else ""


def _wrapped(text: str, hanging: str = "") -> list[str]:
    options = {"break_long_words": False, "break_on_hyphens": False}
    return textwrap.wrap(text, WIDTH, subsequent_indent=hanging, **options)  # type: ignore[arg-type]
