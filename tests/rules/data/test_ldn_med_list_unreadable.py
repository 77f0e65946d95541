"""Medication lists are missing or incomplete."""

from __future__ import annotations

import pytest

from cards import Dialect, Hook, Kind
from tests.charts import (
    D,
    a_review,
    assert_silent,
    assert_speaks,
    card_of,
    dispensed,
    failed,
    findings,
    not_sent,
    ordering,
    ordering_ldn,
    ordering_onlabel,
    partial,
    taking_ldn,
)

RULE = "ldn-med-list-unreadable"
LISTS = ("medicationRequests", "medicationStatements", "medicationDispenses", "medicationAdministrations")


def oxycodone():
    return ordering("oxycodone 5 mg tablet", "Take 1 tablet every 6 hours as needed")


@pytest.mark.parametrize("lost", [failed, partial])
@pytest.mark.parametrize("place", LISTS)
def test_warns_when_any_list_failed_or_is_cut_short(place: str, lost) -> None:
    answer = a_review(lost(place), ordering_ldn())
    assert_speaks(answer, RULE, "warning")
    assert "NOT checked" in card_of(answer, RULE)["summary"]


def test_warns_when_the_orders_were_not_sent() -> None:
    assert_speaks(a_review(not_sent("medicationRequests"), ordering_ldn()), RULE, "warning")


@pytest.mark.parametrize("place", LISTS[1:])
def test_informs_when_another_list_was_not_sent(place: str) -> None:
    assert_speaks(a_review(not_sent(place), ordering_ldn()), RULE, "info")


def test_stays_silent_for_a_list_that_this_ehr_does_not_keep() -> None:
    dialect = Dialect(lists_not_kept=frozenset({Kind.MEDICATION_STATEMENTS}))
    assert_silent(a_review(not_sent("medicationStatements"), ordering_ldn(), dialect=dialect))


def test_stays_silent_when_every_list_came_and_is_empty() -> None:
    assert_silent(a_review(ordering_ldn()))
    assert_silent(a_review(oxycodone()))


def test_names_each_list_and_what_became_of_it() -> None:
    answer = a_review(failed("medicationRequests"), partial("medicationDispenses"), ordering_ldn())
    detail = card_of(answer, RULE)["detail"]
    assert "- medication orders: could not be read" in detail
    assert "- dispensing records: only partly received" in detail


@pytest.mark.parametrize("words", ["no opioid", "none", "not taking", "negative"])
def test_never_implies_that_there_is_none(words: str) -> None:
    card = card_of(a_review(failed("medicationRequests"), ordering_ldn()), RULE)
    assert words not in f"{card['summary']} {card['detail']}".casefold()


def test_tells_that_treatment_programmes_and_the_monitoring_programme_are_not_seen() -> None:
    detail = card_of(a_review(failed("medicationRequests"), ordering_ldn()), RULE)["detail"]
    assert "PDMP" in detail
    assert "treatment programmes" in detail


def test_offers_a_task_for_a_check_by_hand() -> None:
    (only,) = card_of(a_review(failed("medicationRequests"), ordering_ldn()), RULE)["suggestions"]
    assert only["actions"][0]["resource"]["description"].startswith("Opioid check done by hand")


def test_says_so_beside_an_opioid_that_was_found() -> None:
    taken = dispensed("oxycodone 5 mg tablet", on=D - 6, days=30)
    answer = a_review(failed("medicationRequests"), taken, ordering_ldn())
    assert_speaks(answer, RULE, "warning")
    assert_speaks(answer, "ldn-order-active-opioid", "critical")
    assert "further opioids NOT checked" in card_of(answer, RULE)["summary"]


def test_is_information_for_an_opioid_order() -> None:
    for fact in (failed("medicationRequests"), not_sent("medicationRequests"), not_sent("medicationDispenses")):
        answer = a_review(fact, oxycodone())
        assert_speaks(answer, RULE, "info")
        assert "naltrexone" in card_of(answer, RULE)["summary"]


def test_is_said_once_per_answer_and_about_naltrexone_first() -> None:
    answer = a_review(failed("medicationRequests"), oxycodone(), ordering_ldn(), ordering_onlabel())
    spoken = [j for j in answer.review.found if j.page.rule == RULE]
    assert [(j.finding.order.drug.name, j.indicator.wire) for j in spoken] == [("naltrexone", "warning")]


def test_speaks_about_labelled_use_and_at_order_select_too() -> None:
    assert_speaks(a_review(failed("medicationRequests"), ordering_onlabel()), RULE, "warning")
    assert_speaks(a_review(failed("medicationRequests"), ordering_ldn(), hook=Hook.ORDER_SELECT), RULE, "warning")


def test_stays_silent_for_drafts_that_are_none_of_its_business() -> None:
    assert_silent(a_review(failed("medicationRequests"), ordering("amoxicillin 500 mg capsule")))


def test_says_so_also_when_naltrexone_was_found_for_an_opioid_order() -> None:
    answer = a_review(taking_ldn(), failed("medicationDispenses"), oxycodone())
    assert findings(answer) == {RULE: "info", "opioid-order-ldn-active": "critical"}
