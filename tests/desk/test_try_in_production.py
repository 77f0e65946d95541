"""The page to try the service, in production: for people who have signed in, and nothing of it is kept."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import func, select

from cds_hooks.databases import reading
from cds_hooks.people.roles import Role
from cds_hooks.tables import CALLS, FEEDBACK
from cds_hooks.trying.patients import known
from tests.desk.rooms import Room, production, shown

PATIENT = "/try?patient=oxycodone_still_taken"


@pytest.fixture
def hospital(a_room) -> Room:
    return a_room(**production(), try_page=True)


def fields(page: str) -> dict[str, str]:
    """The hidden fields of the form to sign on."""
    form = re.search(r'<form[^>]*action="/try#answer".*</form>', page, re.DOTALL)[0]
    return {name: value.replace("&#34;", '"') for name, value in _HIDDEN.findall(form)} | {
        "drug": "naltrexone",
        "dose": "4.5",
        "unit": "mg",
        "form": "capsule",
        "timing": "bedtime",
    }


_HIDDEN = re.compile(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"')


def how_many(room: Room) -> list[int]:
    with reading(room.engine) as connection:
        return [connection.execute(select(func.count()).select_from(table)).scalar_one() for table in (CALLS, FEEDBACK)]


def test_it_is_there_only_when_a_setting_allows_it(a_room):
    room = a_room(**production())
    room.sign_in("ann", Role.REVIEWER)
    assert room.page("/try").status_code == 404
    assert 'href="/try"' not in shown(room.page("/desk"))


def test_whoever_is_not_signed_in_is_asked_to_and_comes_back(hospital: Room):
    answer = hospital.page(PATIENT)
    assert answer.status_code == 303
    asked = answer.headers["Location"]
    csrf = re.search(r'name="csrf" value="(\w+)"', shown(hospital.page(asked)))[1]
    hospital.sign_in("ann", Role.VIEWER)
    hospital.client.delete_cookie("ldn-desk", domain="cds.example.org")
    form = {"csrf": csrf, "name": "ann", "password": "a long enough password", "next": PATIENT}
    assert hospital.send("/sign-in", **form).headers["Location"] == PATIENT
    assert "ann · viewer" in hospital.text(PATIENT)


def test_an_order_is_signed_mended_and_set_aside_and_nothing_is_kept(hospital: Room):
    hospital.sign_in("ann", Role.REVIEWER)
    page = hospital.text(PATIENT)
    assert "Nothing of this is kept, and no feedback is sent" in page
    assert 'name="keep"' not in page
    before = how_many(hospital)
    signed = hospital.send("/try", **fields(page), keep="yes")
    assert signed.status_code == 200
    assert "Hold naltrexone?" in shown(signed), "the patient was reviewed on another day than its own"
    assert "The service has kept this call." not in shown(signed)
    aside = hospital.send("/try", **fields(shown(signed)), override="0", **{"reason-0": "risk-benefit-ratio"})
    assert "Set aside: Benefit judged greater than the risk.</p>" in shown(aside)
    taken = hospital.send("/try", **fields(shown(signed)), accept="0.0")
    assert "Accepted: Remove the naltrexone draft.</p>" in shown(taken)
    assert "The order was removed from the sheet." in shown(taken)
    assert how_many(hospital) == before


def test_a_pasted_request_is_reviewed_as_a_call_would_be_and_its_curl_line_says_that_it_needs_a_token(hospital: Room):
    hospital.sign_in("ann", Role.REVIEWER)
    csrf = fields(hospital.text(PATIENT))["csrf"]
    answer = hospital.send("/try", csrf=csrf, request=known()["no_time_of_day"][1].body.decode())
    assert answer.status_code == 200
    assert "Authorization: Bearer $TOKEN" in shown(answer)
    assert "Add a time of day" in shown(answer)


def test_a_form_of_another_site_is_refused_and_one_without_a_session_is_told_so(hospital: Room):
    assert hospital.send("/try", request="{}").status_code == 401
    hospital.sign_in("ann", Role.REVIEWER)
    assert hospital.send("/try", request="{}").status_code == 403
    assert hospital.send("/try", request="{}", csrf="forged").status_code == 403


def test_a_long_paste_of_somebody_who_is_signed_in_comes_back_with_a_word_about_it(hospital: Room):
    hospital.sign_in("ann", Role.REVIEWER)
    csrf = fields(hospital.text(PATIENT))["csrf"]
    answer = hospital.send("/try", csrf=csrf, request="x" * 20_000_000)
    assert answer.status_code == 413
    assert "this service takes 8,000,000" in shown(answer)
