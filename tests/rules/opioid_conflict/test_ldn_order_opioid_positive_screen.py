import pytest

from cards import Hook
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
    measured,
    ordering_ldn,
    ordering_onlabel,
    prescribed,
    taking_ldn,
)

RULE = "ldn-order-opioid-positive-screen"
FENTANYL, OPIATES = "59673-4", "19295-5"
OXYCODONE_IMMUNOASSAY, OXYCODONE_CONFIRMED = "19642-8", "19643-6"


def positive(loinc: str, ago: int) -> Fact:
    return measured(loinc, on=D - ago, valueString="Positive")


def negative(loinc: str, ago: int) -> Fact:
    return measured(loinc, on=D - ago, valueString="Negative")


def test_stops_naltrexone_after_a_positive_fentanyl_test() -> None:
    answer = a_review(ordering_ldn(), positive(FENTANYL, 5))
    card = assert_speaks(answer, RULE, "critical")
    assert "fentanyl" in card["summary"]
    assert findings(answer) == {RULE: "critical"}


def test_speaks_for_labelled_naltrexone_too() -> None:
    assert_speaks(a_review(ordering_onlabel(50), positive(OPIATES, 5)), RULE, "critical")


def test_a_result_counts_for_fourteen_days() -> None:
    assert_speaks(a_review(ordering_ldn(), positive(FENTANYL, 14)), RULE, "critical")


def test_a_result_of_fifteen_days_ago_says_nothing() -> None:
    assert_silent(a_review(ordering_ldn(), positive(FENTANYL, 15)))


def test_a_negative_result_says_nothing() -> None:
    assert_silent(a_review(ordering_ldn(), negative(FENTANYL, 5)))


def test_the_latest_test_for_the_same_opioid_decides() -> None:
    assert_silent(a_review(ordering_ldn(), positive(FENTANYL, 9), negative(FENTANYL, 2)))
    assert_speaks(a_review(ordering_ldn(), negative(FENTANYL, 9), positive(FENTANYL, 2)), RULE, "critical")


def test_a_negative_test_for_another_opioid_settles_nothing() -> None:
    assert_speaks(a_review(ordering_ldn(), positive(FENTANYL, 9), negative(OPIATES, 2)), RULE, "critical")


def test_a_negative_confirmation_of_the_same_day_settles_it() -> None:
    assert_silent(a_review(ordering_ldn(), positive(OXYCODONE_IMMUNOASSAY, 3), negative(OXYCODONE_CONFIRMED, 3)))


def test_only_mentions_an_oxycodone_immunoassay_of_someone_on_oral_naltrexone() -> None:
    answer = a_review(ordering_ldn("4.5"), taking_ldn("4.5"), positive(OXYCODONE_IMMUNOASSAY, 5))
    assert_speaks(answer, RULE, "info")


@pytest.mark.parametrize(
    "told",
    [
        pytest.param([], id="no naltrexone"),
        pytest.param([taking_ldn("4.5", since=D - 2)], id="naltrexone begun after the sample"),
        pytest.param([given("Vivitrol 380 mg injection", on=D - 10)], id="the depot"),
    ],
)
def test_an_oxycodone_immunoassay_without_oral_naltrexone_is_critical(told: list[Fact]) -> None:
    assert_speaks(a_review(ordering_onlabel(50), *told, positive(OXYCODONE_IMMUNOASSAY, 5)), RULE, "critical")


def test_its_own_metabolite_is_explained_by_oral_naltrexone() -> None:
    answer = a_review(ordering_ldn("4.5"), taking_ldn("4.5"), positive("90894-7", 5))
    assert_speaks(answer, RULE, "info")


def test_a_confirmed_oxycodone_is_critical_on_naltrexone_too() -> None:
    answer = a_review(ordering_ldn("4.5"), taking_ldn("4.5"), positive(OXYCODONE_CONFIRMED, 5))
    assert_speaks(answer, RULE, "critical")


def test_another_positive_test_beside_it_is_critical() -> None:
    told = positive(OXYCODONE_IMMUNOASSAY, 5), positive(FENTANYL, 5)
    assert_speaks(a_review(ordering_ldn("4.5"), taking_ldn("4.5"), *told), RULE, "critical")


def test_the_offers_hold_the_order_and_ask_for_a_confirmation() -> None:
    facts = [ordering_ldn(), positive(FENTANYL, 5)]
    card = assert_speaks(a_review(*facts), RULE, "critical")
    assert changes(card) == [("update", "MedicationRequest"), ("create", "ServiceRequest")]
    held = recommended(card)["actions"][0]["resource"]
    assert held["dispenseRequest"]["validityPeriod"]["start"] == (D + 10).isoformat()
    assert_silent(a_review(*accepted(facts, recommended(card))))
    assert_silent(a_review(*facts, today=D + 10), RULE)


def test_waits_for_signing() -> None:
    order = ordering_ldn()
    chosen = [f"MedicationRequest/{order.resource['id']}"]
    assert_silent(a_review(order, positive(FENTANYL, 5), hook=Hook.ORDER_SELECT, selections=chosen), RULE)


def test_a_missing_medication_list_never_silences_a_positive_test() -> None:
    answer = a_review(ordering_ldn(), positive(OXYCODONE_IMMUNOASSAY, 5), failed("medicationRequests"))
    assert_speaks(answer, RULE, "critical")


def test_says_that_it_could_not_look_when_results_failed() -> None:
    answer = a_review(ordering_ldn(), prescribed("ibuprofen 400 mg tablet", on=D - 3), failed("laboratory"))
    assert_silent(answer, RULE)
    assert RULE in [rule for rule, _ in answer.review.not_checked]
