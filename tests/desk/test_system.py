"""The page about the machine: what runs, and whether it is looked after."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cds_hooks.memory.audit import BACKED_UP, TRIED_RESTORE
from cds_hooks.people.roles import Role
from tests.charts import the_clinic
from tests.desk.rooms import NOW, production


def noted(room, what: str, at, result: str = "done") -> None:
    room.moment = at
    told = {"who": "op", "role": "operator", "what": what, "about": "database", "tenant": "", "result": result}
    room.doors.notes.append(**told, detail={})
    room.moment = NOW


def line(page: str, what: str) -> str:
    return page.split(f'<th scope="row">{what}</th>')[1].split("</tr>", maxsplit=1)[0]


def test_what_runs_is_told(room_on):
    room_on.history.card()
    page = room_on.text("/desk/system")
    assert the_clinic().book.fingerprint in line(page, "Hash of the rules")
    assert "checked by nobody yet" in line(page, "Rules")
    assert room_on.engine.dialect.name == line(page, "Kind").split(">")[1].split("<")[0].lower()
    assert "revision 00" in line(page, "Tables")
    assert "B<" in line(page, "Size")
    assert ">1<" in line(page, "Cards")


def test_a_machine_that_is_not_backed_up_is_told_so(room):
    page = room.text("/desk/system")
    assert "never" in line(page, "Last backup")
    assert "nothing that is lost could be brought back" in page
    assert "not tried" in line(page, "Last trial of restoring one")


def test_the_last_backup_and_its_trial_are_told_with_what_wants_attention(room):
    noted(room, BACKED_UP, NOW - timedelta(hours=3))
    noted(room, TRIED_RESTORE, NOW - timedelta(days=9))
    page = room.text("/desk/system")
    assert "24 Nov 2026, 09:00, by op" in line(page, "Last backup")
    assert "tag" not in line(page, "Last backup")
    assert "more than 7 days ago" in line(page, "Last trial of restoring one")
    noted(room, TRIED_RESTORE, NOW - timedelta(days=1), "it cannot be restored")
    assert "it failed: it cannot be restored" in line(room.text("/desk/system"), "Last trial of restoring one")


@pytest.mark.parametrize("role", list(Role))
def test_auditors_and_admins_read_it(a_room, role):
    room = a_room(**production())
    room.sign_in("ann", role)
    assert room.page("/desk/system").status_code == (200 if role in (Role.AUDITOR, Role.ADMIN) else 403)
