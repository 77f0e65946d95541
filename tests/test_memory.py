"""What is remembered in the database, the same on SQLite and PostgreSQL."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from cds_hooks.callers import Caller, TokenId, Visit
from cds_hooks.contracts import problems_of
from cds_hooks.tables import CALLS, CARD_RULES, CARDS, FEEDBACK, OVERRIDES, REPLAYS, SNAPSHOTS
from fhir_fixtures import scenarios
from tests.charts import D, dispensed, having, ordering_ldn
from tests.memories import Practice, a_body, a_practice, overridden

OXYCODONE = dispensed("oxycodone 5 mg tablet", on=D - 6, days=30)
CONFLICT = (ordering_ldn("1.5"), having("M79.7", "Fibromyalgia"), OXYCODONE)


@pytest.fixture
def practice(database: str) -> Iterator[Practice]:
    with a_practice(database) as practice:
        yield practice


@dataclass
class OneToken:
    """Everybody, with one token of theirs."""

    token: TokenId

    def identify(self, environ: object, endpoint: str) -> Visit:
        return Visit(Caller("north-clinic"), "north", self.token)


def test_a_call_is_kept_with_what_its_cards_rest_on(practice: Practice):
    (card,) = practice.calls(*CONFLICT)
    (call,) = practice.rows(CALLS)
    (kept,) = practice.rows(CARDS)
    assert (call.service, call.hook, call.cards, call.unchecked) == ("ldn-order-sign", "order-sign", 1, 0)
    assert (call.naltrexone_orders, call.opioid_orders) == (1, 0)
    assert call.answered_at == "2024-05-06T10:00:00.000000Z"
    assert call.ms > 0
    assert len(call.rules_hash) == 16
    (order,) = json.loads(call.orders_json)
    assert order["what"] == "naltrexone 1.5\N{NO-BREAK SPACE}mg a day (low dose)"
    states = json.loads(call.states_json)
    assert (states["dispensing records"], states["allergies"]) == ("received", "none")
    (finding,) = json.loads(call.facts_json)["findings"]
    assert (finding["rule"], finding["level"], finding["card"]) == ("ldn-order-active-opioid", "critical", card["uuid"])
    assert "oxycodone" in finding["facts"][0]
    assert finding["from"]
    assert (kept.uuid, kept.call_id, kept.rule, kept.mode) == (card["uuid"], call.id, "ldn-order-active-opioid", "live")
    assert (kept.urgency, kept.summary, kept.outcome, kept.review) == (2, card["summary"], "", "")
    assert kept.order_text == "naltrexone 1.5\N{NO-BREAK SPACE}mg a day (low dose)"
    sent = json.loads(kept.sent_json)
    assert {**sent, "suggestions": []} == {**card, "suggestions": []}
    assert [one["label"] for one in sent["suggestions"]] == [one["label"] for one in card["suggestions"]]
    (rule,) = practice.rows(CARD_RULES)
    assert (rule.card, rule.rule, rule.indicator) == (card["uuid"], "ldn-order-active-opioid", "critical")


def test_an_order_that_a_card_would_change_is_kept_as_it_was_and_nothing_beside_it(practice: Practice):
    scenario = next(one for one in scenarios("order-sign") if one.name == "low_dose_naltrexone_of_45_milligrams")
    body = json.loads(scenario.body)
    draft = body["context"]["draftOrders"]["entry"][0]["resource"]
    reference = f"{draft['resourceType']}/{draft['id']}"
    draft |= {
        "note": [{"text": "daughter calls on Sundays"}],
        "requester": {"reference": "Practitioner/made-up", "display": "Dr. Canary"},
        "extension": [{"url": "urn:x", "valueString": "inner words"}],
    }
    practice.day = scenario.today
    response = practice.desk.sign(body)
    updates = [
        action["resource"]
        for card in response.json["cards"]
        for suggestion in card.get("suggestions", ())
        for action in suggestion["actions"]
        if action["type"] == "update"
    ]
    assert updates, "no card changes the order"
    (call,) = practice.rows(CALLS)
    before = json.loads(call.facts_json)["before"][reference]
    assert before["dosageInstruction"] == draft["dosageInstruction"]
    assert {name: draft.get(name) for name in before} == before
    for left_out in ("subject", "note", "requester", "extension"):
        assert left_out not in before
    for words in (draft["subject"]["reference"], "Sundays", "Canary", "inner words"):
        assert words not in call.facts_json


def test_an_order_that_no_card_changes_is_not_kept(practice: Practice):
    assert practice.calls() == []
    (call,) = practice.rows(CALLS)
    assert "before" not in json.loads(call.facts_json)


@pytest.mark.parametrize(
    ("user", "kind"),
    [("PractitionerRole/r1", "PractitionerRole"), ("Patient/made-up", "Patient"), ("dr-canary", ""), ("Device/1", "")],
)
def test_a_card_tells_what_the_user_is_and_never_who(practice: Practice, user: str, kind: str):
    body = a_body(*CONFLICT)
    body["context"]["userId"] = user
    assert practice.desk.sign(body).status_code == 200
    (card,) = practice.rows(CARDS)
    assert card.prescriber_kind == kind
    assert user not in json.dumps(list(card), default=str)


def test_a_card_of_an_answer_without_data_that_failed_is_marked(practice: Practice):
    practice.calls(*CONFLICT)
    body = a_body(*CONFLICT)
    body["prefetch"]["medicationRequests"] = {"resourceType": "OperationOutcome", "issue": []}
    assert practice.desk.sign(body).status_code == 200
    first = min(practice.rows(CALLS), key=lambda call: "failed" in call.states_json).id
    assert {card.is_degraded for card in practice.rows(CARDS) if card.call_id == first} == {False}
    assert {card.is_degraded for card in practice.rows(CARDS) if card.call_id != first} == {True}
    assert len(practice.rows(CALLS)) == 2


def test_patients_and_users_are_kept_under_names_that_differ_from_tenant_to_tenant(database: str):
    def a_call(tenant: str) -> tuple[str, str]:
        callers = OneToken(TokenId("https://ehr.example.org", f"jti-{tenant}", 4e9))
        callers.identify = lambda environ, endpoint: Visit(Caller("c"), tenant)  # type: ignore[method-assign]
        with a_practice(database, callers) as practice:
            practice.calls(*CONFLICT)
            call = max(practice.rows(CALLS), key=lambda call: call.tenant == tenant)
            return call.patient, call.prescriber

    assert len({*a_call("north"), *a_call("south")}) == 4
    assert a_call("north") == a_call("north")


def test_why_the_other_rules_stayed_silent_is_added_soon(practice: Practice):
    practice.calls(*CONFLICT)
    assert practice.store.finish()
    (call,) = practice.rows(CALLS)
    trace = json.loads(zlib.decompress(call.trace))
    assert problems_of(trace, "trace") == []
    by_rule = {rule["rule"]: rule for rule in trace["rules"]}
    assert by_rule["ldn-order-active-opioid"]["outcome"] == "shown"
    assert by_rule["ldn-start-dose-high"]["outcome"] in ("silent", "silenced", "not asked")
    assert practice.store.missed_traces == 0


def test_a_call_without_a_card_is_counted_and_not_explained(practice: Practice):
    assert practice.calls() == []
    assert practice.store.finish()
    (call,) = practice.rows(CALLS)
    assert (call.cards, call.trace) == (0, None)
    assert practice.rows(CARDS) == []


def test_a_token_is_used_once_and_a_replay_leaves_nothing(database: str, caplog: pytest.LogCaptureFixture):
    with a_practice(database, OneToken(TokenId("https://ehr.example.org", "jti-1", 4e9))) as practice:
        practice.calls(*CONFLICT)
        response = practice.desk.post("/cds-services/ldn-order-sign", practice.last_body)
        assert response.status_code == 401
        assert len(practice.rows(CALLS)) == len(practice.rows(CARDS)) == 1
        (replay,) = practice.rows(REPLAYS)
        assert (replay.issuer, replay.jti) == ("https://ehr.example.org", "jti-1")
        again = practice.desk.post("/cds-services/ldn-order-sign/feedback", {"feedback": [overridden("x")]})
        assert again.status_code == 401
        assert practice.rows(FEEDBACK) == []
        assert [line.getMessage() for line in caplog.records if line.name == "psycopg"] == []


def test_feedback_is_only_ever_added_and_the_card_tells_the_latest(practice: Practice):
    (card,) = practice.calls(*CONFLICT)
    uuid = card["uuid"]
    first = overridden(uuid, "need-more-info", "2024-05-06T10:00:04Z", userComment="asked the pharmacist")
    later = {
        "card": uuid.upper(),
        "outcome": "accepted",
        "acceptedSuggestions": [{"id": "s"}],
        "outcomeTimestamp": "2024-05-06T10:00:09Z",
    }
    practice.tells(later)
    practice.tells(first, first)
    practice.tells(first)
    kept = practice.rows(FEEDBACK)
    assert [(one.card, one.outcome, one.is_orphan) for one in kept] == [
        (uuid, "accepted", False),
        (uuid, "overridden", False),
    ]
    assert json.loads(kept[1].comments_json) == ["asked the pharmacist"]
    assert json.loads(kept[1].as_sent) == first
    (told,) = practice.rows(CARDS)
    assert (told.outcome, told.reason, told.has_comment, told.answer_seconds) == ("accepted", "", True, 9.0)


def test_feedback_about_an_unknown_card_is_kept_as_an_orphan(practice: Practice):
    practice.tells(overridden("e9f2d1f0-0000-4000-8000-000000000000", "a-code-of-their-own"))
    (kept,) = practice.rows(FEEDBACK)
    assert kept.is_orphan
    assert json.loads(kept.reasons_json)[0]["code"] == "a-code-of-their-own"


def test_nobody_can_speak_about_the_card_of_another_tenant(database: str):
    north = Visit(Caller("c"), "north")
    with a_practice(database, _Always(north)) as practice:
        (card,) = practice.calls(*CONFLICT)
    with a_practice(database, _Always(Visit(Caller("c"), "south"))) as practice:
        practice.tells(overridden(card["uuid"]))
        (kept,) = practice.rows(FEEDBACK)
        assert (kept.is_orphan, kept.tenant) == (True, "south")
        assert practice.rows(CARDS)[0].outcome == ""
        assert practice.rows(OVERRIDES) == []


@dataclass
class _Always:
    visit: Visit

    def identify(self, environ: object, endpoint: str) -> Visit:
        return self.visit


def test_whole_requests_are_kept_only_where_a_site_chose_so_and_never_with_the_token(database: str):
    leave = {"fhirAuthorization": {"access_token": "canary-token", "token_type": "Bearer", "expires_in": 300,
                                   "scope": "patient/*.read", "subject": "c"}}  # fmt: skip
    with a_practice(database) as practice:
        practice.calls(*CONFLICT, **leave)
        assert practice.rows(SNAPSHOTS) == []
    with a_practice(database, keeps_requests=True, days_of_requests=30) as practice:
        (card,) = practice.calls(*CONFLICT, **leave)
        (kept,) = practice.rows(SNAPSHOTS)
        request = zlib.decompress(kept.request)
        assert json.loads(request)["prefetch"] == practice.last_body["prefetch"]
        assert json.loads(request)["context"] == practice.last_body["context"]
        assert b"canary-token" not in request
        assert json.loads(zlib.decompress(kept.response)) == {"cards": [card]}
        assert kept.delete_after == "2024-06-05T10:00:00.000000Z"
