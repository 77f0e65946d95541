"""The page of a card: as sent, what is behind it, and what became of it."""

from __future__ import annotations

import json
import re

import pytest

from cds_hooks.people.roles import Role
from tests.desk.rooms import keep_a_real_call, production, shown


def test_a_real_card_is_shown_with_facts_trace_basis_and_time_line(room):
    uuid = keep_a_real_call(room)
    page = room.text(f"/desk/cards/{uuid}")
    for heading in ("Facts", "Why", "Basis", "Action", "Time line", "Raw"):
        assert f'<h2 class="unseen">{heading}</h2>' in page
    assert "45\N{NO-BREAK SPACE}mg" in page or "45 mg" in page
    assert '<span class="answer">met</span>' in page
    assert "Silent" in page
    assert "Strength of the evidence" in page
    assert "nobody yet" in page
    assert "Called" in page
    assert "Answered" in page
    assert "MedicationRequest" in page


@pytest.mark.parametrize(
    ("skin", "mark"),
    [("sandbox", '<section class="card '), ("narrow", "card-narrow"), ("plain", '<pre class="card-plain')],
)
def test_the_card_is_shown_in_three_skins(room, skin, mark):
    uuid = keep_a_real_call(room)
    assert mark in room.text(f"/desk/cards/{uuid}?skin={skin}")


def test_each_opening_is_written_down(room):
    uuid = keep_a_real_call(room)
    room.text(f"/desk/cards/{uuid}")
    room.text(f"/desk/cards/{uuid}/raw")
    assert room.audited() == [("card opened", uuid), ("raw opened", uuid)]


def test_what_a_suggestion_changes_is_told_in_words_although_no_request_is_kept(room):
    page = room.text(f"/desk/cards/{keep_a_real_call(room)}")
    rows = re.findall(
        r'<th scope="row">([^<]+)</th><td data-label="Before"><del>([^<]*)</del></td><td data-label="After">', page
    )
    assert rows, "no difference is shown"
    assert all("resource type" not in place for place, _ in rows)
    assert any("45" in before for _, before in rows)
    assert "The order itself is no longer kept" not in page


def test_an_order_that_is_no_longer_kept_is_told_as_read(room):
    """A call of the time before orders were kept, and one whose facts were purged."""
    page = room.text(f"/desk/cards/{keep_a_real_call(room, facts_json='{}')}")
    assert "The order itself is no longer kept. As read it was:" in page


def test_each_fact_is_shown_with_its_age_its_source_its_state_and_who_used_it(room):
    uuid = keep_a_real_call(room, "order-sign/oxycodone_still_taken", fetches={"medicationDispenses": ""})
    table = room.text(f"/desk/cards/{uuid}").split("<h3>What the rules looked at</h3>")[1].split("</table>")[0]
    row = next(one for one in table.split("<tr>") if "oxycodone" in one)
    assert "dispensed Feb 24, 2026" in row
    assert '<td data-label="Age in days" class="number">6</td>' in row
    assert '<td data-label="From, state">read from /MedicationDispense<br>received</td>' in row
    assert "patient=" not in row
    assert "An opioid is taken while naltrexone is ordered" in row
    draft = next(one for one in table.split("<tr>") if "the draft orders of the call" in one)
    assert "naltrexone 1.5" in draft


def test_the_facts_of_a_call_without_a_trace_are_those_of_its_findings(room):
    uuid = keep_a_real_call(room, "order-sign/oxycodone_still_taken", trace=None)
    table = room.text(f"/desk/cards/{uuid}").split("<h3>What the rules looked at</h3>")[1].split("</table>")[0]
    assert "sent as medicationDispenses" in table
    assert "<code>MedicationDispense/dispense-1</code>" in table


def test_data_that_did_not_come_is_told_with_the_rules_that_could_not_be_asked(room):
    uuid = keep_a_real_call(room, "order-sign/orders_answered_with_an_error")
    table = room.text(f"/desk/cards/{uuid}").split("<h3>Data</h3>")[1].split("</table>")[0]
    row = next(one for one in table.split("<tr>") if "medication orders" in one)
    assert '<td data-label="State">could not be read</td>' in row
    assert "An opioid is taken while naltrexone is ordered" in row


def test_what_the_prescriber_answered_stands_beside_the_card_and_in_the_time_line(room):
    uuid = room.history.card(days_ago=2, outcome="overridden")
    reasons = [{"code": "risk-benefit-ratio"}]
    room.history.feedback(uuid, "overridden", comments=["patient <b>knows</b>"], reasons=reasons)
    seen, line = room.text(f"/desk/cards/{uuid}").split('<ol class="time-line">')
    assert "<p>patient &lt;b&gt;knows&lt;/b&gt;</p>" in seen
    assert "Feedback" in line
    assert "overridden · risk-benefit-ratio · “patient &lt;b&gt;knows&lt;/b&gt;”" in line


def test_a_further_call_about_the_same_patient_stands_in_the_time_line(room):
    call = room.history.call(2, patient="aa", orders_json='[{"what": "naltrexone 45 mg", "read": []}]')
    uuid = room.history.card(days_ago=2, call=call)
    again = room.history.call(1, patient="aa", orders_json='[{"what": "naltrexone 4.5 mg", "read": []}]')
    other = room.history.call(1, patient="bb")
    late = room.history.call(-8, patient="aa")
    line = room.text(f"/desk/cards/{uuid}").split('<ol class="time-line">')[1].split("</ol>")[0]
    assert f'<a href="/desk/calls/{again}">Called again: order-sign</a></strong> naltrexone 4.5 mg' in line
    assert other not in line
    assert f"/desk/calls/{late}" not in line
    assert room.page(f"/desk/calls/{again}").status_code == 200


@pytest.mark.parametrize(
    ("role", "status"), [(Role.REVIEWER, 403), (Role.APPROVER, 403), (Role.AUDITOR, 200), (Role.ADMIN, 200)]
)
def test_the_json_needs_a_permission_of_its_own(a_room, role, status):
    room = a_room(**production())
    uuid = room.history.card(sent_json='{"summary": "a </pre><script>x</script>"}')
    room.sign_in("ann", role)
    answer = room.page(f"/desk/cards/{uuid}/raw")
    assert answer.status_code == status
    assert "<script>x" not in shown(answer)


def test_a_card_nobody_knows_is_a_clear_page(room):
    answer = room.page("/desk/cards/00000000-0000-4000-8000-000000000000")
    assert answer.status_code == 404
    assert "There is no such card, or it is not among those you may see." in shown(answer)


def test_markup_in_a_card_never_runs(room):
    evil = "<img src=x onerror=alert(1)><script>alert(2)</script>[x](javascript:alert(3))"
    card = {"summary": "S", "indicator": "warning", "detail": evil, "source": {"label": "<b>L</b>"}}
    sent = json.dumps(card | {"suggestions": [{"label": "<i>do</i>", "actions": []}]})
    page = room.text(f"/desk/cards/{room.history.card(sent_json=sent)}")
    for live in ("<img", "<script>alert", 'href="javascript', "<b>L", "<i>do"):
        assert live not in page


def test_the_state_of_data_is_told_in_words(room):
    call = room.history.call(states_json='{"allergies": "partial", "conditions": "none", "vital signs": "not_sent"}')
    page = room.text(f"/desk/cards/{room.history.card(call=call)}")
    for words in ("only partly received", "asked, and there is none", "not sent"):
        assert f'<td data-label="State">{words}</td>' in page
