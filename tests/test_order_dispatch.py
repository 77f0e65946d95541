"""Sending a signed order: the context names it in one of two published shapes, the prefetched orders hold it."""

from __future__ import annotations

from typing import Any

import pytest

from cards import Hook
from cds_hooks.hook_request import read_hook_request
from tests.charts import D, Fact, dispensed, dosage, ordering_ldn, prescribed, taking_ldn, the_clinic
from tests.charts import a_request as told
from tests.desks import Desk, a_call, assert_refused

PATH = "/cds-services/ldn-order-dispatch"
ORDER = "MedicationRequest/sent"
TASK = {"resourceType": "Task", "status": "requested", "intent": "order"}
SHAPES = {
    "1.1": {"dispatchedOrders": [ORDER], "fulfillmentTasks": [TASK]},
    "1.1 as misprinted": {"dispatchedOrders": [ORDER], "fulfillment-tasks": [TASK]},
    "1.0": {"order": ORDER, "task": TASK},
    "absolute, with a version": {"dispatchedOrders": [f"https://ehr.example/fhir/{ORDER}/_history/1"]},
    "both": {"dispatchedOrders": [ORDER], "order": ORDER},
}


def signed(fact: Fact, **changes: Any) -> Fact:
    return Fact("medicationRequests", {**fact.resource, "id": "sent", "status": "active", **changes})


def sending(*facts: Fact, context: dict[str, Any] | None = None, without: tuple[str, ...] = ()) -> dict[str, Any]:
    import json

    _, prefetch = told(*facts)
    shape = SHAPES["1.1"] if context is None else context
    return {
        "hook": "order-dispatch",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {"patientId": "anna-example", "performer": "Organization/pharmacy", **shape},
        "prefetch": {key: json.loads(v) if v else None for key, v in prefetch.items() if key not in without},
        "extension": {"ldn-cds.today": D.isoformat()},
    }


def rules(response: Any) -> dict[str, str]:
    assert response.status_code == 200, response.text
    cards = response.json["cards"]
    return {one["rule"]: one["indicator"] for card in cards for one in card["extension"]["ldn-cds.findings"]}


def answer(*facts: Fact, **how: Any) -> Any:
    return Desk(the_clinic()).post(PATH, sending(*facts, **how))


OXYCODONE = dispensed("oxycodone 5 mg tablet", on=D - 6, days=30)
LISTS = ("medicationRequests", "medicationStatements", "medicationDispenses", "medicationAdministrations")


@pytest.mark.parametrize("shape", SHAPES)
def test_both_published_shapes_are_read(shape: str):
    assert rules(answer(signed(ordering_ldn("1.5")), OXYCODONE, context=SHAPES[shape])) == {
        "ldn-order-active-opioid": "critical"
    }


def test_an_opioid_that_is_sent_is_held_against_the_naltrexone_on_the_chart():
    sent = signed(Fact("draft", prescribed("oxycodone 5 mg tablet").resource))
    assert rules(answer(sent, taking_ldn("4.5"))) == {"opioid-order-ldn-active": "critical"}


def test_an_order_is_no_exposure_to_itself():
    assert rules(answer(signed(ordering_ldn("4.5")))) == {}
    sent = signed(Fact("draft", prescribed("oxycodone 5 mg tablet").resource))
    assert rules(answer(sent)) == {}


def test_another_order_on_the_chart_is_not_judged():
    other = Fact("medicationRequests", {**ordering_ldn("45").resource, "id": "other", "status": "active"})
    lisinopril = signed(Fact("draft", prescribed("lisinopril 10 mg tablet").resource))
    assert rules(answer(lisinopril, other, OXYCODONE)) == {}


def test_dose_and_time_were_for_signing():
    steps = [dosage("6", text="6 mg in the morning")]
    assert rules(answer(signed(ordering_ldn("6", reason=None), dosageInstruction=steps))) == {}


def test_a_signed_order_is_not_deleted_and_a_signed_opioid_is_left_as_it_is():
    sent = signed(Fact("draft", prescribed("oxycodone 5 mg tablet").resource))
    for facts in ([signed(ordering_ldn("1.5")), OXYCODONE], [sent, taking_ldn("4.5")]):
        cards = answer(*facts).json["cards"]
        actions = [a for card in cards for s in card.get("suggestions", ()) for a in s["actions"]]
        assert actions
        assert all(action["type"] != "delete" for action in actions)
        assert all(action["resource"].get("id") != "sent" for action in actions)


def test_an_order_nobody_sent_along_is_said_to_be_unread():
    assert rules(answer(OXYCODONE)) == {"ldn-dispatched-order-unreadable": "info"}


def test_without_any_medication_list_it_is_412():
    response = answer(without=LISTS)
    assert_refused(response, 412)
    assert "medication list" in response.json["issue"][0]["diagnostics"]


def test_an_order_of_something_else_needs_no_medication_list():
    response = answer(context={"dispatchedOrders": ["ServiceRequest/1"]}, without=LISTS)
    assert rules(response) == {}


@pytest.mark.parametrize("bad", [{}, {"order": None}, {"dispatchedOrders": None, "order": None}])
def test_a_context_that_names_no_order_is_refused(bad: dict[str, Any]):
    assert_refused(answer(context=bad), 400, "context.dispatchedOrders")


def test_a_reference_that_is_no_text_is_refused_at_its_place():
    assert_refused(answer(context={"dispatchedOrders": [{"reference": ORDER}]}), 400, "context.dispatchedOrders[0]")


def test_the_hook_has_no_user_and_none_is_missed():
    import json

    asking = read_hook_request(json.dumps(a_call("order-dispatch")).encode(), Hook.ORDER_DISPATCH)
    assert asking.notes == ()
    body = a_call("order-dispatch")
    del body["context"]["performer"]
    asking = read_hook_request(json.dumps(body).encode(), Hook.ORDER_DISPATCH)
    assert asking.notes == ("context.performer is missing",)


def test_the_same_order_named_twice_is_judged_once():
    response = answer(signed(ordering_ldn("1.5")), OXYCODONE, context={"dispatchedOrders": [ORDER, ORDER]})
    assert len(response.json["cards"]) == 1
