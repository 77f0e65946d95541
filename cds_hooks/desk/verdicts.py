"""What reviewers judge: saved once, undone within seconds, and a second time by somebody who does not know the first.

A form carries the id of the verdict it will become, so that sending it twice saves it once. Two reviewers who judge
the same card at the same time are both kept: who comes second was blind to the first, and is the second review.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import insert, select, update

from cds_hooks.desk.filters import VERDICTS as CARD_VERDICTS
from cds_hooks.desk.queries import rows_of
from cds_hooks.memory.stamps import stamp
from cds_hooks.problems import Issue, Refusal
from cds_hooks.tables import CALLS, CARDS, VERDICTS

if TYPE_CHECKING:
    from sqlalchemy import Connection, RowMapping

    from cds_hooks.people.doors import Reader

UNDO_SECONDS: Final = 10
GRACE_SECONDS: Final = 2
"""What the way from the page to us and back may take, on top of what the page promises."""
LONGEST_COMMENT: Final = 4000

SILENCE_VERDICTS: Final = {
    "appropriate": "Silence was right",
    "inappropriate": "A card was missing",
    "cannot-tell": "Cannot tell",
}
"""What is asked about a call that got no card."""
CAUSES: Final = {
    "wrong-data": "Wrong data",
    "missing-data": "Missing data",
    "rule-logic": "Rule logic",
    "severity": "Severity",
    "wording": "Wording",
    "duplicate": "Duplicate",
    "already-handled": "Already handled",
    "wrong-time-or-person": "Wrong time or person",
}
RESPONSES: Final = {"right": "Right", "wrong": "Wrong", "cannot-tell": "Cannot tell"}
HARMS: Final = {"none": "None", "minor": "Minor", "serious": "Serious"}
NEEDS_A_CAUSE: Final = frozenset({"needs-change", "inappropriate"})
_ID: Final = re.compile(r"[0-9a-f-]{36}\Z")


@dataclass(frozen=True, slots=True)
class Form:
    """A verdict as a page sent it. ``others`` is how many verdicts of others stood when the page was made."""

    id: str
    card_verdict: str = ""
    cause: str = ""
    response_verdict: str = ""
    harm: str = ""
    comment: str = ""
    to_owner: bool = False
    seconds: float | None = None
    others: int = 0
    wrong: Mapping[str, str] = field(default_factory=dict)


class Kept(StrEnum):
    """What became of a form."""

    NEW = "saved"
    AGAIN = "saved before"
    MET = "saved as second"
    """Somebody else judged the same card while the page was open; both are kept."""


def read_form(sent: Mapping[str, str], now: datetime, *, of_a_card: bool) -> Form:
    """What a page sent, with what is wrong with each field; raises ``Refusal`` where no page of ours sent it."""
    id_ = sent.get("id", "")
    if not _ID.match(id_):
        raise Refusal(400, Issue("value", "Expected a verdict sent from a page of the review desk.", "id"))
    words = CARD_VERDICTS if of_a_card else SILENCE_VERDICTS
    wrong: dict[str, str] = {}
    told: dict[str, str] = {}
    for name, allowed in (
        ("card_verdict", words),
        ("cause", CAUSES),
        ("response_verdict", RESPONSES),
        ("harm", HARMS),
    ):
        told[name] = sent.get(name, "")
        if told[name] and told[name] not in allowed:
            wrong[name] = f"Choose one of: {', '.join(allowed.values())}."
            told[name] = ""
    if not told["card_verdict"] and "card_verdict" not in wrong:
        wrong["card_verdict"] = "Choose a verdict first."
    if of_a_card and told["card_verdict"] in NEEDS_A_CAUSE and not told["cause"]:
        wrong.setdefault("cause", "Say what is wrong with the card: choose a cause.")
    if told["card_verdict"] not in NEEDS_A_CAUSE or not of_a_card:
        told["cause"] = ""
    comment = sent.get("comment", "").replace("\r\n", "\n").strip().replace("\x00", "")
    if len(comment) > LONGEST_COMMENT:
        wrong["comment"] = f"Use up to {LONGEST_COMMENT} characters; these are {len(comment)}."
    others = sent.get("others", "0")
    return Form(
        id=id_,
        **told,
        comment=comment,
        to_owner=sent.get("to_owner") == "yes",
        seconds=_seconds(sent.get("opened", ""), now),
        others=int(others) if others.isascii() and others.isdigit() and len(others) < 5 else 0,
        wrong=wrong,
    )


def _seconds(opened: str, now: datetime) -> float | None:
    """How long a page was open; nothing where that cannot be told, or is longer than anybody reads a card."""
    try:
        took = (now - datetime.fromisoformat(opened)).total_seconds()
    except (ValueError, TypeError):
        return None
    return took if 0 <= took <= 3600 else None


def save(connection: Connection, reader: Reader, subject: str, form: Form, now: datetime) -> Kept | None:
    """Keep a verdict; nothing where the reader sees no such card or call.

    The card is locked meanwhile, so that two reviewers come one after the other.
    """
    tenant = _locked_tenant(connection, reader, subject)
    if tenant is None:
        return None
    known = connection.execute(select(VERDICTS.c.reviewer).where(VERDICTS.c.id == form.id)).scalar_one_or_none()
    if known is not None:
        return Kept.AGAIN
    standing = standing_verdicts(connection, reader, subject)
    mine = [one for one in standing if one["reviewer"] == reader.who]
    others = [one for one in standing if one["reviewer"] != reader.who]
    at = stamp(now)
    if mine:
        connection.execute(update(VERDICTS).where(VERDICTS.c.id.in_([one["id"] for one in mine])).values(undone_at=at))
    connection.execute(
        insert(VERDICTS).values(
            id=form.id,
            subject=subject,
            tenant=tenant,
            reviewer=reader.who,
            at=at,
            card_verdict=form.card_verdict,
            cause=form.cause,
            response_verdict=form.response_verdict,
            harm=form.harm,
            comment=form.comment,
            to_owner=form.to_owner,
            is_second=any(not one["is_second"] for one in others),
            seconds=form.seconds,
            undone_at="",
        )
    )
    _settle(connection, reader, subject)
    return Kept.MET if len(others) > form.others else Kept.NEW


def undo(connection: Connection, reader: Reader, id_: str, now: datetime) -> str:
    """Take back one's own verdict of a moment ago; gives what it was about. Raises ``Refusal`` where it is too late."""
    asked = rows_of(reader, VERDICTS).where(VERDICTS.c.id == id_, VERDICTS.c.reviewer == reader.who)
    found = connection.execute(asked).mappings().one_or_none()
    if found is None:
        raise Refusal(404, Issue("not-found", "You have saved no such verdict."))
    subject = str(found["subject"])
    if found["undone_at"]:
        return subject
    if found["at"] < stamp(now - timedelta(seconds=UNDO_SECONDS + GRACE_SECONDS)):
        told = (
            f"A verdict can be undone within {UNDO_SECONDS} seconds. Open the card, and give another one in its place."
        )
        raise Refusal(409, Issue("conflict", told))
    _locked_tenant(connection, reader, subject)
    connection.execute(update(VERDICTS).where(VERDICTS.c.id == id_).values(undone_at=stamp(now)))
    _settle(connection, reader, subject)
    return subject


