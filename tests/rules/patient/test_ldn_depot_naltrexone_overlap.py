"""Depot naltrexone is still at work."""

from __future__ import annotations

import pytest

from cards import Hook
from tests.charts import (
    D,
    a_review,
    assert_silent,
    assert_speaks,
    failed,
    given,
    ordering_ldn,
    ordering_onlabel,
    prescribed,
)
from tests.mending import assert_mends, offered, recommended_labels

RULE = "ldn-depot-naltrexone-overlap"


def vivitrol(ago: int):
    return given("naltrexone 380 mg extended-release injectable suspension", on=D - ago)


@pytest.mark.parametrize("ago", [0, 10, 35])
def test_warns_up_to_and_including_the_35th_day(ago: int) -> None:
    assert_speaks(a_review(ordering_ldn(), vivitrol(ago)), RULE, "warning")


def test_stays_silent_on_the_36th_day() -> None:
    assert_silent(a_review(ordering_ldn(), vivitrol(36)), RULE)


def test_the_day_it_names_is_the_first_on_which_it_is_silent() -> None:
    card = assert_speaks(a_review(ordering_ldn(), vivitrol(10)), RULE, "warning")
    assert "Mar 28, 2026" in card["summary"]
    assert offered(card, "Hold")["dispenseRequest"]["validityPeriod"]["start"] == "2026-03-28"
    assert_silent(a_review(ordering_ldn(), vivitrol(10), today=D + 26), RULE)
    assert_speaks(a_review(ordering_ldn(), vivitrol(10), today=D + 25), RULE, "warning")


def test_the_latest_of_several_injections_counts() -> None:
    card = assert_speaks(a_review(ordering_ldn(), vivitrol(60), vivitrol(31), vivitrol(3)), RULE, "warning")
    assert "Feb 27, 2026" in card["summary"]


def test_a_running_depot_order_without_any_injection_counts() -> None:
    running = prescribed("naltrexone 380 mg extended-release injectable suspension", on=D - 100, days=28, refills=5)
    assert_speaks(a_review(ordering_ldn(), running), RULE, "warning")


def test_speaks_while_choosing_too() -> None:
    assert_speaks(a_review(ordering_ldn(), vivitrol(3), hook=Hook.ORDER_SELECT), RULE, "warning")


def test_leaves_a_full_dose_order_alone() -> None:
    assert_silent(a_review(ordering_onlabel(), vivitrol(3)), RULE)


def test_what_nobody_told_is_not_taken_for_none() -> None:
    answer = a_review(ordering_ldn(), failed("medicationAdministrations"))
    assert_silent(answer, RULE)
    assert RULE in dict(answer.review.not_checked)


def test_is_quiet_once_the_order_waits_or_is_gone() -> None:
    facts = [ordering_ldn(), vivitrol(10)]
    assert_mends(facts, RULE)
    assert recommended_labels(assert_speaks(a_review(*facts), RULE, "warning")) == [
        "Hold low-dose naltrexone until Mar 28, 2026"
    ]
