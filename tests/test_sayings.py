"""What a card tells to do follows the numbers of a site; what a study found stays what it is."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from decimal import Decimal

import pytest

from cards import Clinic, Hook
from cards.fixed_numbers import fixed_numbers, words_of
from cards.numbers import Quantity
from cards.pages import Rule
from tests.charts import D, a_review, card_of, dispensed, ordering_ldn, requesting, taking_ldn, the_clinic

FACTS: Mapping[tuple[str, str], str] = {
    ("ldn-order-active-opioid", "1 mg"): "the dose of a case report",
    ("ldn-opioid-overlap-on-chart", "1 mg"): "the dose of a case report",
    ("ldn-dose-not-computable", "1.5 mg"): "an example of two strengths that look alike",
    ("ldn-thyroid-no-preemptive-change", "six weeks"): "how long TSH takes to settle after any change of the hormone",
    ("ldn-unit-microgram-check", "1 mg"): "the range of the literature",
}
"""Amounts outside a **Why:** that happen to be a number of the house and mean something else, and what."""


def rules() -> list[Rule]:
    return list(the_clinic().book.rules)


def found_in(rule: Rule, numbers: Mapping[str, Quantity]) -> list[tuple[str, str, str]]:
    page = tomllib.loads(rule.place.page.read_text("utf-8"))
    return [(where, *one) for where, text in words_of(page) for one in fixed_numbers(text, numbers)]


@pytest.mark.parametrize("rule", rules(), ids=[rule.page.rule for rule in rules()])
def test_no_saying_tells_a_number_of_the_house_in_fixed_words(rule: Rule) -> None:
    """Shared numbers count also where the page does not say that it uses them: then it should."""
    numbers = {**dict(iter(the_clinic().book.shared)), **rule.page.used, **rule.page.numbers}
    fixed = [one for one in found_in(rule, numbers) if (rule.page.rule, one[1]) not in FACTS]
    assert not fixed, f"{rule.place.shown('toml')}: {fixed}"


def test_every_fact_that_is_left_alone_is_still_told() -> None:
    shared = dict(iter(the_clinic().book.shared))
    told = {(rule.page.rule, one[1]) for rule in rules() for one in found_in(rule, shared)}
    assert FACTS.keys() <= told


def test_a_site_reads_its_own_washout_on_the_card_of_an_active_opioid() -> None:
    facts = (ordering_ldn(), dispensed("oxycodone 5 mg tablet", on=D - 6, days=30))
    delivered = card_of(a_review(*facts), "ldn-order-active-opioid")["detail"]
    assert "7–10 opioid-free days first; long-acting: up to 14." in delivered
    site = Clinic.open({"washout_short": Decimal(14), "washout_long": Decimal(21)})
    chosen = card_of(a_review(*facts, clinic=site), "ldn-order-active-opioid")["detail"]
    assert "7–14 opioid-free days first; long-acting: up to 21." in chosen
    assert "washout-short 14" in chosen


def test_a_site_reads_its_own_days_in_the_note_of_an_offer() -> None:
    site = Clinic.open({"restart_after_regular": Decimal(14), "ldn-planned-surgery.hold_before": Decimal(2)})
    opened = a_review(taking_ldn(), requesting("Inguinal hernia repair", on=D + 5), hook=Hook.PATIENT_VIEW, clinic=site)
    card = card_of(opened, "ldn-planned-surgery")
    assert "48\u00a0hours" in card["detail"]
    assert "7 to 14" in str(card["suggestions"])


def test_weeks_that_are_not_whole_are_told_in_days() -> None:
    site = Clinic.open({"first_review": Decimal(30)})
    page = site.book.page("ldn-monitoring-plan")
    assert page.sayings["plan"].summary.endswith("after 30\u00a0days and 12\u00a0weeks.")
