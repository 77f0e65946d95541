"""From a release of RxNorm to what each of its codes is: ingredients, strengths, form, brand.

The release goes into a scratch database on disk, reduced to what is needed (:mod:`.intake`), is worked out there level by
level (:mod:`.ingredients`), and is told line by line (:mod:`.telling`). So memory stays flat, however large the release.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Self

from cards.knowledge.rxnorm_names import HouseNames
from cds_hooks.terminology.ingredients import Ingredients
from cds_hooks.terminology.intake import take_in
from cds_hooks.terminology.lines import Line, Tally
from cds_hooks.terminology.release import Release
from cds_hooks.terminology.scratch import Scratch
from cds_hooks.terminology.telling import Telling


class Products:
    """One release in a scratch database; leaves nothing behind when it is closed."""

    def __init__(self, page: Mapping[str, Any], folder: Path | None = None) -> None:
        """Take the parsed page of medicines, and where the scratch may lie (some hundred megabytes)."""
        self._house = HouseNames(page)
        self._ours = frozenset(page["ingredients"])
        self._scratch = Scratch(folder)
        self._ingredients = Ingredients(self._scratch, self._house, self._ours)
        self.tally = Tally()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._scratch.close()

    def read(self, release: Release, advance: Callable[[int], None] = lambda _: None) -> None:
        """Take in every file; raise :class:`ReleaseError` for the first line or the first file that is not sound."""
        take_in(self._scratch, release, advance)

    def resolve(self, release: Release) -> None:
        """Find the ingredients of every code; raise when so many have none that the release cannot be whole."""
        self._ingredients.resolve(release)

    def lines(self) -> Iterator[Line]:
        """Every code that is known: the others, our medicines with all there is to tell, old codes, NDCs."""
        yield from Telling(self._scratch, self._house, self._ingredients.house_names(), self._ours, self.tally).lines()
