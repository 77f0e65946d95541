"""CDS Hooks 2.0.1, one test for each thing a service promises, named by the number we gave it.

The specification is at https://cds-hooks.hl7.org/STU2/; the section is in each docstring, in our words. What is
promised about cards is held against everything the real clinic says to the made-up patients in ``fhir_fixtures``; what
is promised about the protocol against a clinic that says what the test tells it to. Not here yet: authentication (SEC)
and reading from the client's FHIR server (FHIR, PF-14 to PF-16), which this service does not do.
"""

# ruff: noqa: N802 - a test is named by the number of its requirement

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from cards import Clinic, Hook, Kind
from cds_hooks import contracts
from cds_hooks.outgoing import errors_in
from cds_hooks.prefetch import complaints_about
from cds_hooks.services import SERVICES
from cds_hooks.settings import Settings
from fhir_fixtures import scenarios
from tests.desks import SELECT, SIGN, Desk, FakeClinic, a_call, a_card, a_draft, a_request, assert_refused, places

Json = dict[str, Any]
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\Z")


def numbers_as_text(text: bytes | str) -> Any:
    """Decoded JSON in which every number is the text it was written as."""
    return json.loads(text, parse_float=lambda number: ("number", number), parse_int=lambda number: ("number", number))


@pytest.fixture(scope="session")
def exchanges() -> list[tuple[str, bytes, bytes]]:
    """Every made-up patient: its name, the request's bytes and the real service's answer's bytes."""
    desk = Desk(Clinic.open())
    told = []
    for scenario in scenarios():
        response = desk.post(f"/cds-services/ldn-{scenario.hook}", scenario.body)
        assert response.status_code == 200, f"{scenario.name}: {response.text}"
        told.append((f"{scenario.hook}/{scenario.name}", scenario.body, response.data))
    return told


@pytest.fixture(scope="session")
def cards(exchanges: list[tuple[str, bytes, bytes]]) -> list[Json]:
    """Every card the real service showed them."""
    found = [card for _, _, answer in exchanges for card in json.loads(answer)["cards"]]
    assert len(found) > 20, "hardly any card to look at"
    return found


@pytest.fixture(scope="session")
def suggestions(cards: list[Json]) -> list[tuple[Json, Json]]:
    """Every suggestion, with its card."""
    found = [(card, suggestion) for card in cards for suggestion in card.get("suggestions", ())]
    assert found
    return found


@pytest.fixture(scope="session")
def actions(suggestions: list[tuple[Json, Json]]) -> list[Json]:
    """Every action."""
    found = [action for _, suggestion in suggestions for action in suggestion.get("actions", ())]
    assert found
    return found


@pytest.fixture
def discovered() -> list[Json]:
    """The services as discovery tells them."""
    services: list[Json] = Desk().client.get("/cds-services").json["services"]
    return services


