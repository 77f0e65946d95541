"""Low-dose naltrexone beside naltrexone with bupropion."""

from __future__ import annotations

from tests.charts import (
    D,
    a_review,
    assert_silent,
    assert_speaks,
    failed,
    ordering,
    ordering_ldn,
    prescribed,
    reported,
    taking_ldn,
)
from tests.mending import assert_mends, recommended_labels

RULE = "ldn-contrave-overlap"
SIG = "Take 2 tablets by mouth twice a day"
CONTRAVE = prescribed("Contrave 8-90 mg ER tablet", on=D - 40, sig=SIG)


def ordering_contrave():
    return ordering("Contrave 8-90 mg ER tablet", SIG)


def test_warns_when_a_low_dose_is_ordered_and_tells_the_dose_of_the_combination() -> None:
    answer = a_review(ordering_ldn(), CONTRAVE)
    card = assert_speaks(answer, RULE, "warning")
    assert "32\u00a0mg" in card["summary"]
    assert_silent(answer, "ldn-duplicate-opioid-antagonist")


def test_warns_without_a_dose_too() -> None:
    card = assert_speaks(a_review(ordering_ldn(), reported("bupropion / naltrexone", asserted=D - 2)), RULE, "warning")
    assert "8\u00a0mg a tablet" in card["summary"]


def test_warns_in_the_other_direction_and_recommends_neither_way_out() -> None:
    facts = [ordering_contrave(), taking_ldn("4.5")]
    card = assert_speaks(a_review(*facts), RULE, "warning")
    assert recommended_labels(card) == []
    assert_mends(facts, RULE, "Hold", "Remove")


def test_warns_once_when_both_are_drafted() -> None:
    facts = [ordering_ldn(), ordering_contrave()]
    answer = a_review(*facts)
    assert_speaks(answer, RULE, "warning")
    assert sum(RULE in str(card["extension"]) for card in answer.cards) == 1
    assert_mends(facts, RULE, "Remove")


def test_stays_silent_when_the_combination_has_ended() -> None:
    assert_silent(
        a_review(ordering_ldn(), prescribed("Contrave 8-90 mg ER tablet", on=D - 90, until=D - 20, sig=SIG)), RULE
    )


def test_stays_silent_for_bupropion_alone_and_for_the_combination_alone() -> None:
    assert_silent(a_review(ordering_ldn(), prescribed("bupropion 150 mg XL tablet", on=D - 40)), RULE)
    assert_silent(a_review(ordering_contrave()), RULE)
    assert_silent(a_review(ordering_contrave(), CONTRAVE), RULE)


def test_what_nobody_told_is_not_taken_for_none() -> None:
    answer = a_review(ordering_ldn(), failed("medicationRequests"))
    assert_silent(answer, RULE)
    assert RULE in dict(answer.review.not_checked)


def test_is_quiet_once_the_draft_is_gone() -> None:
    assert_mends([ordering_ldn(), CONTRAVE], RULE, "Remove")
