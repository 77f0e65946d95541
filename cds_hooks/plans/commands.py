"""``ldn-cds plan``: a dated calendar of one titration schedule, for the prescriber."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

import click

from cds_hooks.cli import refused, rulebook_of, settings_of

if TYPE_CHECKING:
    from cds_hooks.wire import Json

WIDTH: Final = 80


@click.command()
@click.argument("schedule_id", metavar="[SCHEDULE]", required=False)
@click.option("--start", type=click.DateTime(["%Y-%m-%d"]), help="The day of the first dose; today unless set.")
@click.option("--list", "lists", is_flag=True, help="Which schedules there are.")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
@click.pass_context
def plan(ctx: click.Context, schedule_id: str | None, start: Any, lists: bool, as_json: bool) -> None:
    """Print a titration schedule as a dated calendar; the usual one unless SCHEDULE names another.

    It is for the prescriber, and it knows no patient: what speaks against naltrexone is checked when it is ordered.
    """
    from cds_hooks.application import machine_day
    from cds_hooks.plans import telling

    book = rulebook_of(settings_of(ctx))
    if lists:
        lines = [telling.line_of(one) for one in telling.every(book)]
        click.echo(_as_json({"schedules": lines}) if as_json else "\n\n".join(map(_listed, lines)))
        return
    schedule = telling.found(schedule_id, book) if schedule_id is not None else telling.usual(book)
    if schedule is None:
        near = telling.nearest(schedule_id or "")
        meant = f" Did you mean {' or '.join(near)}?" if near else ""
        raise refused(f"There is no schedule {schedule_id}.{meant} ldn-cds plan --list names those there are.")
    try:
        planned = telling.dated(schedule, start.date() if start else machine_day(), book)
    except OverflowError:
        raise refused("No calendar reaches so far: choose an earlier day.") from None
    one = telling.told(schedule, planned, book)
    if planned is None:
        raise refused("\n".join(_wrapped(f"No calendar is made of {schedule.id}: {schedule.words} {schedule.note}")))
    click.echo(_as_json(one) if as_json else _calendar(one))


def _as_json(value: object) -> str:
    import msgspec

    from cds_hooks.wire import encode

    return msgspec.json.format(encode(value), indent=2).decode()


def _listed(one: Json) -> str:
    about = (
        f"{one['population']}. {one['standingMeans'][0].upper()}{one['standingMeans'][1:]}; evidence {one['evidence']}."
    )
    lines = [*_wrapped(one["doses"], "  "), *_wrapped(about, "  ")]
    return "\n".join([f"{one['id']}  {one['title']}", *lines])


def _calendar(one: Json) -> str:
    from cds_hooks.plans.telling import spoken

    steps = [
        (_span(step["from"], step["to"]), f"{step['dose']} {one['when']}: {step['take']}") for step in one["steps"]
    ]
    fills = [
        (
            spoken(fill["day"]),
            f"{fill['what']} for {fill['lasting']}{', after the review' if fill['isAfterReview'] else ''}",
        )
        for fill in one["fills"]
    ]
    reviews = [(spoken(review["day"]), review["words"]) for review in one["reviews"]]
    head = [one["title"], "=" * len(one["title"]), *_wrapped(one["forWhom"])]
    about = f"{one['id']}: {one['population']}; {one['standingMeans']}; evidence {one['evidence']}. {one['note']}"
    parts = [[*head, *_wrapped(about)]]
    parts += [_section(title, rows) for title, rows in (("Steps", steps), ("Fills", fills), ("Reviews", reviews))]
    parts.append(["Beside it", "---------", *(line for text in one["advice"] for line in _wrapped(f"- {text}", "  "))])
    sources = [f"- {source['title']} ({source['grade']})" for source in one["sources"]]
    parts.append(["Sources", "-------", *(line for text in sources for line in _wrapped(text, "  "))])
    return "\n\n".join("\n".join(part) for part in parts)


def _span(first: str, last: str | None) -> str:
    from cds_hooks.plans.telling import spoken

    return f"{spoken(first)} to {spoken(last)}" if last is not None else f"from {spoken(first)}"


def _section(title: str, rows: Iterable[tuple[str, str]]) -> list[str]:
    lines = [title, "-" * len(title)]
    for when, what in rows:
        lines += [when, *_wrapped(f"  {what}", "  ")]
    return lines


def _wrapped(text: str, hanging: str = "") -> list[str]:
    options: dict[str, Any] = {"break_long_words": False, "break_on_hyphens": False}
    first = hanging if hanging and not text.startswith(("-", " ")) else ""
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=hanging, **options)
