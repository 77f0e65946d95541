"""Every address of the service, for everybody who may come by: one table, held against the application's own map.

A new address without a row fails here, and so does a row whose address is gone. Everybody of the table sees one tenant;
of another one they must neither see nor change anything, whatever they ask.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, insert, select
from werkzeug.test import TestResponse

from cds_hooks.clients.record import read_record
from cds_hooks.clients.register import put_record
from cds_hooks.databases import opened, reading, writing
from cds_hooks.house import open_house
from cds_hooks.memory.stamps import stamp
from cds_hooks.migrating import upgrade
from cds_hooks.people.directory import Directory, User
from cds_hooks.people.roles import Role
from cds_hooks.settings import Settings
from cds_hooks.tables import AUDIT, CARDS, CLIENT_SIGNS, RULE_MODES, SAVED_VIEWS, SECOND_OPINIONS, VERDICTS
from tests.desk.rooms import ADDRESS, PASSWORD, SECRET
from tests.figures.history import History
from tests.jwt_clients import as_jwk, ec_key
from tests.people.provider import CLIENT, running_provider
from tests.people.provider import SECRET as SHARED

SIGNED_OUT: Final = "signed out"
VIEWER, REVIEWER, APPROVER, AUDITOR, ADMIN = (role.value for role in Role)
EVERYBODY: Final = frozenset({SIGNED_OUT, VIEWER, REVIEWER, APPROVER, AUDITOR, ADMIN})
PEOPLE: Final = EVERYBODY - {SIGNED_OUT}
JUDGES: Final = frozenset({REVIEWER, APPROVER, ADMIN})
SILENCERS: Final = frozenset({APPROVER, ADMIN})
EXPORTERS: Final = PEOPLE - {VIEWER}
INSPECTORS: Final = frozenset({AUDITOR, ADMIN})
NOBODY: Final[frozenset[str]] = frozenset()

OWN, FOREIGN = "qzown", "qzforeign"
"""What everything of the two tenants has in its name."""
RULE: Final = "ldn-timing-unspecified"


@dataclass(frozen=True)
class Row:
    """Who may go to an address, and what they get there; whoever may not gets ``signed_out`` or 403.

    ``at`` is the address with its blanks filled, ``form`` what is sent there. ``other_at`` and ``other_form`` ask the
    same of the other tenant, which must be answered with ``other``.
    """

    may: frozenset[str] = EVERYBODY
    at: str = ""
    answer: int = 200
    signed_out: int = 303
    form: Mapping[str, str] = field(default_factory=dict)
    other_at: str = ""
    other_form: Mapping[str, str] = field(default_factory=dict)
    other: int = 404

    def expected(self, who: str) -> int:
        if who in self.may and who != SIGNED_OUT:
            return self.answer
        return self.signed_out if who == SIGNED_OUT else 403


def anybody(answer: int = 200, **told: Any) -> Row:
    """An address for who comes by."""
    return Row(answer=answer, **{"signed_out": answer, **told})


def clients(**told: Any) -> Row:
    """An address for registered clients: of people it takes nobody, whoever they are."""
    return Row(answer=401, signed_out=401, **told)


def page(may: frozenset[str], at: str = "", **told: Any) -> Row:
    """A page for people who have signed in."""
    return Row(may, at, **told)


def sent(may: frozenset[str], at: str = "", **told: Any) -> Row:
    """A form for people who have signed in."""
    return Row(may, at, **{"answer": 303, "signed_out": 401, **told})


VERDICT: Final = {"id": "{new}", "card_verdict": "appropriate"}
TABLE: Final[Mapping[str, Row]] = {
    # whoever comes by
    "GET /": anybody(),
    "GET /.well-known/security.txt": anybody(404),  # nobody to write to is set here
    "GET /favicon.ico": anybody(),
    "GET /healthz": anybody(),
    "GET /plans": anybody(),
    "GET /plans/<schedule_id>": anybody(at="/plans/std-1.5"),
    "GET /readyz": anybody(),
    "GET /rules": anybody(),
    "GET /rules/<rule_id>": anybody(at=f"/rules/{RULE}"),
    "GET /rules/<rule_id>/source-attributes.json": anybody(at=f"/rules/{RULE}/source-attributes.json"),
    "GET /source-attributes": anybody(),
    "GET /static/<name>": anybody(404, at="/static/nothing.css"),
    "GET /style.css": anybody(),
    "GET /version": anybody(),
    # the way in and out
    "GET /sign-in": Row(answer=303, signed_out=200),
    "POST /sign-in": anybody(403, form={"csrf": "forged", "name": "ann", "password": PASSWORD}),
    "GET /sign-in/provider": anybody(303),
    "GET /sign-in/return": anybody(401),
    "POST /sign-out": anybody(303),
    # clients
    "GET /cds-services": clients(),
    "GET /cds-services/": clients(),
    "POST /cds-services/<service_id>": clients(at="/cds-services/ldn-order-sign"),
    "POST /cds-services/<service_id>/feedback": clients(at="/cds-services/ldn-order-sign/feedback"),
    # people
    "GET /try": page(PEOPLE),
    "POST /try": sent(PEOPLE, answer=200, form={"patient": "no_time_of_day", "drug": "naltrexone"}),
    "GET /desk": page(PEOPLE),
    "GET /desk/without-cards": page(PEOPLE),
    "GET /desk/cards/<uuid>": page(PEOPLE, "/desk/cards/qzown-card", other_at="/desk/cards/qzforeign-card"),
    "GET /desk/cards/<uuid>/raw": page(
        INSPECTORS, "/desk/cards/qzown-card/raw", other_at="/desk/cards/qzforeign-card/raw"
    ),
    "GET /desk/calls/<id_>": page(PEOPLE, "/desk/calls/qzown-silent", other_at="/desk/calls/qzforeign-silent"),
    "POST /desk/cards/<uuid>/verdict": sent(
        JUDGES, "/desk/cards/qzown-card/verdict", form=VERDICT, other_at="/desk/cards/qzforeign-card/verdict"
    ),
    "POST /desk/calls/<id_>/verdict": sent(
        JUDGES, "/desk/calls/qzown-silent/verdict", form=VERDICT, other_at="/desk/calls/qzforeign-silent/verdict"
    ),
    "POST /desk/verdicts/<id_>/undo": sent(
        JUDGES, "/desk/verdicts/{verdict}/undo", other_at="/desk/verdicts/{other_verdict}/undo"
    ),
    "POST /desk/cards/<uuid>/second-opinion": sent(
        JUDGES,
        "/desk/cards/qzown-card/second-opinion",
        form={"id": "{new}"},
        other_at="/desk/cards/qzforeign-card/second-opinion",
    ),
    "POST /desk/second-opinions/<id_>/undo": sent(
        JUDGES, "/desk/second-opinions/{opinion}/undo", other_at="/desk/second-opinions/{other_opinion}/undo"
    ),
    "GET /desk/comments": page(PEOPLE),
    "GET /desk/angry-words": page(PEOPLE),
    "POST /desk/views": sent(PEOPLE, form={"name": "mine", "list": ""}),
    "POST /desk/views/forget": sent(PEOPLE, form={"name": "qzforeign view"}),
    "GET /desk/dashboard": page(PEOPLE),
    "GET /desk/report": page(PEOPLE),
    "GET /desk/rules": page(PEOPLE),
    "GET /desk/rules/<rule>": page(PEOPLE, f"/desk/rules/{RULE}"),
    "POST /desk/rules/<rule>/silence": sent(
        SILENCERS,
        f"/desk/rules/{RULE}/silence",
        form={"client": "qzown-client", "days": "7", "mode": "silent", "reason": "too many"},
        other_at=f"/desk/rules/{RULE}/silence",
        other_form={"client": "qzforeign-client"},
        other=403,
    ),
    "POST /desk/rules/<rule>/hear": sent(
        SILENCERS,
        f"/desk/rules/{RULE}/hear",
        form={"client": "qzown-client"},
        other_at=f"/desk/rules/{RULE}/hear",
        other_form={"client": "qzforeign-client"},
        other=403,
    ),
    "GET /desk/clients": page(INSPECTORS),
    "GET /desk/clients/<name>": page(
        INSPECTORS, "/desk/clients/qzown-client", other_at="/desk/clients/qzforeign-client"
    ),
    "POST /desk/clients/<name>/test": sent(
        frozenset({ADMIN}),
        "/desk/clients/qzown-client/test",
        answer=200,
        form={"what": "token", "token": ""},
        other_at="/desk/clients/qzforeign-client/test",
    ),
    "GET /desk/system": page(INSPECTORS),
    "GET /desk/audit": page(INSPECTORS),
    "GET /desk/exports": page(EXPORTERS),
    "GET /desk/exports/<what>.<form>": page(EXPORTERS, "/desk/exports/cards.csv"),
}
WITH_AN_ARGUMENT: Final[Mapping[str, Row]] = {
    "GET /desk/exports/<what>.<form>, identified": page(frozenset({ADMIN}), "/desk/exports/cards.csv?identified=yes"),
    "GET /desk/exports/<what>.<form>, verdicts": page(EXPORTERS, "/desk/exports/verdicts.jsonl"),
    "GET /desk/exports/<what>.<form>, feedback": page(EXPORTERS, "/desk/exports/feedback.csv"),
    "GET /desk/exports/<what>.<form>, rules": page(EXPORTERS, "/desk/exports/rules.csv"),
    "GET /desk/exports/<what>.<form>, comments": page(frozenset({ADMIN}), "/desk/exports/feedback.csv?identified=yes"),
    "GET /desk?…": page(PEOPLE, "/desk?client=qzown-client&comment=yes"),
    "GET /desk?…, of the other tenant": page(PEOPLE, "/desk?text=summary&outcome=overridden&sort=newest"),
    "GET /desk/audit, checked": page(INSPECTORS, "/desk/audit?verify=yes"),
    "POST /desk/rules/<rule>/silence, for all": sent(
        NOBODY,
        f"/desk/rules/{RULE}/silence",
        form={"client": "", "days": "7", "mode": "silent", "reason": "too many"},
    ),
}
"""The same addresses, asked in a way that takes another permission."""


@dataclass
class Hospital:
    """The service as a hospital runs it: people of every role who see one tenant, and another tenant beside it."""

    app: Flask
    engine: Engine
    history: History

    def come(self, who: str) -> Visitor:
        """A browser in which somebody of that role has signed in, or nobody."""
        visitor = Visitor(self, who, self.app.test_client())
        if who != SIGNED_OUT:
            form = visitor.get("/sign-in").get_data(as_text=True)
            told = {"csrf": _csrf(form), "name": who, "password": PASSWORD}
            assert visitor.send("/sign-in", told).status_code == 303
            visitor.csrf = _csrf(visitor.get("/desk").get_data(as_text=True))
        return visitor

    def all_of(self, tenant: str) -> list[list[tuple[Any, ...]]]:
        """What is kept of a tenant and of its people, to see whether anything of it was changed."""
        asked = (
            select(CARDS).where(CARDS.c.tenant == tenant),
            select(VERDICTS).where(VERDICTS.c.tenant == tenant).order_by(VERDICTS.c.id),
            select(SECOND_OPINIONS).where(SECOND_OPINIONS.c.tenant == tenant).order_by(SECOND_OPINIONS.c.id),
            select(RULE_MODES).where(RULE_MODES.c.client.like(f"{tenant}%")),
            select(SAVED_VIEWS).where(SAVED_VIEWS.c.who.like(f"{tenant}%")),
        )
        with reading(self.engine) as connection:
            return [[tuple(row) for row in connection.execute(one)] for one in asked]


@dataclass
class Visitor:
    """Somebody with a browser."""

    hospital: Hospital
    who: str
    client: FlaskClient
    csrf: str = ""

    def get(self, path: str) -> TestResponse:
        return self.client.get(path, base_url=ADDRESS, headers={"Accept": "text/html"})

    def send(self, path: str, form: Mapping[str, str]) -> TestResponse:
        return self.client.post(path, data=form, base_url=ADDRESS, headers={"Accept": "text/html", "Origin": ADDRESS})

    def ask(self, method: str, path: str, form: Mapping[str, str]) -> TestResponse:
        blanks = _Blanks(
            new=lambda: str(uuid4()),
            verdict=lambda: self._verdict(OWN),
            other_verdict=lambda: self._verdict(FOREIGN),
            opinion=lambda: self._opinion(OWN),
            other_opinion=lambda: self._opinion(FOREIGN),
        )
        path = path.format_map(blanks)
        if method == "GET":
            return self.get(path)
        told = {name: value.format_map(blanks) for name, value in form.items()}
        return self.send(path, {"csrf": self.csrf, **told})

    def _verdict(self, tenant: str) -> str:
        """A verdict of this very person that can still be undone; of another tenant, somebody took it away since."""
        told = {"tenant": tenant, "reviewer": self.who, "at": stamp(datetime.now(UTC)), "id": str(uuid4())}
        return self.hospital.history.verdict(f"{tenant}-card", comment=tenant, **told)

    def _opinion(self, tenant: str) -> str:
        """A second opinion that this very person asked for, on a card of that tenant."""
        told = {"id": str(uuid4()), "card": f"{tenant}-card", "tenant": tenant, "who": self.who}
        with writing(self.hospital.engine) as connection:
            connection.execute(insert(SECOND_OPINIONS).values(at=stamp(datetime.now(UTC)), **told))
        return told["id"]


class _Blanks(dict[str, str]):
    """Fills a blank when it is met, each time anew."""

    def __init__(self, **made: Callable[[], str]) -> None:
        super().__init__()
        self._made = made

    def __missing__(self, name: str) -> str:
        return self._made[name]()


def _csrf(page: str) -> str:
    found = re.search(r'name="csrf" value="([\w-]+)"', page)
    assert found is not None
    return found[1]


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    database = f"sqlite:///{tmp_path_factory.mktemp('hospital') / 'ldn.sqlite3'}"
    with opened(database) as engine, running_provider() as provider:
        upgrade(engine)
        history = History(engine, count(1))
        directory = Directory(engine, lambda: datetime.now(UTC))
        for role in Role:
            directory.add(User(role.value, role, (OWN,)), PASSWORD)
        for tenant in (OWN, FOREIGN):
            _fill(history, tenant)
        settings = Settings(
            profile="production", public_url=ADDRESS, secret=SECRET, database=database, try_page=True, log_level="critical",
            oidc_issuer=provider.address, oidc_client_id=CLIENT, oidc_client_secret=SHARED,
        )  # fmt: skip
        app = open_house(settings)
        assert app.test_client().get("/desk").status_code == 303  # whoever asks for a page waits until all are there
        yield Hospital(app, engine, history)


def _fill(history: History, tenant: str) -> None:
    """A card that was overridden with a comment, a call without a card, a silenced rule, a view, signs, an event."""
    now = stamp(datetime.now(UTC))
    of = {"tenant": tenant, "client": f"{tenant}-client"}
    orders = f'[{{"what": "{tenant} order"}}]'
    whose = {"patient": f"{tenant}-patient", "prescriber": f"{tenant}-prescriber"}
    call = history.call(id=f"{tenant}-call", answered_at=now, cards=1, orders_json=orders, **of, **whose)
    history.call(id=f"{tenant}-silent", answered_at=now, orders_json=orders, **of, **whose)
    card = {"uuid": f"{tenant}-card", "summary": f"{tenant} summary", "order_text": f"{tenant} order", "at": now}
    history.card(RULE, "critical", call=call, outcome="overridden", reason=f"{tenant}-reason", **card, **of, **whose)
    said = {"comments": [f"{tenant} comment"], "reasons": [{"code": f"{tenant}-reason"}], "received_at": now}
    history.feedback(f"{tenant}-card", "overridden", outcome_at=now, **said, **of)
    history.verdict(f"{tenant}-card", tenant=tenant, reviewer=f"{tenant}-ann", comment=f"{tenant} comment", at=now)
    event = {
        "who": f"{tenant}-ann",
        "role": "admin",
        "what": "card opened",
        "about": f"{tenant}-card",
        "tenant": tenant,
    }
    record = {
        "name": f"{tenant}-client",
        "issuer": f"https://{tenant}.example.org",
        "keys": [as_jwk(ec_key(), "key-1")],
    }
    put_record(history.engine, read_record(record), datetime.now(UTC))
    with writing(history.engine) as connection:
        connection.execute(
            insert(RULE_MODES).values(
                rule=RULE, client=f"{tenant}-client", mode="silent", reason=f"{tenant} why", since=now, until="",
                who=f"{tenant}-ann",
            )
        )  # fmt: skip
        connection.execute(insert(SAVED_VIEWS).values(who=f"{tenant}-ann", name=f"{tenant} view", query=""))
        connection.execute(
            insert(CLIENT_SIGNS).values(
                client=f"{tenant}-client", kind="refusal", at=now, detail_json=f'{{"why": "{tenant}"}}'
            )
        )
        connection.execute(
            insert(AUDIT).values(
                number=1 if tenant == OWN else 2,
                at=now,
                result="done",
                detail_json="{}",
                previous_hash="0",
                hash="1",
                **event,
            )
        )


def addresses(app: Flask) -> set[str]:
    """Every address with every method by which the application answers there by itself."""
    return {
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
        if method not in _GIVEN
    }


_GIVEN: Final = frozenset({"HEAD", "OPTIONS"})
"""Methods that Flask adds: HEAD is GET without a body, OPTIONS is answered at the door without looking at anything."""


def asked_of(line: str, row: Row) -> tuple[str, str]:
    method, path = line.split(",", maxsplit=1)[0].split(" ")
    return method, row.at or path


def test_every_address_has_a_row_and_every_row_an_address(hospital: Hospital):
    assert addresses(hospital.app) == set(TABLE)


@pytest.mark.parametrize("who", sorted(EVERYBODY))
def test_each_address_answers_each_role_as_its_row_says(hospital: Hospital, who: str):
    visitor = hospital.come(who)
    wrong = []
    # Signing out comes last, for whoever has done it is somebody else.
    for line, row in sorted({**TABLE, **WITH_AN_ARGUMENT}.items(), key=lambda one: one[0] == "POST /sign-out"):
        method, path = asked_of(line, row)
        answer = visitor.ask(method, path, row.form)
        answer.get_data()
        if answer.status_code != row.expected(who):
            wrong.append(f"{line}: answered {who} with {answer.status_code}, expected {row.expected(who)}")
        if answer.status_code == 303 and who == SIGNED_OUT and row.may <= PEOPLE and method == "GET":
            assert answer.headers["Location"].startswith("/sign-in?next="), line
    assert wrong == []


def test_no_page_brings_style_or_script_within_itself(hospital: Hospital):
    """The policy lets in files of ours alone; what stood in the page would be without effect, or worse, with it."""
    visitor = hospital.come(ADMIN)
    seen = 0
    for line, row in {**TABLE, **WITH_AN_ARGUMENT}.items():
        method, path = asked_of(line, row)
        if method != "GET" or (answer := visitor.ask(method, path, {})).mimetype != "text/html":
            continue
        seen += 1
        assert "unsafe" not in answer.headers["Content-Security-Policy"], line
        body = answer.get_data(as_text=True)
        assert re.findall(r"<style|<script(?! src=)|<[^>]+ (?:on\w+|style)=|javascript:", body) == [], line
    assert seen >= 20


@pytest.mark.parametrize("who", sorted(PEOPLE))
def test_a_form_that_no_page_of_ours_made_changes_nothing_whoever_sends_it(hospital: Hospital, who: str):
    visitor = hospital.come(who)
    for csrf in ("", "forged"):
        visitor.csrf = csrf
        for line, row in TABLE.items():
            method, path = asked_of(line, row)
            if method == "POST" and row.may != NOBODY and row.expected(who) != 401:
                assert visitor.ask(method, path, row.form).status_code == 403, line


@pytest.mark.parametrize("who", sorted(PEOPLE))
def test_nobody_sees_or_changes_what_belongs_to_another_tenant(hospital: Hospital, who: str):
    visitor = hospital.come(who)
    before = hospital.all_of(FOREIGN)
    seen = 0
    for line, row in {**TABLE, **WITH_AN_ARGUMENT}.items():
        method, path = asked_of(line, row)
        if who not in row.may:
            continue
        if method == "GET":
            body = visitor.ask(method, path, {}).get_data(as_text=True)
            assert FOREIGN not in body, f"{line} shows {who} something of another tenant"
            seen += OWN in body
        if row.other_at and "{" not in row.other_at:
            answer = visitor.ask(method, row.other_at, {**row.form, **row.other_form})
            assert answer.status_code == row.other, line
            assert FOREIGN not in answer.get_data(as_text=True).replace(row.other_at, ""), line
    assert seen >= 6, "hardly a page shows what belongs to one's own tenant, so that nothing was tested"
    visitor.ask("POST", "/desk/views/forget", {"name": f"{FOREIGN} view"})
    assert hospital.all_of(FOREIGN) == before


@pytest.mark.parametrize("who", sorted(JUDGES))
@pytest.mark.parametrize("line", ["POST /desk/verdicts/<id_>/undo", "POST /desk/second-opinions/<id_>/undo"])
def test_what_one_did_to_a_card_that_is_out_of_sight_by_now_is_not_undone(hospital: Hospital, who: str, line: str):
    row = TABLE[line]
    assert hospital.come(who).ask("POST", row.other_at, {}).status_code == row.other
