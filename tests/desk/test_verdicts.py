"""Verdicts: saved once, seen by nobody who has yet to judge, undone within seconds, never lost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cds_hooks.desk.verdicts import GRACE_SECONDS, UNDO_SECONDS
from cds_hooks.people.roles import Role
from tests.desk.rooms import production, shown

TENTH = "00000000-0000-4000-8000-000000000001"
"""A card that is reviewed twice, as its uuid ends low."""


def two_people(a_room):
    room = a_room(**production())
    room.sign_in("bob", Role.REVIEWER)
    room.sign_in("ann", Role.REVIEWER)
    return room


def test_after_a_verdict_comes_the_next_card_of_the_same_list(room):
    first, second = room.history.card(days_ago=1, has_gaps=True), room.history.card(days_ago=2, has_gaps=True)
    room.history.card(days_ago=1.5)
    answer = room.judge(first, "needs-change", "gaps=yes", cause="wording", harm="minor", comment="say the dose")
    assert answer.headers["Location"].startswith(f"/desk/cards/{second}?gaps=yes&saved=")
    assert "<strong>Saved.</strong>" in room.follow(answer)
    last = room.judge(second, "appropriate", "gaps=yes")
    assert last.headers["Location"].startswith("/desk?gaps=yes&saved=")
    (kept,) = room.standing(first)
    assert (kept["cause"], kept["harm"], kept["comment"]) == ("wording", "minor", "say the dose")
    assert room.review_of(first) == "needs-change"


def test_the_answer_of_a_prescriber_is_judged_apart(room):
    card = room.history.card(outcome="overridden", reason="data-wrong")
    room.judge(card, "appropriate", response_verdict="right", to_owner="yes")
    (kept,) = room.standing(card)
    assert (kept["response_verdict"], kept["to_owner"]) == ("right", True)
    assert card in room.text("/desk?review=owner")


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"card_verdict": ""}, "Choose a verdict first."),
        ({"card_verdict": "splendid"}, "Choose one of: Appropriate"),
        ({"card_verdict": "inappropriate"}, "choose a cause"),
        ({"card_verdict": "appropriate", "comment": "x" * 4001}, "Use up to 4000 characters"),
    ],
)
def test_a_form_that_is_not_filled_in_loses_nothing(room, form, expected):
    card = room.history.card()
    told = {"comment": "a long thought"} | form
    answer = room.send_as_seen(f"/desk/cards/{card}", f"/desk/cards/{card}/verdict", **told)
    assert answer.status_code == 422
    assert expected in shown(answer)
    assert told["comment"] in shown(answer)
    assert room.standing(card) == []


def test_a_form_that_is_sent_twice_is_kept_once(room):
    card = room.history.card()
    form = room.hidden(f"/desk/cards/{card}", f"/desk/cards/{card}/verdict") | {"card_verdict": "appropriate"}
    path = f"/desk/cards/{card}/verdict"
    assert "<strong>Saved.</strong>" in room.follow(room.send(path, **form))
    assert "<strong>Saved before.</strong>" in room.follow(room.send(path, **form))
    assert len(room.standing(card)) == 1
    assert [what for what, _ in room.audited()].count("verdict saved") == 1


def test_two_reviewers_at_once_are_both_kept(a_room):
    room = two_people(a_room)
    card = room.history.card()
    path = f"/desk/cards/{card}/verdict"
    anns = room.hidden(f"/desk/cards/{card}", path)
    room.sign_in("bob", Role.REVIEWER)
    room.judge(card, "inappropriate", cause="severity")
    room.sign_in("ann", Role.REVIEWER)
    anns["csrf"] = room.hidden("/desk/cards/" + card, path)["csrf"]
    page = room.follow(room.send(path, **anns, card_verdict="appropriate", comment="mine"))
    assert "Somebody else judged the same card while you did; both verdicts are kept." in page
    assert [(one["reviewer"], one["is_second"]) for one in room.standing(card)] == [("bob", False), ("ann", True)]
    assert room.review_of(card) == "inappropriate"


def test_the_second_reviewer_learns_of_the_first_verdict_after_their_own(a_room):
    room = two_people(a_room)
    card = room.history.card(uuid=TENTH)
    room.judge(card, "inappropriate", cause="severity", comment="too loud")
    room.sign_in("bob", Role.REVIEWER)
    for path in (f"/desk/cards/{card}", "/desk", "/desk?review=second"):
        page = room.text(path)
        assert "too loud" not in page
        assert "Inappropriate</strong>" not in page
        assert "Judged" in page or "judged" in page
    assert card not in room.text("/desk?verdict=inappropriate").split("<tbody>")[-1]
    assert card in room.text("/desk?review=second")
    room.judge(card, "appropriate")
    assert "too loud" in room.text(f"/desk/cards/{card}")
    assert [one["is_second"] for one in room.standing(card)] == [False, True]


def test_nobody_is_their_own_second_reviewer(room):
    card = room.history.card(uuid=TENTH)
    room.judge(card, "appropriate")
    assert "/desk/cards/" not in room.text("/desk?review=second").split("<tbody>")[-1]
    room.judge(card, "cannot-tell")
    assert [(one["card_verdict"], one["is_second"]) for one in room.standing(card)] == [("cannot-tell", False)]
    assert room.review_of(card) == "cannot-tell"


def test_a_verdict_is_undone_within_seconds_and_no_later(room):
    card, other = room.history.card(days_ago=1), room.history.card(days_ago=2)
    page = room.judge(card).headers["Location"]
    undo = f"/desk/verdicts/{page.split('saved=')[1].split('&')[0]}/undo"
    form = room.hidden(page, undo)
    room.moment += timedelta(seconds=UNDO_SECONDS)
    back = room.send(undo, **form)
    assert back.headers["Location"].startswith(f"/desk/cards/{card}?")
    assert "Undone." in room.follow(back)
    assert room.standing(card) == []
    assert room.review_of(card) == ""

    page = room.judge(other).headers["Location"]
    undo = f"/desk/verdicts/{page.split('saved=')[1].split('&')[0]}/undo"
    form = room.hidden(page, undo)
    room.moment += timedelta(seconds=UNDO_SECONDS + GRACE_SECONDS, microseconds=1)
    late = room.send(undo, **form)
    assert late.status_code == 409
    assert "give another one in its place" in shown(late)
    assert room.review_of(other) == "appropriate"


def test_undoing_the_first_verdict_makes_the_second_the_first(a_room):
    room = two_people(a_room)
    card = room.history.card()
    saved = room.judge(card, "inappropriate", cause="severity").headers["Location"]
    undo = f"/desk/verdicts/{saved.split('saved=')[1].split('&')[0]}/undo"
    form = room.hidden(saved, undo)
    room.sign_in("bob", Role.REVIEWER)
    room.judge(card, "appropriate")
    assert (
        room.send(
            undo, **(form | {"csrf": room.hidden(f"/desk/cards/{card}", f"/desk/cards/{card}/verdict")["csrf"]})
        ).status_code
        == 404
    )
    room.sign_in("ann", Role.REVIEWER)
    form["csrf"] = room.hidden(f"/desk/cards/{card}", f"/desk/cards/{card}/verdict")["csrf"]
    assert room.send(undo, **form).status_code == 303
    assert [(one["reviewer"], one["is_second"]) for one in room.standing(card)] == [("bob", False)]
    assert room.review_of(card) == "appropriate"


def test_a_viewer_judges_nothing_and_sees_every_verdict(a_room):
    room = two_people(a_room)
    card = room.history.card()
    room.judge(card, "inappropriate", cause="severity", comment="too loud")
    room.sign_in("vic", Role.VIEWER)
    page = room.text(f"/desk/cards/{card}")
    assert "too loud" in page
    assert "Save and next" not in page
    assert room.send(f"/desk/cards/{card}/verdict", card_verdict="appropriate").status_code == 403


def test_a_session_that_is_over_says_how_to_lose_nothing(a_room):
    room = two_people(a_room)
    card = room.history.card()
    form = room.hidden(f"/desk/cards/{card}", f"/desk/cards/{card}/verdict")
    room.client.delete_cookie("ldn-desk", domain="cds.example.org")
    answer = room.send(f"/desk/cards/{card}/verdict", **form, card_verdict="appropriate")
    assert answer.status_code == 401
    assert "Sign in in another window or tab, then send what you wrote again." in shown(answer)


def test_verdicts_are_kept_on_both_databases(room_on):
    card = room_on.history.card(uuid=TENTH)
    saved = room_on.judge(card, "needs-change", cause="wording", comment="ÄÖ – \N{GRINNING FACE}").headers["Location"]
    assert room_on.review_of(card) == "needs-change"
    undo = f"/desk/verdicts/{saved.split('saved=')[1].split('&')[0]}/undo"
    assert room_on.send(undo, **room_on.hidden(saved, undo)).status_code == 303
    assert room_on.review_of(card) == ""
    assert ("verdict undone", card) in room_on.audited()


def test_browsers_are_let_tell_us_that_a_form_is_from_our_own_page(room):
    assert room.page("/desk").headers["Referrer-Policy"] == "same-origin"
