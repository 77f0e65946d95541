import pytest

from cards.phrasing import day
from tests.accepting import accepted, recommended
from tests.charts import (
    D,
    a_review,
    assert_silent,
    assert_speaks,
    dispensed,
    failed,
    findings,
    ordering,
    ordering_ldn,
    prescribed,
    reported,
)

RULE = "ldn-order-opioid-cough-or-gut-drug"
COUGH = "codeine/guaifenesin 10 mg-100 mg/5 mL oral liquid"
GUT = "diphenoxylate/atropine 2.5 mg-0.025 mg tablet"


def test_warns_beside_a_course_of_codeine_for_cough() -> None:
    answer = a_review(ordering_ldn(), dispensed(COUGH, on=D - 2, days=5))
    assert_speaks(answer, RULE, "warning")
    assert findings(answer) == {RULE: "warning"}


@pytest.mark.parametrize("drug", [GUT, "eluxadoline 100 mg tablet", "difenoxin/atropine 1 mg-0.025 mg tablet"])
def test_warns_beside_an_opioid_for_the_gut(drug: str) -> None:
    assert_speaks(a_review(ordering_ldn(), dispensed(drug, on=D - 2, days=5)), RULE, "warning")


def test_warns_six_days_after_the_course() -> None:
    card = assert_speaks(a_review(ordering_ldn(), dispensed(COUGH, on=D - 10, days=4)), RULE, "warning")
    assert day(D + 1) in card["summary"]


def test_stays_silent_seven_days_after_the_course() -> None:
    assert_silent(a_review(ordering_ldn(), dispensed(COUGH, on=D - 11, days=4)))


def test_a_supply_of_more_than_a_week_belongs_to_another_rule() -> None:
    answer = a_review(ordering_ldn(), dispensed(COUGH, on=D - 2, days=8))
    assert_silent(answer, RULE)
    assert_speaks(answer, "ldn-order-active-opioid", "critical")


@pytest.mark.parametrize("drug", ["loperamide 2 mg capsule", "difelikefalin 0.05 mg/mL injection"])
def test_only_mentions_what_hardly_reaches_the_brain(drug: str) -> None:
    answer = a_review(ordering_ldn(), reported(drug, asserted=D - 1))
    card = assert_speaks(answer, RULE, "info")
    assert "suggestions" not in card


def test_says_nothing_once_loperamide_is_over() -> None:
    assert_silent(a_review(ordering_ldn(), reported("loperamide 2 mg capsule", until=D - 1)))


def test_holding_until_the_course_and_its_week_are_over_is_recommended() -> None:
    facts = [ordering_ldn(), dispensed(COUGH, on=D - 2, days=5)]
    card = assert_speaks(a_review(*facts), RULE, "warning")
    held = recommended(card)["actions"][0]["resource"]
    assert held["dispenseRequest"]["validityPeriod"]["start"] == (D + 10).isoformat()
    assert_silent(a_review(*accepted(facts, recommended(card))))


def test_an_old_entry_without_an_end_is_asked_about() -> None:
    facts = [ordering_ldn(), prescribed(GUT, on=D - 40)]
    card = assert_speaks(a_review(*facts), RULE, "warning")
    assert_silent(a_review(*accepted(facts, recommended(card))))


def test_drafts_of_both_offer_to_remove_either() -> None:
    facts = [ordering_ldn(), ordering(COUGH, "10 mL every 4 hours for 3 days")]
    card = assert_speaks(a_review(*facts), RULE, "warning")
    for suggestion in card["suggestions"]:
        assert_silent(a_review(*accepted(facts, suggestion)), RULE)


def test_stays_silent_for_dextromethorphan() -> None:
    assert_silent(a_review(ordering_ldn(), reported("dextromethorphan 15 mg/5 mL syrup", asserted=D - 1)))


def test_codeine_with_acetaminophen_belongs_to_another_rule() -> None:
    assert_silent(a_review(ordering_ldn(), prescribed("codeine/acetaminophen 30 mg-300 mg tablet", on=D - 2)), RULE)


def test_says_that_it_could_not_look_when_a_list_is_missing() -> None:
    answer = a_review(ordering_ldn(), failed("medicationStatements"))
    assert_silent(answer, RULE)
    assert RULE in [rule for rule, _ in answer.review.not_checked]
