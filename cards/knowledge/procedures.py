"""Recognising an operation, or another procedure at which opioids are likely, by code or name.

>>> table = ProcedureTable.load()
>>> table.is_surgical((), ["Laparoscopic hernia repair"]), table.is_surgical((), ["Referral to general surgery"])
(True, False)
>>> table.is_surgical((), ["Dental extraction"]), table.is_surgical((), ["Dental extraction under general anaesthesia"])
(False, True)
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cards.findings import HouseError
from cards.knowledge.phrases import PhraseBook, Words
from cards.knowledge.systems import system_name

Coding = tuple[str | None, str | None, str | None]

_PAGE = Path(__file__).parent / "procedures.toml"
_SHORTEST = 8  # an ending with something before it


class ProcedureTable:
    """The words and codes of operations."""

    def __init__(self, page: Mapping[str, Any]) -> None:
        """Take the parsed page."""
        try:
            self._surgical = _book(page["surgical"]["words"])
            self._endings = tuple(page["surgical"]["endings"])
            self._endings_not = frozenset(page["surgical"]["endings_not"])
            self._anaesthesia = _book(page["anaesthesia"]["words"])
            self._visits = _book(page["visits"]["words"])
            self._small = _book(page["small"]["words"])
            self._codes = {(system_name(system), code) for system, codes in page["codes"].items() for code in codes}
            self._confirmation = PhraseBook(
                [(words, True) for words in page["confirmation"]["words"]]
                + [(words, False) for words in page["confirmation"]["never"]]
            )
        except (KeyError, TypeError, AttributeError) as problem:
            raise HouseError(f"cards/knowledge/procedures.toml: {problem!r}.") from None

    @classmethod
    def load(cls) -> ProcedureTable:
        """Read the page the package ships; raises :class:`HouseError` when it is not sound."""
        return cls(tomllib.loads(_PAGE.read_text("utf-8")))

    def is_surgical(self, codings: Iterable[Coding], texts: Iterable[str | None]) -> bool:
        """Whether it is an operation, by all that names it. A visit about one, and a small procedure, are none."""
        known = list(codings)
        told = [Words.of(text) for text in dict.fromkeys((*texts, *(display for _, _, display in known))) if text]
        if any(self._visits.find(words) for words in told):
            return False
        if any(self._anaesthesia.find(words) for words in told):
            return True
        if any(self._small.find(words) for words in told):
            return False
        by_code = any((system_name(system), code) in self._codes for system, code, _ in known if system and code)
        return by_code or any(self._surgical.find(words) or self._has_ending(words) for words in told)

    def asks_for_confirmation(self, texts: Iterable[str | None]) -> bool:
        """Whether a test order asks for mass spectrometry besides the immunoassay."""
        return any(found.value for text in texts if text for found in self._confirmation.find(Words.of(text)))

    def _has_ending(self, words: Words) -> bool:
        return any(
            word.endswith(self._endings) and word not in self._endings_not and len(word) >= _SHORTEST
            for word in words.words
        )


def _book(phrases: Iterable[str]) -> PhraseBook[bool]:
    return PhraseBook([(phrase, True) for phrase in phrases])
