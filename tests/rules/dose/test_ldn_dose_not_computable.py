"""The daily dose of naltrexone cannot be worked out."""

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
    dosage,
    having,
    ordering,
    ordering_ldn,
    ordering_onlabel,
    prescribed,
)

RULE = "ldn-dose-not-computable"
FIBROMYALGIA = ("M79.7", "Fibromyalgia")


def test_warns_when_neither_strength_nor_dose_is_given() -> None:
    answer = a_review(ordering("naltrexone capsule", "Take as directed", reason=FIBROMYALGIA))
    card = assert_speaks(answer, RULE, "warning")
    assert "as directed" in card["summary"]


@pytest.mark.parametrize(
    ("text", "sig"),
    [
        ("naltrexone capsule", None),
        ("naltrexone capsule", "Take 1 capsule at bedtime"),
        ("naltrexone oral liquid", "Take 1.5 mL at bedtime"),
        ("naltrexone 4.5 mg capsule", "Take as directed"),
    ],
    ids=["no directions", "no strength", "no concentration", "as directed"],
)
def test_warns_whatever_piece_is_missing(text: str, sig: str | None) -> None:
    assert_speaks(a_review(ordering(text, sig, reason=FIBROMYALGIA)), RULE, "warning")


def test_shows_what_was_understood_and_guesses_no_dose() -> None:
    card = card_of(a_review(ordering("naltrexone capsule", "Take 1 capsule at bedtime", reason=FIBROMYALGIA)), RULE)
    assert "strength: not given" in card["detail"]
    assert "how often: 1 a day" in card["detail"]
    assert all(action["type"] == "create" for s in card["suggestions"] for action in s["actions"])
    assert all(action["resource"]["resourceType"] == "Task" for s in card["suggestions"] for action in s["actions"])


def test_shows_chart_text_only_inside_a_code_span() -> None:
    card = card_of(a_review(ordering("naltrexone <b>capsule</b> [x](http://y)", "Take as directed")), RULE)
    assert "`naltrexone <b>capsule</b> [x](http://y)`" in card["detail"]


def test_no_other_rule_speaks_about_the_dose() -> None:
    answer = a_review(ordering("naltrexone capsule", "Take as directed", reason=FIBROMYALGIA))
    assert_silent(answer, "ldn-start-dose-high", "naltrexone-50-ldn-intent-mismatch", "ldn-tenfold-or-text-mismatch")


def test_stays_silent_when_dose_and_pace_are_given() -> None:
    assert_silent(a_review(ordering_ldn("1.5")), RULE)
    assert_silent(a_review(ordering("naltrexone 4.5 mg capsule", "Take 1 capsule at bedtime")), RULE)
    assert_silent(a_review(ordering_onlabel()), RULE)


def test_speaks_when_one_of_several_steps_has_no_dose() -> None:
    steps = [
        dosage("1.5", text="1.5 mg at bedtime for 14 days", when="HS", days=14, sequence=1),
        dosage(None, text="then as directed", per_day=None, sequence=2),
    ]
    assert_speaks(a_review(ordering_ldn("1.5", dosageInstruction=steps)), RULE, "warning")


@pytest.mark.parametrize("product", ["Vivitrol 380 mg injection", "Contrave 8 mg / 90 mg tablet"])
def test_stays_silent_for_products_whose_dose_is_known_without_directions(product: str) -> None:
    assert_silent(a_review(ordering(product, "Use as directed")), RULE)


def test_speaks_about_labelled_use_too() -> None:
    alcohol = ("F10.20", "Alcohol dependence")
    answer = a_review(having(*alcohol), ordering("naltrexone tablet", "Take as directed", reason=alcohol))
    assert_speaks(answer, RULE, "warning")


def test_is_withheld_while_an_opioid_conflict_stands() -> None:
    taken = dispensed("oxycodone 5 mg tablet", on=D - 6, days=30)
    answer = a_review(taken, ordering("naltrexone capsule", "Take as directed"))
    assert_speaks(answer, "ldn-order-active-opioid", "critical")
    assert_silent(answer, RULE)


def test_speaks_at_signing_only() -> None:
    assert_silent(a_review(ordering("naltrexone capsule", "Take as directed"), hook=Hook.ORDER_SELECT), RULE)


@pytest.mark.parametrize("text", ["LDN 4.5", "L.D.N. 3"])
def test_speaks_where_a_bare_number_stands_behind_ldn(text: str) -> None:
    """Nobody said that milligrams are meant, so no dose is made of it; what it is is known all the same."""
    answer = a_review(ordering(text, "1 capsule at bedtime", reason=("M79.7", "Fibromyalgia")))
    assert_speaks(answer, RULE, "warning")
    taken = prescribed("oxycodone 5 mg tablet", on=D - 3, days=30)
    assert_speaks(a_review(ordering(text, "1 capsule at bedtime"), taken), "ldn-order-active-opioid", "critical")
