"""A suggestion mends what it was offered for: take it as an EHR would, fire the hook again, and listen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from cards import Answer, Hook
from cds_hooks.hook_request import read_hook_request
from fhir_fixtures import Scenario, exact, written
from tests.scenes import (
    SCENARIOS,
    a_service,
    as_sent,
    assert_mended,
    findings_of,
    in_process,
    name_of,
    rounds_until_settled,
    service_of,
    to_try,
)

Json = dict[str, Any]
MOST_ROUNDS = 3

TOUCHED = frozenset(
    {
        "status", "statusReason", "contained", "medicationCodeableConcept", "medicationReference", "medication",
        "dosageInstruction", "dispenseRequest", "note", "reasonCode", "reasonCodeableConcept", "reason",
    }
)  # fmt: skip
"""The members of an order that some change is about; every other member must come back as it went."""

with_suggestions = pytest.mark.parametrize("scenario", SCENARIOS, ids=name_of)


def _exactly(text: str | bytes) -> Any:
    return json.loads(text, parse_float=exact)


def _answer(request: Json, scenario: Scenario) -> tuple[list[Json], Answer]:
    """The cards as they are sent, numbers as they are written, and the answer behind them."""
    answer = in_process(scenario.hook, written(request, None).encode(), scenario)
    return _exactly(as_sent(answer))["cards"], answer


def _accepted(request: Json, suggestion: Json) -> Json:
    """The request as the EHR would send it next: drafts deleted, replaced and added, chart entries replaced."""
    after = deepcopy(request)
    drafts = _drafted_in(after)
    for action in suggestion["actions"]:
        if action["type"] == "delete":
            drafts[:] = [e for e in drafts if _reference(e["resource"]) != action["resourceId"]]
        elif action["type"] == "update":
            changed = action["resource"]
            entries = [*drafts, *_chart_entries(after)]
            places = [e for e in entries if _reference(e["resource"]) == _reference(changed)]
            assert places, f"{_reference(changed)} is neither a draft nor on the chart."
            for place in places:
                place["resource"] = changed
        elif action["resource"]["resourceType"] in ("MedicationRequest", "ServiceRequest"):
            drafts.append({"resource": {**action["resource"], "id": f"created-{len(drafts)}"}})
    known = {_reference(e["resource"]) for e in drafts}
    if "selections" in after["context"]:
        after["context"]["selections"] = [s for s in after["context"]["selections"] if _tail(s) in known] or sorted(
            known
        )
    return after


def _drafted_in(request: Json) -> list[Json]:
    """The entries to which a new draft is added: those of the context, else the orders on the chart."""
    context = request["context"]
    bundle = context.get("draftOrders") or context.get("medications")
    if bundle is None:
        bundle = request["prefetch"].setdefault("medicationRequests", {"resourceType": "Bundle", "type": "searchset"})
    return bundle.setdefault("entry", [])


def _chart_entries(request: Json) -> Iterator[Json]:
    for answer in (request.get("prefetch") or {}).values():
        for entry in answer.get("entry", ()) if isinstance(answer, dict) else ():
            if entry and "resource" in entry:
                yield entry


def _reference(resource: Json) -> str:
    return f"{resource['resourceType']}/{resource.get('id')}"


def _tail(selection: str) -> str:
    return "/".join(selection.split("/")[-2:])


@with_suggestions
def test_the_rule_that_offered_it_is_silent_afterwards(scenario: Scenario) -> None:
    request = _exactly(scenario.body)
    cards, answer = _answer(request, scenario)
    for card in cards:
        for suggestion in to_try(card):
            _, after = _answer(_accepted(request, suggestion), scenario)
            assert_mended(answer, after, suggestion)


@with_suggestions
def test_no_suggestion_makes_matters_worse(scenario: Scenario) -> None:
    """What is taken raises no warning and no critical finding that was not there before."""
    request = _exactly(scenario.body)
    cards, answer = _answer(request, scenario)
    # What was silenced by a stronger finding may come to light when that one is mended.
    before = set(findings_of(cards)) | {one.judged.page.rule for one in answer.review.silenced}
    for card in cards:
        for suggestion in to_try(card):
            after, _ = _answer(_accepted(request, suggestion), scenario)
            new = {rule: level for rule, level in findings_of(after).items() if rule not in before and level != "info"}
            assert not new, f"'{suggestion['label']}' brought up {new}: {[c['summary'] for c in after]}"


@with_suggestions
def test_no_loop_needs_more_than_three_rounds(scenario: Scenario) -> None:
    """Take what the cards recommend, fire, take again: soon nothing is left to recommend."""
    rounds = rounds_until_settled(lambda request: _answer(request, scenario)[0], _accepted, _exactly(scenario.body))
    assert len(rounds) <= MOST_ROUNDS, f"Something is still recommended after {rounds}"


@with_suggestions
def test_a_changed_resource_keeps_what_is_not_meant(scenario: Scenario) -> None:
    """Unknown members, their order, and the text of every number survive."""
    request = _exactly(scenario.body)
    reply = a_service().post(
        f"/cds-services/{service_of(scenario.hook).id}", data=scenario.body, content_type="application/json"
    )
    drafts = [e["resource"] for e in _drafted_in(request)]
    known = {_reference(r): r for r in [*(e["resource"] for e in _chart_entries(request)), *drafts] if "id" in r}
    for card in _exactly(reply.data)["cards"]:
        for suggestion in card.get("suggestions", ()):
            for action in suggestion["actions"]:
                if action["type"] == "update":
                    _assert_kept(known[_reference(action["resource"])], action["resource"], suggestion["label"])


def _assert_kept(original: Json, changed: Json, label: str) -> None:
    kept = [key for key in original if key not in TOUCHED]
    assert [key for key in changed if key in kept] == kept, f"'{label}' lost or moved a member"
    for key in kept:
        assert written(changed[key], None) == written(original[key], None), f"'{label}' changed {key}"
    for key in TOUCHED & set(original) & set(changed):
        _assert_extensions_kept(original[key], changed[key], f"'{label}', {key}")
    request = original.get("dispenseRequest")
    if isinstance(request, dict) and "dispenseRequest" in changed:
        unmeant = set(request) - {"quantity", "expectedSupplyDuration", "numberOfRepeatsAllowed", "validityPeriod"}
        for key in unmeant:
            assert written(changed["dispenseRequest"].get(key), None) == written(request[key], None), (
                f"'{label}', {key}"
            )


def _assert_extensions_kept(before: Any, after: Any, where: str) -> None:
    """An instruction that is edited keeps its extensions; one that is replaced is another instruction."""
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for one, other in zip(before, after, strict=True):
            if isinstance(one, dict) and isinstance(other, dict) and one.get("doseAndRate") == other.get("doseAndRate"):
                assert other.get("extension") == one.get("extension"), where


def test_a_time_of_day_is_added_without_touching_the_dose() -> None:
    (scenario,) = (s for s in SCENARIOS if s.name == "unknown_members_stay_with_the_draft")
    cards, _ = _answer(_exactly(scenario.body), scenario)
    updates = [
        action["resource"]
        for card in cards
        for suggestion in card.get("suggestions", ())
        for action in suggestion["actions"]
        if action["type"] == "update"
    ]
    timed = [u for u in updates if '"value": 4.50' in written(u["dosageInstruction"], None)]
    assert timed, "no suggestion kept 4.50 as it was written"
    for resource in timed:
        assert "sig-source" in written(resource["dosageInstruction"], None)


def test_an_accepted_request_is_still_a_request() -> None:
    """The helper above builds what a client could send."""
    (scenario,) = (s for s in SCENARIOS if s.name == "oxycodone_still_taken")
    request = _exactly(scenario.body)
    cards, _ = _answer(request, scenario)
    (suggestion,) = (s for s in cards[0]["suggestions"] if s.get("isRecommended"))
    after = _accepted(request, suggestion)
    assert after["context"]["draftOrders"]["entry"] == []
    read_hook_request(written(after, None).encode(), Hook(scenario.hook))
    assert _answer(after, scenario)[0] == []
