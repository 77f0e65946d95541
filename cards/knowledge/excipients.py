"""Recognising what a patient does not tolerate: parts of naltrexone products, and the reactions to them.

``ExcipientTable.load()`` reads ``excipients.toml``. Allergy lists rarely code these things alike, so words decide; of
codes only those of anaphylaxis, and of allergies that are one concept with their substance, are known.

>>> table = ExcipientTable.load()
>>> table.excipient_of((), "FD&C Yellow No. 5 (tartrazine)"), table.excipient_of((), "IV contrast dye")
(<Excipient.DYE: 'dye'>, None)
>>> sorted(table.excluded_in("4.5 mg capsule, lactose-free, no dyes please"))
[<Excipient.DYE: 'dye'>, <Excipient.LACTOSE: 'lactose'>]
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from cards.allergies import Excipient, Reaction
from cards.findings import HouseError
from cards.knowledge.phrases import PhraseBook, Words
from cards.knowledge.systems import SNOMED_CT, system_name

Coding = tuple[str | None, str | None, str | None]

_HERE = Path(__file__).parent
_MEMORY = 4096
_LONGEST_REMEMBERED = 300
# "No" and "free" reach so many words: "no lactose or gelatin", "lactose and dye free".
_NEARBY = 4
_E = TypeVar("_E", bound=StrEnum)


class _Wish(StrEnum):
    """Words of an order that leave something out."""

    NO = "no"
    FREE = "free"
    ENDS = "ends"


class ExcipientTable:
    """The words for excipients and for reactions."""

    def __init__(self, page: Mapping[str, Any]) -> None:
        """Take the parsed page."""
        try:
            nothing = [(phrase, None) for phrase in page["nothing"]["phrases"]]
            excipients = list(_named(Excipient, page["excipients"]))
            self._excipients: PhraseBook[Excipient | None] = PhraseBook([*excipients, *nothing])
            self._reactions: PhraseBook[Reaction] = PhraseBook(_named(Reaction, page["reactions"]))
            self._anaphylaxis: PhraseBook[bool] = PhraseBook(
                [(phrase, True) for phrase in page["anaphylaxis"]["phrases"]]
            )
            self._anaphylaxis_codes = frozenset(page["anaphylaxis"]["snomed_ct"])
            self._medicines: Mapping[str, str] = dict(page["medicines"])
            self._denials: PhraseBook[bool] = PhraseBook([(phrase, True) for phrase in page["denials"]["phrases"]])
            wishes = list(_named(_Wish, page["wishes"]))
            self._wishes: PhraseBook[Excipient | _Wish | None] = PhraseBook([*excipients, *nothing, *wishes])
        except (KeyError, TypeError, ValueError, AttributeError) as problem:
            raise HouseError(f"cards/knowledge/excipients.toml: {problem}.") from None
        self._remembered = lru_cache(maxsize=_MEMORY)(self._excluded_in)

    @classmethod
    def load(cls) -> ExcipientTable:
        """Read the words the package ships; raises :class:`HouseError` when they are not sound."""
        return cls(tomllib.loads((_HERE / "excipients.toml").read_text("utf-8")))

    def excipient_of(self, codings: tuple[Coding, ...], text: str | None) -> Excipient | None:
        """Say which excipient a substance is; ``None`` when it is none, or when the text denies it."""
        for told in _texts(codings, text):
            words = Words.of(told)
            if self._denials.find(words):
                continue
            for found in self._excipients.find(words):
                if found.value is not None:
                    return found.value
        return None

    def denies(self, codings: tuple[Coding, ...], text: str | None) -> bool:
        """Whether an entry says that something is tolerated (*no known allergy to …*)."""
        return any(self._denials.find(Words.of(told)) for told in _texts(codings, text))

    def medicine_of(self, codings: tuple[Coding, ...]) -> str | None:
        """Name the medicine of a code that stands for the allergy and its substance in one."""
        for system, code, _ in codings:
            if code and system_name(system) == SNOMED_CT and code.strip() in self._medicines:
                return self._medicines[code.strip()]
        return None

    def reactions_of(self, codings: tuple[Coding, ...], text: str | None) -> frozenset[Reaction]:
        """Say what kinds of reaction are told; anything told that is not ours is ``OTHER``."""
        texts = _texts(codings, text)
        found = {hit.value for told in texts for hit in self._reactions.find(Words.of(told))}
        is_told = bool(texts) or any(code for _, code, _ in codings)
        return frozenset(found) if found else frozenset({Reaction.OTHER} if is_told else ())

    def is_anaphylaxis(self, codings: tuple[Coding, ...], text: str | None) -> bool:
        """Whether a reaction is anaphylaxis."""
        if any(
            code and code.strip() in self._anaphylaxis_codes and system_name(s) == SNOMED_CT for s, code, _ in codings
        ):
            return True
        return any(
            self._anaphylaxis.find(words) and not self._denials.find(words)
            for words in map(Words.of, _texts(codings, text))
        )

    def excluded_in(self, text: str) -> frozenset[Excipient]:
        """Say which excipients the words of an order ask to leave out."""
        return (self._remembered if len(text) <= _LONGEST_REMEMBERED else self._excluded_in)(text)

    def _excluded_in(self, text: str) -> frozenset[Excipient]:
        words = Words.of(text)
        excluded: set[Excipient] = set()
        recent: list[tuple[int, Excipient]] = []
        refused_until, sentence = -1, -1
        for found in self._wishes.find(words):
            if words.sentences[found.begin] != sentence:
                sentence, refused_until, recent = words.sentences[found.begin], -1, []
            if isinstance(found.value, Excipient):
                recent.append((found.end, found.value))
                if found.begin <= refused_until:
                    excluded.add(found.value)
                    refused_until = found.end + _NEARBY
            elif found.value is _Wish.NO:
                refused_until, recent = found.end + _NEARBY, []
            elif found.value is _Wish.FREE:
                excluded |= {excipient for end, excipient in recent if found.begin - end < _NEARBY}
                refused_until = found.end + _NEARBY if words.words[found.begin : found.end] == ("free", "of") else -1
            elif found.value is _Wish.ENDS:
                refused_until, recent = -1, []
        return frozenset(excluded)


def _named(kind: type[_E], table: Mapping[str, Iterable[str]]) -> list[tuple[str, _E]]:
    """The phrases of each member."""
    return [(phrase, kind[name.upper().replace("-", "_")]) for name, phrases in table.items() for phrase in phrases]


def _texts(codings: tuple[Coding, ...], text: str | None) -> list[str]:
    return list(dict.fromkeys(filter(None, (text, *(display for _, _, display in codings)))))
