"""What a suggestion makes of a draft: the right amounts, in the draft's own shape, and nothing else changed."""

from __future__ import annotations

import copy
import importlib
import json
from decimal import Decimal
from typing import Any

import pytest

from cards.allergies import Excipient
from cards.changes import Change, Offer
from cards.chart import Amount, Band, Medication, MedicationSource, NaltrexoneUse, Order, UseState
from cards.chart_suggestions import take_active_at
from cards.conditions import Condition, ConditionGroup
from cards.dosing import DoseConflict, Dosing, Step, TimeOfDay
from cards.drafts import PlanStep, Shape, quantity_for, shape_of
from cards.drugs import Drug, Form, Strength
from cards.product_suggestions import capsules, liquid, tablets
from cards.suggestions import (
    complete_details,
    give_reason,
    give_reason_on_chart,
    hold_until,
    note_on,
    once_daily,
    set_dose,
    structured_as_words,
    supply_for,
    take_at,
    tidy_amounts,
    without_notes,
    words_as_structured,
)
from tests.charts import D

NALTREXONE = Drug(name="naltrexone", ingredients=("naltrexone",))
MG = Decimal("1.5")
ONCE = Decimal(1)
T1 = [PlanStep(MG, None)]
T2 = [PlanStep(MG, 14), PlanStep(Decimal(3), 14)]
T2B = [PlanStep(Decimal(1), 14), PlanStep(Decimal(2), 14), PlanStep(Decimal(3), 14)]
SAID = Offer("Do it", "Noted.")

R4: dict[str, Any] = json.loads(
    """
{"resourceType": "MedicationRequest", "id": "draft-1", "meta": {"tag": [{"code": "x"}]},
 "contained": [{"resourceType": "Medication", "id": "m1", "code": {"text": "naltrexone 50 mg tablet"}},
               {"resourceType": "Practitioner", "id": "ldn"}],
 "extension": [{"url": "https://ehr.example/weight", "valueDecimal": 4.50}],
 "status": "draft", "intent": "order", "medicationReference": {"reference": "#m1"},
 "subject": {"reference": "Patient/p"}, "requester": {"reference": "#ldn"},
 "dosageInstruction": [{"id": "d1", "text": "Take 1.50 mg nightly", "route": {"text": "oral"},
    "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
    "doseAndRate": [{"doseQuantity": {"value": 1.50, "unit": "mg", "system": "http://unitsofmeasure.org",
                                      "code": "mg"}}]}],
 "dispenseRequest": {"validityPeriod": {"start": "2026-03-02"}, "numberOfRepeatsAllowed": 3,
    "quantity": {"value": 90, "unit": "tablet"}, "performer": {"reference": "Organization/pharmacy"}},
 "substitution": {"allowedBoolean": false}, "note": [{"text": "Call when ready."}]}
""",
    parse_float=Decimal,
)
STU3: dict[str, Any] = {
    "resourceType": "MedicationRequest",
    "id": "draft-1",
    "status": "draft",
    "intent": "order",
    "medicationCodeableConcept": {"text": "naltrexone 50 mg tablet"},
    "subject": {"reference": "Patient/p"},
    "dosageInstruction": [
        {
            "text": "Take 1.5 mg nightly",
            "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
            "doseQuantity": {"value": Decimal("1.5"), "unit": "mg"},
        }
    ],
    "dispenseRequest": {"numberOfRepeatsAllowed": 3},
}
DSTU2: dict[str, Any] = {
    "resourceType": "MedicationOrder",
    "id": "draft-1",
    "status": "draft",
    "patient": {"reference": "Patient/p"},
    "medicationCodeableConcept": {"text": "naltrexone 50 mg tablet"},
    "dosageInstruction": [
        {
            "text": "Take 1.5 mg nightly",
            "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnits": "d"}},
            "doseQuantity": {"value": Decimal("1.5"), "unit": "mg"},
        }
    ],
    "dispenseRequest": {"medicationCodeableConcept": {"text": "naltrexone 50 mg tablet"}},
    "note": "Call when ready.",
}
R5: dict[str, Any] = {
    "resourceType": "MedicationRequest",
    "id": "draft-1",
    "status": "draft",
    "intent": "order",
    "medication": {"concept": {"text": "naltrexone 50 mg tablet"}},
    "subject": {"reference": "Patient/p"},
    "renderedDosageInstruction": "Take 1.5 mg nightly",
    "dosageInstruction": [
        {
            "text": "Take 1.5 mg nightly",
            "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
            "doseAndRate": [{"doseQuantity": {"value": Decimal("1.5"), "unit": "mg"}}],
        }
    ],
}
SHAPES = {"R4": R4, "STU3": STU3, "DSTU2": DSTU2, "R5": R5}
VALIDATORS = {"R4": "fhir.resources.R4B", "STU3": "fhir.resources.STU3", "R5": "fhir.resources"}


