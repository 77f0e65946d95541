"""A service with its back office, in production as a hospital runs it, and in the demo."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from cds_hooks.back_office import open_back_office
from cds_hooks.databases import opened
from cds_hooks.migrating import upgrade
from cds_hooks.people.directory import User
from cds_hooks.people.roles import Role
from cds_hooks.settings import Settings
from tests.desks import Desk

SECRET = "0123456789abcdef0123456789ABCDEF"  # noqa: S105
PASSWORD = "a long enough password"  # noqa: S105
ADDRESS = "https://cds.example.org"
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@dataclass
class Written:
    """The audit events that were written down."""

    events: list[dict[str, Any]] = field(default_factory=list)

    def append(self, **event: Any):
        assert set(event) == {"who", "role", "what", "about", "tenant", "result", "detail"}
        assert isinstance(event["detail"], Mapping)
        self.events.append(event)

    def told(self) -> list[tuple[str, str, str]]:
        return [(event["who"], event["what"], event["result"]) for event in self.events]


@dataclass
class Office:
    """A service with people behind it, and a browser in front of it."""

    client: Any
    doors: Any
    written: Written
    engine: Any

    def page(self, path: str, **how: Any):
        return self.client.get(path, base_url=ADDRESS, headers={"Accept": "text/html", **how.pop("headers", {})}, **how)

    def send(self, path: str, form: Mapping[str, str], headers: Mapping[str, str] | None = None):
        told = {"Accept": "text/html", "Origin": ADDRESS, **(headers or {})}
        return self.client.post(path, data=form, base_url=ADDRESS, headers=told)

    def sign_in(self, name="ann", password=PASSWORD, next_="", **headers: str):
        form = self.page("/sign-in").get_data(as_text=True)
        csrf = re.search(r'name="csrf" value="([\w-]+)"', form)[1]
        sent = {"csrf": csrf, "name": name, "password": password, "next": next_}
        return self.send("/sign-in", sent, headers)

    def csrf(self) -> str:
        page = self.page("/desk/dashboard").get_data(as_text=True)
        return re.search(r'name="csrf" value="([\w-]+)"', page)[1]


@pytest.fixture
def an_office(tmp_path):
    """Opens a service with other settings; a user for every role."""
    engines = []

    def open_it(**settings: Any) -> Office:
        told = {"profile": "production", "public_url": ADDRESS, "secret": SECRET} | settings
        engine = engines[0] if engines else None
        if engine is None:
            context = opened(f"sqlite:///{tmp_path / 'ldn.sqlite3'}")
            engine = context.__enter__()
            engines.append(engine)
            engines.append(context)
            upgrade(engine)
        desk = Desk(settings=Settings(**told))
        written = Written()
        doors = open_back_office(desk.app, Settings(**told), engine, written, now=lambda: NOW)
        return Office(desk.app.test_client(), doors, written, engine)

    yield open_it
    if engines:
        engines[1].__exit__(None, None, None)


@pytest.fixture
def office(an_office) -> Office:
    """The service of a hospital, where ann is a reviewer who sees one tenant."""
    made = an_office()
    made.doors.directory.add(User("ann", Role.REVIEWER, ("t1",)), PASSWORD)
    return made
