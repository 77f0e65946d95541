import pytest

from tests.charts import (
    a_review,
    assert_silent,
    assert_speaks,
    dosage,
    failed,
    findings,
    having,
    ordering,
    ordering_ldn,
    taking_ldn,
)
from tests.mending import assert_mends, offered, recommended_labels

RULE = "ldn-dose-above-studied-range"
FIBROMYALGIA = ("M79.7", "Fibromyalgia")


@pytest.mark.parametrize(("mg", "speaks"), [("6", False), ("6.1", True), ("12.4", True), ("12.5", False)])
def test_warns_above_six_and_below_twelve_and_a_half_milligrams(mg: str, speaks: bool) -> None:
    assert (RULE in findings(a_review(ordering_ldn(mg, reason=FIBROMYALGIA)))) is speaks


def test_looks_at_the_highest_step() -> None:
    steps = [dosage("4.5", when="HS", days=14, sequence=1), dosage("9", when="HS", sequence=2)]
    assert_speaks(a_review(ordering_ldn("4.5", reason=FIBROMYALGIA, dosageInstruction=steps)), RULE, "warning")


def test_words_that_say_low_dose_are_enough() -> None:
    assert_speaks(a_review(ordering("naltrexone 8 mg capsule", "LDN: 1 capsule at bedtime")), RULE, "warning")


def test_stays_silent_without_low_dose_intent() -> None:
    assert_silent(a_review(ordering("naltrexone 8 mg capsule", "1 capsule at bedtime")), RULE)


def test_stays_silent_for_a_use_disorder() -> None:
    assert_silent(a_review(having("F10.20", "Alcohol dependence"), ordering_ldn("8", reason=FIBROMYALGIA)), RULE)


def test_one_voice_about_the_dose() -> None:
    assert_silent(
        a_review(ordering_ldn("8", reason=FIBROMYALGIA)), "naltrexone-dose-between-bands", "ldn-start-dose-high"
    )


def test_recommends_four_and_a_half_milligrams() -> None:
    card = assert_speaks(a_review(ordering_ldn("8", reason=FIBROMYALGIA)), RULE, "warning")
    assert len(recommended_labels(card)) == 1
    assert "(4.5 mg)" in offered(card, "capsules")["dosageInstruction"][0]["text"]


def test_leads_there_in_steps_whom_it_finds_at_less() -> None:
    card = assert_speaks(a_review(taking_ldn("1.5"), ordering_ldn("8", reason=FIBROMYALGIA)), RULE, "warning")
    assert [d["doseAndRate"][0]["doseQuantity"]["value"] for d in offered(card, "capsules")["dosageInstruction"]] == [
        3,
        pytest.approx(4.5),
    ]


@pytest.mark.parametrize("taken", [None, "0.5", "1.5", "3"])
def test_every_offer_mends_it(taken: str | None) -> None:
    before = [taking_ldn(taken)] if taken else []
    assert_mends([ordering_ldn("9", reason=FIBROMYALGIA), *before], RULE)


def test_keeping_a_verified_dose_is_remembered() -> None:
    note = [{"text": "Dose verified by the prescriber."}]
    assert_silent(a_review(ordering_ldn("8", reason=FIBROMYALGIA, note=note)), RULE)


def test_speaks_without_the_medication_lists() -> None:
    assert_speaks(a_review(failed("medicationRequests"), ordering_ldn("8", reason=FIBROMYALGIA)), RULE, "warning")
