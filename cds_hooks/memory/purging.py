"""Letting go of what need not be kept: after some months only figures remain of a call, and of a token nothing.

Facts, traces, cards as sent, what users wrote, and whole requests go when their days are over; the rows of calls,
cards and feedback stay, for what was counted once must be countable again. Audit events stay for years.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select, update

from cds_hooks.memory import audit
from cds_hooks.memory.stamps import stamp
from cds_hooks.tables import AUDIT, CALLS, CARDS, FEEDBACK, OVERRIDES, REPLAYS, SESSIONS, SNAPSHOTS

if TYPE_CHECKING:
    from sqlalchemy import Connection

_DAYS_OF_A_YEAR: Final = 365.25


@dataclass(frozen=True, slots=True)
class Purged:
    """How much went, of each kind."""

    requests: int
    facts: int
    comments: int
    tokens: int
    overrides: int
    sessions: int
    events: int

    def as_counts(self) -> dict[str, int]:
        """By name."""
        return {name: getattr(self, name) for name in self.__slots__}


def purge(connection: Connection, at: datetime, *, days: int, years_of_audit: int, who: str) -> Purged:
    """Let go of what is over at that moment, in the transaction at hand, and leave an audit event that tells of it."""
    moment, old = stamp(at), stamp(at - timedelta(days=days))
    gone = Purged(
        requests=connection.execute(delete(SNAPSHOTS).where(SNAPSHOTS.c.delete_after <= moment)).rowcount,
        facts=connection.execute(
            update(CALLS)
            .where(CALLS.c.answered_at <= old, CALLS.c.facts_json != "{}")
            .values(facts_json="{}", orders_json="[]", fetches_json="[]", trace=None)
        ).rowcount,
        comments=connection.execute(
            update(FEEDBACK)
            .where(FEEDBACK.c.received_at <= old, FEEDBACK.c.as_sent != b"")
            .values(comments_json="[]", as_sent=b"")
        ).rowcount,
        tokens=connection.execute(delete(REPLAYS).where(REPLAYS.c.expires_at <= moment)).rowcount,
        overrides=connection.execute(delete(OVERRIDES).where(OVERRIDES.c.until <= moment)).rowcount,
        sessions=connection.execute(delete(SESSIONS).where(SESSIONS.c.expires_at <= moment)).rowcount,
        events=0,
    )
    connection.execute(update(CALLS).where(CALLS.c.answered_at <= old, CALLS.c.sealed.is_not(None)).values(sealed=None))
    connection.execute(
        update(CARDS).where(CARDS.c.at <= old, CARDS.c.sent_json != "{}").values(sent_json="{}", order_text="")
    )
    detail: dict[str, object] = {}
    cut = _cut_audit(connection, at - timedelta(days=_DAYS_OF_A_YEAR * years_of_audit))
    if cut is not None:
        number, last_hash, events = cut
        gone = Purged(**{**gone.as_counts(), "events": events})
        detail = {"audit_through": number, "audit_hash": last_hash}
    detail |= gone.as_counts()
    audit.append(connection, audit.Event(who, "operator", audit.PURGED, "database", detail=detail), at)
    return gone


def _cut_audit(connection: Connection, before: datetime) -> tuple[int, str, int] | None:
    """Take off the oldest events; the number and the hash of the last that went, and how many."""
    last = connection.execute(
        select(AUDIT.c.number, AUDIT.c.hash).where(AUDIT.c.at < stamp(before)).order_by(AUDIT.c.number.desc()).limit(1)
    ).one_or_none()
    if last is None:
        return None
    events = connection.execute(delete(AUDIT).where(AUDIT.c.number <= last.number)).rowcount
    return last.number, last.hash, events
