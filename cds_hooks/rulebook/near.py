"""Which made-up patients show a rule: those it speaks for, and those near them for whom it rightly does not.

Near is a story that says so, or one that rules it out and is named almost like one in which it speaks: *nine days ago*
and *ten days ago* are one boundary seen from both sides.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Final, Protocol

from cards.pages import Indicator, Page

_ALIKE: Final = 0.75
_MOST: Final = 12


class Told(Protocol):
    """What is asked of a story; ``fhir_fixtures`` tells them."""

    @property
    def name(self) -> str:
        """The name of its folder."""

    @property
    def place(self) -> str:
        """The folder it lies in."""

    @property
    def title(self) -> str:
        """It in one sentence."""

    @property
    def nothing(self) -> bool:
        """Whether it gets no card."""

    @property
    def expect(self) -> Mapping[str, str]:
        """The level of each rule that must speak."""

    @property
    def silent(self) -> Collection[str]:
        """The rules that must not."""

    @property
    def only(self) -> bool:
        """Whether no other rule may speak, but for those in ``may``."""

    @property
    def may(self) -> Mapping[str, str]:
        """The rules that may speak, too."""

    @property
    def tags(self) -> Collection[str]:
        """What else is to be known of it."""


@dataclass
class Shown:
    """The stories of one rule: place, sentence, and level where it speaks."""

    speaks: list[tuple[str, str, str]] = field(default_factory=list)
    silent: list[tuple[str, str]] = field(default_factory=list)


def stories_of(page: Page, stories: Mapping[str, Told]) -> Shown:
    """The stories that show a rule."""
    speaking = [story for story in stories.values() if page.rule in story.expect]
    shown = Shown([(story.place, story.title, story.expect[page.rule]) for story in speaking])
    alike = [_likeness_to(story.name) for story in speaking]
    for story in stories.values():
        if page.rule in story.expect or len(shown.silent) == _MOST:
            continue
        is_told = page.rule in story.silent
        if is_told or (_is_ruled_out(page, story) and any(is_like(story.name) for is_like in alike)):
            shown.silent.append((story.place, story.title))
    return shown


def _is_ruled_out(page: Page, story: Told) -> bool:
    """Whether a story leaves no room for a rule: what it does not speak of may still be said as information."""
    if page.rule in story.may or "same session" in story.tags:
        return False
    return story.nothing or story.only or (bool(story.expect) and Indicator.INFO not in page.levels)


def _likeness_to(name: str) -> Callable[[str], bool]:
    """Whether another name is nearly that one; the cheap bounds are asked first, for there are many pairs."""
    matcher = SequenceMatcher(None, "", name)

    def is_like(other: str) -> bool:
        matcher.set_seq1(other)
        return matcher.real_quick_ratio() >= _ALIKE and matcher.quick_ratio() >= _ALIKE and matcher.ratio() >= _ALIKE

    return is_like


def all_stories() -> Mapping[str, Told]:
    """Every story that is told; none where the made-up patients are not installed."""
    try:
        from fhir_fixtures.build_scenarios import STORIES
    except ImportError:
        return {}
    return STORIES
