"""The house in order: pages, words, sources and walls. Everything found is named at once."""

from __future__ import annotations

import ast
import re
import string
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from cards.chart import Hook
from cards.pages import Indicator, Page, Saying
from tests.charts import the_clinic

ROOT = Path(__file__).parent.parent
RULES = ROOT / "cards" / "rules"
NBSP = "\u00a0"
SUMMARY_GOAL, SUMMARY_LIMIT, DETAIL_WORDS = 100, 139, 75
ACTION_WITHIN = 40

TYPICAL = {
    "opioid": "hydrocodone/acetaminophen",
    "drug": "hydrocodone/acetaminophen",
    "patch": "buprenorphine",
    "dose": f"12.5{NBSP}mg",
    "earliest": "Nov 30, 2026",
    "date": "Nov 30, 2026",
    "day": "Nov 30, 2026",
    "fields": "strength, form and quantity",
    "resources": "allergies and laboratory results",
}
LONGEST = {**TYPICAL, "opioid": "buprenorphine/naloxone, hydrocodone/acetaminophen and 12 more"}

FORBIDDEN_WORDS = (
    "shown to help",
    "boosts",
    "natural",
    "ok to give",
    " safe ",
    " safe.",
    " safe,",
    "do not worry",
    " qd",
    " hs ",
    "µg",
    "®",
    "™",
)
VERBS = re.compile(
    r"^(add|ask|check|choose|clarify|confirm|consider|correct|defer|expect|find|give|hold|keep|medication list|move|"
    r"note|no |order|pause|plan|prefer|reduce|restart|review|say|state|step|switch|take|try|use|verify|wait|write|"
    r"opioids|opioid conflicts|some|start|allerg|conditions|split|record|name|look|lower|one|make)",
    re.IGNORECASE,
)


def rules() -> list[Page]:
    return [rule.page for rule in the_clinic().book.rules]


def sayings() -> Iterator[tuple[Page, Saying]]:
    for page in rules():
        for saying in page.sayings.values():
            yield page, saying


def spoken() -> list[tuple[Page, Saying]]:
    return [(page, saying) for page, saying in sayings() if saying.indicator is not Indicator.NONE]


def names(pairs: list[tuple[Page, Saying]]) -> list[str]:
    return [f"{page.rule}/{saying.name}" for page, saying in pairs]


