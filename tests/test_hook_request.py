"""``cds_hooks/hook_request.py``: from bytes to a request, and every way in which bytes are none."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cards import Hook
from cds_hooks import contracts, hook_request, syntax
from cds_hooks.hook_request import Secret, read_hook_request
from cds_hooks.problems import Issue, Refusal
from cds_hooks.wire import encode
from tests.charts import the_clinic
from tests.desks import SELECT, SIGN, Desk, FakeClinic, a_draft, a_request, assert_refused

PLAIN = json.dumps(a_request()).encode()


def read(body: Any, hook: Hook = Hook.ORDER_SIGN) -> hook_request.HookRequest:
    return read_hook_request(body if isinstance(body, bytes) else json.dumps(body).encode(), hook)


def refusal(body: Any, hook: Hook = Hook.ORDER_SIGN) -> tuple[Issue, ...]:
    with pytest.raises(Refusal) as caught:
        read(body, hook)
    assert caught.value.status == 400
    return caught.value.issues


def test_reads_everything_a_request_has():
    body = a_request(
        prefetch={"patient": {"resourceType": "Patient"}, "conditions": None},
        fhirAuthorization={
            "access_token": "s3cret",
            "token_type": "Bearer",
            "expires_in": 300,
            "scope": "patient/*.read",
        },
        extension={"com.example": 1},
    )
    asking = read(body)
    assert asking.hook == "order-sign"
    assert asking.hook_instance == body["hookInstance"]
    assert asking.fhir_server == "https://fhir.example.org/r4"
    assert asking.context == body["context"]
    assert asking.prefetch == {"patient": b'{"resourceType": "Patient"}', "conditions": None}
    assert asking.fhir_authorization is not None
    assert asking.fhir_authorization.access_token.reveal() == "s3cret"
    assert asking.fhir_authorization.expires_in == 300
    assert asking.extension == {"com.example": 1}
    assert asking.notes == ()


def test_a_token_is_never_shown_by_printing_what_holds_it():
    token = Secret("s3cret")
    asking = read(a_request(fhirAuthorization={"access_token": "s3cret"}))
    for shown in (f"{asking}", f"{asking!r}", f"{token}", repr(token), str(token), f"{token:>9}", f"{[token]}"):
        assert "s3cret" not in shown
    assert token.reveal() == "s3cret"
    assert type(token.reveal()) is str


def test_a_request_does_not_show_its_patient_when_printed():
    shown = repr(read(a_request(a_draft(id="Canary"), prefetch={"patient": {"name": "Canary"}})))
    assert "Canary" not in shown


@pytest.mark.parametrize(
    "number",
    ["4.50", "4.5", "1e2", "1E+2", "1.50e-3", "0.0000001", "-0.0", "0e0", "10", "123456789012345678901234567890",
     "0.1234567890123456789012345678901234567890"],
)  # fmt: skip
def test_a_number_leaves_with_the_text_it_came_with(number: str):
    orders = f'{{"draftOrders":{{"entry":[{{"resource":{{"value":{number}}}}}]}}}}'
    context = read(f'{{"hook":"order-sign","context":{orders}}}'.encode()).context
    assert encode(context).decode() == orders


@pytest.mark.parametrize("written", ["45e-1", "4.5e0", "0.45E+1", "4.50"])
def test_a_dose_written_with_an_exponent_is_the_same_dose(written: str):
    def cards(dose: str) -> list[tuple[str, str]]:
        body = json.dumps(a_request(a_draft())).encode().replace(b'"value": 4.5', f'"value": {dose}'.encode())
        response = Desk(the_clinic()).sign(body)
        assert response.status_code == 200
        assert f'"value":{dose}'.encode() in response.data  # in the suggestions, to the letter
        return [(card["summary"], card["indicator"]) for card in response.get_json()["cards"]]

    assert cards(written) == cards("4.5")


def test_numbers_are_decimals_to_count_with():
    body = b'{"hook":"order-sign","context":{"draftOrders":{"entry":[{"resource":{"a":4.50,"b":1e2,"c":3}}]}}}'
    resource = read(body).context["draftOrders"]["entry"][0]["resource"]
    assert resource["a"] * 2 == Decimal("9.00")
    assert resource["b"] + 1 == Decimal(101)
    assert isinstance(resource["c"], int)


def test_a_number_of_more_places_than_anybody_can_hold_is_refused():
    for number in ("1e999999999", "1e9999999999999999999999", "1e-500", "9" * 5000):
        body = f'{{"hook":"order-sign","context":{{"draftOrders":{{"x":{number}}}}}}}'
        assert "number" in refusal(body.encode())[0].diagnostics


def test_a_byte_order_mark_is_skipped():
    assert read(b"\xef\xbb\xbf" + PLAIN) == read(PLAIN)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"not json", "line 1, column 1"),
        (b"{", "line 1"),
        (b'{"hook": "order-sign",\n "context": {,}}', "line 2"),
        (PLAIN + b"x", "line 1"),
        (PLAIN[:-1], "line 1"),
        (PLAIN.replace(b'"made-up"', b"'made-up'"), "line 1"),
        (PLAIN.decode().encode("utf-16"), "UTF-8"),
        (PLAIN.replace(b"capsule", b"caps\xfcle"), "UTF-8"),
        (PLAIN.replace(b"4.5}", b"NaN}").replace(b"4.5,", b"NaN,"), "number"),
        (PLAIN.replace(b"4.5,", b"Infinity,"), "number"),
        (PLAIN.replace(b"4.5,", b"-Infinity,"), "number"),
        (PLAIN.replace(b"4.5,", b"04.5,"), "line 1"),
        (PLAIN.replace(b"capsule", b"\\ud800"), "surrogate"),
        (PLAIN.replace(b"capsule", b"\\uDC00"), "surrogate"),
        (json.dumps(a_request(extension={"a": "\ud800"})).encode(), "surrogate"),
        (json.dumps(a_request(prefetch={"a": "\ud800"})).encode(), "surrogate"),
        (b'{"hook":"order-sign","context":{"draftOrders":' + b'{"a":' * 150 + b"1" + b"}" * 150 + b"}}", "levels deep"),
        (b'{"hook":"order-sign","context":{"draftOrders":{"a":' + b"[" * 50_000, "levels deep"),
        (b"[" * 100_000, "levels deep"),
        (b'{"hook":"order-sign","prefetch":{"a":' + b"[" * 3_000 + b"]" * 3_000 + b'},"context":{}}', "levels deep"),
    ],
)  # fmt: skip
def test_what_is_no_json_is_refused_and_told_where_it_ceases_to_be(body: bytes, says: str):
    issues = refusal(body)
    assert says in issues[0].diagnostics


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"1", b"null", b"true"])
def test_a_body_that_is_no_object_is_refused(body: bytes):
    (issue,) = refusal(body)
    assert issue.diagnostics.startswith("Expected object, got ")


def test_a_text_with_both_halves_of_a_pair_is_welcome():
    assert read(PLAIN.replace(b"capsule", b"\\ud83d\\ude00")).context


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in a_request().items() if key != name}


@pytest.mark.parametrize(
    ("change", "place", "says"),
    [
        ({"hook": ...}, "hook", "Required: string is missing."),
        ({"hook": ""}, "hook", "Expected a string that is not empty."),
        ({"hook": 5}, "hook", "Expected string, got number."),
        ({"hook": None}, "hook", "Expected string, got null."),
        ({"hookInstance": 5}, "hookInstance", "Expected string or null, got number."),
        ({"fhirServer": []}, "fhirServer", "Expected string or null, got array."),
        ({"fhirAuthorization": "null"}, "fhirAuthorization", "Expected object or null, got string."),
        ({"fhirAuthorization": {"access_token": True}}, "fhirAuthorization.access_token",
         "Expected string or null, got boolean."),
        ({"context": ...}, "context", "Required: object is missing."),
        ({"context": []}, "context", "Expected object, got array."),
        ({"context": {}}, "context.draftOrders", "Required: object is missing."),
        ({"context": {"draftOrders": None}}, "context.draftOrders", "Expected object, got null."),
        ({"context": {"draftOrders": [a_draft()]}}, "context.draftOrders", "Expected object, got array."),
        ({"context": {"draftOrders": a_draft()}}, "context.draftOrders.resourceType",
         "Expected Bundle, got another text."),
        ({"context": {"draftOrders": {"entry": {}}}}, "context.draftOrders.entry",
         "Expected array or null, got object."),
        ({"context": {"draftOrders": {"entry": [None]}}}, "context.draftOrders.entry[0]", "Expected object, got null."),
        ({"context": {"draftOrders": {"entry": [{}, {"resource": "x"}]}}}, "context.draftOrders.entry[1].resource",
         "Expected object, got string."),
        ({"context": {"draftOrders": {}, "patientId": 7}}, "context.patientId", "Expected string or null, got number."),
        ({"prefetch": []}, "prefetch", "Expected object or null, got array."),
    ],
)  # fmt: skip
def test_a_wrong_or_missing_member_is_named_with_its_type(change: dict[str, Any], place: str, says: str):
    assert [(issue.expression, issue.diagnostics) for issue in refusal(a_request(**change))] == [(place, says)]


def test_everything_that_is_wrong_is_named_at_once():
    issues = refusal({"hook": 1, "context": {"userId": 2, "draftOrders": []}, "prefetch": "x"})
    assert {issue.expression for issue in issues} == {"hook", "prefetch", "context.userId", "context.draftOrders"}


def test_selections_are_looked_at_only_where_the_hook_has_them():
    wrong = a_request()
    wrong["context"]["selections"] = [5]
    assert read(wrong).context
    assert [issue.expression for issue in refusal(wrong, Hook.ORDER_SELECT)] == ["context.selections[0]"]


@pytest.mark.parametrize(
    ("change", "note"),
    [
        ({"hookInstance": ...}, "hookInstance is missing"),
        ({"hookInstance": None}, "hookInstance is missing"),
        ({"hookInstance": "step 7"}, "hookInstance is no UUID"),
        ({"hook": "patient-view"}, "hook is another than the service's"),
        ({"context": {"draftOrders": {}, "patientId": "1"}}, "context.userId is missing"),
        ({"context": {"draftOrders": {}, "userId": "Practitioner/1"}}, "context.patientId is missing"),
        ({"context": {"draftOrders": {}, "userId": "Practitioner/1", "patientId": "Patient/1"}},
         "context.patientId names a type"),
    ],
)  # fmt: skip
def test_what_the_answer_does_not_need_is_not_demanded_but_noted(change: dict[str, Any], note: str):
    assert read(a_request(**change)).notes == (note,)


@pytest.mark.parametrize(
    "change",
    [
        {"user": "Practitioner/1", "patient": "1", "encounter": "2", "redirect": "https://example.org"},
        {"extension": [1, "array"]},
        {"extension": "text"},
        {"extension": None},
        {"something": {"new": [1]}, "more": [2]},
        {"prefetch": None},
        {"prefetch": {}},
        {"prefetch": {"weird key": 5, "": "<html>", "a": [1], "b": True}},
        {"fhirAuthorization": None},
        {"fhirAuthorization": {}},
        {"fhirAuthorization": {"access_token": "", "expires_in": "300"}},
        {"fhirAuthorization": {"access_token": "x", "expires_in": 10**30, "patient": None}},
        {"fhirServer": None},
        {"hookInstance": "6ba7b810-9dad-11d1-80b4-00c04fd430c8"},
        {"context": {"userId": "Practitioner/1", "patientId": "1", "draftOrders": {}}},
        {"context": {"userId": "Practitioner/1", "patientId": "1", "encounterId": None, "draftOrders": {"entry": None}}},
        {"context": {"userId": "Practitioner/1", "patientId": "1", "draftOrders": {"entry": [{"fullUrl": "urn:x"}]}}},
    ],
)  # fmt: skip
def test_what_clients_send_besides_does_no_harm(change: dict[str, Any]):
    assert read(a_request(**change)).notes == ()


def test_an_empty_token_is_no_leave_to_read():
    assert read(a_request(fhirAuthorization={"access_token": ""})).fhir_authorization is None


def test_an_instance_that_is_no_uuid_stays_out_of_the_log():
    assert read(a_request(hookInstance="Ann Lee")).instance_for_logs is None
    assert read(a_request()).instance_for_logs == a_request()["hookInstance"]


# Members named twice


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        (b'{"hookInstance"', b'{"hook":"order-sign","hookInstance"', "hook"),
        (b'{"hookInstance"', b'{"ho\\u006fk":"order-sign","hookInstance"', "hook"),
        (b'{"hookInstance"', b'{"prefetch":{},"prefetch":{},"hookInstance"', "prefetch"),
        (b'{"hookInstance"', b'{"prefetch":{"a":1,"a":1},"hookInstance"', "prefetch.a"),
        (b'{"hookInstance"', b'{"prefetch":{"a":[1],"a":[1]},"hookInstance"', "prefetch.a"),
        (b'{"hookInstance"', b'{"prefetch":{"a":[1],"b":{},"a":[2]},"hookInstance"', "prefetch.a"),
        (b'{"hookInstance"', b'{"context":{},"hookInstance"', "context"),
        (b'{"hookInstance"', b'{"extension":{"x":1},"extension":{"x":1},"hookInstance"', "extension"),
        (b'{"hookInstance"', b'{"unknown":[1],"unknown":[1],"hookInstance"', "unknown"),
        (b'"patientId"', b'"patientId":"2","patientId"', "context.patientId"),
        (b'"patientId"', b'"patientId" :"made-up","patientId"', "context.patientId"),
        (b'"value"', b'"value":50,"value"',
         "context.draftOrders.entry[0].resource.dosageInstruction[0].doseAndRate[0].doseQuantity.value"),
        (b'"value"', b'"value"\n\t: 4.5,"value"',
         "context.draftOrders.entry[0].resource.dosageInstruction[0].doseAndRate[0].doseQuantity.value"),
        (b'"value"', b'"v\\u0061lue":50,"value"',
         "context.draftOrders.entry[0].resource.dosageInstruction[0].doseAndRate[0].doseQuantity.value"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_a_member_named_twice_is_refused_and_named(
    before: bytes, after: bytes, place: str, separators: tuple[str, str]
):
    body = json.dumps(a_request(), separators=separators).encode()
    changed = body.replace(before, after, 1)
    assert changed != body
    assert Issue("structure", "Named twice in one object.", place) in refusal(changed)


def test_a_strange_name_is_told_by_its_position():
    (issue,) = refusal(PLAIN.replace(b'"patientId"', b'"Ann Lee":1,"Ann Lee":2,"patientId"'))
    assert issue.expression == "context.(a member)"


def test_what_only_looks_like_a_name_is_no_alarm():
    text = 'say \\": or \\u0022: or "\\ :'
    body = a_request(a_draft(note=[{"text": text}, {"text": 'a": "b'}]), prefetch={"a": {"b": '": "'}, 'q"': [1]})
    for separators in ((",", ":"), (", ", ": "), (" , ", " : ")):
        assert read(json.dumps(body, separators=separators).encode()).context == body["context"]
    assert read(json.dumps(body, indent=2, ensure_ascii=False).encode()).prefetch['q"'] is not None


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=4)
    | st.sampled_from(['":', '\\":', '" :', "{", "}", ","]),
    lambda inner: st.lists(inner, max_size=3) | st.lists(st.tuples(st.text('ab"\\: ', max_size=2), inner), max_size=4),
    max_leaves=12,
)


def written(value: Any, data: st.DataObject) -> str:
    """JSON of a drawn value; a list of pairs is an object, in which names may come twice, and white space is anywhere."""
    space = data.draw(st.sampled_from(["", "", " ", "\n\t"]))
    if isinstance(value, list) and value and all(isinstance(one, tuple) for one in value):
        members = (f"{written(name, data)}{space}:{space}{written(member, data)}" for name, member in value)
        return "{" + space + f"{space},".join(members) + space + "}"
    if isinstance(value, list):
        return "[" + ",".join(written(one, data) for one in value) + space + "]"
    return json.dumps(value, ensure_ascii=data.draw(st.booleans()))


def has_doubles(text: str) -> bool:
    doubled = False

    def build(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal doubled
        doubled = doubled or len(dict(pairs)) != len(pairs)
        return dict(pairs)

    json.loads(text, object_pairs_hook=build)
    return doubled


@given(value=values, data=st.data())
def test_no_doubled_name_in_a_context_is_ever_missed(value: Any, data: st.DataObject):
    """The cheap checks may raise a false alarm, and the whole never does: refused exactly when a name comes twice."""
    inner = written(value, data)
    body = f'{{"hook":"order-sign","context":{{"draftOrders":{{"x":{inner}}}}}}}'
    try:
        read(body.encode())
        refused = False
    except Refusal:
        refused = True
    assert refused == has_doubles(body)


@given(members=st.lists(st.tuples(st.text('ab"\\: é', max_size=2), values), max_size=5), data=st.data())
def test_no_doubled_prefetch_key_or_root_member_is_ever_missed(members: list[tuple[str, Any]], data: st.DataObject):
    texts = [(written(name, data), written(value, data)) for name, value in members]
    space = data.draw(st.sampled_from(["", " ", "\r\n"]))
    inner = ",".join(f"{space}{name}{space}:{value}" for name, value in texts)
    names = [json.loads(name) for name, _ in texts]
    expected = len(set(names)) != len(names)
    # Doubles deep inside prefetched data are left unread on purpose, unless a false alarm makes us look.
    deep = any(has_doubles(value) for _, value in texts)
    for body in (
        f'{{"hook":"order-sign","context":{{"draftOrders":{{}}}},"prefetch":{{{inner}{space}}}}}',
        f'{{"hook":"order-sign","context":{{"draftOrders":{{}}}}{"," if inner else ""}{inner}}}',
    ):
        try:
            read(body.encode())
            refused = False
        except Refusal:
            refused = True
        assert refused == expected or (deep and refused)


# The types and the schemas say the same


anything = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
text_or_not = st.text(max_size=3) | anything
entries = st.lists(
    st.fixed_dictionaries(
        {}, optional={"resource": st.dictionaries(st.text(max_size=2), anything, max_size=2) | anything}
    )
    | anything,
    max_size=2,
)
bundles = st.fixed_dictionaries(
    {},
    optional={"resourceType": st.sampled_from(["Bundle", "Bundle", "bundle"]) | anything, "entry": entries | anything},
)
contexts = st.fixed_dictionaries(
    {},
    optional={
        "draftOrders": bundles | bundles | anything,
        "userId": text_or_not,
        "patientId": text_or_not,
        "encounterId": text_or_not,
        "selections": st.lists(text_or_not, max_size=2) | anything,
        "medications": bundles | bundles | anything,
        "dispatchedOrders": st.lists(text_or_not, max_size=2) | anything,
        "order": text_or_not,
        "performer": text_or_not,
        "fulfillmentTasks": st.lists(anything, max_size=2) | anything,
        "fulfillment-tasks": st.lists(anything, max_size=2) | anything,
        "task": anything,
    },
)
authorizations = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("access_token", "token_type", "expires_in", "scope", "subject", "patient"), text_or_not),
)
envelopes = st.fixed_dictionaries(
    {},
    optional={
        "hook": st.just("order-sign") | st.just("order-select") | text_or_not,
        "hookInstance": text_or_not,
        "fhirServer": text_or_not,
        "fhirAuthorization": authorizations | anything,
        "context": contexts | contexts | contexts | anything,
        "prefetch": st.dictionaries(st.text(max_size=3), anything, max_size=2) | anything,
        "extension": anything,
        "user": anything,
    },
)


@given(body=envelopes | anything, hook=st.sampled_from(list(Hook)))
@example(body={"hook": "", "context": {"draftOrders": {}}}, hook=Hook.ORDER_SIGN)
def test_the_types_accept_what_the_schemas_accept(body: Any, hook: Hook):
    issues = contracts.problems_of(body, "request")
    if isinstance(body, dict) and isinstance(body.get("context"), dict):
        issues += contracts.problems_of(body["context"], f"context-{hook}", at="context")
    text = json.dumps(body).encode()
    if issues:
        assert set(refusal(text, hook)) == set(issues)
    else:
        assert read(text, hook).context == body["context"]


def test_depth_is_counted_outside_strings():
    assert syntax.depth_of(b'{"a":"[[[[\\"{{{","b":[[]]}') == 3


# At the door


def test_a_context_that_suits_the_service_is_answered_whatever_hook_the_body_names(desk: Desk):
    """Seen: a sandbox that names patient-view while it sends drafts to the order-sign service."""
    assert desk.post(SIGN, a_request(hook="patient-view")).status_code == 200
    assert desk.clinic.last.hook is Hook.ORDER_SIGN
    assert desk.log[-1]["notes"] == ["hook is another than the service's"]


def test_a_context_that_does_not_suit_the_service_is_refused(desk: Desk):
    patient_view = a_request(hook="patient-view", context={"userId": "Practitioner/1", "patientId": "1"})
    assert_refused(desk.post(SIGN, patient_view), 400, "context.draftOrders")


def test_order_select_without_selections_is_answered(desk: Desk):
    assert desk.post(SELECT, a_request(hook="order-select")).status_code == 200
    assert "selections" not in desk.clinic.last.context


def test_the_clinic_gets_prefetch_undecoded(desk: Desk):
    body = b'{"hook":"order-sign","context":{"draftOrders":{}},"prefetch":{ "a" : {"x":  1.50} ,"b":null}}'
    assert desk.post(SIGN, body).status_code == 200
    assert desk.clinic.last.prefetch == {"a": b'{"x":  1.50}', "b": None}


def test_a_clinic_that_cannot_go_so_deep_refuses_the_client_not_itself():
    deep = {"a": json.loads('{"a":' * 300 + "1" + "}" * 300)}
    assert_refused(Desk(FakeClinic(raises=RecursionError())).sign(a_request(prefetch=deep)), 400)
    assert_refused(Desk(FakeClinic(raises=RecursionError())).sign(a_request()), 500)
