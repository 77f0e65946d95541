import pytest

from tests.charts import (
    D,
    a_review,
    assert_silent,
    assert_speaks,
    failed,
    findings,
    having,
    ordering,
    ordering_onlabel,
    prescribed,
    taking_ldn,
)
from tests.mending import assert_mends, offered, recommended_labels

RULE = "naltrexone-50-ldn-intent-mismatch"
FIBROMYALGIA = ("M79.7", "Fibromyalgia")
TABLET = "naltrexone 50 mg tablet"


@pytest.mark.parametrize("sig", ["LDN: one tablet daily", "Low-dose naltrexone, take 1 tablet nightly"])
def test_asks_when_the_words_say_low_dose(sig: str) -> None:
    card = assert_speaks(a_review(ordering(TABLET, sig, rxnorm="1483744")), RULE, "warning")
    assert "50\u00a0mg" in card["summary"]


def test_asks_when_the_reason_is_a_low_dose_one() -> None:
    assert_speaks(a_review(ordering_onlabel(reason=FIBROMYALGIA)), RULE, "warning")


@pytest.mark.parametrize(("mg", "speaks"), [("12.5", True), ("12", False)])
def test_begins_at_the_lowest_full_dose(mg: str, speaks: bool) -> None:
    answer = a_review(ordering(TABLET, f"Take {mg} mg daily", mg=mg, rxnorm="1483744", reason=FIBROMYALGIA))
    assert (RULE in findings(answer)) is speaks


def test_stays_silent_when_the_order_is_for_alcohol_dependence() -> None:
    assert_silent(
        a_review(ordering(TABLET, "LDN: one tablet daily", rxnorm="1483744", reason=("F10.20", "Alcohol"))), RULE
    )


def test_stays_silent_for_a_use_disorder_on_the_problem_list() -> None:
    assert_silent(
        a_review(having("F11.21", "Opioid dependence, in remission"), ordering_onlabel(reason=FIBROMYALGIA)), RULE
    )


def test_stays_silent_for_hailey_hailey_disease() -> None:
    assert_silent(a_review(ordering_onlabel(25, reason=("Q82.8", "Hailey-Hailey disease"))), RULE)


def test_words_saying_it_is_no_low_dose_do_not_count() -> None:
    assert_silent(a_review(ordering(TABLET, "One tablet daily, not LDN", rxnorm="1483744")), RULE)


def test_one_card_mends_dose_time_and_product_and_recommends_neither_reading() -> None:
    answer = a_review(ordering_onlabel(reason=FIBROMYALGIA))
    assert findings(answer) == {RULE: "warning"} or set(findings(answer)) == {RULE, "ldn-indication-evidence"}
    card = assert_speaks(answer, RULE, "warning")
    assert recommended_labels(card) == []
    draft = offered(card, "capsule")
    assert draft["dosageInstruction"][0]["text"] == "Take 1 capsule (1.5 mg) by mouth at bedtime"
    assert draft["dispenseRequest"]["quantity"] == {"value": 30, "unit": "capsule"}


def test_offers_the_low_dose_taken_until_now() -> None:
    card = assert_speaks(a_review(taking_ldn("4.5"), ordering_onlabel(reason=FIBROMYALGIA)), RULE, "warning")
    assert "(4.5 mg)" in offered(card, "capsule")["dosageInstruction"][0]["text"]


def test_every_offer_mends_it() -> None:
    assert_mends([ordering_onlabel(reason=FIBROMYALGIA)], RULE)
    assert_mends([ordering(TABLET, "LDN: one tablet daily", rxnorm="1483744")], RULE)


def test_a_reason_is_added_beside_the_one_that_stands() -> None:
    card = assert_speaks(a_review(ordering_onlabel(reason=FIBROMYALGIA)), RULE, "warning")
    reasons = offered(card, "Alcohol dependence")["reasonCode"]
    assert [r["text"] for r in reasons] == ["Fibromyalgia", "Alcohol dependence"]


def test_is_withheld_while_an_opioid_stands_in_the_way() -> None:
    answer = a_review(ordering_onlabel(reason=FIBROMYALGIA), prescribed("oxycodone 5 mg tablet", on=D - 3))
    assert_silent(answer, RULE)


def test_speaks_without_the_medication_list() -> None:
    assert_speaks(a_review(failed("medicationRequests"), ordering_onlabel(reason=FIBROMYALGIA)), RULE, "warning")
