"""Taking a release's files into the scratch database; refused for the first line, or the first file, that is not sound."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from cds_hooks.terminology.lines import LEVELS
from cds_hooks.terminology.release import ARCHIVE, ATTRIBUTES, NAMES, RELATIONS, REPLACED, Release, ReleaseError
from cds_hooks.terminology.scratch import Scratch, number_of, numbers_of

_FORM_LEVELS: Final = ("DF", "DFG")
# A concept has several lines: of its level, of synonyms; of an old level, too, where it has changed.
_NEW_CONCEPT: Final = """
    INSERT INTO concept VALUES (?, ?, ?, ?)
    ON CONFLICT (code) DO UPDATE SET level = excluded.level, name = excluded.name, is_active = excluded.is_active
    WHERE excluded.level <> '' AND (concept.level = '' OR excluded.is_active AND NOT concept.is_active)
"""

_UNITS: Final = r"\s*(?:mg|mcg|ml|unt|meq|%)(?![a-z])"
_NO_AMOUNT_IN_NAME: Final = re.compile(rf"(?<![\w.])[+-]?(?:nan|inf|infinity) {_UNITS}", re.IGNORECASE)
_NO_AMOUNT: Final = re.compile(rf"\s*(?:[+-]?(?:nan|inf|infinity)|-[0-9.]+)(?:$|{_UNITS})", re.IGNORECASE)
_STRENGTHS: Final = frozenset({"RXN_STRENGTH", "RXN_AVAILABLE_STRENGTH", "RXN_BOSS_STRENGTH_NUM_VALUE"})
_SUPPRESSED: Final = frozenset("OEY")

NDC_DIGITS: Final = 11
_LONGEST_CODE: Final = 12
_MOST_DANGLING: Final = 0.02


def take_in(scratch: Scratch, release: Release, advance: Callable[[int], None] = lambda _: None) -> None:
    """Take in every file; raise :class:`ReleaseError` for the first line or the first file that is not sound."""
    scratch.insert(_NEW_CONCEPT, _concepts(release, advance))
    if not scratch.count("concept"):
        raise ReleaseError(f"{release.files[NAMES].shown}: no line is RxNorm's own (SAB RXNORM). Is it a release?")
    scratch.insert("INSERT INTO edge VALUES (?, ?, ?)", _edges(release, advance))
    scratch.insert("INSERT OR REPLACE INTO strength VALUES (?, ?)", _attributes(scratch, release, advance))
    if release.has(ARCHIVE):
        scratch.insert("INSERT OR IGNORE INTO concept VALUES (?, ?, ?, ?)", _archived(scratch, release, advance))
    if release.has(REPLACED):
        scratch.insert("INSERT INTO alias VALUES (?, ?)", _replaced(release, advance))
    scratch.index()
    _refuse_a_part(scratch, release)


def _concepts(release: Release, advance: Callable[[int], None]) -> Iterator[tuple[int, str, str, int]]:
    wanted = frozenset((*LEVELS, *_FORM_LEVELS))
    for number, cells in release.rows(NAMES, advance):
        if cells[11] != "RXNORM":
            continue
        code, level, name, suppressed = cells[0], cells[12], cells[14], cells[16]
        if not _is_code(code):
            raise release.error(NAMES, number, "the RXCUI in column 1 is no number")
        if suppressed != "N" and suppressed not in _SUPPRESSED:
            raise release.error(NAMES, number, "SUPPRESS in column 17 is none of N, O, E, Y")
        if level not in wanted:
            yield int(code), "", "", suppressed == "N"  # a synonym, or a level that is new to us
            continue
        if not name.strip():
            raise release.error(NAMES, number, "the name in column 15 is empty")
        if _NO_AMOUNT_IN_NAME.search(name):
            raise release.error(NAMES, number, "the strength in column 15 is no amount")
        yield int(code), level, name, suppressed == "N"


def _edges(release: Release, advance: Callable[[int], None]) -> Iterator[tuple[int, int, int]]:
    for number, cells in release.rows(RELATIONS, advance):
        relation = number_of(cells[7])
        if relation is None or cells[10] != "RXNORM" or not (cells[0] or cells[4]):
            continue  # between atoms, those have no RXCUI
        if not (_is_code(cells[0]) and _is_code(cells[4])):
            raise release.error(RELATIONS, number, "an RXCUI, in column 1 or 5, is no number")
        yield int(cells[4]), relation, int(cells[0])


def _attributes(scratch: Scratch, release: Release, advance: Callable[[int], None]) -> Iterator[tuple[int, str]]:
    """The strengths; the NDCs go into their own table on the way."""
    ndcs: list[tuple[int, int, int]] = []
    for number, cells in release.rows(ATTRIBUTES, advance):
        attribute, source = cells[8], cells[9]
        if attribute == "NDC" and source in ("RXNORM", "MTHSPL"):
            if not _is_code(cells[0]):
                raise release.error(ATTRIBUTES, number, "the RXCUI in column 1 is no number")
            ndc = _eleven_digits(cells[10])
            if ndc is not None:
                ndcs.append((ndc, int(cells[0]), source == "RXNORM"))
                if len(ndcs) >= 10_000:
                    scratch.db.executemany("INSERT INTO ndc VALUES (?, ?, ?)", ndcs)
                    ndcs.clear()
        elif attribute in _STRENGTHS:
            if _NO_AMOUNT.match(cells[10]):
                raise release.error(ATTRIBUTES, number, "the strength in column 11 is no amount")
            if attribute == "RXN_STRENGTH" and _is_code(cells[0]):
                yield int(cells[0]), cells[10]
    scratch.db.executemany("INSERT INTO ndc VALUES (?, ?, ?)", ndcs)


def _archived(
    scratch: Scratch, release: Release, advance: Callable[[int], None]
) -> Iterator[tuple[int, str, str, int]]:
    """Codes that RxNorm has retired; where one was merged into another, that is remembered."""
    merged: list[tuple[int, int]] = []
    for _, cells in release.rows(ARCHIVE, advance):
        code, source, level, into = cells[12], cells[13], cells[14], cells[15]
        if source != "RXNORM" or level not in LEVELS or not _is_code(code):
            continue
        if _is_code(into) and into != code:
            merged.append((int(code), int(into)))
        elif cells[2].strip():
            yield int(code), level, cells[2], 0
    scratch.db.executemany("INSERT INTO alias VALUES (?, ?)", merged)


def _replaced(release: Release, advance: Callable[[int], None]) -> Iterator[tuple[int, int]]:
    for _, cells in release.rows(REPLACED, advance):
        if _is_code(cells[0]) and _is_code(cells[4]) and cells[0] != cells[4]:
            yield int(cells[0]), int(cells[4])


def _refuse_a_part(scratch: Scratch, release: Release) -> None:
    """Refuse files that end at the end of a line, but too early: no line tells, the whole does."""
    names, relations = release.files[NAMES].shown, release.files[RELATIONS].shown
    edges = scratch.count("edge")
    if not scratch.count("edge", f"relation IN ({numbers_of(('has_ingredient', 'consists_of'))})"):
        raise ReleaseError(f"{relations}: tells of no product what is in it. The file is not whole.")
    dangling = scratch.count("edge", "target NOT IN (SELECT code FROM concept)")
    if dangling > edges * _MOST_DANGLING:
        raise ReleaseError(
            f"{names}: {dangling} of {edges} relations in {relations} lead to a code that it does not have. "
            "One of the two files is not whole, or they belong to two releases."
        )
    if not scratch.count("ndc"):
        raise ReleaseError(f"{release.files[ATTRIBUTES].shown}: has no NDC at all. The file is not whole.")


def _is_code(text: str) -> bool:
    return text.isdigit() and text.isascii() and len(text) <= _LONGEST_CODE


def _eleven_digits(told: str) -> int | None:
    """An NDC as a number of eleven digits; nothing for one that cannot be told without doubt.

    >>> _eleven_digits("00054024324"), _eleven_digits("0054-0243-24"), _eleven_digits("0054-0243"), _eleven_digits("x")
    (54024324, 54024324, None, None)
    """
    parts = told.split("-")
    if not all(part.isdigit() and part.isascii() for part in parts):
        return None
    if len(parts) == 3:
        told = f"{parts[0]:0>5}{parts[1]:0>4}{parts[2]:0>2}"
    return int(told) if len(told) == NDC_DIGITS and told.isdigit() else None
