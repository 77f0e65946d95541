from datetime import date

import pytest

from cards.phrasing import day
from tests.accepting import accepted, recommended
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
    reported,
)

RULE = "ldn-order-kratom-tianeptine"
KRATOM_IN_URINE = "96058-3"


@pytest.mark.parametrize("drug", ["kratom powder", "tianeptine", "7-OH tablets"])
def test_stops_naltrexone_while_it_is_taken(drug: str) -> None:
    answer = a_review(ordering_ldn(), reported(drug, asserted=D - 2))
    assert_speaks(answer, RULE, "critical")
    assert findings(answer) == {RULE: "critical"}


def test_calls_mitragynine_kratom() -> None:
    told = reported("kratom powder"), measured(KRATOM_IN_URINE, on=D - 3, valueString="Positive")
    card = assert_speaks(a_review(ordering_ldn(), *told), RULE, "critical")
    assert "kratom use is recorded" in card["summary"]


def test_a_report_without_dates_counts_as_taken() -> None:
    assert_speaks(a_review(ordering_ldn(), reported("kratom capsules")), RULE, "critical")


def test_warns_thirteen_days_after_the_end_and_names_the_day() -> None:
    answer = a_review(ordering_ldn(), reported("kratom powder", since=D - 90, until=D - 13))
    card = assert_speaks(answer, RULE, "warning")
    assert day(D + 1) in card["summary"]


def test_stays_silent_fourteen_days_after_the_end() -> None:
    assert_silent(a_review(ordering_ldn(), reported("kratom powder", since=D - 90, until=D - 14)))


def test_a_positive_urine_test_counts_for_less_than_fourteen_days() -> None:
    positive = {"valueString": "Positive"}
    answer = a_review(ordering_ldn(), measured(KRATOM_IN_URINE, on=D - 13, **positive))
    assert findings(answer) == {RULE: "critical"}
    assert_silent(a_review(ordering_ldn(), measured(KRATOM_IN_URINE, on=D - 14, **positive)))


def test_a_negative_urine_test_says_nothing() -> None:
    assert_silent(a_review(ordering_ldn(), measured(KRATOM_IN_URINE, on=D - 3, valueString="Negative")))


@pytest.mark.parametrize("until", [None, D - 5])
def test_accepting_the_recommendation_is_quiet(until: date | None) -> None:
    facts = [ordering_ldn(), reported("tianeptine", since=D - 90, until=until, asserted=D - 5)]
    answer = a_review(*facts)
    card = assert_speaks(answer, RULE, findings(answer)[RULE])
    assert_silent(a_review(*accepted(facts, recommended(card))))


def test_says_that_it_could_not_look_when_a_list_is_missing() -> None:
    answer = a_review(ordering_ldn(), failed("medicationStatements"))
    assert_silent(answer, RULE)
    assert RULE in [rule for rule, _ in answer.review.not_checked]


def test_stops_for_kratom_use_on_the_problem_list() -> None:
    answer = a_review(ordering_ldn(), having("F19.20", "Kratom use disorder"))
    assert_speaks(answer, RULE, "critical")


def test_is_silent_when_the_kratom_problem_is_resolved() -> None:
    assert_silent(a_review(ordering_ldn(), having("F19.20", "Kratom use disorder", status="resolved")), RULE)
