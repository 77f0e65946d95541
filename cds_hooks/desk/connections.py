"""How each client is connected: what was last seen of it, for whoever asks why nothing comes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select

from cds_hooks.clients.signs import KEY, KEYS
from cds_hooks.desk.queries import rows_of
from cds_hooks.memory.stamps import stamp
from cds_hooks.tables import CALLS, CLIENT_SIGNS, CLIENTS, FEEDBACK

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cds_hooks.people.doors import Reader

KINDS: Final = {
    "call": "Last call",
    "refusal": "Last refusal",
    "keys": "Keys",
    "prefetch": "Prefetch received",
    "clock": "Clock",
    "feedback": "Feedback",
}
DAYS: Final = 30
"""Calls of so many days are counted."""
QUIET_DAYS: Final = 7


@dataclass(frozen=True, slots=True)
class Seen:
    """One kind of thing seen of a client."""

    word: str
    at: str
    told: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Connected:
    """One client. ``issuer`` is empty where nobody registered it, as in the demo."""

    name: str
    issuer: str
    is_on: bool
    calls: int
    last_call: str
    last_feedback: str
    seen: Sequence[Seen]

    def advice(self, now: datetime) -> list[str]:
        """What to look at first, in plain words."""
        told = []
        refusal = next((one for one in self.seen if one.word == KINDS["refusal"]), None)
        last = max([self.last_call, *(one.at for one in self.seen if one.word == KINDS["call"])])
        if not self.is_on:
            told.append("It is switched off: every call of it is refused.")
        if refusal is not None and refusal.at > last:
            told.append("Its latest call was refused. The reason stands below; the caller was not told it.")
        if not last:
            told.append(f"No call of it was answered in {DAYS} days.")
        elif (now - datetime.fromisoformat(last)).days >= QUIET_DAYS:
            told.append(f"It has not called for {(now - datetime.fromisoformat(last)).days} days.")
        if last and not self.last_feedback:
            told.append("It has never sent feedback: what becomes of its cards is not known.")
        return told


def connections(connection: Connection, reader: Reader, now: datetime) -> list[Connected]:
    """The clients whose calls the reader sees; who sees every tenant sees those that never called too."""
    columns: list[Any] = [CALLS.c.client, func.count(), func.max(CALLS.c.answered_at)]
    asked = rows_of(reader, CALLS, *columns).where(CALLS.c.answered_at >= stamp(now - timedelta(days=DAYS)))
    calls = {name: (n, last) for name, n, last in connection.execute(asked.group_by(CALLS.c.client))}
    told: list[Any] = [FEEDBACK.c.client, func.max(FEEDBACK.c.received_at)]
    heard = connection.execute(rows_of(reader, FEEDBACK, *told).group_by(FEEDBACK.c.client))
    feedback: dict[str, str] = {name: last for name, last in heard}  # noqa: C416 - a row is no pair to mypy
    signs: dict[str, list[Seen]] = {}
    rows = connection.execute(select(CLIENT_SIGNS).order_by(CLIENT_SIGNS.c.kind)).all()
    first = {(row.client, row.kind.removeprefix(KEY)): row.at for row in rows if row.kind.startswith(KEY)}
    for row in rows:
        if row.kind.startswith(KEY):
            continue
        detail = json.loads(row.detail_json)
        if row.kind == KEYS and "kids" in detail:
            detail["kids"] = [_aged(kid, first.get((row.client, kid)), now) for kid in detail["kids"]]
        word = KINDS.get(row.kind, row.kind)
        signs.setdefault(row.client, []).append(Seen(word, row.at, _told(detail)))
    known = {row.name: row for row in connection.execute(select(CLIENTS))}
    names = {*calls, *known, *signs} if reader.sees is None else set(calls)
    return [
        Connected(
            name,
            known[name].issuer if name in known else "",
            known[name].is_on if name in known else True,
            *calls.get(name, (0, "")),
            feedback.get(name, ""),
            signs.get(name, ()),
        )
        for name in sorted(names)
    ]


def _aged(kid: str, first: str | None, now: datetime) -> str:
    """A key with its age, counted from the day on which we saw it first: a key set tells no other."""
    if first is None:
        return kid
    days = (now - datetime.fromisoformat(first)).days
    return f"{kid}, first seen {'today' if days < 1 else '1 day ago' if days == 1 else f'{days} days ago'}"


def _told(detail: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(name.replace("_", " "), _word(value)) for name, value in detail.items()]


def _word(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_word(one) for one in value) or "none"
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_word(one)}" for name, one in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
