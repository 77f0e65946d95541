"""What RxNorm's own names say, in the words of this house: ingredients without salts, strengths in mg, coarse forms.

For those who turn a list of RxNorm's into a table of ours: the script that builds the tables we ship, and the import of
a site's own release. Nothing here is used while an order is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

_STRENGTH = re.compile(r"(?P<name>.+) (?P<amount>[0-9.]+) (?P<unit>MG|MCG)(?:/(?P<per>ML|HR|ACTUAT))?", re.IGNORECASE)
_PER = {"": "", "ML": "/mL", "HR": "/h", "ACTUAT": ""}

# A dose form of RxNorm or of an NDC list, by the word in it that decides; the first that fits wins.
_FORMS = (
    ("implant", "implant"),
    ("pellet", "implant"),
    ("microspheres", "depot"),
    ("transdermal", "patch"),
    ("patch", "patch"),
    ("extended release suspension kit", "depot"),
    ("injectable suspension kit", "depot"),
    ("intramuscular", "injection"),
    (" im ", "injection"),
    ("inject", "injection"),
    ("syringe", "injection"),
    ("cartridge", "injection"),
    ("auto-injector", "injection"),
    ("parenteral", "injection"),
    ("nasal", "nasal"),
    ("rectal", "rectal"),
    ("suppository", "rectal"),
    ("topical", "topical"),
    ("cream", "topical"),
    ("cutaneous", "topical"),
    ("film", "film"),
    ("strip", "film"),
    ("lozenge", "lozenge"),
    ("troche", "lozenge"),
    ("tablet", "tablet"),
    ("capsule", "capsule"),
    ("powder", "powder"),
    ("liquid product", "liquid"),
    ("solution", "liquid"),
    ("suspension", "liquid"),
    ("liquid", "liquid"),
    ("drops", "liquid"),
    ("syrup", "liquid"),
)
# Forms whose full name would have said "extended release" if it were so.
_NAMES_ITS_RELEASE = re.compile(r"\b(tablet|capsule|solution|suspension|film|lozenge)\b", re.IGNORECASE)
_SWALLOWED_OR_SUCKED = frozenset({"tablet", "capsule", "liquid", "film", "lozenge"})


class HouseNames:
    """The house name of an ingredient, whatever salt or spelling a source uses."""

    def __init__(self, page: Mapping[str, Any]) -> None:
        self._names: dict[str, str] = {}
        others = page["others"]
        for name, facts in page["ingredients"].items():
            self._names[name] = name
            self._names.update({str(other): name for other in _list(facts.get("names"))})
        self._names.update({str(name): str(name) for name in _list(others["names"])})
        self._names.update({other: str(name) for other, name in others["also_called"].items()})
        self._salts = {str(word) for word in _list(page["words"]["salts"])}
        self._names |= {"opium tincture": "opium", "salicylic acid": "salicylate", "sodium salicylate": "salicylate"}

    def of(self, told: str) -> str:
        """The house name; a name we do not know keeps its words, in lower case and without its salt."""
        name = " ".join(told.casefold().split())
        if name in self._names:
            return self._names[name]
        words = name.split()
        while len(words) > 1 and words[-1] in self._salts:
            words.pop()
        name = " ".join(words)
        return self._names.get(name, name)

    def knows(self, told: str) -> bool:
        """Whether this is a name of the house's own list."""
        return self.of(told) in self._names


def strengths_in(told: str, house: HouseNames) -> dict[str, str]:
    """The strength of each ingredient in milligrams; two salts of one ingredient add up."""
    strengths: dict[str, str] = {}
    for part in told.split(" / "):
        match = _STRENGTH.fullmatch(part.strip())
        if not match:
            continue
        amount = Decimal(match["amount"])
        if match["unit"].upper() == "MCG":
            amount /= 1000
        name, per = house.of(match["name"]), _PER[(match["per"] or "").upper()]
        before = strengths.get(name, "0").removesuffix(per) if per else strengths.get(name, "0")
        strengths[name] = f"{plain(amount + Decimal(before))}{per}"
    return strengths


def plain(amount: Decimal) -> str:
    """A decimal without exponent and without zeros nobody needs."""
    text = format(amount.normalize(), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def form_in(told: str) -> str:
    """The coarse dose form."""
    words = told.casefold()
    return next((form for word, form in _FORMS if word in words), "")


def release_in(dose_form: str, name: str, form: str) -> str:
    """Whether the form releases slowly. Group names such as "Pill" do not tell."""
    if re.search(r"(extended|prolonged).release", f"{dose_form} {name}", re.IGNORECASE):
        return "extended"
    if form in _SWALLOWED_OR_SUCKED and _NAMES_ITS_RELEASE.search(dose_form):
        return "immediate"
    return ""


def _list(told: object) -> list[object]:
    """A list from TOML, or an empty one."""
    return told if isinstance(told, list) else []
