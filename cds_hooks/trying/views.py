"""``/try``: choose a made-up patient or paste a request, sign an order, take or set aside what the cards offer.

Nothing is kept here: what the page needs to go on travels in its form. Cards are made again from the same order when a
suggestion is taken, and get the names that they had, so that feedback reaches the card it is about.

A POST is answered with the page itself, not with a redirect: there is nothing stored to which one could lead. Sent
again, a form does nothing a second time (:mod:`cds_hooks.trying.twice`).

The demo is open to everybody, and may keep a call and feedback when asked. In production somebody must have signed in,
and nothing is kept at all: the work list and the figures are about calls of registered clients.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, cast

from flask import Blueprint, Response, current_app, request
from werkzeug.test import Client

from cards import Hook
from cds_hooks import reviewing, syntax
from cds_hooks.application import introduced
from cds_hooks.callers import ANYBODY
from cds_hooks.outgoing import withhold_invalid
from cds_hooks.pages.rendering import page
from cds_hooks.problems import Issue, Refusal
from cds_hooks.trying import orders, telling
from cds_hooks.trying.orders import Filled, draft_of, filled_from
from cds_hooks.trying.patients import PATIENTS, MadeUp, known
from cds_hooks.trying.sheet import Sheet, orders_in, with_orders
from cds_hooks.trying.twice import Acts
from cds_hooks.wire import Json, encode, encode_tidily

if TYPE_CHECKING:
    from cards import Answer, Clinic
    from cds_hooks.people.doors import Reader
    from cds_hooks.services import FrontDesk

    Admit = Callable[[], "Reader | None"]

MOST_SENT: Final = 64_000_000
"""Bytes of a form that are read, so that a paste which is far too long can be given back with a word about it."""

_VIEWS: Final = (
    ("facts", "Facts"),
    ("why", "Why, why not"),
    ("request", "Request"),
    ("response", "Response"),
    ("curl", "curl"),
)
_FRAME: Final = frozenset({"Patient", "Encounter"})
"""What every chart has, and nobody needs to be told beside the order."""
_SKINS: Final = (("sandbox", "As a prescriber sees it"), ("narrow", "In a narrow side bar"), ("plain", "As plain text"))


@dataclass(slots=True)
class Work:
    """What is on the table: whose chart, which orders, what was pressed before."""

    patient: MadeUp | None = None
    request: Json = field(default_factory=dict)
    sheet: Sheet = field(default_factory=lambda: Sheet(()))
    filled: Filled = field(default_factory=Filled)
    wrong: Mapping[str, str] = field(default_factory=dict)
    pasted: str = ""
    issues: Sequence[Issue] = ()
    notes: list[str] = field(default_factory=list)
    done: dict[int, str] = field(default_factory=dict)
    result: Result | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What the service answered to the request at hand, and what stands beside it."""

    cards: list[Json]
    service: str
    milliseconds: float
    trace: Json
    why: list[tuple[str, str, list[Json]]]
    facts: list[dict[str, str]]
    request: str
    response: str
    curl: str

    @property
    def names(self) -> str:
        """The names of cards and suggestions, in their order, for the form to carry."""
        return " ".join(name for card in self.cards for name in _names_in(card))


def _everybody() -> None:
    """Nobody is asked who they are."""


def try_pages(desk: FrontDesk, admit: Admit = _everybody) -> Blueprint:
    """The page to try the service on. ``admit`` tells who sent the request at hand, and stops whoever may not."""
    blueprint = Blueprint("try", __name__)
    table = _Table(desk, admit)
    blueprint.add_url_rule("/try", view_func=table.show, methods=["GET"], strict_slashes=False)
    blueprint.add_url_rule("/try", view_func=table.act, methods=["POST"], endpoint="act", strict_slashes=False)
    return blueprint


