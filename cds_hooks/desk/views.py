"""The work list, the page of a card, and what is sent from there."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Blueprint, Response, redirect, request
from werkzeug.datastructures import MultiDict

from cds_hooks.databases import reading, writing
from cds_hooks.desk import filters as words
from cds_hooks.desk import second_opinions, verdicts
from cds_hooks.desk.angry_words import AngryWords, angry_words
from cds_hooks.desk.columns import ALWAYS, COLUMNS, ROLES, columns_of
from cds_hooks.desk.details import STATES, Detail, detail_of_call, detail_of_card, raw_of
from cds_hooks.desk.filters import Filters, filters_in
from cds_hooks.desk.saved_views import STANDARD, forget, keep, kept_by, with_columns
from cds_hooks.desk.worklist import Key, key_of, listed, next_card, previous_card, without_cards
from cds_hooks.memory.stamps import when
from cds_hooks.people.places import desk_page
from cds_hooks.people.roles import Permission
from cds_hooks.problems import Issue, Refusal

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from cards.pages import RuleBook
    from cds_hooks.people.doors import Doors, Reader
    from cds_hooks.settings import Settings

SKINS: Final = {"sandbox": "Sandbox", "narrow": "Narrow side bar", "plain": "Plain text"}
TABS: Final = {
    "facts": "Facts",
    "why": "Why",
    "basis": "Basis",
    "action": "Action",
    "time": "Time line",
    "raw": "Raw",
}
FILTER_WORDS: Final = {
    "since": "from",
    "until": "to",
    "gaps": "data gaps",
    "text": "summary has",
    "comment": "comments",
    "patient": "patient",
    "angry": "angry comments",
    "degraded": "failed data",
}


def seconds(value: float | None) -> str:
    """A time in seconds as a list shows it.

    >>> seconds(None), seconds(3.4), seconds(200), seconds(8000)
    ('–', '3 s', '3 min', '2 h')
    """
    if value is None:
        return "–"
    if value < 100:
        return f"{value:.0f} s"
    return f"{value / 60:.0f} min" if value < 6000 else f"{value / 3600:.0f} h"


@dataclass(frozen=True)
class ReviewDesk:
    """What the pages of the desk share."""

    settings: Settings
    engine: Engine
    doors: Doors
    book: RuleBook
    now: Callable[[], datetime]
    new_id: Callable[[], str]

    @property
    def angry_words(self) -> AngryWords:
        """The words of an angry comment at this site."""
        return angry_words(self.settings.angry_words)

    @property
    def base(self) -> str:
        """The path under which we are reached."""
        return urlsplit(self.settings.public_url).path

    def page(self, reader: Reader, template: str, here: str, *, status: int = 200, **told: Any) -> Response:
        """A page of the desk."""
        return desk_page(
            self.settings, reader, template, here, status=status, words=words, when=when, seconds=seconds, **told
        )

    def to(self, path: str, query: str = "", **more: str) -> Response:
        """Send the browser to another page of the desk, after something was done."""
        asked = "&".join(part for part in (query, urlencode({k: v for k, v in more.items() if v})) if part)
        return redirect(f"{self.base}/desk{path}{'?' if asked else ''}{asked}", 303)  # type: ignore[return-value]


def not_there(what: str) -> Refusal:
    """There is no such thing, or none that may be seen: the same words for both."""
    return Refusal(404, Issue("not-found", f"There is no such {what}, or it is not among those you may see."))


def list_sent() -> Filters:
    """The filters of the list from which a form was sent; none where they are not understood, so that nothing is lost."""
    try:
        return filters_in(MultiDict(parse_qsl(request.form.get("list", "")[:4000])))
    except Refusal:
        return Filters()


def review_pages(desk: ReviewDesk) -> Blueprint:
    """The pages at which cards are read and judged."""
    blueprint = Blueprint("review", __name__, url_prefix="/desk")
    pages = _Pages(desk)
    read, sent = blueprint.add_url_rule, blueprint.add_url_rule
    read("", view_func=pages.work_list, strict_slashes=False)
    read("/without-cards", view_func=pages.without_cards)
    read("/cards/<uuid>", view_func=pages.card)
    read("/cards/<uuid>/raw", view_func=pages.raw)
    read("/calls/<id_>", view_func=pages.call)
    sent("/cards/<uuid>/verdict", view_func=pages.judge_card, methods=["POST"])
    sent("/calls/<id_>/verdict", view_func=pages.judge_call, methods=["POST"])
    sent("/verdicts/<id_>/undo", view_func=pages.undo, methods=["POST"])
    sent("/cards/<uuid>/second-opinion", view_func=pages.ask_second_opinion, methods=["POST"])
    sent("/second-opinions/<id_>/undo", view_func=pages.take_back_second_opinion, methods=["POST"])
    sent("/views", view_func=pages.keep_view, methods=["POST"])
    sent("/views/forget", view_func=pages.forget_view, methods=["POST"])
    return blueprint


class _Pages:
    """What each address answers with."""

    def __init__(self, desk: ReviewDesk) -> None:
        self._desk = desk
        self._titles = {rule.page.rule: rule.page.title for rule in desk.book.rules}
        self._rule_pages = {rule.page.rule: rule.page for rule in desk.book.rules}

    # --- reading ---

    def work_list(self) -> Response:
        """The cards that the filters leave, a page of them."""
        reader = self._desk.doors.admit(Permission.READ)
        chosen = filters_in(request.args)
        after, before = (Key.read(request.args.get(name, ""), name) for name in ("after", "before"))
        with reading(self._desk.engine) as connection:
            found = listed(
                connection, reader, chosen, self._desk.now(), after=after, before=before, words=self._desk.angry_words
            )
            own_views = kept_by(connection, reader)
        return self._desk.page(
            reader,
            "work_list.html",
            "",
            found=found,
            chosen=chosen,
            titles=self._titles,
            standard_views=[(name, with_columns(query, chosen.columns)) for name, query in STANDARD],
            columns=COLUMNS,
            shown=columns_of(chosen.columns),
            always=ALWAYS,
            roles=ROLES,
            own_views=own_views,
            filter_words=FILTER_WORDS,
            may_judge=reader.may(Permission.JUDGE),
            may_export=reader.may(Permission.EXPORT),
            saved=_saved(),
            verdict_words=words.VERDICTS,
        )

    def without_cards(self) -> Response:
        """Calls that got no card, drawn by lot: what was missed shows nowhere else."""
        reader = self._desk.doors.admit(Permission.READ)
        with reading(self._desk.engine) as connection:
            calls = without_cards(connection, reader, self._desk.now())
        return self._desk.page(reader, "without_cards.html", "", calls=calls, saved=_saved(), orders_of=_order_lines)

    def card(self, uuid: str) -> Response:
        """A card and all that is known of it; that it was opened is written down."""
        reader = self._desk.doors.admit(Permission.READ)
        detail = self._card(reader, uuid)
        self._desk.doors.note(reader, "card opened", uuid, tenant=detail.call["tenant"])
        return self._card_page(reader, detail, filters_in(request.args))

    def call(self, id_: str) -> Response:
        """A call and all that is known of it."""
        reader = self._desk.doors.admit(Permission.READ)
        detail = self._call(reader, id_)
        self._desk.doors.note(reader, "call opened", id_, tenant=detail.call["tenant"])
        return self._call_page(reader, detail)

    def raw(self, uuid: str) -> Response:
        """The JSON as it travelled."""
        reader = self._desk.doors.admit(Permission.READ_RAW)
        detail = self._card(reader, uuid)
        with reading(self._desk.engine) as connection:
            told = raw_of(connection, reader, uuid)
        if told is None:
            raise not_there("card")
        self._desk.doors.note(reader, "raw opened", uuid, tenant=detail.call["tenant"])
        return self._desk.page(reader, "card_raw.html", "", detail=detail, told=told, has_snapshot=len(told) > 1)

    # --- judging ---

    def judge_card(self, uuid: str) -> Response:
        """Keep a verdict on a card, and show the next one."""
        reader = self._desk.doors.admit(Permission.JUDGE)
        now = self._desk.now()
        form = verdicts.read_form(request.form, now, of_a_card=True)
        chosen = list_sent()
        detail = self._card(reader, uuid)
        if form.wrong:
            return self._card_page(reader, detail, chosen, form=form)
        with writing(self._desk.engine) as connection:
            kept = verdicts.save(connection, reader, uuid, form, now)
        if kept is None or detail.card is None:
            raise not_there("card")
        self._note_verdict(reader, detail, form, kept)
        with reading(self._desk.engine) as connection:
            following = next_card(connection, reader, chosen, now, key_of(detail.card), self._desk.angry_words)
        path = f"/cards/{following}" if following else ""
        return self._desk.to(path, chosen.query(), saved=form.id, kept=kept.name.lower())

    def judge_call(self, id_: str) -> Response:
        """Keep a verdict on a call that got no card."""
        reader = self._desk.doors.admit(Permission.JUDGE)
        now = self._desk.now()
        form = verdicts.read_form(request.form, now, of_a_card=False)
        detail = self._call(reader, id_)
        if form.wrong:
            return self._call_page(reader, detail, form=form)
        with writing(self._desk.engine) as connection:
            kept = verdicts.save(connection, reader, id_, form, now)
        if kept is None:
            raise not_there("call")
        self._note_verdict(reader, detail, form, kept)
        return self._desk.to("/without-cards", saved=form.id, kept=kept.name.lower())

    def undo(self, id_: str) -> Response:
        """Take back one's verdict of a moment ago, and show its card again."""
        reader = self._desk.doors.admit(Permission.JUDGE)
        with writing(self._desk.engine) as connection:
            subject = verdicts.undo(connection, reader, id_, self._desk.now())
        with reading(self._desk.engine) as connection:
            is_card = detail_of_card(connection, reader, subject) is not None
        self._desk.doors.note(reader, "verdict undone", subject)
        return self._desk.to(f"/{'cards' if is_card else 'calls'}/{subject}", list_sent().query(), undone="yes")

    def ask_second_opinion(self, uuid: str) -> Response:
        """Ask somebody else to judge a card too."""
        reader = self._desk.doors.admit(Permission.JUDGE)
        with writing(self._desk.engine) as connection:
            id_ = request.form.get("id", "")
            tenant = second_opinions.ask(connection, reader, uuid, id_, self._desk.now())
        if tenant is None:
            raise not_there("card")
        self._desk.doors.note(reader, "second opinion asked", uuid, {"asked": id_}, tenant=tenant)
        return self._desk.to(f"/cards/{uuid}", list_sent().query(), asked="yes")

    def take_back_second_opinion(self, id_: str) -> Response:
        """Take back what one asked for oneself, and show its card again."""
        reader = self._desk.doors.admit(Permission.JUDGE)
        with writing(self._desk.engine) as connection:
            asked = second_opinions.take_back(connection, reader, id_, self._desk.now())
        uuid = str(asked["card"])
        self._desk.doors.note(reader, "second opinion taken back", uuid, {"asked": id_}, tenant=asked["tenant"])
        return self._desk.to(f"/cards/{uuid}", list_sent().query(), asked="no")

    def _note_verdict(self, reader: Reader, detail: Detail, form: verdicts.Form, kept: verdicts.Kept) -> None:
        if kept is not verdicts.Kept.AGAIN:
            told = {"verdict": form.id, "card": form.card_verdict, "response": form.response_verdict}
            self._desk.doors.note(reader, "verdict saved", detail.subject, told, tenant=detail.call["tenant"])

    # --- saved views ---

    def keep_view(self) -> Response:
        """Keep the filters of the list under a name."""
        reader = self._desk.doors.admit(Permission.READ)
        with writing(self._desk.engine) as connection:
            query = keep(connection, reader, request.form.get("name", ""), request.form.get("list", ""))
        return self._desk.to("", query)

    def forget_view(self) -> Response:
        """Forget a view."""
        reader = self._desk.doors.admit(Permission.READ)
        with writing(self._desk.engine) as connection:
            forget(connection, reader, request.form.get("name", ""))
        return self._desk.to("", list_sent().query())

    # --- what the pages of a card and of a call share ---

    def _card(self, reader: Reader, uuid: str) -> Detail:
        with reading(self._desk.engine) as connection:
            detail = detail_of_card(connection, reader, uuid)
        if detail is None:
            raise not_there("card")
        return detail

    def _call(self, reader: Reader, id_: str) -> Detail:
        with reading(self._desk.engine) as connection:
            detail = detail_of_call(connection, reader, id_)
        if detail is None:
            raise not_there("call")
        return detail

    def _card_page(
        self, reader: Reader, detail: Detail, chosen: Filters, *, form: verdicts.Form | None = None
    ) -> Response:
        if detail.card is None:
            raise not_there("card")
        key, now = key_of(detail.card), self._desk.now()
        angry = self._desk.angry_words
        with reading(self._desk.engine) as connection:
            following = next_card(connection, reader, chosen, now, key, angry)
            earlier = previous_card(connection, reader, chosen, now, key, angry)
            opinions = second_opinions.asked_for(connection, reader, str(detail.card["uuid"]))
        skin = request.args.get("skin", "sandbox")
        return self._desk.page(
            reader,
            "card_detail.html",
            "",
            status=422 if form else 200,
            chosen=chosen,
            following=following,
            earlier=earlier,
            skin=skin if skin in SKINS else "sandbox",
            skins=SKINS,
            tab=tab if (tab := request.args.get("tab", "facts")) in TABS else "facts",
            tabs=TABS,
            opinions=opinions,
            own_opinion=next((one for one in opinions if one["who"] == reader.who), None),
            opinion_id=self._desk.new_id(),
            angry_found=angry.in_comments([comment for one in detail.feedback for comment in one["comments"]]),
            roles=ROLES,
            rule_pages=[self._rule_pages[rule] for rule in detail.rules if rule in self._rule_pages],
            **self._told(reader, detail, form),
            verdict_words=words.VERDICTS,
        )

    def _call_page(self, reader: Reader, detail: Detail, *, form: verdicts.Form | None = None) -> Response:
        return self._desk.page(
            reader,
            "call_detail.html",
            "",
            status=422 if form else 200,
            chosen=Filters(),
            **self._told(reader, detail, form),
            verdict_words=verdicts.SILENCE_VERDICTS,
        )

    def _told(self, reader: Reader, detail: Detail, form: verdicts.Form | None) -> dict[str, Any]:
        mine = detail.mine
        blank = verdicts.Form(self._desk.new_id())
        if form is None and mine is not None:
            told = {name: mine[name] for name in ("card_verdict", "cause", "response_verdict", "harm", "comment")}
            blank = verdicts.Form(blank.id, **told, to_owner=bool(mine["to_owner"]))
        return {
            "detail": detail,
            "form": form or blank,
            "opened": request.form.get("opened", "") if form else self._desk.now().isoformat(),
            "may_judge": reader.may(Permission.JUDGE),
            "titles": self._titles,
            "state_words": STATES,
            "causes": verdicts.CAUSES,
            "responses": verdicts.RESPONSES,
            "harms": verdicts.HARMS,
            "saved": _saved(),
            "undone": request.args.get("undone") == "yes",
            "asked": request.args.get("asked", ""),
        }


def _saved() -> dict[str, str] | None:
    """The verdict that was saved a moment ago, as the address tells it."""
    id_, kept = request.args.get("saved", ""), request.args.get("kept", "")
    if len(id_) != 36 or kept.upper() not in verdicts.Kept.__members__:
        return None
    return {"id": id_, "kept": kept, "seconds": str(verdicts.UNDO_SECONDS)}


def _order_lines(orders_json: str) -> list[str]:
    return [one.get("what", "") for one in json.loads(orders_json)]
