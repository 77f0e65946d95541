"""Numbers that stand in the words of a page though a site may set them: the card would go on telling the delivered one.

What a study found, a label says or a product holds stays what it is, whatever a site sets; so a paragraph that begins
**Why:** is not looked at, nor one that begins **Off-label** and tells of the trials for a reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from cards.numbers import Quantity

_COUNTED: Final = {
    word: Decimal(value)
    for value, word in enumerate(
        (
            *("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
            *("eleven", "twelve", "thirteen", "fourteen"),
        ),
        2,
    )
}
_UNITS: Final[Mapping[str, Mapping[str, Decimal]]] = {
    "day": {"d": Decimal(1)},
    "week": {"d": Decimal(7), "wk": Decimal(1)},
    "hour": {"d": Decimal(1) / 24},
    "mg": {"mg": Decimal(1), "mg/d": Decimal(1)},
    "year": {"a": Decimal(1)},
    "kg": {"kg": Decimal(1)},
}
"""What a word for a unit is worth in each of the units that numbers have."""

_ONE: Final = rf"(?:\d+(?:\.\d+)?|{'|'.join(_COUNTED)})"
_AMOUNT: Final = re.compile(
    rf"(?<![\w.{{,])(?P<amounts>{_ONE}(?:\s?(?:–|-|to|and|or)\s?{_ONE})*)[\s-](?:opioid-free )?"
    r"(?P<unit>mg(?!/)|days?|weeks?|hours?|years?|kg)\b",
    re.IGNORECASE,
)
_EVIDENCE: Final = re.compile(r"\*\*(?:Why:\*\*|Off-label).*?(?=\*\*\w|\Z)", re.DOTALL)


def words_of(page: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The words of a page as it is written, before its numbers are filled in, each with the place it stands in."""
    for name, said in page["says"].items():
        for key in ("summary", "detail"):
            yield f"[says.{name}] {key}", said.get(key, "")
    for name, offer in page.get("offers", {}).items():
        for key in ("label", "note"):
            yield f"[offers.{name}] {key}", offer.get(key, "")


def fixed_numbers(text: str, numbers: Mapping[str, Quantity]) -> list[tuple[str, str]]:
    r"""The amounts in some words that are a number a site may set, each with the name of that number.

    >>> wait = Quantity(10, "d", allowed=(Decimal(7), Decimal(14)))
    >>> fixed_numbers("Wait seven to ten days. **Why:** 10 days in a trial.", {"wait": wait})
    [('ten days', 'wait')]
    """
    found = []
    for match in _AMOUNT.finditer(_EVIDENCE.sub("", text)):
        worth = _UNITS[match["unit"].casefold().removesuffix("s")]
        for written in re.findall(_ONE, match["amounts"], re.IGNORECASE):
            value = _COUNTED.get(written.casefold()) or Decimal(written)
            for name, one in numbers.items():
                if one.allowed is not None and one.unit in worth and one == value * worth[one.unit]:
                    found.append((f"{written} {match['unit']}", name))
                    break
    return found
