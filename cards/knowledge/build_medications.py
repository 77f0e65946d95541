"""Building the code tables of medicines from a folder of terminology CSVs.

Run through ``python -m cards.knowledge.build_tables FOLDER``; nothing here is used while the service runs. What the
CSVs say in many spellings (``Guaifenesin``, ``pseudoephedrine hydrochloride``, ``heroin``) leaves here in house names,
so that reading an order needs no spelling rules. Rows whose code nobody could confirm stay behind.

Written are:

- ``rxnorm.tsv``: code, name, ingredients, strengths, form, release, brand, level, source
- ``other_codes.tsv``: the same with the code system in front (``ATC``, ``NDC``, ``SNOMED CT``, ``UNII``)
- ``dose_forms.tsv``: system, code, name, form, release
"""

from __future__ import annotations

import csv
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from cards.knowledge.rxnorm_names import HouseNames, form_in, release_in, strengths_in

COLUMNS = ("code", "name", "ingredients", "strengths", "form", "release", "brand", "level", "source")

# Codes seen on orders without a name, in conflict, or remembered only, are not shipped.
_NOT_TRUSTED = frozenset({"uncertain", "uncertain-memory"})

_BY_BRAND = frozenset({"BN", "SBDC", "SBDG"})
_OWN_WORDING = " [own wording]"


@dataclass(slots=True)
class _Row:
    """One code as it will be shipped."""

    code: str
    name: str
    ingredients: list[str]
    strengths: dict[str, str] = field(default_factory=dict)
    form: str = ""
    release: str = ""
    brand: str = ""
    level: str = ""
    source: str = ""
    system: str = "RxNorm"

    def cells(self) -> list[str]:
        """The cells of this row in the order of ``COLUMNS``."""
        strengths = "; ".join(f"{name}={amount}" for name, amount in self.strengths.items())
        ingredients = "; ".join(self.ingredients)
        told = [
            self.code,
            self.name,
            ingredients,
            strengths,
            self.form,
            self.release,
            self.brand,
            self.level,
            self.source,
        ]
        return [" ".join(cell.split()) for cell in told]


def build_medications(folder: Path, into: Path) -> None:
    """Write the three tables into a folder that already holds ``medications.toml``."""
    house = HouseNames(tomllib.loads((into / "medications.toml").read_text("utf-8")))
    opioids_and_antagonists = {
        row["ingredient"] for name in ("opioid", "antagonist") for row in _read(folder / f"{name}_ingredients.csv")
    }
    unknown = sorted(name for name in opioids_and_antagonists if not house.knows(name))
    if unknown:
        raise SystemExit(
            f"medications.toml says nothing about {', '.join(unknown)}. Add an [ingredients] entry for each."
        )
    products = [_product(row, house) for row in _trusted(folder / "rxnorm_products.csv")]
    rxnorm = {row.code: row for row in products}
    other = _ingredient_codes(folder, house, rxnorm) + _national_codes(folder, house)
    _lend_brand_facts(rxnorm.values())
    _write(
        into / "rxnorm.tsv", COLUMNS, (row.cells() for row in sorted(rxnorm.values(), key=lambda row: int(row.code)))
    )
    _write(
        into / "other_codes.tsv",
        ("system", *COLUMNS),
        ([row.system, *row.cells()] for row in sorted(other, key=lambda row: (row.system, row.code))),
    )
    _write(into / "dose_forms.tsv", ("system", "code", "name", "form", "release"), _dose_forms(folder))


def _product(told: dict[str, str], house: HouseNames) -> _Row:
    """One row of the RxNorm list."""
    partners = [house.of(name) for name in told["other_ingredients"].split(";") if name.strip()]
    own = [house.of(name) for name in told["ingredients"].split(";")]
    name = told["display"].removesuffix(_OWN_WORDING)
    is_atom = told["tty"] == "non-RXNORM atom"
    form = form_in(f" {name} ".casefold() if is_atom and not told["dose_form"] else told["dose_form"])
    if is_atom:  # these rows name their partners in the display only
        partners += [house.of(word) for word in re.findall(r"[a-z]+", name.casefold()) if house.knows(word)]
    if not form and "opium tincture" in name.casefold():
        form = "liquid"
    return _Row(
        code=told["rxcui"],
        name=name,
        ingredients=list(dict.fromkeys(own + partners)),
        strengths=strengths_in(told["strength"], house),
        form=form,
        release=release_in(told["dose_form"], name if is_atom else "", form),
        brand=re.sub(r" (Reformulated \w+ \d{4}|Discontinued)$", "", told["brand"]),
        level="atom" if is_atom else told["tty"],
        source="RxNorm, source atom" if is_atom else _age(told["currency_hint"]),
    )


