"""The filters of the work list: read from the address of the page, and written into it again.

Whatever an address may hold is either understood or refused with the name of the filter; an unknown name is refused
too, for a list that silently shows more than was asked for misleads.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from cds_hooks.desk.columns import columns_in
from cds_hooks.problems import Issue, Refusal

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

SORTS: Final = {"risk": "Risk first", "newest": "Newest first", "oldest": "Oldest first"}
SEVERITIES: Final = {"critical": "Critical", "warning": "Warning", "info": "Info"}
MODES: Final = {
    "live": "Live",
    "silent": "Silent",
    "retired": "Retired",
    "remembered": "Overridden before",
    "said-before": "Said before",
    "not-due": "Not due again",
}
OUTCOMES: Final = {"accepted": "Accepted", "overridden": "Overridden", "none": "Not answered"}
REVIEWS: Final = {
    "none": "Not judged yet",
    "judged": "Judged",
    "mine": "Judged by me",
    "second": "Waiting for a second review",
    "owner": "Sent to the rule's owner",
}
VERDICTS: Final = {
    "appropriate": "Appropriate",
    "needs-change": "Needs change",
    "inappropriate": "Inappropriate",
    "cannot-tell": "Cannot tell",
}
YES_NO: Final = {"yes": "Yes", "no": "No"}
SAMPLES: Final = {"week": "This week's sample"}

_MOST: Final = 100
_EXPECTED_DAY: Final = "Expected a day such as 2026-11-24."
_HEX: Final = re.compile(r"[0-9a-f]{1,64}\Z")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ :/+-]{0,99}\Z")


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to; an empty text stands for everything. ``columns`` are those shown, if not the usual."""

    since: str = ""
    until: str = ""
    rule: str = ""
    version: str = ""
    severity: str = ""
    client: str = ""
    mode: str = ""
    outcome: str = ""
    reason: str = ""
    review: str = ""
    verdict: str = ""
    reviewer: str = ""
    comment: str = ""
    gaps: str = ""
    patient: str = ""
    prescriber: str = ""
    text: str = ""
    sample: str = ""
    angry: str = ""
    degraded: str = ""
    sort: str = ""
    columns: str = ""

    def query(self, **more: str) -> str:
        """The filters as the part of an address after the question mark, always in one order."""
        told = {name: getattr(self, name) for name in self.__slots__} | more
        return urlencode({name: value for name, value in told.items() if value})

    def without(self, name: str) -> Filters:
        """The same without one filter."""
        return replace(self, **{name: ""})

    @property
    def chosen(self) -> list[tuple[str, str]]:
        """The filters that narrow the list, each with its value."""
        told = ((name, getattr(self, name)) for name in self.__slots__ if name not in _NARROWS_NOTHING)
        return [(name, value) for name, value in told if value]


_NARROWS_NOTHING: Final = frozenset({"sort", "columns"})


def filters_in(asked: MultiDict[str, str]) -> Filters:
    """The filters of an address; raises ``Refusal`` (400) that names each filter which is not understood."""
    found: dict[str, str] = {}
    wrong: list[Issue] = []
    for name, values in asked.lists():
        if name in _OF_THE_PAGE:
            continue
        if name == "columns":
            found[name], expected = columns_in(values)
            wrong += [Issue("value", expected, name)] if expected else []
            continue
        read = _READ.get(name)
        if read is None:
            wrong.append(Issue("value", f"There is no such filter. There are: {', '.join(_READ)}, columns.", name[:40]))
            continue
        value = values[-1].strip()
        expected = read(value) if value else ""
        if expected:
            wrong.append(Issue("value", expected, name))
        found[name] = value
    if wrong:
        raise Refusal(400, *wrong)
    made = Filters(**found)
    if made.since and made.until and made.since > made.until:
        raise Refusal(400, Issue("value", "Expected a day that is not before the first one.", "until"))
    return made


_OF_THE_PAGE: Final = frozenset({"after", "before", "saved", "list", "view", "undone", "skin", "tab", "kept", "asked"})
"""What an address holds beside filters."""


def _one_of(words: Mapping[str, str]) -> Callable[[str], str]:
    return lambda value: "" if value in words else f"Expected one of: {', '.join(words)}."


def _day(value: str) -> str:
    try:
        date.fromisoformat(value)
    except ValueError:
        return _EXPECTED_DAY
    return "" if len(value) == 10 else _EXPECTED_DAY  # "20261124" is a day too, and does not sort as the tables do


def _name(value: str) -> str:
    return "" if _NAME.match(value) else "Expected a name of up to 100 letters, digits and . _ : / + -"


def _hash(value: str) -> str:
    return "" if _HEX.match(value) else "Expected the pseudonym as the list shows it."


def _short(value: str) -> str:
    return "" if len(value) <= _MOST and value.isprintable() else f"Expected up to {_MOST} characters in one line."


_READ: Final[Mapping[str, Callable[[str], str]]] = {
    "since": _day,
    "until": _day,
    "rule": _name,
    "version": _name,
    "severity": _one_of(SEVERITIES),
    "client": _short,
    "mode": _one_of(MODES),
    "outcome": _one_of(OUTCOMES),
    "reason": _short,
    "review": _one_of(REVIEWS),
    "verdict": _one_of(VERDICTS),
    "reviewer": _short,
    "comment": _one_of(YES_NO),
    "gaps": _one_of(YES_NO),
    "patient": _hash,
    "prescriber": _hash,
    "text": _short,
    "sample": _one_of(SAMPLES),
    "angry": _one_of(YES_NO),
    "degraded": _one_of(YES_NO),
    "sort": _one_of(SORTS),
}
