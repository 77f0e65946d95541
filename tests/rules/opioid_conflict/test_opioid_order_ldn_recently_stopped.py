"""Low-dose naltrexone was stopped within three days of an opioid order."""

from __future__ import annotations

import pytest

from cards import Hook
from tests.charts import (
    D,
    a_review,
    assert_silent,
    assert_speaks,
    card_of,
    failed,
    findings,
    in_setting,
    ordering,
    prescribed,
    taking_ldn,
)

RULE = "opioid-order-ldn-recently-stopped"


def oxycodone():
    return ordering("oxycodone 5 mg tablet", "Take 1 tablet every 6 hours as needed")


def stopped(day, status="stopped"):
    return taking_ldn(status=status, since=D - 30, effectiveDosePeriod={"end": day.isoformat()})


@pytest.mark.parametrize("status", ["stopped", "on-hold"])
@pytest.mark.parametrize("days", [1, 2, 3])
def test_informs_from_the_first_to_the_third_day_after_the_last_dose(days: int, status: str) -> None:
    assert findings(a_review(stopped(D - days, status), oxycodone())) == {RULE: "info"}


def test_is_critical_on_the_day_itself_and_silent_on_the_fourth() -> None:
    assert findings(a_review(stopped(D), oxycodone())) == {"opioid-order-ldn-active": "critical"}
    assert_silent(a_review(stopped(D - 4), oxycodone()))


def test_has_a_card_of_its_own_and_offers_nothing() -> None:
    card = card_of(a_review(stopped(D - 2), oxycodone()), RULE)
    assert "Feb 28, 2026" in card["summary"]
    assert "suggestions" not in card


def test_stays_silent_while_another_entry_is_still_taken() -> None:
    assert_silent(a_review(stopped(D - 2), taking_ldn("1.5"), oxycodone()), RULE)


def test_full_dose_has_no_such_tail() -> None:
    ended = {"end": (D - 3).isoformat()}
    taken = prescribed(
        "naltrexone 50 mg tablet", on=D - 30, status="stopped", sig="Take 50 mg daily", effectiveDosePeriod=ended
    )
    assert_silent(a_review(taken, oxycodone()))


def test_speaks_at_signing_only_and_not_in_hospital() -> None:
    assert_silent(a_review(stopped(D - 2), oxycodone(), hook=Hook.ORDER_SELECT))
    assert_silent(a_review(stopped(D - 2), in_setting("IMP"), oxycodone()), RULE)


def test_stays_silent_for_a_cough_medicine() -> None:
    assert_silent(a_review(stopped(D - 2), ordering("guaifenesin/codeine oral solution")))


def test_what_nobody_told_is_said_to_be_unchecked() -> None:
    answer = a_review(failed("medicationRequests"), oxycodone())
    assert_silent(answer, RULE)
    assert_speaks(answer, "ldn-med-list-unreadable", "info")
