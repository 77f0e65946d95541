"""What the front desk needs of the clinic behind it.

The web service takes any clinic of this shape, so that its tests need no rules; ``cards.Clinic`` is the real one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Protocol

from cards import Dialect, Hook, Kind
from cards.chart import Chart
from cards.pages import RuleBook
from cards.review import Review
from cds_hooks.wire import Json


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
