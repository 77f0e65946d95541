"""Evidence for the reason of an order."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cards import Clinic
from cards.conditions import ConditionGroup
from cards.explanation import Outcome
from cards.rules.follow_up.ldn_indication_evidence import ROWS
from tests.charts import (
    D,
    a_review,
    aged,
    assert_silent,
    assert_speaks,
    dispensed,
    failed,
    findings,
    having,
    ordering_ldn,
    ordering_onlabel,
    taking_ldn,
    the_clinic,
)

RULE = "ldn-indication-evidence"
FIBROMYALGIA = ("M79.7", "Fibromyalgia")
PAGE = the_clinic().book.page(RULE)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("M79.7", "fibromyalgia"),
        ("G35", "multiple sclerosis"),
        ("K50.90", "Crohn's disease"),
        ("K51.90", "ulcerative colitis"),
        ("M06.9", "rheumatoid arthritis"),
        ("M32.9", "lupus"),
        ("E06.3", "thyroid disease"),
        ("E11.42", "diabetic neuropathy"),
        ("G90.50", "regional pain"),
        ("U09.9", "long COVID"),
        ("G93.32", "ME/CFS"),
        ("F33.1", "depression"),
        ("L66.1", "lichen planopilaris"),
    ],
)
def test_tells_in_one_line_what_studies_found(code: str, words: str) -> None:
    card = assert_speaks(a_review(ordering_ldn(reason=(code, words))), RULE, "info")
    assert words in card["detail"] + card["summary"]


@pytest.mark.parametrize(
    "reason", [("M35.00", "Sjögren"), ("K58.9", "Irritable bowel syndrome"), ("M54.50", "Low back pain")]
)
def test_a_reason_nobody_studied_gets_no_line(reason: tuple[str, str]) -> None:
    assert_silent(a_review(ordering_ldn(reason=reason)))


def test_a_reason_that_refers_to_the_problem_list_counts() -> None:
    condition = having("M79.7", "Fibromyalgia")
    reference = {"reference": f"Condition/{condition.resource['id']}"}
    assert_speaks(a_review(ordering_ldn(reason=None, reasonReference=[reference]), condition), RULE, "info")


def test_never_speaks_of_a_refill() -> None:
    assert_silent(a_review(ordering_ldn("4.5", reason=FIBROMYALGIA), taking_ldn("4.5")))


def test_speaks_again_after_half_a_year_without_it() -> None:
    def ended(ago: int):
        return dispensed("naltrexone 1.5 mg capsule", on=D - ago - 30, days=30)

    assert_silent(a_review(ordering_ldn(reason=FIBROMYALGIA), ended(180)), RULE)
    assert_speaks(a_review(ordering_ldn(reason=FIBROMYALGIA), ended(181)), RULE, "info")


def test_a_full_dose_before_is_no_low_dose() -> None:
    before = dispensed("naltrexone 50 mg tablet", on=D - 90, days=30, sig="Take 1 tablet daily")
    assert_speaks(a_review(ordering_ldn(reason=FIBROMYALGIA), before), RULE, "info")


def test_leaves_a_full_dose_order_alone() -> None:
    assert_silent(a_review(ordering_onlabel(reason=FIBROMYALGIA)), RULE)


def test_says_nothing_while_an_opioid_conflict_is_critical() -> None:
    oxycodone = dispensed("oxycodone 5 mg tablet", on=D - 6, days=30)
    assert_silent(a_review(ordering_ldn(reason=FIBROMYALGIA), oxycodone), RULE, "ldn-monitoring-plan")


def test_what_nobody_told_is_not_taken_for_none() -> None:
    answer = a_review(ordering_ldn(reason=FIBROMYALGIA), failed("medicationRequests"))
    assert_silent(answer, RULE)
    assert RULE in dict(answer.review.not_checked)


def test_children_with_crohns_disease_have_a_row_of_their_own() -> None:
    crohn = ("K50.90", "Crohn's disease, unspecified, without complications")
    child = assert_speaks(a_review(ordering_ldn(reason=crohn), aged(12)), RULE, "info")
    grown = assert_speaks(a_review(ordering_ldn(reason=crohn), aged(40)), RULE, "info")
    assert "14\u00a0children" in child["detail"]
    assert "14\u00a0children" not in grown["detail"]


def test_of_two_reasons_each_gets_its_line_and_the_wider_none() -> None:
    def coded(*codes: str):
        return [{"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": c} for c in codes]}]

    both = a_review(ordering_ldn(reason=None, reasonCode=[*coded("M79.7"), *coded("G35")]))
    assert len([one for one in both.review.found if one.page.rule == RULE]) == 2
    wider = a_review(ordering_ldn(reason=None, reasonCode=[*coded("M79.7"), *coded("G89.4")]))
    assert [one.finding.circumstance for one in wider.review.found if one.page.rule == RULE] == ["fibromyalgia"]


def test_comes_first_on_the_review_card() -> None:
    card = assert_speaks(a_review(ordering_ldn("3", reason=("E06.3", "Autoimmune thyroiditis"))), RULE, "info")
    assert card["detail"].startswith(f"- **{PAGE.title}:**")
    assert "add to standard care, do not replace it" in card["detail"]
    assert findings(a_review(ordering_ldn(reason=("E06.3", "Autoimmune thyroiditis"))))[RULE] == "info"


def test_every_reason_that_was_studied_has_a_row_and_every_row_a_reason() -> None:
    assert set(ROWS.values()) | {"crohn_disease_child"} == set(PAGE.sayings)
    assert all(group.is_ldn_indication or group is ConditionGroup.HAILEY_HAILEY for group in ROWS)


@pytest.mark.parametrize("row", PAGE.sayings.values(), ids=list(PAGE.sayings))
def test_every_row_is_dated_off_label_and_cited(row) -> None:
    assert row.reviewed is not None
    assert row.sources
    assert "Off-label" in row.detail
    assert "add to standard care, do not replace it" in row.detail
    assert "{reviewed}" in row.detail
    line = row.summary.partition(": ")[2]
    assert 0 < len(line) <= 90
    assert not re.search(
        r"effective|cure|proven|boost|shown to help|\bsafe\b", f"{row.summary} {row.detail}", re.IGNORECASE
    )


@pytest.mark.parametrize("row", PAGE.sayings.values(), ids=list(PAGE.sayings))
def test_every_row_tells_how_many_people_were_studied_or_that_nobody_was(row) -> None:
    is_nobody = re.search(
        r"no (trial|study|usable study)|case|cases|records", f"{row.summary} {row.detail}", re.IGNORECASE
    )
    assert is_nobody or re.search(r"\b(\d{2,3}|Seven)\b", row.detail), row.detail


@pytest.fixture
def changed_ten_days_ago(tmp_path: Path) -> Clinic:
    """The rule alone, whose line on fibromyalgia came to say something else ten days before the review."""
    place = next(rule.place for rule in the_clinic().book.rules if rule.page.rule == RULE)
    (tmp_path / f"{place.name}.py").write_text(place.sentence.read_text("utf-8"))
    page = place.page.read_text("utf-8")
    said = "[says.fibromyalgia]\n"
    assert said in page
    (tmp_path / f"{place.name}.toml").write_text(page.replace(said, f"{said}changed = {(D - 10).isoformat()}\n"))
    return Clinic.open(rules=tmp_path)


@pytest.mark.parametrize(("ordered", "is_told"), [(11, True), (10, False), (9, False)])
def test_a_line_that_changed_is_told_at_the_first_renewal_after_it(
    changed_ten_days_ago: Clinic, ordered: int, *, is_told: bool
) -> None:
    facts = (taking_ldn("4.5", since=D - ordered), ordering_ldn("4.5", reason=FIBROMYALGIA))
    assert_silent(a_review(*facts), RULE)
    answer = a_review(*facts, clinic=changed_ten_days_ago)
    assert (RULE in findings(answer)) is is_told
    assert (answer.explain().rule(RULE).outcome is Outcome.SHOWN) is is_told


def test_a_line_that_will_change_and_the_other_lines_are_not_told_again(changed_ten_days_ago: Clinic) -> None:
    taken = taking_ldn("4.5", since=D - 60)
    before = a_review(taken, ordering_ldn("4.5", reason=FIBROMYALGIA), clinic=changed_ten_days_ago, today=D - 11)
    assert_silent(before, RULE)
    other = a_review(taken, ordering_ldn("4.5", reason=("G35", "Multiple sclerosis")), clinic=changed_ten_days_ago)
    assert_silent(other, RULE)
