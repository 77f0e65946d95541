"""The document for a pharmacy and therapeutics committee: one HTML file, for a browser or a printer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from cards.pages import RuleBook
from cds_hooks.rulebook.near import Told, stories_of
from cds_hooks.rulebook.rendering import rendered
from cds_hooks.rulebook.telling import (
    committee_words,
    number,
    numbers_in_force,
    source,
    statements,
    told,
    unchecked,
    with_numbers,
)
from cds_hooks.wire import Json


def committee_html(book: RuleBook, stories: Mapping[str, Told], day: date, version: str) -> str:
    """The document, as of that day."""
    words = committee_words()
    rules = [told(rule, book, day) for rule in book.rules]
    numbers = numbers_in_force(book)
    decisions = [{**one, "as_delivered": with_numbers(one["as_delivered"], numbers)} for one in words["decisions"]]
    return rendered(
        "committee.html",
        "#{}".format,
        day=day.isoformat(),
        version=version,
        rules=rules,
        unchecked=unchecked(rules),
        statements=statements(),
        decisions=decisions,
        silences=words["silences"],
        grades=words["grades"],
        changed_numbers=_changed(book),
        switched=[one for one in rules if one["state"] != one["deliveredState"]],
        shared_numbers=[number(name, quantity, book) for name, quantity in book.shared],
        sources=[source(one) for one in book.sources.values()],
        stories={rule.page.rule: stories_of(rule.page, stories) for rule in book.rules},
    )


def _changed(book: RuleBook) -> list[Json]:
    return [number(name, quantity, book) for name, quantity in book.settable.items() if quantity.is_changed]
