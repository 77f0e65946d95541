import pytest

from tests.accepting import changes
from tests.charts import (
    D,
    a_review,
    assert_silent,
    assert_speaks,
    having,
    measured,
    not_sent,
    ordering,
    ordering_ldn,
    ordering_onlabel,
)

RULE = "ldn-suicidality-severe-depression"
ITEM, TOTAL = "44260-8", "44261-6"
CONTRAVE = ordering("Contrave 8-90 mg extended-release tablet", "Take 1 tablet by mouth every morning")


def scored(points: int, *, loinc: str = ITEM, ago: int = 10):
    return measured(loinc, on=D - ago, place="surveys", valueInteger=points)


def test_informs_when_item_nine_is_answered_yes() -> None:
    card = assert_speaks(a_review(ordering_ldn(), scored(1)), RULE, "info")
    assert changes(card) == [("create", "Task")]
    assert "contraindicat" not in card["summary"] + card["detail"]
    assert_silent(a_review(ordering_ldn(), scored(0)), RULE)


def test_item_nine_counts_for_thirty_days_and_the_newest_answer() -> None:
    assert_speaks(a_review(ordering_ldn(), scored(1, ago=30)), RULE, "info")
    assert_silent(a_review(ordering_ldn(), scored(1, ago=31)), RULE)
    assert_silent(a_review(ordering_ldn(), scored(2, ago=20), scored(0, ago=2)), RULE)


def test_a_total_counts_from_twenty_points_on() -> None:
    assert_speaks(a_review(ordering_ldn(), scored(20, loinc=TOTAL)), RULE, "info")
    assert_silent(a_review(ordering_ldn(), scored(19, loinc=TOTAL)), RULE)


@pytest.mark.parametrize(
    ("code", "text"),
    [("R45.851", "Suicidal ideations"), ("F32.2", "Major depressive disorder, single episode, severe")],
)
def test_an_entry_counts_for_180_days(code: str, text: str) -> None:
    assert_speaks(a_review(ordering_ldn(), having(code, text, recorded=D - 179)), RULE, "info")
    assert_silent(a_review(ordering_ldn(), having(code, text, recorded=D - 180)), RULE)


def test_stays_silent_for_milder_depression() -> None:
    assert_silent(a_review(ordering_ldn(), having("F32.0", "Major depressive disorder, mild")), RULE)


def test_informs_of_labelled_treatment_and_warns_of_the_combination_with_bupropion() -> None:
    assert_speaks(a_review(ordering_onlabel(), scored(1)), RULE, "info")
    assert_speaks(a_review(CONTRAVE, scored(1)), RULE, "warning")


@pytest.mark.parametrize("place", ["conditions", "surveys"])
def test_is_told_as_not_checked_when_conditions_or_assessments_are_missing(place: str) -> None:
    answer = a_review(ordering_ldn(), not_sent(place))
    assert_silent(answer, RULE)
    assert RULE in dict(answer.review.not_checked)
    assert_speaks(answer, "ldn-conditions-allergies-unreadable", "info")
