"""The house in order: what whoever writes a rule can get wrong, found before any patient is seen.

``open_rules`` refuses what nobody could work with. This looks closer, and names everything at once: a blank that no
code fills, a number that is used and not declared, a summary that the longest names make too long, wording that a
client's Markdown or a hurried reader would take amiss. Rules are read here as text; nothing is run.
"""

from __future__ import annotations

import ast
import re
import string
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from cards.budgets import Per
from cards.fixed_numbers import fixed_numbers, words_of
from cards.pages import Indicator, Page, Rule, RuleBook, Saying
from cards.shelves import HAZARD_OF, HAZARDS

_NBSP: Final = "\u00a0"
SUMMARY_GOAL: Final = 100
SUMMARY_LIMIT: Final = 139
DETAIL_WORDS: Final = 75
PLACEHOLDER: Final = "TO WRITE"
"""What stands on a page that was only begun."""

TYPICAL: Final[Mapping[str, str]] = MappingProxyType(
    {
        "after": f"3{_NBSP}mg",
        "age": f"15{_NBSP}years",
        "before": f"1.5{_NBSP}mg",
        "bilirubin": f"total bilirubin 3.4{_NBSP}mg/dL",
        "block": f"3{_NBSP}days",
        "brief": f"7{_NBSP}days",
        "ceiling": f"4.5{_NBSP}mg",
        "condition": "decompensated cirrhosis",
        "date": "Nov 30, 2026",
        "day": "Nov 30, 2026",
        "directions": f"4.5{_NBSP}mg once daily",
        "disorder": "alcohol use disorder",
        "dose": f"4.5{_NBSP}mg",
        "drug": "hydrocodone/acetaminophen",
        "earliest": "Nov 30, 2026",
        "entries": "2 entries",
        "excipient": "lactose",
        "fields": "strength, form and quantity",
        "gap": f"16{_NBSP}days",
        "high": f"1.5{_NBSP}mg",
        "hormone": "levothyroxine",
        "intake": f"3{_NBSP}days",
        "keeps": f"35{_NBSP}days",
        "kidney": "eGFR 22",
        "labelled": f"50{_NBSP}mg",
        "last": "Nov 16, 2026",
        "lists": "allergies and laboratory results",
        "long": f"14{_NBSP}days",
        "low": f"1{_NBSP}mg",
        "lowest": f"0.5{_NBSP}mg",
        "needed": f"10{_NBSP}days",
        "number": "2",
        "next": f"3{_NBSP}mg",
        "opioid": "hydrocodone/acetaminophen",
        "other": "oxycodone",
        "passed": f"8{_NBSP}days",
        "patch": "buprenorphine",
        "pill": "zolpidem",
        "plan": f"1.5{_NBSP}mg for 14{_NBSP}days, then 3{_NBSP}mg for 14{_NBSP}days",
        "problem": "insomnia",
        "quantity": "42 capsules",
        "reaction": "anaphylaxis",
        "reason": "fibromyalgia",
        "regular": f"10{_NBSP}days",
        "resources": "allergies and laboratory results",
        "restart": "Nov 30, 2026",
        "reviewed": "Nov 24, 2026",
        "score": "14",
        "sign": "PHQ-9 item 9 is 2",
        "since": "Nov 2, 2026",
        "slowest": "hydrocodone/acetaminophen",
        "step": f"1.5{_NBSP}mg",
        "strength": f"1.5{_NBSP}mg",
        "structured": f"45{_NBSP}mg",
        "studied": f"4.5{_NBSP}mg",
        "substance": "naltrexone",
        "supply": f"28{_NBSP}days",
        "tablet": f"50{_NBSP}mg",
        "tail": f"3{_NBSP}days",
        "taken": f"21{_NBSP}days",
        "tenth": f"4.5{_NBSP}mg",
        "test": "ALT",
        "times": "2",
        "usual": f"1.5{_NBSP}mg",
        "weight": f"41{_NBSP}kg",
        "when": "today",
        "why": "not sent",
        "without": "lactose",
        "written": f"4.5{_NBSP}mg",
    }
)
"""What a blank usually holds, by its name: for reading a page without a patient."""

