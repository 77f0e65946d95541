"""Taking a name of RxNorm's apart: package size, ingredients, strengths, dose form, brand."""

from __future__ import annotations

import re
from typing import Final

BRAND: Final = re.compile(r"\[([^\]]+)\]\s*$")
QUANTITY: Final = re.compile(
    r"^(?:[0-9.]+ (?:HR|ML|MG|ACTUAT|UNT|GM|SQCM|DAY|WEEK)S? |Abuse-Deterrent )+", re.IGNORECASE
)
AMOUNT: Final = re.compile(
    r" [0-9.]+ ?(?:mg|mcg|unt|meq|%|mmol|mci|bau|cells|gm|ml)(?:/[a-z0-9.]+)?(?![a-z])", re.IGNORECASE
)


def components_in(name: str, endings: tuple[str, ...]) -> list[str]:
    """The ingredients in a name of RxNorm's, without strengths, dose form, brand and package size.

    >>> components_in("12 HR Oxycodone Hydrochloride 10 MG Extended Release Oral Tablet [OxyContin]", (" oral tablet",))
    ['oxycodone hydrochloride']
    >>> components_in("acetaminophen / hydrocodone Oral Tablet", (" oral tablet",))
    ['acetaminophen', 'hydrocodone']
    """
    plain = QUANTITY.sub("", BRAND.sub("", name).strip()).casefold()
    ending = next((ending for ending in endings if plain.endswith(ending)), "")
    parts = plain.removesuffix(ending).split(" / ")
    found = []
    for part in parts:
        match = AMOUNT.search(part)
        found.append((part[: match.start()] if match else part).strip())
    return found
