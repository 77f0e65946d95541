"""The work list: its order, its filters, its pages, and who sees what."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text, update

from cds_hooks.databases import reading, writing
from cds_hooks.desk.filters import Filters
from cds_hooks.desk.worklist import PAGE, Key, listed
from cds_hooks.people.roles import Role
from cds_hooks.tables import FEEDBACK
from tests.desk.rooms import EVERYBODY, NOW, production, shown


def uuids(page: str) -> list[str]:
    """The cards of a list, in its order."""
    return re.findall(r'data-row href="/desk/cards/([^"?]+)', page)


def some_cards(history) -> dict[str, str]:
    return {
        "quiet": history.card(days_ago=1),
        "gaps": history.card(days_ago=2, has_gaps=True),
        "comment": history.card(days_ago=3, has_comment=True, outcome="accepted"),
        "overridden": history.card(indicator="critical", days_ago=4, outcome="overridden", reason="data-wrong"),
    }


def test_what_is_risky_comes_first_however_old_it_is(room):
    cards = some_cards(room.history)
    assert uuids(room.text("/desk")) == [cards[name] for name in ("overridden", "comment", "gaps", "quiet")]
    assert uuids(room.text("/desk?sort=newest")) == [cards[name] for name in ("quiet", "gaps", "comment", "overridden")]
    assert uuids(room.text("/desk?sort=oldest"))[0] == cards["overridden"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("severity=critical", {"overridden"}),
        ("outcome=none", {"quiet", "gaps"}),
        ("outcome=overridden&severity=critical", {"overridden"}),
        ("comment=yes", {"comment"}),
        ("gaps=yes", {"gaps"}),
        ("gaps=no&comment=no&severity=warning", {"quiet"}),
        ("reason=data-wrong", {"overridden"}),
        ("since=2026-11-22", {"quiet", "gaps"}),
        ("until=2026-11-21", {"comment", "overridden"}),
        ("since=2026-11-22&until=2026-11-22", {"gaps"}),
        ("rule=ldn-a", {"quiet", "gaps", "comment", "overridden"}),
        ("rule=ldn-b", set()),
        ("version=2.0.0", set()),
        ("client=north", {"quiet", "gaps", "comment", "overridden"}),
        ("mode=silent", set()),
        ("text=NALTREXONE 45", {"quiet", "gaps", "comment", "overridden"}),
        ("text=45%25", set()),
        ("review=none", {"quiet", "gaps", "comment", "overridden"}),
        ("review=second", set()),
        ("sample=week", {"quiet", "gaps", "comment", "overridden"}),
        ("", {"quiet", "gaps", "comment", "overridden"}),
    ],
)
def test_a_filter_leaves_what_it_says(room, query, found):
    cards = some_cards(room.history)
    assert set(uuids(room.text(f"/desk?{query}"))) == {cards[name] for name in found}


def test_filters_work_alike_on_both_databases(room_on):
    cards = some_cards(room_on.history)
    names = ("overridden", "comment", "gaps", "quiet")
    assert uuids(room_on.text("/desk")) == [cards[name] for name in names]
    query = "text=naltrexone&comment=yes&review=none&sample=week&outcome=accepted&since=2026-11-01&until=2026-11-24"
    assert uuids(room_on.text(f"/desk?{query}")) == [cards["comment"]]
    assert room_on.judge(cards["quiet"], "appropriate").status_code == 303
    assert uuids(room_on.text("/desk?review=mine&verdict=appropriate&sort=newest")) == [cards["quiet"]]


@pytest.mark.parametrize(
    ("query", "name", "expected"),
    [
        ("severity=deadly", "severity", "Expected one of: critical, warning, info."),
        ("since=yesterday", "since", "Expected a day such as 2026-11-24."),
        ("since=2026-11-24&until=2026-11-01", "until", "not before the first one"),
        ("colour=red", "colour", "There is no such filter."),
        ("patient=../../etc", "patient", "Expected the pseudonym"),
        ("after=17", "after", "Expected the place in the list"),
        ("rule=%27 OR 1=1 --", "rule", "Expected a name"),
        ("text=" + "x" * 101, "text", "Expected up to 100 characters"),
    ],
)
def test_a_broken_filter_is_named_on_a_clear_page(room, query, name, expected):
    answer = room.page(f"/desk?{query}")
    assert answer.status_code == 400
    assert f"<code>{name}</code>" in shown(answer)
    assert expected in shown(answer)
    assert "OR 1=1" not in shown(answer)


@pytest.mark.parametrize("sort", ["", "newest", "oldest"])
def test_the_pages_show_every_card_once_and_lead_back(room, sort):
    made = {
        room.history.card(days_ago=1 + n % 7, has_gaps=n % 3 == 0, has_comment=n % 5 == 0) for n in range(2 * PAGE + 7)
    }
    address, seen, addresses = f"/desk?sort={sort}", [], []
    while address:
        page = room.text(address)
        addresses.append(uuids(page))
        seen += uuids(page)
        found = re.search(r'rel="next" href="([^"]+)"', page)
        address = found[1].replace("&amp;", "&") if found else ""
    assert len(seen) == len(made)
    assert set(seen) == made
    back = re.search(r'rel="prev" href="([^"]+)"', page)[1].replace("&amp;", "&")
    assert uuids(room.text(back)) == addresses[-2]


def test_a_page_is_read_by_an_index_in_the_order_of_the_list(room):
    with reading(room.engine) as connection:
        asked = []
        execute = connection.execute

        def remember(statement, *more):
            asked.append(statement)
            return execute(statement, *more)

        connection.execute = remember  # type: ignore[method-assign]
        listed(connection, EVERYBODY, Filters(severity="info"), NOW, after=Key(2, "2026-11-20T00:00:00.000000Z", "x"))
        compiled = asked[0].compile(room.engine, compile_kwargs={"literal_binds": True})
        plan = " | ".join(row[-1] for row in execute(text(f"EXPLAIN QUERY PLAN {compiled}")))
    assert "card_by_risk" in plan
    assert "TEMP B-TREE" not in plan


def test_nobody_sees_cards_of_a_tenant_that_is_not_theirs(a_room):
    room = a_room(**production())
    own, foreign = room.history.card(), room.history.card(tenant="t2")
    call = room.history.call(tenant="t2")
    room.sign_in("ann", Role.ADMIN)
    assert uuids(room.text("/desk")) == [own]
    for path in (f"/desk/cards/{foreign}", f"/desk/cards/{foreign}/raw", f"/desk/calls/{call}"):
        answer = room.page(path)
        assert answer.status_code == 404
        assert "or it is not among those you may see" in shown(answer)
    form = room.hidden(f"/desk/cards/{own}", f"/desk/cards/{own}/verdict")
    for path in (f"/desk/cards/{foreign}/verdict", f"/desk/calls/{call}/verdict"):
        assert room.send(path, **form, card_verdict="appropriate").status_code == 404
    assert room.standing(foreign) == []


def test_a_view_is_kept_under_a_name_and_forgotten(room):
    some_cards(room.history)
    room.follow(room.send_as_seen("/desk?gaps=yes", "/desk/views", name="Holes in the data"))
    assert 'href="/desk?gaps=yes">Holes in the data</a>' in room.text("/desk")
    room.follow(room.send_as_seen("/desk?gaps=yes", "/desk/views/forget", name="Holes in the data"))
    assert "Holes in the data" not in room.text("/desk")


def test_a_view_with_a_broken_filter_is_not_kept(room):
    some_cards(room.history)
    answer = room.send_as_seen("/desk?gaps=yes", "/desk/views", name="x", list="gaps=perhaps")
    assert answer.status_code == 400
    assert "Expected one of: yes, no." in shown(answer)


def test_an_empty_list_says_what_to_do(room):
    assert "As soon as a client calls and gets a card, it stands here." in room.text("/desk")
    some_cards(room.history)
    assert "No card is left by these filters." in room.text("/desk?client=nobody")


def test_calls_without_a_card_are_drawn_and_judged(room):
    call = room.history.call(orders_json='[{"what": "naltrexone 4.5 mg", "read": [], "from": "MedicationRequest/1"}]')
    room.history.call(2, cards=1)
    room.history.call(3, naltrexone_orders=0)
    page = room.text("/desk/without-cards")
    assert re.findall(r'data-row href="([^"]+)', page) == [f"/desk/calls/{call}"]
    form = {"card_verdict": "inappropriate", "comment": "an opioid was missed"}
    answer = room.send_as_seen(f"/desk/calls/{call}", f"/desk/calls/{call}/verdict", **form)
    assert "<strong>Saved.</strong>" in room.follow(answer)
    assert [one["card_verdict"] for one in room.standing(call)] == ["inappropriate"]


def test_markup_in_a_summary_is_shown_and_never_run(room):
    room.history.card(summary="<script>alert(1)</script>", order_text='"><img src=x onerror=alert(1)>')
    page = room.text("/desk?text=script")
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_angry_comments_are_told_from_others_on_both_databases(room_on):
    history = room_on.history
    told = {
        "angry": "Useless, same alert every day.",
        "curled": "It doesn’t apply to him",
        "second line": "Spoke to her.\nWrong patient",
        "signs": "no!!",
        "calm": "Discussed with the pain clinic; debugged the list, wrongful no more.",
    }
    cards = {name: history.card(has_comment=True, outcome="overridden") for name in told}
    for name, comment in told.items():
        history.feedback(cards[name], "overridden", comments=[comment])
    orphan = history.card()
    history.feedback(orphan, "overridden", comments=["useless"])
    with writing(room_on.engine) as connection:
        connection.execute(update(FEEDBACK).where(FEEDBACK.c.card == orphan).values(is_orphan=True))
    assert set(uuids(room_on.text("/desk?angry=yes"))) == {cards[name] for name in told if name != "calm"}
    assert set(uuids(room_on.text("/desk?angry=no"))) == {cards["calm"], orphan}
    assert room_on.text("/desk").count(">angry comment</span>") == 4
    page = room_on.text(f"/desk/cards/{cards['angry']}")
    assert "<q>useless</q>, <q>every day</q>, <q>same alert</q>" in page


def test_a_site_brings_its_own_angry_words(a_room):
    room = a_room(angry_words=("grumble",))
    cards = [room.history.card(has_comment=True) for _ in range(2)]
    room.history.feedback(cards[0], comments=["Grumble."])
    room.history.feedback(cards[1], comments=["useless"])
    assert uuids(room.text("/desk?angry=yes")) == [cards[0]]


def test_answers_without_data_that_failed_are_filtered_and_marked(room):
    failed, whole = room.history.card(is_degraded=True, has_gaps=True), room.history.card()
    assert uuids(room.text("/desk?degraded=yes")) == [failed]
    assert uuids(room.text("/desk?degraded=no")) == [whole]
    assert room.text("/desk").count(">failed</span>") == 1
