import pytest

from tests.charts import (
    D,
    a_review,
    assert_silent,
    assert_speaks,
    dispensed,
    failed,
    findings,
    ordering_ldn,
    prescribed,
    taking_ldn,
)
from tests.mending import assert_mends, recommended_labels

RULE = "ldn-refill-gap"
CAPSULE = "naltrexone 4.5 mg capsule"
NIGHTLY = "1 capsule (4.5 mg) at bedtime"


@pytest.mark.parametrize(("days_ago", "speaks"), [(30, False), (31, True), (45, True)])
def test_speaks_when_the_last_supply_ended_more_than_a_month_ago(days_ago: int, speaks: bool) -> None:
    answer = a_review(dispensed(CAPSULE, on=D - 30 - days_ago, days=30, sig=NIGHTLY), ordering_ldn("4.5"))
    assert findings(answer).get(RULE) == ("info" if speaks else None)


def test_the_strength_tells_of_a_low_dose_where_the_directions_do_not() -> None:
    assert_speaks(a_review(dispensed(CAPSULE, on=D - 75, days=30), ordering_ldn("4.5")), RULE, "info")


@pytest.mark.parametrize(("mg", "speaks"), [("2.9", False), ("3", True)])
def test_asks_from_three_milligrams_on(mg: str, speaks: bool) -> None:
    answer = a_review(dispensed(CAPSULE, on=D - 75, days=30, sig=NIGHTLY), ordering_ldn(mg))
    assert (RULE in findings(answer)) is speaks


def test_the_latest_supply_counts() -> None:
    fills = [dispensed(CAPSULE, on=D - days, days=30, sig=NIGHTLY) for days in (75, 25)]
    assert_silent(a_review(*fills, ordering_ldn("4.5")), RULE)


def test_an_active_order_counts_as_supply_where_nothing_was_dispensed() -> None:
    assert_silent(a_review(taking_ldn("4.5", since=D - 730), ordering_ldn("4.5")), RULE)


def test_a_finished_order_tells_when_its_supply_ended() -> None:
    before = prescribed(CAPSULE, on=D - 75, status="completed", days=30, sig=NIGHTLY)
    assert_speaks(a_review(before, ordering_ldn("4.5")), RULE, "info")


def test_full_dose_naltrexone_leaves_no_gap() -> None:
    before = prescribed("naltrexone 50 mg tablet", on=D - 75, status="completed", days=30, sig="1 tablet daily")
    assert_silent(a_review(before, ordering_ldn("4.5")), RULE)


def test_stays_silent_for_a_first_order() -> None:
    assert_silent(a_review(ordering_ldn("4.5")), RULE)


def test_names_the_gap_and_recommends_nothing() -> None:
    card = assert_speaks(
        a_review(dispensed(CAPSULE, on=D - 75, days=30, sig=NIGHTLY), ordering_ldn("4.5")), RULE, "info"
    )
    assert "45\u00a0days" in card["summary"]
    assert not [label for label in recommended_labels(card) if "Start again" in label]


def test_the_offer_mends_it() -> None:
    assert_mends([ordering_ldn("4.5"), dispensed(CAPSULE, on=D - 75, days=30, sig=NIGHTLY)], RULE, "Start again")


def test_is_not_checked_when_nobody_told_of_earlier_supply() -> None:
    answer = a_review(failed("medicationRequests"), ordering_ldn("4.5"))
    assert_silent(answer, RULE)
    assert RULE in dict(answer.review.not_checked)
