"""Finding known phrases in a text, word by word.

A text is cut into words; a phrase is found where its words follow one another, whatever signs stand between them. Where
two phrases begin at the same word the longer one is found, and what lies inside it is not found again, so a longer
phrase that means nothing (``cow's milk``) shields the shorter one it contains. Time grows with the length of the text.

>>> book = PhraseBook({"chronic kidney disease": "kidney", "chronic kidney disease stage 4": "kidney, stage 4"})
>>> [found.value for found in book.find(Words.of("Chronic kidney disease, stage 4 (severe)"))]
['kidney, stage 4']
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from cards.knowledge.medication_words import is_word, words_of

_T = TypeVar("_T")
_APOSTROPHES = frozenset("'\u2019\u02bc`")
_ENDS_SENTENCE = frozenset(".;|?!")
_ENDS_CLAUSE = frozenset(",:()[]")
_LONGEST_TEXT = 20_000


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text, and for each of them the sentence and the clause it stands in, counted from the beginning.

    A full stop, a semicolon and a line break end a sentence; a comma, a colon and a bracket end a clause.
    """

    words: tuple[str, ...]
    sentences: tuple[int, ...]
    clauses: tuple[int, ...]

    @classmethod
    def of(cls, text: str) -> Words:
        """Cut a text up; the ``s`` of a genitive is dropped, so that ``Crohn's`` and ``Crohn`` are one word.

        >>> Words.of("Crohn's; MS, fatigue")
        Words(words=('crohn', 'ms', 'fatigue'), sentences=(0, 1, 1), clauses=(0, 1, 2))
        """
        words: list[str] = []
        sentences: list[int] = []
        clauses: list[int] = []
        sentence = clause = 0
        for line in text[:_LONGEST_TEXT].splitlines():
            last = ""
            for piece in words_of(line):
                if is_word(piece):
                    if not (piece == "s" and last in _APOSTROPHES):
                        words.append(piece)
                        sentences.append(sentence)
                        clauses.append(clause)
                elif piece in _ENDS_SENTENCE:
                    sentence += 1
                    clause += 1
                elif piece in _ENDS_CLAUSE:
                    clause += 1
                last = piece
            sentence += 1
            clause += 1
        return cls(tuple(words), tuple(sentences), tuple(clauses))


@dataclass(frozen=True, slots=True)
class Found(Generic[_T]):
    """A phrase found from one word up to, but not including, another."""

    begin: int
    end: int
    value: _T


class PhraseBook(Generic[_T]):
    """Phrases and what each of them means."""

    def __init__(self, phrases: Mapping[str, _T] | Iterable[tuple[str, _T]]) -> None:
        """Take the phrases; of two that read the same the later one counts."""
        pairs = phrases.items() if isinstance(phrases, Mapping) else phrases
        meanings = {Words.of(phrase).words: value for phrase, value in pairs}
        self._by_first: dict[str, list[tuple[tuple[str, ...], _T]]] = {}
        for words, value in sorted(meanings.items(), key=lambda item: -len(item[0])):
            if words:
                self._by_first.setdefault(words[0], []).append((words, value))

    def find(self, text: Words) -> list[Found[_T]]:
        """Every phrase of a text, in order. No phrase reaches from one sentence into the next."""
        found: list[Found[_T]] = []
        at, words = 0, text.words
        while at < len(words):
            end = at + 1
            for phrase, value in self._by_first.get(words[at], ()):
                stop = at + len(phrase)
                if words[at:stop] == phrase and text.sentences[at] == text.sentences[stop - 1]:
                    found.append(Found(at, stop, value))
                    end = stop
                    break
            at = end
        return found
