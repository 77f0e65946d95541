"""What leaves is FHIR: a suggestion is withheld only for an error that our change adds."""

from __future__ import annotations

import copy
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cards.drafts import Shape
from cds_hooks import outgoing
from cds_hooks.application import create_app
from cds_hooks.outgoing import errors_in, withhold_invalid
from cds_hooks.settings import Settings
from cds_hooks.syntax import decode_strictly
from cds_hooks.wire import WrittenDecimal, encode
from tests.benchmarks import requests_of_size
from tests.charts import D, the_clinic
from tests.desks import Desk, FakeClinic, a_card, a_draft, a_request, a_suggestion

REFERENCE = "MedicationRequest/draft-1"
FIXTURES = Path(__file__).parent.parent / "fhir_fixtures"


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


def served_resources() -> list[dict[str, Any]]:
    """Every resource in a suggestion of the golden cards of the scenarios."""
    found: list[dict[str, Any]] = []
    for file in sorted(FIXTURES.glob("*/*/cards.json")):
        waiting: list[Any] = [decode_strictly(file.read_bytes())]
        while waiting:
            value = waiting.pop()
            if isinstance(value, dict):
                found += [value] if "resourceType" in value and "status" in value else []
                waiting += value.values()
            elif isinstance(value, list):
                waiting += value
    return found


def changed_at_random(resource: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    changed = copy.deepcopy(resource)
    places: list[tuple[Any, Any]] = []
    waiting: list[Any] = [changed]
    while waiting:
        holder = waiting.pop()
        for key in holder if isinstance(holder, dict) else range(len(holder)):
            places.append((holder, key))
            waiting += [holder[key]] if isinstance(holder[key], dict | list) else []
    holder, key = chance.choice(places)
    holder[key] = chance.choice([None, "", [], {}, 1, Decimal(1), "1", True, [None], {"strange": 1}, {"text": "x"},
                                 [{"text": "x"}], {"reference": "a"}, [{"resourceType": "Dosage"}]])  # fmt: skip
    return changed


def test_judging_by_parts_finds_nothing_valid_that_the_models_do_not(monkeypatch: pytest.MonkeyPatch):
    chance = random.Random(5)  # noqa: S311 - not for secrets, and the same in every run
    judged = [changed_at_random(resource, chance) for resource in served_resources() for _ in range(3)]
    odd: list[Any] = [{}, [], "", None, [None], [[]], ["x"], [{"resourceType": "Dosage"}], {"text": "x"}]
    judged += [a_draft(**{name: value}) for name in sorted(outgoing._ALIKE) for value in odd]
    by_parts = [errors_in(resource) for resource in judged]
    monkeypatch.setattr(outgoing, "_is_valid_by_its_parts", lambda *_: False)
    assert by_parts == [errors_in(resource) for resource in judged]
    assert sum(not errors for errors in by_parts) > 100
    assert sum(bool(errors) for errors in by_parts) > 100


def test_a_part_that_was_valid_as_an_integer_is_judged_again_as_a_text(monkeypatch: pytest.MonkeyPatch):
    def repeated(frequency: object) -> dict[str, Any]:
        return a_draft(dosageInstruction=[{"timing": {"repeat": {"frequency": frequency}}}])

    forms: list[object] = [1, "1", Decimal(1), Decimal("1.0"), WrittenDecimal("1e0"), 1.0, True]
    by_parts = [errors_in(repeated(form)) for form in (*forms, *reversed(forms))]
    monkeypatch.setattr(outgoing, "_is_valid_by_its_parts", lambda *_: False)
    assert by_parts == [errors_in(repeated(form)) for form in (*forms, *reversed(forms))]


def test_how_often_the_models_are_asked_does_not_depend_on_the_chart(monkeypatch: pytest.MonkeyPatch):
    asked: list[Any] = []
    monkeypatch.setattr(outgoing, "errors_in", lambda resource, shape=None: asked.append(resource) or [])
    app = create_app(the_clinic(), Settings(log_level="critical"), today=lambda: D)
    counts = []
    for size in (10, 100):
        asked.clear()
        answer = app.test_client().post(
            "/cds-services/ldn-order-sign", data=requests_of_size.a_request(size), content_type="application/json"
        )
        assert answer.status_code == 200
        counts.append(len(asked))
    assert counts == [1, 1]
