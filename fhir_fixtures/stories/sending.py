"""A signed order is sent out (order-dispatch): the context names it, the list of orders holds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from fhir_fixtures.pieces import (
    FAILED,
    NOT_SENT,
    OXYCODONE_5,
    Json,
    Story,
    dispensed,
    given,
    ldn,
    ldn_dispensed,
    order,
    prescribed,
    signed,
    taking_ldn,
)

ACTIVE: Final = "ldn-order-active-opioid"
REVERSE: Final = "opioid-order-ldn-active"
UNREAD: Final = "ldn-dispatched-order-unreadable"
LDN: Final = signed(ldn(1.5))
OXYCODONE: Final = signed(order("oxycodone 5 mg tablet", OXYCODONE_5))
DRAFT: Final = "MedicationRequest/draft-1"
FIRST_SHAPE: Final = {"dispatchedOrders": None, "order": DRAFT}
TASK: Final[Json] = {
    "resourceType": "Task",
    "status": "requested",
    "intent": "order",
    "basedOn": [{"reference": DRAFT}],
    "for": {"reference": "Patient/anna-example"},
}


def _sending(name: str, title: str, orders: Sequence[Json], *told: Any, **more: Any) -> Story:
    """Tell a story of an order that is sent out."""
    chart: Sequence[Json] = told[0] if told else ()
    expect: Mapping[str, str] = told[1] if len(told) > 1 else {}
    return Story(name, title, orders, chart, expect, hook="order-dispatch", **more)


STORIES: Final = [
    _sending(
        "naltrexone_sent_while_oxycodone_is_taken",
        "A signed order of low-dose naltrexone goes to the pharmacy; oxycodone is taken.",
        [LDN],
        [dispensed("oxycodone 5 mg tablet", -6, 30)],
        {ACTIVE: "critical"},
        only=True,
        cards=1,
        tags=["hook 1.1"],
    ),
    _sending(
        "naltrexone_sent_in_the_first_shape",
        "The same in the hook's version 1.0: one order, one task.",
        [LDN],
        [dispensed("oxycodone 5 mg tablet", -6, 30)],
        {ACTIVE: "critical"},
        only=True,
        cards=1,
        context={**FIRST_SHAPE, "task": TASK},
        tags=["hook 1.0"],
    ),
    _sending(
        "tasks_spelled_as_in_the_example",
        "The tasks stand under the name that the hook's own example misspells.",
        [LDN],
        [],
        nothing=True,
        context={"fulfillment-tasks": [TASK]},
        tags=["hook 1.1"],
    ),
    _sending(
        "oxycodone_sent_for_someone_on_naltrexone",
        "A signed order of oxycodone goes out for somebody on low-dose naltrexone.",
        [OXYCODONE],
        [taking_ldn(4.5)],
        {REVERSE: "critical"},
        only=True,
        cards=1,
        tags=["hook 1.1"],
    ),
    _sending(
        "oxycodone_sent_in_the_first_shape",
        "The same in the hook's version 1.0.",
        [OXYCODONE],
        [taking_ldn(4.5)],
        {REVERSE: "critical"},
        only=True,
        context=FIRST_SHAPE,
        tags=["hook 1.0"],
    ),
    _sending(
        "naltrexone_sent_again_to_another_pharmacy",
        "The order was dispensed before: it is no exposure to itself.",
        [signed(ldn(4.5))],
        [ldn_dispensed(4.5, -28, authorizingPrescription=[{"reference": DRAFT}])],
        nothing=True,
    ),
    _sending(
        "naltrexone_and_oxycodone_sent_together",
        "Both orders go out in one call.",
        [LDN, OXYCODONE],
        [],
        {ACTIVE: "critical"},
        cards=1,
        said=["oxycodone"],
        tags=["same session", "hook 1.1"],
    ),
    _sending(
        "absolute_reference_with_a_version",
        "The order is named by its whole address and its version.",
        [LDN],
        [given("Sublocade 300 mg injection", -150)],
        {"ldn-order-depot-buprenorphine": "critical"},
        only=True,
        context={"dispatchedOrders": [f"https://ehr.example/fhir/{DRAFT}/_history/2"]},
        tags=["hook 1.1"],
    ),
    _sending(
        "order_that_did_not_come_along",
        "The order is named, and the list of orders does not hold it: nobody knows what it is.",
        [],
        [prescribed("lisinopril 10 mg tablet", on=-10, lasts=30)],
        {UNREAD: "info"},
        only=True,
        context={"dispatchedOrders": ["MedicationRequest/elsewhere"]},
    ),
    _sending(
        "orders_failed_when_two_were_sent",
        "The search for orders failed, so that neither of two orders can be read.",
        [],
        [dispensed("oxycodone 5 mg tablet", -6, 30)],
        {UNREAD: "info"},
        only=True,
        said=["2 orders"],
        context={"dispatchedOrders": ["MedicationRequest/one", "MedicationRequest/two"]},
        lists={"medicationRequests": FAILED},
    ),
    _sending(
        "blood_test_sent_to_the_laboratory",
        "An order of something else than a medicine is none of ours, whatever came along.",
        [],
        [taking_ldn(4.5)],
        nothing=True,
        context={"dispatchedOrders": ["ServiceRequest/blood-count"]},
        lists={"medicationRequests": NOT_SENT},
    ),
    _sending(
        "dispensings_failed_when_naltrexone_was_sent",
        "The order can be read and the dispensings cannot: what was not checked is said.",
        [LDN],
        [],
        {"ldn-med-list-unreadable": "warning"},
        lists={"medicationDispenses": FAILED},
    ),
]
