"""Benefit not recorded."""

from __future__ import annotations

import pytest

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
    measured,
    not_sent,
    taking_ldn,
)
from tests.mending import offered, recommended_labels

RULE = "ldn-benefit-review-due"


def opening(*facts):
    return a_review(*facts, hook=Hook.PATIENT_VIEW)


def test_asks_after_twelve_weeks_at_target() -> None:
    assert_speaks(opening(taking_ldn("4.5", since=D - 84)), RULE, "info")
    assert_silent(opening(taking_ldn("4.5", since=D - 83)), RULE)


def test_asks_from_3_mg_on_and_not_below() -> None:
    assert_speaks(opening(taking_ldn("3", since=D - 100)), RULE, "info")
    assert_silent(opening(taking_ldn("2.5", since=D - 100)), RULE)


def test_orders_and_fills_that_follow_one_another_are_one_treatment() -> None:
    orders = [taking_ldn("3", since=D - 100, status="completed"), taking_ldn("4.5", since=D - 20)]
    assert_speaks(opening(*orders), RULE, "info")


def test_a_long_gap_begins_anew() -> None:
    fill = {"sig": "Take 1 capsule (4.5 mg) by mouth at bedtime", "days": 30}
    before = dispensed("naltrexone 4.5 mg capsule", on=D - 300, **fill)
    assert_silent(opening(before, taking_ldn("4.5", since=D - 20)), RULE)


def test_the_target_is_reached_with_the_step_that_gives_it() -> None:
    steps = [dosage("1.5", days=28, sequence=1, when="HS"), dosage("3", sequence=2, when="HS")]
    assert_speaks(opening(taking_ldn("3", since=D - 112, dosageInstruction=steps)), RULE, "info")
    assert_silent(opening(taking_ldn("3", since=D - 111, dosageInstruction=steps)), RULE)


@pytest.mark.parametrize(
    "outcome",
    [
        measured("72514-3", on=D - 10, place="surveys", valueInteger=4),
        measured("44261-6", on=D - 10, place="surveys", valueInteger=9),
        measured("99999-9", on=D - 10, place="surveys", text="PEG score", valueQuantity={"value": 4.3}),
        measured("99999-9", on=D - 10, place="surveys", text="PGIC", valueString="much improved"),
    ],
    ids=["pain score", "PHQ-9", "PEG by name", "answer in words"],
)
def test_an_outcome_since_then_settles_it(outcome) -> None:
    assert_silent(opening(taking_ldn("4.5", since=D - 112), outcome), RULE)


def test_an_outcome_from_before_does_not() -> None:
    before = measured("72514-3", on=D - 112, place="surveys", valueInteger=7)
    assert_speaks(opening(taking_ldn("4.5", since=D - 112), before), RULE, "info")


@pytest.mark.parametrize(
    "told",
    [dispensed("oxycodone 5 mg tablet", on=D - 2, days=5), having("G47.00", "Insomnia, unspecified")],
    ids=["opioid", "insomnia"],
)
def test_waits_until_what_is_more_pressing_is_settled(told) -> None:
    assert_silent(opening(taking_ldn("4.5", since=D - 112), told), RULE)


def test_what_nobody_told_is_not_taken_for_none() -> None:
    for missing in (not_sent("surveys"), failed("medicationDispenses")):
        answer = opening(taking_ldn("4.5", since=D - 112), missing)
        assert_silent(answer, RULE)
        assert RULE in dict(answer.review.not_checked)


def test_offers_to_review_or_to_stop_and_recommends_neither() -> None:
    taken = taking_ldn("4.5", since=D - 112)
    card = assert_speaks(opening(taken), RULE, "info")
    assert changes(card) == [("create", "Task"), ("update", "MedicationRequest")]
    assert recommended_labels(card) == []
    assert offered(card, "Stop")["status"] == "stopped"
    assert_silent(opening(Fact("medicationRequests", offered(card, "Stop"))), RULE)
