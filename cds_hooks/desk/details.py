"""All that is known of one card: as sent, the facts behind it, why it was said, and what became of it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from cards.chart import DataState
from cds_hooks.desk.differences import contents, differences
from cds_hooks.desk.evidence import Evidence, Fact, Source
from cds_hooks.desk.queries import one_of, rows_of
from cds_hooks.desk.verdicts import standing_verdicts
from cds_hooks.memory.stamps import stamp
from cds_hooks.people.roles import Permission
from cds_hooks.tables import CALLS, CARDS, FEEDBACK, SECOND_OPINIONS, SNAPSHOTS

if TYPE_CHECKING:
    from sqlalchemy import Connection, RowMapping

    from cds_hooks.people.doors import Reader

Json = Mapping[str, Any]

SIGNED_AGAIN_WITHIN: Final = timedelta(days=7)
"""So long after a card a further call about the same patient is taken for an answer to it."""
_MOST_CALLS: Final = 20

STATES: Final = {state.name.lower(): state.value for state in DataState}
"""The words for the state of a kind of data."""


@dataclass(frozen=True, slots=True)
class Change:
    """What one action of a suggestion does to an order.

    ``rows`` are place, before and after. Without ``is_compared`` the order is no longer kept as JSON: ``read`` is how it
    was read, and ``rows`` is all that stands in the order that would take its place.
    """

    kind: str
    description: str
    rows: Sequence[tuple[str, str, str]]
    is_compared: bool
    read: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """A suggestion of the card, and whether the prescriber accepted it."""

    label: str
    is_recommended: bool
    is_accepted: bool
    changes: Sequence[Change]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened around a card. ``link`` is the id of a further call."""

    at: str
    what: str
    told: str = ""
    link: str = ""


@dataclass(frozen=True)
class Detail:
    """One call, and the card of it that is looked at, if it is one."""

    call: RowMapping
    card: RowMapping | None
    sent: Json
    facts: Json
    states: Mapping[str, str]
    orders: Sequence[Json]
    trace: Json | None
    offers: Sequence[Offer] = ()
    events: Sequence[Event] = ()
    verdicts: Sequence[RowMapping] = ()
    hidden: int = 0
    mine: RowMapping | None = None
    others: int = 0
    siblings: Sequence[RowMapping] = ()
    feedback: Sequence[Json] = field(default=())
    has_snapshot: bool = False
    used: Sequence[Fact] = ()
    sources: Sequence[Source] = ()

    @property
    def subject(self) -> str:
        """What a verdict is about."""
        return str(self.card["uuid"] if self.card is not None else self.call["id"])

    @property
    def shown(self) -> Json:
        """The card as a client shows it; what was left out of it is empty."""
        card = self.card or {"summary": "", "indicator": "info"}
        source = {"url": "", "topic": None, **(self.sent.get("source") or {"label": ""})}
        told = {
            "summary": card["summary"],
            "indicator": card["indicator"],
            "detail": "",
            "links": (),
            "suggestions": (),
        }
        return {**told, **self.sent, "source": source if source["label"] else None}

    @property
    def findings(self) -> list[Json]:
        """What speaks in this card."""
        if self.card is None:
            return []
        return _speaking(self.facts, self.card)

    @property
    def rules(self) -> list[str]:
        """The rules that speak in the card."""
        told = [one["rule"] for one in self.sent.get("extension", {}).get("ldn-cds.findings", ())]
        if not told and self.card is not None and self.card["rule"]:
            told = [self.card["rule"]]
        return list(dict.fromkeys(told))

    @property
    def rules_by_outcome(self) -> list[tuple[str, list[Json]]]:
        """The rules of the trace, by what became of them; those that spoke first."""
        if self.trace is None:
            return []
        by: dict[str, list[Json]] = {outcome: [] for outcome in _OUTCOMES}
        for rule in self.trace["rules"]:
            by.setdefault(rule["outcome"], []).append(rule)
        return [(outcome, rules) for outcome, rules in by.items() if rules]


_OUTCOMES: Final = ("shown", "unknown", "silenced", "not shown", "suppresses", "silent", "not asked")


def detail_of_card(connection: Connection, reader: Reader, uuid: str) -> Detail | None:
    """Everything about a card; nothing where the reader sees no such card."""
    card = one_of(connection, reader, CARDS, "uuid", uuid)
    if card is None:
        return None
    call = one_of(connection, reader, CALLS, "id", card["call_id"])
    return None if call is None else _detail(connection, reader, call, card)


