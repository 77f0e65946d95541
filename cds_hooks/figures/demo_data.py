"""``ldn-cds demo-data``: a made-up month in the database, so that every page of the desk has something to show."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from cds_hooks.figures.made_up import Month

_BATCH: Final = 500


@click.command("demo-data")
@click.option("--cards", type=click.IntRange(1, 1_000_000), default=5000, show_default=True, help="So many cards.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed makes the same month.")
@click.option("--days", type=click.IntRange(1, 3650), default=30, show_default=True, help="Over so many days.")
@click.option("--database", help="The database, instead of the setting's.")
@click.pass_context
def demo_data(ctx: click.Context, cards: int, seed: int, days: int, database: str | None) -> None:
    """Fill the database with a made-up month, in place of an earlier made-up one.

    Only what this command made is ever taken away: the calls of its own made-up clients.
    """
    from rich.progress import Progress

    from cds_hooks.cli import refused, settings_of
    from cds_hooks.databases import DatabaseError, opened
    from cds_hooks.terminal import make_console

    settings = settings_of(ctx, database=database)
    if not settings.is_demo:
        raise refused("A made-up history is for the demo profile: it has no place beside real patients.")
    with Progress(console=make_console(), transient=True) as progress:
        task = progress.add_task("Answering the made-up patients", total=None)
        try:
            with opened(settings.database, settings.synchronous) as engine:
                made = fill(
                    engine,
                    cards=cards,
                    seed=seed,
                    days=days,
                    until=datetime.now(UTC),
                    told=lambda: progress.advance(task),
                )
        except DatabaseError as problem:
            raise refused(str(problem)) from None
    click.echo(
        f"A made-up month: {len(made.calls):,} calls, {len(made.cards):,} cards, {len(made.feedback):,} items of "
        f"feedback, {len(made.verdicts):,} verdicts."
    )


def fill(
    engine: Engine, *, cards: int, seed: int, days: int, until: datetime, told: Callable[[], None] = lambda: None
) -> Month:
    """Make the month and put it in the place of an earlier one; the tables are made where there are none."""
    from sqlalchemy import delete, insert, select

    from cards import Clinic
    from cds_hooks.application import random_uuid
    from cds_hooks.databases import writing
    from cds_hooks.edition import product_version
    from cds_hooks.figures.made_up import CLIENTS, REVIEWERS, make_month, review_all
    from cds_hooks.memory.pseudonyms import Pseudonyms
    from cds_hooks.memory.records import Writer
    from cds_hooks.migrating import upgrade
    from cds_hooks.tables import CALLS, CARD_RULES, CARDS, FEEDBACK, SECOND_OPINIONS, VERDICTS
    from fhir_fixtures import scenarios

    upgrade(engine)
    reviewed = review_all(Clinic.open(), list(scenarios()), random_uuid, told)
    writer = Writer(Pseudonyms(f"made up, {seed}"), product_version(), is_synthetic=True)
    month = make_month(reviewed, writer, cards=cards, days=days, until=until, seed=seed)
    with writing(engine) as connection:
        earlier = select(CALLS.c.id).where(CALLS.c.client.in_(CLIENTS), CALLS.c.is_synthetic)
        of_earlier = select(CARDS.c.uuid).where(CARDS.c.call_id.in_(earlier))
        connection.execute(delete(CARD_RULES).where(CARD_RULES.c.card.in_(of_earlier)))
        connection.execute(delete(SECOND_OPINIONS).where(SECOND_OPINIONS.c.card.in_(of_earlier)))
        connection.execute(delete(CARDS).where(CARDS.c.call_id.in_(earlier)))
        connection.execute(delete(CALLS).where(CALLS.c.client.in_(CLIENTS), CALLS.c.is_synthetic))
        connection.execute(delete(FEEDBACK).where(FEEDBACK.c.client.in_(CLIENTS), FEEDBACK.c.is_synthetic))
        connection.execute(delete(VERDICTS).where(VERDICTS.c.reviewer.in_(REVIEWERS), VERDICTS.c.is_synthetic))
        for table, rows in (
            (CALLS, month.calls),
            (CARDS, month.cards),
            (CARD_RULES, month.card_rules),
            (FEEDBACK, month.feedback),
            (VERDICTS, month.verdicts),
            (SECOND_OPINIONS, month.second_opinions),
        ):
            for begin in range(0, len(rows), _BATCH):
                connection.execute(insert(table), rows[begin : begin + _BATCH])
    return month
