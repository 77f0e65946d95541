"""The code tables of medicines, and which line of them a code stands for.

Clients write a code system, and an NDC, in more ways than one; all are read as the one the tables use.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from cards.drugs import Strength
from cards.knowledge.editions import NO_OTHERS, OtherCodes

Row = tuple[str, ...]  # name, ingredients, strengths, form, release, brand, level

# The addresses and identifiers by which clients name a code system of medicines.
_SYSTEMS = {
    "http://www.nlm.nih.gov/research/umls/rxnorm": "RxNorm",
    "2.16.840.1.113883.6.88": "RxNorm",
    "http://snomed.info/sct": "SNOMED CT",
    "2.16.840.1.113883.6.96": "SNOMED CT",
    "http://dmd.nhs.uk": "SNOMED CT",  # the UK's medicines are SNOMED CT concepts
    "http://hl7.org/fhir/sid/ndc": "NDC",
    "2.16.840.1.113883.6.69": "NDC",
    "http://www.whocc.no/atc": "ATC",
    "2.16.840.1.113883.6.73": "ATC",
    "http://fdasis.nlm.nih.gov": "UNII",
    "2.16.840.1.113883.4.9": "UNII",
}
FORM_SYSTEMS = {"http://standardterms.edqm.eu": "EDQM", "0.4.0.127.0.16.1.1.2.1": "EDQM"}
_LONGEST_CODE = 40
_FEWEST_DIGITS = 7  # of an NDC whose zeros are lost; a labeler may begin with four of them
_SNOMED_EDITIONS = "http://snomed.info/sct/"


class CodeTables:
    """The lines of the tables by code system and code, and the codes known to be of no interest here."""

    def __init__(
        self, rows: Mapping[str, Mapping[str, str]], others: Mapping[str, OtherCodes], own_label: str = ""
    ) -> None:
        """Take the lines and the other codes; ``own_label`` is the source of lines from the site's own edition."""
        self.lines = rows
        self.others = others
        self.own_label = own_label

    def row(self, system: str, code: str) -> Row | None:
        """The cells of the line a code stands for."""
        line = self.line(system, code)
        return None if line is None else row_of(line)

    def line(self, system: str, code: str) -> str | None:
        """The line a code stands for; none where two NDCs would do."""
        rows = self.lines.get(system)
        if rows is None:
            return None
        if system == "NDC":
            known = self._known_ndcs(code)
            return rows.get(known[0]) if len(known) == 1 else None
        return next((line for plain in _spellings(system, code) if (line := rows.get(plain)) is not None), None)

    def other_name(self, system: str, code: str) -> str | None:
        """The ingredients of a code that is known and of no interest here."""
        others = self.others.get(system)
        if others is None:
            return None
        if system == "NDC":
            known = self._known_ndcs(code)
            return others.name_of(known[0]) if len(known) == 1 else None
        return next((name for plain in _spellings(system, code) if (name := others.name_of(plain)) is not None), None)

    def _known_ndcs(self, code: str) -> list[str]:
        """The NDCs that a code may stand for and that some table has; when there are two, nobody can tell which."""
        rows, others = self.lines.get("NDC", {}), self.others.get("NDC", NO_OTHERS)
        return [ndc for ndc in _eleven_digits(code) if ndc in rows or others.name_of(ndc) is not None]

    def systems_of(self, code: str) -> tuple[str, ...]:
        """The code systems that know a code, each by its address, for a code of which nobody told the system."""
        known = [name for name in self.lines if self.line(name, code) or self.other_name(name, code)]
        return tuple(next(address for address, name in _SYSTEMS.items() if name == system) for system in known)


def strengths_of(row: Row) -> list[tuple[str, Strength]]:
    """The strengths in one row of a code table."""
    told = []
    for part in filter(None, row[2].split("; ")):
        name, _, amount = part.partition("=")
        mg, _, per = amount.partition("/")
        told.append((name, Strength(Decimal(mg), per or "unit")))
    return told


def system_of(system: str | None) -> str | None:
    """The code system of medicines meant: clients write https, a closing slash, a bare identifier, or an edition."""
    plain = plain_system(system)
    return "SNOMED CT" if plain.startswith(_SNOMED_EDITIONS) else _SYSTEMS.get(plain)


def plain_system(system: str | None) -> str:
    """The name of a code system in the one spelling our tables use."""
    return (system or "").strip().casefold().removeprefix("urn:oid:").rstrip("/").replace("https://", "http://", 1)


def _spellings(system: str, code: str) -> tuple[str, ...]:
    """The code as the tables may have it: as told, then as it was before spaces and zeros came in.

    >>> _spellings("RxNorm", "0001483744"), _spellings("RxNorm", "1483744.0"), _spellings("SNOMED CT", "373 546 002")
    (('0001483744', '1483744'), ('1483744.0', '1483744'), ('373 546 002', '373546002'))
    >>> _spellings("ATC", "n07 bb04")
    ('N07BB04',)
    """
    if len(code) > _LONGEST_CODE:
        return (code,)
    plain = "".join(code.split())
    if system in ("ATC", "UNII"):
        return (plain.upper(),)
    plain = plain.replace(",", "").removesuffix(".0").lstrip("0")
    return (code,) if plain == code else (code, plain)


def _eleven_digits(code: str) -> tuple[str, ...]:
    """The eleven-digit forms an NDC may stand for; ten digits without hyphens leave three.

    Where a spreadsheet has taken an NDC for a number its first zeros are lost; so many are put back.
    """
    parts = code.replace("-", " ").split() if len(code) <= _LONGEST_CODE else [code]
    if len(parts) == 3 and all(part.isdigit() for part in parts):
        return (f"{parts[0]:0>5}{parts[1]:0>4}{parts[2]:0>2}",)
    digits = "".join(parts).removesuffix(".0")
    if digits.isdigit() and _FEWEST_DIGITS <= len(digits) < 10:
        digits = digits.zfill(10)
    if len(digits) == 10 and digits.isdigit():
        return (f"0{digits}", f"{digits[:5]}0{digits[5:]}", f"{digits[:9]}0{digits[9:]}")
    return (digits,)


def read_rxnorm(path: Path) -> dict[str, str]:
    """The lines of ``rxnorm.tsv`` by code. A line is taken apart when its code is asked for: few ever are."""
    lines = (line.partition("\t") for line in path.read_text("utf-8").splitlines()[1:])
    return {code: cells for code, _, cells in lines}


def read_by_system(path: Path) -> dict[str, dict[str, str]]:
    """The lines of a table by code system and code."""
    systems: dict[str, dict[str, str]] = {}
    for line in path.read_text("utf-8").splitlines()[1:]:
        system, code, cells = line.split("\t", 2)
        systems.setdefault(system, {})[code] = cells
    return systems


def row_of(cells: str) -> Row:
    """One line of a code table, without its code and source."""
    return tuple(cells.split("\t")[:7])
