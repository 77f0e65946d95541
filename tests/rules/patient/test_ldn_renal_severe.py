import pytest

from tests.accepting import accepted, labels
from tests.charts import (
    D,
    a_review,
    aged,
    assert_silent,
    assert_speaks,
    card_of,
    having,
    measured,
    not_sent,
    ordering_ldn,
    ordering_onlabel,
    taking_ldn,
)

RULE = "ldn-renal-severe"


def egfr(rate: float, *, ago: int = 10):
    unit = "mL/min/{1.73_m2}"
    value = {"value": rate, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}
    return measured("33914-3", on=D - ago, valueQuantity=value)


def test_informs_below_thirty() -> None:
    card = assert_speaks(a_review(ordering_ldn(), egfr(29)), RULE, "info")
    assert "eGFR 29" in card["detail"] or "eGFR 29" in card["summary"]
    assert_silent(a_review(ordering_ldn(), egfr(30)), RULE)


def test_informs_of_dialysis() -> None:
    assert_speaks(a_review(ordering_ldn(), having("Z99.2", "Dependence on renal dialysis")), RULE, "info")
    assert_speaks(a_review(ordering_ldn(), having("N18.6", "End stage renal disease")), RULE, "info")


def test_the_newest_rate_counts_and_none_older_than_a_year() -> None:
    assert_silent(a_review(ordering_ldn(), egfr(20, ago=90), egfr(55, ago=10)), RULE)
    assert_speaks(a_review(ordering_ldn(), egfr(20, ago=365)), RULE, "info")
    assert_silent(a_review(ordering_ldn(), egfr(20, ago=366)), RULE)


def test_a_recorded_stage_counts_where_there_is_no_rate() -> None:
    stage = having("N18.4", "Chronic kidney disease, stage 4")
    assert_speaks(a_review(ordering_ldn(), stage), RULE, "info")
    assert_silent(a_review(ordering_ldn(), stage, egfr(45)), RULE)


def test_informs_of_labelled_treatment_without_an_offer() -> None:
    card = assert_speaks(a_review(ordering_onlabel(), egfr(20)), RULE, "info")
    assert "suggestions" not in card


@pytest.mark.parametrize("mg", ["1.5", "4.5"])
def test_offers_a_start_of_half_a_milligram_in_steps_of_four_weeks(mg: str) -> None:
    facts = [ordering_ldn(mg), egfr(20)]
    card = card_of(a_review(*facts), RULE)
    (offer,) = [s for s in card["suggestions"] if s["label"].startswith("Start lower")]
    steps = offer["actions"][0]["resource"]["dosageInstruction"]
    assert [float(s["doseAndRate"][0]["doseQuantity"]["value"]) for s in steps] == [0.5, 1]
    assert [s["timing"]["repeat"]["boundsDuration"]["value"] for s in steps] == [28, 28]
    again = card_of(a_review(*accepted(facts, offer)), RULE)
    assert not [label for label in labels(again) if label.startswith("Start lower")]


def test_offers_no_lower_start_to_somebody_who_takes_it() -> None:
    card = card_of(a_review(ordering_ldn("4.5"), taking_ldn("4.5"), egfr(20)), RULE)
    assert not [label for label in labels(card) if label.startswith("Start lower")]


def test_is_told_as_not_checked_when_results_are_missing() -> None:
    answer = a_review(ordering_ldn(), not_sent("laboratory"))
    assert_silent(answer, RULE)
    assert RULE in dict(answer.review.not_checked)


def test_offers_no_adult_steps_to_a_child() -> None:
    card = card_of(a_review(ordering_ldn("4.5"), aged(12), egfr(20)), RULE)
    assert not [label for label in labels(card) if label.startswith("Start lower")]
