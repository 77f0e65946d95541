"""Recognising a test, and reading its result as yes, no or a number in the test's normal unit.

``LabTable.load()`` reads ``labs.tsv`` (codes, built from terminology) and ``labs.toml`` (names, answers in words and
units, written by hand). A code counts only with its system: the digits of ALT are those of a race code as well. Without
a code we know, words decide. A ratio, a cut-off and a test of hair are none of our tests.

>>> table = LabTable.load()
>>> table.test_of((("http://loinc.org", "1742-6", None),), None).test
<LabTest.ALT: 'ALT'>
>>> table.test_of((), "Oxycodone, urine, immunoassay").screens
'oxycodone'
>>> table.outcome_in_words("None Detected"), table.outcome_in_words("> 300")
(<Outcome.NEGATIVE: 'negative'>, <Outcome.POSITIVE: 'positive'>)
>>> table.normal(LabTest.ALT, Decimal("2"), "µkat/L")
Decimal('120')
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from cards.findings import HouseError
from cards.knowledge.phrases import PhraseBook, Words
from cards.knowledge.systems import INTERPRETATION, LOINC, system_name
from cards.labs import LabTest, Outcome

Coding = tuple[str | None, str | None, str | None]
Codings = tuple[Coding, ...]

_HERE = Path(__file__).parent
_COLUMNS = ["system", "code", "kind", "meaning", "screens", "method", "unit", "name", "source"]
_NALTREXONE = "naltrexone"
_MEMORY = 8192
_LONGEST_REMEMBERED = 300
_LONGEST_ANSWER = 200
_LONGEST_NUMBER = 12
_GRADES = frozenset({"", "1", "2", "3", "4"})
# A bound or a plain number, with or without a unit behind it. Nothing in it can be tried in two ways.
_NUMBER = re.compile(r"(?P<sign>[<>]=?|≥|≤)?\s*(?P<number>\d+(?:\.\d+)?|\.\d+)(?P<rest>.*)", re.DOTALL)
_SIGNS = {"≥": ">=", "≤": "<="}
_UNIT_NOISE = str.maketrans(dict.fromkeys("[]{}_ *^", "") | {"µ": "u", "μ": "u", "²": "2"})


@dataclass(frozen=True, slots=True)
class NamedTest:
    """What a code or a name says of a test.

    ``screens`` is the opioid a screen looks for. ``is_immunoassay`` is ``None`` when nobody says how it is measured.
    ``unit`` is the unit its results have when they do not say.
    """

    test: LabTest
    screens: str | None = None
    is_immunoassay: bool | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Amount:
    """A number as told: ``comparator`` is empty, or says that the number is a bound."""

    value: Decimal
    comparator: str = ""
    unit: str = ""


class LabTable:
    """Every test the service can recognise, and the answers to it."""

    def __init__(
        self, tests: Mapping[str, NamedTest], answers: Mapping[tuple[str, str], Outcome], page: Mapping[str, Any]
    ) -> None:
        """Take the codes and the parsed page of names."""
        self._tests = tests
        self._answers = answers
        try:
            self._names: PhraseBook[NamedTest | None] = PhraseBook(_names(page))
            self._opioids: PhraseBook[str] = PhraseBook(
                [(name, opioid) for opioid, names in page["opioids"].items() for name in names]
            )
            self._specimens: PhraseBook[bool] = PhraseBook([(phrase, True) for phrase in page["screens"]["words"]])
            self._never: PhraseBook[bool] = PhraseBook([(phrase, True) for phrase in page["screens"]["never"]])
            self._methods: PhraseBook[bool] = PhraseBook(
                [(word, True) for word in page["methods"]["immunoassay"]]
                + [(word, False) for word in page["methods"]["confirmation"]]
            )
            self._words: PhraseBook[Outcome] = PhraseBook(
                [(phrase, Outcome(outcome)) for outcome, phrases in page["answers"].items() for phrase in phrases]
            )
            self._units: dict[LabTest, dict[str, tuple[Decimal, Decimal]]] = {
                LabTest[test.upper()]: {
                    _plain_unit(unit): (Decimal(times), Decimal(by)) for unit, (times, by) in units.items()
                }
                for test, units in page["units"].items()
            }
            self._scores: PhraseBook[Decimal] = PhraseBook(
                [(phrase, Decimal(points)) for points, phrases in page["scores"]["words"].items() for phrase in phrases]
            )
            self._score_codes = {code: Decimal(points) for code, points in page["scores"]["codes"].items()}
            self._positive_from = {
                LabTest[test.upper()]: Decimal(told["value"]) for test, told in page["positive_from"].items()
            }
        except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError) as problem:
            raise HouseError(f"cards/knowledge/labs.toml: {problem!r}.") from None
        self._remembered = lru_cache(maxsize=_MEMORY)(self._test_of)

    @classmethod
    def load(cls) -> LabTable:
        """Read the tables the package ships; raises :class:`HouseError` when one of them is not sound."""
        tests, answers = _read_codes((_HERE / "labs.tsv").read_text("utf-8"))
        return cls(tests, answers, tomllib.loads((_HERE / "labs.toml").read_text("utf-8")))

    def test_of(self, codings: Codings, text: str | None, within: str | None = None) -> NamedTest | None:
        """Say which test this is; ``within`` is the name of the panel it is part of, where it has one."""
        length = len(text or "") + len(within or "") + sum(len(part or "") for coding in codings for part in coding)
        return (self._remembered if length <= _LONGEST_REMEMBERED else self._test_of)(codings, text, within)

    def _test_of(self, codings: Codings, text: str | None, within: str | None) -> NamedTest | None:
        for system, code, _ in codings:
            if code and system_name(system) == LOINC and (known := self._tests.get(code.strip())) is not None:
                return known
        for told in dict.fromkeys(filter(None, (text, *(display for _, _, display in codings)))):
            named = self._test_in(told, within or "")
            if named is not None:
                return named
        return None

    def _test_in(self, text: str, within: str) -> NamedTest | None:
        """The test a text names; what is said of the panel only lends the specimen and the method."""
        words = Words.of(text)
        opioids = [found.value for found in self._opioids.find(words)]
        if opioids:
            around = Words.of(f"{text}\n{within}")
            if self._specimens.find(around) and not self._never.find(around):
                if _NALTREXONE in opioids:
                    return NamedTest(LabTest.NALTREXONE_SCREEN)
                methods = [found.value for found in self._methods.find(around)]
                return NamedTest(LabTest.OPIOID_SCREEN, opioids[0], methods[0] if methods else None)
        named = self._names.find(words)
        return named[0].value if named else None

    def opioids_looked_for(self, codings: Codings, text: str | None) -> frozenset[str]:
        """Every opioid a drug test looks for, by code or name; a panel may name several."""
        found = set()
        for coding in codings:
            named = self.test_of(((coding[0], coding[1], None),), None)
            if named is not None and named.screens is not None:
                found.add(named.screens)
        for told in filter(None, (text, *(display for _, _, display in codings))):
            words = Words.of(told)
            if self._specimens.find(words) and not self._never.find(words):
                found.update(named.value for named in self._opioids.find(words))
        return frozenset(found)

    def is_immunoassay(self, codings: Codings, text: str | None) -> bool | None:
        """Whether a drug test is an immunoassay, by code or name; ``None`` when nobody says."""
        named = self.test_of(codings, text)
        if named is not None and named.is_immunoassay is not None:
            return named.is_immunoassay
        told = [Words.of(one) for one in filter(None, (text, *(display for _, _, display in codings)))]
        methods = [method.value for words in told for method in self._methods.find(words)]
        return any(methods) if methods else None

    def outcome_of_codes(self, codings: Codings) -> Outcome:
        """What coded answers say; the positive one where they disagree."""
        outcomes = set()
        for system, code, display in codings:
            name = INTERPRETATION if system is None else system_name(system)
            known = self._answers.get((name or "", (code or "").strip()))
            outcomes.add(known if known is not None else self.outcome_in_words(display or code))
        return _gravest(outcomes)

    def score_of(self, codings: Codings, text: str | None) -> Decimal | None:
        """The points of an answer of the PHQ-9, such as *several days*."""
        for system, code, display in codings:
            if code and system_name(system) == LOINC and code.strip() in self._score_codes:
                return self._score_codes[code.strip()]
            if found := self._scores.find(Words.of(display or "")):
                return found[0].value
        found = self._scores.find(Words.of(text or ""))
        return found[0].value if found else None

    def outcome_in_words(self, text: str | None) -> Outcome:
        """What an answer in words says: yes, no, or neither.

        A bound says it too: *more than 300* is above the cut-off, *less than 50* below it. A plain number says nothing.
        The first answer of a sentence counts; of several sentences, the positive one.
        """
        if not text or len(text) > _LONGEST_ANSWER:
            return Outcome.UNKNOWN
        stripped = text.strip()
        if stripped.endswith("+") and stripped.rstrip("+") in _GRADES:
            return Outcome.POSITIVE
        amount = amount_in(stripped)
        if amount is not None:
            return outcome_of_bound(amount)
        words = Words.of(stripped)
        first: dict[int, Outcome] = {}
        for found in self._words.find(words):  # "negative for opiates; positive for fentanyl"
            first.setdefault(words.sentences[found.begin], found.value)
        return _gravest(first.values())

    def normal(self, test: LabTest, value: Decimal, unit: str) -> Decimal | None:
        """A value in the test's normal unit; ``None`` when the unit is none of that test's."""
        if not test.unit:
            return value
        factors = self._units.get(test, {}).get(_plain_unit(unit))
        return None if factors is None else value * factors[0] / factors[1]

    def positive_from(self, test: LabTest) -> Decimal | None:
        """From which value in its normal unit on a test is positive, where its number alone says so."""
        return self._positive_from.get(test)


def amount_in(text: str) -> Amount | None:
    """The number a text consists of, with its bound and its unit.

    >>> amount_in("<= 0.5 mg/dL"), amount_in("2+") is None
    (Amount(value=Decimal('0.5'), comparator='<=', unit='mg/dL'), True)
    """
    if len(text) > _LONGEST_ANSWER:
        return None
    match = _NUMBER.fullmatch(text.strip())
    if match is None or len(match["number"]) > _LONGEST_NUMBER:
        return None
    rest = match["rest"].strip()
    if rest and not (rest[0].isalpha() or rest[0] in "%[{"):
        return None
    sign = match["sign"] or ""
    return Amount(Decimal(match["number"]), _SIGNS.get(sign, sign), rest)


def outcome_of_bound(amount: Amount) -> Outcome:
    """What a bound says of a substance that was looked for; a plain number says nothing, except that none is none."""
    if amount.comparator in ("<", "<="):
        return Outcome.NEGATIVE
    if amount.comparator in (">", ">="):
        return Outcome.POSITIVE
    return Outcome.NEGATIVE if amount.value == 0 else Outcome.UNKNOWN


def _gravest(outcomes: Iterable[Outcome]) -> Outcome:
    told = set(outcomes)
    for outcome in (Outcome.POSITIVE, Outcome.NEGATIVE):
        if outcome in told:
            return outcome
    return Outcome.UNKNOWN


def _plain_unit(unit: str) -> str:
    """A unit without the signs and capitals that clients differ in."""
    return unit.casefold().translate(_UNIT_NOISE)


def _names(page: Mapping[str, Any]) -> list[tuple[str, NamedTest | None]]:
    names: list[tuple[str, NamedTest | None]] = []
    for test, phrases in page["names"].items():
        names += ((phrase, NamedTest(LabTest[test.upper()])) for phrase in phrases)
    names += ((phrase, None) for phrase in page["names_of_nothing"]["phrases"])
    return names


def _read_codes(text: str) -> tuple[dict[str, NamedTest], dict[tuple[str, str], Outcome]]:
    """The tests and the answers of ``labs.tsv``."""
    tests: dict[str, NamedTest] = {}
    answers: dict[tuple[str, str], Outcome] = {}
    lines = text.splitlines()
    if not lines or lines[0].split("\t") != _COLUMNS:
        raise HouseError(f"cards/knowledge/labs.tsv must begin with the columns {', '.join(_COLUMNS)}.")
    methods = {"screen": True, "confirmation": False, "": None}
    for number, line in enumerate(lines[1:], start=2):
        try:
            system, code, kind, meaning, screens, method, unit, _, _ = line.split("\t")
            if kind == "test":
                tests[code] = NamedTest(LabTest(meaning), screens or None, methods[method], unit)
            else:
                answers[system, code] = Outcome(meaning)
        except (ValueError, KeyError) as problem:
            raise HouseError(f"cards/knowledge/labs.tsv, line {number}: {problem}.") from None
    return tests, answers