LONGEST: Final[Mapping[str, str]] = MappingProxyType(
    {
        **TYPICAL,
        "dose": f"12.5{_NBSP}mg",
        "opioid": "buprenorphine/naloxone, hydrocodone/acetaminophen and 12 more",
        "drug": "buprenorphine/naloxone, hydrocodone/acetaminophen and 12 more",
        "slowest": "aspirin/caffeine/dihydrocodeine",
        "excipient": "microcrystalline cellulose and calcium carbonate",
        "kidney": "end-stage renal disease",
    }
)
"""The longest that drug names make of it."""

OFFER_BLANKS: Final = frozenset({"dose", "directions", "plan", "strength", "quantity", "supply", "reason", "opioid"})
"""What a change itself tells the words of its offer."""

FORBIDDEN_WORDS: Final = (
    *("shown to help", "boosts", "natural", "ok to give", " safe ", " safe.", " safe,", "do not worry"),
    *(" qd", " hs ", "µg", "®", "™"),
)  # fmt: skip
"""Promises nobody can keep, and signs that have been misread."""

_OPENINGS: Final = re.compile(
    r"^(add|allerg|ask|check|choose|clarify|conditions|confirm|consider|correct|defer|expect|find|give|hold|keep|look|"
    r"lower|make|medication list|move|name|no |note|one|opioid conflicts|opioids|order|pause|plan|prefer|record|reduce|"
    r"restart|review|say|some|split|start|state|step|switch|take|try|use|verify|wait|write)",
    re.IGNORECASE,
)


# --- words -----------------------------------------------------------------------------------------------------------


def blanks_of(*texts: str) -> set[str]:
    """The names of the blanks in some texts."""
    return {name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name}


def filled(text: str, samples: Mapping[str, str] = TYPICAL) -> str:
    """The words of a page with something in every blank.

    >>> filled("Hold naltrexone until {earliest}?")
    'Hold naltrexone until Nov 30, 2026?'
    """
    return text.format_map({name: samples.get(name, "about 12 chars") for name in blanks_of(text)})


def summary_problems(saying: Saying) -> list[str]:
    """Whether a summary fits on one line, also with the longest names, and opens with what to do."""
    typical, longest = filled(saying.summary), filled(saying.summary, LONGEST)
    problems = []
    if len(typical) > SUMMARY_GOAL:
        problems.append(f"its summary has {len(typical)} characters, at most {SUMMARY_GOAL}: {typical}")
    if len(longest) > SUMMARY_LIMIT:
        problems.append(f"its summary has {len(longest)} characters with the longest drug names: {longest}")
    if not _OPENINGS.match(typical):
        problems.append(f"its summary does not open with what to do: {typical}")
    return problems


def wording_problems(saying: Saying) -> list[str]:
    """Whether the words are ones that every client shows as they are meant."""
    problems = []
    for where, text in (("summary", saying.summary), ("detail", saying.detail)):
        shown = filled(text)
        lowered = f" {shown.casefold()} "
        problems += [f"its {where} says “{word.strip()}”" for word in FORBIDDEN_WORDS if word in lowered]
        if re.search(r"[~<>]", shown):
            problems.append(f"its {where} has a character that a client's Markdown may swallow")
        if re.search(r"\d (mg|mcg|mL|days?|h|hours?|weeks?|months?|%)\b", shown):
            problems.append(f"its {where} lets a number part from its unit: write a no-break space")
        if re.search(r"(?<![\d.])\.\d", shown) or re.search(r"\d\.\d*0\b(?!\d)", shown.replace("7.10", "")):
            problems.append(f"its {where} has a number without its leading zero or with a trailing one")
        if re.search(r"^#|\n#|\||\]\(|http", shown):
            problems.append(f"its {where} has a heading, a table or a link")
        if PLACEHOLDER in shown:
            problems.append(f"its {where} is still to be written")
    words = len(re.sub(r"[*_`]", "", filled(saying.detail)).split())
    if words > DETAIL_WORDS:
        problems.append(f"its detail has {words} words, at most {DETAIL_WORDS}")
    return problems


