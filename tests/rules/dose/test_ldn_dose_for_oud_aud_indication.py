import pytest

from tests.charts import (
    D,
    a_review,
    assert_silent,
    assert_speaks,
    failed,
    having,
    ordering_ldn,
    ordering_onlabel,
    prescribed,
)
from tests.mending import assert_mends, offered, offers_of, recommended_labels

RULE = "ldn-dose-for-oud-aud-indication"
ALCOHOL = ("F10.20", "Alcohol dependence")
OPIOID = ("F11.20", "Opioid dependence")


@pytest.mark.parametrize("reason", [ALCOHOL, OPIOID, ("F11.21", "Opioid dependence, in remission")])
def test_asks_when_a_use_disorder_is_the_only_reason(reason: tuple[str, str]) -> None:
    assert_speaks(a_review(ordering_ldn("1.5", reason=reason)), RULE, "warning")


def test_stays_silent_when_the_disorder_is_only_on_the_problem_list() -> None:
    assert_silent(a_review(having(*OPIOID), ordering_ldn("3", reason=("M79.7", "Fibromyalgia"))), RULE)


def test_stays_silent_when_a_second_reason_is_given() -> None:
    order = ordering_ldn("1.5", reason=ALCOHOL)
    order.resource["reasonCode"].append({"text": "Fibromyalgia"})
    assert_silent(a_review(order), RULE)


def test_stays_silent_without_any_reason() -> None:
    assert_silent(a_review(having(*ALCOHOL), ordering_ldn("1.5", reason=None)), RULE)


def test_stays_silent_at_the_labelled_dose() -> None:
    assert_silent(a_review(ordering_onlabel()), RULE)


def test_stays_silent_when_words_tell_of_an_antagonist_assisted_start() -> None:
    note = [{"text": "Antagonist-assisted induction, see protocol."}]
    assert_silent(a_review(ordering_ldn("0.5", reason=OPIOID, note=note)), RULE)


def test_neither_reading_is_recommended_and_each_mends_it() -> None:
    card = assert_speaks(a_review(ordering_ldn("1.5", reason=ALCOHOL)), RULE, "warning")
    assert recommended_labels(card) == []
    assert_mends([ordering_ldn("1.5", reason=ALCOHOL)], RULE)


def test_the_labelled_start_is_half_a_tablet_once_then_one_a_day() -> None:
    card = assert_speaks(a_review(ordering_ldn("1.5", reason=ALCOHOL)), RULE, "warning")
    draft = offered(card, "labelled start")
    assert [d["text"] for d in draft["dosageInstruction"]] == [
        "Take 0.5 tablet (25 mg) by mouth once daily for 1 day",
        "then 1 tablet (50 mg) by mouth once daily",
    ]
    assert draft["medicationCodeableConcept"]["coding"][0]["code"] == "1483744"
    assert "contained" not in draft


def test_the_labelled_start_is_not_offered_while_an_opioid_may_be_taken() -> None:
    answer = a_review(ordering_ldn("1.5", reason=ALCOHOL), prescribed("oxycodone 5 mg tablet", on=D - 70))
    assert not offers_of(assert_speaks(answer, RULE, "warning"), "labelled start")


def test_the_labelled_start_is_not_offered_when_no_list_tells_of_opioids() -> None:
    answer = a_review(failed("medicationRequests"), ordering_ldn("1.5", reason=ALCOHOL))
    assert not offers_of(assert_speaks(answer, RULE, "warning"), "labelled start")
