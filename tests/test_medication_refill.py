"""Asking for a refill: opioids, other naltrexone, a gap, the next step, the review of benefit; nobody need be there."""

from __future__ import annotations

import json

from cards import Answer, Hook
from cds_hooks.hook_request import read_hook_request
from tests.accepting import accepted
from tests.charts import (
    D,
    Fact,
    a_review,
    assert_silent,
    assert_speaks,
    dispensed,
    dosage,
    having,
    measured,
    ordering,
    ordering_ldn,
    taking_ldn,
    the_clinic,
)
from tests.desks import Desk, a_call, assert_refused
from tests.mending import offered, recommended_labels

PATH = "/cds-services/ldn-medication-refill"
NEXT = "ldn-next-step-due"
BENEFIT = "ldn-benefit-review-due"


def refilling(*facts: Fact) -> Answer:
    return a_review(*facts, hook=Hook.MEDICATION_REFILL)


def test_a_steady_refill_gets_no_card():
    assert_silent(refilling(ordering_ldn("4.5"), taking_ldn("4.5")))


def test_opioids_are_looked_for_in_both_directions():
    oxycodone = dispensed("oxycodone 5 mg tablet", on=D - 6, days=30)
    assert_speaks(refilling(ordering_ldn("4.5"), oxycodone), "ldn-order-active-opioid", "critical")
    assert_speaks(refilling(ordering("oxycodone 5 mg tablet"), taking_ldn()), "opioid-order-ldn-active", "critical")


def test_the_start_dose_asked_for_again_recalls_the_next_step():
    facts = [ordering_ldn("1.5"), taking_ldn("1.5", since=D - 21)]
    card = assert_speaks(refilling(*facts), NEXT, "info")
    refill = offered(card, "Refill at")
    assert refill["id"] == facts[0].resource["id"]
    assert refill["dosageInstruction"][0]["text"] == "Take 1 capsule (3 mg) by mouth at bedtime"
    assert refill["dispenseRequest"]["numberOfRepeatsAllowed"] == 0
    assert recommended_labels(card) == []
    taken = next(s for s in card["suggestions"] if "Refill at" in s["label"])
    assert_silent(refilling(*accepted(facts, taken)), NEXT)


def test_a_refill_that_holds_the_next_step_is_left_alone():
    assert_silent(refilling(ordering_ldn("3"), taking_ldn("1.5", since=D - 21)), NEXT)


def test_a_refill_whose_dose_is_not_known_is_not_stepped_up():
    unknown = ordering_ldn("1.5", dosageInstruction=[dosage(text="as directed")])
    assert_silent(refilling(unknown, taking_ldn("1.5", since=D - 21)), NEXT)


def test_a_refill_of_something_else_is_no_moment_for_either():
    lisinopril = ordering("lisinopril 10 mg tablet")
    assert_silent(refilling(lisinopril, taking_ldn("1.5", since=D - 21)), NEXT)
    assert_silent(refilling(lisinopril, taking_ldn("4.5", since=D - 112)), BENEFIT)


def test_in_long_covid_the_step_is_a_month():
    covid = having("U09.9", "Post COVID-19 condition, unspecified")
    assert_silent(refilling(ordering_ldn("1"), taking_ldn("1", since=D - 29), covid), NEXT)
    assert_speaks(refilling(ordering_ldn("1"), taking_ldn("1", since=D - 30), covid), NEXT, "info")


def test_sixteen_weeks_without_a_score_ask_for_one_or_no_refill():
    facts = [ordering_ldn("4.5"), taking_ldn("4.5", since=D - 112)]
    card = assert_speaks(refilling(*facts), BENEFIT, "info")
    decline = next(s for s in card["suggestions"] if s["label"].startswith("Do not refill"))
    assert decline["actions"][0]["type"] == "delete"
    assert_silent(refilling(*accepted(facts, decline)), BENEFIT)
    score = measured("72514-3", on=D - 30, place="surveys", valueInteger=3)
    assert_silent(refilling(*facts, score), BENEFIT)


def test_a_gap_is_asked_about():
    before = dispensed("naltrexone 4.5 mg capsule", on=D - 75, days=30, sig="1 capsule (4.5 mg) at bedtime")
    assert_speaks(refilling(ordering_ldn("4.5"), before), "ldn-refill-gap", "info")


def test_nobody_need_be_there():
    asking = read_hook_request(json.dumps(a_call("medication-refill")).encode(), Hook.MEDICATION_REFILL)
    assert asking.notes == ()
    body = a_call("medication-refill")
    assert "userId" not in body["context"]
    assert Desk(the_clinic()).post(PATH, body).status_code == 200


def test_the_bundle_is_demanded():
    body = a_call("medication-refill")
    del body["context"]["medications"]
    assert_refused(Desk(the_clinic()).post(PATH, body), 400, "context.medications")


def test_without_any_list_it_says_what_it_could_not_check():
    response = Desk(the_clinic()).post(PATH, a_call("medication-refill"))
    rules = [one["rule"] for card in response.json["cards"] for one in card["extension"]["ldn-cds.findings"]]
    assert rules == ["ldn-med-list-unreadable"]