class _Table:
    """The page, and what each of its buttons does."""

    def __init__(self, desk: FrontDesk, admit: Admit) -> None:
        self._desk = desk
        self._admit = admit
        self._caller = introduced(ANYBODY, desk.settings.public_url)
        self._acts = Acts(_now)

    @property
    def _keeps(self) -> bool:
        """Whether a call or feedback from here may be kept: only where there are no real ones beside it."""
        return self._desk.settings.is_demo

    def show(self) -> Response:
        """The patients to choose from, or the order of one of them, not yet signed."""
        reader = self._admit()
        name = request.args.get("patient")
        if name is None:
            return self._page(reader, Work())
        if name not in known():
            raise Refusal(404, Issue("not-found", "There is no such made-up patient. /try lists those there are."))
        return self._page(reader, _with_patient(name))

    def act(self) -> Response:
        """Sign, take a suggestion, or set a card aside."""
        request.max_content_length = MOST_SENT
        request.max_form_memory_size = MOST_SENT
        reader = self._admit()
        form = request.form
        work = Work(pasted=form.get("request", ""))
        try:
            work = self._read(form)
            self._press(work, form)
        except _TooLong as refusal:
            return self._page(reader, Work(pasted=refusal.shown, issues=refusal.issues), refusal.status)
        except Refusal as refusal:
            work.issues = refusal.issues
            return self._page(reader, work, refusal.status)
        return self._page(reader, work, 400 if work.wrong else 200)

    def _read(self, form: Mapping[str, str]) -> Work:
        """What the form carries."""
        if (name := form.get("patient")) is not None:
            if name not in known():
                raise Refusal(404, Issue("not-found", "There is no such made-up patient."))
            work = _with_patient(name)
            if carried := form.get("orders"):
                work.sheet = Sheet(tuple(_objects(carried)), tuple(_objects(form.get("beside") or "[]")))
            work.filled = Filled.from_form(form)
            return work
        text = form.get("request", "")
        body = text.encode()
        most = self._desk.settings.max_body_bytes
        if len(body) > most:
            shown = body[:most].decode(errors="ignore")
            told = f"The request is {len(body):,} bytes long; this service takes {most:,}. What fits stands below."
            raise _TooLong(shown, Issue("too-long", told))
        decoded = syntax.decode_strictly(body)
        if not isinstance(decoded, dict):
            raise Refusal(400, Issue("structure", "Expected a CDS Hooks request: a JSON object with hook and context."))
        return Work(pasted=text, request=decoded, sheet=Sheet(tuple(orders_in(decoded))))

    def _press(self, work: Work, form: Mapping[str, str]) -> None:
        """Do what the button says."""
        names = form.get("names", "").split()
        if (pressed := form.get("accept")) is not None and names:
            self._accept(work, pressed, names)
        elif (pressed := form.get("override")) is not None and names:
            self._override(work, pressed, names, form)
        elif work.patient is not None:
            work.wrong = work.filled.problems()
            if work.wrong:
                return
            first, *others = work.sheet.orders or (_blank(work.request),)
            work.sheet = replace(work.sheet, orders=(draft_of(work.filled, first), *others))
            work.result = self._answer(work, keeps=self._keeps and form.get("keep") == "yes")
        else:
            work.result = self._answer(work, keeps=self._keeps and form.get("keep") == "yes")
        if work.patient is not None and work.sheet.orders:
            work.filled = filled_from(work.sheet.orders[0])

    def _accept(self, work: Work, pressed: str, names: list[str]) -> None:
        before = self._answer(work, names=names)
        card, suggestion = _found(before.cards, pressed)
        work.sheet = work.sheet.accepting(suggestion)
        if work.patient is None:
            work.request = with_orders(work.request, work.sheet.orders)
            work.pasted = telling.readable(work.request)
        sent = self._send_feedback(before.service, card["uuid"], accepted=suggestion["uuid"])
        work.notes.append(f"Accepted: {suggestion['label']}.{sent}")
        work.result = self._answer(work)

    def _override(self, work: Work, pressed: str, names: list[str], form: Mapping[str, str]) -> None:
        result = self._answer(work, names=names)
        card = _card_at(result.cards, pressed)
        reasons = {reason["code"]: reason for reason in card.get("overrideReasons", ())}
        reason = reasons.get(form.get(f"reason-{pressed}", ""))
        comment = form.get(f"comment-{pressed}", "").strip()[:1000]
        said = reason["display"] if reason else "no reason given"
        sent = self._send_feedback(result.service, card["uuid"], reason=reason, comment=comment)
        work.notes.append(f"Set aside: {said}.{sent}")
        work.done = _done(form) | {int(pressed): said}
        work.result = result

    def _answer(self, work: Work, *, names: Sequence[str] = (), keeps: bool = False) -> Result:
        """The service's answer to the request at hand. Kept only where that is asked for."""
        if work.patient is not None:
            work.request = with_orders(work.request, work.sheet.orders)
        body = encode(work.request)
        if len(body) > self._desk.settings.max_body_bytes:
            raise Refusal(413, Issue("too-long", "The request is larger than this service accepts."))
        begun = perf_counter()
        answer = self._reviewed(body, is_made_up=work.patient is not None)
        cards, _ = withhold_invalid(answer.cards, answer.originals)
        milliseconds = (perf_counter() - begun) * 1000
        service = next(one for one in self._desk.services if one.hook.value == work.request["hook"])
        path = f"/cds-services/{service.id}"
        if keeps:
            cards = self._kept(path, body)
            work.notes.append("The service has kept this call.")
        cards = _named(syntax.decode_strictly(encode_tidily({"cards": cards}))["cards"], names)
        trace = answer.explain()
        address = f"{self._desk.settings.public_url or request.host_url.rstrip('/')}{path}"
        return Result(
            cards=cards,
            service=service.id,
            milliseconds=milliseconds,
            trace=trace.to_json(),
            why=telling.why(trace),
            facts=telling.facts_in(work.request),
            request=telling.readable(work.request),
            response=telling.readable({"cards": cards}),
            curl=telling.curl_line(address, body, needs_token=not self._desk.settings.is_demo)
            if len(body) <= telling.MOST_IN_A_LINE
            else "",
        )

    def _reviewed(self, body: bytes, *, is_made_up: bool) -> Answer:
        # A made-up patient brings the day on which its story is true; a pasted one does outside the demo what it would
        # do as a call.
        day = None if is_made_up or self._desk.settings.is_demo else self._desk.today()
        try:
            answer = reviewing.answer_to(body, day, cast("Clinic", self._desk.clinic), self._caller)
        except RecursionError:
            raise Refusal(400, Issue("structure", "The request nests too deep to be read.")) from None
        if answer.chart.hook in (Hook.PATIENT_VIEW, Hook.ORDER_DISPATCH) and answer.lacks_medications:
            raise Refusal(412, Issue("not-found", "No medication list was sent, and nothing can be said without one."))
        return answer

    def _kept(self, path: str, body: bytes) -> list[Json]:
        """The cards of the call, which the service keeps; once, however often the form comes."""
        with self._acts.once(self._number(), path.encode() + body) as act:
            if act.kept is None:
                act.kept = _cards_of(self._post(path, body))
            return act.kept

    def _send_feedback(self, service: str, card: str, **what: Any) -> str:
        """Send what became of a card, and say so; the empty text where nothing is sent."""
        if not self._keeps:
            return ""
        with self._acts.once(self._number(), telling.feedback_body(card, at="", **what)) as act:
            answered = self._post(f"/cds-services/{service}/feedback", telling.feedback_body(card, at=act.at, **what))
        if answered.status_code == 200:
            return " Feedback was sent, and the service kept it."
        return f" Feedback was sent, and the service refused it ({answered.status_code})."

    def _number(self) -> str:
        """The number of the page that the form at hand comes from; a new one where it brings none."""
        return request.form.get("number", "")[:36] or self._desk.new_uuid()

    def _post(self, path: str, body: bytes) -> Any:
        """Send to our own service as a client does: through the reception, the checks and the store."""
        return Client(current_app.wsgi_app).post(path, data=body, content_type="application/json")

    def _page(self, reader: Reader | None, work: Work, status: int = 200) -> Response:
        chosen = request.form if request.method == "POST" else {}
        return page(
            self._desk.settings,
            "try.html",
            here="/try",
            status=status,
            work=work,
            is_open=work.patient is not None or work.result is not None,
            patients=PATIENTS,
            fields=orders,
            views=_VIEWS,
            view=_one_of(chosen.get("view"), _VIEWS),
            skins=_SKINS,
            skin=_one_of(chosen.get("skin"), _SKINS),
            keep=chosen.get("keep") == "yes",
            reader=reader,
            keeps=self._keeps,
            number=self._desk.new_uuid(),
            carried=encode(list(work.sheet.orders)).decode(),
            beside=encode(list(work.sheet.beside)).decode(),
            chart=[fact for fact in telling.facts_in(work.request) if fact["kind"] not in _FRAME],
            others=[telling.what_it_is(one) for one in (*work.sheet.orders[1:], *work.sheet.beside)],
        )


