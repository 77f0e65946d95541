"""The short way of a usual call: it answers to the byte as the way through the framework does."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

import pytest

from cds_hooks.settings import Settings
from cds_hooks.store import AnsweredCall, MemoryStore, Replayed
from tests.desks import SIGN, Desk, FakeClinic, a_card, a_request

USUAL = "application/json"
UNUSUAL = "application/json; charset=utf-8"  # as good a type, and one that only the framework reads


def a_desk(clinic: FakeClinic | None = None) -> Desk:
    numbers = count()
    return Desk(
        clinic,
        settings=Settings(
            max_body_bytes=100_000, answer_deadline_ms=5_000
        ),  # the first call may load what later ones find
        new_uuid=lambda: f"00000000-0000-4000-8000-{next(numbers):012}",
    )


@pytest.mark.parametrize(
    ("body", "clinic"),
    [
        (a_request(), FakeClinic()),
        (a_request(), FakeClinic(a_card(), a_card())),
        (a_request(hook="patient-view", hookInstance="no UUID"), FakeClinic(a_card())),
        (b"{", FakeClinic()),
        (b"", FakeClinic()),
        ({}, FakeClinic()),
        (a_request(extension={"a": "x" * 100_000}), FakeClinic()),
        (a_request(), FakeClinic(raises=ValueError("ours"))),
        (a_request(), FakeClinic(raises=RecursionError())),
    ],
)
def test_both_ways_give_the_same_answer_headers_and_log(body: Any, clinic: FakeClinic):
    told = []
    for content_type in (USUAL, UNUSUAL):
        desk = a_desk(clinic)
        answer = desk.sign(body, content_type=content_type)
        lines = [{key: value for key, value in line.items() if key not in ("ts", "ms")} for line in desk.log]
        told.append((answer.status, sorted(answer.headers), answer.data, lines))
    assert told[0] == told[1]


class UsedUp(MemoryStore):
    """A store that has seen every token before."""

    def remember(self, call: AnsweredCall) -> None:
        raise Replayed


def test_a_token_used_before_is_refused_alike_on_both_ways():
    answers = [Desk(store=UsedUp()).sign(a_request(), content_type=said) for said in (USUAL, UNUSUAL)]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].data == answers[1].data


def test_a_usual_call_does_not_meet_the_framework():
    desk = a_desk()
    seen = []
    desk.app.before_request(lambda: seen.append(True))
    assert desk.sign(a_request()).status_code == 200
    assert seen == []
    assert desk.sign(a_request(), content_type=UNUSUAL).status_code == 200
    assert seen == [True]


@pytest.mark.parametrize(
    "differently",
    [
        {"headers": {"Transfer-Encoding": "chunked"}},
        {"content_type": "application/fhir+json"},
        {"content_type": "text/plain"},
        {"headers": {"Content-Encoding": "gzip"}},
    ],
)
def test_an_unusual_call_is_answered_or_refused_but_never_fails(differently: dict[str, Any]):
    assert a_desk().sign(a_request(), **differently).status_code in (200, 400, 415)


def test_a_body_that_ends_early_is_refused():
    desk = a_desk()
    body = json.dumps(a_request()).encode()
    answer = desk.post(SIGN, body, environ_overrides={"CONTENT_LENGTH": str(len(body) + 10)})
    assert answer.status_code == 400
    assert desk.clinic.consultations == []


@pytest.mark.parametrize("said", [USUAL, UNUSUAL])
def test_what_is_only_told_of_an_answer_is_told_when_it_has_left(said: str):
    desk = a_desk(FakeClinic(a_card()))
    answer = desk.sign(a_request(), content_type=said, buffered=False)
    assert answer.status_code == 200
    assert desk.log == []
    answer.close()
    assert [line["status"] for line in desk.log] == [200]
    answer.close()
    assert len(desk.log) == 1


def test_an_error_while_an_answer_is_counted_is_logged_and_harms_no_answer(monkeypatch: pytest.MonkeyPatch):
    desk = a_desk(FakeClinic(a_card()))

    def fail(*_: Any) -> None:
        raise ValueError("ours")

    monkeypatch.setattr(desk.app.extensions["ldn-cds"].metrics, "answered", fail)
    answer = desk.sign(a_request())
    assert answer.status_code == 200
    assert [(line["event"], line.get("error")) for line in desk.log] == [("answered", None), ("failed", "ValueError")]
