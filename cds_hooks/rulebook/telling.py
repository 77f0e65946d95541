"""A rule as plain data: what the command line, the pages and the exports tell of it, all from one place."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any, Final

from cards.house import filled
from cards.numbers import Quantity
from cards.pages import ATTRIBUTES, Indicator, Page, Rule, RuleBook, Saying, Source
from cds_hooks.wire import Json

NOBODY: Final = "nobody yet"
"""Who has checked a rule that nobody has."""

GROUP_TITLES: Final[Mapping[str, str]] = {
    "classification": "What the order is",
    "dose": "Dose",
    "titration": "Titration and follow-up",
    "timing": "Time of day",
    "formulation": "Formulation and compounding",
    "opioid-conflict": "Naltrexone is ordered: opioids",
    "opioid-order": "An opioid is ordered: naltrexone",
    "other-drugs": "Other medicines",
    "patient": "The patient",
    "evidence": "Evidence and monitoring",
    "data": "What could not be read",
}

ABOUT: Final[Mapping[str, str]] = {
    "naltrexone-order": "a draft of naltrexone",
    "opioid-order": "a draft of an opioid",
    "naltrexone-or-opioid-order": "a draft of naltrexone or of an opioid",
    "any-order": "any draft",
    "chart": "the chart, whatever is drafted",
}

LEVELS: Final[Mapping[Indicator, str]] = {
    Indicator.CRITICAL: "critical",
    Indicator.WARNING: "warning",
    Indicator.INFO: "information",
    Indicator.NONE: "no card: it silences others",
}


@cache
def committee_words() -> Mapping[str, Any]:
    """What is asked of a committee and told to it beside the rules."""
    return tomllib.loads((files("cards.knowledge") / "committee.toml").read_text("utf-8"))


def statements() -> dict[str, str]:
    """What the service says of itself: for what it is, who made it, who paid."""
    return {name: flowing(text) for name, text in committee_words()["statements"].items()}


def unchecked(lines: Iterable[Json]) -> int:
    """How many rules nobody with a licence has checked."""
    return sum(one["checkedBy"] == NOBODY for one in lines)


def is_overdue(page: Page, today: date) -> bool:
    """Whether the review of a rule is past its day."""
    due: date = page.review["review_by"]
    return due < today


def line_of(page: Page, today: date) -> Json:
    """A rule in a list."""
    return {
        "id": page.rule,
        "title": page.title,
        "version": page.version,
        "group": page.group,
        "levels": [level.name.lower() for level in page.levels],
        "evidence": page.evidence,
        "restsOn": [{"key": one.key, "grade": one.grade} for one in page.sources],
        "hooks": sorted(hook.value for hook in page.hooks),
        "state": page.state,
        "deliveredState": "on" if page.is_on_as_delivered else "off",
        "checkedBy": page.review["checked_by"],
        "reviewed": page.review["reviewed"].isoformat(),
        "reviewBy": page.review["review_by"].isoformat(),
        "isOverdue": is_overdue(page, today),
    }


def in_groups(lines: Iterable[Json]) -> list[tuple[str, list[Json]]]:
    """Rules by their group, the groups as a reader would look for them."""
    listed = list(lines)
    grouped = [(group, [one for one in listed if one["group"] == group]) for group in GROUP_TITLES]
    return [(group, members) for group, members in grouped if members]


def told(rule: Rule, book: RuleBook, today: date) -> Json:
    """All that is written about a rule."""
    page = rule.page
    return {
        **line_of(page, today),
        "topic": page.topic,
        "about": page.about,
        "precedence": page.precedence,
        "why": flowing(page.why),
        "works": flowing(page.works),
        "sayings": [_saying(saying) for saying in page.sayings.values()],
        "offers": [
            {"key": key, "label": offer.label, "note": offer.note, "example": filled(offer.label)}
            for key, offer in page.offers.items()
        ],
        "numbers": [number(name, quantity, book) for name, quantity in page.numbers.items()],
        "sharedNumbers": [number(name, quantity, book) for name, quantity in sorted(page.used.items())],
        "sources": [source(one) for one in page.sources],
        "mayBe": [level.wire for level in page.at_a_site],
        "budget": page.budget.words if page.budget is not None else "",
        "goesOn": flowing(page.goes_on),
        "yieldsTo": sorted(page.yields_to),
        "silencesGroups": sorted(page.silences),
        "overrideReasons": [{"code": r.code, "system": r.system, "display": r.display} for r in page.reasons],
        "attributes": {key: page.attributes.get(key, "") for key in ATTRIBUTES},
        "review": {key: str(value) for key, value in page.review.items()},
    }


def _saying(saying: Saying) -> Json:
    return {
        "circumstance": saying.name,
        "level": saying.indicator.name.lower(),
        "summary": saying.summary,
        "detail": flowing(saying.detail),
        "summaryExample": filled(saying.summary),
        "detailExample": flowing(filled(saying.detail)),
        "delivery": saying.delivery,
        "sources": [source(one) for one in saying.sources],
    }


def number(name: str, quantity: Quantity, book: RuleBook) -> Json:
    """A number with its unit, source and range, and what the site made of it."""
    cited = book.sources[quantity.source]
    return {
        "name": name,
        "value": quantity.plain,
        "unit": quantity.unit,
        "delivered": quantity.delivered,
        "isSiteChoice": quantity.is_changed,
        "range": list(quantity.allowed) if quantity.allowed is not None else None,
        "meaning": quantity.meaning,
        "source": {"key": cited.key, "title": cited.title, "grade": cited.grade, "url": cited.url},
    }


def source(one: Source) -> Json:
    """A source with what its grade means."""
    grades = committee_words()["grades"]
    return {
        "key": one.key,
        "title": one.title,
        "url": one.url,
        "grade": one.grade,
        "gradeMeans": grades[one.grade],
        "seen": one.seen,
    }


def flowing(text: str) -> str:
    r"""The words of a page without the line ends of its file.

    >>> flowing("one\ntwo\n")
    'one two'
    """
    return " ".join(text.split("\n")).strip()


def numbers_in_force(book: RuleBook) -> dict[str, Decimal]:
    """Every number by its name, those of a rule behind its id and a dot."""
    named: dict[str, Decimal] = dict(iter(book.shared))
    for rule in book.rules:
        named |= {f"{rule.page.rule}.{name}": quantity for name, quantity in rule.page.numbers.items()}
    return named


def with_numbers(text: str, numbers: Mapping[str, Decimal]) -> str:
    """A text with the numbers in force where it names them, as ``{name}`` or ``{rule.name}``."""
    for name, value in numbers.items():
        text = text.replace("{" + name + "}", f"{Decimal(value):f}")
    return text
