"""A session that ended while somebody was writing: nothing that was written is lost."""

from __future__ import annotations

import html
import re

from cds_hooks.people.roles import Role
from tests.desk.rooms import keep_a_real_call, production, shown


def test_what_was_written_when_a_session_ended_is_given_back_and_can_be_sent_again(a_room):
    hospital = a_room(**production())
    card = keep_a_real_call(hospital)
    hospital.sign_in("ann", Role.REVIEWER)
    at = f"/desk/cards/{card}/verdict"
    form = hospital.hidden(f"/desk/cards/{card}", at) | {
        "card_verdict": "appropriate",
        "comment": "a <b>long</b> thought",
    }
    cookie = hospital.client.get_cookie("ldn-desk", domain="cds.example.org")
    assert cookie is not None
    hospital.doors.directory.end(cookie.value)
    refused = hospital.send(at, **form)
    assert refused.status_code == 401
    assert "a &lt;b&gt;long&lt;/b&gt; thought" in shown(refused)
    fields = re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', shown(refused))
    given_back = {name: html.unescape(value) for name, value in fields}
    hospital.sign_in("ann", Role.REVIEWER)
    assert hospital.send(at, **given_back).status_code == 303
    assert [one["comment"] for one in hospital.standing(card)] == ["a <b>long</b> thought"]
    hospital.sign_in("eve", Role.REVIEWER)
    assert hospital.send(at, **given_back).status_code == 403, "somebody else's form was taken for one's own"
    hospital.doors.directory.end(hospital.client.get_cookie("ldn-desk", domain="cds.example.org").value)
    too_long = hospital.send(at, **form | {"comment": "x" * 300_000})
    assert too_long.status_code == 401
    assert "xxx" not in shown(too_long)
