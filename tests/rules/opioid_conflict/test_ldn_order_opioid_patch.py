from cards.phrasing import day
from tests.accepting import accepted, labels, recommended
from tests.charts import (
    D,
    a_review,
    assert_silent,
    assert_speaks,
    failed,
    findings,
    given,
    ordering,
    ordering_ldn,
    prescribed,
)

RULE = "ldn-order-opioid-patch"
FENTANYL = "fentanyl 25 mcg/h transdermal patch"
BUPRENORPHINE = "buprenorphine 10 mcg/h transdermal patch"


def test_stops_naltrexone_while_a_patch_is_on() -> None:
    answer = a_review(ordering_ldn("1"), prescribed(FENTANYL, on=D - 3))
    assert_speaks(answer, RULE, "critical")
    assert findings(answer) == {RULE: "critical"}


def test_names_the_fourteenth_day_after_removal() -> None:
    answer = a_review(ordering_ldn("1"), given(FENTANYL, on=D - 7, removed=D - 4))
    card = assert_speaks(answer, RULE, "critical")
    assert day(D + 10) in card["summary"]
    assert_silent(answer, "ldn-order-active-opioid", "ldn-order-opioid-washout")


def test_speaks_thirteen_days_after_removal() -> None:
    assert_speaks(a_review(ordering_ldn(), given(FENTANYL, on=D - 16, removed=D - 13)), RULE, "critical")


def test_stays_silent_fourteen_days_after_removal() -> None:
    assert_silent(a_review(ordering_ldn(), given(FENTANYL, on=D - 17, removed=D - 14)))


def test_a_fentanyl_patch_without_a_removal_counts_as_worn_for_three_days() -> None:
    assert_speaks(a_review(ordering_ldn(), given(FENTANYL, on=D - 16)), RULE, "critical")
    assert_silent(a_review(ordering_ldn(), given(FENTANYL, on=D - 17)))


def test_a_buprenorphine_patch_without_a_removal_counts_as_worn_for_seven_days() -> None:
    assert_speaks(a_review(ordering_ldn(), given(BUPRENORPHINE, on=D - 20)), RULE, "critical")
    assert_silent(a_review(ordering_ldn(), given(BUPRENORPHINE, on=D - 21)))


def test_holding_until_that_day_is_recommended_once_the_patch_is_off() -> None:
    facts = [ordering_ldn(), given(FENTANYL, on=D - 7, removed=D - 4)]
    card = assert_speaks(a_review(*facts), RULE, "critical")
    held = recommended(card)["actions"][0]["resource"]
    assert held["dispenseRequest"]["validityPeriod"]["start"] == (D + 10).isoformat()
    assert_silent(a_review(*accepted(facts, recommended(card))))


def test_removing_the_draft_is_recommended_while_the_patch_is_on() -> None:
    facts = [ordering_ldn(), prescribed(FENTANYL, on=D - 3)]
    card = assert_speaks(a_review(*facts), RULE, "critical")
    assert_silent(a_review(*accepted(facts, recommended(card))))


def test_drafts_of_both_offer_to_remove_either() -> None:
    facts = [ordering_ldn(), ordering(FENTANYL, "apply 1 patch every 72 hours")]
    card = assert_speaks(a_review(*facts), RULE, "critical")
    assert [label for label in labels(card) if "fentanyl" in label]
    for suggestion in card["suggestions"]:
        assert_silent(a_review(*accepted(facts, suggestion)), RULE)


def test_stays_silent_beside_a_patch_that_is_no_opioid() -> None:
    assert_silent(a_review(ordering_ldn(), prescribed("nicotine 21 mg/24 h transdermal patch", on=D - 3)))


def test_says_that_it_could_not_look_when_administrations_failed() -> None:
    answer = a_review(ordering_ldn(), failed("medicationAdministrations"))
    assert_silent(answer, RULE)
    assert RULE in [rule for rule, _ in answer.review.not_checked]
