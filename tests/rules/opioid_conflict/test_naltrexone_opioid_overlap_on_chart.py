"""Full-dose naltrexone and an opioid are both active on the chart."""

from __future__ import annotations

import pytest

from cards import Hook
from tests.charts import (
    D,
    Fact,
    a_review,
    assert_silent,
    assert_speaks,
    dispensed,
    failed,
    findings,
    given,
    having,
    ordering_onlabel,
    prescribed,
    reported,
    taking_ldn,
)

RULE = "naltrexone-opioid-overlap-on-chart"
LOW_DOSE = "ldn-opioid-overlap-on-chart"


def opening(*facts: Fact):
    return a_review(*facts, hook=Hook.PATIENT_VIEW)


def fifty() -> Fact:
    return prescribed("naltrexone 50 mg tablet", on=D - 30, days=90, sig="Take 50 mg daily")


def oxycodone(days: int = 30, on=D - 6) -> Fact:
    return dispensed("oxycodone 5 mg tablet", on=on, days=days)


def test_stops_at_fifty_milligrams_beside_a_regular_opioid() -> None:
    card = assert_speaks(opening(fifty(), oxycodone()), RULE, "critical")
    assert card["summary"] == "Confirm what is taken: naltrexone (50\u00a0mg) and oxycodone are both active."


@pytest.mark.parametrize(
    ("naltrexone", "named"),
    [
        (given("Vivitrol 380 mg", on=D - 20), "depot"),
        (prescribed("Contrave 8 mg/90 mg extended release tablet", on=D - 30, days=90), "with bupropion"),
        (prescribed("naltrexone", on=D - 30, days=90), "dose unknown"),
    ],
    ids=["depot", "with bupropion", "no dose told"],
)
def test_so_it_does_beside_every_naltrexone_that_is_no_low_dose(naltrexone: Fact, named: str) -> None:
    card = assert_speaks(opening(naltrexone, oxycodone()), RULE, "critical")
    assert f"({named})" in card["summary"]


def test_a_depot_counts_for_thirty_days_and_no_longer() -> None:
    assert_speaks(opening(given("Vivitrol 380 mg", on=D - 29), oxycodone()), RULE, "critical")
    assert_silent(opening(given("Vivitrol 380 mg", on=D - 31), oxycodone()), RULE)


def test_warns_for_a_brief_course_and_stops_for_a_longer_one() -> None:
    assert_speaks(opening(fifty(), oxycodone(days=4, on=D - 1)), RULE, "warning")
    assert_speaks(opening(fifty(), oxycodone(days=5, on=D - 1)), RULE, "critical")


def test_speaks_on_the_last_day_of_the_supply_and_not_on_the_day_after() -> None:
    assert_speaks(opening(fifty(), oxycodone(days=30, on=D - 30)), RULE, "critical")
    assert_silent(opening(fifty(), oxycodone(days=30, on=D - 31)), RULE)


@pytest.mark.parametrize("opioid", ["methadone 80 mg", "buprenorphine/naloxone 8 mg film"])
def test_offers_nothing_but_to_ask_and_touches_neither_treatment(opioid: str) -> None:
    card = assert_speaks(opening(fifty(), reported(opioid, asserted=D - 2)), RULE, "critical")
    (call,) = card["suggestions"]
    assert [action["resource"]["resourceType"] for action in call["actions"]] == ["Task"]
    assert call.get("isRecommended") is not True


def test_where_a_low_dose_is_on_the_chart_too_one_card_speaks() -> None:
    spoken = findings(opening(taking_ldn(), fifty(), oxycodone()))
    assert spoken.get(LOW_DOSE) == "critical"
    assert RULE not in spoken


def test_in_palliative_care_it_warns_and_no_more() -> None:
    assert_speaks(opening(fifty(), oxycodone(), having("Z51.5", "Encounter for palliative care")), RULE, "warning")


@pytest.mark.parametrize("drug", ["loperamide 2 mg capsule", "dextromethorphan syrup"])
def test_stays_silent_for_gut_medicines_and_for_what_is_no_opioid(drug: str) -> None:
    assert_silent(opening(fifty(), dispensed(drug, on=D - 1, days=10)), RULE)


def test_stays_silent_for_a_low_dose_for_labelled_use_alone_and_for_an_opioid_alone() -> None:
    assert_silent(opening(taking_ldn(), oxycodone()), RULE)
    assert_silent(opening(fifty()), RULE)
    assert_silent(opening(oxycodone()), RULE)


def test_speaks_on_opening_the_chart_only() -> None:
    assert_silent(a_review(fifty(), oxycodone(), ordering_onlabel()), RULE)


def test_what_nobody_told_raises_no_card_here() -> None:
    assert_silent(opening(fifty(), failed("medicationDispenses")), RULE)