def page_problems(page: Page) -> list[str]:
    """Whether a page tells why, on what it rests and who answers for it."""
    problems = []
    for name, text in (("why", page.why), ("works", page.works)):
        if not text.strip() or PLACEHOLDER in text:
            problems.append(f"{name} is still to be written")
    for name, text in (("title", page.title), ("written_by", str(page.review["written_by"]))):
        if PLACEHOLDER in text:
            problems.append(f"{name} is still to be written")
    if not page.sources:
        problems.append('no source is named: sources = ["…"]')
    if not re.fullmatch(r"\d+\.\d+\.\d+", page.version):
        problems.append("version is not like 1.0.0")
    if not page.sayings:
        problems.append("it says nothing: write [says.<circumstance>]")
    if not page.hooks:
        problems.append('no hook asks it: hooks = ["order-sign"]')
    return problems


# --- the sentence, read as text --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Said:
    """One call of ``says``: the circumstances it may name, none when its code decides, and the blanks it fills."""

    line: int
    circumstances: frozenset[str]
    blanks: frozenset[str]
    fills_any: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What some code asks for: numbers by name, families by their beginning with a star, and members of the chart.

    ``terms`` are words of the vocabulary, such as ``("ConditionGroup", "PREGNANCY")``.
    """

    numbers: set[str] = field(default_factory=set)
    members: set[str] = field(default_factory=set)
    terms: set[tuple[str, str]] = field(default_factory=set)


_OF_OPIOIDS: Final = ("undated_from", "undated_to", "assumed_course", "asserted_lately", "administered_lately")
BEHIND: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "is_low_dose": ("low_to",),
        "is_low": ("low_to",),
        "band": ("low_to", "full_from"),
        "conflict": ("dose_tolerance",),
        "opioids": _OF_OPIOIDS,
        "exposures": _OF_OPIOIDS,
        "possible_exposures": (
            "undated_from",
            "undated_to",
            "assumed_course",
            "asserted_lately",
            "administered_lately",
        ),
        "unidentified": _OF_OPIOIDS,
        "naltrexone": ("low_dose_leftover", "depot_block"),
        "naltrexone_uses": ("low_dose_leftover", "depot_block"),
    }
)
"""Shared numbers that decide in what a chart answers, by the member that is asked."""

ASSESSMENTS: Final = frozenset(
    {"COWS", "OUTCOME", "PHQ9_SUICIDALITY", "PHQ9_TOTAL", "PREGNANCY", "PREGNANCY_STATUS", "LACTATION_STATUS"}
)
"""Members of the vocabulary that tell of a health status that somebody assessed."""

_NOT_BLANKS: Final = frozenset({"circumstance", "about", "facts", "offers", "evidence", "occasion", "known_since"})


def sentence_problems(source: str) -> list[str]:
    """Whether a rule says why in its docstring, and holds no number that belongs on its page."""
    tree = ast.parse(source)
    problems = []
    if "because" not in (ast.get_docstring(tree) or "") or PLACEHOLDER in (ast.get_docstring(tree) or ""):
        problems.append("its docstring does not say when, what and why (When … then …, because …)")
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and type(node.value) in (int, float) and node.value not in (0, 1):
            problems.append(f"line {node.lineno}: the digit {node.value!r} belongs on the page")
    return problems


def said_in(source: str) -> list[Said]:
    """Every call of ``says`` in a rule.

    >>> [(one.circumstances, one.blanks) for one in said_in('says("due", order, dose=dose, facts=[])')]
    [(frozenset({'due'}), frozenset({'dose'}))]
    """
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "says" and node.args:
            given = {one.arg for one in node.keywords if one.arg is not None} - _NOT_BLANKS
            fills_any = any(one.arg is None for one in node.keywords)
            found.append(Said(node.lineno, frozenset(_constants(node.args[0])), frozenset(given), fills_any))
    return found


def _constants(node: ast.expr) -> set[str]:
    """The texts an expression can be; empty when its code decides."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.IfExp):
        branches = [_constants(node.body), _constants(node.orelse)]
        return set().union(*branches) if all(branches) else set()
    return set()


