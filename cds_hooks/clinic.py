"""What the front desk needs of the clinic behind it.

The web service takes any clinic of this shape, so that its tests need no rules; ``cards.Clinic`` is the real one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from cards import Dialect, Hook, Kind, Unsaid
from cards.chart import Chart
from cards.pages import RuleBook
from cards.review import Review, Silencing
from cds_hooks.wire import Json

if TYPE_CHECKING:
    from cards.explanation import Trace


class Answer(Protocol):
    """The cards for one call, and the client's own resources that suggestions change."""

    @property
    def cards(self) -> Sequence[Json]:
        """The cards, ready for the wire, most urgent first."""

    @property
    def originals(self) -> Mapping[str, Mapping[str, Any]]:
        """What the client sent of each resource that a suggestion changes, by its ``Type/id``."""

    @property
    def chart(self) -> Chart:
        """The chart as it was read."""

    @property
    def review(self) -> Review:
        """What was found, what was silenced, and what could not be asked."""

    @property
    def lacks_medications(self) -> bool:
        """Whether no medication list at all could be read."""

    @property
    def book(self) -> RuleBook:
        """The rules that were asked."""

    @property
    def dialect(self) -> Dialect:
        """How the cards are written for this client."""

    @property
    def kept_back(self) -> Mapping[Silencing, Sequence[Json]]:
        """The cards that would have been, of what people keep unsaid."""

    @property
    def unsaid(self) -> Unsaid:
        """What people keep unsaid in it."""

    def leaving_unsaid(self, unsaid: Unsaid, new_uuid: Callable[[], str]) -> Answer:
        """The answer without what people keep unsaid; itself when there is nothing of that in it."""

    def explain(self) -> Trace:
        """Why these cards and no others."""

    @property
    def wants(self) -> frozenset[Kind]:
        """The kinds of data that a rule looked for and that did not come, or not whole."""


class Clinic(Protocol):
    """Reads a chart, reviews it, writes cards."""

    @property
    def book(self) -> RuleBook:
        """The rules it asks, to be shown."""

    def answer(
        self,
        hook: Hook,
        context: Mapping[str, Any],
        prefetch: Mapping[str, bytes | None],
        asked: Mapping[str, Kind],
        today: date,
        new_uuid: Callable[[], str],
        dialect: Dialect | None = None,
    ) -> Answer:
        """Answer one call; an error here is ours and must never look like an all-clear."""


@runtime_checkable
class WaitingClinic(Clinic, Protocol):
    """A clinic that may wait for somebody else before it answers."""

    def for_one_call(self, left: Callable[[], float]) -> Clinic:
        """The clinic for one call, which may be asked anew with more of the chart; ``left`` are the seconds to wait."""
