"""The work list: cards in the order in which they want to be looked at, a page at a time.

A page begins after a card, not at a number: what came meanwhile moves nothing, and the last page is as fast as the
first. A reviewer who has not judged a card is told that somebody has, not how: the second review is blind.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, case, exists, func, literal_column, not_, or_, select

from cds_hooks.desk.angry_words import OURS, AngryWords
from cds_hooks.desk.queries import rows_in_order, rows_of, seen_by
from cds_hooks.desk.second_opinions import waiting, wanted_of
from cds_hooks.people.roles import Permission
from cds_hooks.problems import Issue, Refusal
from cds_hooks.tables import CALLS, CARD_RISK, CARD_RULES, CARDS, VERDICTS

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, RowMapping

    from cds_hooks.desk.filters import Filters
    from cds_hooks.people.doors import Reader

PAGE: Final = 50
SAMPLE_OF_A_RULE: Final = 20
"""So many cards of a live rule are drawn each week."""
SAMPLE_WITHOUT_CARDS: Final = 50
"""So many orders without a card are drawn each month."""
DOUBLY_REVIEWED: Final = "1a"
"""Cards whose uuid ends below this are reviewed twice: 26 of 256, about a tenth, by chance as uuids are."""

_soon: Final[ColumnElement[int]] = literal_column(CARD_RISK)
_SHOWN: Final = tuple(column for column in CARDS.columns if column is not CARDS.c.sent_json)
_KEY: Final = re.compile(r"([0-3])~([0-9TZ:.-]{20,32})~([0-9A-Za-z-]{1,64})\Z")


@dataclass(frozen=True, slots=True)
class Key:
    """The place of a card in the list."""

    risk: int
    at: str
    uuid: str

    def __str__(self) -> str:
        return f"{self.risk}~{self.at}~{self.uuid}"

    @classmethod
    def read(cls, text: str, name: str) -> Key | None:
        """The key in an address; raises ``Refusal`` (400) for anything else."""
        if not text:
            return None
        found = _KEY.match(text)
        if found is None:
            raise Refusal(400, Issue("value", "Expected the place in the list as its own links write it.", name))
        return cls(int(found[1]), found[2], found[3])


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of cards; ``before`` and ``after`` are where the neighbouring pages begin, empty where there is none.

    ``mine`` are those that the reader has judged, ``angry`` those with an angry comment, ``waiting`` those on which a
    second opinion was asked for.
    """

    cards: Sequence[RowMapping]
    mine: frozenset[str]
    angry: frozenset[str]
    waiting: frozenset[str]
    before: str = ""
    after: str = ""

    def key(self, card: RowMapping) -> str:
        """The place of one of them."""
        return str(key_of(card))


def key_of(card: RowMapping) -> Key:
    """The place of a card."""
    if card["outcome"] == "overridden" and card["urgency"] == 2:
        risk = 0
    else:
        risk = 1 if card["has_comment"] else 2 if card["has_gaps"] else 3
    return Key(risk, card["at"], card["uuid"])


def listed(  # noqa: PLR0913  (who asks, for what, when, and from which place on)
    connection: Connection,
    reader: Reader,
    filters: Filters,
    now: datetime,
    *,
    after: Key | None = None,
    before: Key | None = None,
    most: int = PAGE,
    words: AngryWords = OURS,
) -> Listed:
    """A page of the cards that the filters leave; ``words`` are those of an angry comment."""
    turned = before is not None
    asked = rows_in_order(reader, *_SHOWN).where(*conditions(connection, reader, filters, now, words))
    at = before or after
    if at is not None:
        asked = asked.where(_beyond(filters.sort, at, turned=turned))
    asked = asked.order_by(*_order(filters.sort, turned=turned)).limit(most + 1)
    rows = list(connection.execute(asked).mappings())
    has_more = len(rows) > most
    rows = rows[:most]
    if turned:
        rows.reverse()
    has_earlier = has_more if turned else after is not None
    has_later = turned or has_more
    uuids = [row["uuid"] for row in rows]
    return Listed(
        rows,
        judged_by(connection, reader, uuids),
        words.among(connection, reader, [row["uuid"] for row in rows if row["has_comment"]]),
        waiting(connection, reader, uuids),
        str(key_of(rows[0])) if rows and has_earlier else "",
        str(key_of(rows[-1])) if rows and has_later else "",
    )