def blank_problems(page: Page, source: str) -> list[str]:
    """Whether everything a page may say is said somewhere with all its blanks filled, and every offer's words are."""
    calls = said_in(source)
    problems = []
    for name, saying in page.sayings.items():
        naming = [call for call in calls if name in call.circumstances]
        naming = naming or [call for call in calls if not call.circumstances]
        if not naming and calls:
            problems.append(f"[says.{name}] is said by nobody")
        needed = blanks_of(saying.summary, saying.detail) - ({"reviewed"} if saying.reviewed is not None else set())
        for call in naming:
            missing = sorted(needed - call.blanks)
            if missing and not call.fills_any:
                problems.append(f"[says.{name}] has blanks that line {call.line} does not fill: {', '.join(missing)}")
    for call in calls:
        unknown = sorted(call.circumstances - set(page.sayings))
        problems.extend(f"line {call.line} says {name}, which is not on the page" for name in unknown)
    given = OFFER_BLANKS.union(*(call.blanks for call in calls))
    for key, offer in page.offers.items():
        missing = sorted(blanks_of(offer.label, offer.note) - given)
        if missing and not any(call.fills_any for call in calls):
            problems.append(f"[offers.{key}] has blanks that nothing fills: {', '.join(missing)}")
    problems.extend(_offers_without_words(page, source))
    return problems


def budget_problems(page: Page, source: str) -> list[str]:
    """Whether a rule that speaks once per occasion tells which one it is."""
    if page.budget is None or page.budget.per is not Per.OCCASION:
        return []
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    if any(one.arg == "occasion" for call in calls for one in call.keywords):
        return []
    return [f"it is said once per {page.budget.occasion}, and no call of says tells the occasion"]


def _offers_without_words(page: Page, source: str) -> Iterator[str]:
    keys = _keys_of_changes()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in keys:
            named = [one.value for one in node.keywords if one.arg == "key"]
            told = _constants(named[0]) if named else {keys[node.func.id]}
            yield from (
                f"line {node.lineno} offers {key}: write [offers.{key}]" for key in sorted(told - set(page.offers))
            )


@cache
def _keys_of_changes() -> dict[str, str]:
    """The functions that make a change, with the key each one's words have unless another is given."""
    keys = {}
    modules = ("suggestions", "product_suggestions", "chart_suggestions")
    for node in [node for module in modules for node in ast.parse(_text_of(module)).body]:
        if isinstance(node, ast.FunctionDef):
            for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
                if argument.arg == "key" and isinstance(default, ast.Constant) and isinstance(default.value, str):
                    keys[node.name] = default.value
    return keys


def asked_by(rule: Rule) -> Asked:
    """The same of a rule that was opened."""
    return asked_in(_source_of(rule))


def asked_in(source: str) -> Asked:
    """Every number and every member of the chart that a rule asks for, by itself or through what it calls."""
    asked = Asked()
    _follow(_Module.read(source), None, asked, set())
    return asked


def number_problems(page: Page, source: str) -> list[str]:
    """Whether every number that decides in a rule is on its page, or under ``uses`` there."""
    asked = asked_in(source)
    behind = {number for member in asked.members for number in BEHIND.get(member, ())}
    known = {*page.numbers, *page.used}
    missing = sorted(name for name in asked.numbers | behind if not _is_declared(name, known))
    return [f"it asks for numbers that are neither its own nor under uses: {', '.join(missing)}"] if missing else []


def _is_declared(name: str, known: Collection[str]) -> bool:
    return any(one.startswith(name[:-1]) for one in known) if name.endswith("*") else name in known


def attribute_problems(page: Page, source: str) -> list[str]:
    """Whether a page owns up to the age and the assessments its rule looks at."""
    members = asked_in(source).members
    problems = []
    if "patient" in members and "birth_date" not in page.attributes:
        problems.append("it asks for the patient's age: say how under [attributes] birth_date")
    if members & ASSESSMENTS and "health_status" not in page.attributes:
        named = ", ".join(sorted(members & ASSESSMENTS))
        problems.append(f"it looks at assessments ({named}): say how under [attributes] health_status")
    return problems


@dataclass(frozen=True, slots=True)
class _Module:
    functions: Mapping[str, ast.AST]
    imports: Mapping[str, tuple[str, str]]
    body: ast.Module

    @classmethod
    def read(cls, source: str) -> _Module:
        tree = ast.parse(source)
        functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
        constants = {
            target.id: node
            for node in tree.body
            if isinstance(node, ast.Assign | ast.AnnAssign)
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name)
        }
        imports = {
            alias.asname or alias.name: (node.module.removeprefix("cards."), alias.name)
            for node in tree.body
            if isinstance(node, ast.ImportFrom) and node.module is not None and node.module.startswith("cards.")
            for alias in node.names
        }
        return cls({**constants, **functions}, imports, tree)


