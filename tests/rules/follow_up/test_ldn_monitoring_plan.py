"""Follow-up and advice."""

from __future__ import annotations

import pytest

from tests.charts import (
    D,
    a_review,
    assert_silent,
    assert_speaks,
    dispensed,
    failed,
    ordering_ldn,
    ordering_onlabel,
    prescribed,
    taking_ldn,
)

RULE = "ldn-monitoring-plan"
FIBROMYALGIA = ("M79.7", "Fibromyalgia")


def test_a_complete_and_quiet_first_order_gets_no_card() -> None:
    assert a_review(ordering_ldn()).cards == []


def test_joins_other_information_and_keeps_its_summary() -> None:
    answer = a_review(ordering_ldn(reason=FIBROMYALGIA))
    card = assert_speaks(answer, RULE, "info")
    assert len(answer.cards) == 1
    assert card["summary"].startswith("Note the evidence in fibromyalgia")
    assert card["source"]["topic"]["code"] == "ldnindicationevidence"
    assert "name naltrexone before any opioid" in card["detail"]


def test_is_not_counted_among_the_points_of_the_review_card() -> None:
    thyroid = ("E06.3", "Autoimmune thyroiditis")
    card = assert_speaks(a_review(ordering_ldn(reason=thyroid)), RULE, "info")
    assert card["summary"] == "Review naltrexone order: 2 points (see details)."
    assert card["detail"].count("\n- ") == 1
    assert "**Follow-up:**" in card["detail"]


@pytest.mark.parametrize(
    "warned",
    [
        prescribed("Contrave 8-90 mg ER tablet", on=D - 40, sig="Take 2 tablets twice a day"),
        prescribed("naloxegol 25 mg tablet", on=D - 20),
        dispensed("oxycodone 5 mg tablet", on=D - 6, days=30),
    ],
    ids=["contrave", "naloxegol", "oxycodone"],
)
def test_is_left_out_when_anything_warns_about_the_order(warned) -> None:
    assert_silent(a_review(ordering_ldn(reason=FIBROMYALGIA), warned), RULE)


def test_joins_no_refill_and_no_full_dose() -> None:
    refill = ordering_ldn("4.5", reason=FIBROMYALGIA)
    thioridazine = prescribed("thioridazine 50 mg tablet", on=D - 20)
    assert_silent(a_review(refill, taking_ldn("4.5"), thioridazine), RULE)
    assert_silent(a_review(ordering_onlabel(), thioridazine), RULE)


def test_what_nobody_told_is_not_taken_for_none() -> None:
    answer = a_review(ordering_ldn(reason=FIBROMYALGIA), failed("medicationRequests"))
    assert_silent(answer, RULE)
    assert RULE in dict(answer.review.not_checked)
