"""Another opioid antagonist is taken already."""

from __future__ import annotations

import pytest

from tests.accepting import changes, labels
from tests.charts import (
    D,
    a_review,
    assert_silent,
    assert_speaks,
    failed,
    findings,
    ordering_ldn,
    ordering_onlabel,
    partial,
    prescribed,
    reported,
    taking_ldn,
)
from tests.mending import assert_mends, recommended_labels

RULE = "ldn-duplicate-opioid-antagonist"
LYBALVI = prescribed("Lybalvi 10 mg/10 mg tablet", on=D - 20)


def naltrexone(mg, *, per="daily", **told):
    return prescribed(f"naltrexone {mg} mg tablet", on=D - 20, sig=f"Take {mg} mg by mouth {per}", **told)


def test_warns_beside_a_full_dose() -> None:
    card = assert_speaks(a_review(ordering_ldn(), naltrexone("50")), RULE, "warning")
    assert "naltrexone 50\u00a0mg" in card["summary"]


def test_warns_from_the_lowest_labelled_dose_on_and_not_below_it() -> None:
    assert_speaks(a_review(ordering_ldn(), naltrexone("12.5")), RULE, "warning")
    assert_silent(a_review(ordering_ldn(), naltrexone("12")), RULE)


def test_a_tablet_of_full_strength_counts_without_directions_too() -> None:
    assert_speaks(a_review(ordering_ldn(), prescribed("naltrexone 50 mg tablet", on=D - 5)), RULE, "warning")


@pytest.mark.parametrize(
    "drug",
    [LYBALVI, prescribed("nalmefene 18 mg tablet", on=D - 9), reported("olanzapine / samidorphan", asserted=D - 2)],
)
def test_warns_beside_samidorphan_and_nalmefene_by_mouth(drug) -> None:
    assert_speaks(a_review(ordering_ldn(), drug), RULE, "warning")


@pytest.mark.parametrize(
    "drug",
    [
        prescribed("Opvee 2.7 mg nasal spray", on=D - 9),
        prescribed("nalmefene 1 mg/mL injection", on=D - 9),
        prescribed("naloxone 4 mg nasal spray", on=D - 9),
        prescribed("methylnaltrexone 150 mg tablet", on=D - 9),
        prescribed("olanzapine 10 mg tablet", on=D - 9),
        taking_ldn(),
    ],
    ids=["nalmefene spray", "nalmefene injection", "naloxone", "methylnaltrexone", "olanzapine", "low dose"],
)
def test_stays_silent_beside_rescue_drugs_and_drugs_that_only_look_like_it(drug) -> None:
    assert_silent(a_review(ordering_ldn("4.5"), drug), RULE)


def test_stays_silent_when_the_other_one_is_over() -> None:
    assert_silent(a_review(ordering_ldn(), naltrexone("50", status="stopped", statusChanged=None, until=D - 30)), RULE)


def test_leaves_a_full_dose_order_alone() -> None:
    assert_silent(a_review(ordering_onlabel(), LYBALVI), RULE)


def test_leaves_contrave_and_the_depot_to_their_own_rules() -> None:
    answer = a_review(
        ordering_ldn(), prescribed("Contrave 8-90 mg ER tablet", on=D - 40, sig="Take 2 tablets twice a day")
    )
    assert_silent(answer, RULE)


def test_what_nobody_told_is_not_taken_for_none() -> None:
    answer = a_review(ordering_ldn(), failed("medicationRequests"))
    assert_silent(answer, RULE)
    assert RULE in dict(answer.review.not_checked)


def test_speaks_of_what_was_told_although_a_list_is_missing() -> None:
    assert_speaks(a_review(ordering_ldn(), LYBALVI, partial("medicationRequests")), RULE, "warning")


def test_offers_to_leave_the_low_dose_out_and_never_to_stop_the_other() -> None:
    facts = [ordering_ldn(), naltrexone("50")]
    card = assert_speaks(a_review(*facts), RULE, "warning")
    assert recommended_labels(card) == ["Remove the low-dose naltrexone draft"]
    assert changes(card) == [("delete", "MedicationRequest"), ("create", "Task")]
    assert_mends(facts, RULE, "Remove")
    assert len(labels(card)) == 2


def test_names_both_where_there_are_two() -> None:
    card = assert_speaks(a_review(ordering_ldn(), naltrexone("50"), LYBALVI), RULE, "warning")
    assert "naltrexone 50\u00a0mg and samidorphan/olanzapine" in card["summary"]
    assert findings(a_review(ordering_ldn(), LYBALVI))[RULE] == "warning"
