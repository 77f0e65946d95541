import pytest

from tests.accepting import accepted, changes, recommended
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

RULE = "ldn-pregnancy"
PREGNANT = having("Z34.90", "Encounter for supervision of normal pregnancy", recorded=D - 60)


def answered(text: str, *, loinc: str = "82810-3", ago: int = 10):
    return measured(loinc, on=D - ago, valueCodeableConcept={"text": text})


def due(days: int, *, ago: int = 30):
    return measured("11778-8", on=D - ago, valueDateTime=(D + days).isoformat())


def test_warns_and_offers_to_wait() -> None:
    facts = [ordering_ldn(), PREGNANT]
    answer = a_review(*facts)
    card = assert_speaks(answer, RULE, "warning")
    assert {rule for rule, level in findings(answer).items() if level != "info"} == {RULE}
    assert changes(card) == [
        ("update", "MedicationRequest"), ("delete", "MedicationRequest"), ("create", "ServiceRequest")
    ]  # fmt: skip
    assert_silent(a_review(*accepted(facts, recommended(card))))


@pytest.mark.parametrize("ago", [0, 293])
def test_an_entry_counts_for_42_weeks(ago: int) -> None:
    entry = having("Z33.1", "Pregnant state, incidental", recorded=D - ago)
    assert_speaks(a_review(ordering_ldn(), entry), RULE, "warning")


def test_stays_silent_for_an_entry_that_nobody_closed_and_for_one_that_is() -> None:
    assert_silent(a_review(ordering_ldn(), having("Z33.1", "Pregnant state", recorded=D - 294)), RULE)
    assert_silent(a_review(ordering_ldn(), having("Z33.1", "Pregnant state", status="resolved", recorded=D - 30)), RULE)


@pytest.mark.parametrize("loinc", ["82810-3", "2106-3"])
def test_the_newest_answer_counts(loinc: str) -> None:
    assert_speaks(a_review(ordering_ldn(), answered("Positive", loinc=loinc)), RULE, "warning")
    assert_silent(
        a_review(ordering_ldn(), answered("Positive", loinc=loinc, ago=50), answered("Negative", ago=5)), RULE
    )
    assert_silent(a_review(ordering_ldn(), answered("Positive", loinc=loinc, ago=295)), RULE)


def test_a_due_date_counts_from_today_on() -> None:
    assert_speaks(a_review(ordering_ldn(), due(0)), RULE, "warning")
    assert_speaks(a_review(ordering_ldn(), due(200)), RULE, "warning")
    assert_silent(a_review(ordering_ldn(), due(-1)), RULE)


def test_a_gestational_age_counts_until_42_weeks() -> None:
    def weeks(count: int, ago: int):
        value = {"value": count, "unit": "wk", "system": "http://unitsofmeasure.org", "code": "wk"}
        return measured("18185-9", on=D - ago, valueQuantity=value)

    assert_speaks(a_review(ordering_ldn(), weeks(20, 154)), RULE, "warning")
    assert_silent(a_review(ordering_ldn(), weeks(20, 155)), RULE)


def test_breastfeeding_told_later_means_that_it_is_over() -> None:
    nursing = having("Z39.1", "Encounter for care and examination of lactating mother", recorded=D - 5)
    answer = a_review(ordering_ldn(), PREGNANT, nursing)
    assert_silent(answer, RULE)
    assert_speaks(answer, "ldn-lactation", "info")


def test_a_labelled_dose_gets_other_words_and_is_not_put_on_hold() -> None:
    answer = a_review(ordering_onlabel(reason=("F11.20", "Opioid dependence")), PREGNANT)
    card = assert_speaks(answer, RULE, "warning")
    assert changes(card) == [("create", "ServiceRequest")]
    assert "low-dose" not in card["summary"] + card["detail"]


def test_a_low_dose_in_a_use_disorder_gets_other_words() -> None:
    answer = a_review(ordering_ldn(), PREGNANT, having("F10.20", "Alcohol dependence"))
    assert "use disorder" in assert_speaks(answer, RULE, "warning")["summary"]


def test_a_test_speaks_also_when_conditions_are_missing() -> None:
    assert_speaks(a_review(ordering_ldn(), failed("conditions"), answered("Positive")), RULE, "warning")


def test_is_told_as_not_checked_when_conditions_are_missing() -> None:
    answer = a_review(ordering_ldn(), failed("conditions"))
    assert_silent(answer, RULE)
    assert RULE in dict(answer.review.not_checked)