def outside_resources(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of an answer with its path, but nothing inside a FHIR resource."""
    yield path, value
    if isinstance(value, dict):
        for name, member in value.items():
            if name != "resource":
                yield from outside_resources(member, f"{path}.{name}")
    elif isinstance(value, list):
        for nth, member in enumerate(value):
            yield from outside_resources(member, f"{path}[{nth}]")


@pytest.fixture(scope="session")
def every_answer() -> dict[str, bytes]:
    """One answer of each kind that leaves the protocol's side, refusals and failures included."""
    return dict(_every_answer())


def _every_answer() -> Iterator[tuple[str, bytes]]:
    desk = Desk()
    empty = a_card(
        detail="", links=[], overrideReasons=None, extension={"a": {"b": []}}, suggestions=[], source={"label": "x"}
    )
    yield "discovery", desk.client.get("/cds-services").data
    yield "no card", desk.sign(a_request()).data
    yield "cards", Desk(FakeClinic(a_card())).sign(a_request()).data
    yield "a card with empty members", Desk(FakeClinic(empty)).sign(a_request()).data
    yield "feedback", desk.post(f"{SIGN}/feedback", FEEDBACK).data
    yield "400", desk.sign({}).data
    yield "404", desk.post("/cds-services/other", {}).data
    yield "405", desk.client.put(SIGN).data
    yield "413", Desk(settings=Settings(max_body_bytes=10_000)).sign(b" " * 20_000).data
    yield "415", desk.sign(b"", content_type="text/plain").data
    yield "500", Desk(FakeClinic(raises=ValueError())).sign(a_request()).data


FEEDBACK = {
    "feedback": [{"card": a_card()["uuid"], "outcome": "overridden", "outcomeTimestamp": "2024-05-06T07:08:09Z"}]
}


# General


def test_GEN_01_everything_is_json(every_answer: dict[str, bytes]):
    """Use of JSON: both sides speak JSON, also when they refuse. (TLS is the proxy's: see the production profile.)"""
    for kind, body in every_answer.items():
        assert isinstance(json.loads(body), dict), kind


def test_GEN_02_no_member_is_null(every_answer: dict[str, bytes]):
    """Use of JSON: null is not sent; the specification allows it to clients alone, in prefetch."""
    for kind, body in every_answer.items():
        assert b"null" not in body, kind


def test_GEN_03_nothing_is_empty_but_cards_and_services(every_answer: dict[str, bytes]):
    """Use of JSON: no empty string, array or object, except where the specification says so."""
    for kind, body in every_answer.items():
        for path, value in outside_resources(json.loads(body)):
            assert value not in ("", [], {}) or path in (".cards", ".services"), f"{kind}: {path} is empty"


def test_GEN_03_holds_for_the_real_clinic(exchanges: list[tuple[str, bytes, bytes]]):
    """The same, on the bytes of every real answer."""
    for name, _, answer in exchanges:
        for path, value in outside_resources(json.loads(answer)):
            assert value is not None, f"{name}: {path} is null"
            assert value not in ("", [], {}) or path == ".cards", f"{name}: {path} is empty"


def test_GEN_04_a_member_without_a_value_is_left_out():
    """Use of JSON: an optional attribute without a value is omitted."""
    (card,) = (
        Desk(FakeClinic(a_card(detail=None, links=[], selectionBehavior="", suggestions=[])))
        .sign(a_request())
        .json["cards"]
    )
    assert set(card) == {"uuid", "summary", "indicator", "source"}


def test_GEN_05_json_without_comments_or_trailing_commas(every_answer: dict[str, bytes]):
    """Use of JSON (3.0): neither comments nor trailing commas; here, what a strict parser reads it writes the same."""
    for kind, body in every_answer.items():
        assert json.dumps(json.loads(body), separators=(",", ":"), ensure_ascii=False).encode() == body, kind


def test_GEN_06_resources_keep_their_numbers_to_the_letter():
    """Use of JSON (3.0): embedded FHIR is normal FHIR JSON, in which 1.50 and 1.5 are not the same."""
    from decimal import Decimal

    draft = a_draft()
    draft["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["value"] = Decimal("1.50")
    card = a_card(suggestions=[{"label": "x", "actions": [{"type": "update", "description": "x", "resource": draft}]}])
    assert b'"value":1.50,' in Desk(FakeClinic(card)).sign(a_request()).data


def test_GEN_07_members_nobody_knows_and_extensions_do_no_harm(desk: Desk):
    """Extensions: any object may carry more."""
    request = a_request(extension={"com.example": 1}, something="new")
    request["context"]["extension"] = {"com.example": {"a": None}}
    request["context"]["more"] = []
    request["context"]["draftOrders"]["extension"] = [{"url": "https://example.org"}]
    assert desk.sign(request).status_code == 200


# Discovery


def test_DISC_01_discovery_answers_get(desk: Desk):
    """Discovery: GET {base}/cds-services is always there, and open to all."""
    response = desk.client.get("/cds-services", headers={"Accept": "application/json"})
    assert response.status_code == 200
    assert response.content_type == "application/json"


def test_DISC_02_discovery_is_the_same_each_time():
    """Discovery: a stable endpoint."""
    assert Desk().client.get("/cds-services").data == Desk().client.get("/cds-services").data


def test_DISC_03_services_is_an_array(discovered: list[Json]):
    """Discovery > Response: an object with an array ``services``, which keeps to our own contract too."""
    assert isinstance(discovered, list)
    assert contracts.problems_of({"services": discovered}, "discovery") == []


def test_DISC_04_no_services_is_an_empty_array():
    """Discovery > Response: without services still 200, and ``services`` is empty."""
    from cds_hooks.wire import encode_tidily

    assert encode_tidily({"services": []}) == b'{"services":[]}'


def test_DISC_05_each_service_names_its_hook(discovered: list[Json]):
    """Discovery > Response: ``hook`` is required."""
    assert [service["hook"] for service in discovered] == [hook.value for hook in Hook]


def test_DISC_06_each_service_has_a_title(discovered: list[Json]):
    """Discovery > Response: ``title`` is recommended."""
    assert all(service["title"].strip() for service in discovered)


def test_DISC_07_each_service_is_described(discovered: list[Json]):
    """Discovery > Response: ``description`` is required."""
    assert all(service["description"].strip() for service in discovered)


def test_DISC_08_each_id_makes_an_address_that_answers(desk: Desk, discovered: list[Json]):
    """Discovery > Response: {base}/cds-services/{id} is the service."""
    for service in discovered:
        assert re.fullmatch("[a-z0-9-]+", service["id"])
        assert desk.post(f"/cds-services/{service['id']}", a_call(service["hook"])).status_code == 200


def test_DISC_09_prefetch_is_an_object_of_texts(discovered: list[Json]):
    """Discovery > Response: keys with FHIR queries, or no ``prefetch`` at all."""
    for service in discovered:
        assert service["prefetch"]
        assert all(isinstance(template, str) and template for template in service["prefetch"].values())


def test_DISC_10_usage_requirements_say_what_a_client_must_know(discovered: list[Json]):
    """Discovery > Response: preconditions in plain words: FHIR versions, scopes, feedback, and what silence means."""
    for service in discovered:
        for word in ("R4", "patient/MedicationRequest.read", "feedback", "no clearance"):
            assert word.casefold() in service["usageRequirements"].casefold()


def test_DISC_11_the_version_of_the_specification_is_told(discovered: list[Json]):
    """Discovery > Response (3.0): ``version``, as a semantic version."""
    assert {service["version"] for service in discovered} == {"2.0.1"}


def test_DISC_12_the_version_of_the_hook_is_the_published_one(discovered: list[Json]):
    """Discovery > Response (3.0): ``hookVersion`` equals that of the hook's definition."""
    assert {service["hook"]: service["hookVersion"] for service in discovered} == {
        "order-sign": "1.0",
        "order-select": "1.0",
        "patient-view": "1.0",
        "order-dispatch": "1.1",
        "medication-refill": "0.1.0",
    }


def test_DISC_13_each_hook_has_an_id_of_its_own(discovered: list[Json]):
    """Discovery: one id may serve several hooks, but the sandbox then loses all but the last: ours do not."""
    assert len({service["id"] for service in discovered}) == len(discovered)


def test_DISC_14_success_is_200(desk: Desk):
    """Discovery > HTTP status codes."""
    assert desk.client.get("/cds-services").status_code == 200
    assert desk.client.head("/cds-services").status_code == 200


def test_DISC_16_services_hang_under_discovery(desk: Desk):
    """Calling a service: the service's address is discovery's, a slash and the id; ids hold no slash."""
    assert all("/" not in service.id for service in SERVICES)
    assert desk.client.get("/cds-services/").data == desk.client.get("/cds-services").data


# Request


def test_REQ_01_a_service_is_called_by_post(desk: Desk):
    """Calling a service: POST; any other method is told what is allowed."""
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        response = desk.client.open(SIGN, method=method)
        assert_refused(response, 405)
        assert "POST" in response.headers["Allow"]


def test_REQ_02_hook_is_needed(desk: Desk):
    """HTTP request: ``hook`` is required; another hook's name with the right context is answered."""
    assert_refused(desk.sign(a_request(hook=...)), 400, "hook")
    assert desk.sign(a_request(hook="order-review")).status_code == 200


@pytest.mark.parametrize(
    "instance", ["6ba7b810-9dad-11d1-80b4-00c04fd430c8", "D1577C69-DFBE-44AD-BA6D-3E05E953B2EA", "7"]
)
def test_REQ_03_any_hook_instance_is_taken(desk: Desk, instance: str):
    """hookInstance: a UUID of any version; that it is one is for clients to see to."""
    response = desk.sign(a_request(hookInstance=instance))
    assert response.status_code == 200
    assert instance not in response.text.replace('"cards"', "")
    assert desk.log[-1].get("hook_instance") == (instance if len(instance) == 36 else None)


def test_REQ_04_an_authorization_without_a_server_does_no_harm(desk: Desk):
    """HTTP request: fhirServer is required with fhirAuthorization; without it there is nothing to read from."""
    assert desk.sign(a_request(fhirServer=..., fhirAuthorization={"access_token": "x"})).status_code == 200


def test_REQ_05_without_an_authorization_prefetch_will_do(desk: Desk):
    """Passing the access token: fhirAuthorization is optional."""
    assert desk.sign(a_request(prefetch={})).status_code == 200


def test_REQ_06_the_access_token_is_never_repeated(desk: Desk):
    """Passing the access token: it goes nowhere else, least of all into a log."""
    response = desk.sign(a_request(fhirAuthorization={"access_token": "s3cret-token"}))
    assert "s3cret-token" not in response.text + str(response.headers) + desk.stream.getvalue().decode()


@pytest.mark.parametrize(
    "scope", ["patient/*.read", "user/MedicationRequest.rs", "user/MedicationRequest.Read", "", None]
)
@pytest.mark.parametrize("token_type", ["Bearer", "bearer", None])
def test_REQ_07_08_09_10_the_rest_of_the_authorization_is_taken_as_it_is(desk: Desk, scope: Any, token_type: Any):
    """Passing the access token: token_type, expires_in, scope and subject; vendors write scopes as they like."""
    told = {"access_token": "x", "token_type": token_type, "expires_in": 300, "scope": scope, "subject": "us"}
    assert desk.sign(a_request(fhirAuthorization=told)).status_code == 200


def test_REQ_12_context_is_needed(desk: Desk):
    """HTTP request: ``context`` is required, with what the hook is about."""
    assert_refused(desk.sign(a_request(context=...)), 400, "context")
    assert_refused(desk.sign(a_request(context={"patientId": "1"})), 400, "context.draftOrders")


def test_REQ_13_prefetch_is_optional(desk: Desk):
    """HTTP request: ``prefetch`` may be missing."""
    assert desk.sign(a_request()).status_code == 200
    assert desk.clinic.last.prefetch == {}


def test_REQ_14_drafts_of_any_fhir_version_are_read():
    """FHIR resources in context: all of one version, which is told nowhere: never a failure."""
    desk = Desk(Clinic.open())
    dstu2 = {"resourceType": "MedicationOrder", "id": "1", "status": "draft", "patient": {"reference": "Patient/1"},
             "medicationCodeableConcept": {"text": "naltrexone 4.5 mg"},
             "dosageInstruction": [{"timing": {"repeat": {"periodUnits": "d"}}}]}  # fmt: skip
    stu3 = a_draft(dosageInstruction=[{"doseQuantity": {"value": 4.5, "unit": "mg"}}])
    r5 = {name: value for name, value in a_draft().items() if name != "medicationCodeableConcept"}
    r5["medication"] = {"concept": {"text": "naltrexone 4.5 mg"}}
    for draft in (dstu2, stu3, a_draft(), r5):
        assert desk.sign(a_request(draft)).status_code == 200


def test_REQ_16_members_from_before_1_0_are_ignored(desk: Desk):
    """Changes: user, patient, encounter and redirect are no longer root members."""
    assert desk.sign(a_request(user="Practitioner/1", patient="1", encounter="2", redirect="x")).status_code == 200


# Prefetch


def test_PF_01_each_key_stands_for_a_kind_of_data(desk: Desk, discovered: list[Json]):
    """Prefetch template: a key identifies the template in the request; the clinic is told what was asked for."""
    for service in discovered:
        desk.post(f"/cds-services/{service['id']}", a_call(service["hook"]))
        assert list(desk.clinic.last.asked) == list(service["prefetch"])


def test_PF_02_templates_are_relative_reads_and_searches(discovered: list[Json]):
    """Prefetch template: an instance read or a type-level search, without server or leading slash."""
    for service in discovered:
        for template in service["prefetch"].values():
            assert re.match(r"[A-Z][A-Za-z]+(/\{\{|\?)", template)


def test_PF_03_04_tokens_are_first_level_fields_of_the_context(discovered: list[Json]):
    """Prefetch tokens: only primitive fields that the hook marks as tokens."""
    for service in discovered:
        for template in service["prefetch"].values():
            assert set(re.findall(r"\{\{(.*?)\}\}", template)) <= {"context.patientId", "context.encounterId"}


def test_PF_06_queries_keep_to_what_every_client_can_do(discovered: list[Json]):
    """Prefetch query restrictions: reads, searches, equality and :in, _count and _sort; no includes, no chaining."""
    for service in discovered:
        for template in service["prefetch"].values():
            assert complaints_about(template) == []


def test_PF_07_any_subset_of_the_keys_gets_an_answer():
    """Prefetch template: a client may honour none, some or all templates."""
    desk = Desk(Clinic.open())
    keys = list(SERVICES[0].as_discovered(desk_caller())["prefetch"])
    bundle = {"resourceType": "Bundle", "type": "searchset", "total": 0}
    for sent in ([], keys, *([key] for key in keys), *([one for one in keys if one != key] for key in keys)):
        prefetch = {key: None if key in ("patient", "encounter") else bundle for key in sent}
        assert desk.sign(a_request(prefetch=prefetch)).status_code == 200


def desk_caller() -> Any:
    from cds_hooks.callers import ANYBODY

    return ANYBODY


def test_PF_09_keys_nobody_asked_for_are_ignored(desk: Desk):
    """Prefetch template: clients send what was asked for; one of the clients we saw sends keys of its own."""
    assert desk.sign(a_request(prefetch={"medicationRequestBundle": {"resourceType": "Bundle"}})).status_code == 200


def test_PF_10_12_missing_and_null_are_told_apart(desk: Desk):
    """Prefetch template: a key that is missing is unknown, one that is null is known to be empty."""
    desk.sign(a_request(prefetch={"conditions": None}))
    assert desk.clinic.last.prefetch == {"conditions": None}
    assert "allergies" not in desk.clinic.last.prefetch


@pytest.mark.parametrize(
    "value",
    [
        {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]},
        {"resourceType": "Bundle", "total": 0, "entry": [
            {"search": {"mode": "outcome"},
             "resource": {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "x"}]}}]},
        {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "MedicationRequest", "status": 5}}]},
        {"resourceType": "Bundle", "entry": "x"},
        {"resourceType": "Bundle", "link": [{"relation": "next", "url": "https://example.org/2"}]},
        {"resourceType": "Patient"},
        {},
        [],
        "<html><body>HTTP Status 500</body></html>",
        5,
        True,
    ],
)  # fmt: skip
def test_PF_11_13_whatever_a_key_holds_there_is_an_answer(value: Any):
    """Prefetch template: OperationOutcomes, and stranger things, come where data was asked for."""
    desk = Desk(Clinic.open())
    for key in SERVICES[0].keys:
        response = desk.sign(a_request(prefetch={key: value}))
        assert response.status_code == 200, f"{key}: {response.text}"


