"""Words by which a comment is told that was written in anger: the rule behind it is more often broken than others.

Of 120 rules whose overrides were commented 62 were found to be broken. How many comments a rule had told nothing (area
under the curve 0.49); a list of angry words put 16 broken rules among the first 20 (0.72): Aaron and others, *Cranky
comments*, doi:10.1093/jamia/ocy139. The list of that study is not repeated here: the words are our own, and a site may
take others (``angry_words``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func

from cds_hooks.desk.queries import rows_of
from cds_hooks.tables import FEEDBACK

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Select

    from cds_hooks.people.doors import Reader

_CURLED: Final = "’"
SOURCE: Final = "https://doi.org/10.1093/jamia/ocy139"
WORDS: Final = {
    "wrong": "the card is taken for mistaken",
    "incorrect": "the card is taken for mistaken",
    "not true": "the card is taken for mistaken",
    "false alarm": "the card is taken for mistaken",
    "does not apply": "it is about somebody else",
    "doesn't apply": "it is about somebody else",
    "irrelevant": "it is about somebody else",
    "not relevant": "it is about somebody else",
    "makes no sense": "it cannot be understood",
    "nonsense": "it cannot be understood",
    "??": "it cannot be understood",
    "useless": "it does not help",
    "pointless": "it does not help",
    "waste of time": "it does not help",
    "every day": "it comes too often",
    "every time": "it comes too often",
    "same alert": "it comes too often",
    "stop showing": "it comes too often",
    "stop this": "it comes too often",
    "annoying": "it comes too often",
    "broken": "something is out of order",
    "bug": "something is out of order",
    "fix this": "something is out of order",
    "please fix": "something is out of order",
    "stupid": "anger",
    "ridiculous": "anger",
    "absurd": "anger",
    "!!": "anger",
}
"""Our list, each with the reason why it stands there."""


@dataclass(frozen=True, slots=True)
class AngryWords:
    """The words that count at this site."""

    words: tuple[str, ...]

    @property
    def pattern(self) -> str:
        r"""All of them in one expression that both databases understand, for comments in small letters, kept as JSON.

        No letter may stand beside a word; beside signs may stand what will. In JSON a line break is a backslash and a
        letter, which belongs to no word.

        >>> found = re.compile(AngryWords(("bug", "!!")).pattern)
        >>> [bool(found.search(told)) for told in ('["a bug."]', '["debugged"]', '["no!!"]', r'["no\nbug"]', '["no!"]')]
        [True, False, True, True, False]
        """
        words = [word.lower() for word in self.words]
        bounded = "|".join(_escaped(word) for word in words if word[0].isalnum() and word[-1].isalnum())
        parts = [rf"(^|[^a-z]|\\[nrt])({bounded})([^a-z]|$)"] if bounded else []
        parts += [_escaped(word) for word in words if not (word[0].isalnum() and word[-1].isalnum())]
        return "|".join(parts)

    def in_comments(self, comments: Sequence[str]) -> list[str]:
        """Those that stand in the comments."""
        told = _plain(json.dumps(list(comments), ensure_ascii=False).lower())
        return [word for word in self.words if re.search(AngryWords((word,)).pattern, told)]

    def cards(self, reader: Reader) -> Select[Any]:
        """The cards that were commented with one of them."""
        comments = FEEDBACK.c.comments_json
        asked = rows_of(reader, FEEDBACK, FEEDBACK.c.card)
        return asked.where(FEEDBACK.c.is_orphan.is_(False), comments != "[]", self.are_in(comments))

    def among(self, connection: Connection, reader: Reader, cards: Sequence[str]) -> frozenset[str]:
        """Those of the cards that were."""
        if not cards:
            return frozenset()
        return frozenset(connection.execute(self.cards(reader).where(FEEDBACK.c.card.in_(cards))).scalars())

    def are_in(self, comments: ColumnElement[str]) -> ColumnElement[bool]:
        """Whether one of them stands in a column of comments."""
        return func.replace(func.lower(comments), _CURLED, "'").regexp_match(self.pattern)


OURS: Final = AngryWords(tuple(WORDS))


def angry_words(of_the_site: Sequence[str]) -> AngryWords:
    """The site's own words, or ours where it has none."""
    return AngryWords(tuple(of_the_site)) if of_the_site else OURS


def _plain(told: str) -> str:
    return told.replace(_CURLED, "'")


def _escaped(word: str) -> str:
    """A word within an expression over JSON."""
    return re.escape(json.dumps(_plain(word), ensure_ascii=False)[1:-1]).replace(r"\ ", " ")
