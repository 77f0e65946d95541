"""Low-dose naltrexone is restarted after an opioid course."""

from __future__ import annotations

import pytest

from cards import Hook
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
    ordering_onlabel,
    prescribed,
    taking_ldn,
)

RULE = "ldn-restart-after-opioid"


def on_hold(**changes):
    return taking_ldn("4.5", status="on-hold", **changes)


def oxycodone(days, ended):
    return dispensed("oxycodone 5 mg tablet", on=ended - days, days=days)


def opening(*facts):
    return a_review(*facts, hook=Hook.PATIENT_VIEW)


def test_names_the_tenth_day_after_regular_use_when_the_chart_is_opened() -> None:
    answer = opening(on_hold(), oxycodone(6, D - 8))
    card = assert_speaks(answer, RULE, "info")
    assert "Mar 4, 2026" in card["summary"]


@pytest.mark.parametrize(
    ("course", "earliest"),
    [
        (oxycodone(4, D - 3), D + 4),
        (oxycodone(10, D - 3), D + 7),
        (dispensed("oxycodone 20 mg extended release tablet", on=D - 33, days=30), D + 11),
        (dispensed("methadone 10 mg tablet", on=D - 33, days=30, status="completed"), D + 11),
        (given("fentanyl 25 mcg/h patch", on=D - 7, removed=D - 4), D + 10),
    ],
    ids=["brief", "regular", "extended release", "long-acting", "patch"],
)
def test_the_earliest_day_follows_the_kind_and_length_of_the_course(course, earliest) -> None:
    summary = card_of(opening(on_hold(), course), RULE)["summary"]
    assert f"{earliest:%b} {earliest.day}, {earliest.year}" in summary


def test_a_single_dose_has_a_short_interval_and_its_own_words() -> None:
    card = card_of(opening(on_hold(), given("fentanyl 50 mcg/mL injection", on=D - 2)), RULE)
    assert "Wait with naltrexone until Mar 3, 2026" in card["summary"]
    assert "until Mar 7, 2026 the order check still asks" in card["detail"]


def test_of_several_courses_the_longest_wait_counts() -> None:
    longer = dispensed("oxycodone 20 mg extended release tablet", on=D - 35, days=30)
    assert "Mar 11, 2026" in card_of(opening(on_hold(), oxycodone(10, D - 3), longer), RULE)["summary"]


def test_speaks_up_to_the_day_before_the_interval_is_complete() -> None:
    assert_speaks(opening(on_hold(), oxycodone(10, D - 9)), RULE, "info")
    assert_silent(opening(on_hold(), oxycodone(10, D - 10)))


def test_offers_a_task_that_names_the_day() -> None:
    (only,) = card_of(opening(on_hold(), oxycodone(6, D - 8)), RULE)["suggestions"]
    assert "Mar 4, 2026" in only["actions"][0]["resource"]["description"]


def test_stays_silent_while_an_opioid_is_taken() -> None:
    assert_silent(opening(on_hold(), oxycodone(10, D - 3), prescribed("tramadol 50 mg", on=D - 2)), RULE)


def test_stays_silent_without_a_hold_or_without_an_opioid() -> None:
    assert_silent(opening(taking_ldn(), oxycodone(6, D - 8)), RULE)
    assert_silent(opening(on_hold()), RULE)


def test_stays_silent_for_full_dose_naltrexone_on_hold() -> None:
    held = prescribed("naltrexone 50 mg tablet", on=D - 60, status="on-hold", sig="Take 50 mg daily")
    assert_silent(opening(held, oxycodone(6, D - 8)), RULE)


def test_leaves_a_restart_that_comes_too_early_to_the_washout_rule() -> None:
    answer = a_review(on_hold(), oxycodone(10, D - 3), ordering_ldn("4.5"))
    assert_speaks(answer, "ldn-order-opioid-washout", "critical")
    assert_silent(answer, RULE)


def test_reminds_to_begin_low_once_the_interval_is_complete() -> None:
    answer = a_review(on_hold(), oxycodone(10, D - 10), ordering_ldn("1.5"))
    card = assert_speaks(answer, RULE, "info")
    assert "Restart naltrexone low" in card["summary"]
    assert_silent(answer, "ldn-order-opioid-washout")


def test_forgets_a_course_after_sixty_days() -> None:
    assert_speaks(a_review(on_hold(), oxycodone(10, D - 60), ordering_ldn("1.5")), RULE, "info")
    assert_silent(a_review(on_hold(), oxycodone(10, D - 61), ordering_ldn("1.5")), RULE)


def test_passes_over_a_course_that_ended_before_the_hold() -> None:
    held = on_hold(since=D - 60, effectiveDosePeriod={"end": (D - 5).isoformat()})
    assert_silent(a_review(held, oxycodone(10, D - 20), ordering_ldn("1.5")), RULE)


def test_stays_silent_when_full_dose_naltrexone_is_ordered() -> None:
    assert_silent(a_review(on_hold(), oxycodone(10, D - 10), ordering_onlabel()), RULE)


def test_what_nobody_told_raises_no_card_here() -> None:
    assert_silent(opening(failed("medicationRequests"), oxycodone(6, D - 8)), RULE)
