"""What leaves is FHIR: a suggestion is withheld only for an error that our change adds."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

import pytest

from cards.drafts import Shape
from cds_hooks.outgoing import errors_in, withhold_invalid
from cds_hooks.wire import WrittenDecimal, encode
from tests.desks import Desk, FakeClinic, a_card, a_draft, a_request, a_suggestion

REFERENCE = "MedicationRequest/draft-1"


def withheld(resource: dict[str, Any], original: dict[str, Any] | None, type_: str = "update") -> bool:
    action = {"type": type_, "description": "x", "resource": resource}
    originals = {} if original is None else {REFERENCE: original}
    cards, count = withhold_invalid([a_card(suggestions=[a_suggestion(actions=[action])])], originals)
    assert count == (0 if "suggestions" in cards[0] else 1)
    return bool(count)


def test_a_strict_draft_has_no_errors():
    assert errors_in(a_draft()) == []


def test_errors_are_told_by_place_and_kind():
    broken = a_draft(category={"text": "x"}, vendor=1)
    broken["dosageInstruction"].append({"strange": 1})
    assert set(errors_in(broken)) == {
        ("category", "list_type"),
        ("vendor", "extra_forbidden"),
        ("dosageInstruction[1].strange", "extra_forbidden"),
    }


@pytest.mark.parametrize(
    "resource",
    [
        {"resourceType": "Nonsense"},
        {"resourceType": 5},
        {"resourceType": ["MedicationRequest"]},
        {},
        a_draft(contained=[{"resourceType": "Nonsense"}]),
        a_draft(contained=[{"resourceType": {}}]),
    ],
)
def test_a_resource_of_no_known_type_has_an_error_and_does_no_harm(resource: dict[str, Any]):
    assert errors_in(resource)


def test_an_endless_resource_has_an_error_and_does_no_harm():
    extension: dict[str, Any] = {"url": "x"}
    for _ in range(2_000):
        extension = {"url": "x", "extension": [extension]}
    assert errors_in(a_draft(extension=[extension]))


@pytest.mark.parametrize(
    "draft",
    [
        a_draft(),
        a_draft(category={"text": "an object, as a sandbox sends it"}, reasonCode={"text": "x"}),
        a_draft(vendor="an element FHIR does not have"),
        a_draft(contained=[{"resourceType": "Nonsense"}]),
        {key: value for key, value in a_draft().items() if key != "subject"},
        a_draft(authoredOn="2024-05-06T10:00"),
        a_draft(id="x" * 194),
    ],
)
def test_an_update_of_what_the_client_sent_leaves_however_odd_that_was(draft: dict[str, Any]):
    changed = copy.deepcopy(draft)
    changed["dosageInstruction"][0]["timing"] = {"repeat": {"when": ["HS"]}}
    reference = f"MedicationRequest/{draft['id']}"
    card = a_card(suggestions=[a_suggestion(changed)])
    assert withhold_invalid([card], {reference: draft}) == ([card], 0)


def test_an_update_that_adds_an_error_is_withheld():
    draft = a_draft(category={"text": "x"})
    assert withheld({**draft, "dosageInstruction": {"text": "an object now"}}, draft)
    assert withheld({**draft, "unknown": 1}, draft)
    assert withheld({key: value for key, value in draft.items() if key != "subject"}, draft)


def test_an_error_twice_that_was_there_once_is_withheld():
    draft = a_draft()
    draft["dosageInstruction"].append({"strange": 1})
    changed = copy.deepcopy(draft)
    changed["dosageInstruction"][0]["strange"] = 1
    assert withheld(changed, draft)


def test_taking_out_one_dosage_does_not_make_the_errors_of_the_next_one_new():
    draft = a_draft()
    draft["dosageInstruction"].append({"strange": 1})
    changed = {**draft, "dosageInstruction": draft["dosageInstruction"][1:]}
    assert not withheld(changed, draft)


def test_an_update_without_its_original_must_be_strict():
    assert not withheld(a_draft(), None)
    assert withheld(a_draft(category={"text": "x"}), None)


def test_a_create_must_be_strict_even_when_its_id_is_known():
    draft = a_draft(category={"text": "x"})
    assert withheld(draft, draft, "create")
    assert not withheld(a_draft(), draft, "create")


def test_a_delete_has_nothing_to_judge():
    delete = a_suggestion(actions=[{"type": "delete", "description": "x", "resourceId": REFERENCE}])
    card = a_card(suggestions=[delete])
    assert withhold_invalid([card], {}) == ([card], 0)


def test_each_fhir_version_is_judged_by_its_own_models():
    stu3 = a_draft(dosageInstruction=[{"text": "x", "doseQuantity": {"value": 4.5}}])
    assert errors_in(stu3) == []
    assert errors_in(stu3, Shape.R4)
    r5 = {key: value for key, value in a_draft().items() if key != "medicationCodeableConcept"}
    r5["medication"] = {"concept": {"text": "naltrexone"}}
    assert errors_in(r5) == []
    assert errors_in(r5, Shape.R4)


def test_dstu2_is_not_judged():
    assert errors_in({"resourceType": "MedicationOrder", "anything": {}}) == []


def test_a_card_is_served_without_its_bad_suggestion():
    bad = a_suggestion(a_draft(id="other", unknown=1))
    good = a_suggestion()
    desk = Desk(FakeClinic(a_card(suggestions=[bad, good]), a_card(suggestions=[bad])))
    first, second = desk.sign(a_request()).json["cards"]
    assert first["suggestions"] == [good]
    assert first["selectionBehavior"] == "at-most-one"
    assert "suggestions" not in second
    assert "selectionBehavior" not in second
    assert second["summary"] == a_card()["summary"]
    assert desk.log[-1]["withheld"] == 2


def test_the_cards_given_are_not_changed():
    card = a_card(suggestions=[a_suggestion(a_draft(unknown=1))])
    before = copy.deepcopy(card)
    assert withhold_invalid([card], {})[1] == 1
    assert card == before


def test_judging_a_resource_does_not_change_the_text_of_its_numbers():
    draft = a_draft()
    draft["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["value"] = Decimal("4.50")
    draft["dispenseRequest"] = {"quantity": {"value": WrittenDecimal("3e1")}}
    before = encode(draft)
    assert errors_in(draft) == []
    assert encode(draft) == before
    assert b"4.50" in before
    assert b"3e1" in before
