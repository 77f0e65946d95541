from datetime import date, timedelta

import pytest

from cards.phrasing import day
from tests.accepting import accepted, changes, recommended
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
    ordering_ldn,
    ordering_onlabel,
    prescribed,
    taking_ldn,
)

RULE = "ldn-order-opioid-washout"
OXYCODONE = "oxycodone 5 mg tablet"
EXTENDED = "oxycodone extended release 20 mg tablet"


def ended(ago: int, *, drug: str = OXYCODONE, days: int = 10) -> Fact:
    """A supply of so many days that ran out so many days ago."""
    return dispensed(drug, on=D - ago - days, days=days)


@pytest.mark.parametrize(("ago", "level"), [(1, "critical"), (6, "critical"), (7, "warning"), (9, "warning")])
def test_short_acting_opioids_are_critical_below_seven_days_and_warn_below_ten(ago: int, level: str) -> None:
    assert_speaks(a_review(ordering_ldn(), ended(ago)), RULE, level)


def test_stays_silent_on_the_tenth_day_after_a_short_acting_opioid() -> None:
    assert_silent(a_review(ordering_ldn(), ended(10)))


@pytest.mark.parametrize(("ago", "level"), [(6, "critical"), (7, "warning"), (9, "warning"), (13, "warning")])
def test_extended_release_opioids_warn_below_fourteen_days(ago: int, level: str) -> None:
    assert_speaks(a_review(ordering_ldn(), ended(ago, drug=EXTENDED, days=60)), RULE, level)


def test_stays_silent_on_the_fourteenth_day_after_an_extended_release_opioid() -> None:
    assert_silent(a_review(ordering_ldn(), ended(14, drug=EXTENDED, days=60)))


@pytest.mark.parametrize(
    "drug", ["levorphanol 2 mg tablet", "methadone 10 mg tablet", "buprenorphine 8 mg sublingual tablet"]
)
def test_long_acting_opioids_are_critical_below_fourteen_days(drug: str) -> None:
    assert_speaks(a_review(ordering_ldn(), ended(13, drug=drug, days=30)), RULE, "critical")
    assert_silent(a_review(ordering_ldn(), ended(14, drug=drug, days=30)))


@pytest.mark.parametrize(("ago", "level"), [(6, "critical"), (7, "warning"), (13, "warning")])
def test_injected_buprenorphine_warns_below_fourteen_days(ago: int, level: str) -> None:
    answer = a_review(ordering_ldn(), given("buprenorphine 0.3 mg/mL injection", on=D - ago))
    assert_speaks(answer, RULE, level)


def test_a_brief_course_warns_until_the_sixth_day() -> None:
    assert_speaks(a_review(ordering_ldn(), ended(1, days=4)), RULE, "warning")
    assert_speaks(a_review(ordering_ldn(), ended(6, days=4)), RULE, "warning")


def test_a_brief_course_says_nothing_from_the_seventh_day_on() -> None:
    assert_silent(a_review(ordering_ldn(), ended(7, days=4)))


def test_a_course_of_five_days_is_not_brief() -> None:
    assert_speaks(a_review(ordering_ldn(), ended(6, days=5)), RULE, "critical")


def test_a_course_is_not_brief_when_another_opioid_was_taken_in_the_month_before() -> None:
    before = dispensed("tramadol 50 mg tablet", on=D - 35, days=10)
    assert_speaks(a_review(ordering_ldn(), ended(3, days=4), before), RULE, "critical")


def test_names_the_first_day_on_which_it_may_be_started() -> None:
    card = assert_speaks(a_review(ordering_ldn(), ended(9, drug=EXTENDED, days=60)), RULE, "warning")
    assert day(D + 5) in card["summary"]


def test_names_the_latest_of_several_days() -> None:
    answer = a_review(ordering_ldn(), ended(4, drug="tramadol 50 mg tablet"), ended(3, drug=EXTENDED, days=60))
    card = assert_speaks(answer, RULE, "critical")
    assert day(D + 11) in card["summary"]
    assert "tramadol" in card["detail"]


def test_the_offer_holds_the_order_until_that_day_and_then_is_quiet() -> None:
    facts = [ordering_ldn(), ended(3)]
    card = assert_speaks(a_review(*facts), RULE, "critical")
    held = recommended(card)["actions"][0]["resource"]
    assert held["status"] == "on-hold"
    assert held["dispenseRequest"]["validityPeriod"]["start"] == (D + 7).isoformat()
    assert changes(card) == [("update", "MedicationRequest"), ("create", "ServiceRequest")]
    assert_silent(a_review(*accepted(facts, recommended(card))))


def test_speaks_for_labelled_naltrexone_without_calling_it_low_dose() -> None:
    card = assert_speaks(a_review(ordering_onlabel(50), ended(3)), RULE, "critical")
    assert "LDN" not in card["summary"] + card["detail"]
    assert "low-dose" not in card["summary"] + card["detail"]


def test_a_resumed_order_is_told_the_interval_and_not_the_restart() -> None:
    answer = a_review(taking_ldn(status="on-hold", since=D - 90), ended(3), ordering_ldn("4.5"))
    card = assert_speaks(answer, RULE, "critical")
    assert day(D + 7) in card["summary"]
    assert_silent(answer, "ldn-restart-after-opioid")


def test_an_order_that_was_stopped_counts_to_the_day_it_was_stopped() -> None:
    stopped = prescribed(EXTENDED, on=D - 60, status="stopped", until=D - 8)
    assert_speaks(a_review(ordering_ldn(), stopped), RULE, "warning")


def test_severity_never_rises_as_the_days_pass() -> None:
    order = {"info": 1, "warning": 2, "critical": 3}
    levels = []
    for ago in range(20):
        found = findings(a_review(ordering_ldn(), ended(5), today=date(D.year, D.month, D.day) + timedelta(ago)))
        levels.append(max((order[level] for level in found.values()), default=0))
    assert levels == sorted(levels, reverse=True)


def test_says_that_it_could_not_look_when_a_list_is_missing() -> None:
    answer = a_review(ordering_ldn(), failed("medicationDispenses"))
    assert_silent(answer, RULE)
    assert RULE in [rule for rule, _ in answer.review.not_checked]
