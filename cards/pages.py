"""The pages of the rules as nouns: what a rule says at which level, on what it rests, and all of them in one book.

``opening`` reads them from their files.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from enum import IntEnum, StrEnum
from functools import cached_property
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from cards.budgets import Budget
from cards.changes import Offer
from cards.chart import Chart, Hook, Kind
from cards.findings import Finding
from cards.numbers import Numbers, Quantity
from cards.shelves import Place


class Indicator(IntEnum):
    """The levels of a card, rising; ``NONE`` marks a rule that suppresses others and never shows a card."""

    NONE = 0
    INFO = 1
    WARNING = 2
    CRITICAL = 3

    @property
    def wire(self) -> str:
        """The word CDS Hooks uses."""
        return self.name.lower()


TOPICS = ("opioid", "dose", "timing", "formulation", "patient", "data", "review")
"""The cards one order can have. ``patient`` and ``data`` rules speak on a card of their own; ``review`` is the card
that gathers everything informational."""

SUBJECTS = ("chart", "any-order", "naltrexone-order", "opioid-order", "naltrexone-or-opioid-order")
"""What a rule is asked about: it need not be asked where there is none of it (``review.subjects_of``)."""

ATTRIBUTES: Mapping[str, str] = MappingProxyType(
    {
        "race": "Race",
        "ethnicity": "Ethnicity",
        "language": "Language",
        "sexual_orientation": "Sexual orientation",
        "gender_identity": "Gender identity",
        "sex": "Sex",
        "birth_date": "Date of birth",
        "social_determinants": "Social determinants of health",
        "health_status": "Health status assessments",
    }
)
"""What of a patient a rule may use and has to own up to, by its key in ``[attributes]``; the rest it does not use."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason for setting a card aside."""

    code: str
    system: str
    display: str


@dataclass(frozen=True, slots=True)
class Source:
    """One entry of the bibliography."""

    key: str
    title: str
    url: str | None
    grade: str
    seen: str


@dataclass(frozen=True, slots=True)
class Saying:
    """What a rule says in one circumstance. ``detail`` is Markdown: what can happen, why, and what to do.

    ``is_told_in_full``: its detail is told on the review card too, not its summary alone. ``sources`` are its own
    where the page's do not all bear on it; ``reviewed`` is the day its evidence was last looked through, which its
    words call ``{reviewed}``; ``changed`` is the day on which it came to say something else, where it ever did.
    """

    name: str
    indicator: Indicator
    summary: str
    detail: str
    delivery: str  # "own" or "merged"
    stays_on_labelled_use: bool = False
    is_told_in_full: bool = False
    sources: tuple[Source, ...] = ()
    reviewed: date | None = None
    changed: date | None = None


@dataclass(frozen=True)
class Page:
    """All that is written about one rule.

    ``why`` and ``works`` hold the numbers in force where they name one.

    ``accompanies``: its findings only ever join the information that others have about an order, they make no card.
    ``numbers`` are its own, ``used`` those of ``numbers.toml`` that decide in it too. ``attributes`` says how it uses
    what is in ``ATTRIBUTES``. ``is_on`` is the site's choice where it made one.
    ``most_in_palliative_care``: no card of it is more urgent where palliative care is told. ``goes_on`` says why it
    speaks on, in other words, after an offer of its own was taken; most rules fall silent, and say nothing here.
    """

    rule: str
    title: str
    version: str
    group: str
    topic: str
    about: str
    hooks: frozenset[Hook]
    evidence: str
    why: str
    sources: tuple[Source, ...]
    sayings: Mapping[str, Saying]
    offers: Mapping[str, Offer]
    reasons: tuple[Reason, ...]
    numbers: Mapping[str, Quantity]
    yields_to: frozenset[str]
    silences: frozenset[str]
    review: Mapping[str, Any]
    is_on: bool = True
    precedence: int = 100
    works: str = ""
    accompanies: bool = False
    used: Mapping[str, Quantity] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    is_on_as_delivered: bool = True
    stays_on: str = ""
    """Why it may neither be switched off nor silenced; empty where it may."""
    most_in_palliative_care: Indicator | None = None
    goes_on: str = ""
    budget: Budget | None = None
    """How often it speaks about a patient; ``None`` where it does whenever it finds something."""
    at_a_site: tuple[Indicator, ...] = ()
    """The levels at which a site may have it say what is delivered as its most urgent."""
    level_at_site: Indicator | None = None
    """The one of them that this site chose."""

    @property
    def state(self) -> str:
        """Whether it is on, and at which level where the site chose one."""
        if not self.is_on or self.level_at_site is None:
            return "on" if self.is_on else "off"
        return f"on, as {self.level_at_site.wire}"

    @property
    def wire_code(self) -> str:
        """The rule id as Epic takes it: letters and digits only."""
        return self.rule.replace("-", "")

    @property
    def levels(self) -> tuple[Indicator, ...]:
        """The levels at which it can speak, the most urgent first."""
        return tuple(sorted({saying.indicator for saying in self.sayings.values()}, reverse=True))

    @cached_property
    def site_numbers(self) -> tuple[tuple[str, Quantity], ...]:
        """The numbers that decide in it and that the site changed, with their names."""
        return tuple((name, one) for name, one in (*self.numbers.items(), *self.used.items()) if one.is_changed)