def detail_of_call(connection: Connection, reader: Reader, id_: str) -> Detail | None:
    """Everything about a call; nothing where the reader sees no such call."""
    call = one_of(connection, reader, CALLS, "id", id_)
    return None if call is None else _detail(connection, reader, call, None)


def raw_of(connection: Connection, reader: Reader, uuid: str) -> dict[str, str] | None:
    """The card as it was sent, and request and answer where they were kept; each as indented JSON."""
    card = one_of(connection, reader, CARDS, "uuid", uuid)
    if card is None:
        return None
    told = {"The card": _indented(card["sent_json"])}
    snapshot = _snapshot(connection, card["call_id"])
    if snapshot is not None:
        told["The request"] = _indented(zlib.decompress(snapshot["request"]))
        told["The answer"] = _indented(zlib.decompress(snapshot["response"]))
    return told


def _indented(text: str | bytes) -> str:
    return json.dumps(json.loads(text), indent=2, ensure_ascii=False)


def _snapshot(connection: Connection, call_id: str) -> RowMapping | None:
    """What was kept of a call whose tenant was checked before."""
    asked = SNAPSHOTS.select().where(SNAPSHOTS.c.call_id == call_id)
    return connection.execute(asked).mappings().one_or_none()


def _detail(connection: Connection, reader: Reader, call: RowMapping, card: RowMapping | None) -> Detail:
    sent: Json = json.loads(card["sent_json"]) if card is not None else {}
    orders: list[Json] = json.loads(call["orders_json"])
    feedback = _feedback(connection, reader, card) if card is not None else []
    standing = standing_verdicts(connection, reader, str(card["uuid"] if card is not None else call["id"]))
    mine = next((one for one in standing if one["reviewer"] == reader.who), None)
    # Who may still judge is not told what others judged, until they have.
    shown = standing if mine is not None or not reader.may(Permission.JUDGE) else []
    snapshot = _snapshot(connection, call["id"])
    siblings = rows_of(reader, CARDS, CARDS.c.uuid, CARDS.c.indicator, CARDS.c.summary, CARDS.c.mode)
    siblings = siblings.where(CARDS.c.call_id == call["id"]).order_by(CARDS.c.position)
    trace = json.loads(zlib.decompress(call["trace"])) if call["trace"] is not None else None
    facts = json.loads(call["facts_json"])
    facts = facts if isinstance(facts, dict) else {"findings": facts}
    states = json.loads(call["states_json"])
    fetches = json.loads(call["fetches_json"])
    evidence = Evidence(states, orders, fetches, facts, trace, call["answered_at"])
    return Detail(
        call=call,
        card=card,
        sent=sent,
        facts=facts,
        states=states,
        orders=orders,
        trace=trace,
        offers=_offers(sent, orders, facts.get("before", {}), {uuid for one in feedback for uuid in one["accepted"]}),
        events=_events(connection, reader, call, feedback, shown, card),
        verdicts=shown,
        hidden=len(standing) - len(shown),
        mine=mine,
        others=sum(one["reviewer"] != reader.who for one in standing),
        siblings=connection.execute(siblings).mappings().all(),
        feedback=feedback,
        has_snapshot=snapshot is not None,
        used=evidence.used([one["rule"] for one in _speaking(facts, card)]),
        sources=evidence.sources(),
    )


def _speaking(facts: Json, card: RowMapping | None) -> list[Json]:
    """The findings that a card tells; every finding of a call."""
    findings: list[Json] = list(facts.get("findings", ()))
    return findings if card is None else [one for one in findings if one.get("card") == card["uuid"]]


def _feedback(connection: Connection, reader: Reader, card: RowMapping) -> list[Json]:
    """What the client told of the card, oldest first."""
    asked = rows_of(reader, FEEDBACK).where(FEEDBACK.c.card == card["uuid"], FEEDBACK.c.client == card["client"])
    told: list[Json] = []
    for row in connection.execute(asked.order_by(FEEDBACK.c.received_at, FEEDBACK.c.id)).mappings():
        reasons = [one if isinstance(one, dict) else {"code": str(one)} for one in json.loads(row["reasons_json"])]
        told.append(
            {
                "outcome": row["outcome"],
                "outcome_at": row["outcome_at"],
                "received_at": row["received_at"],
                "accepted": json.loads(row["accepted_json"]),
                "reasons": [one.get("display") or one.get("code") or "" for one in reasons],
                "comments": json.loads(row["comments_json"]),
            }
        )
    return told


def _reference(resource: Json) -> str:
    kind, id_ = resource.get("resourceType"), resource.get("id")
    return f"{kind}/{id_}" if kind and id_ else ""


