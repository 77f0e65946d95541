"""A start: calls are answered before the pages are there, and whoever wants a page waits for it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from cds_hooks.databases import Schema, opened, reading, schema_of
from cds_hooks.first_tables import make_tables, promise_tables, tables_to_come, wait_for_tables
from cds_hooks.opening import Opening
from cds_hooks.settings import Settings
from tests.desks import SIGN, Desk, a_request


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_call_is_answered_while_the_pages_are_put_together(desk: Desk):
    may_end = threading.Event()
    opening: Opening = desk.app.extensions["ldn-cds.opening"]
    opening.begin(may_end.wait)
    assert desk.post(SIGN, a_request()).status_code == 200
    asked = threading.Thread(target=lambda: answers.append(desk.client.get("/readyz").status_code))
    answers: list[int] = []
    asked.start()
    asked.join(0.1)
    assert answers == [], "who asks whether we are ready waits"
    may_end.set()
    asked.join(5)
    assert len(answers) == 1


def test_pages_that_cannot_be_put_together_make_a_process_unready(desk: Desk):
    def furnish() -> None:
        raise OSError("disk of Mrs. Example")

    opening: Opening = desk.app.extensions["ldn-cds.opening"]
    opening.begin(furnish)
    answer = desk.client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json["checks"]["pages"] == "could not be put together (OSError)"
    assert desk.post(SIGN, a_request()).status_code == 200, "orders are still checked"


def test_workers_wait_for_the_first_tables_of_a_demo(tmp_path: Path):
    settings = Settings(database=f"sqlite:///{tmp_path / 'ldn.sqlite3'}")
    assert not tables_to_come(None)
    assert not tables_to_come(tmp_path)
    promise_tables(settings, tmp_path)
    assert tables_to_come(tmp_path)
    maker = threading.Thread(target=make_tables, args=(settings, tmp_path))
    maker.start()
    wait_for_tables(tmp_path)
    with opened(settings.database) as engine, reading(engine) as connection:
        assert schema_of(connection) is Schema.CURRENT
    maker.join()
    promise_tables(settings, tmp_path)
    assert not tables_to_come(tmp_path), "at the next start they are there"


def test_tables_that_cannot_be_made_keep_nobody_waiting(tmp_path: Path):
    settings = Settings(database=f"sqlite:///{tmp_path / 'no such folder' / 'ldn.sqlite3'}")
    promise_tables(settings, tmp_path)
    assert tables_to_come(tmp_path)
    make_tables(settings, tmp_path)
    wait_for_tables(tmp_path)
    assert not tables_to_come(tmp_path)
