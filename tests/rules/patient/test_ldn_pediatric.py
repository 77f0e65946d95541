import pytest

from tests.accepting import accepted, labels, recommended
from tests.charts import (
    D,
    a_review,
    aged,
    assert_silent,
    assert_speaks,
    born,
    failed,
    findings,
    not_sent,
    ordering_ldn,
    ordering_onlabel,
    taking_ldn,
    weighing,
)

RULE = "ldn-pediatric"
CROHN = ("K50.90", "Crohn's disease")


def test_warns_on_the_day_before_the_eighteenth_birthday() -> None:
    assert_speaks(a_review(ordering_ldn(), born("2008-03-03")), RULE, "warning")


def test_stays_silent_on_the_eighteenth_birthday() -> None:
    assert_silent(a_review(ordering_ldn(), aged(18)))


def test_a_birth_date_told_in_part_counts_as_the_youngest_it_allows() -> None:
    assert_speaks(a_review(ordering_ldn(), born("2008")), RULE, "warning")
    assert_silent(a_review(ordering_ldn(), born("2007")), RULE)


def test_offers_the_dose_by_weight_as_a_liquid_below_45_kilograms() -> None:
    answer = a_review(ordering_ldn("4.5", reason=CROHN), aged(12), weighing(30, on=D - 10))
    card = assert_speaks(answer, RULE, "warning")
    offer = recommended(card)
    resource = offer["actions"][0]["resource"]
    assert resource["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["value"] == 3
    assert resource["dispenseRequest"]["quantity"] == {
        "value": 90, "unit": "mL", "system": "http://unitsofmeasure.org", "code": "mL"
    }  # fmt: skip
    assert "3\u00a0mg" in offer["label"]
    assert "liquid" in offer["label"]
    assert_silent(answer, "ldn-start-dose-high", "ldn-titration-plan-missing")
    assert {rule for rule, level in findings(answer).items() if level != "info"} == {RULE}


@pytest.mark.parametrize(
    ("kilograms", "offered"), [(22.5, "2\u00a0mg"), (23, "2.5\u00a0mg"), (44.9, "4.5\u00a0mg"), (60, "4.5\u00a0mg")]
)
def test_rounds_the_dose_to_half_a_milligram_and_stops_at_the_ceiling(kilograms: float, offered: str) -> None:
    card = assert_speaks(a_review(ordering_ldn("1.5"), aged(15), weighing(kilograms, on=D)), RULE, "warning")
    assert offered in recommended(card)["label"]


def test_offers_capsules_from_45_kilograms_and_ten_years_on() -> None:
    card = assert_speaks(a_review(ordering_ldn("1.5"), aged(15), weighing(45, on=D)), RULE, "warning")
    assert "capsules" in recommended(card)["label"]
    card = assert_speaks(a_review(ordering_ldn("1.5"), aged(9), weighing(45, on=D)), RULE, "warning")
    assert "liquid" in recommended(card)["label"]


def test_reads_a_weight_in_pounds_and_in_grams() -> None:
    for weight in (weighing(66.14, on=D, unit="lb", code="[lb_av]"), weighing(30000, on=D, unit="g", loinc="3141-9")):
        card = assert_speaks(a_review(ordering_ldn("4.5"), aged(12), weight), RULE, "warning")
        assert "by weight it is 3\u00a0mg" in card["summary"]


def test_offers_no_dose_without_a_recent_weight() -> None:
    for facts in ([], [weighing(30, on=D - 181)], [not_sent("vitalSigns")], [failed("vitalSigns")]):
        card = assert_speaks(a_review(ordering_ldn("4.5"), aged(12), *facts), RULE, "warning")
        assert labels(card) == ["Ask for the paediatric specialist's plan (task)"]


def test_uses_a_weight_of_half_a_year_ago() -> None:
    card = assert_speaks(a_review(ordering_ldn("4.5"), aged(12), weighing(30, on=D - 180)), RULE, "warning")
    assert "liquid" in recommended(card)["label"]


def test_offers_the_dose_no_more_once_it_is_ordered() -> None:
    facts = [ordering_ldn("4.5"), aged(12), weighing(30, on=D - 10)]
    card = assert_speaks(a_review(*facts), RULE, "warning")
    again = a_review(*accepted(facts, recommended(card)))
    assert labels(assert_speaks(again, RULE, "warning")) == ["Ask for the paediatric specialist's plan (task)"]
    assert set(findings(again)) == {RULE}


def test_replaces_the_adult_advice_on_steps() -> None:
    answer = a_review(ordering_ldn("4.5"), taking_ldn("1.5", since=D - 10), aged(12), weighing(30, on=D))
    assert_speaks(answer, RULE, "warning")
    assert_silent(answer, "ldn-titration-step-large")


def test_stays_silent_for_a_labelled_dose() -> None:
    assert_silent(a_review(ordering_onlabel(), aged(17)), RULE)


def test_does_not_judge_without_the_patient() -> None:
    for missing in (not_sent("patient"), failed("patient")):
        assert_silent(a_review(ordering_ldn(), missing), RULE)
