"""Rules that are silenced and heard again, clients and their connection, the audit log."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from cds_hooks.databases import writing
from cds_hooks.memory.stamps import stamp
from cds_hooks.people.roles import Role
from cds_hooks.tables import AUDIT, CLIENT_SIGNS
from tests.charts import the_clinic
from tests.desk.rooms import NOW, production, shown

BOOK = the_clinic().book
RULE = next(rule.page.rule for rule in BOOK.rules if not rule.page.stays_on)
LASTING = next(rule.page for rule in BOOK.rules if rule.page.stays_on)


def silence(room, **form: str):
    told = {"client": "", "days": "7", "mode": "silent", "reason": "fires on every order"} | form
    return room.send_as_seen(f"/desk/rules/{RULE}", f"/desk/rules/{RULE}/silence", **told)


def test_a_rule_is_silenced_with_a_reason_and_an_end_and_heard_again(room):
    page = room.follow(silence(room))
    assert "fires on every order" in page
    assert "1 Dec 2026, 12:00" in page
    assert ">silent</span>" in page
    assert "Hear it again" in page
    page = room.follow(room.send_as_seen(f"/desk/rules/{RULE}", f"/desk/rules/{RULE}/hear"))
    assert "It is heard everywhere." in page
    assert room.audited() == [("rule silenced", RULE), ("rule heard again", RULE)]


def test_a_silence_that_has_ended_is_not_shown(room):
    room.follow(silence(room, days="1"))
    room.moment = NOW + timedelta(days=1, seconds=1)
    assert "It is heard everywhere." in room.text(f"/desk/rules/{RULE}")


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"reason": "  "}, "A reason is needed"),
        ({"days": "soon"}, "Choose for how long."),
        ({"days": "-3"}, "Choose for how long."),
        ({"mode": "deaf"}, "Choose one of: silent, retired."),
        ({"reason": "x" * 501}, "Use up to 500 characters"),
    ],
)
def test_a_silence_that_is_not_filled_in_changes_nothing(room, form, expected):
    answer = silence(room, **form)
    assert answer.status_code == 422
    assert expected in shown(answer)
    assert "It is heard everywhere." in room.text(f"/desk/rules/{RULE}")


def test_a_rule_that_must_be_heard_cannot_be_silenced(room):
    page = room.text(f"/desk/rules/{LASTING.rule}")
    assert "It may not be silenced." in page
    assert "/silence" not in page
    csrf = room.hidden(f"/desk/rules/{RULE}", f"/desk/rules/{RULE}/silence")["csrf"]
    answer = room.send(
        f"/desk/rules/{LASTING.rule}/silence", csrf=csrf, days="7", mode="silent", reason="no", client=""
    )
    assert answer.status_code == 422
    assert LASTING.stays_on.split(".")[0] in shown(answer)


@pytest.mark.parametrize("role", list(Role))
def test_only_approvers_and_admins_silence(a_room, role):
    room = a_room(**production())
    room.history.card()
    room.sign_in("ann", role)
    may = role in (Role.APPROVER, Role.ADMIN)
    assert ("/silence" in room.text(f"/desk/rules/{RULE}")) is may
    if not may:
        answer = room.send(f"/desk/rules/{RULE}/silence", reason="x", days="1", mode="silent", client="north")
        assert answer.status_code == 403


def test_who_sees_one_tenant_silences_for_its_clients_alone(a_room):
    room = a_room(**production())
    room.history.card(client="north")
    room.history.card(client="south", tenant="t2")
    room.sign_in("ann", Role.APPROVER)
    for client in ("", "south"):
        answer = silence(room, client=client)
        assert answer.status_code == 403
        assert "Choose one of your clients" in shown(answer)
    assert "north" in room.follow(silence(room, client="north"))


def test_the_rules_show_their_figures_and_what_wants_attention(room):
    for n in range(12):
        card = room.history.card(RULE, days_ago=n + 1, outcome="overridden")
        room.history.feedback(card, "overridden")
    for n in range(20):
        room.history.verdict(room.history.card(RULE, days_ago=n + 1), "appropriate" if n else "inappropriate")
    page = room.text("/desk/rules")
    row = page.split(f'href="/desk/rules/{RULE}"')[1].split("</tr>")[0]
    assert "95\N{NO-BREAK SPACE}%" in row
    assert "(76\N{NO-BREAK SPACE}% to 99\N{NO-BREAK SPACE}%)" in row
    assert "noisy" in row
    assert 'data-label="For 100 orders" class="number">100.0' in row
    assert "silent for 30 days" in page
    assert "silent for 30 days" not in row


def test_a_rule_shows_how_each_of_its_versions_did(room):
    for n in range(4):
        card = room.history.card(RULE, days_ago=9 + n, outcome="overridden", rule_version="1.0.0")
        room.history.feedback(card, "overridden")
    for n in range(20):
        card = room.history.card(RULE, days_ago=n / 10, outcome="accepted", rule_version="1.1.0")
        room.history.verdict(card)
    table = room.text(f"/desk/rules/{RULE}").split("<h2>Its versions</h2>")[1].split("</table>")[0]
    newer, older = table.split("<tr>")[2:]
    assert f'href="/desk?rule={RULE}&amp;version=1.1.0"' in newer
    assert 'data-label="Accepted" class="number">100\N{NO-BREAK SPACE}%<' in newer
    assert "100\N{NO-BREAK SPACE}% <span" in newer, "judged appropriate, with its interval"
    assert 'data-label="Accepted" class="number">0\N{NO-BREAK SPACE}%<' in older
    assert "0 judged" in older
    assert "version 1.1.0" in room.text("/desk/dashboard")


def test_the_list_of_rules_draws_their_cards_day_by_day(room):
    room.history.card(RULE)
    page = room.text("/desk/rules")
    row = page.split(f'href="/desk/rules/{RULE}"')[1].split("</tr>")[0]
    assert 'aria-label="Cards a day in 30 days, at most 1"' in row
    assert page.count('class="sparkline"') == 1


def test_clients_are_told_with_their_last_refusal_and_what_to_do(room):
    room.history.call(1)
    with writing(room.engine) as connection:
        for kind, detail in (("refusal", {"why": "the token is too old"}), ("keys", {"kids": ["k1", "k2"]})):
            told = {"client": "north", "kind": kind, "at": stamp(NOW), "detail_json": json.dumps(detail)}
            connection.execute(insert(CLIENT_SIGNS).values(told))
    page = room.text("/desk/clients")
    assert "Its latest call was refused." in page
    assert "the token is too old" in page
    assert "k1, k2" in page
    assert "It has never sent feedback" in page


def test_clients_of_other_tenants_are_not_shown(a_room):
    room = a_room(**production())
    room.history.call(1)
    room.history.call(1, client="south", tenant="t2")
    room.sign_in("ann", Role.AUDITOR)
    page = room.text("/desk/clients")
    assert "north" in page
    assert "south" not in page


def test_the_audit_log_is_shown_and_its_chain_checked(room):
    uuid = room.history.card()
    room.text(f"/desk/cards/{uuid}")
    page = room.text("/desk/audit?verify=yes")
    assert "The chain is whole:" in page
    assert uuid in page
    assert uuid not in room.text("/desk/audit?what=sign-in")
    with writing(room.engine) as connection:
        connection.execute(update(AUDIT).where(AUDIT.c.number == 1).values(who="somebody else"))
    assert "The chain is broken at event 1:" in room.text("/desk/audit?verify=yes")


def test_the_audit_log_goes_on_page_by_page(room):
    for _ in range(101):
        room.doors.notes.append(who="ann", role="admin", what="export", about="x", tenant="", result="done", detail={})
    page = room.text("/desk/audit")
    assert "below=2" in page
    assert room.page("/desk/audit?below=2").status_code == 200
    assert room.page("/desk/audit?below=x").status_code == 400


@pytest.mark.parametrize(
    ("path", "roles"),
    [
        ("/desk", set(Role)),
        ("/desk/without-cards", set(Role)),
        ("/desk/rules", set(Role)),
        ("/desk/clients", {Role.AUDITOR, Role.ADMIN}),
        ("/desk/audit", {Role.AUDITOR, Role.ADMIN}),
    ],
)
@pytest.mark.parametrize("role", list(Role))
def test_each_role_sees_what_its_row_of_the_table_says(a_room, path, roles, role):
    room = a_room(**production())
    room.sign_in("ann", role)
    assert room.page(path).status_code == (200 if role in roles else 403)


@pytest.mark.parametrize("path", ["/desk", "/desk/without-cards", "/desk/rules", "/desk/clients", "/desk/audit"])
def test_nobody_reads_the_desk_without_signing_in(a_room, path):
    answer = a_room(**production()).page(path)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/sign-in?next=%2Fdesk")
