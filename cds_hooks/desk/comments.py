"""The comments of prescribers, angry ones first: what is broken is often told there before any figure shows it.

Each stands with a text to copy, for whoever answers its author: we know nobody's name, so the answer goes the hospital's
own way.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Response, request
from sqlalchemy import and_, func, select

from cds_hooks.databases import reading
from cds_hooks.desk.angry_words import SOURCE, WORDS, AngryWords
from cds_hooks.desk.queries import rows_of, seen_by
from cds_hooks.memory.stamps import stamp
from cds_hooks.people.roles import Permission
from cds_hooks.problems import Issue, Refusal
from cds_hooks.tables import CARDS, FEEDBACK

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cds_hooks.desk.views import ReviewDesk
    from cds_hooks.people.doors import Reader

PERIODS: Final = (7, 30, 90)
MOST: Final = 100
"""Items on the page; angry ones and then the newest."""
COUNTED: Final = 2000
"""So many comments the words are counted in."""


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody wrote about a card, the angry words in it, and the card."""

    card: str
    at: str
    client: str
    outcome: str
    reason: str
    comments: Sequence[str]
    angry: Sequence[str]
    rule: str
    summary: str
    review: str


def comment_pages(desk: ReviewDesk) -> Blueprint:
    """The comments, and the words by which angry ones are told."""
    blueprint = Blueprint("comments", __name__, url_prefix="/desk")
    titles = {rule.page.rule: rule.page.title for rule in desk.book.rules}

    @blueprint.get("/comments")
    def comments() -> Response:
        """What prescribers wrote, angry comments first."""
        reader = desk.doors.admit(Permission.READ)
        days = _period(request.args.get("days", "30"))
        with reading(desk.engine) as connection:
            found, whole = comments_of(connection, reader, desk.angry_words, desk.now() - timedelta(days=days))
        return desk.page(
            reader, "comments.html", "comments", found=found, whole=whole, days=days, periods=PERIODS, titles=titles
        )

    @blueprint.get("/angry-words")
    def angry() -> Response:
        """The words, why each is one, and how often it was written."""
        reader = desk.doors.admit(Permission.READ)
        since = desk.now() - timedelta(days=PERIODS[-1])
        with reading(desk.engine) as connection:
            counted = words_counted(connection, reader, desk.angry_words, since)
        rows = [
            (word, WORDS.get(word, "chosen by this site"), counted[word])
            for word in sorted(desk.angry_words.words, key=lambda word: (-counted[word], word))
        ]
        return desk.page(reader, "angry_words.html", "comments", rows=rows, source=SOURCE, days=PERIODS[-1])

    return blueprint


def comments_of(
    connection: Connection, reader: Reader, words: AngryWords, since: datetime
) -> tuple[list[Comment], int]:
    """The comments since a moment, angry ones first, then the newest; and how many there are in all."""
    wanted = and_(FEEDBACK.c.received_at >= stamp(since), FEEDBACK.c.comments_json != "[]", seen_by(reader, FEEDBACK))
    joined = FEEDBACK.outerjoin(CARDS, and_(CARDS.c.uuid == FEEDBACK.c.card, CARDS.c.client == FEEDBACK.c.client))
    c = CARDS.c
    asked: Any = (
        select(FEEDBACK, c.rule, c.summary, c.review, c.uuid, c.reason)
        .select_from(joined)
        .where(wanted)
        .order_by(words.are_in(FEEDBACK.c.comments_json).desc(), FEEDBACK.c.received_at.desc(), FEEDBACK.c.id.desc())
        .limit(MOST)
    )
    whole = connection.execute(select(func.count()).select_from(FEEDBACK).where(wanted)).scalar_one()
    told = []
    for row in connection.execute(asked).mappings():
        comments = json.loads(row[FEEDBACK.c.comments_json])
        told.append(
            Comment(
                row[c.uuid] or "",
                row[FEEDBACK.c.outcome_at],
                row[FEEDBACK.c.client],
                row[FEEDBACK.c.outcome],
                row[c.reason] or "",
                comments,
                words.in_comments(comments),
                row[c.rule] or "",
                row[c.summary] or "",
                row[c.review] or "",
            )
        )
    return told, whole


def words_counted(connection: Connection, reader: Reader, words: AngryWords, since: datetime) -> Counter[str]:
    """In how many of the latest comments each word stands."""
    asked = rows_of(reader, FEEDBACK, FEEDBACK.c.comments_json).where(
        FEEDBACK.c.received_at >= stamp(since), FEEDBACK.c.comments_json != "[]"
    )
    counted: Counter[str] = Counter()
    for told in connection.execute(asked.order_by(FEEDBACK.c.received_at.desc()).limit(COUNTED)).scalars():
        counted.update(words.in_comments(json.loads(told)))
    return counted


def _period(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text[:4]) in PERIODS:
        return int(text[:4])
    raise Refusal(400, Issue("value", "Expected 7, 30 or 90.", "days"))