def test_PF_19_keys_are_codes(discovered: list[Json]):
    """Prefetch keys are FHIR codes: no blanks."""
    assert all(re.fullmatch("[a-zA-Z0-9_-]+", key) for service in discovered for key in service["prefetch"])


# Response


def test_RESP_01_success_is_200_with_cards(desk: Desk):
    """CDS service response: 200 and an object with ``cards``."""
    assert desk.sign(a_request()).json == {"cards": []}


def test_RESP_03_no_advice_is_an_empty_array():
    """HTTP response: a draft we have no rule for is answered by exactly ``{"cards":[]}``."""
    draft = a_draft(medicationCodeableConcept={"text": "levothyroxine 50 microgram tablet"})
    assert Desk(Clinic.open()).sign(a_request(draft)).data == b'{"cards":[]}'


def test_RESP_04_05_there_are_no_system_actions(exchanges: list[tuple[str, bytes, bytes]]):
    """System action: only for what needs no human; no order for a patient is that."""
    for name, _, answer in exchanges:
        assert set(json.loads(answer)) == {"cards"}, name


def test_RESP_07_08_a_refusal_is_an_operation_outcome(desk: Desk):
    """Returning OperationOutcome (3.0): every status that is not a success says why in that form."""
    assert_refused(desk.sign(b"{"), 400)
    assert_refused(desk.post("/cds-services/other", {}), 404)
    assert_refused(Desk(FakeClinic(raises=RuntimeError())).sign(a_request()), 500)


