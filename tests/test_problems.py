"""Refusals and failures: one shape, no echo, no trace; and the log that says enough and no more."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from cds_hooks.logs import KEYS, make_log
from cds_hooks.problems import MOST_ISSUES, Issue, operation_outcome
from cds_hooks.settings import Settings
from tests.desks import SIGN, Desk, FakeClinic, a_card, a_draft, a_request, assert_refused

BODY = json.dumps(a_request()).encode()


@pytest.mark.parametrize("path", ["/nowhere", "/cds-services/other", "/cds-services/ldn-order-sign/other"])
def test_404_for_what_is_not_there(desk: Desk, path: str):
    assert_refused(desk.post(path, BODY), 404)


def test_a_bad_body_is_never_a_404(desk: Desk):
    assert_refused(desk.sign({}), 400, "hook", "context")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", SIGN, {"OPTIONS", "POST"}),
        ("PUT", SIGN, {"OPTIONS", "POST"}),
        ("DELETE", f"{SIGN}/feedback", {"OPTIONS", "POST"}),
        ("POST", "/cds-services", {"GET", "HEAD", "OPTIONS"}),
        ("BREW", "/", {"GET", "HEAD", "OPTIONS"}),
    ],
)
def test_405_says_what_is_allowed(desk: Desk, method: str, path: str, allowed: set[str]):
    response = desk.client.open(path, method=method)
    assert_refused(response, 405)
    assert set(response.headers["Allow"].split(", ")) == allowed


def test_413_for_a_body_beyond_the_limit():
    desk = Desk(settings=Settings(max_body_bytes=10_000))
    assert desk.sign(a_request(extension={"a": "x" * 8_000})).status_code == 200
    assert_refused(desk.sign(a_request(extension={"a": "x" * 10_000})), 413)
    assert len(desk.clinic.consultations) == 1


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json; charset=utf-8", "Application/JSON", "application/fhir+json",
     "application/json+fhir", "application/vnd.example+json"],
)  # fmt: skip
def test_every_json_type_is_welcome(desk: Desk, content_type: str):
    assert desk.sign(BODY, content_type=content_type).status_code == 200


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/xml", "application/x-www-form-urlencoded", "json"]
)
def test_415_for_what_does_not_say_that_it_is_json(desk: Desk, content_type: str):
    assert_refused(desk.sign(BODY, content_type=content_type), 415)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "GZIP"])
def test_415_for_a_compressed_body(desk: Desk, encoding: str):
    assert_refused(desk.sign(gzip.compress(BODY), headers={"Content-Encoding": encoding}), 415)


def test_a_body_that_says_it_is_not_compressed_is_read(desk: Desk):
    assert desk.sign(BODY, headers={"Content-Encoding": "identity"}).status_code == 200


@pytest.mark.parametrize(
    "accept", ["text/html", "application/fhir+xml", "application/json, text/plain, */*", "nonsense"]
)
def test_what_a_client_says_it_accepts_changes_nothing(desk: Desk, accept: str):
    response = desk.sign(BODY, headers={"Accept": accept})
    assert response.status_code == 200
    assert response.content_type == "application/json"


class BedsideError(Exception):
    """An error of ours whose message quotes a chart."""


def test_a_failure_of_ours_is_a_500_and_never_an_all_clear():
    desk = Desk(FakeClinic(raises=BedsideError("Ann Canary, born 1950")))
    response = desk.sign(a_request())
    outcome = assert_refused(response, 500)
    assert outcome["issue"][0]["severity"] == "fatal"
    assert "nothing was checked" in outcome["issue"][0]["diagnostics"]
    assert "Canary" not in response.text
    assert "BedsideError" not in response.text
    assert "Traceback" not in response.text


def test_a_failure_is_logged_by_its_class_and_place_alone(capfd: pytest.CaptureFixture[str]):
    desk = Desk(FakeClinic(raises=BedsideError("Ann Canary, born 1950")))
    response = desk.sign(a_request(), headers={"X-Request-Id": "request-0001"})
    (line,) = desk.log
    assert line["event"] == "failed"
    assert line["level"] == "error"
    assert line["error"] == "BedsideError"
    assert line["place"].startswith("cds_hooks.services:")
    assert line["request_id"] == response.headers["X-Request-Id"] == "request-0001"
    printed = capfd.readouterr()
    assert "Canary" not in desk.stream.getvalue().decode() + printed.out + printed.err


def test_a_traceback_is_printed_only_when_asked_for(capfd: pytest.CaptureFixture[str]):
    Desk(FakeClinic(raises=BedsideError("made up")), Settings(debug=True)).sign(a_request())
    assert "BedsideError: made up" in capfd.readouterr().err


def test_an_answer_that_cannot_be_written_is_a_500():
    assert_refused(Desk(FakeClinic(a_card(detail=object()))).sign(a_request()), 500)


def test_a_long_list_of_problems_is_cut_and_counted():
    outcome = operation_outcome([Issue("value", "Wrong.")] * (MOST_ISSUES + 7))
    assert len(outcome["issue"]) == MOST_ISSUES + 1
    assert outcome["issue"][-1]["diagnostics"] == "7 more."


CANARY = "ZzCanary"


@pytest.mark.parametrize(
    "body",
    [
        {CANARY: CANARY},
        {"hook": CANARY, "context": {CANARY: CANARY}},
        {"hook": "order-sign", "context": {"draftOrders": CANARY, "userId": [CANARY]}},
        {"hook": "order-sign", "hookInstance": {"a": CANARY}, "context": CANARY},
        {"hook": "order-sign", "context": {"draftOrders": a_draft(id=CANARY, resourceType=CANARY)}},
        {"hook": "order-sign", "prefetch": CANARY, "context": {"draftOrders": {"entry": [CANARY]}}},
        CANARY.encode(),
        b'{"ZzCanary 1":1,"ZzCanary 1":2}',
        b'{"hook":"ZzCanary","hook":"ZzCanary"}',
        b'{"hook":"order-sign","context":{"draftOrders":{"ZzCanary":NaN}}}',
    ],
)
def test_a_refusal_repeats_nothing_of_what_was_sent(body: Any):
    desk = Desk()
    response = desk.sign(
        body, headers={"X-Request-Id": f"{CANARY} {CANARY}", "X-Other": CANARY}, query_string={CANARY: CANARY}
    )
    assert_refused(response, 400)
    assert CANARY not in response.text
    assert CANARY not in str(response.headers)
    assert CANARY not in desk.stream.getvalue().decode()


def test_an_address_is_not_repeated(desk: Desk):
    for response in (desk.post(f"/cds-services/{CANARY}", {}), desk.client.get(f"/{CANARY}?{CANARY}={CANARY}")):
        assert_refused(response, 404)
        assert CANARY not in response.text
    assert CANARY not in desk.stream.getvalue().decode()


def test_a_good_request_leaves_nothing_of_the_patient_in_the_log():
    desk = Desk(FakeClinic(a_card(summary=CANARY, detail=CANARY)))
    request = a_request(
        a_draft(id=CANARY),
        prefetch={"patient": {"name": CANARY}},
        hookInstance=CANARY,
        fhirServer=CANARY,
        fhirAuthorization={"access_token": CANARY},
        extension={CANARY: CANARY},
    )
    assert desk.sign(request, headers={"Authorization": f"Bearer {CANARY}"}).status_code == 200
    assert CANARY not in desk.stream.getvalue().decode()


# The log


def test_one_line_for_each_request(desk: Desk):
    desk.sign(a_request())
    (line,) = desk.log
    assert line.pop("ms") >= 0
    assert line.pop("ts").endswith("Z")
    assert len(line.pop("request_id")) == 36
    assert line == {
        "level": "info",
        "event": "answered",
        "service": "ldn-order-sign",
        "client": "anybody",
        "hook_instance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "method": "POST",
        "status": 200,
        "cards": 0,
    }


def test_a_key_that_is_not_listed_is_dropped_and_counted():
    desk = Desk()
    make_log(stream=desk.stream).info(
        "answered", status=200, patient="Ann", bundle={"a": 1}, cards={"a": "Ann"}, notes=[{}]
    )
    (line,) = desk.log
    assert line["dropped"] == 4
    assert set(line) == {"event", "level", "ts", "status", "dropped"}
    assert set(line) - {"dropped"} <= KEYS


def test_a_log_of_warnings_has_no_answers():
    desk = Desk()
    quiet = Desk(log=make_log("warning", desk.stream))
    quiet.sign(a_request())
    assert desk.log == []
    quiet.sign({})
    assert desk.log[-1]["problems"] == ["required hook", "required context"]


def test_a_request_id_that_could_be_anything_is_replaced(desk: Desk):
    for given in ("x", "with space in it", "a" * 65, "<script>alert(1)", "-leading-dash"):
        assert desk.client.get("/healthz", headers={"X-Request-Id": given}).headers["X-Request-Id"] != given
    kept = "0HMVD33IIJRFR:00000001".replace(":", "-")
    assert desk.client.get("/healthz", headers={"X-Request-Id": kept}).headers["X-Request-Id"] == kept


def test_every_answer_carries_the_security_headers(desk: Desk):
    as_page = {"Accept": "text/html"}
    pages = (desk.client.get("/", headers=as_page), desk.client.get("/nowhere", headers=as_page))
    for response in (*pages, desk.sign({}), desk.sign(a_request()), desk.client.options(SIGN)):
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Cache-Control"] == "no-store"
        is_json = response.content_type == "application/json"
        policy = response.headers.get("Content-Security-Policy", "")
        assert ("default-src 'none'" in policy) is not is_json, "JSON is no page, and a client reads each header"
        assert "Strict-Transport-Security" not in response.headers
    production = Desk(settings=Settings(profile="production", public_url="https://cds.example.org"))
    assert production.client.get("/").headers["Strict-Transport-Security"]