class _TooLong(Refusal):
    """A paste that is longer than a request may be, with what fits of it."""

    def __init__(self, shown: str, issue: Issue) -> None:
        super().__init__(413, issue)
        self.shown = shown


def _with_patient(name: str) -> Work:
    patient, scenario = known()[name]
    drafts = tuple(scenario.drafts)
    return Work(patient=patient, request=scenario.request, sheet=Sheet(drafts), filled=filled_from(drafts[0]))


def _blank(asked: Mapping[str, Any]) -> Json:
    """A draft for the patient of the request, after the last one was removed."""
    return {"id": "draft-1", "subject": {"reference": f"Patient/{asked['context']['patientId']}"}}


def _objects(text: str) -> list[Json]:
    """Orders as the form carries them."""
    decoded = syntax.decode_strictly(text.encode())
    if isinstance(decoded, list) and all(isinstance(one, dict) for one in decoded):
        return decoded
    raise Refusal(
        400, Issue("structure", "The orders that the page carried could not be read. Choose the patient again.")
    )


def _card_at(cards: Sequence[Json], place: str) -> Json:
    if place.isascii() and place.isdigit() and len(place) < 4 and int(place) < len(cards):
        return cards[int(place)]
    raise Refusal(400, Issue("value", "There is no such card on this page any more. Sign again."))


