"""An opioid is ordered within a month of a naltrexone depot."""

from __future__ import annotations

from tests.accepting import accepted, recommended
from tests.charts import (
    D,
    a_review,
    assert_silent,
    assert_speaks,
    card_of,
    dispensed,
    failed,
    findings,
    given,
    having,
    in_setting,
    ordering,
)

RULE = "opioid-order-depot-naltrexone-active"
ALCOHOL = having("F10.20", "Alcohol dependence")


def hydrocodone():
    return ordering("hydrocodone 5 mg / acetaminophen 325 mg tablet", "Take 1 tablet every 6 hours as needed")


def depot(day):
    return given("Vivitrol 380 mg extended-release injection", on=day)


def test_stops_an_opioid_ten_days_after_the_injection() -> None:
    answer = a_review(ALCOHOL, depot(D - 10), hydrocodone())
    card = assert_speaks(answer, RULE, "critical")
    assert "Feb 20, 2026" in card["summary"]
    assert findings(answer) == {RULE: "critical"}


def test_speaks_up_to_thirty_days_after_the_injection() -> None:
    assert_speaks(a_review(depot(D - 30), hydrocodone()), RULE, "critical")
    assert_silent(a_review(depot(D - 31), hydrocodone()))


def test_counts_a_depot_that_was_handed_over() -> None:
    assert_speaks(a_review(dispensed("Vivitrol 380 mg injection", on=D - 12, days=28), hydrocodone()), RULE, "critical")


def test_offers_a_pain_service_and_no_way_to_stop_the_depot() -> None:
    injection = depot(D - 10)
    card = card_of(a_review(injection, hydrocodone()), RULE)
    withdraw, service = card["suggestions"]
    assert withdraw["isRecommended"]
    assert service["actions"][0]["resource"]["resourceType"] == "ServiceRequest"
    assert injection.resource["id"] not in str(card["suggestions"])


def test_never_offers_to_take_back_buprenorphine_for_opioid_use_disorder() -> None:
    answer = a_review(depot(D - 20), ordering("buprenorphine 8 mg / naloxone 2 mg film"))
    card = assert_speaks(answer, RULE, "critical")
    assert all(action["type"] != "delete" for s in card["suggestions"] for action in s["actions"])


def test_leaves_hospital_and_cough_medicines_to_their_own_rules() -> None:
    assert_silent(a_review(depot(D - 10), in_setting("EMER"), hydrocodone()), RULE)
    assert_silent(a_review(depot(D - 10), ordering("guaifenesin/codeine oral solution")), RULE)


def test_what_nobody_told_is_said_to_be_unchecked() -> None:
    answer = a_review(failed("medicationAdministrations"), hydrocodone())
    assert_silent(answer, RULE)
    assert_speaks(answer, "ldn-med-list-unreadable", "info")


def test_is_quiet_once_the_recommended_offer_is_taken() -> None:
    facts = [depot(D - 10), hydrocodone()]
    offer = recommended(card_of(a_review(*facts), RULE))
    assert_silent(a_review(*accepted(facts, offer)))


def test_warns_and_no_more_in_palliative_care() -> None:
    palliative = having("Z51.5", "Encounter for palliative care")
    assert_speaks(a_review(depot(D - 10), hydrocodone(), palliative), RULE, "warning")