def blanks_of(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def filled(text: str, samples: dict[str, str]) -> str:
    return text.format_map({name: samples.get(name, "about 12 chars") for name in blanks_of(text)})


def plain(text: str) -> str:
    return text.replace("**", "").replace("_", "").replace("`", "")


@pytest.mark.parametrize(("page", "saying"), spoken(), ids=names(spoken()))
def test_a_summary_fits_on_one_line_and_opens_with_what_to_do(page: Page, saying: Saying) -> None:
    typical, longest = filled(saying.summary, TYPICAL), filled(saying.summary, LONGEST)
    assert len(typical) <= SUMMARY_GOAL, f"{len(typical)} characters: {typical}"
    assert len(longest) <= SUMMARY_LIMIT, f"{len(longest)} characters with the longest drugs: {longest}"
    assert VERBS.match(typical), f"does not open with what to do: {typical}"


@pytest.mark.parametrize(("page", "saying"), spoken(), ids=names(spoken()))
def test_the_words_obey_the_wording_rules(page: Page, saying: Saying) -> None:
    problems = []
    for where, text in (("summary", saying.summary), ("detail", saying.detail)):
        shown = filled(text, TYPICAL)
        lowered = f" {shown.casefold()} "
        problems += [f"{where} says “{word.strip()}”" for word in FORBIDDEN_WORDS if word in lowered]
        if "~" in shown or re.search(r"<|>", shown):
            problems.append(f"{where} has a character that a client's Markdown may swallow")
        if re.search(r"\d (mg|mcg|mL|days?|h|hours?|weeks?|months?|%)\b", shown):
            problems.append(f"{where} lets a number part from its unit: write a no-break space")
        if re.search(r"(?<![\d.])\.\d", shown) or re.search(r"\d\.\d*0\b(?!\d)", shown.replace("7.10", "")):
            problems.append(f"{where} has a number without its leading zero or with a trailing one")
        if re.search(r"^#|\n#|\|", shown) or "](" in shown or "http" in shown:
            problems.append(f"{where} has a heading, a table or a link")
    words = len(plain(filled(saying.detail, TYPICAL)).split())
    if words > DETAIL_WORDS:
        problems.append(f"detail has {words} words, at most {DETAIL_WORDS}")
    assert not problems, f"{page.rule}/{saying.name}: {'; '.join(problems)}"


@pytest.mark.parametrize("page", rules(), ids=[page.rule for page in rules()])
def test_a_page_tells_why_on_what_it_rests_and_who_answers_for_it(page: Page) -> None:
    problems = []
    if not page.why.strip() or not page.works.strip():
        problems.append("why and works must both be told")
    if not page.sources:
        problems.append("no source")
    if not re.fullmatch(r"\d+\.\d+\.\d+", page.version):
        problems.append("version is not like 1.0.0")
    if not page.sayings:
        problems.append("says nothing")
    if not page.hooks <= set(Hook):
        problems.append("unknown hook")
    for key in ("reviewed", "review_by"):
        if not isinstance(page.review.get(key), date):
            problems.append(f"review.{key} is not a date")
    assert not problems, f"{page.rule}: {'; '.join(problems)}"


def test_a_rule_has_a_sentence_for_a_pharmacist_and_no_digit() -> None:
    problems = []
    for path in sorted(RULES.glob("[!_]*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        sentence = ast.get_docstring(tree) or ""
        if "because" not in sentence:
            problems.append(f"{path.name}: the module docstring does not say why (because …)")
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and type(node.value) in (int, float) and node.value not in (0, 1):
                problems.append(f"{path.name}:{node.lineno}: the digit {node.value} belongs on the page")
    assert not problems, "\n".join(problems)


def test_every_rule_has_its_own_test() -> None:
    tested = {path.stem.removeprefix("test_") for path in (ROOT / "tests" / "rules").glob("test_*.py")}
    written = {path.stem for path in RULES.glob("[!_]*.py")}
    assert not written - tested, f"rules without a test file: {', '.join(sorted(written - tested))}"
    assert not tested - written, f"tests of rules that are gone: {', '.join(sorted(tested - written))}"


def test_every_source_in_the_bibliography_is_cited_or_says_why_it_stays() -> None:
    for key, source in the_clinic().book.sources.items():
        assert source.title, f"{key} has no title"
        assert source.grade in {"P", "S", "W", "D", "house"}, f"{key} has the grade {source.grade}"
        if source.url is not None:
            assert source.url.startswith("https://"), f"{key}: {source.url} is not https"


def test_no_page_is_kept_by_a_rule_that_is_gone() -> None:
    pages = {path.stem for path in RULES.glob("*.toml")}
    rules_written = {path.stem for path in RULES.glob("[!_]*.py")}
    assert pages == rules_written


def test_override_reasons_are_short_and_keep_their_code() -> None:
    words = tomllib.loads((ROOT / "cards" / "knowledge" / "override_reasons.toml").read_text("utf-8"))
    for code, entry in words.items():
        assert re.fullmatch(r"[a-z0-9-]+", code), code
        assert 0 < len(entry["display"]) <= 60, f"{code}: {entry['display']}"
        assert entry["system"], code


def test_rules_do_not_import_one_another_nor_anything_beyond_the_chart() -> None:
    allowed = {
        "__future__",
        "cards.allergies",
        "cards.chart",
        "cards.conditions",
        "cards.dosing",
        "cards.drafts",
        "cards.drugs",
        "cards.findings",
        "cards.labs",
        "cards.low_dose",
        "cards.mends",
        "cards.naltrexone",
        "cards.numbers",
        "cards.opioids",
        "cards.patients",
        "cards.phrasing",
        "cards.pregnancy",
        "cards.procedures",
        "cards.results",
        "cards.suggestions",
        "cards.treatment",
        "cards.wordings",
        "collections",
        "collections.abc",
        "datetime",
        "decimal",
    }
    problems = []
    for path in sorted(RULES.glob("[!_]*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            module = node.module if isinstance(node, ast.ImportFrom) else None
            if module is not None and module not in allowed:
                problems.append(f"{path.name} imports {module}")
    assert not problems, "\n".join(problems)
