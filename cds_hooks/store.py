"""What the front desk remembers: which cards it served, and what became of them.

``Store`` is what the desk asks of a memory; ``MemoryStore`` keeps it in the process and, beyond a bound, forgets the
oldest.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from threading import Lock
from typing import Protocol


class Outcome(Enum):
    """What a user did with a card; the values are CDS Hooks' own."""

    ACCEPTED = "accepted"
    OVERRIDDEN = "overridden"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a card was overridden, as far as the client said: any of the three may be empty."""

    code: str = ""
    system: str = ""
    display: str = ""


@dataclass(frozen=True, slots=True)
class Feedback:
    """What one user did with one card. ``comments`` are a user's own words and may name a patient.

    ``as_sent`` is the item as it came, for dialects we do not know yet.
    """

    client: str
    service: str
    card: str
    outcome: Outcome
    at: datetime
    accepted: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    comments: tuple[str, ...] = ()
    as_sent: bytes = b""

    @property
    def identity(self) -> tuple[str, str, str, Outcome, datetime]:
        """What makes it the same item when it is reported again."""
        return self.client, self.service, self.card, self.outcome, self.at


class Kept(Enum):
    """What became of an item that was to be kept."""

    NEW = "kept"
    AGAIN = "known already"
    ORPHAN = "kept, for a card we do not know"


class Store(Protocol):
    """A memory of served cards and of feedback about them."""

    def remember_cards(self, client: str, service: str, cards: Iterable[str]) -> None:
        """Note that these cards were served."""

    def keep(self, feedback: Feedback) -> Kept:
        """Keep an item; the same item again changes nothing."""


class MemoryStore:
    """A store in the memory of one process: the newest ``most`` cards and the newest ``most`` items of feedback."""

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._lock = Lock()
        self._cards: OrderedDict[tuple[str, str, str], None] = OrderedDict()
        self._feedback: OrderedDict[tuple[str, str, str, Outcome, datetime], Feedback] = OrderedDict()
        self._orphans: set[tuple[str, str, str, Outcome, datetime]] = set()

    def remember_cards(self, client: str, service: str, cards: Iterable[str]) -> None:
        """Note that these cards were served."""
        with self._lock:
            for card in cards:
                self._cards[client, service, card.casefold()] = None
            while len(self._cards) > self._most:
                self._cards.popitem(last=False)

    def keep(self, feedback: Feedback) -> Kept:
        """Keep an item; the same item again changes nothing."""
        with self._lock:
            if feedback.identity in self._feedback:
                return Kept.AGAIN
            self._feedback[feedback.identity] = feedback
            is_known = (feedback.client, feedback.service, feedback.card.casefold()) in self._cards
            if not is_known:
                self._orphans.add(feedback.identity)
            while len(self._feedback) > self._most:
                forgotten, _ = self._feedback.popitem(last=False)
                self._orphans.discard(forgotten)
            return Kept.NEW if is_known else Kept.ORPHAN

    @property
    def feedback(self) -> tuple[Feedback, ...]:
        """All that is kept, oldest first."""
        with self._lock:
            return tuple(self._feedback.values())

    def is_orphan(self, feedback: Feedback) -> bool:
        """Whether the card was not known when its feedback came."""
        with self._lock:
            return feedback.identity in self._orphans