def an_order(resource: dict[str, Any] = R4, **facts: Any) -> Order:
    """The order a reader would make of it, as far as a suggestion asks."""
    dosing = Dosing((Step(MG, ONCE, frozenset({TimeOfDay.BEDTIME}), unit="mg"),))
    given = {"dosing": dosing, "form": Form.TABLET, "refills": 3, "strength": Strength(Decimal(50)), **facts}
    return Order("MedicationRequest/draft-1", NALTREXONE, copy.deepcopy(resource), **given)


def made(change: Change) -> dict[str, Any]:
    """The resource the change sends."""
    (action,) = change.make("Patient/p", SAID)
    assert action.type == "update"
    assert action.resource is not None
    return action.resource


def every_change(order: Order) -> dict[str, Change]:
    """One of each builder that edits a draft."""
    return {
        "capsules": capsules(order, T1, capsule_mg=MG, supply_days=30),
        "stepped": capsules(order, T2, capsule_mg=MG, supply_days=30),
        "liquid": liquid(order, T1[0], mg_per_ml=Decimal(1), supply_days=30),
        "tablets": tablets(order, [PlanStep(Decimal(50), None)], tablet_mg=Decimal(50), supply_days=30),
        "take_at": take_at(order, TimeOfDay.MORNING),
        "set_dose": set_dose(order, Decimal("4.5")),
        "once_daily": once_daily(order, Decimal(3)),
        "words": words_as_structured(order, Decimal(3), MG),
        "structure": structured_as_words(order, Decimal(3), MG),
        "tidy": tidy_amounts(order),
        "supply": supply_for(order, Decimal(45), "mL", 30),
        "reason": give_reason(order, ("http://snomed.info/sct", "203082005", "Fibromyalgia")),
        "reason-on-chart": give_reason_on_chart(order, Condition(reference="Condition/c1")),
        "details": complete_details(order, capsule_mg=MG, quantity=Amount(Decimal(30), "capsule"), days=30),
        "note": note_on(order),
        "hold": hold_until(order, D),
    }


# --- amounts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "capsule", "quantity", "days"),
    [
        (T1, "1.5", 30, 30),
        (T2, "1.5", 42, 28),
        (T2B, "1", 84, 42),
        ([PlanStep(Decimal(3), 14), PlanStep(Decimal("4.5"), None)], "1.5", 14 * 2 + 16 * 3, 30),
        ([PlanStep(Decimal(2), 28), PlanStep(Decimal(4), None)], "2", 28 + 28 * 2, 56),
        ([PlanStep(MG, None, Decimal(2))], "1.5", 60, 30),
        ([PlanStep(MG, None, Decimal("0.5"))], "1.5", 15, 30),
    ],
    ids=["T1", "T2", "T2b", "open end", "long first step", "twice a day", "every other day"],
)
def test_the_quantity_follows_from_the_steps(steps: list[PlanStep], capsule: str, quantity: int, days: int) -> None:
    draft = made(capsules(an_order(), steps, capsule_mg=Decimal(capsule), supply_days=30))
    assert draft["dispenseRequest"]["quantity"] == {"value": quantity, "unit": "capsule"}
    assert draft["dispenseRequest"]["expectedSupplyDuration"]["value"] == days