_SHARED: Final = frozenset(
    {
        "low_dose",
        "mends",
        "naltrexone",
        "opioids",
        "patients",
        "pregnancy",
        "results",
        "titration",
        "treatment",
        "wordings",
    }
)
"""The modules that several rules ask of a chart through; a call into them is followed."""


def _follow(module: _Module, name: str | None, asked: Asked, seen: set[tuple[int, str]]) -> None:
    """Gather what a function asks for, or all of a module, and follow what it names."""
    node = module.body if name is None else module.functions[name]
    for inner in ast.walk(node):
        if isinstance(inner, ast.Attribute):
            is_number = isinstance(inner.value, ast.Name) and inner.value.id == "numbers"
            (asked.numbers if is_number and inner.attr != "family" else asked.members).add(inner.attr)
            if isinstance(inner.value, ast.Name) and inner.attr.isupper():
                asked.terms.add((module.imports.get(inner.value.id, ("", inner.value.id))[1], inner.attr))
        elif isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute) and inner.func.attr == "family":
            asked.numbers.update(f"{family}*" for argument in inner.args for family in _constants(argument))
        elif isinstance(inner, ast.Name) and (id(module), inner.id) not in seen:
            seen.add((id(module), inner.id))
            _follow_name(module, inner.id, asked, seen)


def _follow_name(module: _Module, name: str, asked: Asked, seen: set[tuple[int, str]]) -> None:
    if name in module.functions:
        _follow(module, name, asked, seen)
    elif name in module.imports:
        place, there = module.imports[name]
        if place in _SHARED:
            shared = _shared_module(place)
            if there in shared.functions and (id(shared), there) not in seen:
                seen.add((id(shared), there))
                _follow(shared, there, asked, seen)


@cache
def _shared_module(name: str) -> _Module:
    return _Module.read(_text_of(name))


def _text_of(module: str) -> str:
    return (files("cards") / f"{module}.py").read_text("utf-8")


# --- all of it -------------------------------------------------------------------------------------------------------


def problems_in(book: RuleBook) -> list[str]:
    """Everything in the rules of a house that has to be mended, each with its file."""
    return [problem for rule in book.rules for problem in problems_of(rule)]


def problems_of(rule: Rule) -> list[str]:
    """Everything that has to be mended in one rule."""
    page = rule.page
    source = _source_of(rule)
    on_page = [*page_problems(page), *place_problems(rule), *blank_problems(page, source)]
    on_page += [*number_problems(page, source), *attribute_problems(page, source), *budget_problems(page, source)]
    on_page += fixed_number_problems(rule)
    for name, saying in page.sayings.items():
        if saying.indicator is not Indicator.NONE:
            found: Sequence[str] = [*summary_problems(saying), *wording_problems(saying)]
            on_page += [f"[says.{name}]: {one}" for one in found]
    return [
        *(f"{rule.place.shown('py')}: {one}." for one in sentence_problems(source)),
        *(f"{rule.place.shown('toml')}: {one}." for one in on_page),
    ]


def fixed_number_problems(rule: Rule) -> list[str]:
    """Whether a card would go on telling the delivered number where a site has chosen another."""
    numbers = {**rule.page.used, **rule.page.numbers}
    written = tomllib.loads(rule.place.page.read_text("utf-8"))
    return [
        f"{where} tells {name} as {words}: write {{{name}}}"
        for where, text in words_of(written)
        for words, name in fixed_numbers(text, numbers)
    ]


def place_problems(rule: Rule) -> list[str]:
    """Whether a rule lies in the folder of its hazard; in a folder of one's own, it may lie beside the folders."""
    hazard, found = HAZARD_OF[rule.page.group], rule.place.hazard
    if found == hazard or (not found and not rule.place.is_ours):
        return []
    if found in HAZARDS or not found:
        return [f"its group {rule.page.group} belongs in the folder {hazard}"]
    return [f"{found} is no folder of rules: {', '.join(HAZARDS)}"]


def _source_of(rule: Rule) -> str:
    return rule.place.sentence.read_text("utf-8")


def overdue(book: RuleBook, day: date) -> list[str]:
    """The rules whose review is past its day, each as a sentence; no error, for a calendar must not break a house."""
    return [
        f"{rule.page.rule}: its review was due by {rule.page.review['review_by']:%Y-%m-%d}."
        for rule in book.rules
        if rule.page.review["review_by"] < day
    ]
