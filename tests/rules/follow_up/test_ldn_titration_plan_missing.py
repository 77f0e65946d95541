import pytest

from tests.charts import (
    D,
    a_review,
    assert_silent,
    assert_speaks,
    dosage,
    failed,
    findings,
    ordering_ldn,
    prescribed,
    taking_ldn,
)
from tests.mending import assert_mends, offered, recommended_labels

RULE = "ldn-titration-plan-missing"


def supply(days: int, refills: int = 0, unit: str = "capsule") -> dict:
    return {
        "numberOfRepeatsAllowed": refills,
        "quantity": {"value": days, "unit": unit},
        "expectedSupplyDuration": {"value": days, "unit": "days", "code": "d"},
    }


@pytest.mark.parametrize(("days", "refills", "speaks"), [(30, 0, False), (31, 0, True), (90, 0, True), (30, 1, True)])
def test_speaks_when_a_start_lasts_beyond_a_first_fill(days: int, refills: int, speaks: bool) -> None:
    assert (RULE in findings(a_review(ordering_ldn("1.5", dispenseRequest=supply(days, refills))))) is speaks


def test_works_the_supply_out_where_nobody_states_it() -> None:
    order = ordering_ldn("1.5", dispenseRequest={"quantity": {"value": 90, "unit": "capsule"}})
    assert_speaks(a_review(order), RULE, "info")


@pytest.mark.parametrize(("mg", "speaks"), [("1.5", True), ("2", False)])
def test_is_about_first_step_doses(mg: str, speaks: bool) -> None:
    assert (RULE in findings(a_review(ordering_ldn(mg, dispenseRequest=supply(90))))) is speaks


def test_stays_silent_when_a_later_dose_is_written_in_the_structure() -> None:
    steps = [dosage("1.5", when="HS", days=14, sequence=1), dosage("3", when="HS", sequence=2)]
    assert_silent(a_review(ordering_ldn("1.5", dosageInstruction=steps, dispenseRequest=supply(90))), RULE)


def test_stays_silent_when_a_later_dose_is_written_in_words() -> None:
    steps = [dosage("1.5", text="1.5 mg at bedtime for 14 days, then 3 mg", when="HS")]
    assert_silent(a_review(ordering_ldn("1.5", dosageInstruction=steps, dispenseRequest=supply(90))), RULE)


def test_stays_silent_on_a_renewal() -> None:
    assert_silent(a_review(taking_ldn("1.5"), ordering_ldn("1.5", dispenseRequest=supply(90))), RULE)


def test_speaks_on_the_review_card_and_recommends_the_usual_steps() -> None:
    card = assert_speaks(a_review(ordering_ldn("1.5", dispenseRequest=supply(90))), RULE, "info")
    assert recommended_labels(card)[0].startswith("Stepped start")
    draft = offered(card, "Slower")
    assert draft["dispenseRequest"]["quantity"]["value"] == 84
    assert draft["dispenseRequest"]["expectedSupplyDuration"]["value"] == 42


def test_recommends_the_slower_steps_to_one_who_begins_with_one_milligram() -> None:
    card = assert_speaks(a_review(ordering_ldn("1", dispenseRequest=supply(90))), RULE, "info")
    assert recommended_labels(card)[0].startswith("Slower")


def test_recommends_the_gentle_steps_to_one_who_begins_below_one_milligram() -> None:
    card = assert_speaks(a_review(ordering_ldn("0.5", dispenseRequest=supply(90))), RULE, "info")
    assert recommended_labels(card)[0].startswith("Gentle")
    draft = offered(card, "Gentle")
    assert [step["doseAndRate"][0]["doseQuantity"]["value"] for step in draft["dosageInstruction"]] == [0.5, 1, 1.5]
    assert draft["dispenseRequest"]["quantity"]["value"] == 84


def test_every_offer_mends_it() -> None:
    assert_mends([ordering_ldn("1.5", dispenseRequest=supply(90))], RULE, "Stepped", "Slower")
    assert_mends([ordering_ldn("0.5", dispenseRequest=supply(90))], RULE, "Gentle", "Slower")


def test_is_withheld_while_an_opioid_is_taken() -> None:
    answer = a_review(ordering_ldn("1.5", dispenseRequest=supply(90)), prescribed("oxycodone 5 mg tablet", on=D - 3))
    assert_silent(answer, RULE)


def test_is_not_checked_when_nobody_told_of_earlier_naltrexone() -> None:
    answer = a_review(failed("medicationRequests"), ordering_ldn("1.5", dispenseRequest=supply(90)))
    assert_silent(answer, RULE)
    assert RULE in dict(answer.review.not_checked)