def test_a_liquid_is_told_in_millilitres_and_milligrams() -> None:
    draft = made(liquid(an_order(), T1[0], mg_per_ml=Decimal(1), supply_days=30))
    assert draft["dosageInstruction"][0]["text"] == "Take 1.5 mL (1.5 mg) by mouth with an oral syringe at bedtime"
    assert draft["dispenseRequest"]["quantity"]["value"] == 45
    assert draft["dispenseRequest"]["quantity"]["unit"] == "mL"


def test_a_part_of_a_unit_counts_as_a_whole_one() -> None:
    steps = [PlanStep(Decimal(25), 1), PlanStep(Decimal(50), None)]
    assert quantity_for(steps, Decimal(50), 30) == 30


def test_a_step_says_when_it_ends_and_what_follows() -> None:
    draft = made(capsules(an_order(), T2, capsule_mg=MG, supply_days=30))
    assert [d["text"] for d in draft["dosageInstruction"]] == [
        "Take 1 capsule (1.5 mg) by mouth at bedtime for 14 days",
        "then 2 capsules (3 mg) by mouth at bedtime for 14 days",
    ]
    assert [d["sequence"] for d in draft["dosageInstruction"]] == [1, 2]
    assert draft["dosageInstruction"][0]["timing"]["repeat"]["boundsDuration"]["value"] == 14


@pytest.mark.parametrize(
    ("step", "when", "words", "repeat"),
    [
        (PlanStep(MG, None), None, "once daily", {"frequency": 1, "period": 1, "periodUnit": "d"}),
        (
            PlanStep(MG, None, Decimal(2)),
            {TimeOfDay.BEDTIME, TimeOfDay.MORNING},
            "in the morning and at bedtime",
            {"frequency": 2, "period": 1, "periodUnit": "d", "when": ["MORN", "HS"]},
        ),
        (PlanStep(MG, None, Decimal(3)), None, "3 times a day", {"frequency": 3, "period": 1, "periodUnit": "d"}),
        (
            PlanStep(MG, None, Decimal("0.5")),
            TimeOfDay.BEDTIME,
            "every 2 days at bedtime",
            {"frequency": 1, "period": 2, "periodUnit": "d", "when": ["HS"]},
        ),
        (PlanStep(MG, None), {TimeOfDay.OTHER}, "once daily", {"frequency": 1, "period": 1, "periodUnit": "d"}),
    ],
)
def test_words_and_structure_tell_the_same_rhythm(
    step: PlanStep, when: Any, words: str, repeat: dict[str, Any]
) -> None:
    (dosage,) = made(capsules(an_order(), [step], capsule_mg=MG, supply_days=30, when=when))["dosageInstruction"]
    assert dosage["text"] == f"Take 1 capsule (1.5 mg) by mouth {words}"
    assert dosage["timing"]["repeat"] == repeat


def test_the_words_of_an_offer_can_tell_what_it_makes() -> None:
    values = dict(capsules(an_order(), T2, capsule_mg=MG, supply_days=30).values)
    assert values["plan"] == "1.5\u00a0mg for 14\u00a0days, then 3\u00a0mg for 14\u00a0days"
    assert (values["quantity"], values["supply"], values["strength"]) == ("42 capsules", "28\u00a0days", "1.5\u00a0mg")


