"""The columns of the work list: chosen in a form, kept in the address, remembered with a view."""

from __future__ import annotations

import re

import pytest

from tests.desk.rooms import keep_a_real_call, shown

USUAL = ["Time", "Severity", "Card as sent · order as read", "Client", "Outcome", "Answered in", "Data", "Review"]


def heads(page: str) -> list[str]:
    """The heads of the table."""
    return re.findall(r'<th scope="col"[^>]*>([^<]+)</th>', page)


def cells(page: str, label: str) -> list[str]:
    """What stands in a column, without markup."""
    found = re.findall(rf'<td data-label="{label}"[^>]*>(.*?)</td>', page, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", one).split()) for one in found]


def test_the_usual_columns_are_shown_unless_others_are_chosen(room):
    room.history.card()
    page = room.text("/desk")
    assert heads(page) == USUAL
    assert "naltrexone 45 mg a day" in page
    assert "ldn-a</a> 1.0.0" in page


def test_chosen_columns_stand_in_their_order_and_the_card_is_always_there(room):
    room.history.card(prescriber="ab" * 32, prescriber_kind="PractitionerRole", reason="data-wrong", tenant="t1")
    page = room.text("/desk?columns=card&columns=tenant&columns=role&columns=prescriber&columns=order")
    assert heads(page) == ["Card as sent · order as read", "Order", "Prescriber’s role", "Prescriber", "Tenant"]
    assert cells(page, "Prescriber’s role") == ["practitioner in a role"]
    assert cells(page, "Prescriber") == ["abababab"]
    assert f'href="/desk?prescriber={"ab" * 32}"' in page
    assert cells(page, "Order") == ["naltrexone 45 mg a day"]
    assert cells(page, "Tenant") == ["t1"]
    assert page.count("naltrexone 45 mg a day") == 1


def test_a_role_that_the_client_does_not_tell_is_not_known(room):
    room.history.card()
    keep_a_real_call(room)
    told = cells(room.text("/desk?columns=role&sort=oldest"), "Prescriber’s role")
    assert told == ["not known", "practitioner"]


def test_the_columns_go_along_to_filters_views_pages_and_the_card(room):
    uuid = room.history.card(has_gaps=True)
    page = room.text("/desk?gaps=yes&columns=time.card.tenant")
    assert f'href="/desk/cards/{uuid}?gaps=yes&amp;columns=time.card.tenant"' in page
    assert 'href="/desk?comment=yes&amp;columns=time.card.tenant"' in page
    assert '<input type="hidden" name="columns" value="time.card.tenant">' in page
    back = room.text(f"/desk/cards/{uuid}?gaps=yes&columns=time.card.tenant")
    assert 'href="/desk?gaps=yes&amp;columns=time.card.tenant"' in back


def test_the_picker_shows_what_is_chosen_and_leads_back_to_the_usual_ones(room):
    room.history.card(has_gaps=True)
    page = room.text("/desk?gaps=yes&columns=card.tenant")
    ticked = re.findall(r'name="columns" value="(\w+)" checked', page)
    assert ticked == ["tenant"]
    assert '<a class="button" href="/desk?gaps=yes">The usual ones</a>' in page


def test_columns_are_remembered_with_a_view(room):
    room.history.card(has_gaps=True)
    room.follow(room.send_as_seen("/desk?gaps=yes&columns=card.tenant", "/desk/views", name="Whose gaps"))
    assert 'href="/desk?gaps=yes&amp;columns=card.tenant">Whose gaps</a>' in room.text("/desk")


def test_the_usual_columns_chosen_by_hand_need_no_place_in_the_address(room):
    room.history.card()
    page = room.text(
        "/desk?columns=time&columns=severity&columns=card&columns=client&columns=outcome&columns=seconds"
        "&columns=data&columns=review"
    )
    assert "columns=" not in re.sub(r'name="columns"', "", page)
    assert "The usual ones" not in page


@pytest.mark.parametrize("query", ["columns=colour", "columns=card.%27--", "columns=card&columns=secret"])
def test_an_unknown_column_is_named_on_a_clear_page(room, query):
    answer = room.page(f"/desk?{query}")
    assert answer.status_code == 400
    assert "<code>columns</code>" in shown(answer)
    assert "Expected columns out of: time, severity, card" in shown(answer)
