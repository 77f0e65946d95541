"""Made-up releases of RxNorm, in the columns of the real one.

    release = Release()
    percocet = release.product(["oxycodone hydrochloride 5 MG", "acetaminophen 325 MG"], "Oral Tablet", "Percocet")
    release.write(folder)

Ingredients have their true names, so that the house knows them; every code is made up.
"""

from __future__ import annotations

import itertools
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

CONSO, REL, SAT, ARCHIVE, CUI = "RXNCONSO", "RXNREL", "RXNSAT", "RXNATOMARCHIVE", "RXNCUI"

_INVERSE = {
    "has_ingredient": "ingredient_of",
    "has_ingredients": "ingredients_of",
    "has_precise_ingredient": "precise_ingredient_of",
    "has_part": "part_of",
    "form_of": "has_form",
    "consists_of": "constitutes",
    "isa": "inverse_isa",
    "tradename_of": "has_tradename",
    "contains": "contained_in",
    "has_dose_form": "dose_form_of",
    "has_doseformgroup": "doseformgroup_of",
    "quantified_form_of": "has_quantified_form",
}
_SALTS = re.compile(r" (hydrochloride|bitartrate|sulfate|phosphate|sodium|tartrate)\b")
_PART = re.compile(r"(?P<precise>.+?) (?P<strength>[0-9.]+ (?:MG|MCG|UNT)(?:/(?:ML|HR|ACTUAT))?)\Z")


class Codes(NamedTuple):
    """The codes of one product at every level; the branded ones are 0 where it has no brand."""

    scd: int
    scdf: int
    scdg: int
    scdc: tuple[int, ...]
    sbd: int = 0
    sbdc: int = 0
    sbdf: int = 0
    sbdg: int = 0
    bn: int = 0


