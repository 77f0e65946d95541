"""The house in order: pages, words, sources and walls. Everything found is named at once."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

from cards import house
from cards.pages import Rule
from cards.shelves import HAZARDS
from cds_hooks.rulebook.near import all_stories
from cds_hooks.rulebook.telling import ABOUT, GROUP_TITLES, committee_words, numbers_in_force, with_numbers
from tests.charts import the_clinic

ROOT = Path(__file__).parent.parent
RULES = ROOT / "cards" / "rules"
TESTS = ROOT / "tests" / "rules"


def rules() -> list[Rule]:
    return list(the_clinic().book.rules)


@pytest.mark.parametrize("rule", rules(), ids=[rule.page.rule for rule in rules()])
def test_nothing_in_a_rule_has_to_be_mended(rule: Rule) -> None:
    """Words, blanks, numbers, sources, attributes: what ``ldn-cds check`` looks at (``cards/house.py``)."""
    problems = house.problems_of(rule)
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("rule", rules(), ids=[rule.page.rule for rule in rules()])
def test_a_blank_has_a_typical_content(rule: Rule) -> None:
    """Or the committee reads "about 12 chars" where a prescriber reads a drug."""
    page = rule.page
    texts = [text for saying in page.sayings.values() for text in (saying.summary, saying.detail)]
    texts += [text for offer in page.offers.values() for text in (offer.label, offer.note)]
    unknown = sorted(house.blanks_of(*texts) - set(house.TYPICAL))
    assert not unknown, f"{page.rule}: add {', '.join(unknown)} to TYPICAL in cards/house.py"


def test_every_group_and_subject_has_a_title() -> None:
    for rule in rules():
        assert rule.page.group in GROUP_TITLES
        assert rule.page.about in ABOUT


def test_what_a_committee_is_asked_names_rules_and_numbers_that_exist() -> None:
    book = the_clinic().book
    words = committee_words()
    for decision in words["decisions"]:
        for rule in decision["rules"]:
            assert book.rule(rule) is not None, f"{decision['question']} names {rule}, which is no rule"
        text = with_numbers(decision["as_delivered"], numbers_in_force(book))
        assert "{" not in text, f"a number that is none: {text}"
    assert {source.grade for source in book.sources.values()} <= set(words["grades"])


def test_stories_name_rules_that_exist() -> None:
    known = {rule.page.rule for rule in rules()}
    for story in all_stories().values():
        assert {*story.expect, *story.silent} <= known, story.name


def test_every_rule_has_its_own_test() -> None:
    tested = {f"{path.parent.name}/{path.stem.removeprefix('test_')}" for path in TESTS.rglob("test_*.py")}
    written = {f"{path.parent.name}/{path.stem}" for path in RULES.rglob("[!_]*.py")}
    assert not written - tested, f"rules without a test file in the same folder: {', '.join(sorted(written - tested))}"
    assert not tested - written, f"tests of rules that are gone: {', '.join(sorted(tested - written))}"


def test_the_folders_of_the_rules_are_the_hazards() -> None:
    for place in (RULES, TESTS):
        assert {path.name for path in place.iterdir() if path.is_dir() and path.name[0] != "_"} == set(HAZARDS)
    assert [path.name for path in RULES.glob("*.py")] == ["__init__.py"]
    assert list(RULES.glob("*.toml")) == []


def test_every_file_of_a_rule_is_found_by_the_house() -> None:
    written = {path.relative_to(ROOT).as_posix() for path in RULES.rglob("[!_]*.py")}
    assert {rule.place.shown("py") for rule in rules()} == written


def test_every_source_in_the_bibliography_is_cited_or_says_why_it_stays() -> None:
    for key, source in the_clinic().book.sources.items():
        assert source.title, f"{key} has no title"
        assert source.grade in committee_words()["grades"], f"{key} has the grade {source.grade}"
        if source.url is not None:
            assert source.url.startswith("https://"), f"{key}: {source.url} is not https"


def test_no_page_is_kept_by_a_rule_that_is_gone() -> None:
    pages = set(RULES.rglob("*.toml"))
    rules_written = {path.with_suffix(".toml") for path in RULES.rglob("[!_]*.py")}
    assert pages == rules_written


@pytest.mark.parametrize("rule", rules(), ids=[rule.page.rule for rule in rules()])
def test_how_a_rule_works_is_told_with_blanks_for_the_numbers_a_site_may_change(rule: Rule) -> None:
    """Or the page of a site that chose another number tells the delivered one."""
    works = tomllib.loads(rule.place.page.read_text("utf-8"))["works"]
    for name, number in rule.page.numbers.items():
        if number.allowed is not None and number > 4:  # smaller ones are words and stages too
            assert not re.search(rf"(?<![\d.]){number:f}(?![\d.]*\d)", works), (
                f"works tells {name} as {number}: {{{name}}}"
            )


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
        "cards.changes",
        "cards.chart_suggestions",
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
        "cards.product_suggestions",
        "cards.results",
        "cards.suggestions",
        "cards.traits",
        "cards.treatment",
        "cards.wordings",
        "collections",
        "collections.abc",
        "datetime",
        "decimal",
    }
    problems = []
    for path in sorted(RULES.rglob("[!_]*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            module = node.module if isinstance(node, ast.ImportFrom) else None
            if module is not None and module not in allowed:
                problems.append(f"{path.name} imports {module}")
    assert not problems, "\n".join(problems)
