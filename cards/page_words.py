"""The words of a page with the numbers in force in them."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from types import MappingProxyType

from cards.numbers import Quantity
from cards.phrasing import hours, weeks
from cards.phrasing import number as in_words


def with_numbers(text: str, numbers: Mapping[str, Quantity], where: str, problems: list[str]) -> str:
    """Prose with the number in force wherever it names one of the page's, as ``{washout_short}``."""
    try:
        blanks = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    except ValueError as problem:
        problems.append(f"{where} has a broken blank: {problem}.")
        return text
    unknown = sorted(blanks - numbers.keys())
    for name in unknown:
        problems.append(f"{where} names {{{name}}}, which is no number of the page.{meant(name, numbers)}")
    return text if unknown else numbers_in(text, numbers, where, problems).format()


_TOLD_AS: Mapping[str, Callable[[Quantity], str]] = MappingProxyType(
    {"": in_words, "weeks": lambda number: weeks(number.days), "hours": lambda number: hours(number.days)}
)


def numbers_in(text: str, numbers: Mapping[str, Quantity], where: str, problems: list[str]) -> str:
    """A saying with the number in force wherever it names one of the page's; the other blanks are left for a finding.

    ``{hold_before}`` is the bare number, ``{first_review:weeks}`` tells days as weeks, ``{hold_before:hours}`` as hours.
    """
    told = []
    for literal, name, how, _ in string.Formatter().parse(text):
        told.append(literal.replace("{", "{{").replace("}", "}}"))
        if name is None:
            continue
        if name not in numbers:
            told.append(f"{{{name}}}")
        elif (how or "") in _TOLD_AS:
            told.append(_TOLD_AS[how or ""](numbers[name]))
        else:
            problems.append(
                f"{where} tells {name} as {how}: a number is told as {' or '.join(filter(None, _TOLD_AS))}."
            )
    return "".join(told)


def is_broken(text: str, where: str, problems: list[str]) -> bool:
    """Whether a text has a blank that cannot be filled; it joins the problems."""
    try:
        list(string.Formatter().parse(text))
    except ValueError as problem:
        problems.append(f"{where} has a broken blank: {problem}.")
        return True
    return False


def meant(name: str, known: Iterable[str]) -> str:
    """A question for the nearest names, where a name is none of those that are known."""
    close = get_close_matches(name, sorted(known), n=3, cutoff=0.6)
    return f" Did you mean {' or '.join(close)}?" if close else ""
