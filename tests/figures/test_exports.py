"""Exports: every row, nothing that identifies unless asked, nothing a spreadsheet runs."""

from __future__ import annotations

import csv
import io
import json

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from cds_hooks.cli import main
from cds_hooks.databases import reading
from cds_hooks.figures.exports import COLUMNS, as_csv, as_lines, count, harmless, records
from cds_hooks.figures.measures import Scope
from tests.figures.history import NOW

MONTH = Scope.last(30, NOW)
TRIGGERS = ["=", "+", "-", "@", "|", "%", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠"]


def exported(history, what, **how):
    with reading(history.engine) as connection:
        return list(records(connection, what, MONTH, **how))


@pytest.fixture
def full(history):
    card = history.card(outcome="overridden", reason="data-wrong", has_comment=True)
    reason = {"code": "data-wrong", "system": "urn:x", "display": "The chart is wrong"}
    history.feedback(card, "overridden", comments=["Mrs Roe takes none"], reasons=[reason])
    history.verdict(card, comment="seen by phone")
    history.audited()
    return history


@pytest.mark.parametrize("what", COLUMNS)
def test_each_export_has_its_columns_in_order(full, what):
    (row,) = exported(full, what)
    assert tuple(row) == COLUMNS[what]


@pytest.mark.parametrize("what", COLUMNS)
def test_nothing_that_identifies_leaves_unless_asked(full, what):
    told = json.dumps(exported(full, what), ensure_ascii=False)
    for secret in ("Mrs Roe", "by phone", "The chart is wrong", "ann", "Nov 2, 2026", "2026-11-2"):
        assert secret not in told


def test_an_identified_export_has_moments_summaries_and_comments(full):
    (card,) = exported(full, "cards", identified=True)
    (item,) = exported(full, "feedback", identified=True)
    assert card["summary"].endswith("since Nov 2, 2026")
    assert card["time_utc"].startswith("2026-11-23T")
    assert (item["comment"], item["reason_code"]) == ("Mrs Roe takes none", "data-wrong")


@pytest.mark.parametrize("what", COLUMNS)
def test_the_page_counts_the_rows_that_leave(full, what):
    with reading(full.engine) as connection:
        assert count(connection, what, MONTH) == len(list(records(connection, what, MONTH))) == 1


def test_what_lies_outside_the_days_asked_for_is_not_exported(history):
    history.card(days_ago=31)
    history.card(days_ago=30)
    assert len(exported(history, "cards")) == 1


def test_more_rows_than_a_batch_all_leave(history):
    call = history.call()
    for _ in range(501):
        history.card(call=call)
    with reading(history.engine) as connection:
        page = b"".join(as_csv(records(connection, "cards", MONTH), COLUMNS["cards"])).decode()
    rows = list(csv.DictReader(io.StringIO(page)))
    assert len({row["card_uuid"] for row in rows}) == 501


def test_json_lines_give_back_what_was_kept(full):
    (line,) = as_lines(exported(full, "verdicts", identified=True))
    assert json.loads(line)["comment"] == "seen by phone"


@given(st.sampled_from(TRIGGERS), st.text(), st.text(alphabet=" \u00a0\u3000", max_size=3))
def test_no_cell_is_taken_for_a_formula(trigger, rest, blanks):
    assert harmless(f"{blanks}{trigger}{rest}").startswith("'")


@given(st.text(alphabet=st.characters(categories=["L", "N"])))
def test_plain_words_stay_as_they_are(words):
    assert harmless(words) == words


def test_the_command_writes_a_file(full, database, tmp_path):
    out = tmp_path / "cards.csv"
    days = ["--since", "2026-11-01", "--until", "2026-11-24"]
    done = CliRunner().invoke(main, ["export", "cards", *days, "--out", str(out), "--database", database])
    assert done.exit_code == 0, done.output
    (row,) = csv.DictReader(io.StringIO(out.read_text("utf-8")))
    assert (row["rule"], row["patient"], row["time_utc"]) == ("ldn-a", "", "2026-11")


def test_days_the_wrong_way_round_are_refused(full, database):
    asked = ["export", "cards", "--since", "2026-11-24", "--until", "2026-11-22", "--database", database]
    done = CliRunner().invoke(main, asked)
    assert done.exit_code == 2
    assert "--since must not be after --until." in done.output


def test_without_a_database_there_is_nothing_to_export(tmp_path):
    done = CliRunner().invoke(main, ["export", "cards", "--database", f"sqlite:///{tmp_path / 'none.sqlite3'}"])
    assert done.exit_code == 2
    assert "nothing was remembered" in done.output