def test_every_answer_keeps_to_our_own_contract(exchanges: list[tuple[str, bytes, bytes]]):
    """The schema of the response is the specification as we speak it."""
    for name, _, answer in exchanges:
        assert contracts.problems_of(json.loads(answer), "response") == [], name


# Card


def test_CARD_01_each_card_has_a_uuid_of_its_own(exchanges: list[tuple[str, bytes, bytes]], cards: list[Json]):
    """Card attributes: ``uuid`` identifies this card in feedback; fresh for each answer, lower-case, version 4."""
    uuids = [card["uuid"] for card in cards]
    assert all(UUID.match(uuid) for uuid in uuids)
    assert len(set(uuids)) == len(uuids)


def test_CARD_02_a_summary_is_one_line_of_fewer_than_140_characters(cards: list[Json]):
    """Card attributes: ``summary``."""
    for card in cards:
        assert 0 < len(card["summary"]) < 140, card["summary"]
        assert "\n" not in card["summary"]


def test_CARD_03_a_detail_is_markdown_without_html(cards: list[Json]):
    """Card attributes: ``detail`` is GitHub-flavoured Markdown, which would let HTML through."""
    for card in cards:
        outside_code = re.sub(r"`[^`]*`", "", card.get("detail", ""))
        assert not re.search(r"<[a-zA-Z/!]", outside_code), card["detail"]


