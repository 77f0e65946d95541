"""A memory in a database for tests, with a clock to turn, and ways to look into its tables."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from cds_hooks.application import random_uuid
from cds_hooks.callers import EVERYBODY
from cds_hooks.databases import opened, reading
from cds_hooks.memory.leftovers import Seal
from cds_hooks.memory.lines import open_line
from cds_hooks.memory.pseudonyms import Pseudonyms
from cds_hooks.memory.records import Writer
from cds_hooks.memory.store import DatabaseStore, Habits
from cds_hooks.migrating import upgrade
from tests import charts
from tests.charts import D, Fact
from tests.desks import Desk, Json

SECRET = "a secret of thirty-two bytes or more"  # noqa: S105 - a test's own
BEGAN = datetime(2024, 5, 6, 10, 0, tzinfo=UTC)


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.at = BEGAN

    def __call__(self) -> datetime:
        return self.at

    def pass_(self, **time: float) -> None:
        self.at += timedelta(**time)


@contextmanager
def a_store(address: str, clock: Clock | None = None, **habits: Any) -> Iterator[DatabaseStore]:
    """A memory in a database, which gets its tables first."""
    with opened(address) as engine:
        upgrade(engine)
    writer = Writer(Pseudonyms(SECRET), "test", is_synthetic=True)
    store = DatabaseStore(
        open_line(address, "NORMAL"),
        writer,
        Habits(**habits),
        Seal(SECRET),
        new_id=random_uuid,
        clock=clock or Clock(),
    )
    try:
        yield store
    finally:
        store.close()


def rows(address: str, table: sa.Table) -> list[Any]:
    """All that is in a table."""
    with opened(address) as engine, reading(engine) as connection:
        return list(connection.execute(sa.select(table).order_by(*table.primary_key.columns)))


@dataclass
class Practice:
    """The real service with a memory in a database: charts go in over HTTP, and the tables can be looked at."""

    address: str
    store: DatabaseStore
    clock: Clock
    desk: Desk

    def calls(self, *facts: Fact, hook: str = "order-sign", today: date = D, **changes: Any) -> list[Json]:
        """The cards for a chart that tells those facts."""
        self.day = today
        self.last_body = a_body(*facts, hook=hook, **changes)
        response = self.desk.post(f"/cds-services/ldn-{hook}", self.last_body)
        assert response.status_code == 200, response.text
        return list(response.json["cards"])

    def tells(self, *items: Json, hook: str = "order-sign") -> Any:
        """Send feedback, which must be taken."""
        response = self.desk.post(f"/cds-services/ldn-{hook}/feedback", {"feedback": list(items)})
        assert response.status_code == 200, response.text
        return response

    def rows(self, table: sa.Table) -> list[Any]:
        """All that is in a table."""
        return rows(self.address, table)

    day: date = D
    last_body: Json = field(default_factory=dict)


def a_body(*facts: Fact, hook: str = "order-sign", **changes: Any) -> Json:
    """A request that tells those facts."""
    context, prefetch = charts.a_request(*facts)
    told = {key: json.loads(text) if text is not None else None for key, text in prefetch.items()}
    return {
        "hook": hook,
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": context,
        "prefetch": told,
        **changes,
    }


def overridden(
    card: str, code: str = "documented-co-therapy-plan", at: str = "2024-05-06T10:00:05Z", **more: Any
) -> Json:
    """An item of feedback: the card was set aside for that coded reason."""
    reason = {"reason": {"code": code, "system": "urn:ldn-cds:override-reason"}} if code else {}
    return {"card": card, "outcome": "overridden", "outcomeTimestamp": at, "overrideReason": {**reason, **more}}


@contextmanager
def a_practice(address: str, callers: Any = EVERYBODY, **habits: Any) -> Iterator[Practice]:
    """The real service with a memory in a database."""
    clock = Clock()
    with a_store(address, clock, **habits) as store:
        practice = Practice(address, store, clock, None)  # type: ignore[arg-type]
        practice.desk = Desk(charts.the_clinic(), store=store, callers=callers, today=lambda: practice.day)
        yield practice
