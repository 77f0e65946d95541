"""How well medicines are recognised, and what it costs: by code, by name, and in lines as people write them.

    python -m tests.benchmarks.recognition            # the figures
    python -m tests.benchmarks.recognition --misses   # and every line that was read as something else

Sensitivity: of the rows that are an opioid (naltrexone, …), the share read as one. Specificity: of the rows that are
none, the share not read as one. A name with one wrong letter counts as read, for it is asked about. What the rows are
comes from the tables' own ingredients, and for the lines from ``tests/knowledge/order_lines.tsv``, written by hand.
"""

from __future__ import annotations

import csv
import statistics
import sys
import time
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from cards.chart import Mention
from cards.drugs import Drug, Role
from cards.knowledge import medications
from cards.knowledge.medications import Formulary
from cards.knowledge.mentions import Mentions

KNOWLEDGE: Final = Path(medications.__file__).parent
LINES: Final = Path(__file__).parents[1] / "knowledge" / "order_lines.tsv"
SYSTEMS: Final = {
    "RxNorm": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "SNOMED CT": "http://snomed.info/sct",
    "ATC": "http://www.whocc.no/atc",
    "UNII": "http://fdasis.nlm.nih.gov",
    "NDC": "http://hl7.org/fhir/sid/ndc",
}
CLASSES: Final = ("opioid", "naltrexone", "peripheral-antagonist", "other-antagonist", "naloxone")
LOW_TO: Final = 6
"""A naltrexone line of so many milligrams or less, or one that says so, is low-dose naltrexone."""


@dataclass(frozen=True, slots=True)
class Told:
    """One row or line: what was written or coded, what it is, and what it was read as."""

    what: str
    expected: str
    read: str

    @property
    def is_right(self) -> bool:
        return self.read == self.expected or (self.expected in _HARMLESS and self.read in _HARMLESS)


_HARMLESS = frozenset({"other", "none-said"})


@dataclass(frozen=True, slots=True)
class Line:
    """One line as people write it, with what it says."""

    text: str
    expected: str
    ingredients: frozenset[str]
    kind: str
    certainty: str
    about: str


# --- what things are -------------------------------------------------------------------------------------------------


@cache
def formulary() -> Formulary:
    return Formulary.load()


@cache
def page() -> dict[str, Any]:
    return tomllib.loads((KNOWLEDGE / "medications.toml").read_text("utf-8"))


@cache
def mentions() -> Mentions:
    return Mentions.load()


def read_as(drug: Drug) -> str:
    """The class a drug was read as."""
    for name in CLASSES:
        if Role(name) in drug.roles:
            return name
    return "other" if drug.is_identified else "none-said"


def is_low(drug: Drug, text: str) -> bool:
    """Whether a line of naltrexone is one of low-dose naltrexone."""
    strength = drug.strength_of("naltrexone")
    return (strength is not None and strength.mg <= LOW_TO) or Mention.LOW_DOSE in mentions().found_in(text)


def _class_of(ingredients: Iterable[str]) -> str:
    roles = {role for name in ingredients for role in page()["ingredients"].get(name, {}).get("roles", ())}
    return next((name for name in CLASSES if name in roles), "other")


# --- the three tellings ----------------------------------------------------------------------------------------------


def _rows() -> Iterator[tuple[str, dict[str, str]]]:
    for row in _table(KNOWLEDGE / "rxnorm.tsv"):
        yield SYSTEMS["RxNorm"], row
    for row in _table(KNOWLEDGE / "other_codes.tsv"):
        yield SYSTEMS[row["system"]], row


def _table(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)


def by_code() -> list[Told]:
    """Every row of the tables by its code alone. A strength component is the product it was made for."""
    told = []
    for system, row in _rows():
        expected = _class_of(page()["components"].get(row["code"], row["ingredients"].split("; ")))
        drug = formulary().recognise(((system, row["code"], None),), None)
        told.append(Told(f"{row['code']} {row['name']}", expected, read_as(drug)))
    return told


def by_name() -> list[Told]:
    """Every row of the tables by its name alone."""
    return [
        Told(row["name"], _class_of(row["ingredients"].split("; ")), read_as(formulary().recognise((), row["name"])))
        for _, row in _rows()
    ]


@cache
def lines() -> tuple[Line, ...]:
    """The lines written by hand."""
    return tuple(
        Line(
            row["text"],
            row["expected"],
            frozenset() if row["ingredients"] == "-" else frozenset(row["ingredients"].split("/")),
            row["kind"],
            row["certainty"],
            row["about"],
        )
        for row in _table(LINES)
    )


def by_line() -> list[Told]:
    """Every line written by hand. Low-dose naltrexone counts as naltrexone here."""
    return [
        Told(
            line.text,
            "naltrexone" if line.expected == "ldn" else line.expected,
            read_as(formulary().recognise((), line.text)),
        )
        for line in lines()
    ]


# --- figures ---------------------------------------------------------------------------------------------------------


def sensitivity(told: Sequence[Told], name: str) -> tuple[int, int]:
    """How many of a class were read as it, and how many there are."""
    those = [one for one in told if one.expected == name]
    return sum(one.read == name for one in those), len(those)


def specificity(told: Sequence[Told], name: str) -> tuple[int, int]:
    """How many of all others were not read as that class, and how many there are."""
    others = [one for one in told if one.expected != name]
    return sum(one.read != name for one in others), len(others)


def costs(texts: Sequence[str], read: Callable[[str], object], rounds: int = 7) -> list[float]:
    """What reading each text costs in µs, the best of some rounds, with nothing remembered."""
    best = [float("inf")] * len(texts)
    for _ in range(rounds):
        for place, text in enumerate(texts):
            begun = time.perf_counter()
            read(text)
            best[place] = min(best[place], time.perf_counter() - begun)
    return [cost * 1e6 for cost in best]


def cost_of_lines(rounds: int = 7) -> tuple[list[float], list[float]]:
    """What reading a line costs that names a medicine, and one that names none."""
    unremembered = formulary()._read_text
    texts = [line.text for line in lines()]
    found = costs(texts, unremembered, rounds)
    hits = [cost for cost, text in zip(found, texts, strict=True) if unremembered(text) is not None]
    misses = [cost for cost, text in zip(found, texts, strict=True) if unremembered(text) is None]
    return hits, misses


def _share(counted: tuple[int, int]) -> str:
    right, of = counted
    return f"{right / of:8.2%} {f'({right}/{of})':>14}" if of else f"{'–':>8} {'':>14}"


def main() -> None:
    """Print the figures."""
    tellings = {"by code": by_code(), "by name, code removed": by_name(), "lines written by hand": by_line()}
    print(f"{'':24} {'class':22} {'sensitivity':>23} {'specificity':>23}")
    for title, told in tellings.items():
        for name in CLASSES:
            shown = title if name == CLASSES[0] else ""
            print(f"{shown:24} {name:22} {_share(sensitivity(told, name))} {_share(specificity(told, name))}")
    hits, misses = cost_of_lines()
    print("\nCost of one line, µs, nothing remembered")
    for title, found in (("names a medicine", hits), ("names none", misses), ("all", [*hits, *misses])):
        slow = statistics.quantiles(found, n=100)[98]
        print(f"{title:24} median {statistics.median(found):6.1f}   p99 {slow:6.1f}   of {len(found)}")
    if "--misses" in sys.argv:
        for title, told in tellings.items():
            for one in told:
                if not one.is_right:
                    print(f"{title}: {one.what!r} is {one.expected}, was read as {one.read}")


if __name__ == "__main__":
    main()
