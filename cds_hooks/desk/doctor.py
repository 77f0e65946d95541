"""The connection doctor: fetch a client's keys, hold a token of it against what we expect, dry-run a request.

What ``ldn-cds clients test`` does, from the browser. A token that is pasted is looked at and forgotten: it is neither
kept nor shown again, used up, or logged. A dry run fetches nothing and leaves no record.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Response, request
from sqlalchemy import select

from cds_hooks.clients.findings import Finding
from cds_hooks.clients.register import find_record
from cds_hooks.databases import reading
from cds_hooks.desk.connections import Connected, connections
from cds_hooks.desk.queries import seen_by
from cds_hooks.desk.views import not_there
from cds_hooks.memory.stamps import when
from cds_hooks.people.roles import Permission
from cds_hooks.services import SERVICES
from cds_hooks.tables import CALLS, SNAPSHOTS
from cds_hooks.terminology.asking import AskingClinic

if TYPE_CHECKING:
    from cds_hooks.clients.record import Record
    from cds_hooks.clinic import Clinic
    from cds_hooks.desk.views import ReviewDesk
    from cds_hooks.people.doors import Reader

TESTS: Final = {"keys": "Fetch its keys", "token": "Check the token", "request": "Dry-run the request"}
ENDPOINTS: Final = tuple(
    f"/cds-services/{service.id}{feedback}" for service in SERVICES for feedback in ("", "/feedback")
)
MOST_SENT: Final = 4 * 1024 * 1024
"""Bytes of a pasted request; a larger one is tried with ``ldn-cds clients test --request``."""
_LONGEST_TOKEN: Final = 16_384
_STORED: Final = 10
"""So many stored requests are offered."""
_SAMPLE: Final = "sample "
_CALL: Final = "call "


@dataclass(frozen=True, slots=True)
class Body:
    """A request to be tried, and the day of its review."""

    text: bytes
    day: date


def doctor_pages(desk: ReviewDesk, clinic: Clinic) -> Blueprint:
    """The page of one client, and the tests on it."""
    blueprint = Blueprint("doctor", __name__, url_prefix="/desk")
    doctor = _Doctor(desk, clinic)
    blueprint.add_url_rule("/clients/<name>", view_func=doctor.show)
    blueprint.add_url_rule("/clients/<name>/test", view_func=doctor.test, methods=["POST"])
    return blueprint


class _Doctor:
    """What each address answers with. What examines is loaded when it is asked for: it brings a web client and keys."""

    def __init__(self, desk: ReviewDesk, clinic: Clinic) -> None:
        self._desk = desk
        self._clinic = clinic

    def show(self, name: str) -> Response:
        """How a client is connected, and what can be tested."""
        reader = self._desk.doors.admit(Permission.READ_CLIENTS)
        return self._page(reader, self._client(reader, name))

    def test(self, name: str) -> Response:
        """Try one thing, and say what was found."""
        request.max_form_memory_size = MOST_SENT
        reader = self._desk.doors.admit(Permission.TEST_CLIENTS)
        client = self._client(reader, name)
        record = find_record(self._desk.engine, name)
        if record is None:
            raise not_there("registered client")
        what = request.form.get("what", "")
        if what not in TESTS:
            return self._page(reader, client, [Finding(False, f"Choose one of: {', '.join(TESTS.values())}.")], 422)
        found = list(self._findings(reader, record, what, request.form))
        is_good = all(one.is_good for one in found)
        self._desk.doors.note(reader, "client tested", name, {"what": what, "is_good": is_good})
        return self._page(reader, client, found, tested=what)

    def _findings(self, reader: Reader, record: Record, what: str, sent: Mapping[str, str]) -> Sequence[Finding]:
        from cds_hooks.clients.examination import examine_keys, examine_record, examine_request

        if what == "keys":
            return [*examine_record(record, self._desk.settings), examine_keys(record, self._desk.settings.ca_file)]
        if what == "token":
            return [self._token(record, sent.get("token", ""), sent.get("endpoint", ""))]
        body = self._body(reader, record.name, sent.get("which", ""), sent.get("request", ""))
        if isinstance(body, Finding):
            return [body]
        return list(examine_request(record, body.text, _alone(self._clinic), body.day))

    def _token(self, record: Record, sent: str, endpoint: str) -> Finding:
        """What is wrong with a token; line breaks of a message it was copied from are left out."""
        token = "".join(sent.strip().removeprefix("Bearer ").removeprefix("bearer ").split())
        if not token:
            return Finding(False, "Paste a token first: what the client sends in Authorization, after Bearer.")
        if len(token) > _LONGEST_TOKEN:
            return Finding(False, f"What was pasted is no token: it has more than {_LONGEST_TOKEN} characters.")
        if endpoint not in ENDPOINTS:
            return Finding(False, "Choose the address that the token is for.")
        if not self._desk.settings.public_url:
            return Finding(
                False, "public_url is not set, so no token can name the address of an endpoint. Set it here."
            )
        from cds_hooks.clients.examination import examine_token

        return examine_token(record, token, endpoint, self._desk.settings, self._desk.now().timestamp())

    def _body(self, reader: Reader, client: str, which: str, pasted: str) -> Body | Finding:
        today = self._desk.now().date()
        if which.startswith(_SAMPLE):
            found = _samples().get(which.removeprefix(_SAMPLE))
            return Body(*found) if found is not None else Finding(False, "There is no such made-up patient.")
        if which.startswith(_CALL):
            kept = self._stored(reader, client, which.removeprefix(_CALL))
            return Body(kept, today) if kept is not None else Finding(False, "That request is no longer kept.")
        if not pasted.strip():
            return Finding(False, "Choose a request, or paste one.")
        return Body(pasted.encode(), today)

    # --- what the page shows ---

    def _client(self, reader: Reader, name: str) -> Connected:
        with reading(self._desk.engine) as connection:
            known = connections(connection, reader, self._desk.now())
        found = next((one for one in known if one.name == name), None)
        if found is None:
            raise not_there("client")
        return found

    def _stored(self, reader: Reader, client: str, call: str) -> bytes | None:
        """A request that was kept of a client, where the reader sees it."""
        asked = (
            select(SNAPSHOTS.c.request)
            .select_from(SNAPSHOTS.join(CALLS, CALLS.c.id == SNAPSHOTS.c.call_id))
            .where(CALLS.c.id == call, CALLS.c.client == client, seen_by(reader, CALLS))
        )
        with reading(self._desk.engine) as connection:
            found = connection.execute(asked).scalar_one_or_none()
        return zlib.decompress(found) if found is not None else None

    def _choices(self, reader: Reader, client: str) -> list[tuple[str, str]]:
        """The requests that can be tried: pasted ones, those that were kept of the client, and made-up ones."""
        asked = (
            select(CALLS.c.id, CALLS.c.hook, CALLS.c.answered_at)
            .select_from(SNAPSHOTS.join(CALLS, CALLS.c.id == SNAPSHOTS.c.call_id))
            .where(CALLS.c.client == client, seen_by(reader, CALLS))
            .order_by(CALLS.c.answered_at.desc())
            .limit(_STORED)
        )
        with reading(self._desk.engine) as connection:
            kept = [(f"{_CALL}{id_}", f"kept: {hook}, {when(at)}") for id_, hook, at in connection.execute(asked)]
        made_up = [(f"{_SAMPLE}{name}", f"made up: {name.replace('_', ' ')}") for name in _samples()]
        return [("", "the one pasted below"), *kept, *made_up]

    def _page(
        self,
        reader: Reader,
        client: Connected,
        found: Sequence[Finding] = (),
        status: int = 200,
        tested: str = "",
    ) -> Response:
        may_test = reader.may(Permission.TEST_CLIENTS)
        is_registered = may_test and find_record(self._desk.engine, client.name) is not None
        told: dict[str, Any] = {"choices": self._choices(reader, client.name)} if is_registered else {}
        return self._desk.page(
            reader,
            "desk_client.html",
            "clients",
            status=status,
            client=client,
            now=self._desk.now(),
            may_test=may_test,
            is_registered=is_registered,
            found=found,
            tested=tested,
            tests=TESTS,
            endpoints=[(one, one) for one in ENDPOINTS],
            endpoint=request.form.get("endpoint", ENDPOINTS[0]),
            which=request.form.get("which", ""),
            **told,
        )


def _alone(clinic: Clinic) -> Clinic:
    """The clinic without the terminology server that it may ask: a dry run sends nothing to anybody."""
    return clinic.alone if isinstance(clinic, AskingClinic) else clinic


def _samples() -> Mapping[str, tuple[bytes, date]]:
    """The made-up patients of the page to try, each with the day it is about."""
    from cds_hooks.trying.patients import known  # here: it reads the fixtures

    return {name: (scenario.body, scenario.today) for name, (_, scenario) in known().items()}
