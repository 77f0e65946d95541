"""Thioridazine with naltrexone."""

from __future__ import annotations

from tests.charts import (
    D,
    a_review,
    assert_silent,
    assert_speaks,
    failed,
    findings,
    ordering,
    ordering_ldn,
    ordering_onlabel,
    prescribed,
    taking_ldn,
)

RULE = "ldn-thioridazine"
TAKEN = prescribed("thioridazine 50 mg tablet", on=D - 20)


def test_informs_when_naltrexone_is_ordered_at_any_dose() -> None:
    card = assert_speaks(a_review(ordering_ldn(), TAKEN), RULE, "info")
    assert "suggestions" not in card
    assert_speaks(a_review(ordering_onlabel(), TAKEN), RULE, "info")


def test_informs_when_thioridazine_is_ordered() -> None:
    answer = a_review(ordering("thioridazine 50 mg tablet", "1 tablet at bedtime"), taking_ldn())
    assert_speaks(answer, RULE, "info")
    assert set(findings(answer)) == {RULE}


def test_informs_once_when_both_are_drafted() -> None:
    answer = a_review(ordering_ldn(), ordering("thioridazine 50 mg tablet", "1 tablet at bedtime"))
    assert sum(RULE in str(card["extension"]) for card in answer.cards) == 1


def test_stays_silent_when_thioridazine_has_ended_and_for_other_antipsychotics() -> None:
    assert_silent(a_review(ordering_ldn(), prescribed("thioridazine 50 mg tablet", on=D - 90, until=D - 9)), RULE)
    assert_silent(a_review(ordering_ldn(), prescribed("quetiapine 50 mg tablet", on=D - 20)), RULE)
    assert_silent(a_review(ordering("thioridazine 50 mg tablet")), RULE)


def test_what_nobody_told_is_not_taken_for_none() -> None:
    answer = a_review(ordering_ldn(), failed("medicationRequests"))
    assert_silent(answer, RULE)
    assert RULE in dict(answer.review.not_checked)
