import pytest

from tests.accepting import changes
from tests.charts import (
    D,
    a_review,
    assert_silent,
    assert_speaks,
    dispensed,
    failed,
    findings,
    ordering,
    ordering_ldn,
    partial,
    prescribed,
    reported,
)

RULE = "ldn-order-pamora-signal"


@pytest.mark.parametrize(
    "drug", ["naloxegol 25 mg tablet", "methylnaltrexone 150 mg tablet", "naldemedine 0.2 mg tablet"]
)
def test_warns_beside_a_medicine_against_constipation_from_opioids(drug: str) -> None:
    answer = a_review(ordering_ldn(), prescribed(drug, on=D - 60))
    card = assert_speaks(answer, RULE, "warning")
    assert findings(answer) == {RULE: "warning"}
    assert changes(card) == [("create", "Task")]


def test_never_says_that_no_opioid_was_found() -> None:
    card = assert_speaks(a_review(ordering_ldn(), prescribed("naloxegol 25 mg tablet", on=D - 60)), RULE, "warning")
    words = f"{card['summary']} {card['detail']}".casefold()
    assert "no opioid" not in words
    assert "not found" not in words


def test_a_dispensed_supply_counts_while_it_lasts() -> None:
    assert_speaks(a_review(ordering_ldn(), dispensed("naloxegol 25 mg tablet", on=D - 30, days=30)), RULE, "warning")
    assert_silent(a_review(ordering_ldn(), dispensed("naloxegol 25 mg tablet", on=D - 31, days=30)))


def test_stays_silent_when_it_is_stopped() -> None:
    assert_silent(a_review(ordering_ldn(), prescribed("naloxegol 25 mg tablet", on=D - 60, status="stopped")))


def test_an_opioid_that_is_known_has_its_own_rule() -> None:
    told = prescribed("naloxegol 25 mg tablet", on=D - 60), prescribed("oxycodone 5 mg tablet", on=D - 3)
    assert_silent(a_review(ordering_ldn(), *told), RULE)


def test_loperamide_explains_nothing() -> None:
    told = prescribed("naloxegol 25 mg tablet", on=D - 60), reported("loperamide 2 mg capsule", asserted=D - 1)
    assert_speaks(a_review(ordering_ldn(), *told), RULE, "warning")


def test_stays_silent_beside_an_opioid_draft() -> None:
    told = prescribed("naloxegol 25 mg tablet", on=D - 60), ordering("oxycodone 5 mg tablet", "1 tablet daily")
    assert_silent(a_review(ordering_ldn(), *told), RULE)


def test_a_draft_of_methylnaltrexone_alone_says_nothing() -> None:
    assert_silent(a_review(ordering("methylnaltrexone 12 mg injection", "12 mg under the skin once daily")))


def test_speaks_also_when_a_list_is_only_partly_here() -> None:
    answer = a_review(ordering_ldn(), prescribed("naloxegol 25 mg tablet", on=D - 60), partial("medicationRequests"))
    assert_speaks(answer, RULE, "warning")


def test_says_that_it_could_not_look_when_a_list_is_missing() -> None:
    answer = a_review(ordering_ldn(), failed("medicationRequests"))
    assert_silent(answer, RULE)
    assert RULE in [rule for rule, _ in answer.review.not_checked]
