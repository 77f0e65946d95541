import pytest

from cards import Hook
from tests.charts import (
    D,
    a_review,
    assert_silent,
    assert_speaks,
    card_of,
    dosage,
    findings,
    having,
    ordering,
    ordering_ldn,
    ordering_onlabel,
    prescribed,
)
from tests.mending import assert_mends, offered, offers_of, recommended_labels

RULE = "ldn-tenfold-or-text-mismatch"
FIBROMYALGIA = ("M79.7", "Fibromyalgia")
TABLET = "naltrexone 50 mg tablet"


def written(structured: str, words: str, **how):
    return ordering("naltrexone", words, mg=structured, **how)


@pytest.mark.parametrize(
    ("structured", "words", "level"),
    [
        ("45", "4.5 mg at bedtime", "critical"),
        ("4.5", "45 mg at bedtime", "critical"),
        ("36", "4.5 mg at bedtime", "critical"),
        ("35", "4.5 mg at bedtime", "warning"),
        ("3", "4.5 mg at bedtime", "warning"),
    ],
)
def test_is_critical_from_eightfold_on_and_warns_below(structured: str, words: str, level: str) -> None:
    assert_speaks(a_review(written(structured, words)), RULE, level)


def test_a_fifth_of_difference_is_no_conflict() -> None:
    assert_silent(a_review(written("4.5", "3.6 mg at bedtime")), RULE)


def test_shows_both_amounts_and_offers_both_repairs_and_recommends_none() -> None:
    card = assert_speaks(a_review(written("45", "4.5 mg at bedtime")), RULE, "critical")
    assert "45\u00a0mg" in card["summary"]
    assert "4.5\u00a0mg" in card["summary"]
    assert len(card["suggestions"]) == 2
    assert recommended_labels(card) == []
    assert offered(card, "structured dose")["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"][
        "value"
    ] == pytest.approx(4.5)
    assert offered(card, "structured dose")["dosageInstruction"][0]["text"] == "4.5 mg at bedtime"
    assert offered(card, "Make the words")["dosageInstruction"][0]["text"] == "45 mg at bedtime"


@pytest.mark.parametrize(
    "order",
    [
        written("45", "4.5 mg at bedtime"),
        written("45", "4.5 mg at bedtime", reason=FIBROMYALGIA),
        written("3", "Take 3 capsules of 1.5 mg at bedtime"),
        ordering(TABLET, "4.5 mg at bedtime", mg="45", rxnorm="1483744"),
        ordering_ldn("3", dosageInstruction=[dosage("3", text="4.5 mg at bedtime", when="HS")]),
    ],
    ids=["plain", "meant low", "capsules counted", "tablet", "complete"],
)
def test_either_repair_mends_it(order) -> None:
    assert_mends([order], RULE)


def test_a_low_dose_in_the_words_comes_with_a_product_it_can_be_measured_from() -> None:
    card = card_of(a_review(ordering(TABLET, "4.5 mg at bedtime", mg="45", rxnorm="1483744")), RULE)
    assert "contained" in offered(card, "as in the words")


def test_a_strength_is_no_dose() -> None:
    order = ordering(
        "naltrexone 50 mg tablet", "Take 1/2 tablet (25 mg) daily", mg="25", reason=("F10.20", "Alcohol dependence")
    )
    assert_silent(a_review(order), RULE)


def test_a_concentration_is_no_dose() -> None:
    order = ordering("naltrexone 1 mg/mL oral liquid", "Take 1.5 mL (1.5 mg) at bedtime", mg="1.5")
    assert_silent(a_review(order), RULE)


def test_a_list_of_steps_that_holds_the_structured_dose_is_no_conflict() -> None:
    order = ordering_ldn("1.5", dosageInstruction=[dosage("1.5", text="1.5 mg x14 d, then 3 mg at bedtime", when="HS")])
    assert_silent(a_review(order), RULE)


def test_the_same_number_in_another_unit_is_another_rules_affair() -> None:
    order = ordering("naltrexone", dosageInstruction=[dosage("1.5", text="Take 1.5 mg at bedtime", unit="mcg")])
    answer = a_review(order)
    assert_silent(answer, RULE)
    assert_speaks(answer, "ldn-unit-microgram-check", "warning")


@pytest.mark.parametrize("mg", ["10", "15", "20", "25", "30", "45"])
def test_asks_about_ten_times_a_low_dose_where_a_low_dose_is_meant(mg: str) -> None:
    card = assert_speaks(a_review(ordering_ldn(mg, reason=FIBROMYALGIA)), RULE, "warning")
    assert recommended_labels(card) == []


@pytest.mark.parametrize("mg", ["9", "12.5", "40", "50"])
def test_other_doses_are_not_ten_times_a_usual_low_dose(mg: str) -> None:
    assert_silent(a_review(ordering_ldn(mg, reason=FIBROMYALGIA)), RULE)


def test_twenty_five_milligrams_for_alcohol_dependence_are_labelled() -> None:
    answer = a_review(having("F10.20", "Alcohol dependence"), ordering_onlabel(25))
    assert_silent(answer)


@pytest.mark.parametrize("mg", ["10", "15", "25"])
def test_the_offers_for_a_suspicious_dose_mend_it(mg: str) -> None:
    assert_mends([ordering_ldn(mg, reason=FIBROMYALGIA)], RULE)


@pytest.mark.parametrize("words", ["Take .5 mg at bedtime", "Take 1.0 mg at bedtime"])
def test_informs_of_a_number_that_is_easily_misread(words: str) -> None:
    order = ordering("naltrexone capsule", words, reason=FIBROMYALGIA)
    assert_speaks(a_review(order), RULE, "info")
    assert_mends([order], RULE)


def test_a_trailing_zero_does_not_hide_a_warning_about_the_dose() -> None:
    answer = a_review(ordering("naltrexone capsule", "Take 5.0 mg at bedtime", reason=("M35.00", "Sjögren syndrome")))
    assert_silent(answer, RULE)
    assert_speaks(answer, "ldn-start-dose-high", "warning")


def test_a_trailing_zero_in_labelled_use_is_left_in_peace() -> None:
    order = ordering_onlabel(dosageInstruction=[dosage(50, text="Take 50.0 mg daily")])
    assert_silent(a_review(having("F10.20", "Alcohol dependence"), order))


def test_speaks_at_order_select() -> None:
    answer = a_review(written("45", "4.5 mg at bedtime"), hook=Hook.ORDER_SELECT)
    assert_speaks(answer, RULE, "critical")


def test_stands_beside_an_opioid_conflict() -> None:
    answer = a_review(written("45", "4.5 mg at bedtime"), prescribed("oxycodone 5 mg tablet", on=D - 3))
    assert findings(answer)[RULE] == "critical"
    assert offers_of(card_of(answer, "ldn-order-active-opioid"))
