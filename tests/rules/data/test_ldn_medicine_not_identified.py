import pytest

from cards.phrasing import NBSP
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
    ordering_onlabel,
    prescribed,
    reported,
)

RULE = "ldn-medicine-not-identified"


@pytest.mark.parametrize("text", ["patient's own medication", "see list", "narcotic pain pill", "Unknown", "1C PO HS"])
def test_an_entry_that_could_be_anything_is_counted(text: str) -> None:
    answer = a_review(ordering_ldn(), reported(text, asserted=D - 1))
    card = assert_speaks(answer, RULE, "info")
    assert findings(answer) == {RULE: "info", "ldn-monitoring-plan": "info"}
    assert f"1{NBSP}list entry" in card["summary"]
    assert f"`{text}`" in card["detail"]


def test_a_code_that_no_table_knows_and_no_words_explain_is_counted() -> None:
    answer = a_review(ordering_ldn(), prescribed(None, rxnorm="99999999", on=D - 3, days=30))
    assert "`(no text)`" in assert_speaks(answer, RULE, "info")["detail"]


def test_several_are_counted_and_the_first_three_shown() -> None:
    told = [reported(text, asserted=D - 1) for text in ("see list", "other", "unknown", "home meds")]
    card = assert_speaks(a_review(ordering_ldn(), *told), RULE, "info")
    assert f"4{NBSP}list entries" in card["summary"]
    assert "`unknown`" in card["detail"]
    assert "`home meds`" not in card["detail"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ustekinumab 90 mg/mL syringe", None),
        ("lisinopril 10 MG Oral Tablet", "314076"),
        ("empagliflozin 10 mg", "1545653"),
        ("multivitamin", None),
        ("No known medications", None),
        ("no opioids", None),
    ],
)
def test_a_plain_name_in_no_table_is_not_counted(text: str, code: str | None) -> None:
    assert_silent(a_review(ordering_ldn(), prescribed(text, rxnorm=code, on=D - 3, days=30)))


def test_an_entry_that_is_over_is_not_counted() -> None:
    assert_silent(a_review(ordering_ldn(), prescribed("see list", on=D - 90, status="completed", days=30)))
    assert_silent(a_review(ordering_ldn(), reported("unknown", status="entered-in-error", asserted=D)))
    assert_silent(a_review(ordering_ldn(), dispensed("unknown", on=D - 60, days=30)))


def test_a_full_dose_is_told_too() -> None:
    assert_speaks(a_review(ordering_onlabel(), reported("unknown", asserted=D)), RULE, "info")


def test_it_stands_beside_a_critical_card_as_well() -> None:
    answer = a_review(ordering_ldn(), prescribed("oxycodone 5 mg tablet", on=D), reported("unknown", asserted=D))
    assert findings(answer) == {"ldn-order-active-opioid": "critical", RULE: "info"}


def test_stays_silent_for_opioid_orders_and_when_no_list_could_be_read() -> None:
    assert_silent(a_review(ordering("oxycodone 5 mg tablet"), reported("unknown", asserted=D)), RULE)
    assert_silent(a_review(ordering_ldn(), failed("medicationRequests")), RULE)