def _offers(sent: Json, orders: Sequence[Json], before: Mapping[str, Json], accepted: set[str]) -> list[Offer]:
    return [
        Offer(
            suggestion.get("label", ""),
            bool(suggestion.get("isRecommended")),
            suggestion.get("uuid") in accepted,
            [_change(action, orders, before) for action in suggestion.get("actions", ())],
        )
        for suggestion in sent.get("suggestions", ())
    ]


def _change(action: Json, orders: Sequence[Json], before: Mapping[str, Json]) -> Change:
    kind, description = action.get("type", ""), action.get("description", "")
    resource = action.get("resource")
    if not isinstance(resource, dict):  # a deletion names what it deletes
        named = action.get("resourceId") or ()
        named = [named] if isinstance(named, str) else named
        read = [line for order in orders if order.get("from") in named for line in _as_read(order)]
        return Change(kind, description, (), is_compared=True, read=read)
    reference = _reference(resource)
    original = before.get(reference)
    if kind == "update" and original is not None:
        return Change(kind, description, differences(original, resource), is_compared=True)
    read = [line for order in orders if order.get("from") == reference for line in _as_read(order)]
    return Change(kind, description, [(place, "", now) for place, now in contents(resource)], kind == "create", read)


def _as_read(order: Json) -> list[str]:
    return [order.get("what", ""), *order.get("read", ())]


def _events(
    connection: Connection,
    reader: Reader,
    call: RowMapping,
    feedback: Sequence[Json],
    verdicts: Sequence[RowMapping],
    card: RowMapping | None,
) -> list[Event]:
    """What happened around a call, in the order of time."""
    answered = call["answered_at"]
    events = [Event(_earlier(answered, call["ms"]), "Called", f"{call['hook']} by {call['client']}")]
    for fetch in json.loads(call["fetches_json"]):
        events.append(Event(answered, "Fetched", " · ".join(f"{name} {value}" for name, value in fetch.items())))
    cards = "no card" if not call["cards"] else "1 card" if call["cards"] == 1 else f"{call['cards']} cards"
    events.append(Event(answered, "Answered", f"{cards} in {call['ms']:.1f} ms, by version {call['software']}"))
    for one in feedback:
        told = [one["outcome"], *one["reasons"], *(f"“{comment}”" for comment in one["comments"])]
        events.append(Event(one["outcome_at"], "Feedback", " · ".join(told)))
    events += _calls_after(connection, reader, call)
    for verdict in verdicts:
        which = "Second review" if verdict["is_second"] else "Review"
        told = [verdict["reviewer"], verdict["card_verdict"], verdict["cause"], verdict["comment"]]
        events.append(Event(verdict["at"], which, " · ".join(part for part in told if part)))
    if card is not None:
        asked = rows_of(reader, SECOND_OPINIONS).where(SECOND_OPINIONS.c.card == card["uuid"])
        for row in connection.execute(asked).mappings():
            by = f"{row['who']}, taken back" if row["undone_at"] else row["who"]
            events.append(Event(row["at"], "Second opinion asked for", by))
    return sorted(events, key=lambda event: event.at)


def _calls_after(connection: Connection, reader: Reader, call: RowMapping) -> list[Event]:
    """Further calls about the same patient soon after: the order signed again, perhaps changed."""
    if not call["patient"]:
        return []
    c = CALLS.c
    until = stamp(datetime.fromisoformat(call["answered_at"]) + SIGNED_AGAIN_WITHIN)
    asked = (
        rows_of(reader, CALLS, c.id, c.answered_at, c.hook, c.cards, c.orders_json)
        .where(c.tenant == call["tenant"], c.patient == call["patient"], c.id != call["id"])
        .where(c.answered_at > call["answered_at"], c.answered_at <= until)
        .order_by(c.answered_at)
        .limit(_MOST_CALLS)
    )
    events = []
    before = _lines(json.loads(call["orders_json"]))
    for again in connection.execute(asked).mappings():
        now = _lines(json.loads(again["orders_json"]))
        told = "the same orders" if now == before else "; ".join(sorted(now - before)) or "fewer orders"
        cards = "no card" if not again["cards"] else f"{again['cards']} cards" if again["cards"] > 1 else "1 card"
        events.append(Event(again["answered_at"], f"Called again: {again['hook']}", f"{told} · {cards}", again["id"]))
    return events


def _lines(orders: Sequence[Json]) -> set[str]:
    return {" · ".join([one.get("what", ""), *one.get("read", ())]) for one in orders}


def _earlier(at: str, ms: float) -> str:
    return stamp(datetime.fromisoformat(at) - timedelta(milliseconds=ms))