def test_an_amount_is_written_without_exponent_or_needless_zeros() -> None:
    draft = made(capsules(an_order(), [PlanStep(Decimal("3.0"), None)], capsule_mg=Decimal("1.50"), supply_days=30))
    dose = draft["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["value"]
    strength = draft["contained"][-1]["ingredient"][0]["strength"]["numerator"]["value"]
    assert (str(dose), str(strength)) == ("3", "1.5")


# --- nothing else ----------------------------------------------------------------------------------------------------

CHANGED = {
    "capsules": {"contained", "medicationReference", "dosageInstruction", "dispenseRequest", "note"},
    "stepped": {"contained", "medicationReference", "dosageInstruction", "dispenseRequest", "note"},
    "liquid": {"contained", "medicationReference", "dosageInstruction", "dispenseRequest", "note"},
    "tablets": {
        "contained",
        "medicationReference",
        "medicationCodeableConcept",
        "dosageInstruction",
        "dispenseRequest",
        "note",
    },
    "take_at": {"dosageInstruction"},
    "set_dose": {"dosageInstruction", "note"},
    "once_daily": {"dosageInstruction", "note"},
    "words": {"dosageInstruction", "note"},
    "structure": {"dosageInstruction", "note"},
    "tidy": {"dosageInstruction", "contained"},
    "supply": {"dispenseRequest", "note"},
    "reason": {"reasonCode"},
    "reason-on-chart": {"reasonReference"},
    "details": {"contained", "medicationReference", "dispenseRequest", "note"},
    "note": {"note"},
    "hold": {"status", "statusReason", "dispenseRequest", "note"},
}


@pytest.mark.parametrize("name", CHANGED)
def test_every_other_member_and_the_text_of_its_numbers_stay(name: str) -> None:
    order = an_order()
    draft = made(every_change(order)[name])
    assert order.resource == R4, "the client's own JSON was touched"
    for key in R4.keys() - CHANGED[name]:
        assert repr(draft[key]) == repr(R4[key]), key
    assert not draft.keys() - R4.keys() - CHANGED[name]
    assert str(draft["extension"][0]["valueDecimal"]) == "4.50"
    kept = [key for key in draft if key in R4]
    assert kept == [key for key in R4 if key in draft], "the order of members changed"


def test_the_old_medicine_goes_and_what_others_refer_to_stays() -> None:
    draft = made(capsules(an_order(), T1, capsule_mg=MG, supply_days=30))
    assert [(c["resourceType"], c["id"]) for c in draft["contained"]] == [
        ("Practitioner", "ldn"),
        ("Medication", "ldn-2"),
    ]
    assert draft["medicationReference"] == {"reference": "#ldn-2"}


def test_a_second_mend_does_not_double_the_medicine() -> None:
    once = made(capsules(an_order(STU3), T1, capsule_mg=MG, supply_days=30))
    twice = made(capsules(an_order(once), T2, capsule_mg=MG, supply_days=30))
    assert [c["id"] for c in twice["contained"]] == ["ldn"]


def test_the_rest_of_the_dispense_request_stays_and_a_first_fill_of_the_old_product_goes() -> None:
    resource = {**R4, "dispenseRequest": {**R4["dispenseRequest"], "initialFill": {"quantity": {"value": 7}}}}
    request = made(capsules(an_order(resource), T1, capsule_mg=MG, supply_days=30))["dispenseRequest"]
    assert request["validityPeriod"] == {"start": "2026-03-02"}
    assert request["performer"] == {"reference": "Organization/pharmacy"}
    assert "initialFill" not in request


def test_the_route_that_is_stated_stays() -> None:
    draft = made(capsules(an_order(), T2, capsule_mg=MG, supply_days=30))
    assert [d["route"] for d in draft["dosageInstruction"]] == [{"text": "oral"}] * 2


def test_a_note_is_added_once_and_behind_those_that_are_there() -> None:
    once = made(note_on(an_order()))
    twice = made(note_on(an_order(once)))
    assert [n["text"] for n in twice["note"]] == ["Call when ready.", "Noted."]


def test_notes_that_go_still_say_what_to_leave_out() -> None:
    cleared = without_notes(an_order(excipients_excluded=frozenset({Excipient.LACTOSE, Excipient.DYE})))
    assert cleared.resource["note"] == [{"text": "No dye. No lactose."}]
    assert "note" not in without_notes(an_order()).resource


@pytest.mark.parametrize("name", CHANGED)
def test_the_words_of_a_resource_carry_ordinary_spaces(name: str) -> None:
    (action,) = every_change(an_order())[name].make("Patient/p", Offer("Do it", "1.5\u00a0mg for 14\u00a0days"))
    assert "\u00a0" not in json.dumps(action.resource, default=str, ensure_ascii=False)


# --- the shape of the draft ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", SHAPES)
def test_a_draft_keeps_its_shape(version: str) -> None:
    shape = Shape[version]
    order = an_order(SHAPES[version])
    assert shape_of(order.resource) is shape
    for name, change in every_change(order).items():
        assert shape_of(made(change)) is shape, name


def test_the_product_stands_where_each_version_has_it() -> None:
    drafts = {v: made(capsules(an_order(r), T1, capsule_mg=MG, supply_days=30)) for v, r in SHAPES.items()}
    assert drafts["R5"]["medication"] == {"reference": {"reference": "#ldn"}}
    assert all(drafts[v]["medicationReference"] for v in ("R4", "STU3", "DSTU2"))
    assert drafts["STU3"]["contained"][0]["ingredient"][0]["amount"]["numerator"]["value"] == MG
    assert drafts["R5"]["contained"][0]["ingredient"][0]["strengthRatio"]["numerator"]["value"] == MG
    assert drafts["DSTU2"]["contained"][0]["product"] == {"form": {"text": "capsule, immediate release"}}
    assert all("medicationCodeableConcept" not in drafts[v] for v in SHAPES)


def test_the_dose_stands_where_each_version_has_it() -> None:
    drafts = {v: made(capsules(an_order(r), T1, capsule_mg=MG, supply_days=30)) for v, r in SHAPES.items()}
    for version in ("R4", "R5"):
        assert drafts[version]["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["value"] == MG
    for version in ("STU3", "DSTU2"):
        assert drafts[version]["dosageInstruction"][0]["doseQuantity"]["value"] == MG


def test_older_versions_leave_out_refills_that_are_none() -> None:
    for version, resource in SHAPES.items():
        request = made(capsules(an_order(resource), T1, capsule_mg=MG, supply_days=30))["dispenseRequest"]
        assert request.get("numberOfRepeatsAllowed") == (0 if version in ("R4", "R5") else None)


def test_dstu2_has_a_time_or_a_frequency_and_one_note() -> None:
    draft = made(capsules(an_order(DSTU2), T1, capsule_mg=MG, supply_days=30))
    assert draft["dosageInstruction"][0]["timing"]["repeat"] == {"when": "HS"}
    assert draft["note"] == "Call when ready. Noted."
    assert "medicationCodeableConcept" not in draft["dispenseRequest"]
    moved = made(take_at(an_order(DSTU2), TimeOfDay.MORNING))
    assert moved["dosageInstruction"][0]["timing"]["repeat"] == {"when": "MORN"}


def test_the_old_directions_as_one_text_go_with_them_in_r5() -> None:
    assert "renderedDosageInstruction" not in made(take_at(an_order(R5), TimeOfDay.MORNING))


@pytest.mark.parametrize("version", VALIDATORS)
@pytest.mark.parametrize("name", CHANGED)
def test_a_valid_draft_stays_valid(version: str, name: str) -> None:
    model = importlib.import_module(f"{VALIDATORS[version]}.medicationrequest").MedicationRequest
    draft = json.loads(json.dumps(SHAPES[version], default=float))
    model.model_validate(draft)
    changed = made(every_change(an_order(SHAPES[version]))[name])
    model.model_validate(json.loads(json.dumps(changed, default=float)))


@pytest.mark.parametrize("odd", [None, "nightly", [], ["nightly"], [None], {"text": "nightly"}])
def test_directions_of_any_kind_do_no_harm(odd: Any) -> None:
    for change in every_change(an_order({**R4, "dosageInstruction": odd, "note": odd, "contained": odd})).values():
        assert made(change)["resourceType"] == "MedicationRequest"


# --- time of day -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "moved"),
    [
        ("Take 1.5 mg nightly", "Take 1.5 mg in the morning"),
        ("1 capsule (1.5 mg) at bedtime.", "1 capsule (1.5 mg) in the morning"),
        ("Take 1 capsule every evening, with food", "Take 1 capsule with food in the morning"),
        ("1 cap QHS", "1 cap in the morning"),
    ],
)
def test_another_time_takes_the_place_of_the_old_one(words: str, moved: str) -> None:
    resource = {**R4, "dosageInstruction": [{**R4["dosageInstruction"][0], "text": words}]}
    draft = made(take_at(an_order(resource), TimeOfDay.MORNING))
    assert draft["dosageInstruction"][0]["text"] == moved
    assert draft["dosageInstruction"][0]["timing"]["repeat"]["when"] == ["MORN"]


def test_a_clock_time_and_a_coded_rhythm_give_way_and_the_frequency_stays() -> None:
    timing = {"code": {"text": "QOD"}, "repeat": {"timeOfDay": ["21:00:00"]}}
    resource = {**R4, "dosageInstruction": [{"text": "1.5 mg every other day", "timing": timing}]}
    order = an_order(resource, dosing=Dosing((Step(MG, Decimal("0.5")),)))
    (dosage,) = made(take_at(order, TimeOfDay.MORNING))["dosageInstruction"]
    assert dosage["timing"] == {"repeat": {"frequency": 1, "period": 2, "periodUnit": "d", "when": ["MORN"]}}


def test_only_an_order_on_the_chart_can_be_moved() -> None:
    medication = Medication(NALTREXONE, MedicationSource.STATEMENT, original=lambda: R4)
    use = NaltrexoneUse(medication, UseState.ACTIVE, Band.LOW, MG, None, None)
    assert take_active_at(use, TimeOfDay.MORNING) is None


# --- words and structure ---------------------------------------------------------------------------------------------


def conflicting(text: str, *, note: str | None = None, structured: str = "45") -> Order:
    """Words that say 4.5 mg and a structure that says otherwise."""
    dosage = {**R4["dosageInstruction"][0], "text": text}
    dosage["doseAndRate"] = [
        {"type": {"text": "ordered"}, "doseQuantity": {"value": Decimal(structured), "unit": "mg", "code": "mg"}}
    ]
    resource = {**R4, "dosageInstruction": [dosage], "note": [{"text": note}] if note else []}
    step = Step(Decimal(structured), ONCE, frozenset({TimeOfDay.BEDTIME}), unit="mg")
    return an_order(resource, dosing=Dosing((step,), DoseConflict(Decimal(structured), Decimal("4.5"))))


@pytest.mark.parametrize(
    ("text", "note", "after"),
    [
        ("Take 4.5 mg at bedtime", None, "Take 45 mg at bedtime"),
        ("Take 4.50mg (LDN)", None, "Take 45mg (LDN)"),
        ("Take at bedtime", "4.5 mg nightly, 4.5 mg/mL on hand", "45 mg nightly, 4.5 mg/mL on hand"),
        ("Take 4500 mcg at bedtime", None, "Take 45000 mcg at bedtime"),
    ],
)
def test_the_amount_is_replaced_where_it_stands(text: str, note: str | None, after: str) -> None:
    draft = made(words_as_structured(conflicting(text, note=note), Decimal(45), Decimal("4.5")))
    said = draft["note"][0]["text"] if note else draft["dosageInstruction"][0]["text"]
    assert said == after


def test_words_without_the_amount_are_written_anew_and_the_notes_go() -> None:
    order = conflicting("Take 3 capsules of 1.5 mg", note="See letter.")
    draft = made(words_as_structured(order, Decimal(45), Decimal("4.5")))
    assert draft["dosageInstruction"][0]["text"] == "Take 45 mg by mouth once daily at bedtime"
    assert [n["text"] for n in draft["note"]] == ["Noted."]


def test_the_structure_takes_the_amount_and_keeps_the_words_and_the_kind_of_dose() -> None:
    draft = made(structured_as_words(conflicting("Take 4.5 mg at bedtime"), Decimal("4.5"), Decimal(45)))
    (dosage,) = draft["dosageInstruction"]
    assert dosage["text"] == "Take 4.5 mg at bedtime"
    assert dosage["doseAndRate"][0]["type"] == {"text": "ordered"}
    assert dosage["doseAndRate"][0]["doseQuantity"]["value"] == Decimal("4.5")


def test_only_the_step_that_differs_is_changed() -> None:
    order = conflicting("Take 4.5 mg at bedtime")
    first = {
        **order.resource["dosageInstruction"][0],
        "doseAndRate": [{"doseQuantity": {"value": Decimal("1.5"), "unit": "mg"}}],
    }
    both = an_order({**order.resource, "dosageInstruction": [first, order.resource["dosageInstruction"][0]]})
    draft = made(structured_as_words(both, Decimal("4.5"), Decimal(45)))
    assert [d["doseAndRate"][0]["doseQuantity"]["value"] for d in draft["dosageInstruction"]] == [MG, Decimal("4.5")]


@pytest.mark.parametrize(
    ("written", "plain"), [("Take .5 mg", "Take 0.5 mg"), ("Take 4.0 mg", "Take 4 mg"), ("Take 10 mg", "Take 10 mg")]
)
def test_amounts_are_written_plainly(written: str, plain: str) -> None:
    draft = made(tidy_amounts(conflicting(written)))
    assert draft["dosageInstruction"][0]["text"] == plain


# --- one dose a day --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("strength", "form", "is_compounded", "text"),
    [
        (Strength(MG), Form.CAPSULE, True, "Take 2 capsules (3 mg) by mouth at bedtime"),
        (Strength(Decimal(2)), Form.CAPSULE, True, "Take 1 capsule (3 mg) by mouth at bedtime"),
        (Strength(Decimal(1), "mL"), Form.LIQUID, True, "Take 3 mL (3 mg) by mouth at bedtime"),
        (Strength(Decimal(50)), Form.TABLET, False, "Take 3 mg by mouth at bedtime"),
        (None, Form.UNKNOWN, False, "Take 3 mg by mouth at bedtime"),
    ],
)
def test_a_dose_is_taken_from_the_product_where_that_can_be(strength, form, is_compounded: bool, text: str) -> None:
    draft = made(once_daily(an_order(strength=strength, form=form, is_compounded=is_compounded), Decimal(3)))
    assert draft["dosageInstruction"][0]["text"] == text


