"""A drug table that a site brought itself, in the shape the formulary takes; whoever hands it over has read it.

What concerns a rule is held line by line. Of every other medicine the table keeps only that its code is one, and of
what: hundreds of thousands of codes in two arrays of numbers. So "of no interest here" costs a few megabytes and is
never confused with "could not be identified".
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

_LONGEST_NUMBER = 18


@dataclass(frozen=True, slots=True)
class OtherCodes:
    """Codes of medicines that no rule asks about: ``codes`` in rising order, and beside each which of ``names``.

    >>> others = OtherCodes(array("Q", [29046, 617314]), array("I", [0, 1]), ("lisinopril", "atorvastatin"))
    >>> others.name_of("617314"), others.name_of("7243"), others.name_of("n/a")
    ('atorvastatin', None, None)
    """

    codes: array[int] = field(default_factory=lambda: array("Q"), repr=False)
    of: array[int] = field(default_factory=lambda: array("I"), repr=False)
    names: tuple[str, ...] = field(default=(), repr=False)

    def __len__(self) -> int:
        return len(self.codes)

    def name_of(self, code: str) -> str | None:
        """What a code stands for, in the names of its ingredients; nothing when it is none of these."""
        if not (code.isascii() and code.isdigit()) or len(code) > _LONGEST_NUMBER:
            return None
        number = int(code)
        at = bisect_left(self.codes, number)
        if at == len(self.codes) or self.codes[at] != number:
            return None
        return self.names[self.of[at]]


NO_OTHERS = OtherCodes()


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition of RxNorm: the lines of our medicines by RxNorm code and by NDC, and all other codes.

    A line has the cells of ``rxnorm.tsv`` after the code. ``others`` is by code system, in the house's names of them.
    """

    label: str
    rxnorm: Mapping[str, str] = field(repr=False)
    ndc: Mapping[str, str] = field(repr=False)
    others: Mapping[str, OtherCodes] = field(default_factory=lambda: MappingProxyType({}), repr=False)