def standing_verdicts(connection: Connection, reader: Reader, subject: str) -> list[RowMapping]:
    """The verdicts on a card that were not undone: the first, then those that came second."""
    asked = rows_of(reader, VERDICTS).where(VERDICTS.c.subject == subject, VERDICTS.c.undone_at == "")
    return list(connection.execute(asked.order_by(VERDICTS.c.is_second, VERDICTS.c.at, VERDICTS.c.id)).mappings())


def _settle(connection: Connection, reader: Reader, subject: str) -> None:
    """Let the oldest standing verdict be the first where none is, and repeat it in the card for the work list."""
    standing = standing_verdicts(connection, reader, subject)
    first = next((one for one in standing if not one["is_second"]), None)
    if first is None and standing:
        first = standing[0]
        connection.execute(update(VERDICTS).where(VERDICTS.c.id == first["id"]).values(is_second=False))
    review = first["card_verdict"] if first is not None else ""
    connection.execute(update(CARDS).where(CARDS.c.uuid == subject).values(review=review))


def _locked_tenant(connection: Connection, reader: Reader, subject: str) -> str | None:
    """The tenant of a card or of a call, which is locked until the transaction ends."""
    for table, key in ((CARDS, CARDS.c.uuid), (CALLS, CALLS.c.id)):
        columns: list[Any] = [table.c.tenant]
        asked = rows_of(reader, table, *columns).where(key == subject).with_for_update()
        found = connection.execute(asked).scalar_one_or_none()
        if found is not None:
            return str(found)
    return None