def _found(cards: Sequence[Json], place: str) -> tuple[Json, Json]:
    card_place, _, suggestion_place = place.partition(".")
    card = _card_at(cards, card_place)
    return card, _card_at(card.get("suggestions", ()), suggestion_place)


def _names_in(card: Json) -> list[str]:
    return [card["uuid"], *(one["uuid"] for one in card.get("suggestions", ()))]


def _named(cards: list[Json], names: Sequence[str]) -> list[Json]:
    """The cards with the names they had when they were first shown; with their new ones where they are others."""
    if sum(len(_names_in(card)) for card in cards) != len(names):
        return cards
    given = iter(names)
    for card in cards:
        card["uuid"] = next(given)
        for suggestion in card.get("suggestions", ()):
            suggestion["uuid"] = next(given)
    return cards


def _cards_of(answered: Any) -> list[Json]:
    if answered.status_code != 200:
        raise Refusal(answered.status_code, Issue("processing", "The service refused the call; its log says why."))
    cards: list[Json] = syntax.decode_strictly(answered.get_data())["cards"]
    return cards


def _done(form: Mapping[str, str]) -> dict[int, str]:
    return {nth: form[f"done-{nth}"] for nth in range(20) if form.get(f"done-{nth}")}


def _one_of(given: str | None, pairs: Sequence[tuple[str, str]]) -> str:
    return given if given is not None and given in dict(pairs) else pairs[0][0]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
