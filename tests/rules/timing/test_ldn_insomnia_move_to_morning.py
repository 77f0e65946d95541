import pytest

from cards import Hook
from tests.charts import (
    D,
    a_review,
    allergic_to,
    assert_silent,
    assert_speaks,
    dosage,
    failed,
    findings,
    having,
    ordering,
    ordering_ldn,
    prescribed,
    reported,
    taking_ldn,
)
from tests.mending import assert_mends, offered, offers_of, recommended_labels

RULE = "ldn-insomnia-move-to-morning"
INSOMNIA = having("G47.00", "Insomnia, unspecified")
NIGHTMARES = having("F51.5", "Nightmare disorder")


def pill(text: str = "zolpidem 5 mg tablet"):
    return ordering(text, "1 tablet at bedtime")


def at(when: str | None):
    return ordering_ldn("1.5", dosageInstruction=[dosage("1.5", text="Take 1 capsule (1.5 mg)", when=when)])


@pytest.mark.parametrize("problem", [INSOMNIA, NIGHTMARES])
@pytest.mark.parametrize("when", ["HS", "EVE", None])
def test_informs_of_a_known_sleep_problem_when_taken_at_night(problem, when: str | None) -> None:
    assert_speaks(a_review(problem, at(when)), RULE, "info")


@pytest.mark.parametrize("when", ["MORN", "NOON"])
def test_stays_silent_when_taken_by_day(when: str) -> None:
    assert_silent(a_review(INSOMNIA, at(when)), RULE)


def test_informs_of_vivid_dreams_on_the_allergy_list() -> None:
    answer = a_review(allergic_to("naltrexone", kind="intolerance", reaction="vivid dreams"), at("HS"))
    assert_speaks(answer, RULE, "info")


def test_stays_silent_without_a_sleep_problem() -> None:
    assert_silent(a_review(at("HS")), RULE)


def test_stays_silent_for_an_insomnia_that_is_over() -> None:
    assert_silent(a_review(having("G47.00", "Insomnia", status="resolved"), at("HS")), RULE)


@pytest.mark.parametrize(("days", "speaks"), [(1, True), (59, True), (60, False)])
def test_warns_of_a_new_sleeping_pill_within_sixty_days_of_the_start(days: int, speaks: bool) -> None:
    found = findings(a_review(taking_ldn("4.5", since=D - days), pill()))
    assert found.get(RULE) == ("warning" if speaks else None)


def test_warns_later_too_when_a_sleep_problem_is_known() -> None:
    assert_speaks(a_review(taking_ldn("4.5", since=D - 100), INSOMNIA, pill()), RULE, "warning")


def test_warns_of_a_pill_ordered_together_with_naltrexone() -> None:
    assert_speaks(a_review(at("HS"), pill()), RULE, "warning")


def test_a_pill_on_the_chart_is_a_renewal() -> None:
    before = prescribed("zolpidem 5 mg tablet", on=D - 40, days=30)
    assert_silent(a_review(taking_ldn("4.5", since=D - 30), before, pill()), RULE)


def test_stays_silent_when_naltrexone_is_taken_in_the_morning() -> None:
    morning = taking_ldn("4.5", since=D - 30, dosageInstruction=[dosage("4.5", when="MORN")])
    assert_silent(a_review(morning, pill()), RULE)


def test_stays_silent_for_full_dose_naltrexone() -> None:
    full = prescribed("naltrexone 50 mg tablet", on=D - 10, days=30, sig="1 tablet at bedtime")
    assert_silent(a_review(full, pill()), RULE)


def test_informs_on_opening_the_chart() -> None:
    answer = a_review(taking_ldn("4.5"), INSOMNIA, hook=Hook.PATIENT_VIEW)
    assert_speaks(answer, RULE, "info")


def test_stays_silent_on_opening_the_chart_without_naltrexone() -> None:
    assert_silent(a_review(INSOMNIA, hook=Hook.PATIENT_VIEW), RULE)


def test_recommends_the_morning_and_never_ends_naltrexone() -> None:
    card = assert_speaks(a_review(taking_ldn("4.5", since=D - 30), pill()), RULE, "warning")
    assert recommended_labels(card) == ["Take naltrexone in the morning"]
    moved = offered(card, "morning")
    assert moved["status"] == "active"
    assert moved["dosageInstruction"][0]["timing"]["repeat"]["when"] == ["MORN"]
    assert moved["dosageInstruction"][0]["text"].endswith("in the morning")
    assert offers_of(card, "Remove the zolpidem draft")


def test_naltrexone_that_is_only_reported_cannot_be_moved() -> None:
    known = reported("naltrexone 4.5 mg capsule", since=D - 20, asserted=D - 2, sig="1 capsule (4.5 mg) at bedtime")
    card = assert_speaks(a_review(known, pill()), RULE, "warning")
    assert [s["label"] for s in card["suggestions"]] == ["Remove the zolpidem draft"]


@pytest.mark.parametrize(
    "facts",
    [[at("HS"), INSOMNIA], [at(None), INSOMNIA], [at("HS"), pill()], [pill(), taking_ldn("4.5", since=D - 30)]],
    ids=["draft", "no time", "together", "taken"],
)
def test_every_offer_mends_it(facts) -> None:
    assert_mends(facts, RULE, "morning", "Remove")


def test_is_not_checked_when_nobody_told_of_conditions() -> None:
    answer = a_review(failed("conditions"), at("HS"))
    assert_silent(answer, RULE)
    assert RULE in dict(answer.review.not_checked)


def test_a_side_effect_on_the_allergy_list_is_enough_without_conditions() -> None:
    dreams = allergic_to("naltrexone", kind="intolerance", reaction="vivid dreams")
    assert_speaks(a_review(failed("conditions"), dreams, at("HS")), RULE, "info")
