"""Low-dose naltrexone and an opioid are both active on the chart."""

from __future__ import annotations

import pytest

from cards import Hook
from tests.accepting import accepted
from tests.charts import (
    D,
    a_review,
    assert_silent,
    assert_speaks,
    card_of,
    dispensed,
    failed,
    given,
    ordering_ldn,
    prescribed,
    reported,
    taking_ldn,
)

RULE = "ldn-opioid-overlap-on-chart"


def opening(*facts):
    return a_review(*facts, hook=Hook.PATIENT_VIEW)


def oxycodone(days=30, on=D - 6):
    return dispensed("oxycodone 5 mg tablet", on=on, days=days)


def test_stops_at_regular_use_of_another_prescribers_opioid() -> None:
    answer = opening(taking_ldn(), oxycodone())
    card = assert_speaks(answer, RULE, "critical")
    assert card["summary"] == "Confirm what is taken: low-dose naltrexone and oxycodone are both active."


@pytest.mark.parametrize(
    "opioid",
    [
        reported("methadone 80 mg", asserted=D - 2),
        dispensed("morphine 30 mg extended release tablet", on=D - 2, days=4),
        given("Sublocade 300 mg", on=D - 150),
        given("fentanyl 25 mcg/h patch", on=D - 1),
        prescribed("oxycodone 5 mg tablet", on=D - 3),
    ],
    ids=["methadone", "extended release", "depot", "patch", "length unknown"],
)
def test_is_critical_for_long_acting_opioids_and_for_courses_of_unknown_length(opioid) -> None:
    assert_speaks(opening(taking_ldn(), opioid), RULE, "critical")


def test_warns_for_a_brief_course_and_stops_for_a_longer_one() -> None:
    assert_speaks(opening(taking_ldn(), oxycodone(days=4, on=D - 1)), RULE, "warning")
    assert_speaks(opening(taking_ldn(), oxycodone(days=5, on=D - 1)), RULE, "critical")


def test_warns_for_an_opioid_cough_medicine() -> None:
    syrup = dispensed("guaifenesin/codeine oral solution", on=D - 2, days=5)
    assert_speaks(opening(taking_ldn(), syrup), RULE, "warning")


def test_speaks_on_the_last_day_of_the_supply_and_not_on_the_day_after() -> None:
    assert_speaks(opening(taking_ldn(), oxycodone(days=30, on=D - 30)), RULE, "critical")
    assert_silent(opening(taking_ldn(), oxycodone(days=30, on=D - 31)), RULE)


def test_offers_to_hold_naltrexone_and_never_touches_the_opioid() -> None:
    taken, opioid = taking_ldn(), oxycodone()
    hold, call = card_of(opening(taken, opioid), RULE)["suggestions"]
    resource = hold["actions"][0]["resource"]
    assert (resource["id"], resource["status"]) == (taken.resource["id"], "on-hold")
    assert call["actions"][0]["resource"]["resourceType"] == "Task"
    assert opioid.resource["id"] not in str((hold, call))


def test_is_quiet_once_naltrexone_is_held() -> None:
    facts = [taking_ldn(), oxycodone()]
    hold = card_of(opening(*facts), RULE)["suggestions"][0]
    assert_silent(opening(*accepted(facts, hold)), RULE)


@pytest.mark.parametrize("drug", ["loperamide 2 mg capsule", "diphenoxylate/atropine tablet", "dextromethorphan syrup"])
def test_stays_silent_for_gut_medicines_and_for_what_is_no_opioid(drug: str) -> None:
    assert_silent(opening(taking_ldn(), dispensed(drug, on=D - 1, days=10)), RULE)


def test_stays_silent_for_full_dose_naltrexone_and_without_an_opioid() -> None:
    fifty = prescribed("naltrexone 50 mg tablet", on=D - 30, days=90, sig="Take 50 mg daily")
    assert_silent(opening(fifty, oxycodone()), RULE)
    assert_silent(opening(taking_ldn()), RULE)


def test_stays_silent_for_orders_that_never_happened() -> None:
    cancelled = prescribed("oxycodone 5 mg tablet", on=D - 3, status="cancelled")
    wrong = prescribed("oxycodone 5 mg tablet", on=D - 3, status="entered-in-error")
    assert_silent(opening(taking_ldn(), cancelled, wrong), RULE)


def test_speaks_on_opening_the_chart_only() -> None:
    assert_silent(a_review(taking_ldn(), oxycodone(), ordering_ldn()), RULE)


def test_what_nobody_told_raises_no_card_here() -> None:
    assert_silent(opening(taking_ldn(), failed("medicationDispenses")), RULE)
