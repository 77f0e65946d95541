from typing import Any

import pytest

from tests.charts import Fact, a_review, assert_silent, assert_speaks, dosage, failed, findings, ordering, ordering_ldn
from tests.mending import assert_mends, offered, recommended_labels

RULE = "ldn-liquid-exceeds-bud"


def liquid(note: str | None, *, ml: float | None = None, days: int | None = None, refills: int = 0) -> Fact:
    """1.5 mL of 1 mg/mL a day, supplied so."""
    order = ordering_ldn("1.5").resource
    medication = order["contained"][0]
    medication["code"]["text"] = "naltrexone HCl 1 mg/mL oral liquid, pharmacy-prepared"
    medication["form"] = {"text": "oral liquid"}
    medication["ingredient"][0]["strength"] = {
        "numerator": {"value": 1, "unit": "mg", "code": "mg"},
        "denominator": {"value": 1, "unit": "mL", "code": "mL"},
    }
    order["dosageInstruction"] = [dosage("1.5", text="Take 1.5 mL (1.5 mg) at bedtime", when="HS")]
    supply: dict[str, Any] = {"numberOfRepeatsAllowed": refills}
    if ml is not None:
        supply["quantity"] = {"value": ml, "unit": "mL"}
    if days is not None:
        supply["expectedSupplyDuration"] = {"value": days, "unit": "days", "code": "d"}
    order["dispenseRequest"] = supply
    order["note"] = [{"text": note}] if note else []
    return Fact("draft", order)


@pytest.mark.parametrize(
    ("note", "keeps"),
    [
        ("Unpreserved, refrigerate.", 14),
        ("No preservative.", 14),
        ("Preserved with sodium benzoate.", 35),
        (None, 35),
        ("Fawcett formula.", 30),
        ("Fawcett formula, refrigerate.", 60),
    ],
)
def test_warns_from_the_day_after_the_beyond_use_date(note: str | None, keeps: int) -> None:
    assert_silent(a_review(liquid(note, days=keeps)), RULE)
    card = assert_speaks(a_review(liquid(note, days=keeps + 1)), RULE, "warning")
    assert f"{keeps}\u00a0days" in card["summary"]


@pytest.mark.parametrize(("ml", "speaks"), [(21, False), (22, False), (22.5, True), (90, True)])
def test_works_the_supply_out_from_the_volume(ml: float, speaks: bool) -> None:
    assert (RULE in findings(a_review(liquid("Unpreserved", ml=ml)))) is speaks


def test_an_order_in_words_alone_is_read_too() -> None:
    words = {"dispenseRequest": {"quantity": {"value": 90, "unit": "mL"}}}
    order = ordering("naltrexone 1 mg/mL oral liquid, unpreserved", "1.5 mL (1.5 mg) at bedtime", **words)
    answer = a_review(order)
    assert_speaks(answer, RULE, "warning")
    assert_silent(answer, "ldn-home-dilution-sig")


def test_refills_are_fresh_bottles() -> None:
    assert_silent(a_review(liquid("Unpreserved", days=14, refills=5)), RULE)


def test_capsules_keep_longer() -> None:
    supply = {
        "quantity": {"value": 90, "unit": "capsule"},
        "expectedSupplyDuration": {"value": 90, "unit": "days", "code": "d"},
    }
    assert_silent(a_review(ordering_ldn("1.5", dispenseRequest=supply)), RULE)


def test_stays_silent_when_the_supply_is_not_known() -> None:
    assert_silent(a_review(liquid("Unpreserved")), RULE)


def test_recommends_a_bottle_that_lasts_and_one_more_refill() -> None:
    card = assert_speaks(a_review(liquid("Unpreserved", ml=90, refills=1)), RULE, "warning")
    assert len(recommended_labels(card)) == 1
    supply = offered(card, "Dispense")["dispenseRequest"]
    assert (supply["quantity"]["value"], supply["expectedSupplyDuration"]["value"]) == (21, 14)
    assert supply["numberOfRepeatsAllowed"] == 2


@pytest.mark.parametrize("note", ["Unpreserved", "Preserved", "Fawcett formula", None])
def test_every_offer_mends_it(note: str | None) -> None:
    assert_mends([liquid(note, ml=100)], RULE, "Dispense", "capsules")


def test_needs_no_list() -> None:
    assert_speaks(a_review(failed("medicationRequests"), liquid("Unpreserved", ml=90)), RULE, "warning")
