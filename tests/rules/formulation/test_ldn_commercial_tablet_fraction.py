import pytest

from cards import Hook
from tests.charts import (
    D,
    a_review,
    assert_silent,
    assert_speaks,
    failed,
    findings,
    ordering,
    ordering_ldn,
    ordering_onlabel,
    prescribed,
)
from tests.mending import assert_mends, offered, recommended_labels

RULE = "ldn-commercial-tablet-fraction"
TABLET = "naltrexone 50 mg tablet"
REASON = ("M35.00", "Sjögren syndrome")


def from_tablet(mg: str = "1.5", words: str | None = None, rxnorm: str | None = "1483744", **how):
    how.setdefault("reason", REASON)
    return ordering(TABLET, words or f"Take {mg} mg at bedtime", rxnorm=rxnorm, mg=mg, **how)


@pytest.mark.parametrize("rxnorm", ["1483744", None])
def test_warns_of_a_low_dose_from_the_marketed_tablet_by_code_or_by_name(rxnorm: str | None) -> None:
    card = assert_speaks(a_review(from_tablet(rxnorm=rxnorm)), RULE, "warning")
    assert "1.5\u00a0mg" in card["summary"]


@pytest.mark.parametrize(("mg", "speaks"), [("6", True), ("6.5", False), ("25", False)])
def test_is_about_doses_up_to_six_milligrams(mg: str, speaks: bool) -> None:
    assert (RULE in findings(a_review(from_tablet(mg)))) is speaks


def test_warns_of_a_part_of_a_tablet() -> None:
    assert_speaks(
        a_review(ordering(TABLET, "take 1/16 tablet at bedtime", rxnorm="1483744", reason=REASON)), RULE, "warning"
    )


def test_stays_silent_for_a_compounded_capsule() -> None:
    assert_silent(a_review(ordering_ldn("1.5")), RULE)


def test_stays_silent_for_labelled_use() -> None:
    assert_silent(a_review(ordering_onlabel()), RULE)


def test_stays_silent_when_no_strength_is_told() -> None:
    assert_silent(a_review(ordering("naltrexone", "Take 1.5 mg at bedtime", reason=REASON)), RULE)


def test_gives_way_to_dissolving_at_home() -> None:
    order = ordering(TABLET, "dissolve one 50 mg tablet in 50 mL water, drink 1.5 mL", rxnorm="1483744", reason=REASON)
    assert_silent(a_review(order), RULE)


def test_recommends_the_same_dose_as_a_capsule_at_the_stated_time() -> None:
    card = assert_speaks(a_review(from_tablet("4.5", "Take 4.5 mg every morning")), RULE, "warning")
    assert len(recommended_labels(card)) == 1
    draft = offered(card, "capsules")
    assert draft["dosageInstruction"][0]["text"] == "Take 1 capsule (4.5 mg) by mouth in the morning"
    assert draft["dispenseRequest"]["quantity"] == {"value": 30, "unit": "capsule"}


def test_a_dose_without_a_capsule_strength_becomes_a_liquid() -> None:
    card = assert_speaks(a_review(from_tablet("2.25")), RULE, "warning")
    assert [s["label"] for s in card["suggestions"]] == recommended_labels(card)
    draft = offered(card, "liquid")
    assert draft["dosageInstruction"][0]["text"] == "Take 2.25 mL (2.25 mg) by mouth with an oral syringe at bedtime"


def test_keeps_the_steps_of_a_stepped_order() -> None:
    order = ordering(TABLET, "1.5 mg at bedtime for 14 days, then 3 mg at bedtime", rxnorm="1483744", reason=REASON)
    draft = offered(assert_speaks(a_review(order), RULE, "warning"), "capsules")
    assert [d["text"] for d in draft["dosageInstruction"]] == [
        "Take 1 capsule (1.5 mg) by mouth at bedtime for 14 days",
        "then 2 capsules (3 mg) by mouth at bedtime",
    ]


@pytest.mark.parametrize("mg", ["0.5", "1.5", "2.25", "4.5"])
def test_every_offer_mends_it(mg: str) -> None:
    assert_mends([from_tablet(mg)], RULE, "capsules", "liquid")


def test_speaks_at_order_select() -> None:
    assert_speaks(a_review(from_tablet(), hook=Hook.ORDER_SELECT), RULE, "warning")


def test_the_warning_stays_beside_an_opioid_conflict() -> None:
    answer = a_review(from_tablet(), prescribed("oxycodone 5 mg tablet", on=D - 3))
    assert findings(answer) == {"ldn-order-active-opioid": "critical", RULE: "warning"}


def test_needs_no_list() -> None:
    assert_speaks(a_review(failed("medicationRequests"), from_tablet()), RULE, "warning")
