import pytest

from tests.charts import (
    D,
    a_review,
    assert_silent,
    assert_speaks,
    dosage,
    failed,
    findings,
    not_sent,
    ordering_ldn,
    ordering_onlabel,
    prescribed,
    taking_ldn,
)
from tests.mending import assert_mends, offered, recommended_labels

RULE = "ldn-start-dose-high"


@pytest.mark.parametrize(
    ("mg", "level"),
    [("1.5", None), ("1.6", "info"), ("4.5", "info"), ("4.6", "warning"), ("6", "warning"), ("7", None)],
)
def test_informs_above_the_usual_start_and_warns_above_what_trials_began_with(mg: str, level: str | None) -> None:
    assert findings(a_review(ordering_ldn(mg))).get(RULE) == level


def test_looks_at_the_first_step() -> None:
    steps = [dosage("1.5", when="HS", days=14, sequence=1), dosage("3", when="HS", sequence=2)]
    assert_silent(a_review(ordering_ldn("1.5", dosageInstruction=steps)), RULE)


@pytest.mark.parametrize(("days_ago", "speaks"), [(90, False), (91, True)])
def test_naltrexone_within_ninety_days_is_no_new_start(days_ago: int, speaks: bool) -> None:
    before = taking_ldn("4.5", since=D - 200, status="completed")
    before.resource["dosageInstruction"][0]["timing"]["repeat"]["boundsPeriod"] = {"end": (D - days_ago).isoformat()}
    assert (RULE in findings(a_review(before, ordering_ldn("4.5")))) is speaks


def test_any_dose_of_naltrexone_counts_as_taken_before() -> None:
    full = prescribed("naltrexone 50 mg tablet", on=D - 10, days=30, sig="1 tablet daily")
    assert_silent(a_review(full, ordering_ldn("4.5")), RULE)


def test_stays_silent_on_a_renewal() -> None:
    assert_silent(a_review(taking_ldn("4.5"), ordering_ldn("4.5")), RULE)


def test_stays_silent_when_an_active_order_is_changed() -> None:
    assert_silent(a_review(ordering_ldn("4.5", status="active", authoredOn=(D - 40).isoformat())), RULE)


def test_stays_silent_at_a_full_dose() -> None:
    assert_silent(a_review(ordering_onlabel(reason=None)), RULE)


@pytest.mark.parametrize("lost", [failed, not_sent])
def test_is_not_checked_when_nobody_told_of_earlier_naltrexone(lost) -> None:
    answer = a_review(lost("medicationRequests"), ordering_ldn("5"))
    assert_silent(answer, RULE)
    assert RULE in dict(answer.review.not_checked)


def test_recommends_a_stepped_start_that_adds_up() -> None:
    card = assert_speaks(a_review(ordering_ldn("5")), RULE, "warning")
    assert len(recommended_labels(card)) == 1
    draft = offered(card, "Stepped start")
    assert draft["dispenseRequest"]["quantity"]["value"] == 42
    assert draft["dispenseRequest"]["expectedSupplyDuration"]["value"] == 28


def test_keeps_the_stated_time_of_day() -> None:
    order = ordering_ldn("4.5", dosageInstruction=[dosage("4.5", text="4.5 mg every morning", when="MORN")])
    draft = offered(assert_speaks(a_review(order), RULE, "info"), "Stepped start")
    assert [d["timing"]["repeat"]["when"] for d in draft["dosageInstruction"]] == [["MORN"], ["MORN"]]


@pytest.mark.parametrize("mg", ["3", "4.5", "5"])
def test_the_offer_mends_it(mg: str) -> None:
    assert_mends([ordering_ldn(mg)], RULE, "Stepped start")
