"""A made-up month: marked as such, the same from the same seed, and never beside real patients."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from cds_hooks.cli import main
from cds_hooks.databases import opened, reading
from cds_hooks.figures.demo_data import fill
from cds_hooks.figures.made_up import CLIENTS
from cds_hooks.figures.measures import Scope, overview
from cds_hooks.tables import CALLS, CARD_RULES, CARDS, FEEDBACK, SECOND_OPINIONS, VERDICTS

UNTIL = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory):
    with opened(f"sqlite:///{tmp_path_factory.mktemp('month') / 'ldn.sqlite3'}") as engine:
        yield engine, fill(engine, cards=200, seed=7, days=30, until=UNTIL)


def count(engine, table) -> int:
    with reading(engine) as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def test_has_the_cards_that_were_asked_for_and_everything_around_them(month):
    engine, made = month
    assert count(engine, CARDS) == len(made.cards) >= 200
    assert count(engine, CALLS) > count(engine, CARDS)
    assert count(engine, CARD_RULES) >= count(engine, CARDS)
    assert count(engine, FEEDBACK) > 50
    assert count(engine, VERDICTS) > 20
    assert count(engine, SECOND_OPINIONS) == len(made.second_opinions) > 0
    assert any(card["is_degraded"] for card in made.cards)
    assert {card["prescriber_kind"] for card in made.cards} == {"Practitioner"}


def test_everything_in_it_says_that_it_is_made_up(month):
    _, made = month
    for rows in (made.calls, made.cards, made.feedback, made.verdicts):
        assert all(row["is_synthetic"] for row in rows)
    assert {call["client"] for call in made.calls} == set(CLIENTS)
    assert all("made up" in client for client in CLIENTS)


def test_lies_within_its_days_and_can_be_counted(month):
    engine, made = month
    assert all("2026-10-25" <= call["answered_at"][:10] <= "2026-11-24" for call in made.calls)
    with reading(engine) as connection:
        figures = overview(connection, Scope.last(31, UNTIL))
    assert figures.cards > 100
    assert figures.burden is not None
    assert 0 < (figures.coverage.value or 0) < 1


def test_the_same_seed_makes_the_same_month_in_place_of_the_first(month):
    engine, made = month
    again = fill(engine, cards=200, seed=7, days=30, until=UNTIL)
    assert [call["id"] for call in again.calls] == [call["id"] for call in made.calls]
    assert count(engine, CALLS) == len(made.calls)
    assert count(engine, VERDICTS) == len(made.verdicts)


def test_is_refused_in_production(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LDN_PROFILE", "production")
    monkeypatch.setenv("LDN_PUBLIC_URL", "https://cds.example.org")
    monkeypatch.setenv("LDN_SECRET", "0123456789abcdef0123456789ABCDEF")
    done = CliRunner().invoke(main, ["demo-data", "--cards", "10"])
    assert done.exit_code == 2
    assert "no place beside real patients" in done.output
