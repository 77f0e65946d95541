"""The next titration step."""

from __future__ import annotations

import pytest
from fhir.resources.R4B.medicationrequest import MedicationRequest
from fhir.resources.R4B.task import Task

from cards import Hook
from tests.accepting import changes
from tests.charts import (
    D,
    Fact,
    a_review,
    aged,
    assert_silent,
    assert_speaks,
    dispensed,
    dosage,
    failed,
    having,
    prescribed,
    reported,
    requesting,
    taking_ldn,
)
from tests.mending import offered, recommended_labels

RULE = "ldn-next-step-due"


def opening(*facts):
    return a_review(*facts, hook=Hook.PATIENT_VIEW)


def test_recalls_the_next_step_from_the_14th_day_on() -> None:
    assert_speaks(opening(taking_ldn("1.5", since=D - 14)), RULE, "info")
    assert_silent(opening(taking_ldn("1.5", since=D - 13)), RULE)


@pytest.mark.parametrize(("mg", "next_mg"), [("0.5", "1"), ("1", "2"), ("1.5", "3"), ("2", "3"), ("2.5", "3")])
def test_the_next_step_is_that_of_the_schedule_somebody_is_on(mg: str, next_mg: str) -> None:
    card = assert_speaks(opening(taking_ldn(mg, since=D - 30)), RULE, "info")
    assert f"Consider {next_mg}\u00a0mg" in card["summary"]


@pytest.mark.parametrize(
    "condition",
    [
        ("U09.9", "Post COVID-19 condition, unspecified"),
        ("G93.32", "Myalgic encephalomyelitis/chronic fatigue syndrome"),
    ],
)
def test_where_the_schedule_goes_by_months_it_waits_thirty_days(condition) -> None:
    assert_silent(opening(taking_ldn("1", since=D - 29), having(*condition)), RULE)
    card = assert_speaks(opening(taking_ldn("1", since=D - 30), having(*condition)), RULE, "info")
    assert "Consider 2\u00a0mg" in card["summary"]


def test_a_condition_that_is_over_sets_no_pace() -> None:
    over = having("U09.9", "Post COVID-19 condition, unspecified", status="resolved")
    assert_speaks(opening(taking_ldn("1", since=D - 20), over), RULE, "info")


def test_stays_silent_from_3_mg_on() -> None:
    assert_silent(opening(taking_ldn("3", since=D - 30)), RULE)


def test_the_days_count_from_the_last_change_of_dose() -> None:
    changed = [taking_ldn("1", since=D - 60, status="completed"), taking_ldn("1.5", since=D - 10)]
    assert_silent(opening(*changed), RULE)


def test_stays_silent_where_the_order_holds_its_next_step() -> None:
    steps = [dosage("1", days=30, sequence=1, when="HS"), dosage("2", days=30, sequence=2, when="HS")]
    assert_silent(opening(taking_ldn("1", since=D - 20, dosageInstruction=steps)), RULE)


def test_stays_silent_on_hold_and_after_the_end() -> None:
    assert_silent(opening(taking_ldn("1.5", since=D - 30, status="on-hold")), RULE)
    assert_silent(opening(taking_ldn("1.5", since=D - 90, status="stopped")), RULE)


@pytest.mark.parametrize(
    "told",
    [
        dispensed("oxycodone 5 mg tablet", on=D - 2, days=5),
        dispensed("oxycodone 5 mg tablet", on=D - 14, days=6),
        having("G47.00", "Insomnia, unspecified"),
        having("Z33.1", "Pregnant state, incidental"),
        requesting("Hernia repair", on=D + 20),
        prescribed("naltrexone 50 mg tablet", on=D - 20, sig="Take 50 mg by mouth daily"),
        aged(12),
        taking_ldn("3", since=D, status="draft"),
    ],
    ids=["opioid", "opioid just over", "insomnia", "pregnancy", "operation", "full dose", "child", "draft"],
)
def test_stays_silent_while_something_stands_in_the_way(told) -> None:
    assert_silent(opening(taking_ldn("1.5", since=D - 30), told), RULE)


def test_what_nobody_told_is_not_taken_for_none() -> None:
    for missing in ("medicationDispenses", "conditions"):
        answer = opening(taking_ldn("1.5", since=D - 30), failed(missing))
        assert_silent(answer, RULE)
        assert RULE in dict(answer.review.not_checked)


def test_says_nothing_when_an_order_is_signed() -> None:
    assert_silent(a_review(taking_ldn("1.5", since=D - 30)), RULE)


def test_offers_a_draft_of_the_next_step_with_the_reason_and_the_order_before() -> None:
    taken = taking_ldn("1.5", since=D - 30)
    card = assert_speaks(opening(taken), RULE, "info")
    draft = offered(card, "Draft")
    assert changes(card) == [("create", "MedicationRequest"), ("create", "Task")]
    assert recommended_labels(card) == []
    assert "id" not in draft
    assert draft["status"] == "draft"
    assert draft["reasonCode"] == taken.resource["reasonCode"]
    assert draft["priorPrescription"] == {"reference": f"MedicationRequest/{taken.resource['id']}"}
    assert draft["dosageInstruction"][0]["text"] == "Take 1 capsule (3 mg) by mouth at bedtime"
    assert draft["dispenseRequest"]["quantity"]["value"] == 30
    MedicationRequest.model_validate(draft)
    Task.model_validate(offered(card, "Call"))


def test_the_draft_is_whole_also_where_only_a_report_tells_of_the_dose() -> None:
    told = reported("naltrexone 1.5 mg capsule", since=D - 40, asserted=D - 20, sig="Take 1 capsule in the morning")
    draft = offered(assert_speaks(opening(told), RULE, "info"), "Draft")
    assert draft["subject"] == {"reference": "Patient/anna-example"}
    assert draft["dosageInstruction"][0]["timing"]["repeat"]["when"] == ["MORN"]
    MedicationRequest.model_validate(draft)


def test_is_quiet_once_the_draft_is_on_the_chart() -> None:
    taken = taking_ldn("1.5", since=D - 30)
    draft = offered(assert_speaks(opening(taken), RULE, "info"), "Draft")
    assert_silent(opening(taken, Fact("medicationRequests", {**draft, "id": "next"})), RULE)
