"""Requests bent in every way: never a failure of ours, one shape of refusal, nothing of a patient repeated."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cds_hooks.feedback import read_feedback
from cds_hooks.problems import Refusal
from tests.desks import SELECT, SIGN, Desk, FakeClinic, a_card, a_draft, a_request, assert_refused

CANARY = "Zz-Canary-7"

leaves = st.sampled_from(
    [None, True, False, 0, -1, 4.5, 10**30, "", CANARY, f"{CANARY}\u0000<script>", "\ud800", "Bundle", "Patient/1",
     float("nan"), float("inf"), 1e308]
)  # fmt: skip
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["resourceType", "entry", "resource", "id", "", CANARY]), inner, max_size=3)
    ),
    max_leaves=8,
)


def a_whole_request() -> dict[str, Any]:
    return a_request(
        a_draft(note=[{"text": CANARY}]),
        a_draft(id=CANARY),
        prefetch={
            "medicationRequests": {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": a_draft()}]},
            "conditions": None,
            "allergies": {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]},
            "patient": {"resourceType": "Patient", "name": [{"family": CANARY}], "birthDate": "1950-01-01"},
        },
        fhirAuthorization={"access_token": CANARY, "token_type": "Bearer", "expires_in": 300, "scope": CANARY},
        extension={"com.example": CANARY},
    )


def bend(request: Any, draw: st.DrawFn) -> None:
    """Replace, take out, wrap, rename or repeat one value somewhere in it."""
    holder = request
    for _ in range(draw(st.integers(0, 7))):
        members = list(holder.values()) if isinstance(holder, dict) else holder
        inner = [one for one in members if isinstance(one, dict | list) and one]
        if not inner:
            break
        holder = draw(st.sampled_from(inner))
    if not holder:
        return
    place = draw(st.sampled_from(list(holder) if isinstance(holder, dict) else range(len(holder))))
    match draw(st.sampled_from(["replace", "remove", "nest", "rename"])):
        case "replace":
            holder[place] = draw(values)
        case "remove":
            del holder[place]
        case "nest":
            for _ in range(draw(st.sampled_from([1, 3, 120, 700]))):
                holder[place] = [holder[place]]
        case _ if isinstance(holder, dict):
            holder[draw(st.sampled_from(["", CANARY, "hook", "context", "\u0000"]))] = holder.pop(place)
        case _:
            holder.append(holder[place])


def torn(body: bytes, draw: st.DrawFn) -> bytes:
    """The text whole, or cut, or with some bytes gone wrong, or with a member named twice."""
    match draw(st.sampled_from(["whole"] * 6 + ["cut", "tear", "twice"])):
        case "cut":
            return body[: draw(st.integers(0, len(body)))]
        case "tear":
            at = draw(st.integers(0, len(body)))
            return body[:at] + draw(st.binary(min_size=1, max_size=3)) + body[at + draw(st.integers(0, 2)) :]
        case "twice":
            name = draw(st.sampled_from([b'"hook"', b'"value"', b'"context"', b'"patient"', b'"entry"']))
            return body.replace(name, name + b":1," + name, 1)
    return body


@st.composite
def bent(draw: st.DrawFn) -> bytes:
    """A request in which a few things went wrong."""
    request = a_whole_request()
    for _ in range(draw(st.integers(0, 3))):
        bend(request, draw)
    separators = draw(st.sampled_from([(",", ":"), (", ", ": ")]))
    text = json.dumps(request, ensure_ascii=draw(st.booleans()), separators=separators)
    return torn(text.encode("utf-8", "surrogatepass"), draw)


def assert_civil(desk: Desk, response: Any) -> None:
    assert response.status_code in (200, 400), response.text
    if response.status_code == 400:
        assert_refused(response, 400)
    for said in (response.text, str(response.headers), desk.stream.getvalue().decode()):
        assert CANARY not in said
        assert "1950-01-01" not in said
    desk.stream.truncate(0)
    desk.stream.seek(0)


DESK = Desk(FakeClinic(a_card()))


@given(body=bent(), path=st.sampled_from([SIGN, SELECT]))
def test_a_bent_request_is_answered_or_refused_and_never_repeated(body: bytes, path: str):
    assert_civil(DESK, DESK.post(path, body))


@given(body=st.binary(max_size=60) | values.map(lambda value: json.dumps(value).encode()))
def test_what_is_no_request_at_all_is_refused(body: bytes):
    for path in (SIGN, f"{SIGN}/feedback"):
        assert_civil(DESK, DESK.post(path, body))


items = st.fixed_dictionaries(
    {},
    optional={
        "card": st.just("3e4d5c6b-7a89-4b0c-8d1e-2f3a4b5c6d7e") | values,
        "outcome": st.sampled_from(["accepted", "overridden"]) | values,
        "acceptedSuggestions": st.just([{"id": "x"}]) | values,
        "outcomeTimestamp": st.just("2024-05-06T07:08:09Z") | values,
        "overrideReason": st.just({"reason": {"code": CANARY}, "userComment": CANARY}) | values,
        "overrideReasons": values,
        "extension": values,
    },
)


@given(sent=st.lists(items | values, max_size=4))
def test_bent_feedback_is_kept_or_refused_and_never_repeated(sent: list[Any]):
    body = json.dumps({"feedback": sent}).encode()
    assert_civil(DESK, DESK.post(f"{SIGN}/feedback", body))
    try:
        kept = read_feedback(body, "a client", "a service").items
    except Refusal:
        kept = ()
    assert len(kept) <= len(sent)


@given(
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "X"]),
    path=st.sampled_from(
        ["/", "/cds-services", SIGN, f"{SIGN}/feedback", "/readyz", f"/{CANARY}", f"/cds-services/{CANARY}"]
    ),
    headers=st.dictionaries(
        st.sampled_from(["Origin", "Accept", "Content-Type", "Content-Encoding", "X-Request-Id", "Authorization",
                         "Access-Control-Request-Private-Network", "Content-Length"]),
        st.sampled_from(["", "*/*", "application/json", "gzip", CANARY + " x", "null", "true", "https://x.example.org"]),
    ),
)  # fmt: skip
@settings(max_examples=300)
def test_every_method_and_header_gets_a_civil_answer(method: str, path: str, headers: dict[str, str]):
    response = DESK.client.open(path, method=method, headers=headers)
    assert response.status_code < 500 or (path == "/readyz" and response.status_code == 503)
    if response.status_code >= 400 and method != "HEAD" and response.status_code != 503:
        assert_refused(response, response.status_code)
    assert CANARY not in response.text
    assert CANARY not in DESK.stream.getvalue().decode()
