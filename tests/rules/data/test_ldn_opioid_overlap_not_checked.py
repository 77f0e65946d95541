"""Opioids beside naltrexone were not checked, for a medication list is missing."""

from __future__ import annotations

import pytest

from cards import Hook
from tests.charts import (
    D,
    a_review,
    assert_silent,
    assert_speaks,
    card_of,
    dispensed,
    failed,
    findings,
    given,
    not_sent,
    ordering_ldn,
    partial,
    prescribed,
    reported,
    taking_ldn,
)

RULE = "ldn-opioid-overlap-not-checked"
OVERLAP = "ldn-opioid-overlap-on-chart"
LISTS = ("medicationRequests", "medicationStatements", "medicationDispenses", "medicationAdministrations")


def opened(*facts):
    return a_review(*facts, hook=Hook.PATIENT_VIEW)


def from_the_pharmacy():
    return dispensed("naltrexone 4.5 mg capsule", on=D - 5, days=30)


@pytest.mark.parametrize("lost", [failed, partial])
@pytest.mark.parametrize("place", LISTS)
def test_warns_when_any_list_failed_or_is_cut_short(place: str, lost) -> None:
    known = from_the_pharmacy() if place == "medicationRequests" else taking_ldn("4.5")
    answer = opened(known, lost(place))
    card = assert_speaks(answer, RULE, "warning")
    assert "opioids NOT checked" in card["summary"]
    assert [f["rule"] for f in card["extension"]["ldn-cds.findings"]] == [RULE]


def test_warns_when_the_orders_were_not_sent() -> None:
    assert_speaks(opened(from_the_pharmacy(), not_sent("medicationRequests")), RULE, "warning")


@pytest.mark.parametrize("place", LISTS[1:])
def test_stays_silent_for_another_list_that_was_merely_not_sent(place: str) -> None:
    assert_silent(opened(taking_ldn("4.5"), not_sent(place)), RULE)


def test_stays_silent_when_every_list_came() -> None:
    assert_silent(opened(taking_ldn("4.5")))


@pytest.mark.parametrize("place", LISTS)
def test_stays_silent_for_somebody_who_is_not_known_to_take_naltrexone(place: str) -> None:
    assert_silent(opened(reported("lisinopril 10 mg tablet"), failed(place)))
    stopped = taking_ldn(status="stopped", since=D - 90, effectiveDosePeriod={"end": (D - 40).isoformat()})
    assert_silent(opened(stopped, failed("medicationStatements")))


@pytest.mark.parametrize(
    "taken",
    [
        prescribed("naltrexone 50 mg tablet", on=D - 30, days=90, sig="Take 50 mg daily"),
        given("Vivitrol 380 mg injection", on=D - 10),
    ],
)
def test_speaks_at_every_dose(taken) -> None:
    assert findings(opened(taken, failed("medicationDispenses"))) == {RULE: "warning"}


def test_names_the_list_and_what_became_of_it() -> None:
    detail = card_of(opened(taking_ldn("4.5"), partial("medicationDispenses")), RULE)["detail"]
    assert "- dispensing records: only partly received" in detail


def test_speaks_of_further_opioids_beside_an_opioid_that_was_seen() -> None:
    answer = opened(taking_ldn("4.5"), prescribed("oxycodone 5 mg tablet", on=D - 5), failed("medicationDispenses"))
    assert findings(answer) == {RULE: "warning", OVERLAP: "critical"}
    assert "further opioids NOT checked" in card_of(answer, RULE)["summary"]


def test_leaves_orders_to_the_rule_about_orders() -> None:
    assert_silent(a_review(taking_ldn("4.5"), ordering_ldn(), failed("medicationStatements")), RULE)


def test_what_it_offers_is_a_task_that_changes_no_order() -> None:
    (only,) = card_of(opened(taking_ldn("4.5"), failed("medicationStatements")), RULE)["suggestions"]
    assert [(action["type"], action["resource"]["resourceType"]) for action in only["actions"]] == [("create", "Task")]
