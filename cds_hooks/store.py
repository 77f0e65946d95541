"""What the front desk remembers: which cards it served, and what became of them.

``Store`` is what the desk asks of a memory; ``MemoryStore`` keeps it in the process and, beyond a bound, forgets the
oldest.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

from cards.records import record
from cards.review import EVERYTHING_IS_SAID

if TYPE_CHECKING:
    from cards import Unsaid
    from cds_hooks.callers import TokenId, Visit
    from cds_hooks.clinic import Answer
    from cds_hooks.hook_request import HookRequest
    from cds_hooks.services import Service
    from cds_hooks.wire import Json


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
    tenant: str = ""

    @property
    def identity(self) -> tuple[str, str, str, Outcome, datetime]:
        """What makes it the same item when it is reported again."""
        return self.client, self.service, self.card, self.outcome, self.at


class Kept(Enum):
    """What became of an item that was to be kept."""

    NEW = "kept"
    AGAIN = "known already"
    ORPHAN = "kept, for a card we do not know"


@record
class AnsweredCall:
    """One call and its answer, about to leave.

    ``cards`` are those that leave, ``answer`` is all that the clinic found, ``ms`` what it took, ``today`` the day of
    the review; ``fetches`` says of each prefetch key that was read from the FHIR server what was wrong, empty when all
    was well. The request has no token any more.
    """

    visit: Visit
    service: Service
    request: HookRequest
    answer: Answer
    cards: Sequence[Json]
    ms: float
    today: date
    fetches: Mapping[str, str] = field(default_factory=dict)


class Replayed(Exception):
    """The token of a call was used before: nothing was remembered, and nothing may be answered."""


class Store(Protocol):
    """A memory of answered calls, their cards, and of feedback about them."""

    def unsaid(self, visit: Visit, request: HookRequest, answer: Answer) -> Unsaid:
        """What is to be kept unsaid in an answer: rules that are not heard, what was overridden on the same evidence."""

    def remember(self, call: AnsweredCall) -> None:
        """Remember a call before its answer leaves; raises ``Replayed`` when its token was used before.

        The token's id and the record are kept in one transaction.
        """

    def use_up(self, token: TokenId) -> None:
        """Use up the token of a call that has no record, such as feedback; raises ``Replayed``."""

    def keep(self, feedback: Feedback) -> Kept:
        """Keep an item; the same item again changes nothing."""

    def rule_of(self, feedback: Feedback) -> str:
        """The rule that speaks first in the card it is about; empty for a card we do not know."""


def first_rule_of(card: Mapping[str, Any]) -> str:
    """The rule that speaks first in a card of ours."""
    for finding in (card.get("extension") or {}).get("ldn-cds.findings", ()):
        return str(finding["rule"])
    return ""


class MemoryStore:
    """A store in the memory of one process: the newest ``most`` cards and the newest ``most`` items of feedback."""

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._lock = Lock()
        self._cards: OrderedDict[tuple[str, str, str], str] = OrderedDict()
        self._feedback: OrderedDict[tuple[str, str, str, Outcome, datetime], Feedback] = OrderedDict()
        self._orphans: set[tuple[str, str, str, Outcome, datetime]] = set()
        self._tokens: OrderedDict[tuple[str, str], float] = OrderedDict()

    def unsaid(self, visit: Visit, request: HookRequest, answer: Answer) -> Unsaid:  # noqa: ARG002 - nothing is
        """Nothing: one process's memory would forget it with the next start."""
        return EVERYTHING_IS_SAID

    def remember(self, call: AnsweredCall) -> None:
        """Remember which cards were served."""
        with self._lock:
            self._use_up(call.visit.token)
            for card in call.cards:
                if isinstance(uuid := card.get("uuid"), str):
                    self._cards[call.visit.caller.name, call.service.id, uuid.casefold()] = first_rule_of(card)
            while len(self._cards) > self._most:
                self._cards.popitem(last=False)

    def use_up(self, token: TokenId) -> None:
        """Use up the token of a call that has no record."""
        with self._lock:
            self._use_up(token)

    def _use_up(self, token: TokenId | None) -> None:
        if token is None:
            return
        if (token.issuer, token.jti) in self._tokens:
            raise Replayed
        self._tokens[token.issuer, token.jti] = token.expires_at
        while len(self._tokens) > self._most:
            self._tokens.popitem(last=False)

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

    def rule_of(self, feedback: Feedback) -> str:
        """The rule that speaks first in the card it is about."""
        with self._lock:
            return self._cards.get((feedback.client, feedback.service, feedback.card.casefold()), "")

    @property
    def feedback(self) -> tuple[Feedback, ...]:
        """All that is kept, oldest first."""
        with self._lock:
            return tuple(self._feedback.values())

    def is_orphan(self, feedback: Feedback) -> bool:
        """Whether the card was not known when its feedback came."""
        with self._lock:
            return feedback.identity in self._orphans
