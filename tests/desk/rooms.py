"""A review desk to walk into in tests: the real application, an audit chain in its database, and a browser."""

from __future__ import annotations

import html
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import Engine, insert, select
from werkzeug.test import TestResponse

from cards import Hook
from cds_hooks.back_office import open_back_office
from cds_hooks.callers import Caller, Visit
from cds_hooks.databases import reading, writing
from cds_hooks.desk.verdicts import standing_verdicts
from cds_hooks.hook_request import read_hook_request
from cds_hooks.memory import audit
from cds_hooks.memory.pseudonyms import Pseudonyms
from cds_hooks.memory.records import CALL_COLUMNS, CARD_COLUMNS, CARD_RULE_COLUMNS, Writer
from cds_hooks.memory.stamps import stamp
from cds_hooks.people.directory import User
from cds_hooks.people.doors import Reader
from cds_hooks.people.roles import ALL_TENANTS, Role
from cds_hooks.settings import Settings
from cds_hooks.store import AnsweredCall
from cds_hooks.tables import AUDIT, CALLS, CARD_RULES, CARDS, SNAPSHOTS
from cds_hooks.wire import encode
from tests.charts import the_clinic
from tests.desks import Desk
from tests.figures.history import History
from tests.scenes import SCENARIOS, in_process, name_of, service_of

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ADDRESS = "https://cds.example.org"
SECRET = "0123456789abcdef0123456789ABCDEF"  # noqa: S105 - of no service that runs
PASSWORD = "a long enough password"  # noqa: S105
EVERYBODY = Reader("tester", Role.ADMIN, ALL_TENANTS, "", "demo")


@dataclass
class Chain:
    """Writes what people do into the audit chain."""

    engine: Engine
    room: Room | None = None

    def append(self, *, detail: Mapping[str, Any], **event: str) -> None:
        with writing(self.engine) as connection:
            audit.append(connection, audit.Event(detail=detail, **event), self.room.moment if self.room else NOW)


@dataclass
class Room:
    """A desk with a browser in front of it; ``moment`` is the time that its clock shows."""

    engine: Engine
    client: FlaskClient
    doors: Any
    history: History
    app: Any
    moment: datetime = NOW
    accept: str = "text/html"

    def page(self, path: str) -> TestResponse:
        return self.client.get(path, base_url=ADDRESS, headers={"Accept": self.accept})

    def text(self, path: str) -> str:
        answer = self.page(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return shown(answer)

    def send(self, path: str, **form: str) -> TestResponse:
        return self.client.post(path, data=form, base_url=ADDRESS, headers={"Accept": "text/html", "Origin": ADDRESS})

    def send_as_seen(self, path: str, to: str, **form: str) -> TestResponse:
        """Send a form of a page as the page made it, filled in."""
        return self.send(to, **(self.hidden(path, to) | form))

    def hidden(self, path: str, to: str) -> dict[str, str]:
        """What a form of a page carries unseen."""
        page = self.text(path)
        found = re.search(rf'<form[^>]*action="{re.escape(to)}".*?</form>', page, re.DOTALL)
        assert found is not None, f"no form on {path} leads to {to}"
        return {
            name: html.unescape(value)
            for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', found[0])
        }

    def judge(self, uuid: str, verdict: str = "appropriate", query: str = "", **form: str) -> TestResponse:
        page = f"/desk/cards/{uuid}{'?' + query if query else ''}"
        return self.send_as_seen(page, f"/desk/cards/{uuid}/verdict", card_verdict=verdict, **form)

    def follow(self, answer: TestResponse) -> str:
        assert answer.status_code == 303, f"{answer.status_code}"
        return self.text(answer.headers["Location"])

    def sign_in(self, name: str, role: Role, tenants: tuple[str, ...] = ("t1",)) -> None:
        if name not in [user.name for user in self.doors.directory.users()]:
            self.doors.directory.add(User(name, role, tenants), PASSWORD)
        self.client.delete_cookie("ldn-desk", domain="cds.example.org")
        form = shown(self.page("/sign-in"))
        csrf = re.search(r'name="csrf" value="(\w+)"', form)[1]
        answer = self.send("/sign-in", csrf=csrf, name=name, password=PASSWORD, next="")
        assert answer.status_code == 303

    def standing(self, subject: str) -> list[Any]:
        with reading(self.engine) as connection:
            return standing_verdicts(connection, EVERYBODY, subject)

    def review_of(self, uuid: str) -> str:
        with reading(self.engine) as connection:
            return connection.execute(select(CARDS.c.review).where(CARDS.c.uuid == uuid)).scalar_one()

    def audited(self) -> list[tuple[str, str]]:
        with reading(self.engine) as connection:
            assert audit.verify(connection).broken_at is None
            asked = select(AUDIT.c.what, AUDIT.c.about).order_by(AUDIT.c.number)
            return [tuple(row) for row in connection.execute(asked)]


def shown(answer: TestResponse) -> str:
    return answer.get_data(as_text=True)


def enter(engine: Engine, **settings: Any) -> Room:
    """Open the desk over a database."""
    told = Settings(**({"profile": "demo", "public_url": "", "secret": SECRET, "debug": True} | settings))
    front = Desk(clinic=the_clinic(), settings=told)
    chain = Chain(engine)
    room = Room(engine, front.app.test_client(), None, History(engine, count(1)), front.app)
    chain.room = room
    room.doors = open_back_office(front.app, told, engine, chain, now=lambda: room.moment)
    return room


def production() -> dict[str, Any]:
    """The settings of a desk where people sign in."""
    return {"profile": "production", "public_url": ADDRESS, "debug": False}


def keep_a_real_call(
    room: Room,
    name: str = "order-sign/low_dose_naltrexone_of_45_milligrams",
    *,
    keeps_request: bool = False,
    fetches: Mapping[str, str] | None = None,
    **told: Any,
) -> str:
    """Answer a made-up scenario in the real clinic, and keep it as the service does; gives the first card's uuid."""
    scenario = next(one for one in SCENARIOS if name_of(one) == name)
    answer = in_process(scenario.hook, scenario.body, scenario)
    asked = read_hook_request(scenario.body, Hook(scenario.hook))
    service = service_of(scenario.hook)
    visit = Visit(Caller("north"), "t1")
    call = AnsweredCall(visit, service, asked, answer, answer.cards, 1.5, scenario.today, fetches or {})
    call_id = f"real-{next(iter(room.history.numbers))}"
    at = stamp(room.moment - timedelta(minutes=15))
    record = Writer(Pseudonyms(SECRET), "1", is_synthetic=True).record(call, call_id, at)
    row = dict(zip(CALL_COLUMNS, record.call, strict=True)) | {
        "trace": zlib.compress(encode(answer.explain().to_json()))
    }
    with writing(room.engine) as connection:
        connection.execute(insert(CALLS).values(row | told))
        for card in record.cards:
            connection.execute(insert(CARDS).values(dict(zip(CARD_COLUMNS, card, strict=True))))
        for rule in record.rules:
            connection.execute(insert(CARD_RULES).values(dict(zip(CARD_RULE_COLUMNS, rule, strict=True))))
        if keeps_request:
            connection.execute(
                insert(SNAPSHOTS).values(
                    call_id=call_id,
                    request=zlib.compress(scenario.body),
                    response=zlib.compress(encode({"cards": answer.cards})),
                    delete_after=stamp(NOW + timedelta(days=3)),
                )
            )
    return str(answer.cards[0]["uuid"])
