import pytest

from cards.phrasing import day
from tests.accepting import accepted, changes, recommended
from tests.charts import (
    D,
    a_review,
    assert_silent,
    assert_speaks,
    failed,
    findings,
    given,
    ordering,
    ordering_ldn,
    prescribed,
)

RULE = "ldn-order-depot-buprenorphine"
SUBLOCADE = "Sublocade 300 mg/1.5 mL injection"
WEEKLY, MONTHLY = "Brixadi weekly 24 mg/0.48 mL injection", "Brixadi monthly 96 mg/0.27 mL injection"
IMPLANT = "Probuphine 74.2 mg implant"


@pytest.mark.parametrize(
    ("drug", "ago", "level"),
    [
        (SUBLOCADE, 150, "critical"),
        (SUBLOCADE, 210, "critical"),
        (SUBLOCADE, 211, "warning"),
        (SUBLOCADE, 365, "warning"),
        (WEEKLY, 28, "critical"),
        (WEEKLY, 29, "warning"),
        (WEEKLY, 42, "warning"),
        (MONTHLY, 112, "critical"),
        (MONTHLY, 113, "warning"),
        (MONTHLY, 180, "warning"),
    ],
)
def test_speaks_as_long_as_each_depot_lasts(drug: str, ago: int, level: str) -> None:
    answer = a_review(ordering_ldn(), given(drug, on=D - ago))
    card = assert_speaks(answer, RULE, level)
    assert day(D - ago) in card["summary"]
    assert findings(answer) == {RULE: level}


@pytest.mark.parametrize(("drug", "ago"), [(SUBLOCADE, 366), (WEEKLY, 43), (MONTHLY, 181)])
def test_stays_silent_the_day_after(drug: str, ago: int) -> None:
    assert_silent(a_review(ordering_ldn(), given(drug, on=D - ago)))


@pytest.mark.parametrize(("ago", "level"), [(14, "critical"), (15, "warning"), (42, "warning")])
def test_an_implant_counts_from_its_removal(ago: int, level: str) -> None:
    assert_speaks(a_review(ordering_ldn(), given(IMPLANT, on=D - 190, removed=D - ago)), RULE, level)


def test_stays_silent_forty_three_days_after_removal_of_an_implant() -> None:
    assert_silent(a_review(ordering_ldn(), given(IMPLANT, on=D - 190, removed=D - 43)))


def test_an_implant_in_place_is_critical() -> None:
    assert_speaks(a_review(ordering_ldn(), given(IMPLANT, on=D - 100)), RULE, "critical")


def test_a_completed_entry_does_not_hide_the_depot() -> None:
    told = given(SUBLOCADE, on=D - 150), prescribed(SUBLOCADE, on=D - 150, status="completed")
    assert_speaks(a_review(ordering_ldn(), *told), RULE, "critical")


def test_an_active_order_without_an_administration_counts_as_given_today() -> None:
    card = assert_speaks(a_review(ordering_ldn(), prescribed(SUBLOCADE, on=D - 400)), RULE, "critical")
    assert "in place" in card["summary"]


def test_the_depot_that_lasts_longest_is_named() -> None:
    answer = a_review(ordering_ldn(), given(WEEKLY, on=D - 35), given(SUBLOCADE, on=D - 100))
    card = assert_speaks(answer, RULE, "critical")
    assert day(D - 100) in card["summary"]


def test_never_offers_to_change_the_depot() -> None:
    facts = [ordering_ldn(), given(SUBLOCADE, on=D - 150)]
    card = assert_speaks(a_review(*facts), RULE, "critical")
    assert changes(card) == [("delete", "MedicationRequest"), ("create", "ServiceRequest"), ("create", "Task")]
    assert_silent(a_review(*accepted(facts, recommended(card))))


def test_a_drafted_depot_is_kept_and_naltrexone_left_out() -> None:
    depot = ordering(SUBLOCADE, "300 mg under the skin once a month", id="depot")
    card = assert_speaks(a_review(ordering_ldn(), depot), RULE, "critical")
    removed = [a["resourceId"] for s in card["suggestions"] for a in s["actions"] if a["type"] == "delete"]
    assert "MedicationRequest/depot" not in removed


def test_stays_silent_for_buprenorphine_under_the_tongue() -> None:
    assert_silent(a_review(ordering_ldn(), prescribed("buprenorphine 8 mg sublingual tablet", on=D - 3)), RULE)


def test_says_that_it_could_not_look_when_administrations_failed() -> None:
    answer = a_review(ordering_ldn(), failed("medicationAdministrations"))
    assert_silent(answer, RULE)
    assert RULE in [rule for rule, _ in answer.review.not_checked]
