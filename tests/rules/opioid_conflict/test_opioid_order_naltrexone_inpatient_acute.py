"""An opioid is ordered in hospital with naltrexone on board."""

from __future__ import annotations

import pytest

from tests.accepting import accepted
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

RULE = "opioid-order-naltrexone-inpatient-acute"


def morphine(**changes):
    return ordering("morphine 10 mg/mL injection", **changes)


def stopped_low_dose(day):
    return taking_ldn(status="stopped", since=D - 30, effectiveDosePeriod={"end": day.isoformat()})


@pytest.mark.parametrize("setting", ["IMP", "ACUTE", "EMER", "SS", "OBSENC"])
def test_warns_and_never_more_in_every_hospital_setting(setting: str) -> None:
    assert findings(a_review(taking_ldn(), in_setting(setting), morphine())) == {RULE: "warning"}


def test_warns_for_an_intra_operative_order_without_an_encounter() -> None:
    category = [{"coding": [{"code": "intraoperative"}]}]
    assert findings(a_review(taking_ldn(), morphine(category=category))) == {RULE: "warning"}


@pytest.mark.parametrize(
    "taken",
    [
        prescribed("naltrexone 50 mg tablet", on=D - 30, days=90, sig="Take 50 mg daily"),
        prescribed("Contrave 8 mg / 90 mg tablet", on=D - 30, sig="Take 2 tablets twice daily"),
        given("Vivitrol 380 mg injection", on=D - 30),
        stopped_low_dose(D - 3),
    ],
    ids=["full dose", "with bupropion", "depot", "low dose stopped three days ago"],
)
def test_replaces_the_rules_for_patients_at_home_at_every_dose(taken) -> None:
    assert findings(a_review(taken, in_setting("IMP"), morphine())) == {RULE: "warning"}


def test_stays_silent_when_the_block_has_gone() -> None:
    assert_silent(a_review(stopped_low_dose(D - 4), in_setting("IMP"), morphine()))
    assert_silent(a_review(given("Vivitrol 380 mg injection", on=D - 31), in_setting("IMP"), morphine()))


def test_stays_silent_in_a_clinic() -> None:
    assert_silent(a_review(taking_ldn(), in_setting("AMB"), morphine()), RULE)


def test_names_dose_and_time_and_offers_monitoring_advice_and_a_hold() -> None:
    card = card_of(a_review(taking_ldn("4.5"), in_setting("IMP"), morphine()), RULE)
    assert "4.5\u00a0mg, active" in card["summary"]
    monitoring, advice, hold = (s["actions"][0]["resource"] for s in card["suggestions"])
    assert "oximetry" in monitoring["code"]["text"]
    assert "pain service" in advice["code"]["text"]
    assert hold["status"] == "on-hold"
    assert not any(s.get("isRecommended") for s in card["suggestions"])


def test_never_offers_to_hold_full_dose_naltrexone() -> None:
    taken = prescribed("naltrexone 50 mg tablet", on=D - 30, days=90, sig="Take 50 mg daily")
    card = card_of(a_review(taken, in_setting("IMP"), morphine()), RULE)
    assert taken.resource["id"] not in str(card["suggestions"])
    assert "delete" not in str(card["suggestions"])


def test_two_drafts_in_hospital_are_a_warning_about_the_opioid() -> None:
    answer = a_review(ordering_ldn(), in_setting("IMP"), morphine())
    assert_speaks(answer, RULE, "warning")
    assert_silent(answer, "opioid-order-ldn-active")


def test_what_nobody_told_is_said_to_be_unchecked() -> None:
    answer = a_review(failed("medicationRequests"), in_setting("IMP"), morphine())
    assert findings(answer) == {"ldn-med-list-unreadable": "info"}


def test_after_the_hold_it_still_warns_and_offers_no_hold_again() -> None:
    told = [taking_ldn("4.5"), in_setting("IMP"), morphine()]
    hold = card_of(a_review(*told), RULE)["suggestions"][-1]
    assert hold["label"] == "Hold low-dose naltrexone"
    card = assert_speaks(a_review(*accepted(told, hold)), RULE, "warning")
    assert [s["label"] for s in card["suggestions"]] == [
        "Order continuous monitoring",
        "Request an acute pain service consultation",
    ]
    assert "hold naltrexone" not in card["detail"]
