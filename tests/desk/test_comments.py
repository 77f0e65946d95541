"""The comments of prescribers, and the words by which angry ones are told."""

from __future__ import annotations

import pytest

from cds_hooks.people.roles import Role
from tests.desk.rooms import production, shown


def commented(room, *comments: str, **told) -> str:
    card = room.history.card(has_comment=True, outcome="overridden", **told)
    room.history.feedback(card, "overridden", comments=comments)
    return card


def test_angry_comments_stand_first_and_then_the_newest(room_on):
    calm, angry = commented(room_on, "Pharmacy will compound."), commented(room_on, "This is useless!!")
    newest = commented(room_on, "Spoke to her.")
    page = room_on.text("/desk/comments")
    places = [page.index(f"/desk/cards/{card}") for card in (angry, newest, calm)]
    assert places == sorted(places)
    assert "<q>useless</q>, <q>!!</q>" in page
    assert page.count(">angry</span>") == 1


def test_an_answer_to_copy_names_the_card_and_repeats_nothing_of_the_comment(room):
    commented(room, "Mrs. Canary knows <b>this</b>")
    answer = room.text("/desk/comments").split("<textarea")[1].split("</textarea>")[0]
    assert "“Check dose: naltrexone 45 mg, since Nov 2, 2026”" in answer
    assert "Canary" not in answer
    assert "&lt;b&gt;this&lt;/b&gt;" in room.text("/desk/comments")


def test_comments_of_other_tenants_and_of_earlier_days_are_not_shown(a_room):
    room = a_room(**production())
    commented(room, "ours")
    room.sign_in("ann", Role.VIEWER, ("t2",))
    assert "Nobody wrote anything in these days." in room.text("/desk/comments")
    room.sign_in("ben", Role.VIEWER)
    assert "<p>ours</p>" in room.text("/desk/comments?days=7")
    assert room.page("/desk/comments?days=8").status_code == 400
    assert "Expected 7, 30 or 90." in shown(room.page("/desk/comments?days=x"))


def test_the_words_are_listed_with_their_reason_their_source_and_how_often_they_came(room):
    commented(room, "useless", "really useless")
    commented(room, "Useless.")
    page = room.text("/desk/angry-words")
    row = page.split('<th scope="row">useless</th>')[1].split("</tr>")[0]
    assert "it does not help" in row
    assert 'class="number">2<' in row
    assert 'href="https://doi.org/10.1093/jamia/ocy139"' in page
    assert page.index(">useless<") < page.index(">absurd<")


@pytest.mark.parametrize("path", ["/desk/comments", "/desk/angry-words"])
def test_nobody_reads_comments_without_signing_in(a_room, path):
    assert a_room(**production()).page(path).status_code == 303
