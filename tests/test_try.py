"""The page to try the service: what it sends, what it keeps, and what it does with what it cannot read."""

from __future__ import annotations

import html
import json
import re
from decimal import Decimal
from html.parser import HTMLParser
from threading import Barrier, Thread
from typing import Any

import pytest

from cds_hooks.settings import Settings
from cds_hooks.store import Outcome
from cds_hooks.trying.orders import Filled, draft_of, filled_from
from cds_hooks.trying.patients import PATIENTS, known
from cds_hooks.trying.sheet import Sheet
from cds_hooks.trying.twice import Acts
from cds_hooks.wire import encode
from tests.desks import Desk
from tests.scenes import the_clinic

BROWSER = {"Accept": "text/html"}


class _Form(HTMLParser):
    """The fields of the page with what a browser would send of them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._choosing = self._writing = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "input" and (told["type"] not in ("checkbox", "radio") or "checked" in told):
            self.fields[told["name"]] = told.get("value", "")
        elif tag == "select":
            self._choosing = told["name"]
        elif tag == "option" and self._choosing and ("selected" in told or self._choosing not in self.fields):
            self.fields[self._choosing] = told["value"]
        elif tag == "textarea":
            self._writing = told["name"]
            self.fields[self._writing] = ""

    def handle_data(self, data: str) -> None:
        if self._writing:
            self.fields[self._writing] += data

    def handle_endtag(self, tag: str) -> None:
        if tag in ("select", "textarea"):
            self._choosing = self._writing = ""


@pytest.fixture
def house() -> Desk:
    return Desk(the_clinic())


def shown(house: Desk, patient: str) -> dict[str, str]:
    return _Form(house.client.get(f"/try?patient={patient}", headers=BROWSER).text).fields


def press(house: Desk, fields: dict[str, str], **pressed: str) -> Any:
    return house.client.post("/try", data={**fields, **pressed}, headers=BROWSER)


@pytest.mark.parametrize("patient", [one.name for one in PATIENTS])
def test_the_page_shows_the_cards_that_the_service_sends(house: Desk, patient: str):
    fields = shown(house, patient)
    page = press(house, fields)
    assert page.status_code == 200
    served = house.post("/cds-services/ldn-order-sign", json.loads(known()[patient][1].body)).json["cards"]
    found = [html.unescape(one) for one in re.findall(r'<h3 class="card-summary">(.*?)</h3>', page.text)]
    assert found[: len(served)] == [card["summary"] for card in served]
    assert len(found) == 2 * len(served)  # as a prescriber sees them, and in a narrow side bar
    assert _Form(page.text).fields["orders"] == fields["orders"], "an order that nobody touched was changed"


def test_signing_keeps_nothing_unless_it_is_asked_for(house: Desk):
    fields = shown(house, "oxycodone_still_taken")
    press(house, fields)
    assert house.store._cards == {}
    kept = press(house, fields, keep="yes")
    (card,) = [name for _, _, name in house.store._cards]
    assert _Form(kept.text).fields["names"].split()[0] == card
    press(house, _Form(kept.text).fields, accept="0.0")
    (feedback,) = house.store.feedback
    assert feedback.card == card
    assert not house.store.is_orphan(feedback)


def test_an_accepted_suggestion_changes_the_order_and_reaches_the_service(house: Desk):
    signed = _Form(press(house, shown(house, "no_time_of_day")).text).fields
    mended = press(house, signed, accept="0.0")
    assert "No card" in mended.text
    order = json.loads(_Form(mended.text).fields["orders"])[0]
    assert order["dosageInstruction"][0]["timing"]["repeat"]["when"] == ["HS"]
    (feedback,) = house.store.feedback
    assert (feedback.outcome, feedback.card) == (Outcome.ACCEPTED, signed["names"].split()[0])
    assert feedback.accepted == (signed["names"].split()[1],)


def test_a_removed_order_leaves_an_empty_sheet_on_which_another_can_be_written(house: Desk):
    signed = _Form(press(house, shown(house, "oxycodone_still_taken")).text).fields
    removed = press(house, signed, accept="0.0")
    assert "The order was removed from the sheet." in removed.text
    fields = _Form(removed.text).fields
    assert fields["orders"] == "[]"
    again = press(house, fields | {"drug": "naltrexone", "dose": "3"})
    assert "Hold naltrexone?" in again.text


def test_a_card_set_aside_keeps_its_reason_and_its_name(house: Desk):
    signed = _Form(press(house, shown(house, "oxycodone_still_taken")).text).fields
    page = press(house, signed, **{"override": "0", "reason-0": "risk-benefit-ratio", "comment-0": "<b>why</b>"})
    assert "Set aside: Benefit judged greater than the risk" in page.text
    (feedback,) = house.store.feedback
    assert (feedback.card, feedback.comments) == (signed["names"].split()[0], ("<b>why</b>",))
    assert feedback.reasons[0].system == "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"
    assert _Form(page.text).fields["names"] == signed["names"]


def test_a_field_that_cannot_be_written_is_named_and_nothing_is_lost(house: Desk):
    fields = shown(house, "no_time_of_day") | {"dose": "four", "quantity": "-1", "supply": "a month", "note": "keep me"}
    page = press(house, fields)
    assert page.status_code == 400
    after = _Form(page.text).fields
    assert (after["dose"], after["quantity"], after["note"]) == ("four", "-1", "keep me")
    for name in ("dose", "quantity", "supply"):
        assert f'id="{name}-wrong"' in page.text
    assert page.text.count('aria-invalid="true"') == 3


BAD = {
    "empty": "",
    "no JSON": '{"hook": "order-sign",',
    "a list": "[1, 2]",
    "another hook": '{"hook": "appointment-book", "context": {}}',
    "no context": '{"hook": "order-sign"}',
    "a text for context": '{"hook": "order-sign", "context": "x", "prefetch": []}',
    "orders that are none": '{"hook":"order-sign","context":{"patientId":"1","draftOrders":{"entry":[7]}}}',
    "too deep": '{"hook":' + "[" * 500 + "]" * 500 + "}",
    "markup": "</textarea><script>alert(1)</script>",
    "a page": "<html><body>Bad Gateway</body></html>",
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_what_is_no_request_gets_a_clear_page_and_comes_back_whole(house: Desk, text: str):
    page = press(house, {"request": text})
    assert (page.status_code, page.mimetype) == (400, "text/html")
    assert "That is not a request this service can answer." in page.text
    assert 'role="alert"' in page.text
    assert _Form(page.text).fields["request"].lstrip("\n") == text
    assert "<script>alert" not in page.text


def test_a_paste_of_twenty_megabytes_comes_back_up_to_the_limit(house: Desk):
    text = json.dumps({"hook": "order-sign", "context": {}, "prefetch": {"x": "é" * 10_000_000}}, ensure_ascii=False)
    assert len(text.encode()) > 20_000_000
    sent = f'--part\r\nContent-Disposition: form-data; name="request"\r\n\r\n{text}\r\n--part--\r\n'.encode()
    page = house.client.post("/try", data=sent, content_type="multipart/form-data; boundary=part", headers=BROWSER)
    assert page.status_code == 413
    assert "this service takes 8,000,000" in page.text
    back = html.unescape(re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page.text, re.DOTALL)[1])
    assert text.startswith(back)
    assert len(back.encode()) > 7_999_990


@pytest.mark.parametrize(
    "fields",
    [
        {"patient": "nobody"},
        {"patient": "no_time_of_day", "orders": "{"},
        {"patient": "no_time_of_day", "orders": "[1]"},
        {"patient": "no_time_of_day", "names": "x", "accept": "7.0"},
        {"patient": "no_time_of_day", "names": "x", "accept": "0.99"},
        {"patient": "no_time_of_day", "names": "x", "override": "-1"},
    ],
)
def test_a_form_that_was_tampered_with_gets_a_page(house: Desk, fields: dict[str, str]):
    page = press(house, fields)
    assert page.status_code in (400, 404)
    assert page.mimetype == "text/html"


def test_a_pasted_request_is_answered_and_mended_in_place(house: Desk):
    request = known()["no_time_of_day"][1].body.decode()
    page = press(house, {"request": request})
    assert "Add a time of day" in page.text
    mended = press(house, _Form(page.text).fields, accept="0.0")
    assert "No card" in mended.text
    draft = json.loads(_Form(mended.text).fields["request"])["context"]["draftOrders"]["entry"][0]["resource"]
    assert draft["dosageInstruction"][0]["timing"]["repeat"]["when"] == ["HS"]


def test_a_patient_view_without_any_medication_list_is_refused_as_the_service_does(house: Desk):
    page = press(
        house, {"request": '{"hook":"patient-view","hookInstance":"x","context":{"userId":"x","patientId":"1"}}'}
    )
    assert page.status_code == 412
    assert "No medication list was sent" in page.text


@pytest.mark.parametrize("patient", ["oxycodone_still_taken", "complete_order_for_a_healthy_chart"])
def test_a_form_that_is_sent_twice_keeps_one_call(house: Desk, patient: str):
    fields = shown(house, patient) | {"keep": "yes"}
    kept = []
    remember = house.store.remember
    house.store.remember = lambda call: (kept.append(call), remember(call))
    first, again = press(house, fields), press(house, fields)
    assert len(kept) == 1
    assert _Form(first.text).fields["names"] == _Form(again.text).fields["names"]
    press(house, fields | {"dose": "45"})
    assert len(kept) == 2, "another order on the same page was taken for the same"
    press(house, _Form(again.text).fields | {"keep": "yes"})
    assert len(kept) == 3, "signing again on the page that came back is a call of its own"


def test_a_form_that_is_sent_twice_sends_its_feedback_once(house: Desk):
    signed = _Form(press(house, shown(house, "oxycodone_still_taken")).text).fields
    aside = {"override": "0", "reason-0": "risk-benefit-ratio"}
    pages = [press(house, signed, **aside), press(house, signed, **aside)]
    assert [page.text.count("Feedback was sent, and the service kept it.") for page in pages] == [1, 1]
    (feedback,) = house.store.feedback
    taken = [press(house, signed, accept="0.0"), press(house, signed, accept="0.0")]
    assert [_Form(page.text).fields["orders"] for page in taken] == ["[]", "[]"]
    assert [one.outcome for one in house.store.feedback] == [feedback.outcome, Outcome.ACCEPTED]


def test_what_is_done_at_the_same_moment_is_done_once():
    acts, waiting, done = Acts(iter("123").__next__), Barrier(2, timeout=10), []

    def press_it() -> None:
        waiting.wait()
        with acts.once("a page", b"sign") as act:
            if act.kept is None:
                done.append(act.at)
                act.kept = []

    hands = [Thread(target=press_it) for _ in range(2)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join(10)
    assert len(done) == 1


def test_only_so_many_acts_are_remembered():
    acts = Acts(iter("1234").__next__, most=2)
    moments = []
    for what in (b"a", b"b", b"c", b"a"):
        with acts.once("a page", what) as act:
            moments.append(act.at)
    assert moments == ["1", "2", "3", "4"]


def test_cards_lead_to_our_own_pages_as_those_of_the_service_do():
    house = Desk(the_clinic(), Settings(public_url="http://127.0.0.1:8000/ldn"))
    page = press(house, shown(house, "no_time_of_day"))
    assert 'href="http://127.0.0.1:8000/ldn/rules/ldn-timing-unspecified"' in page.text


def test_an_unknown_patient_is_not_found(house: Desk):
    assert house.client.get("/try?patient=<b>", headers=BROWSER).status_code == 404


# --- the form and the order ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("patient", [one.name for one in PATIENTS])
def test_an_untouched_form_gives_the_same_order_to_the_byte(patient: str):
    (draft, *_) = known()[patient][1].drafts
    assert encode(draft_of(filled_from(draft), draft)) == encode(draft)


@pytest.mark.parametrize(
    "filled",
    [
        Filled("naltrexone", "capsule", "4.50", "mg", "bedtime", "Fibromyalgia", "30", "30", "", "no lactose"),
        Filled("naltrexone", "liquid", "1.5", "mg", "morning", "", "45", "30"),
        Filled("naltrexone 50 mg tablet", "tablet", "50", "mg", "daily", "Alcohol dependence"),
        Filled("oxycodone 5 mg tablet", "tablet", "5", "mg", "six-hourly", "", "20"),
        Filled("something else", "", "", "mg", "", "", "", "", "as directed"),
    ],
)
def test_what_is_filled_in_comes_back_from_the_order(filled: Filled):
    assert filled_from(draft_of(filled, {"id": "draft-1", "subject": {"reference": "Patient/x"}})) == filled


def test_a_changed_dose_is_written_into_the_directions_too():
    (draft, *_) = known()["complete_order_for_a_healthy_chart"][1].drafts
    before = filled_from(draft)
    changed = draft_of(Filled(**{name: getattr(before, name) for name in before.__slots__} | {"dose": "3"}), draft)
    (dosage,) = changed["dosageInstruction"]
    assert dosage["text"] == "Take 3 mg by mouth once daily at bedtime"
    assert dosage["doseAndRate"][0]["doseQuantity"]["value"] == Decimal(3)
    assert "3 mg" in changed["medicationCodeableConcept"]["text"]
    assert changed["reasonCode"] == draft["reasonCode"]


def test_a_suggestion_adds_orders_to_the_sheet_and_lists_the_rest_beside_it():
    order = {"resourceType": "MedicationRequest", "id": "draft-1"}
    task = {"resourceType": "Task", "description": "Ask"}
    actions = [
        {"type": "create", "description": "a", "resource": {"resourceType": "ServiceRequest"}},
        {"type": "create", "description": "b", "resource": task},
    ]
    sheet = Sheet((order,)).accepting({"label": "Both", "actions": actions})
    assert sheet.orders == (order, {"resourceType": "ServiceRequest", "id": "new-2"})
    assert (sheet.beside, sheet.said) == ((task,), ("a", "b"))