def next_card(
    connection: Connection, reader: Reader, filters: Filters, now: datetime, at: Key, words: AngryWords = OURS
) -> str | None:
    """The card that follows in the list."""
    found = listed(connection, reader, filters, now, after=at, most=1, words=words).cards
    return str(found[0]["uuid"]) if found else None


def previous_card(
    connection: Connection, reader: Reader, filters: Filters, now: datetime, at: Key, words: AngryWords = OURS
) -> str | None:
    """The card before it in the list."""
    found = listed(connection, reader, filters, now, before=at, most=1, words=words).cards
    return str(found[0]["uuid"]) if found else None


def judged_by(connection: Connection, reader: Reader, subjects: Sequence[str]) -> frozenset[str]:
    """Those of the cards that the reader has judged."""
    if not subjects:
        return frozenset()
    asked = rows_of(reader, VERDICTS, VERDICTS.c.subject).where(
        VERDICTS.c.subject.in_(subjects), VERDICTS.c.reviewer == reader.who, VERDICTS.c.undone_at == ""
    )
    return frozenset(connection.execute(asked).scalars())


def _order(sort: str, *, turned: bool) -> Sequence[ColumnElement[Any]]:
    at, uuid = CARDS.c.at, CARDS.c.uuid
    if _is_by_moment(sort):
        return [at.asc(), uuid.asc()] if _grows(sort, turned=turned) else [at.desc(), uuid.desc()]
    return [_soon.desc(), at.asc(), uuid.desc()] if turned else [_soon.asc(), at.desc(), uuid.asc()]


def _beyond(sort: str, key: Key, *, turned: bool) -> ColumnElement[bool]:
    """The cards after a place, or before it where turned."""
    at, uuid = CARDS.c.at, CARDS.c.uuid
    # ``at`` is bounded once more by itself, for an index finds its place by that and not by an "or".
    if _is_by_moment(sort):
        if _grows(sort, turned=turned):
            return and_(at >= key.at, or_(at > key.at, uuid > key.uuid))
        return and_(at <= key.at, or_(at < key.at, uuid < key.uuid))
    if turned:
        later = and_(at >= key.at, or_(at > key.at, uuid < key.uuid))
        return and_(_soon <= key.risk, or_(_soon < key.risk, later))
    later = and_(at <= key.at, or_(at < key.at, uuid > key.uuid))
    return and_(_soon >= key.risk, or_(_soon > key.risk, later))


def _is_by_moment(sort: str) -> bool:
    return sort in ("newest", "oldest")


def _grows(sort: str, *, turned: bool) -> bool:
    """Whether moments grow from row to row as they are read."""
    return (sort == "oldest") is not turned


def conditions(
    connection: Connection, reader: Reader, filters: Filters, now: datetime, words: AngryWords = OURS
) -> list[ColumnElement[bool]]:
    """What the filters ask of a card."""
    c = CARDS.c
    asked: list[ColumnElement[bool]] = []
    if filters.since:
        asked.append(c.at >= filters.since)
    if filters.until:
        asked.append(c.at < f"{filters.until}U")  # "U" is after the "T" of every moment of that day
    for name, column in (
        ("version", c.rule_version),
        ("severity", c.indicator),
        ("client", c.client),
        ("mode", c.mode),
        ("reason", c.reason),
        ("prescriber", c.prescriber),
    ):
        if value := getattr(filters, name):
            asked.append(column == value)
    if filters.patient:
        asked.append(c.call_id.in_(rows_of(reader, CALLS, CALLS.c.id).where(CALLS.c.patient == filters.patient)))
    if filters.rule:
        speaks = rows_of(reader, CARD_RULES, CARD_RULES.c.card).where(CARD_RULES.c.rule == filters.rule)
        asked.append(c.uuid.in_(speaks))
    if filters.outcome:
        asked.append(c.outcome == ("" if filters.outcome == "none" else filters.outcome))
    if filters.text:
        asked.append(func.lower(c.summary).contains(filters.text.lower(), autoescape=True))
    for value, is_so in (
        (filters.comment, c.has_comment),
        (filters.gaps, c.has_gaps),
        (filters.degraded, c.is_degraded),  # rendered as its index has it
        (filters.angry, c.uuid.in_(words.cards(reader))),
    ):
        if value:
            asked.append(and_(is_so) if value == "yes" else not_(is_so))
    asked += _reviewed(reader, filters)
    if filters.sample:
        asked.append(c.uuid.in_(sample_of_the_week(connection, reader, now)))
    return asked


