"""What it takes to explain an answer, kept until it is explained.

An answer with a card is explained soon after it has left (``traces``). So that a killed process loses none of that, the
chart it rests on is stored in the row of the call itself, and goes when the explanation is written there, a second
later. It tells of a patient, and so it is sealed (AES-GCM) under a key made from the installation's secret, for that
call alone. What a process left behind, any other of the same installation explains later, provided that its software
and its rules are the same.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cards import Dialect, Unsaid
from cds_hooks.memory.shorthand import NoChart, lengthened, shortened
from cds_hooks.memory.stamps import stamp

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    from cards.explanation import Trace
    from cards.pages import RuleBook
    from cds_hooks.clinic import Answer
    from cds_hooks.memory.lines import Line

_LEFT_BEHIND: Final = timedelta(minutes=1)
"""Older than this, and whoever answered is not about to explain it any more."""

_GIVEN_UP: Final = timedelta(days=7)
"""Older than this, and no process with the same rules will come back."""

_TOO_OLD: Final = "sealed IS NOT NULL AND answered_at <= ?"

FIRST_LEFT: Final = (
    'SELECT id, sealed FROM "call" '
    "WHERE sealed IS NOT NULL AND answered_at <= ? AND rules_hash = ? AND software = ? LIMIT 1"
)
"""Not sorted: after a storm of cards there are thousands, and the first one found will do."""

_NONCE: Final = 12


class Unreadable(Exception):
    """A leftover that cannot be opened: another secret sealed it, or another version of this software."""


class _Put(msgspec.Struct, array_like=True):
    chart: bytes
    dialect: Dialect
    unsaid: Unsaid


_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(_Put).decode


class Seal:
    """Seals what only this installation may read again, each for one call."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), b"ldn-cds unexplained", "sha256")

    @cached_property
    def _cipher(self) -> AESGCM:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # 45 ms, for which no start need wait

        return AESGCM(self._key)

    def get_ready(self) -> None:
        """Load what sealing takes, before the first card waits for it."""
        _ = self._cipher

    def sealed(self, answer: Answer, call_id: str) -> bytes | None:
        """What it takes to explain an answer; nothing for a chart that cannot be put aside."""
        try:
            put = _encode(_Put(shortened(answer.chart), answer.dialect, answer.unsaid))
        except (NoChart, TypeError):  # the answer is worth more than its explanation
            return None
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, put, call_id.encode())

    def explained(self, sealed: bytes, call_id: str, book: RuleBook, cards: list[Mapping[str, Any]]) -> Trace:
        """Why those cards and no others; raises ``Unreadable``."""
        from cryptography.exceptions import InvalidTag

        from cards.explanation import explain

        try:
            put = _decode(self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], call_id.encode()))
            chart = lengthened(put.chart, book.shared)
        except (InvalidTag, ValueError, msgspec.MsgspecError, NoChart):
            raise Unreadable from None
        return explain(chart, book, dialect=put.dialect, cards=cards, unsaid=put.unsaid)


@dataclass(frozen=True)
class Leftovers:
    """What processes of this installation left unexplained; ``keep`` puts an explanation where it belongs."""

    line: Line
    seal: Seal
    book: RuleBook
    software: str
    keep: Callable[[str, Trace], None]
    clock: Callable[[], datetime]

    def explain_one(self) -> bool:
        """Explain one that was left behind; whether there was one."""
        now = self.clock()
        whose = (stamp(now - _LEFT_BEHIND), self.book.fingerprint, self.software)
        found = self._first(FIRST_LEFT, whose)
        if found is None:
            self._give_up(stamp(now - _GIVEN_UP))
            return False
        call_id, sealed = found
        cards = self._cards_of(call_id)
        try:
            trace = self.seal.explained(bytes(sealed), call_id, self.book, cards)
        except Exception:  # noqa: BLE001 - unreadable, or an error of ours that would meet every process again
            self._forget("id = ?", call_id)
        else:
            self.keep(call_id, trace)
        return True

    def _give_up(self, before: str) -> None:
        if self._first(f'SELECT 1 FROM "call" WHERE {_TOO_OLD} LIMIT 1', (before,)) is not None:  # noqa: S608 - ours
            self._forget(_TOO_OLD, before)

    def _first(self, question: str, values: tuple[str, ...]) -> Any:
        with self.line.reading() as cursor:
            cursor.execute(self.line.sql(question), values)
            return cursor.fetchone()

    def _forget(self, which: str, value: str) -> None:
        with self.line.writing() as cursor:
            cursor.execute(self.line.sql(f'UPDATE "call" SET sealed = NULL WHERE {which}'), (value,))  # noqa: S608 - ours

    def _cards_of(self, call_id: str) -> list[Mapping[str, Any]]:
        question = "SELECT sent_json FROM card WHERE call_id = ? AND mode = 'live' ORDER BY position"
        with self.line.reading() as cursor:
            cursor.execute(self.line.sql(question), (call_id,))
            return [msgspec.json.decode(sent) for (sent,) in cursor.fetchall()]
