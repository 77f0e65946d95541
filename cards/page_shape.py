"""Which keys a page has, and of which kind: looked at before anything on it is read, so that a slip is named in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from cards.page_words import meant

_TEXT, _TEXTS, _TABLE, _FLAG, _WHOLE = "a text", "a list of texts", "a table", "true or false", "a whole number"

REQUIRED: Final = ("title", "version", "group", "topic", "about", "hooks", "evidence", "why", "says", "review")
_PAGE: Final = {
    **dict.fromkeys(("title", "version", "group", "topic", "about", "evidence", "why", "works"), _TEXT),
    **dict.fromkeys(("stays_on", "most_in_palliative_care", "goes_on"), _TEXT),
    **dict.fromkeys(("hooks", "sources", "override_reasons", "yields_to", "silences", "uses", "at_a_site"), _TEXTS),
    **dict.fromkeys(("says", "review", "numbers", "offers", "attributes", "budget"), _TABLE),
    **dict.fromkeys(("on", "accompanies"), _FLAG),
    "precedence": _WHOLE,
}
_SAYING: Final = {
    **dict.fromkeys(("indicator", "summary", "detail", "delivery"), _TEXT),
    **dict.fromkeys(("stays_on_labelled_use", "told_in_full"), _FLAG),
    "sources": _TEXTS,
    "reviewed": "",
    "changed": "",
}
_OFFER: Final = {"label": _TEXT, "note": _TEXT}


def shape_problems(page: Mapping[str, Any], where: str) -> tuple[list[str], bool]:
    """What is wrong with the keys of a page and the kinds of what they hold, and whether it can be read all the same."""
    missing = [f"{where} lacks {key}." for key in REQUIRED if key not in page]
    unknown, wrong = _looked_through(page, _PAGE, where, "a page")
    for name, table, known, needed, what in _tables(page):
        here = f"{where}: [{name}]"
        if not isinstance(table, Mapping):
            wrong.append(f"{here} must be {_TABLE}.")
            continue
        missing += [f"{here} lacks {key}." for key in needed if key not in table]
        more, amiss = _looked_through(table, known, here, what)
        unknown += more
        wrong += amiss
    return [*missing, *unknown, *wrong], not (missing or wrong)


def _tables(page: Mapping[str, Any]) -> Iterator[tuple[str, Any, Mapping[str, str], tuple[str, ...], str]]:
    for key, known, needed, what in (
        ("says", _SAYING, ("indicator", "summary"), "a saying"),
        ("offers", _OFFER, ("label",), "an offer"),
    ):
        told = page.get(key, {})
        for name, table in told.items() if isinstance(told, Mapping) else ():
            yield f"{key}.{name}", table, known, needed, what


def _looked_through(
    table: Mapping[str, Any], known: Mapping[str, str], where: str, what: str
) -> tuple[list[str], list[str]]:
    """The keys that mean nothing, which are misspellings, and those that hold something of another kind."""
    unknown = [f"{where}: {key} is nothing {what} has.{meant(key, known)}" for key in table if key not in known]
    wrong = [
        f"{where}: {key} must be {known[key]}."
        for key, value in table.items()
        if known.get(key) and not _is(known[key], value)
    ]
    return unknown, wrong


def _is(kind: str, value: Any) -> bool:
    if kind == _TEXTS:
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    if kind == _WHOLE:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, {_TEXT: str, _TABLE: Mapping, _FLAG: bool}[kind])