def _reviewed(reader: Reader, filters: Filters) -> list[ColumnElement[bool]]:
    """What the filters ask of the verdicts on a card, without telling a blind reviewer what others judged."""
    asked: list[ColumnElement[bool]] = []
    standing = and_(VERDICTS.c.subject == CARDS.c.uuid, VERDICTS.c.undone_at == "", seen_by(reader, VERDICTS))
    mine = exists().where(standing, VERDICTS.c.reviewer == reader.who)
    if filters.review == "none":
        asked.append(CARDS.c.review == "")
    elif filters.review == "judged":
        asked.append(CARDS.c.review != "")
    elif filters.review == "mine":
        asked.append(mine)
    elif filters.review == "owner":
        asked.append(exists().where(standing, VERDICTS.c.to_owner.is_(True)))
    elif filters.review == "second":
        drawn = and_(
            CARDS.c.review != "",
            func.substr(CARDS.c.uuid, 35, 2) < DOUBLY_REVIEWED,
            ~exists().where(standing, VERDICTS.c.is_second.is_(True)),
        )
        asked += [or_(drawn, wanted_of(reader)), ~mine]
    if filters.verdict:
        of_whom = VERDICTS.c.reviewer == reader.who if reader.may(Permission.JUDGE) else VERDICTS.c.is_second.is_(False)
        asked.append(exists().where(standing, VERDICTS.c.card_verdict == filters.verdict, of_whom))
    if filters.reviewer:
        asked.append(exists().where(standing, VERDICTS.c.reviewer == filters.reviewer))
    return asked


def sample_of_the_week(connection: Connection, reader: Reader, now: datetime) -> list[str]:
    """Cards drawn by lot from each live rule's of the last seven days; the same ones all week."""
    asked = rows_of(reader, CARDS, CARDS.c.uuid, CARDS.c.rule).where(
        CARDS.c.at >= f"{now - timedelta(days=7):%Y-%m-%d}", CARDS.c.mode == "live"
    )
    by_rule: dict[str, list[str]] = {}
    for uuid, rule in connection.execute(asked):
        by_rule.setdefault(rule, []).append(uuid)
    lot = f"{now:%G-%V}"
    return sorted(uuid for uuids in by_rule.values() for uuid in _drawn(uuids, lot, SAMPLE_OF_A_RULE))


def without_cards(connection: Connection, reader: Reader, now: datetime) -> Sequence[RowMapping]:
    """Calls with naltrexone and no card, drawn by lot from those of the last thirty days; the same ones all month."""
    c = CALLS.c
    asked = rows_of(reader, CALLS, c.id).where(
        c.answered_at >= f"{now - timedelta(days=30):%Y-%m-%d}",
        c.naltrexone_orders > literal_column("0"),  # literal, or SQLite does not see that the index fits
        c.cards == literal_column("0"),
        c.service == "ldn-order-sign",
    )
    drawn = _drawn(connection.execute(asked).scalars(), f"{now:%Y-%m}", SAMPLE_WITHOUT_CARDS)
    if not drawn:
        return []
    judged = (
        select(func.count())
        .where(VERDICTS.c.subject == c.id, VERDICTS.c.undone_at == "", seen_by(reader, VERDICTS))
        .scalar_subquery()
    )
    shown = rows_of(
        reader, CALLS, c.id, c.client, c.tenant, c.answered_at, c.orders_json, c.unchecked, judged.label("n")
    )
    first = case((judged == 0, 0), else_=1)
    return connection.execute(shown.where(c.id.in_(drawn)).order_by(first, c.answered_at.desc())).mappings().all()


def _drawn(names: Iterable[str], lot: str, most: int) -> list[str]:
    """So many of the names as a lot decides, which is the same for the same names and another for another lot."""
    return sorted(names, key=lambda name: sha256(f"{lot}\0{name}".encode()).digest())[:most]