def test_CARD_04_an_indicator_is_one_of_three(cards: list[Json]):
    """Card attributes: info, warning or critical."""
    assert {card["indicator"] for card in cards} <= {"info", "warning", "critical"}


def test_CARD_05_06_each_card_has_a_source_with_a_label(cards: list[Json]):
    """Card attributes: ``source`` and ``source.label``."""
    assert all(card["source"]["label"].strip() for card in cards)


def test_CARD_07_a_source_is_on_the_web(cards: list[Json]):
    """Source: ``url`` is absolute; ours are encrypted."""
    for card in cards:
        if "url" in card["source"]:
            assert urlsplit(card["source"]["url"]).scheme == "https"


def test_CARD_09_a_topic_is_a_steady_code_of_letters_and_digits(cards: list[Json]):
    """Source, Coding: ``topic`` has code and system; an EHR that remembers overrides by it takes letters and digits."""
    for card in cards:
        topic = card["source"]["topic"]
        assert re.fullmatch("[A-Za-z0-9]{1,100}", topic["code"])
        assert topic["system"]


def test_CARD_10_11_suggestions_say_how_many_may_be_chosen(cards: list[Json]):
    """Card attributes: ``selectionBehavior`` stands beside ``suggestions``, and only there."""
    for card in cards:
        assert ("suggestions" in card) == ("selectionBehavior" in card)
        if "suggestions" in card:
            assert card["suggestions"]
            assert card["selectionBehavior"] in ("at-most-one", "any")


