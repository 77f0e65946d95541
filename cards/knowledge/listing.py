"""What the shipped tables hold, group by group: for those who want to read them, not for recognising anything.

SNOMED CT codes outside the Global Patient Set are left out and counted: who reads a publication may have no licence for
them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

from cards.conditions import ConditionGroup
from cards.drugs import OpioidKind, Role
from cards.knowledge.medications import Formulary
from cards.labs import LabTest

_HERE: Final = Path(__file__).parent
_FREE_OF_SNOMED: Final = "SNOMED Global Patient Set"
SYSTEMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ATC": "http://www.whocc.no/atc",
        "ICD-10": "http://hl7.org/fhir/sid/icd-10",
        "ICD-10-CM": "http://hl7.org/fhir/sid/icd-10-cm",
        "ICD-9-CM": "http://hl7.org/fhir/sid/icd-9-cm",
        "LOINC": "http://loinc.org",
        "NDC": "http://hl7.org/fhir/sid/ndc",
        "RxNorm": "http://www.nlm.nih.gov/research/umls/rxnorm",
        "SNOMED CT": "http://snomed.info/sct",
        "UNII": "http://fdasis.nlm.nih.gov",
    }
)
"""The address of each code system in the tables."""


class Code(NamedTuple):
    """One code. ``is_category``: it stands for every code beneath it, too."""

    system: str
    code: str
    name: str
    is_category: bool = False


@dataclass(frozen=True)
class Group:
    """All codes that mean the same to this service; ``left_out`` counts those that may not be published freely."""

    id: str
    title: str
    codes: tuple[Code, ...]
    left_out: int = 0

    @property
    def by_system(self) -> dict[str, list[Code]]:
        """Its codes by the name of their system."""
        found: dict[str, list[Code]] = defaultdict(list)
        for code in self.codes:
            found[code.system].append(code)
        return dict(sorted(found.items()))


def groups() -> list[Group]:
    """Every group of medicines, conditions and tests of which the tables know a code."""
    return [*drug_groups(), *condition_groups(), *lab_groups()]


def drug_groups() -> list[Group]:
    """Medicines by what they mean here; opioids by how they leave the body."""
    formulary = Formulary.load()
    found = _Groups()
    rows = [("RxNorm", row["code"], row) for row in _rows("rxnorm.tsv")]
    rows += [(row["system"], row["code"], row) for row in _rows("other_codes.tsv")]
    for system, code, row in rows:
        drug = formulary.recognise(((SYSTEMS[system], code, None),), None)
        names = [f"drug-{role.value}" for role in drug.roles if role is not Role.OPIOID]
        if Role.OPIOID in drug.roles:
            names.append(f"drug-opioid-{drug.opioid_kind.value}" if drug.opioid_kind is not None else "drug-opioid")
        found.add(names, Code(system, code, row["name"]), row["source"])
    titles = {f"drug-{role.value}": f"Medicines: {role.value.replace('-', ' ')}" for role in Role}
    titles |= {f"drug-opioid-{kind.value}": f"Opioids: {kind.value.replace('-', ' ')}" for kind in OpioidKind}
    return found.titled(titles)


def condition_groups() -> list[Group]:
    """Diagnoses and findings by what they mean here."""
    found = _Groups()
    for row in _rows("conditions.tsv"):
        names = [f"condition-{group}" for group in row["groups"].split() if group != "-"]
        code = Code(row["system"], row["code"], row["name"], row["match"] != "exact")
        found.add(names, code, row["source"])
    return found.titled({f"condition-{group.value}": f"Conditions: {group.label}" for group in ConditionGroup})


def lab_groups() -> list[Group]:
    """Tests and assessments by what they measure."""
    found = _Groups()
    ids = {test.value: f"lab-{test.name.lower().replace('_', '-')}" for test in LabTest}
    for row in _rows("labs.tsv"):
        if row["kind"] == "test" and row["meaning"] in ids:
            found.add([ids[row["meaning"]]], Code(row["system"], row["code"], row["name"]), row["source"])
    return found.titled({ids[test.value]: f"Tests: {test.value}" for test in LabTest})


class _Groups:
    def __init__(self) -> None:
        self._codes: dict[str, list[Code]] = defaultdict(list)
        self._left_out: dict[str, int] = defaultdict(int)

    def add(self, names: Iterable[str], code: Code, source: str) -> None:
        is_free = code.system != "SNOMED CT" or source == _FREE_OF_SNOMED
        for name in names:
            if is_free:
                self._codes[name].append(code)
            else:
                self._left_out[name] += 1

    def titled(self, titles: Mapping[str, str]) -> list[Group]:
        """The groups in the order of their titles; those without a code are not among them."""
        return [
            Group(name, title, tuple(sorted(set(self._codes[name]))), self._left_out[name])
            for name, title in titles.items()
            if self._codes[name] or self._left_out[name]
        ]


def _rows(file: str) -> Iterator[dict[str, str]]:
    lines = (_HERE / file).read_text("utf-8").splitlines()
    columns = lines[0].split("\t")
    for line in lines[1:]:
        yield dict(zip(columns, line.split("\t"), strict=True))
