"""Rules that are asked and not heard: found and kept, and not returned, until somebody says otherwise.

``silent`` is for trying a rule out and for emergencies; ``retired`` is kept likewise, for the history of a rule that
will not come back. Both have a reason, and may have an end. The rules that must be heard may be neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, insert, select

from cds_hooks.memory import audit
from cds_hooks.memory.stamps import stamp
from cds_hooks.memory.unheard import RETIRED
from cds_hooks.tables import RULE_MODES

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cards.pages import RuleBook

MODES: Final = ("silent", RETIRED)


class ModeError(Exception):
    """A rule that may not be silenced so; the message says why."""


@dataclass(frozen=True, slots=True)
class Mode:
    """How one rule is treated for one client (all, where ``client`` is empty), why, and until when (empty: for good)."""

    rule: str
    client: str
    mode: str
    reason: str
    since: str
    until: str
    who: str


def silence(  # noqa: PLR0913 - each is a column
    connection: Connection,
    book: RuleBook,
    rule: str,
    *,
    who: str,
    role: str,
    reason: str,
    at: datetime,
    until: datetime | None = None,
    client: str = "",
    mode: str = "silent",
) -> None:
    """Keep a rule unheard from now on, with an audit event; raises ``ModeError``."""
    page = next((one.page for one in book.rules if one.page.rule == rule), None)
    if page is None:
        raise ModeError(f"There is no rule {rule}.")
    if page.stays_on:
        raise ModeError(f"{rule} may not be silenced. {page.stays_on}")
    if not reason.strip():
        raise ModeError("A reason is needed: it is what the next reader has.")
    if until is not None and until <= at:
        raise ModeError("The end lies in the past.")
    ends = stamp(until) if until is not None else ""
    connection.execute(delete(RULE_MODES).where(RULE_MODES.c.rule == rule, RULE_MODES.c.client == client))
    connection.execute(
        insert(RULE_MODES).values(
            rule=rule, client=client, mode=mode, reason=reason, since=stamp(at), until=ends, who=who
        )
    )
    audit.append(
        connection,
        audit.Event(
            who, role, "rule silenced", rule, detail={"client": client, "mode": mode, "reason": reason, "until": ends}
        ),
        at,
    )


def hear(connection: Connection, rule: str, *, who: str, role: str, at: datetime, client: str = "") -> bool:
    """Hear a rule again, with an audit event; whether it was unheard."""
    gone = connection.execute(delete(RULE_MODES).where(RULE_MODES.c.rule == rule, RULE_MODES.c.client == client))
    if not gone.rowcount:
        return False
    audit.append(connection, audit.Event(who, role, "rule heard again", rule, detail={"client": client}), at)
    return True


def modes_in(connection: Connection) -> list[Mode]:
    """All that is set, by rule; those that have ended too."""
    rows = connection.execute(select(RULE_MODES).order_by(RULE_MODES.c.rule, RULE_MODES.c.client))
    return [Mode(row.rule, row.client, row.mode, row.reason, row.since, row.until, row.who) for row in rows]
