import pytest

from cards import Hook
from tests.charts import (
    D,
    a_review,
    assert_silent,
    assert_speaks,
    dosage,
    failed,
    findings,
    having,
    ordering,
    ordering_ldn,
    ordering_onlabel,
    prescribed,
)

RULE = "naltrexone-onlabel-protect"
ALCOHOL = having("F10.20", "Alcohol dependence")
FIBROMYALGIA = ("M79.7", "Fibromyalgia")


def protected(answer):
    """Whether the rule stood guard; it has no card of its own."""
    return any(silenced.because == RULE for silenced in answer.review.silenced) or not findings(answer)


@pytest.mark.parametrize("mg", [12.5, 25, 50, 100, 150])
def test_says_nothing_about_a_labelled_dose_for_alcohol_dependence(mg: float) -> None:
    assert_silent(a_review(ALCOHOL, ordering_onlabel(mg)))


def test_says_nothing_about_fifty_milligrams_without_a_reason() -> None:
    assert_silent(a_review(ordering_onlabel(reason=None)))


def test_says_nothing_about_the_monthly_injection() -> None:
    order = ordering(
        "naltrexone 380 mg extended-release injection", "380 mg intramuscularly every month", rxnorm="637213"
    )
    assert_silent(a_review(ALCOHOL, order))


def test_says_nothing_about_the_combination_with_bupropion() -> None:
    assert_silent(a_review(ordering("Contrave 8 mg-90 mg extended release tablet", "1 tablet daily", rxnorm="1551468")))


@pytest.mark.parametrize("reason", [("L29.81", "Cholestatic pruritus"), ("L29.9", "Pruritus, unspecified")])
def test_says_nothing_about_fifty_milligrams_for_itching(reason: tuple[str, str]) -> None:
    assert_silent(a_review(having("K74.3", "Primary biliary cholangitis"), ordering_onlabel(reason=reason)))


def test_a_use_disorder_protects_a_dose_between_the_bands() -> None:
    assert_silent(a_review(ALCOHOL, ordering_ldn("8", reason=FIBROMYALGIA)))


def test_a_use_disorder_protects_a_full_dose_beside_a_low_dose_reason() -> None:
    assert_silent(a_review(ALCOHOL, ordering_onlabel(reason=FIBROMYALGIA)))


def test_never_protects_a_low_dose() -> None:
    answer = a_review(ALCOHOL, ordering_ldn("4.5", reason=FIBROMYALGIA))
    assert_speaks(answer, "ldn-start-dose-high", "info")


def test_words_about_a_low_dose_take_the_protection_away() -> None:
    answer = a_review(ordering("naltrexone 50 mg tablet", "LDN, one tablet daily", rxnorm="1483744"))
    assert_speaks(answer, "naltrexone-50-ldn-intent-mismatch", "warning")


def test_two_labelled_doses_in_one_order_are_no_conflict() -> None:
    order = ordering_onlabel(dosageInstruction=[dosage(50, text="Take 25 mg the first day")])
    assert_silent(a_review(ALCOHOL, order))


@pytest.mark.parametrize("words", ["Take 5 mg daily", "Take 500 mg daily"])
def test_words_far_from_the_labelled_dose_are_not_protected(words: str) -> None:
    order = ordering_onlabel(dosageInstruction=[dosage(50, text=words)])
    assert_speaks(a_review(ALCOHOL, order), "ldn-tenfold-or-text-mismatch", "critical")


def test_an_opioid_is_still_checked() -> None:
    answer = a_review(ALCOHOL, ordering_onlabel(), prescribed("oxycodone 5 mg tablet", on=D - 3))
    assert_speaks(answer, "ldn-order-active-opioid", "critical")


def test_protects_at_order_select_too() -> None:
    assert protected(a_review(ALCOHOL, ordering_onlabel(), hook=Hook.ORDER_SELECT))


def test_protects_when_conditions_are_not_known() -> None:
    answer = a_review(failed("conditions"), ordering_onlabel())
    assert not [rule for rule in findings(answer) if "unreadable" not in rule]
