import pytest

from tests.accepting import accepted, changes, recommended
from tests.charts import (
    D,
    Fact,
    a_review,
    assert_silent,
    assert_speaks,
    failed,
    findings,
    given,
    having,
    measured,
    ordering_ldn,
    ordering_onlabel,
    prescribed,
    reported,
)

RULE = "ldn-order-withdrawal-or-untreated-oud"
DISORDER = having("F11.20", "Opioid dependence, uncomplicated")
WITHDRAWAL = having("F11.23", "Opioid dependence with withdrawal")


@pytest.mark.parametrize(
    "order", [ordering_ldn(), ordering_onlabel(50, ("F11.23", "Opioid dependence with withdrawal"))]
)
def test_stops_naltrexone_of_any_dose_in_withdrawal(order: Fact) -> None:
    assert_speaks(a_review(order, WITHDRAWAL), RULE, "critical")


def test_withdrawal_that_is_resolved_says_nothing() -> None:
    assert_silent(a_review(ordering_ldn(), having("F11.93", "Opioid use with withdrawal", status="resolved")), RULE)


def test_lofexidine_speaks_of_withdrawal() -> None:
    answer = a_review(ordering_ldn(), prescribed("lofexidine 0.18 mg tablet", on=D - 2))
    assert findings(answer) == {RULE: "critical"}


def test_lofexidine_that_is_over_says_nothing() -> None:
    assert_silent(
        a_review(ordering_ldn(), prescribed("lofexidine 0.18 mg tablet", on=D - 20, status="completed", days=7))
    )


def cows(score: int, ago: int) -> Fact:
    return measured("", on=D - ago, text="Clinical Opiate Withdrawal Scale", place="surveys", valueInteger=score)


def test_a_score_of_five_is_withdrawal() -> None:
    card = assert_speaks(a_review(ordering_ldn(), cows(5, 2)), RULE, "critical")
    assert "COWS of 5" in card["summary"]


def test_a_score_of_four_is_not() -> None:
    assert_silent(a_review(ordering_ldn(), cows(4, 2)))


def test_a_score_counts_for_seven_days() -> None:
    assert_speaks(a_review(ordering_ldn(), cows(9, 7)), RULE, "critical")
    assert_silent(a_review(ordering_ldn(), cows(9, 8)))


def test_warns_at_a_low_dose_with_an_opioid_use_disorder_that_is_not_treated() -> None:
    answer = a_review(ordering_ldn("3"), DISORDER)
    assert_speaks(answer, RULE, "warning")
    assert "critical" not in findings(answer).values()


def test_six_milligrams_are_a_low_dose() -> None:
    assert_speaks(a_review(ordering_ldn("6"), DISORDER), RULE, "warning")


def test_a_higher_dose_is_not_warned_about() -> None:
    assert_silent(a_review(ordering_ldn("8"), DISORDER), RULE)
    assert_silent(a_review(ordering_onlabel(50, ("F11.20", "Opioid dependence")), DISORDER), RULE)


def test_stays_silent_in_remission() -> None:
    assert_silent(a_review(ordering_ldn(), having("F11.21", "Opioid dependence, in remission")), RULE)
    assert_silent(a_review(ordering_ldn(), DISORDER, having("F11.21", "Opioid dependence, in remission")), RULE)


@pytest.mark.parametrize("treatment", [reported("methadone 80 mg"), given("Sublocade 300 mg injection", on=D - 30)])
def test_treatment_on_the_chart_has_its_own_rule(treatment: Fact) -> None:
    assert_silent(a_review(ordering_ldn(), DISORDER, treatment), RULE)


def test_the_offers_hold_the_order_and_ask_for_a_screen_and_a_consult() -> None:
    facts = [ordering_ldn(), DISORDER]
    card = assert_speaks(a_review(*facts), RULE, "warning")
    assert changes(card) == [
        ("update", "MedicationRequest"),
        ("create", "ServiceRequest"),
        ("create", "ServiceRequest"),
    ]
    held = recommended(card)["actions"][0]["resource"]
    assert held["dispenseRequest"]["validityPeriod"]["start"] == (D + 14).isoformat()
    assert_silent(a_review(*accepted(facts, recommended(card))), RULE)


def test_a_known_sign_speaks_although_conditions_are_missing() -> None:
    answer = a_review(ordering_ldn(), prescribed("lofexidine 0.18 mg tablet", on=D - 2), failed("conditions"))
    assert_speaks(answer, RULE, "critical")


def test_says_that_it_could_not_look_when_conditions_failed() -> None:
    answer = a_review(ordering_ldn(), failed("conditions"))
    assert_silent(answer, RULE)
    assert RULE in [rule for rule, _ in answer.review.not_checked]