# --- reasons and supply ----------------------------------------------------------------------------------------------


def test_a_reason_stands_where_each_version_has_it() -> None:
    coding = ("http://snomed.info/sct", "203082005", "Fibromyalgia")
    drafts = {version: made(give_reason(an_order(resource), coding)) for version, resource in SHAPES.items()}
    assert drafts["R5"]["reason"][0]["concept"]["text"] == "Fibromyalgia"
    assert drafts["DSTU2"]["reasonCodeableConcept"]["text"] == "Fibromyalgia"
    assert drafts["R4"]["reasonCode"][0]["text"] == drafts["STU3"]["reasonCode"][0]["text"] == "Fibromyalgia"


def test_a_condition_of_the_chart_is_referred_to() -> None:
    condition = Condition(groups=frozenset({ConditionGroup.FIBROMYALGIA}), reference="Condition/c1")
    drafts = {version: made(give_reason_on_chart(an_order(r), condition)) for version, r in SHAPES.items()}
    assert drafts["R5"]["reason"] == [{"reference": {"reference": "Condition/c1"}}]
    assert drafts["DSTU2"]["reasonReference"] == {"reference": "Condition/c1"}
    assert drafts["R4"]["reasonReference"] == drafts["STU3"]["reasonReference"] == [{"reference": "Condition/c1"}]


def test_a_smaller_supply_comes_with_one_more_refill() -> None:
    request = made(supply_for(an_order(refills=1), Decimal("22.5"), "mL", 15))["dispenseRequest"]
    assert request["quantity"]["value"] == Decimal("22.5")
    assert request["numberOfRepeatsAllowed"] == 2
    assert request["expectedSupplyDuration"]["value"] == 15


def test_details_are_added_and_refills_stay() -> None:
    change = complete_details(an_order(refills=2), quantity=Amount(Decimal(30), "capsule"), days=30)
    draft = made(change)
    assert draft["dispenseRequest"]["numberOfRepeatsAllowed"] == 2
    assert draft["medicationReference"] == R4["medicationReference"]