RuleFunction = Callable[[Chart, Numbers], Iterator[Finding]]


@dataclass(frozen=True)
class Rule:
    """A sentence and its page."""

    page: Page
    judge: RuleFunction
    numbers: Numbers
    place: Place
    looks_for: frozenset[str] | None = None
    needs: frozenset[Kind] = frozenset()

    def has_nothing_to_look_at(self, chart: Chart) -> bool:
        """Whether nothing is told of what it looks for, and all that it needs is known (``findings.looks_for``)."""
        looks_for = self.looks_for
        return looks_for is not None and looks_for.isdisjoint(chart.told) and self.needs.isdisjoint(chart.unanswerable)


_Case = tuple[Hook, frozenset[str], frozenset[StrEnum], frozenset[Kind]]
_MOST_CASES = 4096


@dataclass(frozen=True)
class RuleBook:
    """Every rule of the house, in the order in which they speak."""

    rules: tuple[Rule, ...]
    shared: Numbers
    sources: Mapping[str, Source]
    by_hook: Mapping[Hook, tuple[Rule, ...]] = field(default_factory=dict)
    _asked: dict[tuple[Hook, frozenset[str]], tuple[Rule, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _worth_asking: dict[_Case, tuple[Rule, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def fingerprint(self) -> str:
        """Which rules these are, in which version, on or off, with which numbers: the same text for the same rules."""
        shared = sorted((name, str(number)) for name, number in self.shared)
        told = [
            [
                rule.page.rule,
                rule.page.version,
                rule.page.state,
                sorted((n, str(q)) for n, q in rule.page.numbers.items()),
            ]
            for rule in self.rules
        ]
        return sha256(json.dumps([shared, told]).encode()).hexdigest()[:16]

    def to_ask(self, hook: Hook, subjects: frozenset[str]) -> tuple[Rule, ...]:
        """The rules of a hook that are about one of these subjects; sought once for each of the few sets there are."""
        known = self._asked.get((hook, subjects))
        if known is None:
            known = tuple(rule for rule in self.by_hook[hook] if rule.page.about in subjects)
            self._asked[hook, subjects] = known
        return known

    def worth_asking(self, chart: Chart, subjects: frozenset[str]) -> tuple[Rule, ...]:
        """Those of them that find something to look at in the chart.

        Charts that tell of the same that any rule looks for are one case, and most are a case that was there before: to
        know it takes a tenth of going through the rules.
        """
        case = (chart.hook, subjects, chart.told & self._looked_for, chart.unanswerable)
        known = self._worth_asking.get(case)
        if known is None:
            known = tuple(r for r in self.to_ask(chart.hook, subjects) if not r.has_nothing_to_look_at(chart))
            if len(self._worth_asking) >= _MOST_CASES:
                self._worth_asking.clear()
            self._worth_asking[case] = known
        return known

    @cached_property
    def _looked_for(self) -> frozenset[str]:
        return frozenset().union(*(rule.looks_for or () for rule in self.rules))

    def page(self, rule: str) -> Page:
        """The page of a rule by its id."""
        return self._pages[rule]

    def rule(self, rule: str) -> Rule | None:
        """A rule by its id; ``None`` when there is none of that name."""
        return next((one for one in self.rules if one.page.rule == rule), None)

    def nearest(self, rule: str) -> list[str]:
        """The ids that look most like a name that is none, best first."""
        return get_close_matches(rule, [one.page.rule for one in self.rules], n=3, cutoff=0.5)

    @property
    def settable(self) -> dict[str, Quantity]:
        """Every number a site may choose, by its name in ``[numbers]``: shared ones, then those of one rule."""
        named = dict(iter(self.shared))
        for rule in self.rules:
            named |= {f"{rule.page.rule}.{name}": number for name, number in rule.page.numbers.items()}
        return {name: number for name, number in named.items() if number.allowed is not None}

    @property
    def _pages(self) -> dict[str, Page]:
        return {rule.page.rule: rule.page for rule in self.rules}
