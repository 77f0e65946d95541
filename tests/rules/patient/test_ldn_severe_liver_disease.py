import pytest

from tests.accepting import accepted, changes, labels, recommended
from tests.charts import (
    D,
    a_review,
    assert_silent,
    assert_speaks,
    failed,
    findings,
    having,
    measured,
    not_sent,
    ordering,
    ordering_ldn,
    ordering_onlabel,
)

RULE = "ldn-severe-liver-disease"
ALCOHOL = having("F10.20", "Alcohol dependence")
DECOMPENSATED = having("K72.90", "Hepatic failure")


def bilirubin(milligrams: float, *, ago: int = 5, limit: float | None = 1.2, unit: str = "mg/dL"):
    ranges = [] if limit is None else [{"high": {"value": limit, "unit": unit}}]
    value = {"value": milligrams, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}
    return measured("1975-2", on=D - ago, valueQuantity=value, referenceRange=ranges)


@pytest.mark.parametrize(
    ("code", "text", "level"),
    [
        ("K72.00", "Acute and subacute hepatic failure without coma", "critical"),
        ("B15.9", "Hepatitis A without hepatic coma", "warning"),
        ("K70.31", "Alcoholic cirrhosis of liver with ascites", "warning"),
        ("K72.90", "Hepatic failure, unspecified", "warning"),
    ],
)
def test_speaks_by_how_grave_the_liver_disease_is(code: str, text: str, level: str) -> None:
    answer = a_review(ordering_ldn(), having(code, text))
    assert_speaks(answer, RULE, level)
    assert {rule for rule, found in findings(answer).items() if found != "info"} == {RULE}


@pytest.mark.parametrize(
    ("code", "text"),
    [("K74.60", "Unspecified cirrhosis of liver"), ("K74.3", "Primary biliary cirrhosis"), ("K76.0", "Fatty liver")],
)
def test_stays_silent_for_liver_disease_that_is_not_severe(code: str, text: str) -> None:
    assert_silent(a_review(ordering_ldn(), having(code, text)), RULE)


def test_stays_silent_for_a_hepatitis_that_is_over() -> None:
    assert_silent(a_review(ordering_ldn(), having("B15.9", "Hepatitis A", status="resolved")), RULE)


def test_warns_of_labelled_treatment_and_says_nothing_about_dose_or_product() -> None:
    answer = a_review(ordering_onlabel(), ALCOHOL, DECOMPENSATED)
    card = assert_speaks(answer, RULE, "warning")
    assert findings(answer) == {RULE: "warning"}
    assert changes(card) == [("create", "ServiceRequest")]


def test_warns_of_the_monthly_injection() -> None:
    vivitrol = ordering("Vivitrol 380 mg injection", "380 mg intramuscularly every 4 weeks")
    assert_speaks(a_review(vivitrol, ALCOHOL, DECOMPENSATED), RULE, "warning")


def test_warns_of_bilirubin_above_three_times_the_limit() -> None:
    assert_speaks(a_review(ordering_ldn(), bilirubin(3.61)), RULE, "warning")
    assert_silent(a_review(ordering_ldn(), bilirubin(3.6)), RULE)


def test_takes_the_usual_limit_where_the_result_names_none() -> None:
    assert_speaks(a_review(ordering_ldn(), bilirubin(3.7, limit=None)), RULE, "warning")
    assert_silent(a_review(ordering_ldn(), bilirubin(3.5, limit=None)), RULE)


def test_bilirubin_counts_for_thirty_days() -> None:
    assert_speaks(a_review(ordering_ldn(), bilirubin(5, ago=30)), RULE, "warning")
    assert_silent(a_review(ordering_ldn(), bilirubin(5, ago=31)), RULE)


def test_the_newest_bilirubin_counts() -> None:
    assert_silent(a_review(ordering_ldn(), bilirubin(5, ago=20), bilirubin(1, ago=2)), RULE)


def test_bilirubin_speaks_also_when_conditions_are_missing() -> None:
    assert_speaks(a_review(ordering_ldn(), bilirubin(5), failed("conditions")), RULE, "warning")


@pytest.mark.parametrize("place", ["conditions", "laboratory"])
def test_is_told_as_not_checked_when_conditions_or_results_are_missing(place: str) -> None:
    answer = a_review(ordering_ldn(), not_sent(place))
    assert_silent(answer, RULE)
    assert RULE in dict(answer.review.not_checked)
    assert_speaks(answer, "ldn-conditions-allergies-unreadable", "info")


def test_holding_a_low_dose_is_recommended_and_settles_it() -> None:
    facts = [ordering_ldn(), DECOMPENSATED]
    card = assert_speaks(a_review(*facts), RULE, "warning")
    assert labels(card) == ["Hold naltrexone until hepatology has answered", "Request a hepatology consultation"]
    assert_silent(a_review(*accepted(facts, recommended(card))))