def test_CARD_12_an_override_reason_can_be_shown_and_told_apart(cards: list[Json]):
    """Reasons for rejecting: each has code, system and display; a reason may come back by its code alone."""
    for card in cards:
        reasons = card.get("overrideReasons", [])
        assert all(reason["code"] and reason["system"] and reason["display"] for reason in reasons)
        assert len({reason["code"] for reason in reasons}) == len(reasons)


def test_CARD_14_links_are_not_empty(cards: list[Json]):
    """Card attributes: ``links``, if there are any."""
    assert all(card["links"] for card in cards if "links" in card)


def test_CARD_15_an_extension_is_an_object(exchanges: list[tuple[str, bytes, bytes]]):
    """Extensions: an object, never an array, whose keys nobody else would choose."""
    for name, _, answer in exchanges:
        for path, value in outside_resources(json.loads(answer)):
            if path.endswith(".extension"):
                assert isinstance(value, dict), f"{name}: {path}"
                assert all("." in key for key in value), f"{name}: {path}"


# Suggestion, action, link


def test_SUG_01_02_a_suggestion_has_a_label_and_a_uuid_of_its_own(suggestions: list[tuple[Json, Json]]):
    """Suggestion: ``label`` is required, and without ``uuid`` no feedback would come."""
    uuids = [suggestion["uuid"] for _, suggestion in suggestions]
    assert all(UUID.match(uuid) for uuid in uuids)
    assert len(set(uuids)) == len(uuids)
    assert all(suggestion["label"].strip() for _, suggestion in suggestions)


def test_SUG_03_of_alternatives_at_most_one_is_recommended(cards: list[Json]):
    """Suggestion: several may be recommended only where any number may be chosen."""
    for card in cards:
        recommended = [one for one in card.get("suggestions", ()) if one.get("isRecommended")]
        assert len(recommended) <= 1 or card["selectionBehavior"] == "any"


def test_SUG_04_05_a_suggestion_is_one_action(suggestions: list[tuple[Json, Json]]):
    """Suggestion: actions belong together, but clients were seen to carry out only the first: ours have one."""
    assert all(len(suggestion.get("actions", [None])) == 1 for _, suggestion in suggestions)


def test_SUG_06_nothing_is_sent_that_2_0_1_does_not_know(suggestions: list[tuple[Json, Json]]):
    """Suggestion (3.0): actionSelectionBehavior only for clients known to support it."""
    assert all("actionSelectionBehavior" not in suggestion for _, suggestion in suggestions)


def test_ACT_01_02_an_action_has_a_type_and_says_what_it_does(actions: list[Json]):
    """Action: create, update or delete, in small letters, with a description."""
    for action in actions:
        assert action["type"] in ("create", "update", "delete")
        assert action["description"].strip()


def test_ACT_03_a_create_brings_a_draft(actions: list[Json]):
    """Action: ``resource`` is the new resource as an object; an order comes as a draft, for a person to sign."""
    for action in actions:
        if action["type"] == "create":
            assert action["resource"]["resourceType"]
            if action["resource"]["resourceType"] in ("MedicationRequest", "ServiceRequest"):
                assert action["resource"]["status"] == "draft"


def test_ACT_03_a_create_is_strict_fhir(actions: list[Json]):
    """Action: what we made ourselves has no error at all."""
    for action in actions:
        if action["type"] == "create":
            assert errors_in(action["resource"]) == []