def _ingredient_codes(folder: Path, house: HouseNames, rxnorm: dict[str, _Row]) -> list[_Row]:
    """The codes that name an ingredient; RxNorm codes we do not have yet join the RxNorm rows."""
    other: dict[tuple[str, str], _Row] = {}
    for told in _trusted(folder / "ingredient_codes.csv"):
        system, code = told["code_system"], told["code"]
        if system == "RxNorm" and code in rxnorm:
            continue
        named = _named_in(told["display"], house)
        row = other.setdefault(
            (system, code), _Row(code, told["display"] or told["ingredient"], [], system=system, level=told["kind"])
        )
        row.ingredients = list(dict.fromkeys([*row.ingredients, house.of(told["ingredient"]), *named]))
        row.source = {"ATC": "WHO ATC", "UNII": "FDA UNII", "RxNorm": _age(told["notes"])}.get(system, "")
        if system == "SNOMED CT":
            in_patient_set = "SNOMED-GPS" in told["sources"]
            row.source = "SNOMED Global Patient Set" if in_patient_set else "SNOMED CT"
        if system == "UNII":
            row.name = told["ingredient"]
    rxnorm.update({code: row for (system, code), row in other.items() if system == "RxNorm"})
    return [row for (system, _), row in other.items() if system != "RxNorm"]


def _national_codes(folder: Path, house: HouseNames) -> list[_Row]:
    """The National Drug Codes; the strength there is that of the opioid alone, so it ships for it alone."""
    rows = []
    for told in _trusted(folder / "ndc_examples.csv"):
        own = [house.of(name) for name in told["ingredient"].split(";")]
        generic = [house.of(name) for name in re.split(r" ?/ ?", told["generic_name_in_source"]) if name]
        partners = [name for name in generic if house.knows(name)]
        amounts = [amount.strip() for amount in re.split(r"-|/(?= )", told["strength"].removesuffix(" MG"))]
        strengths = {}
        if len(amounts) == 1 and told["strength"]:
            strengths = strengths_in(f"{own[0]} {told['strength']}", house)
        elif told["product_name"] == "EMBEDA":
            strengths = dict(zip(("morphine", "naltrexone"), amounts, strict=True))
        form = form_in(told["dose_form"])
        brand = (
            told["product_name"].title()
            if told["product_name"].casefold() not in told["generic_name_in_source"]
            else ""
        )
        rows.append(
            _Row(
                code=told["ndc11"],
                name=told["rxcui_display"]
                or " ".join(filter(None, [told["generic_name_in_source"], told["strength"]])),
                ingredients=list(dict.fromkeys(own + partners)),
                strengths=strengths,
                form=form,
                release=release_in(told["dose_form"], "", form),
                brand="" if any(word in brand.casefold() for word in ("hcl", "sulfate", *own)) else brand,
                level="NDC",
                source="NDC",
                system="NDC",
            )
        )
    return rows


def _dose_forms(folder: Path) -> list[list[str]]:
    """The codes by which a Medication states its dose form, where our coarse forms have a word for it."""
    systems = {"dose-form-rxnorm": "RxNorm", "dose-form-snomed": "SNOMED CT", "dose-form-edqm": "EDQM"}
    rows = []
    for told in _trusted(folder / "timing_and_route.csv"):
        name = told["display"].removesuffix(" (dose form)")
        system, form = systems.get(told["kind"]), form_in(name)
        if system and form:
            # A plain "Tablet" does not say that nothing slow is meant.
            at_once = "immediate" if "conventional release" in name.casefold() else ""
            release = release_in(name, "", form)
            rows.append([system, told["code"], name, form, release if release == "extended" else at_once])
    return sorted(rows)


def _lend_brand_facts(rows: Iterable[_Row]) -> None:
    """Give a brand's bare codes the form that all its products share: OxyContin is extended release by name alone."""
    forms: dict[str, set[tuple[str, str]]] = defaultdict(set)
    rows = list(rows)
    for row in rows:
        if row.brand and row.form and row.level in {"SBD", "SBDF"}:
            forms[row.brand.casefold()].add((row.form, row.release))
    for row in rows:
        shared = forms.get(row.brand.casefold(), set())
        if row.level in _BY_BRAND and len(shared) == 1:
            row.form, row.release = next(iter(shared))


def _named_in(display: str, house: HouseNames) -> list[str]:
    """The known ingredients a display such as "tramadol and paracetamol" names."""
    parts = re.split(r" and |, | \+ | / ", display)
    return [house.of(part) for part in parts if house.knows(part)]


def _age(hint: str) -> str:
    """How recent the newest source of an RxNorm row is."""
    if "2024-2026" in hint:
        return "RxNorm 2024-2026"
    if "older" in hint:
        return "RxNorm before 2023"
    return "RxNorm 2024"


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _trusted(path: Path) -> list[dict[str, str]]:
    return [row for row in _read(path) if row["verified"] not in _NOT_TRUSTED]


def _write(path: Path, columns: tuple[str, ...], rows: Iterable[list[str]]) -> None:
    lines = ["\t".join(columns), *("\t".join(row) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
