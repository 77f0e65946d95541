"""Feedback: every dialect we know of, good items kept, bad ones named, nothing twice."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from cards import Hook
from cds_hooks.callers import Caller, Visit
from cds_hooks.feedback import read_date_time, read_feedback
from cds_hooks.hook_request import read_hook_request
from cds_hooks.problems import Refusal
from cds_hooks.services import SERVICES
from cds_hooks.store import AnsweredCall, Feedback, Kept, MemoryStore, Outcome, Reason
from tests.desks import SIGN, TODAY, Desk, FakeAnswer, FakeClinic, a_card, a_request, assert_refused

CARD = a_card()["uuid"]
FEEDBACK = f"{SIGN}/feedback"
AT = "2024-05-06T07:08:09Z"


def accepted(**changes: Any) -> dict[str, Any]:
    return {
        "card": CARD,
        "outcome": "accepted",
        "acceptedSuggestions": [{"id": "s-1"}],
        "outcomeTimestamp": AT,
        **changes,
    }


def overridden(**changes: Any) -> dict[str, Any]:
    return {"card": CARD, "outcome": "overridden", "outcomeTimestamp": AT, **changes}


def read(*items: Any) -> tuple[Feedback, ...]:
    return read_feedback(json.dumps({"feedback": items}).encode(), "a client", "ldn-order-sign").items


def read_one(item: Any) -> Feedback:
    (feedback,) = read(item)
    return feedback


@pytest.fixture
def serving() -> Desk:
    """A desk that has just served the card."""
    desk = Desk(FakeClinic(a_card()))
    desk.sign(a_request())
    return desk


def test_reads_an_accepted_suggestion():
    feedback = read_one(accepted())
    assert feedback.card == CARD
    assert feedback.outcome is Outcome.ACCEPTED
    assert feedback.accepted == ("s-1",)
    assert feedback.at == datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
    assert feedback.client == "a client"
    assert feedback.service == "ldn-order-sign"
    assert json.loads(feedback.as_sent) == accepted()


def test_reads_an_override_without_a_reason():
    feedback = read_one(overridden())
    assert feedback.outcome is Outcome.OVERRIDDEN
    assert feedback.reasons == ()
    assert feedback.comments == ()


FULL = {"code": "c", "system": "https://example.org/s", "display": "d"}
EPIC = "com.epic.cdshooks.feedback.overrideReason."


@pytest.mark.parametrize(
    ("dialect", "reasons", "comments"),
    [
        ({"overrideReason": {"reason": FULL, "userComment": "why"}}, (Reason(**FULL),), ("why",)),
        ({"overrideReason": {"reason": {"code": "c"}}}, (Reason("c"),), ()),
        ({"overrideReason": {"reason": {"code": "c", "system": "s"}}}, (Reason("c", "s"),), ()),
        ({"overrideReason": {"userComment": "why"}}, (), ("why",)),
        ({"overrideReason": {"userComment": ["why", "and why"]}}, (), ("why", "and why")),
        ({"overrideReason": FULL}, (Reason(**FULL),), ()),
        ({"overrideReason": {"reason": [{"code": "a"}, {"code": "b"}]}}, (Reason("a"), Reason("b")), ()),
        ({"overrideReasons": {"reason": FULL, "userComment": "why"}}, (Reason(**FULL),), ("why",)),
        ({"overrideReasons": [{"reason": FULL}, {"code": "x"}]}, (Reason(**FULL), Reason("x")), ()),
        ({"overrideReasons": {"extension": {f"{EPIC}reasonCategory": "45", f"{EPIC}reasonDisplay": "Not met",
                                            f"{EPIC}reasonTitle": "Title"}, "userComment": "why"}},
         (Reason("45", "", "Not met"),), ("why",)),
        ({"overrideReasons": {"extension": {f"{EPIC}reasonTitle": "Title"}}}, (Reason("", "", "Title"),), ()),
        ({"userComment": "why"}, (), ("why",)),
        ({"overrideReason": None}, (), ()),
        ({"overrideReason": "a text"}, (), ()),
        ({"overrideReason": {"reason": {"code": 5}}}, (), ()),
        ({"overrideReason": {"reason": None, "userComment": None}}, (), ()),
        ({"overrideReasons": [None, 5]}, (), ()),
    ],
)  # fmt: skip
def test_reads_reasons_and_comments_in_every_dialect(dialect: Any, reasons: Any, comments: Any):
    feedback = read_one(overridden(**dialect))
    assert feedback.reasons == reasons
    assert feedback.comments == comments
    assert json.loads(feedback.as_sent) == overridden(**dialect)


def test_accepted_suggestions_may_be_plain_texts():
    assert read_one(accepted(acceptedSuggestions=["a", {"id": "b"}])).accepted == ("a", "b")


@pytest.mark.parametrize(
    ("text", "micro"),
    [
        ("2024-05-06T07:08:09Z", 0),
        ("2024-05-06t07:08:09z", 0),
        ("2024-05-06T07:08:09.5Z", 500_000),
        ("2024-05-06T07:08:09.1234567Z", 123_456),
        ("2024-05-06T09:08:09+02:00", 0),
        ("2024-05-06T07:08:09-00:00", 0),
    ],
)
def test_reads_times_with_fractions_and_offsets(text: str, micro: int):
    assert read_date_time(text) == datetime(2024, 5, 6, 7, 8, 9, micro, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["", "2024-05-06", "2024-05-06T07:08:09", "2024-05-06 07:08:09Z", "2024-13-06T07:08:09Z", "yesterday",
     "2024-05-06T07:08:09+25:00", "0001-01-01T00:00:00+10:00", "2024-05-06T07:08:09Z\n"],
)  # fmt: skip
def test_a_time_without_its_offset_or_its_sense_is_none(text: str):
    assert read_date_time(text) is None


@pytest.mark.parametrize(
    ("body", "places"),
    [
        ([], []),
        ([accepted()], []),
        ({}, ["feedback"]),
        ({"feedback": {}}, ["feedback"]),
        ({"feedback": []}, ["feedback"]),
        ({"feedback": [5]}, ["feedback[0]"]),
        ({"feedback": [accepted(card=...)]}, ["feedback[0].card"]),
        ({"feedback": [accepted(card="")]}, ["feedback[0].card"]),
        ({"feedback": [accepted(card="x" * 201)]}, ["feedback[0].card"]),
        ({"feedback": [accepted(outcome="ignored")]}, ["feedback[0].outcome"]),
        ({"feedback": [accepted(outcome=None)]}, ["feedback[0].outcome", "feedback[0].outcome"]),
        ({"feedback": [accepted(acceptedSuggestions=...)]}, ["feedback[0].acceptedSuggestions"]),
        ({"feedback": [accepted(acceptedSuggestions=[])]}, ["feedback[0].acceptedSuggestions"]),
        ({"feedback": [accepted(acceptedSuggestions=[{}])]}, ["feedback[0].acceptedSuggestions[0].id"]),
        ({"feedback": [accepted(acceptedSuggestions="s")]}, ["feedback[0].acceptedSuggestions"]),
        ({"feedback": [overridden(outcomeTimestamp=...)]}, ["feedback[0].outcomeTimestamp"]),
        ({"feedback": [overridden(outcomeTimestamp="soon")]}, ["feedback[0].outcomeTimestamp"]),
        ({"feedback": [overridden(outcomeTimestamp=5)]}, ["feedback[0].outcomeTimestamp"]),
    ],
)  # fmt: skip
def test_feedback_of_which_nothing_is_good_is_refused(desk: Desk, body: Any, places: list[str]):
    if isinstance(body, dict) and isinstance(body.get("feedback"), list):
        body = {"feedback": [
            {key: value for key, value in item.items() if value is not ...} if isinstance(item, dict) else item
            for item in body["feedback"]
        ]}  # fmt: skip
    outcome = assert_refused(desk.post(FEEDBACK, body), 400)
    assert [place for issue in outcome["issue"] for place in issue.get("expression", [])] == places
    assert desk.store.feedback == ()


def test_good_items_are_kept_and_bad_ones_are_named(serving: Desk):
    response = serving.post(FEEDBACK, {"feedback": [overridden(), {"card": CARD}, accepted(outcome="maybe")]})
    outcome = assert_refused(response, 200)
    assert outcome["issue"][0] == {
        "severity": "information",
        "code": "informational",
        "diagnostics": "Feedback kept: 1.",
    }
    assert [issue["expression"] for issue in outcome["issue"][1:]] == [
        ["feedback[1].outcome"],
        ["feedback[1].outcomeTimestamp"],
        ["feedback[2].outcome"],
    ]
    assert [item.outcome for item in serving.store.feedback] == [Outcome.OVERRIDDEN]
    assert serving.log[-1] | {"kept": 1, "refused": 3} == serving.log[-1]


def test_the_same_item_again_changes_nothing(serving: Desk):
    for _ in range(3):
        assert serving.post(FEEDBACK, {"feedback": [accepted(), accepted()]}).status_code == 200
    assert len(serving.store.feedback) == 1
    assert serving.log[-1]["repeated"] == 2


def test_the_same_card_may_be_reported_again_at_another_time(serving: Desk):
    serving.post(FEEDBACK, {"feedback": [overridden(), accepted(outcomeTimestamp="2024-05-06T07:09:00Z")]})
    assert len(serving.store.feedback) == 2


def test_feedback_about_a_card_we_do_not_know_is_kept_apart(serving: Desk):
    response = serving.post(FEEDBACK, {"feedback": [overridden(), overridden(card="somebody else's")]})
    assert response.status_code == 200
    known, orphan = serving.store.feedback
    assert not serving.store.is_orphan(known)
    assert serving.store.is_orphan(orphan)
    assert serving.log[-1]["orphans"] == 1


def test_a_card_of_one_service_is_unknown_to_another(serving: Desk):
    serving.post("/cds-services/ldn-order-select/feedback", {"feedback": [overridden()]})
    assert serving.store.is_orphan(serving.store.feedback[0])


def serve(store: MemoryStore, *cards: str):
    asking = read_hook_request(json.dumps(a_request()).encode(), Hook.ORDER_SIGN)
    sent = [{"uuid": card} for card in cards]
    store.remember(AnsweredCall(Visit(Caller("c")), SERVICES[0], asking, FakeAnswer(sent), sent, 1.0, TODAY))


def test_the_store_forgets_the_oldest():
    store = MemoryStore(most=2)
    serve(store, "1", "2", "3")
    kept = [
        store.keep(Feedback("c", SERVICES[0].id, card, Outcome.OVERRIDDEN, datetime(2024, 5, 6, tzinfo=UTC)))
        for card in "1234"
    ]
    assert kept == [Kept.ORPHAN, Kept.NEW, Kept.NEW, Kept.ORPHAN]
    assert [item.card for item in store.feedback] == ["3", "4"]
    assert not store.is_orphan(store.feedback[0])
    assert store.is_orphan(store.feedback[1])


def test_a_card_is_the_same_in_capitals():
    store = MemoryStore()
    serve(store, "abc")
    assert (
        store.keep(Feedback("c", SERVICES[0].id, "ABC", Outcome.OVERRIDDEN, datetime(2024, 5, 6, tzinfo=UTC)))
        is Kept.NEW
    )


def test_feedback_that_names_a_member_twice_is_refused():
    body = b'{"feedback":[{"card":"a","card":"b","outcome":"overridden","outcomeTimestamp":"%s"}]}' % AT.encode()
    with pytest.raises(Refusal) as caught:
        read_feedback(body, "a client", "ldn-order-sign")
    assert caught.value.issues[0].expression == "feedback[0].card"


def test_what_a_user_wrote_does_not_reach_the_log(serving: Desk):
    comment = {"overrideReason": {"reason": {"code": "Canary", "display": "Canary"}, "userComment": "Canary"}}
    serving.post(FEEDBACK, {"feedback": [overridden(**comment), overridden(card="Canary"), {"card": "Canary"}]})
    assert b"Canary" not in serving.stream.getvalue()
