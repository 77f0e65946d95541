from dataclasses import replace
from functools import cache

import pytest

from cards import Clinic, Hook
from tests.accepting import accepted, changes, recommended
from tests.charts import (
    D,
    Fact,
    a_review,
    assert_silent,
    assert_speaks,
    failed,
    findings,
    given,
    having,
    prescribed,
    requesting,
    taking_ldn,
    the_clinic,
)

RULE = "uds-order-naltrexone-false-positive"
ALCOHOL = having("F10.20", "Alcohol dependence")
TABLETS = prescribed("naltrexone 50 mg tablet", on=D - 30, sig="Take 50 mg by mouth once daily", refills=5)


@cache
def a_clinic_with_the_option() -> Clinic:
    clinic = the_clinic()
    rule = next(rule for rule in clinic.book.rules if rule.page.rule == RULE)
    asked = {**clinic.book.by_hook, Hook.ORDER_SIGN: (*clinic.book.by_hook[Hook.ORDER_SIGN], rule)}
    return replace(clinic, book=replace(clinic.book, by_hook=asked))


def asking(*facts: Fact):
    return a_review(*facts, clinic=a_clinic_with_the_option())


def screening(text: str = "Urine drug immunoassay, oxycodone included", **changes) -> Fact:
    return requesting(text, place="draft", **changes)


def test_informs_and_adds_confirmation() -> None:
    facts = [screening(), TABLETS, ALCOHOL]
    answer = asking(*facts)
    card = assert_speaks(answer, RULE, "info")
    assert findings(answer) == {RULE: "info"}
    assert changes(card) == [("update", "ServiceRequest")]
    assert "mass spectrometry" in recommended(card)["actions"][0]["resource"]["note"][0]["text"]
    assert_silent(asking(*accepted(facts, recommended(card))))


def test_is_delivered_off() -> None:
    assert_silent(a_review(screening(), TABLETS, ALCOHOL))


def test_informs_of_a_low_dose_too() -> None:
    assert_speaks(asking(screening(), taking_ldn("4.5")), RULE, "info")


@pytest.mark.parametrize(
    "test",
    [
        screening("Urine drug screen, 10 panel with opiates, oxycodone and benzodiazepines"),
        screening("Oxycodone", code={"coding": [{"system": "http://loinc.org", "code": "19642-8"}]}),
        screening("Urine drug screen, immunoassay", orderDetail=[{"text": "oxycodone urine screen"}]),
    ],
)
def test_knows_such_a_test_by_its_name_code_or_details(test: Fact) -> None:
    assert_speaks(asking(test, TABLETS), RULE, "info")


@pytest.mark.parametrize(
    "test",
    [
        screening("Urine drug immunoassay panel"),
        screening("Oxycodone, urine, confirmation by LC-MS/MS"),
        screening("Urine drug immunoassay, oxycodone included, with confirmation by mass spectrometry"),
        screening("Urinalysis"),
        screening(doNotPerform=True),
    ],
)
def test_stays_silent_for_tests_that_do_not_mislead(test: Fact) -> None:
    assert_silent(asking(test, TABLETS), RULE)


def test_stays_silent_without_naltrexone_and_for_the_injection() -> None:
    assert_silent(asking(screening()))
    assert_silent(asking(screening(), given("Vivitrol 380 mg injection", on=D - 10)), RULE)
    assert_silent(asking(screening(), prescribed("naltrexone 50 mg tablet", on=D - 200, status="completed")), RULE)


def test_is_told_as_not_checked_when_orders_are_missing() -> None:
    answer = asking(screening(), failed("medicationRequests"))
    assert_silent(answer, RULE)
    assert RULE in dict(answer.review.not_checked)