@dataclass
class Release:
    """The lines of a release while it is made."""

    lines: dict[str, list[str]] = field(default_factory=lambda: {CONSO: [], REL: [], SAT: [], ARCHIVE: [], CUI: []})
    codes: Iterator[int] = field(default_factory=lambda: itertools.count(9_000_001))
    known: dict[tuple[str, str], int] = field(default_factory=dict)

    # Lines, in the published order of columns

    def atom(self, code: int | str, level: str, name: str, *, source: str = "RXNORM", suppress: str = "N") -> None:
        number = len(self.lines[CONSO])
        self.lines[CONSO].append(
            f"{code}|ENG||||||{8_000_000 + number}|{code}|{code}||{source}|{level}|{code}|{name}||{suppress}|4096|"
        )

    def relation(self, source: int, relation: str, target: int) -> None:
        """``source`` relation ``target``: RxNorm writes the target first, and the inverse beside it."""
        rel = self.lines[REL]
        rel.append(f"{target}||CUI|RO|{source}||CUI|{relation}|{len(rel)}||RXNORM||||N|4096|")
        rel.append(f"{source}||CUI|RO|{target}||CUI|{_INVERSE[relation]}|{len(rel)}||RXNORM||||N|4096|")

    def attribute(self, code: int, name: str, value: str, *, source: str = "RXNORM") -> None:
        self.lines[SAT].append(f"{code}|||{code}|AUI|{code}|||{name}|{source}|{value}|N|4096|")

    def merged(self, old: int, new: int) -> None:
        """An old code that became part of another."""
        self.lines[CUI].append(f"{old}|01AA_050101F|26AA_260302F|1|{new}|")

    def archived(self, code: int, level: str, name: str, into: int | str = "") -> None:
        """An atom that has left the release."""
        self.lines[ARCHIVE].append(
            f"{code}|A{code}|{name}|||02-MAR-26|{code}||ENG||{code}|RXNORM_20AA|{code}|RXNORM|{level}|{into}|"
        )

    # Concepts

    def concept(self, level: str, name: str, *, suppress: str = "N") -> int:
        """The code of a concept, made the first time it is asked for."""
        key = (level, name)
        if key not in self.known:
            self.known[key] = code = next(self.codes)
            self.atom(code, level, name, suppress=suppress)
            if level in ("SCD", "SBD"):
                self.atom(code, "SY", f"{name} (synonym)")
        return self.known[key]

    def ingredient(self, name: str) -> int:
        return self.concept("IN", name)

    def component(self, part: str) -> tuple[int, str, str]:
        """The code of a part such as "oxycodone hydrochloride 5 MG", its ingredient, and that with its salt."""
        found = _PART.match(part)
        assert found is not None, part
        precise = found["precise"]
        name = _SALTS.sub("", precise)
        is_new = ("SCDC", part) not in self.known
        code = self.concept("SCDC", part)
        if is_new:
            self.relation(code, "has_ingredient", self.ingredient(name))
            if precise != name:
                salt = self.concept("PIN", precise)
                self.relation(salt, "form_of", self.ingredient(name))
                self.relation(code, "has_precise_ingredient", salt)
            self.attribute(code, "RXN_STRENGTH", found["strength"])
        return code, name, precise

    def product(
        self,
        parts: Sequence[str],
        form: str,
        brand: str | None = None,
        *,
        quantity: str = "",
        ndcs: Sequence[str] = (),
        branded_ndcs: Sequence[str] = (),
        group: str = "Oral Product",
        suppress: str = "N",
    ) -> Codes:
        """A clinical drug with all that RxNorm hangs on it."""
        told = [self.component(part) for part in parts]
        names = " / ".join(sorted({name for _, name, _ in told}))
        whole = " / ".join(sorted(parts))
        before = f"{quantity} " if quantity else ""
        dose_form = self.concept("DF", form)
        dose_group = self.concept("DFG", group)
        scd = self.concept("SCD", f"{before}{whole} {form}", suppress=suppress)
        scdf = self.concept("SCDF", f"{names} {form}")
        scdg = self.concept("SCDG", f"{names} {group}")
        for code, name, _ in told:
            self.relation(scd, "consists_of", code)
            self.relation(scdg, "has_ingredient", self.ingredient(name))
            self.relation(scdf, "has_ingredient", self.ingredient(name))
        if len(told) > 1:
            several = self.concept("MIN", names)
            self.relation(scd, "has_ingredients", several)
            for _, name, _ in told:
                self.relation(several, "has_part", self.ingredient(name))
        self.relation(scd, "isa", scdf)
        self.relation(scdf, "isa", scdg)
        self.relation(dose_form, "isa", dose_group)
        self.relation(scdg, "has_doseformgroup", dose_group)
        for code in (scd, scdf):
            self.relation(code, "has_dose_form", dose_form)
        self.attribute(scd, "RXN_AVAILABLE_STRENGTH", " / ".join(_PART.match(part)["strength"] for part in parts))  # type: ignore[index]
        for ndc in ndcs:
            self.attribute(scd, "NDC", ndc)
        codes = Codes(scd, scdf, scdg, tuple(code for code, _, _ in told))
        if not brand:
            return codes
        branded = {
            "SBD": f"{before}{whole} {form} [{brand}]",
            "SBDC": f"{whole} [{brand}]",
            "SBDF": f"{names} {form} [{brand}]",
            "SBDG": f"{brand} {group}",
        }
        return self._branded(codes, told, branded, brand, form, branded_ndcs)

    def _branded(
        self,
        codes: Codes,
        told: Sequence[tuple[int, str, str]],
        names: dict[str, str],
        brand: str,
        form: str,
        ndcs: Sequence[str],
    ) -> Codes:
        bn = self.concept("BN", brand)
        sbd, sbdc, sbdf, sbdg = (self.concept(level, name) for level, name in names.items())
        for code, name, _ in told:
            self.relation(bn, "tradename_of", self.ingredient(name))
            self.relation(sbdc, "tradename_of", code)
        self.relation(sbd, "tradename_of", codes.scd)
        self.relation(sbd, "consists_of", sbdc)
        self.relation(sbd, "isa", sbdf)
        self.relation(sbdf, "tradename_of", codes.scdf)
        self.relation(sbdg, "tradename_of", codes.scdg)
        for code in (sbd, sbdc, sbdf, sbdg):
            self.relation(code, "has_ingredient", bn)
        for code in (sbd, sbdf):
            self.relation(code, "has_dose_form", self.concept("DF", form))
        for ndc in ndcs:
            self.attribute(sbd, "NDC", ndc)
        return codes._replace(sbd=sbd, sbdc=sbdc, sbdf=sbdf, sbdg=sbdg, bn=bn)

    def pack(
        self, name: str, contents: Sequence[int], brand: str | None = None, ingredient: str = ""
    ) -> tuple[int, int]:
        """A pack and its branded twin (0 where there is none)."""
        generic = self.concept("GPCK", name)
        for code in contents:
            self.relation(generic, "contains", code)
        if brand is None:
            return generic, 0
        branded = self.concept("BPCK", f"{name} [{brand}]")
        self.relation(branded, "tradename_of", generic)
        bn = self.concept("BN", brand)
        self.relation(branded, "has_ingredient", bn)
        self.relation(bn, "tradename_of", self.ingredient(ingredient))
        return generic, branded

    # Files

    def contents(self) -> dict[str, bytes]:
        """Every file by its name."""
        return {f"{name}.RRF": "".join(f"{line}\n" for line in lines).encode() for name, lines in self.lines.items()}

    def write(self, folder: Path, *, inside: str = "rrf", without: Sequence[str] = ()) -> Path:
        """The release as a folder."""
        where = folder / inside
        where.mkdir(parents=True, exist_ok=True)
        for name, content in self.contents().items():
            if name not in without:
                (where / name).write_bytes(content)
        return folder

    def zip(self, path: Path, *, inside: str = "rrf/") -> Path:
        """The release as a zip."""
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in self.contents().items():
                archive.writestr(f"{inside}{name}", content)
        return path


