"""Supply is about to end."""

from __future__ import annotations

import pytest
from fhir.resources.R4B.medicationrequest import MedicationRequest

from cards import Hook
from tests.accepting import changes
from tests.charts import (
    D,
    Fact,
    a_review,
    assert_silent,
    assert_speaks,
    dispensed,
    dosage,
    failed,
    having,
    taking_ldn,
)
from tests.mending import offered, recommended_labels

RULE = "ldn-refill-lead-time"
ONE_FILL = {"dispenseRequest": {"numberOfRepeatsAllowed": 0, "expectedSupplyDuration": {"value": 30, "code": "d"}}}


def opening(*facts):
    return a_review(*facts, hook=Hook.PATIENT_VIEW)


def order(ago: int = 30, **told):
    return taking_ldn("4.5", since=D - ago, **(ONE_FILL | told))


def fill(left: int, *, days: int = 30):
    """A dispensing of which so many days are left."""
    return dispensed("naltrexone 4.5 mg capsule", on=D + left - days, days=days)


@pytest.mark.parametrize("left", [7, 0, -3])
def test_asks_from_a_week_before_the_end_until_three_days_after_it(left: int) -> None:
    assert_speaks(opening(order(40), fill(left)), RULE, "info")


@pytest.mark.parametrize("left", [8, -4])
def test_stays_silent_before_and_after(left: int) -> None:
    assert_silent(opening(order(40), fill(left)), RULE)


def test_names_the_day_on_which_the_last_supply_ends() -> None:
    card = assert_speaks(opening(order(60), fill(-25), fill(5)), RULE, "info")
    assert "about Mar 7, 2026" in card["summary"]


def test_without_dispensings_an_order_tells_it() -> None:
    assert_speaks(opening(order(25)), RULE, "info")
    assert_silent(opening(order(20)), RULE)


def test_stays_silent_while_refills_are_left() -> None:
    two_fills = {"dispenseRequest": {**ONE_FILL["dispenseRequest"], "numberOfRepeatsAllowed": 1}}
    assert_silent(opening(taking_ldn("4.5", since=D - 27, **two_fills), fill(3)), RULE)
    assert_speaks(opening(taking_ldn("4.5", since=D - 57, **two_fills), fill(-27), fill(3)), RULE, "info")


def test_stays_silent_when_a_newer_order_is_there() -> None:
    assert_silent(opening(order(30), fill(3), taking_ldn("4.5", since=D - 1, **ONE_FILL)), RULE)


@pytest.mark.parametrize(
    "told",
    [
        taking_ldn("4.5", since=D, status="draft"),
        dispensed("oxycodone 5 mg tablet", on=D - 2, days=5),
        having("G47.00", "Insomnia, unspecified"),
    ],
    ids=["draft", "opioid", "insomnia"],
)
def test_stays_silent_while_something_else_is_to_be_settled(told) -> None:
    assert_silent(opening(order(), fill(3), told), RULE)


def test_what_nobody_told_is_not_taken_for_none() -> None:
    answer = opening(order(), fill(3), failed("medicationStatements"))
    assert_silent(answer, RULE)
    assert RULE in dict(answer.review.not_checked)


def test_offers_the_same_order_again_without_its_number_dates_and_persons() -> None:
    taken = order(
        30,
        identifier=[{"value": "RX-1"}],
        requester={"reference": "#who"},
        encounter={"reference": "Encounter/1"},
        contained=[*taking_ldn("4.5").resource["contained"], {"resourceType": "Practitioner", "id": "who"}],
    )
    card = assert_speaks(opening(taken, fill(3)), RULE, "info")
    draft = offered(card, "same order")
    assert changes(card) == [("create", "MedicationRequest"), ("create", "Task")]
    assert recommended_labels(card) == []
    assert draft["status"] == "draft"
    assert [c["id"] for c in draft["contained"]] == ["ldn"]
    assert draft["dosageInstruction"] == taken.resource["dosageInstruction"]
    assert not {"id", "identifier", "requester", "encounter", "authoredOn"} & draft.keys()
    MedicationRequest.model_validate(draft)


def test_of_a_stepped_order_the_last_dose_goes_on() -> None:
    steps = [dosage("1.5", days=14, sequence=1, when="HS"), dosage("3", days=14, sequence=2, when="HS")]
    card = assert_speaks(opening(order(27, dosageInstruction=steps), fill(1, days=28)), RULE, "info")
    draft = offered(card, "Draft")
    assert [d["text"] for d in draft["dosageInstruction"]] == ["Take 1 capsule (3 mg) by mouth at bedtime"]
    MedicationRequest.model_validate(draft)


def test_is_quiet_once_the_draft_is_on_the_chart() -> None:
    facts = [order(), fill(3)]
    draft = offered(assert_speaks(opening(*facts), RULE, "info"), "same order")
    assert_silent(opening(*facts, Fact("medicationRequests", {**draft, "id": "renewal"})), RULE)