MAY_CHANGE = {
    "contained", "dispenseRequest", "dosageInstruction", "medication", "medicationCodeableConcept",
    "medicationReference", "note", "priorPrescription", "reason", "reasonCode", "reasonCodeableConcept", "status",
    "statusReason", "substitution",
}  # fmt: skip
"""Elements that a suggestion may be about; the rest of an order is none of our business."""


def untouched(resource: Json) -> Json:
    return {name: value for name, value in resource.items() if name not in MAY_CHANGE}


def test_ACT_04_an_update_is_the_whole_resource_with_little_changed(exchanges: list[tuple[str, bytes, bytes]]):
    """Action: the complete resource. What a suggestion is not about stays as it came, numbers to the letter."""
    updates = 0
    for name, request, answer in exchanges:
        sent = [value for _, value in places(numbers_as_text(request)) if isinstance(value, dict)]
        for _, action in places(numbers_as_text(answer)):
            if isinstance(action, dict) and action.get("type") == "update":
                assert untouched(action["resource"]) in map(untouched, sent), f"{name}: changes more than it should"
                updates += 1
    assert updates


def test_ACT_05_a_delete_names_what_was_sent(exchanges: list[tuple[str, bytes, bytes]]):
    """Action: ``resourceId`` is ``Type/id``, and there is no ``resource``."""
    for name, request, answer in exchanges:
        for card in json.loads(answer)["cards"]:
            for suggestion in card.get("suggestions", ()):
                for action in suggestion["actions"]:
                    if action["type"] == "delete":
                        assert "resource" not in action
                        type_, _, id_ = action["resourceId"].partition("/")
                        assert f'"{id_}"' in request.decode(), name
                        assert type_ in request.decode(), name


def test_LINK_01_02_03_04_05_links_are_absolute_labelled_and_open_by_hand(cards: list[Json]):
    """Link: label, url and type; appContext is for SMART launches, and a card of safety never opens by itself."""
    for card in cards:
        for link in card.get("links", ()):
            assert link["label"].strip()
            assert link["type"] == "absolute"
            assert urlsplit(link["url"]).scheme == "https"
            assert urlsplit(link["url"]).netloc
            assert "appContext" not in link
            assert "autolaunchable" not in link


def test_COD_01_02_codings_have_code_and_system(cards: list[Json]):
    """Coding: both are required."""
    for card in cards:
        for coding in [card["source"]["topic"], *card.get("overrideReasons", ())]:
            assert coding["code"].strip()
            assert coding["system"].strip()


# Feedback (its dialects are in test_feedback)


def test_FB_01_02_each_service_takes_feedback_under_its_own_address(desk: Desk):
    """Feedback: {service}/feedback."""
    for service in SERVICES:
        assert desk.post(f"/cds-services/{service.id}/feedback", FEEDBACK).status_code == 200


def test_FB_03_feedback_is_an_object_with_an_array(desk: Desk):
    """Feedback: a bare item or a bare array is none."""
    for body in (FEEDBACK["feedback"], FEEDBACK["feedback"][0]):
        assert_refused(desk.post(f"{SIGN}/feedback", body), 400)


def test_FB_04_an_unknown_card_is_taken(desk: Desk):
    """Feedback: ``card`` is the card's uuid; one we do not know is kept all the same."""
    assert desk.post(f"{SIGN}/feedback", FEEDBACK).status_code == 200
    assert len(desk.store.feedback) == 1


def feedback(desk: Desk, **changes: Any) -> Any:
    item = {key: value for key, value in (FEEDBACK["feedback"][0] | changes).items() if value is not None}
    return desk.post(f"{SIGN}/feedback", {"feedback": [item]})


def test_FB_05_an_outcome_is_accepted_or_overridden(desk: Desk):
    """Feedback: nothing else."""
    assert_refused(feedback(desk, outcome="dismissed"), 400, "feedback[0].outcome")


def test_FB_06_an_accepted_card_says_which_suggestions(desk: Desk):
    """Suggestion accepted: ``acceptedSuggestions`` is required then."""
    assert_refused(feedback(desk, outcome="accepted"), 400, "feedback[0].acceptedSuggestions")
    assert feedback(desk, outcome="accepted", acceptedSuggestions=[{"id": "x"}]).status_code == 200


@pytest.mark.parametrize("reason", [None, {"reason": {"code": "x", "system": "y"}}, {"userComment": "z"}])
def test_FB_07_08_09_a_reason_is_optional(desk: Desk, reason: Any):
    """Overridden guidance: without a reason, with one that has no display, or with a comment alone."""
    assert feedback(desk, overrideReason=reason).status_code == 200


