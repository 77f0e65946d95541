"""Asking somebody else to judge a card too, blind to what was judged before until they have saved their own verdict.

What was asked stands until another reviewer has judged the card. Whoever asked may take it back until then.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, exists, insert, select, update

from cds_hooks.desk.queries import one_of, rows_of, seen_by
from cds_hooks.memory.stamps import stamp
from cds_hooks.problems import Issue, Refusal
from cds_hooks.tables import CARDS, SECOND_OPINIONS, VERDICTS

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, RowMapping

    from cds_hooks.people.doors import Reader

_ID: Final = re.compile(r"[0-9a-f-]{36}\Z")


def ask(connection: Connection, reader: Reader, card: str, id_: str, now: datetime) -> str | None:
    """Ask for a second opinion on a card; its tenant, or nothing where the reader sees no such card.

    Asking twice is asking once. Raises ``Refusal`` where no page of ours sent it.
    """
    if not _ID.match(id_):
        raise Refusal(400, Issue("value", "Expected a form sent from a page of the review desk.", "id"))
    found = connection.execute(
        rows_of(reader, CARDS, CARDS.c.tenant).where(CARDS.c.uuid == card).with_for_update()
    ).scalar_one_or_none()
    if found is None:
        return None
    known = connection.execute(select(SECOND_OPINIONS.c.id).where(SECOND_OPINIONS.c.id == id_)).first()
    mine = [one for one in asked_for(connection, reader, card) if one["who"] == reader.who]
    if known is None and not mine:
        row = {"id": id_, "card": card, "tenant": found, "who": reader.who, "at": stamp(now), "undone_at": ""}
        connection.execute(insert(SECOND_OPINIONS).values(row))
    return str(found)


def take_back(connection: Connection, reader: Reader, id_: str, now: datetime) -> RowMapping:
    """Take back what one asked for oneself; raises ``Refusal`` where there is none, or another has judged since."""
    found = one_of(connection, reader, SECOND_OPINIONS, "id", id_)
    if found is None or found["who"] != reader.who:
        raise Refusal(404, Issue("not-found", "You have asked for no such second opinion."))
    if found["undone_at"]:
        return found
    if not any(one["id"] == id_ for one in asked_for(connection, reader, found["card"])):
        raise Refusal(409, Issue("conflict", "Somebody has judged the card since: the second opinion is there."))
    connection.execute(update(SECOND_OPINIONS).where(SECOND_OPINIONS.c.id == id_).values(undone_at=stamp(now)))
    return found


def asked_for(connection: Connection, reader: Reader, card: str) -> Sequence[RowMapping]:
    """The second opinions on a card that were asked for and have not come, oldest first."""
    asked = rows_of(reader, SECOND_OPINIONS).where(SECOND_OPINIONS.c.card == card, _stands(reader))
    return connection.execute(asked.order_by(SECOND_OPINIONS.c.at)).mappings().all()


def waiting(connection: Connection, reader: Reader, cards: Sequence[str]) -> frozenset[str]:
    """Those of the cards on which somebody waits for a second opinion."""
    if not cards:
        return frozenset()
    asked = rows_of(reader, SECOND_OPINIONS, SECOND_OPINIONS.c.card).where(
        SECOND_OPINIONS.c.card.in_(cards), _stands(reader)
    )
    return frozenset(connection.execute(asked).scalars())


def wanted_of(reader: Reader) -> ColumnElement[bool]:
    """The condition that somebody else asked for a second opinion on a card, which has not come."""
    asked = rows_of(reader, SECOND_OPINIONS, SECOND_OPINIONS.c.card)
    return CARDS.c.uuid.in_(asked.where(SECOND_OPINIONS.c.who != reader.who, _stands(reader)))


def _stands(reader: Reader) -> ColumnElement[bool]:
    """Whether it was not taken back, and nobody else has judged the card since it was asked for."""
    since = and_(
        VERDICTS.c.subject == SECOND_OPINIONS.c.card,
        VERDICTS.c.reviewer != SECOND_OPINIONS.c.who,
        VERDICTS.c.at >= SECOND_OPINIONS.c.at,
        VERDICTS.c.undone_at == "",
        seen_by(reader, VERDICTS),
    )
    return and_(SECOND_OPINIONS.c.undone_at == "", ~exists().where(since).correlate(SECOND_OPINIONS))
