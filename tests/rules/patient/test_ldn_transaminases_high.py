import pytest

from tests.accepting import changes
from tests.charts import (
    D,
    a_review,
    assert_silent,
    assert_speaks,
    failed,
    findings,
    having,
    measured,
    ordering_ldn,
    ordering_onlabel,
)

RULE = "ldn-transaminases-high"
ALT, AST = "1742-6", "1920-8"


def enzyme(units: float, *, loinc: str = ALT, ago: int = 20, limit: float | None = 40):
    ranges = [] if limit is None else [{"high": {"value": limit, "unit": "U/L"}}]
    value = {"value": units, "unit": "U/L", "system": "http://unitsofmeasure.org", "code": "U/L"}
    return measured(loinc, on=D - ago, valueQuantity=value, referenceRange=ranges)


@pytest.mark.parametrize(
    ("units", "level"), [(280, "warning"), (201, "warning"), (200, "info"), (121, "info"), (120, None), (60, None)]
)
def test_speaks_by_how_many_times_the_limit_it_is(units: float, level: str | None) -> None:
    answer = a_review(ordering_ldn(), enzyme(units))
    assert findings(answer).get(RULE) == level


def test_warns_on_its_own_card_and_informs_in_the_review() -> None:
    card = assert_speaks(a_review(ordering_ldn(), enzyme(280)), RULE, "warning")
    assert "7 times" in card["summary"]
    assert changes(card) == [("create", "ServiceRequest")]
    assert card["source"]["topic"]["code"] == "ldntransaminaseshigh"


def test_the_higher_of_both_enzymes_counts() -> None:
    card = assert_speaks(a_review(ordering_ldn(), enzyme(50), enzyme(250, loinc=AST)), RULE, "warning")
    assert "AST" in card["summary"]


def test_the_newest_result_counts_and_none_older_than_180_days() -> None:
    assert_silent(a_review(ordering_ldn(), enzyme(280, ago=100), enzyme(30, ago=10)), RULE)
    assert_speaks(a_review(ordering_ldn(), enzyme(280, ago=180)), RULE, "warning")
    assert_silent(a_review(ordering_ldn(), enzyme(280, ago=181)), RULE)


def test_takes_the_usual_limit_where_the_result_names_none() -> None:
    assert_speaks(a_review(ordering_ldn(), enzyme(201, limit=None)), RULE, "warning")


def test_speaks_of_labelled_treatment_too() -> None:
    assert_speaks(a_review(ordering_onlabel(), enzyme(280)), RULE, "warning")


def test_severe_liver_disease_speaks_in_its_place() -> None:
    answer = a_review(ordering_ldn(), enzyme(800), having("B15.9", "Hepatitis A"))
    assert_speaks(answer, "ldn-severe-liver-disease", "warning")
    assert_silent(answer, RULE)


def test_is_told_as_not_checked_when_results_are_missing() -> None:
    answer = a_review(ordering_ldn(), failed("laboratory"))
    assert_silent(answer, RULE)
    assert RULE in dict(answer.review.not_checked)
