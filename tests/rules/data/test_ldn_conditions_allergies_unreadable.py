"""Conditions, allergies or results are missing or incomplete."""

from __future__ import annotations

import pytest

from cards import Dialect, Hook, Kind
from tests.charts import (
    a_review,
    assert_silent,
    assert_speaks,
    card_of,
    failed,
    not_sent,
    ordering,
    ordering_ldn,
    ordering_onlabel,
    partial,
)

RULE = "ldn-conditions-allergies-unreadable"


@pytest.mark.parametrize("lost", [failed, partial, not_sent])
@pytest.mark.parametrize("place", ["conditions", "laboratory"])
def test_informs_when_conditions_or_results_are_incomplete(place: str, lost) -> None:
    assert_speaks(a_review(lost(place), ordering_ldn()), RULE, "info")


@pytest.mark.parametrize("lost", [failed, partial])
def test_warns_when_allergies_could_not_be_read(lost) -> None:
    assert_speaks(a_review(lost("allergies"), ordering_ldn()), RULE, "warning")


def test_informs_when_allergies_were_merely_not_sent() -> None:
    assert_speaks(a_review(not_sent("allergies"), ordering_ldn()), RULE, "info")


def test_stays_silent_when_everything_came_and_is_empty() -> None:
    assert_silent(a_review(ordering_ldn()))


def test_names_what_was_skipped_and_why() -> None:
    card = card_of(a_review(failed("laboratory"), ordering_ldn()), RULE)
    assert "liver, kidney and drug screen" in card["summary"]
    assert "could not be read" in card["summary"]
    assert "ldn-renal-severe" in card["detail"]


def test_every_kind_is_named_in_one_review_card() -> None:
    answer = a_review(failed("conditions"), failed("allergies"), not_sent("laboratory"), ordering_ldn())
    (card,) = answer.cards
    assert card["indicator"] == "warning"
    assert all(word in card["detail"] for word in ("pregnancy", "allergy", "kidney"))
    assert "suggestions" not in card


def test_is_said_once_per_answer_and_about_labelled_use_too() -> None:
    answer = a_review(failed("conditions"), ordering_onlabel(), ordering_ldn())
    assert len([j for j in answer.review.found if j.page.rule == RULE]) == 1
    assert_speaks(a_review(failed("conditions"), ordering_onlabel()), RULE, "info")


def test_stays_silent_for_an_opioid_order_and_at_order_select() -> None:
    assert_silent(a_review(failed("conditions"), ordering("oxycodone 5 mg tablet")))
    assert_silent(a_review(failed("conditions"), ordering_ldn(), hook=Hook.ORDER_SELECT), RULE)


@pytest.mark.parametrize("lost", [failed, partial, not_sent])
@pytest.mark.parametrize(
    ("place", "word"),
    [
        ("surveys", "mood"),
        ("serviceRequests", "surgery"),
        ("procedures", "surgery"),
        ("appointments", "surgery"),
    ],
)
def test_informs_when_assessments_or_planned_procedures_are_incomplete(place: str, word: str, lost) -> None:
    assert word in assert_speaks(a_review(lost(place), ordering_ldn()), RULE, "info")["summary"]


@pytest.mark.parametrize("lost", [failed, not_sent])
def test_informs_when_the_age_is_not_known(lost) -> None:
    assert "age" in assert_speaks(a_review(lost("patient"), ordering_ldn()), RULE, "info")["summary"]


def test_says_of_the_lists_an_operation_may_stand_in_only_once() -> None:
    answer = a_review(not_sent("serviceRequests"), not_sent("procedures"), failed("appointments"), ordering_ldn())
    assert len([j for j in answer.review.found if j.page.rule == RULE]) == 1


def test_passes_over_a_missing_weight_and_a_list_the_client_does_not_keep() -> None:
    assert_silent(a_review(not_sent("vitalSigns"), ordering_ldn()))
    dialect = Dialect(lists_not_kept=frozenset({Kind.APPOINTMENTS}))
    assert_silent(a_review(not_sent("appointments"), ordering_ldn(), dialect=dialect))
