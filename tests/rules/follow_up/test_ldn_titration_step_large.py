import pytest

from tests.charts import (
    D,
    a_review,
    assert_silent,
    assert_speaks,
    dispensed,
    dosage,
    failed,
    findings,
    ordering_ldn,
    taking_ldn,
)
from tests.mending import assert_mends, offered

RULE = "ldn-titration-step-large"


@pytest.mark.parametrize(
    ("before", "after", "level"),
    [
        ("1.5", "3", None),
        ("1.5", "3.1", "info"),
        ("1.5", "4.4", "info"),
        ("1.5", "4.5", "warning"),
        ("1.4", "4.4", "warning"),
        ("1", "3.9", "info"),
        ("3", "6", "info"),
        ("0.5", "2", None),
        ("4.5", "3", None),
        ("4.5", "4.5", None),
    ],
)
def test_informs_of_more_than_a_step_and_warns_of_three_times_the_dose(
    before: str, after: str, level: str | None
) -> None:
    assert findings(a_review(taking_ldn(before, since=D - 30), ordering_ldn(after))).get(RULE) == level


@pytest.mark.parametrize(("days", "speaks"), [(6, True), (7, False)])
def test_informs_of_a_rise_within_a_week_of_the_last(days: int, speaks: bool) -> None:
    assert (RULE in findings(a_review(taking_ldn("1.5", since=D - days), ordering_ldn("2")))) is speaks


def test_a_refill_of_the_same_dose_is_no_rise() -> None:
    fill = dispensed("naltrexone 1.5 mg capsule", on=D - 2, days=30, sig="1 capsule (1.5 mg) at bedtime")
    assert_silent(a_review(taking_ldn("1.5", since=D - 30), fill, ordering_ldn("2")), RULE)


def test_takes_the_newest_of_several_orders_as_the_dose_of_today() -> None:
    assert_silent(a_review(taking_ldn("1.5", since=D - 60), taking_ldn("3", since=D - 20), ordering_ldn("4.5")), RULE)


def test_knows_which_step_of_a_stepped_order_is_taken_today() -> None:
    steps = [dosage("1.5", when="HS", days=14, sequence=1), dosage("3", when="HS", sequence=2)]
    early = taking_ldn("1.5", since=D - 10, dosageInstruction=steps)
    late = taking_ldn("1.5", since=D - 20, dosageInstruction=steps)
    assert_speaks(a_review(early, ordering_ldn("4.5")), RULE, "warning")
    assert_silent(a_review(late, ordering_ldn("4.5")), RULE)


def test_stays_silent_when_the_dose_before_is_not_told() -> None:
    assert_silent(a_review(dispensed("naltrexone 1.5 mg capsule", on=D - 20, days=30), ordering_ldn("4.5")), RULE)


def test_stays_silent_for_steps_that_match_the_words() -> None:
    steps = [
        dosage("1.5", text="1.5 mg x14 d, then 3 mg", when="HS", days=14, sequence=1),
        dosage("3", when="HS", sequence=2),
    ]
    assert_silent(a_review(taking_ldn("1.5", since=D - 25), ordering_ldn("1.5", dosageInstruction=steps)), RULE)


@pytest.mark.parametrize(
    ("days", "second", "speaks"), [(14, "3", False), (14, "4.5", True), (6, "3", True), (7, "3", False)]
)
def test_informs_of_a_large_or_early_step_within_the_order(days: int, second: str, speaks: bool) -> None:
    steps = [dosage("1.5", when="HS", days=days, sequence=1), dosage(second, when="HS", sequence=2)]
    found = findings(a_review(ordering_ldn("1.5", dosageInstruction=steps)))
    assert found.get(RULE) == ("info" if speaks else None)


def test_offers_smaller_steps_to_the_same_dose() -> None:
    card = assert_speaks(a_review(taking_ldn("1.5", since=D - 30), ordering_ldn("4.5")), RULE, "warning")
    draft = offered(card, "gradually")
    assert [d["doseAndRate"][0]["doseQuantity"]["value"] for d in draft["dosageInstruction"]] == [3, pytest.approx(4.5)]
    assert draft["dispenseRequest"]["quantity"]["value"] == 14 * 2 + 16 * 3


@pytest.mark.parametrize(("before", "after"), [("1.5", "4.5"), ("0.5", "4.5"), ("1", "4.5"), ("1.5", "3.5")])
def test_the_offer_mends_it(before: str, after: str) -> None:
    assert_mends([ordering_ldn(after), taking_ldn(before, since=D - 30)], RULE, "gradually")


def test_is_not_checked_when_nobody_told_of_the_dose_before() -> None:
    answer = a_review(failed("medicationRequests"), ordering_ldn("4.5"))
    assert_silent(answer, RULE)
    assert RULE in dict(answer.review.not_checked)
