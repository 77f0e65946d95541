"""Recognising a condition from its codes and its words.

``ConditionTable.load()`` reads ``conditions.tsv`` (codes, built from terminology) and ``conditions.toml`` (names,
written by hand). What decides when several things are told:

1. Codes come before words. All codings are read, and what they say is added up.
2. A code counts only with its system; ICD codes are read with and without their dot. Of an ICD code the longest known
   beginning counts, so a code younger than our table is still its category. A code that is sent as ICD-10 and unknown
   there is looked up in ICD-10-CM: many senders do not tell the two apart.
3. Words count when no code was understood, or only one too vague to mean anything; and they may say more than the code:
   *decompensated* where ICD knows only cirrhosis.
4. A denial (``no history of``), a relative (``father with``) and a mere question (``rule out``) say nothing about the
   patient, up to the end of the sentence.

>>> table = ConditionTable.load()
>>> icd = "http://hl7.org/fhir/sid/icd-10-cm"
>>> [group.label for group in table.groups_of(((icd, "f1121", None),), None)]
['opioid use disorder in remission']
>>> [group.label for group in table.groups_of((), "Crohn's disease of ileum")]
["Crohn's disease"]
>>> table.groups_of((), "No history of opioid use disorder")
frozenset()
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cards.conditions import ConditionGroup
from cards.findings import HouseError
from cards.knowledge.phrases import Found, PhraseBook, Words
from cards.knowledge.systems import ICD_9_CM, ICD_10, ICD_10_CM, SNOMED_CT, plain_code, system_name

Coding = tuple[str | None, str | None, str | None]
Groups = frozenset[ConditionGroup]

_HERE = Path(__file__).parent
_NO_GROUPS: Groups = frozenset()
_NONE_IN_TABLE = "-"
_WITH_DESCENDANTS = "descendants"
_COLUMNS = ["system", "code", "match", "groups", "name", "source"]
_LONGEST_CODE = 24
_MEMORY = 16_384
# Longer texts are read each time: remembering them would let one client fill the memory.
_LONGEST_REMEMBERED = 300
# A modifier ("severe"), a remission or a refusal belongs to a name at most so many words away.
_NEARBY = 6


class _Cue(Enum):
    """What a phrase does to the names around it."""

    DENIES = auto()  # all names after it
    DENIES_BEFORE = auto()  # the name just before it
    RELATIVE = auto()  # names after it are somebody else's
    HISTORY = auto()
    TURNS = auto()  # ends a denial and a history
    REMISSION = auto()
    NOTHING = auto()


@dataclass(frozen=True, slots=True)
class _Name:
    """A name of a condition. ``alone``: an abbreviation that counts only when nothing else fills its clause."""

    groups: Groups
    alone: bool = False


@dataclass(frozen=True, slots=True)
class _Modifier:
    """A word that tells more of a condition named nearby."""

    of: ConditionGroup
    group: ConditionGroup


_Meaning = _Name | _Modifier | _Cue


class ConditionTable:
    """Every condition the service can recognise."""

    def __init__(
        self,
        codes: Mapping[str, Mapping[str, Groups]],
        names: _Names,
        roots: Mapping[str, Groups] = MappingProxyType({}),
    ) -> None:
        """Take, by system, what each code says (a prefix ends with ``*``), and the names.

        ``roots`` are the SNOMED CT codes that mean the same with all that lies beneath them; who has no hierarchy, as
        these tables have none, takes them for themselves alone.
        """
        self._codes = codes
        self._names = names
        self.roots = roots
        self._groups_remembered = lru_cache(maxsize=_MEMORY)(self._groups_of)
        self._words_remembered = lru_cache(maxsize=_MEMORY)(names.groups_in)

    @classmethod
    def load(cls) -> ConditionTable:
        """Read the tables the package ships; raises :class:`HouseError` when one of them is not sound."""
        text = (_HERE / "conditions.tsv").read_text("utf-8")
        codes = _read_codes(text)
        lines = (line.split("\t") for line in text.splitlines())
        roots = {cells[1]: codes[SNOMED_CT][cells[1]] for cells in lines if cells[2] == _WITH_DESCENDANTS}
        return cls(codes, _Names.read(tomllib.loads((_HERE / "conditions.toml").read_text("utf-8"))), roots)

    def knowing(self, snomed: Mapping[str, Groups]) -> ConditionTable:
        """This table with more SNOMED CT codes."""
        codes = {**self._codes, SNOMED_CT: {**snomed, **self._codes[SNOMED_CT]}}
        return ConditionTable(codes, self._names, self.roots)

    def unknown_codes(self, codings: tuple[Coding, ...]) -> tuple[str, ...]:
        """The SNOMED CT codes among these that the table does not know."""
        told = ((code or "").strip() for system, code, _ in codings if system_name(system) == SNOMED_CT)
        return tuple(dict.fromkeys(code for code in told if code and code not in self._codes[SNOMED_CT]))

    def groups_of(self, codings: tuple[Coding, ...], text: str | None) -> Groups:
        """Say which groups a coded or named condition belongs to; empty when it is none of ours."""
        length = len(text or "") + sum(len(part or "") for coding in codings for part in coding)
        return (self._groups_remembered if length <= _LONGEST_REMEMBERED else self._groups_of)(codings, text)

    def groups_in_words(self, text: str) -> Groups:
        """Say which conditions a free text speaks of, such as the directions of an order."""
        return (self._words_remembered if len(text) <= _LONGEST_REMEMBERED else self._names.groups_in)(text)

    def _groups_of(self, codings: tuple[Coding, ...], text: str | None) -> Groups:
        groups: Groups = _NO_GROUPS.union(*(self._groups_of_code(system, code) for system, code, _ in codings if code))
        texts = dict.fromkeys(filter(None, (*(display for _, _, display in codings), text)))
        by_words: Groups = _NO_GROUPS.union(*(self.groups_in_words(told) for told in texts))
        if not groups:
            return by_words
        finer = _NO_GROUPS.union(*(more for of, more in self._names.refinements.items() if of in groups))
        return groups | (finer & by_words)

    def _groups_of_code(self, system: str | None, code: str) -> Groups:
        """What a code says; nothing when we do not know it."""
        name = system_name(system)
        if name is None or len(code) > _LONGEST_CODE:
            return _NO_GROUPS
        known = self._look_up(name, code)
        if known is None and name == ICD_10:
            known = self._look_up(ICD_10_CM, code)
        return known or _NO_GROUPS

    def _look_up(self, system: str, code: str) -> Groups | None:
        table = self._codes.get(system)
        if table is None:
            return None
        if system == SNOMED_CT:
            return table.get(code.strip())
        plain = plain_code(code)
        if plain in table:
            return table[plain]
        for length in range(len(plain), 0, -1):
            known = table.get(f"{plain[:length]}*")
            if known is not None:
                return known
        return None


def _read_codes(text: str) -> dict[str, dict[str, Groups]]:
    """The codes of ``conditions.tsv`` by system."""
    codes: dict[str, dict[str, Groups]] = {ICD_10_CM: {}, ICD_10: {}, ICD_9_CM: {}, SNOMED_CT: {}}
    lines = text.splitlines()
    if not lines or lines[0].split("\t") != _COLUMNS:
        raise HouseError(f"cards/knowledge/conditions.tsv must begin with the columns {', '.join(_COLUMNS)}.")
    for number, line in enumerate(lines[1:], start=2):
        cells = line.split("\t")
        try:
            system, code, match, named = cells[:4]
            groups = _NO_GROUPS if named == _NONE_IN_TABLE else frozenset(ConditionGroup(g) for g in named.split())
            key = code if system == SNOMED_CT else plain_code(code)
            codes[system][f"{key}*" if match == "prefix" else key] = groups
        except (ValueError, KeyError) as problem:
            raise HouseError(f"cards/knowledge/conditions.tsv, line {number}: {problem}.") from None
    return codes


@dataclass(frozen=True)
class _Names:
    """The names of conditions, and the words around a name that change what it says."""

    book: PhraseBook[_Meaning]
    lapses: Groups
    of_both: Groups
    fillers: frozenset[str]
    refinements: Mapping[ConditionGroup, Groups] = field(default_factory=dict)

    @classmethod
    def read(cls, page: Mapping[str, Any]) -> _Names:
        """Take the names from the parsed page."""
        try:
            return cls._read(page)
        except (ValueError, KeyError, TypeError, AttributeError) as problem:
            raise HouseError(f"cards/knowledge/conditions.toml: {problem}.") from None

    @classmethod
    def _read(cls, page: Mapping[str, Any]) -> _Names:
        phrases: list[tuple[str, _Meaning]] = []
        for group, names in page["names"].items():
            phrases += ((name, _Name(frozenset({ConditionGroup(group)}))) for name in names)
        for name, groups in page["several"].items():
            phrases.append((name, _Name(frozenset(ConditionGroup(group) for group in groups))))
        for group, names in page["alone"].items():
            phrases += ((name, _Name(frozenset({ConditionGroup(group)}), alone=True)) for name in names)
        refinements: dict[ConditionGroup, Groups] = {
            ConditionGroup(of): frozenset(ConditionGroup(group) for group in groups)
            for of, groups in page["refinements"].items()
        }
        for group, told in page["modifiers"].items():
            modifier = _Modifier(ConditionGroup(told["of"]), ConditionGroup(group))
            phrases += ((word, modifier) for word in told["words"])
        cues = page["cues"]
        for cue in _Cue:
            phrases += ((word, cue) for word in cues[cue.name.casefold()])
        return cls(
            book=PhraseBook(phrases),
            lapses=frozenset(ConditionGroup(group) for group in page["history"]["lapses"]),
            of_both=frozenset(ConditionGroup(group) for group in page["relatives"]["never_theirs"]),
            fillers=frozenset(page["alone_with"]["words"]),
            refinements=refinements,
        )

    def groups_in(self, text: str) -> Groups:
        """Every condition a text speaks of."""
        words = Words.of(text)
        found = self.book.find(words)
        groups: Groups = _NO_GROUPS
        begin = 0
        while begin < len(found):
            end = begin + 1
            sentence = words.sentences[found[begin].begin]
            while end < len(found) and words.sentences[found[end].begin] == sentence:
                end += 1
            groups |= self._in_sentence(words, found[begin:end])
            begin = end
        return groups

    def _in_sentence(self, words: Words, found: Iterable[Found[_Meaning]]) -> Groups:
        """Go through the phrases of one sentence and remember what holds."""
        reading = _Reading(self, words)
        for phrase in found:
            reading.take(phrase)
        return reading.groups()


class _Reading:
    """One sentence while it is read."""

    def __init__(self, names: _Names, words: Words) -> None:
        self._names = names
        self._words = words
        self._denied = self._history = self._theirs = False
        self._held: list[Found[Groups]] = []
        self._modifiers: list[tuple[int, _Modifier]] = []

    def take(self, phrase: Found[_Meaning]) -> None:
        """Read on to the next phrase."""
        meaning = phrase.value
        if isinstance(meaning, _Name):
            self._take_name(phrase, meaning)
        elif isinstance(meaning, _Modifier):
            if not self._denied and not self._theirs:
                self._modifiers.append((phrase.begin, meaning))
        else:
            self._take_cue(phrase, meaning)

    def _take_name(self, phrase: Found[_Meaning], name: _Name) -> None:
        groups = name.groups
        if self._denied or (name.alone and not self._stands_alone(phrase)):
            return
        if self._theirs:
            groups &= self._names.of_both
        if self._history:
            groups = frozenset(group.in_remission for group in groups if group not in self._names.lapses)
        if groups:
            self._held.append(Found(phrase.begin, phrase.end, groups))

    def _take_cue(self, phrase: Found[_Meaning], cue: _Cue) -> None:
        match cue:
            case _Cue.DENIES:
                self._denied = True
                if self._ends_sentence(phrase.end):  # "Pregnant: no"
                    self._drop_last(phrase.begin)
            case _Cue.DENIES_BEFORE:
                self._drop_last(phrase.begin)
            case _Cue.RELATIVE:
                self._theirs = True
                if self._follows_as_owner(phrase.begin):
                    self._held = [held for held in self._held if held.value & self._names.of_both]
            case _Cue.HISTORY:
                self._history = True
                if self._ends_sentence(phrase.end):  # "opioid withdrawal, resolved"
                    self._let_lapse(phrase.begin)
            case _Cue.TURNS:
                self._denied = self._history = False
            case _Cue.REMISSION:
                self._remit(phrase.begin)
            case _:
                pass

    def _stands_alone(self, phrase: Found[_Meaning]) -> bool:
        """Whether an abbreviation fills its clause, apart from words like *for* or *due to*."""
        clause = self._words.clauses[phrase.begin]
        begin, end = phrase.begin, phrase.end
        while (
            begin and self._words.clauses[begin - 1] == clause and self._words.words[begin - 1] in self._names.fillers
        ):
            begin -= 1
        while end < len(self._words.words) and self._words.clauses[end] == clause:
            if self._words.words[end] not in self._names.fillers:
                return False
            end += 1
        return begin == 0 or self._words.clauses[begin - 1] != clause

    def _follows_as_owner(self, at: int) -> bool:
        """Whether a relative stands where an owner stands: *in father*, *(father)*, *, father*."""
        if at == 0:
            return False
        return self._words.words[at - 1] in ("in", "of") or self._words.clauses[at] != self._words.clauses[at - 1]

    def _ends_sentence(self, end: int) -> bool:
        """Whether no word of the sentence follows."""
        sentences = self._words.sentences
        return end == len(sentences) or sentences[end] != sentences[end - 1]

    def _let_lapse(self, at: int) -> None:
        if self._held and at - self._held[-1].end < _NEARBY:
            last = self._held.pop()
            groups = frozenset(group.in_remission for group in last.value if group not in self._names.lapses)
            if groups:
                self._held.append(Found(last.begin, last.end, groups))

    def _drop_last(self, at: int) -> None:
        if self._held and at - self._held[-1].end < _NEARBY:
            self._held.pop()

    def _remit(self, at: int) -> None:
        if self._denied:
            return
        self._held = [
            Found(held.begin, held.end, frozenset(group.in_remission for group in held.value))
            if at - held.end < _NEARBY
            else held
            for held in self._held
        ]

    def groups(self) -> Groups:
        """What the sentence says of the patient."""
        found = set(_NO_GROUPS.union(*(held.value for held in self._held)))
        for at, modifier in self._modifiers:
            if any(
                modifier.of in held.value and min(abs(at - held.begin), abs(at - held.end)) < _NEARBY
                for held in self._held
            ):
                found.add(modifier.group)
        return frozenset(found)
