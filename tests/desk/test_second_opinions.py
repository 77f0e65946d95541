"""A second opinion that is asked for: by whom, for whom it waits, and until when."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from cds_hooks.people.roles import Role
from tests.desk.rooms import NOW, production, shown
from tests.desk.test_work_list import uuids


@pytest.fixture
def office(a_room):
    """A desk where people sign in."""
    return a_room(**production())


def a_card(room, number: int = 1, **told) -> str:
    """A card that no lot has drawn for a second review."""
    return room.history.card(uuid=f"00000000-0000-4000-8000-{number:010x}ff", **told)


def ask(room, uuid: str, query: str = ""):
    page = f"/desk/cards/{uuid}{'?' + query if query else ''}"
    return room.send_as_seen(page, f"/desk/cards/{uuid}/second-opinion")


def waiting(room) -> list[str]:
    return uuids(room.text("/desk?review=second"))


def test_a_card_waits_for_everybody_else_until_somebody_has_judged_it(office):
    uuid = a_card(office)
    a_card(office, 2)
    office.sign_in("ann", Role.REVIEWER)
    page = office.follow(ask(office, uuid))
    assert "<strong>Asked.</strong>" in page
    assert waiting(office) == [], "who asks is not asked"
    assert "second opinion asked" in office.text("/desk")
    office.sign_in("ben", Role.REVIEWER)
    assert waiting(office) == [uuid]
    assert "ann asks for a second opinion" in office.text(f"/desk/cards/{uuid}")
    office.moment = NOW + timedelta(minutes=1)
    assert office.judge(uuid).status_code == 303
    assert waiting(office) == []
    office.sign_in("cid", Role.REVIEWER)
    assert waiting(office) == [], "one other opinion was asked for"
    assert "second opinion asked" not in office.text("/desk")


def test_who_is_asked_does_not_see_the_first_verdict_before_their_own_is_saved(office):
    uuid = a_card(office)
    office.sign_in("ann", Role.REVIEWER)
    office.judge(uuid, "inappropriate", cause="wording", comment="too loud for what it says")
    office.follow(ask(office, uuid))
    office.sign_in("ben", Role.REVIEWER)
    page = office.text(f"/desk/cards/{uuid}")
    assert "Somebody has judged this already." in page
    assert "too loud for what it says" not in page
    office.moment = NOW + timedelta(minutes=1)
    office.judge(uuid)
    assert "too loud for what it says" in office.text(f"/desk/cards/{uuid}")
    assert [one["is_second"] for one in office.standing(uuid)] == [False, True]


def test_what_was_asked_is_taken_back_and_both_are_audited(office):
    uuid = a_card(office)
    office.sign_in("ann", Role.REVIEWER)
    page = office.follow(ask(office, uuid, "gaps=no"))
    undo = re.search(r'action="(/desk/second-opinions/[^"]+/undo)"', page)[1]
    assert re.search(r'<button type="submit" data-key="u">Undo</button>', page)
    answer = office.send_as_seen(f"/desk/cards/{uuid}?gaps=no&asked=yes", undo)
    assert answer.headers["Location"].endswith(f"/desk/cards/{uuid}?gaps=no&asked=no")
    assert "Taken back." in office.follow(answer)
    assert office.send_as_seen(f"/desk/cards/{uuid}", f"/desk/cards/{uuid}/second-opinion").status_code == 303
    line = office.text(f"/desk/cards/{uuid}").split('<ol class="time-line">')[1]
    assert "Second opinion asked for</strong> ann, taken back" in line
    acts = [what for what, about in office.audited() if about == uuid and what.startswith("second")]
    assert acts == ["second opinion asked", "second opinion taken back", "second opinion asked"]
    office.sign_in("ben", Role.REVIEWER)
    assert waiting(office) == [uuid]


def test_what_was_answered_cannot_be_taken_back(office):
    uuid = a_card(office)
    office.sign_in("ann", Role.REVIEWER)
    page = office.follow(ask(office, uuid))
    undo = re.search(r'action="(/desk/second-opinions/[^"]+/undo)"', page)[1]
    form = office.hidden(f"/desk/cards/{uuid}?asked=yes", undo)
    office.sign_in("ben", Role.REVIEWER)
    office.moment = NOW + timedelta(minutes=1)
    office.judge(uuid)
    own = office.hidden(f"/desk/cards/{uuid}", f"/desk/cards/{uuid}/second-opinion")["csrf"]
    assert office.send(undo, csrf=own).status_code == 404, "not what ben asked for"
    office.sign_in("ann", Role.REVIEWER)
    form["csrf"] = office.hidden(f"/desk/cards/{uuid}", f"/desk/cards/{uuid}/second-opinion")["csrf"]
    answer = office.send(undo, **form)
    assert answer.status_code == 409
    assert "Somebody has judged the card since" in shown(answer)


def test_asking_twice_is_asking_once(office):
    uuid = a_card(office)
    office.sign_in("ann", Role.REVIEWER)
    form = office.hidden(f"/desk/cards/{uuid}", f"/desk/cards/{uuid}/second-opinion")
    to = f"/desk/cards/{uuid}/second-opinion"
    assert office.send(to, **form).status_code == 303
    assert office.send(to, **form).status_code == 303
    page = office.text(f"/desk/cards/{uuid}")
    assert page.count("/undo") == 1
    assert office.send(to, **(form | {"id": "x"})).status_code == 400


def test_nobody_asks_about_a_card_of_another_tenant_or_without_leave_to_judge(office):
    own, foreign = a_card(office), a_card(office, 2, tenant="t2")
    office.sign_in("ann", Role.REVIEWER)
    form = office.hidden(f"/desk/cards/{own}", f"/desk/cards/{own}/second-opinion")
    assert office.send(f"/desk/cards/{foreign}/second-opinion", **form).status_code == 404
    office.sign_in("vic", Role.VIEWER)
    assert "second-opinion" not in office.text(f"/desk/cards/{own}")
    assert office.send(f"/desk/cards/{own}/second-opinion", **form).status_code == 403


def test_it_works_alike_on_both_databases(room_on):
    uuid = a_card(room_on)
    room_on.follow(ask(room_on, uuid))
    assert waiting(room_on) == []
    assert "second opinion asked" in room_on.text("/desk")
