"""The pages of the rules: words, numbers, sources and governance, one TOML file beside each rule.

``open_rules`` reads every pair of ``cards/rules``, checks all of it and raises one :class:`HouseError` that names every
problem found. Nothing is registered anywhere: a pair of files is a rule.
"""

from __future__ import annotations

import importlib
import string
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import IntEnum
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from cards.chart import Chart, Hook
from cards.findings import Finding, HouseError
from cards.numbers import Numbers, Quantity, numbers_from
from cards.suggestions import Offer

RULES = "cards.rules"


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

GROUPS = (
    "classification",
    "dose",
    "titration",
    "timing",
    "formulation",
    "opioid-conflict",
    "opioid-order",
    "other-drugs",
    "patient",
    "evidence",
    "data",
)


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
    words call ``{reviewed}``.
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


@dataclass(frozen=True)
class Page:
    """All that is written about one rule.

    ``accompanies``: its findings only ever join the information that others have about an order, they make no card.
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

    @property
    def wire_code(self) -> str:
        """The rule id as Epic takes it: letters and digits only."""
        return self.rule.replace("-", "")


RuleFunction = Callable[[Chart, Numbers], Iterator[Finding]]


@dataclass(frozen=True)
class Rule:
    """A sentence and its page."""

    page: Page
    judge: RuleFunction
    numbers: Numbers


@dataclass(frozen=True)
class RuleBook:
    """Every rule of the house, in the order in which they speak."""

    rules: tuple[Rule, ...]
    shared: Numbers
    sources: Mapping[str, Source]
    by_hook: Mapping[Hook, tuple[Rule, ...]] = field(default_factory=dict)

    def page(self, rule: str) -> Page:
        """The page of a rule by its id."""
        return self._pages[rule]

    @property
    def _pages(self) -> dict[str, Page]:
        return {rule.page.rule: rule.page for rule in self.rules}


def open_rules(overrides: Mapping[str, Decimal] | None = None, folder: Traversable | None = None) -> RuleBook:
    """Read every rule and page; raises :class:`HouseError` with every problem at once.

    ``overrides`` sets numbers for this site: ``{"washout_short": Decimal(14), "ldn-start-dose-high.start_max": …}``.
    """
    problems: list[str] = []
    knowledge = files("cards.knowledge")
    shared = numbers_from(
        tomllib.loads((knowledge / "numbers.toml").read_text("utf-8"), parse_float=Decimal),
        "cards/knowledge/numbers.toml",
    )
    sources = _read_sources(tomllib.loads((knowledge / "sources.toml").read_text("utf-8")), problems)
    words = tomllib.loads((knowledge / "override_reasons.toml").read_text("utf-8"))
    left = dict(overrides or {})
    shared = _overridden(shared, "", left, problems)
    for name, number in shared.items():
        _check_source(number.source, f"cards/knowledge/numbers.toml: {name}", sources, problems)
    rules = []
    for path in sorted((folder or files(RULES)).iterdir(), key=lambda entry: entry.name):
        if not path.name.endswith(".py") or path.name.startswith("_"):
            continue
        name = path.name.removesuffix(".py")
        rule = _open_rule(name, shared, sources, words, left, problems)
        if rule is not None:
            rules.append(rule)
    problems.extend(f"settings: there is no number called {name}." for name in left)
    known = {rule.page.rule for rule in rules}
    for rule in rules:
        for other in sorted(rule.page.yields_to - known):
            problems.append(f"cards/rules/{_file(rule.page.rule)}.toml: yields_to names {other}, which is no rule.")
    if problems:
        raise HouseError(*problems)
    ordered = tuple(sorted(rules, key=lambda rule: (rule.page.precedence, rule.page.rule)))
    by_hook = {hook: tuple(rule for rule in ordered if hook in rule.page.hooks and rule.page.is_on) for hook in Hook}
    return RuleBook(ordered, Numbers(shared), sources, by_hook)


def _file(rule: str) -> str:
    return rule.replace("-", "_")


def _open_rule(
    name: str,
    shared: Mapping[str, Quantity],
    sources: Mapping[str, Source],
    words: Mapping[str, Any],
    left: dict[str, Decimal],
    problems: list[str],
) -> Rule | None:
    where = f"cards/rules/{name}.toml"
    beside = files(RULES) / f"{name}.toml"
    if not beside.is_file():
        problems.append(f"cards/rules/{name}.py has no page of words. Write {where} beside it.")
        return None
    try:
        written = tomllib.loads(beside.read_text("utf-8"), parse_float=Decimal)
    except tomllib.TOMLDecodeError as problem:
        problems.append(f"{where} is not TOML: {problem}.")
        return None
    judge = getattr(importlib.import_module(f"{RULES}.{name}"), name, None)
    if judge is None:
        problems.append(f"cards/rules/{name}.py has no function {name}(chart, numbers).")
        return None
    try:
        page = _read_page(name, written, sources, words, left, where, problems)
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        problems.append(f"{where} lacks or misspells {problem}.")
        return None
    return Rule(page, judge, Numbers({**shared, **page.numbers}, where))


def _read_page(
    name: str,
    written: Mapping[str, Any],
    sources: Mapping[str, Source],
    words: Mapping[str, Any],
    left: dict[str, Decimal],
    where: str,
    problems: list[str],
) -> Page:
    rule = name.replace("_", "-")
    for key in written.get("sources", ()):
        _check_source(key, where, sources, problems)
    for field_name, allowed in (("topic", TOPICS), ("group", GROUPS)):
        if written[field_name] not in allowed:
            problems.append(f"{where}: {field_name} must be one of {', '.join(allowed)}.")
    numbers = numbers_from(written.get("numbers", {}), where)
    for number_name, number in numbers.items():
        _check_source(number.source, f"{where}: {number_name}", sources, problems)
    numbers = _overridden(numbers, f"{rule}.", left, problems)
    reasons = []
    for code in written.get("override_reasons", ()):
        entry = words.get(code)
        if entry is None:
            problems.append(f"{where}: override reason {code} is not in cards/knowledge/override_reasons.toml.")
        else:
            reasons.append(Reason(code, entry["system"], entry["display"]))
    sayings = {
        circumstance: _read_saying(circumstance, said, sources, where, problems)
        for circumstance, said in written.get("says", {}).items()
    }
    review = written["review"]
    for key in ("written_by", "checked_by", "reviewed", "review_by"):
        if key not in review:
            problems.append(f"{where}: [review] lacks {key}.")
    if not isinstance(review.get("reviewed"), date):
        problems.append(f"{where}: [review] reviewed must be a date, such as 2026-11-24.")
    return Page(
        rule=rule,
        title=written["title"],
        version=written["version"],
        group=written["group"],
        topic=written["topic"],
        about=written["about"],
        hooks=frozenset(Hook(hook) for hook in written["hooks"]),
        evidence=written["evidence"],
        why=written["why"],
        sources=tuple(sources[key] for key in written.get("sources", ()) if key in sources),
        sayings=sayings,
        offers={key: Offer(o["label"], o.get("note", "")) for key, o in written.get("offers", {}).items()},
        reasons=tuple(reasons),
        numbers=numbers,
        yields_to=frozenset(written.get("yields_to", ())),
        silences=frozenset(written.get("silences", ())),
        review=review,
        is_on=written.get("on", True),
        precedence=written.get("precedence", 100),
        works=written.get("works", ""),
        accompanies=written.get("accompanies", False),
    )


def _read_saying(
    name: str, said: Mapping[str, Any], sources: Mapping[str, Source], where: str, problems: list[str]
) -> Saying:
    delivery = said.get("delivery", "own")
    if delivery not in ("own", "merged"):
        problems.append(f"{where}: [says.{name}] delivery must be own or merged.")
    summary, detail = said["summary"].strip(), said.get("detail", "").strip()
    for text in (summary, detail):
        try:
            list(string.Formatter().parse(text))
        except ValueError as problem:
            problems.append(f"{where}: [says.{name}] has a broken blank: {problem}.")
    for key in said.get("sources", ()):
        _check_source(key, f"{where}: [says.{name}]", sources, problems)
    return Saying(
        name=name,
        indicator=Indicator[said["indicator"].upper()],
        summary=summary,
        detail=detail,
        delivery=delivery,
        stays_on_labelled_use=said.get("stays_on_labelled_use", False),
        is_told_in_full=said.get("told_in_full", False),
        sources=tuple(sources[key] for key in said.get("sources", ()) if key in sources),
        reviewed=said.get("reviewed"),
    )


def _read_sources(written: Mapping[str, Any], problems: list[str]) -> dict[str, Source]:
    found = {}
    for key, entry in written.items():
        try:
            found[key] = Source(key, entry["title"], entry.get("url"), entry["grade"], str(entry["seen"]))
        except (KeyError, TypeError) as problem:
            problems.append(f"cards/knowledge/sources.toml: {key} lacks {problem}.")
    return found


def _check_source(key: str, where: str, sources: Mapping[str, Source], problems: list[str]) -> None:
    if key not in sources:
        problems.append(f"{where}: source {key} is not in cards/knowledge/sources.toml.")


def _overridden(
    numbers: dict[str, Quantity], prefix: str, left: dict[str, Decimal], problems: list[str]
) -> dict[str, Quantity]:
    changed = dict(numbers)
    for name, number in numbers.items():
        wanted = left.pop(prefix + name, None)
        if wanted is None:
            continue
        if number.allowed is None or not number.allowed[0] <= wanted <= number.allowed[1]:
            allowed = (
                "it may not be changed"
                if number.allowed is None
                else f"{number.allowed[0]} to {number.allowed[1]} {number.unit}"
            )
            problems.append(f"settings: {prefix}{name} = {wanted} is out of range ({allowed}).")
            continue
        changed[name] = Quantity(wanted, number.unit, number.source, number.meaning, number.allowed)
    return changed
