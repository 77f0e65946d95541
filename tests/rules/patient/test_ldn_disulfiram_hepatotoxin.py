"""Disulfiram with naltrexone."""

from __future__ import annotations

import pytest

from cards import Hook
from tests.accepting import changes
from tests.charts import (
    D,
    a_review,
    assert_silent,
    assert_speaks,
    failed,
    ordering,
    ordering_ldn,
    ordering_onlabel,
    prescribed,
)

RULE = "ldn-disulfiram-hepatotoxin"
DISULFIRAM = prescribed("disulfiram 250 mg tablet", on=D - 20)


def test_informs_at_a_low_dose_on_the_review_card() -> None:
    answer = a_review(ordering_ldn(), DISULFIRAM)
    assert_speaks(answer, RULE, "info")
    assert len(answer.cards) == 1


@pytest.mark.parametrize(("mg", "level"), [(25, "info"), (49, "info"), (50, "warning"), (100, "warning")])
def test_warns_from_50_mg_on(mg: int, level: str) -> None:
    assert_speaks(a_review(ordering_onlabel(mg), DISULFIRAM), RULE, level)


def test_warns_of_a_whole_tablet_that_is_not_taken_every_day() -> None:
    sig = "Take 100 mg by mouth every 3 days"
    assert_speaks(a_review(ordering("naltrexone 50 mg tablet", sig), DISULFIRAM), RULE, "warning")


def test_warns_of_the_depot_and_informs_of_the_combination() -> None:
    assert_speaks(a_review(ordering("Vivitrol 380 mg"), DISULFIRAM), RULE, "warning")
    contrave = ordering("Contrave 8-90 mg ER tablet", "Take 2 tablets by mouth twice a day")
    assert_speaks(a_review(contrave, DISULFIRAM), RULE, "info")


def test_the_warning_on_labelled_use_says_nothing_of_the_dose() -> None:
    answer = a_review(ordering_onlabel(), DISULFIRAM)
    assert [entry["rule"] for card in answer.cards for entry in card["extension"]["ldn-cds.findings"]] == [RULE]


def test_disulfiram_drafted_beside_it_counts() -> None:
    assert_speaks(a_review(ordering_onlabel(), ordering("disulfiram 250 mg tablet")), RULE, "warning")


def test_stays_silent_when_disulfiram_has_ended_and_while_choosing() -> None:
    assert_silent(a_review(ordering_ldn(), prescribed("disulfiram 250 mg tablet", on=D - 90, until=D - 9)), RULE)
    assert_silent(a_review(ordering_ldn(), DISULFIRAM, hook=Hook.ORDER_SELECT), RULE)


def test_what_nobody_told_is_not_taken_for_none() -> None:
    answer = a_review(ordering_ldn(), failed("medicationRequests"))
    assert_silent(answer, RULE)
    assert RULE in dict(answer.review.not_checked)


def test_offers_liver_tests_and_nothing_that_ends_a_medicine() -> None:
    card = assert_speaks(a_review(ordering_onlabel(), DISULFIRAM), RULE, "warning")
    assert changes(card) == [("create", "ServiceRequest")]
