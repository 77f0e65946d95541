from tests.charts import (
    D,
    a_review,
    assert_silent,
    assert_speaks,
    failed,
    having,
    measured,
    ordering_ldn,
    ordering_onlabel,
)

RULE = "ldn-lactation"
NURSING = ("Z39.1", "Encounter for care and examination of lactating mother")


def test_informs_of_breastfeeding() -> None:
    answer = a_review(ordering_ldn(), having(*NURSING, recorded=D - 70))
    card = assert_speaks(answer, RULE, "info")
    assert "suggestions" not in card
    assert_silent(answer, "ldn-pregnancy")


def test_an_entry_counts_for_a_year() -> None:
    assert_speaks(a_review(ordering_ldn(), having(*NURSING, recorded=D - 364)), RULE, "info")
    assert_silent(a_review(ordering_ldn(), having(*NURSING, recorded=D - 365)), RULE)


def test_the_newest_answer_counts() -> None:
    def told(text: str, ago: int):
        return measured("63895-7", on=D - ago, valueCodeableConcept={"text": text})

    assert_speaks(a_review(ordering_ldn(), told("Breastfeeding", 10)), RULE, "info")
    assert_silent(a_review(ordering_ldn(), told("Breastfeeding", 10), told("Not breastfeeding", 2)), RULE)


def test_stays_silent_for_a_labelled_dose() -> None:
    assert_silent(a_review(ordering_onlabel(), having(*NURSING)), RULE)


def test_is_told_as_not_checked_when_conditions_are_missing() -> None:
    answer = a_review(ordering_ldn(), failed("conditions"))
    assert_silent(answer, RULE)
    assert RULE in dict(answer.review.not_checked)
