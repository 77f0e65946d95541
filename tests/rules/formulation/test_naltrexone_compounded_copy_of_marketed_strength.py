from dataclasses import replace
from functools import cache

import pytest

from cards import Clinic, Hook
from tests.charts import (
    a_review,
    assert_silent,
    assert_speaks,
    findings,
    having,
    ordering_ldn,
    ordering_onlabel,
    the_clinic,
)
from tests.mending import assert_mends, offered

RULE = "naltrexone-compounded-copy-of-marketed-strength"
ALCOHOL = having("F10.20", "Alcohol dependence")


@cache
def with_the_option() -> Clinic:
    """The house as a site has it that switched the option on."""
    clinic = the_clinic()
    book = clinic.book
    rule = next(rule for rule in book.rules if rule.page.rule == RULE)
    at_signing = (*book.by_hook[Hook.ORDER_SIGN], rule)
    return replace(clinic, book=replace(book, by_hook={**book.by_hook, Hook.ORDER_SIGN: at_signing}))


def test_is_delivered_switched_off() -> None:
    assert_silent(a_review(ALCOHOL, ordering_ldn("50", reason=None)))


@pytest.mark.parametrize(("mg", "speaks"), [("44", False), ("45", True), ("50", True), ("55", True), ("56", False)])
def test_informs_within_a_tenth_of_the_marketed_strength(mg: str, speaks: bool) -> None:
    answer = a_review(ALCOHOL, ordering_ldn(mg, reason=None), clinic=with_the_option())
    assert findings(answer) == ({RULE: "info"} if speaks else {})


@pytest.mark.parametrize(
    "note", ["No dye, patient allergy.", "Patient cannot swallow tablets.", "Tablets on shortage."]
)
def test_a_documented_difference_is_a_reason(note: str) -> None:
    answer = a_review(ALCOHOL, ordering_ldn("50", reason=None, note=[{"text": note}]), clinic=with_the_option())
    assert_silent(answer, RULE)


def test_stays_silent_for_the_tablet_itself_and_for_low_strengths() -> None:
    assert_silent(a_review(ALCOHOL, ordering_onlabel(), clinic=with_the_option()), RULE)
    assert_silent(a_review(ordering_ldn("4.5"), clinic=with_the_option()), RULE)


def test_offers_the_tablet_at_the_same_dose() -> None:
    answer = a_review(ALCOHOL, ordering_ldn("50", reason=None), clinic=with_the_option())
    draft = offered(assert_speaks(answer, RULE, "info"), "tablet")
    assert draft["medicationCodeableConcept"]["coding"][0]["code"] == "1483744"
    assert draft["dosageInstruction"][0]["text"] == "Take 1 tablet (50 mg) by mouth at bedtime"
    assert_mends([ordering_ldn("50", reason=None), ALCOHOL], RULE, clinic=with_the_option())