@pytest.mark.parametrize("time", ["2024-05-06T07:08:09Z", "2024-05-06T07:08:09.123456789Z"])
def test_FB_10_the_time_is_rfc_3339(desk: Desk, time: str):
    """Feedback: ``outcomeTimestamp``, with or without fractions."""
    assert feedback(desk, outcomeTimestamp=time).status_code == 200


def test_FB_11_one_call_may_tell_of_many_cards_and_again(desk: Desk):
    """Suggestion accepted: the same may be reported repeatedly."""
    many = {"feedback": [item | {"card": str(nth)} for nth in range(50) for item in FEEDBACK["feedback"]]}
    assert desk.post(f"{SIGN}/feedback", many).status_code == 200
    assert desk.post(f"{SIGN}/feedback", many).status_code == 200
    assert len(desk.store.feedback) == 50


def test_FB_12_every_card_and_suggestion_can_be_reported(cards: list[Json], suggestions: list[tuple[Json, Json]]):
    """Suggestion accepted: without uuids a client sends nothing."""
    assert all("uuid" in card for card in cards)
    assert all("uuid" in suggestion for _, suggestion in suggestions)


def test_FB_14_the_reply_to_feedback_says_what_was_kept(desk: Desk):
    """Feedback: the reply is left open; ours is 200 and readable by a page."""
    response = desk.post(f"{SIGN}/feedback", FEEDBACK, headers={"Origin": "https://sandbox.example.org"})
    assert_refused(response, 200)
    assert response.headers["Access-Control-Allow-Origin"] == "*"


# Browsers, extensions, stale guidance


def test_SEC_17_browsers_are_let_in(desk: Desk):
    """Cross-origin resource sharing: preflights on all three endpoints, without a token."""
    for path in ("/cds-services", SIGN, f"{SIGN}/feedback"):
        response = desk.client.options(path, headers={"Origin": "https://x.example.org"})
        assert response.status_code == 204
        assert response.headers["Access-Control-Allow-Headers"] == "authorization, content-type"


def test_EXT_01_an_array_where_an_extension_should_be_does_no_harm(desk: Desk):
    """Extensions: an object by the specification; FHIR people write an array."""
    assert desk.sign(a_request(extension=[{"url": "https://example.org"}])).status_code == 200


def test_STALE_01_every_answer_stands_alone():
    """Update stale guidance: order-sign says all it has to say, whatever order-select said before."""
    desk = Desk(Clinic.open())
    draft = a_draft(medicationCodeableConcept={"text": "naltrexone 50 mg tablet"})
    first = desk.sign(a_request(draft)).json["cards"]
    request = a_request(draft, hook="order-select")
    request["context"]["selections"] = ["MedicationRequest/draft-1"]
    desk.post(SELECT, request)
    again = desk.sign(a_request(draft)).json["cards"]
    assert [card["summary"] for card in again] == [card["summary"] for card in first]


def test_VER_02_new_optional_fields_of_a_hook_do_no_harm(desk: Desk):
    """Hook version: a minor version may add optional fields."""
    request = a_request()
    request["context"] |= {"performer": "Organization/1", "fulfillmentTasks": []}
    assert desk.sign(request).status_code == 200


# The day of a made-up patient


def test_a_made_up_patient_brings_its_day_to_the_demo(desk: Desk):
    """So that a story told about a spring day stays true in the next winter."""
    assert desk.sign(a_request(extension={"ldn-cds.today": "2023-01-02"})).status_code == 200
    assert desk.clinic.last.today.isoformat() == "2023-01-02"
    assert desk.log[-1]["today"] == "2023-01-02"


@pytest.mark.parametrize("day", ["2023-13-01", "20230102", "2023-W01-1", "", None, 5, "2023-01-02T00:00:00"])
def test_a_day_that_is_none_is_refused(desk: Desk, day: Any):
    """Going on with today would tell another story."""
    assert_refused(desk.sign(a_request(extension={"ldn-cds.today": day})), 400, "extension['ldn-cds.today']")


def test_production_asks_its_own_clock():
    """Nobody else's day counts for a real patient."""
    desk = Desk(settings=Settings(profile="production", public_url="https://cds.example.org"))
    assert desk.sign(a_request(extension={"ldn-cds.today": "2023-01-02"})).status_code == 200
    assert desk.clinic.last.today.isoformat() == "2024-05-06"
    assert desk.log[-1]["notes"] == ["ldn-cds.today is ignored outside the demo"]


def test_the_clinic_is_asked_for_the_hook_of_the_service(desk: Desk):
    """One clinic, two moments of care."""
    desk.post(SELECT, a_request())
    assert desk.clinic.last.hook is Hook.ORDER_SELECT
    assert desk.clinic.last.asked["medicationRequests"] is Kind.MEDICATION_REQUESTS