@dataclass(frozen=True)
class Known:
    """A small release and the codes in it."""

    release: Release
    naltrexone: Codes
    percocet: Codes
    embeda: Codes
    patch: Codes
    syrup: Codes
    lisinopril: Codes
    combined: Codes
    pack: tuple[int, int]
    obsolete: int
    nameless: int
    merged: int
    archived: int
    cellulose: int


def small_release() -> Known:
    """One of everything that the import has to understand."""
    release = Release()
    product = release.product
    naltrexone = product(["naltrexone hydrochloride 50 MG"], "Oral Tablet", "Revexa", ndcs=["00555090202"])
    percocet = product(
        ["oxycodone hydrochloride 5 MG", "acetaminophen 325 MG"], "Oral Tablet", "Perkodal",
        ndcs=["00406052301", "00406052305"], branded_ndcs=["63481062370"],
    )  # fmt: skip
    embeda = product(
        ["morphine sulfate 20 MG", "naltrexone hydrochloride 0.8 MG"], "Extended Release Oral Capsule", "Embexa"
    )
    patch = product(["fentanyl 0.025 MG/HR"], "Transdermal System", quantity="72 HR", group="Transdermal Product")
    syrup = product(
        ["codeine phosphate 2 MG/ML", "guaifenesin 20 MG/ML"], "Oral Solution", group="Oral Liquid Product",
        ndcs=["00121077504"],
    )  # fmt: skip
    lisinopril = product(
        ["lisinopril 10 MG"], "Oral Tablet", "Zestrexa", ndcs=["00093111301"], branded_ndcs=["00310013010"]
    )
    combined = product(["lisinopril 20 MG", "hydrochlorothiazide 12.5 MG"], "Oral Tablet")
    syringe = product(
        ["naloxone hydrochloride 0.4 MG/ML"], "Prefilled Syringe", quantity="1 ML", group="Injectable Product"
    )
    pack = release.pack(
        "{10 (naltrexone hydrochloride 50 MG Oral Tablet) } Pack", [naltrexone.scd], "Revexa Starter", "naltrexone"
    )
    release.pack("{2 (naloxone)} Pack", [syringe.scd])
    release.attribute(percocet.scd, "NDC", "0406-0523-62", source="MTHSPL")
    # Obsolete codes keep their name and lose their relations.
    obsolete = release.concept("SCD", "oxycodone hydrochloride 15 MG / acetaminophen 500 MG Oral Tablet", suppress="O")
    nameless = release.concept("SCD", "unheardofine 5 MG Oral Tablet", suppress="O")
    merged, archived = next(release.codes), next(release.codes)
    release.merged(merged, percocet.scd)
    release.archived(archived, "SCD", "methadone hydrochloride 7 MG Oral Tablet")
    release.component("methadone hydrochloride 10 MG")
    cellulose = release.ingredient("microcrystalline cellulose")
    # Lines that are not RxNorm's own, with a drug of theirs.
    release.atom(9_500_000, "DP", "OXYCODONE 5 MG TABLET", source="MTHSPL")
    return Known(
        release, naltrexone, percocet, embeda, patch, syrup, lisinopril, combined, pack, obsolete, nameless, merged,
        archived, cellulose,
    )  # fmt: skip


def large_release(names: int) -> Release:
    """A small release among so many lines of names of other medicines, with relations and NDCs in proportion."""
    release = small_release().release
    number = 0
    opioids = ("oxycodone hydrochloride", "morphine sulfate", "codeine phosphate", "tramadol hydrochloride")
    while len(release.lines[CONSO]) < names:
        number += 1
        ingredient = f"fillerine{number % 9_000}"
        strength = f"{1 + number % 400}"
        if number % 40 == 0:
            ingredient, strength = opioids[number // 40 % 4], f"{1 + number // 40}"
        ndcs = [f"{70_000_000_000 + number * 10 + nth:011d}" for nth in range(4)]
        release.product([f"{ingredient} {strength} MG"], ("Oral Tablet", "Oral Capsule")[number % 2], f"Brand{number}",
                        ndcs=ndcs[:2], branded_ndcs=ndcs[2:])  # fmt: skip
    return release
