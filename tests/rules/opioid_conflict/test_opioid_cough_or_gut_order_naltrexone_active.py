"""An opioid cough or gut medicine is ordered while naltrexone is on board."""

from __future__ import annotations

import pytest

from cards import Hook
from tests.accepting import accepted, recommended
from tests.charts import (
    D,
    a_review,
    assert_silent,
    assert_speaks,
    card_of,
    failed,
    findings,
    given,
    in_setting,
    ordering,
    ordering_ldn,
    prescribed,
    taking_ldn,
)

RULE = "opioid-cough-or-gut-order-naltrexone-active"


def cough_syrup(**changes):
    return ordering("guaifenesin/codeine oral solution", "Take 10 mL every 4 hours as needed", **changes)


def fifty():
    return prescribed("naltrexone 50 mg tablet", on=D - 30, days=90, sig="Take 50 mg daily")


@pytest.mark.parametrize(
    "drug",
    [
        "guaifenesin/codeine oral solution",
        "promethazine with codeine syrup",
        "diphenoxylate 2.5 mg / atropine 0.025 mg tablet",
        "loperamide 2 mg capsule",
        "eluxadoline 100 mg tablet",
    ],
)
def test_warns_and_never_more_for_cough_and_gut_medicines(drug: str) -> None:
    assert findings(a_review(taking_ldn(), ordering(drug))) == {RULE: "warning"}


@pytest.mark.parametrize("taken", [taking_ldn("0.5"), fifty(), given("Vivitrol 380 mg injection", on=D - 10)])
def test_warns_at_every_dose_of_naltrexone(taken) -> None:
    assert findings(a_review(taken, cough_syrup())) == {RULE: "warning"}


def test_warns_in_hospital_and_at_order_select_too() -> None:
    assert findings(a_review(taking_ldn(), in_setting("IMP"), cough_syrup())) == {RULE: "warning"}
    assert findings(a_review(taking_ldn(), cough_syrup(), hook=Hook.ORDER_SELECT)) == {RULE: "warning"}


def test_recommends_to_take_the_draft_back() -> None:
    (only,) = card_of(a_review(taking_ldn(), cough_syrup()), RULE)["suggestions"]
    assert only["isRecommended"]
    assert only["actions"][0]["type"] == "delete"


def test_difelikefalin_is_information_only() -> None:
    assert findings(a_review(taking_ldn(), ordering("difelikefalin 0.05 mg/mL injection"))) == {RULE: "info"}


def test_a_cough_medicine_for_longer_than_a_cough_lasts_is_an_analgesic() -> None:
    def supply(days):
        return {"expectedSupplyDuration": {"value": days, "unit": "days", "code": "d"}}

    assert findings(a_review(taking_ldn(), cough_syrup(dispenseRequest=supply(7)))) == {RULE: "warning"}
    answer = a_review(taking_ldn(), cough_syrup(dispenseRequest=supply(8)))
    assert findings(answer) == {"opioid-order-ldn-active": "critical"}


def test_two_drafts_of_one_session_make_one_warning() -> None:
    answer = a_review(ordering_ldn(), cough_syrup())
    assert_speaks(answer, RULE, "warning")
    assert [card["indicator"] for card in answer.cards] == ["warning"]


def test_stays_silent_once_naltrexone_is_stopped_or_was_never_taken() -> None:
    stopped = taking_ldn(status="stopped", since=D - 30, effectiveDosePeriod={"end": (D - 1).isoformat()})
    assert_silent(a_review(stopped, cough_syrup()))
    assert_silent(a_review(cough_syrup()))


def test_stays_silent_for_a_cough_medicine_without_an_opioid() -> None:
    assert_silent(a_review(taking_ldn(), ordering("dextromethorphan 15 mg/5 mL syrup")))


def test_codeine_for_pain_is_no_cough_medicine() -> None:
    assert_silent(a_review(taking_ldn(), ordering("acetaminophen 300 mg / codeine 30 mg tablet")), RULE)


def test_what_nobody_told_is_said_to_be_unchecked() -> None:
    answer = a_review(failed("medicationRequests"), cough_syrup())
    assert findings(answer) == {"ldn-med-list-unreadable": "info"}


def test_is_quiet_once_the_recommended_offer_is_taken() -> None:
    facts = [taking_ldn(), cough_syrup()]
    offer = recommended(card_of(a_review(*facts), RULE))
    assert_silent(a_review(*accepted(facts, offer)))
