"""Working out what each code of a release is made of, level by level: ingredients, components, products, brands, packs.

Relations read from right to left, ``RXCUI2 RELA RXCUI1``; the ways from a code to its ingredients are in ``_WAYS``. A
way counts only when all it leads to is known: half a combination would hide the other half. A code that has no way, as
old codes have none, is taken apart by its name; so is one whose name speaks of a medicine of ours that its relations do
not lead to. It stays unknown when that leaves a doubt.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from itertools import groupby
from typing import Final

from cards.knowledge.rxnorm_names import HouseNames
from cds_hooks.terminology.name_parts import components_in
from cds_hooks.terminology.release import NAMES, RELATIONS, Release, ReleaseError
from cds_hooks.terminology.scratch import Scratch, numbers_of

_INGREDIENTS: Final = ("has_ingredient", "has_ingredients", "has_precise_ingredient")

_WAYS: Final[tuple[tuple[tuple[str, ...], tuple[tuple[str, ...], ...]], ...]] = (
    (("PIN",), (("form_of",),)),
    (("MIN",), (("has_part",),)),
    (("SCDC",), (("has_ingredient",), ("has_precise_ingredient",))),
    (("SCDG", "SCDGP"), (_INGREDIENTS, ("isa",))),
    (("SCDF", "SCDFP"), (_INGREDIENTS, ("isa",))),
    (("SCD",), (("consists_of",), _INGREDIENTS, ("isa",), ("quantified_form_of",))),
    (("BN",), (("tradename_of",), ("has_precise_ingredient",))),
    (("SBDC",), (("tradename_of",), ("consists_of",), ("has_ingredient",))),
    (("SBDG",), (("tradename_of",), ("has_ingredient",))),
    (("SBDF", "SBDFP"), (("tradename_of",), ("isa",), ("has_ingredient",))),
    (("SBD",), (("tradename_of",), ("consists_of",), ("isa",), ("has_ingredient",), ("quantified_form_of",))),
    (("GPCK",), (("contains",),)),
    (("BPCK",), (("contains",), ("tradename_of",))),
)
"""For each level, the ways to the ingredients, best first."""

_WORD: Final = re.compile(r"[a-z]+")
_MOST_UNRESOLVED: Final = 0.25


class Ingredients:
    """The ingredients of every code in a scratch database."""

    def __init__(self, scratch: Scratch, house: HouseNames, ours: Iterable[str]) -> None:
        """Take the release, how the house calls ingredients, and which of them are ours."""
        self._scratch = scratch
        self._house = house
        self._our_words = frozenset(name for name in ours if _WORD.fullmatch(name))

    def resolve(self, release: Release) -> None:
        """Find the ingredients of every code; raise when so many have none that the release cannot be whole."""
        db = self._scratch.db
        db.execute("BEGIN")
        db.execute("INSERT INTO has SELECT code, code FROM concept WHERE level = 'IN'")
        for levels, ways in _WAYS:
            for way in ways:
                self._follow(levels, way)
        self._refuse_lost_products(release)
        self._drop_doubtful()
        self._by_names()
        db.execute("COMMIT")
        if "naltrexone" not in self.house_names().values():
            raise ReleaseError(f"{release.files[NAMES].shown}: does not have naltrexone. The file is not whole.")

    def _follow(self, levels: tuple[str, ...], way: tuple[str, ...]) -> None:
        marks = ", ".join("?" * len(levels))
        along = numbers_of(way)
        self._scratch.db.execute(
            f"""
            INSERT OR IGNORE INTO has
            SELECT edge.source, has.ingredient
            FROM concept JOIN edge ON edge.source = concept.code JOIN has ON has.code = edge.target
            WHERE concept.level IN ({marks}) AND edge.relation IN ({along})
            AND NOT EXISTS (SELECT 1 FROM has AS known WHERE known.code = concept.code)
            AND NOT EXISTS (
                SELECT 1 FROM edge AS other WHERE other.source = concept.code AND other.relation IN ({along})
                AND NOT EXISTS (SELECT 1 FROM has AS known WHERE known.code = other.target)
            )
            """,  # noqa: S608 - numbers and question marks
            levels,
        )

    def _refuse_lost_products(self, release: Release) -> None:
        products = self._scratch.count("concept", "level IN ('SCD', 'SBD') AND is_active")
        lost = self._scratch.count(
            "concept", "level IN ('SCD', 'SBD') AND is_active AND code NOT IN (SELECT code FROM has)"
        )
        if not products or lost > products * _MOST_UNRESOLVED:
            raise ReleaseError(
                f"{release.files[RELATIONS].shown}: {lost} of {products} products in use cannot be followed to their "
                "ingredients. The file is not whole."
            )

    def _drop_doubtful(self) -> None:
        """Forget what relations told of codes whose name speaks of a medicine of ours that they do not lead to."""
        house = self.house_names()
        rows = self._scratch.db.execute(
            "SELECT code, name, ingredient FROM concept JOIN has USING (code) ORDER BY code"
        )
        doubtful = []
        for (code, name), group in groupby(rows, key=lambda row: row[:2]):
            ingredients = {house[row[2]] for row in group}
            if not ingredients.issuperset(self._our_words.intersection(_WORD.findall(name.casefold()))):
                doubtful.append((code,))
        self._scratch.db.executemany("DELETE FROM has WHERE code = ?", doubtful)

    def house_names(self) -> dict[int, str]:
        """How the house calls each ingredient, by its code."""
        rows = self._scratch.db.execute("SELECT code, name FROM concept WHERE level = 'IN'")
        return {code: self._house.of(name) for code, name in rows}

    def _by_names(self) -> None:
        """Take the names apart of codes that no relation explains, mostly obsolete ones."""
        db = self._scratch.db
        by_name: dict[str, set[int]] = defaultdict(set)
        for name, ingredient in db.execute(
            "SELECT concept.name, has.ingredient FROM concept JOIN has USING (code) WHERE level IN ('IN', 'PIN')"
        ):
            by_name[name.casefold()].add(ingredient)
        by_house = {self._house.of(name): of for name, of in by_name.items() if len(of) == 1}
        forms = sorted(
            (name.casefold() for (name,) in db.execute("SELECT name FROM concept WHERE level = 'DF'")), key=len
        )
        endings = tuple(f" {form}" for form in reversed(forms))
        unknown = db.execute(
            "SELECT code, name FROM concept WHERE level NOT IN ('IN', 'BN', 'SBDG', 'GPCK', 'BPCK', 'DF', 'DFG', '') "
            "AND code NOT IN (SELECT code FROM has)"
        ).fetchall()
        found = []
        for code, name in unknown:
            ingredients: set[int] | None = set()
            for part in components_in(name, endings):
                of = by_name.get(part) or by_house.get(self._house.of(part))
                ingredients = ingredients | of if ingredients is not None and of else None
            found += [(code, ingredient) for ingredient in ingredients or ()]
        db.executemany("INSERT OR IGNORE INTO has VALUES (?, ?)", found)
