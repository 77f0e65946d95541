import pytest

from tests.charts import a_review, assert_silent, assert_speaks, dosage, failed, findings, ordering, ordering_ldn
from tests.mending import assert_mends, offered, recommended_labels

RULE = "ldn-unit-microgram-check"
FIBROMYALGIA = ("M79.7", "Fibromyalgia")


@pytest.mark.parametrize("words", ["Take 500 mcg at bedtime", "Take 4.5 mcg at bedtime", "Take 0.5 mcg at bedtime"])
def test_informs_of_micrograms(words: str) -> None:
    assert_speaks(a_review(ordering("naltrexone capsule", words, reason=FIBROMYALGIA)), RULE, "info")


@pytest.mark.parametrize(("mg", "speaks"), [("0.4", True), ("0.5", False)])
def test_informs_below_half_a_milligram(mg: str, speaks: bool) -> None:
    assert (RULE in findings(a_review(ordering_ldn(mg)))) is speaks


def test_warns_when_words_say_mg_and_the_structure_mcg() -> None:
    order = ordering("naltrexone", dosageInstruction=[dosage("1.5", text="Take 1.5 mg at bedtime", unit="mcg")])
    card = assert_speaks(a_review(order), RULE, "warning")
    assert recommended_labels(card) == []
    assert_mends([order], RULE)
    quantity = offered(card, "unit of the words")["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]
    assert (str(quantity["value"]), quantity["unit"], quantity["code"]) == ("1.5", "mg", "mg")


def test_warns_when_words_say_mcg_and_the_structure_mg() -> None:
    order = ordering("naltrexone", dosageInstruction=[dosage("1.5", text="Take 1.5 mcg at bedtime")])
    assert_speaks(a_review(order), RULE, "warning")


def test_another_ratio_is_a_ten_fold_matter() -> None:
    order = ordering("naltrexone", dosageInstruction=[dosage("500", text="Take 4.5 mg at bedtime", unit="mcg")])
    answer = a_review(order)
    assert_silent(answer, RULE)
    assert_speaks(answer, "ldn-tenfold-or-text-mismatch", "critical")


@pytest.mark.parametrize("words", ["Take 500 mcg at bedtime", "Take 4.5 mcg at bedtime", "Take 100 mcg at bedtime"])
def test_every_offer_mends_it(words: str) -> None:
    assert_mends([ordering("naltrexone capsule", words, reason=FIBROMYALGIA)], RULE)


def test_never_offers_hundreds_of_milligrams() -> None:
    card = assert_speaks(
        a_review(ordering("naltrexone capsule", "Take 500 mcg at bedtime", reason=FIBROMYALGIA)), RULE, "info"
    )
    assert "500\u00a0mg" not in str(card["suggestions"])


def test_stays_silent_for_a_usual_low_dose() -> None:
    assert_silent(a_review(ordering_ldn("1.5")), RULE)


def test_needs_no_list() -> None:
    assert_speaks(a_review(failed("medicationRequests"), failed("conditions"), ordering_ldn("0.25")), RULE, "info")
