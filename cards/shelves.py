"""Where the rules lie: a pair of files each, in a folder named for its hazard, or side by side in a folder of one's own.

Nothing is registered anywhere: ``rules_in`` finds what is there. A folder whose name begins with a dot or an underscore
holds no rules.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Final

from cards.findings import HouseError

RULES: Final = "cards.rules"

HAZARD_OF: Final[Mapping[str, str]] = MappingProxyType(
    {
        "opioid-conflict": "opioid_conflict",
        "opioid-order": "opioid_conflict",
        "dose": "dose",
        "classification": "dose",
        "timing": "timing",
        "formulation": "formulation",
        "patient": "patient",
        "other-drugs": "patient",
        "titration": "follow_up",
        "evidence": "follow_up",
        "data": "data",
    }
)
"""The groups of rules, and the folder of ``cards/rules`` in which each one's pairs lie."""

HAZARDS: Final = tuple(dict.fromkeys(HAZARD_OF.values()))


@dataclass(frozen=True, slots=True)
class Place:
    """Where one rule lies. ``hazard`` is its folder, empty for a pair that lies beside other folders.

    ``root`` holds the rules instead of ``cards/rules``.
    """

    name: str
    hazard: str = ""
    root: Traversable | None = None

    @property
    def rule(self) -> str:
        """The id of the rule."""
        return self.name.replace("_", "-")

    @property
    def is_ours(self) -> bool:
        """Whether it lies in the house's own rules."""
        return self.root is None

    @property
    def sentence(self) -> Traversable:
        """The file of the function."""
        return self._folder / f"{self.name}.py"

    @property
    def page(self) -> Traversable:
        """The file of the words."""
        return self._folder / f"{self.name}.toml"

    def shown(self, ending: str) -> str:
        """One of its files as a message names it.

        >>> Place("ldn_start_dose_high", "dose").shown("toml")
        'cards/rules/dose/ldn_start_dose_high.toml'
        """
        folders = [shown(self.root), self.hazard] if self.hazard else [shown(self.root)]
        return "/".join((*folders, f"{self.name}.{ending}"))

    def load(self) -> ModuleType:
        """Its module; one outside the package is loaded by its path, under a name nothing else has."""
        if self.root is None:
            return importlib.import_module(".".join(part for part in (RULES, self.hazard, self.name) if part))
        unique = f"ldn_cds_rule_{zlib.crc32(str(self._folder).encode()):08x}_{self.name}"
        spec = importlib.util.spec_from_file_location(unique, Path(str(self.sentence)))
        if spec is None or spec.loader is None:
            raise HouseError(f"{self.shown('py')} cannot be loaded.")
        module = importlib.util.module_from_spec(spec)
        sys.modules[unique] = module  # a dataclass looks for its module there
        try:
            spec.loader.exec_module(module)
        except (SyntaxError, ImportError) as problem:
            del sys.modules[unique]
            raise HouseError(f"{self.shown('py')} cannot be loaded: {problem}.") from None
        return module

    @property
    def _folder(self) -> Traversable:
        root = files(RULES) if self.root is None else self.root
        return root / self.hazard if self.hazard else root


def shown(root: Traversable | None) -> str:
    """The folder of the rules as a message names it."""
    return "cards/rules" if root is None else str(root)


def rules_in(root: Traversable | None) -> tuple[list[Place], list[str]]:
    """Every rule that lies in ``cards/rules`` or another folder, by name; and what is wrong with how they lie."""
    places: dict[str, Place] = {}
    problems = []
    for found in _found(root):
        there = places.setdefault(found.name, found)
        if there is not found:
            problems.append(f"{found.shown('py')}: {there.shown('py')} is a rule of that name. A name is one rule's.")
    return [places[name] for name in sorted(places)], problems


def _found(root: Traversable | None) -> list[Place]:
    top = files(RULES) if root is None else root
    listed = sorted(top.iterdir(), key=lambda entry: entry.name)
    found = [Place(entry.name.removesuffix(".py"), "", root) for entry in listed if _is_rule(entry)]
    for folder in listed:
        if folder.is_dir() and not folder.name.startswith((".", "_")):
            inside = sorted(entry.name for entry in folder.iterdir() if _is_rule(entry))
            found += [Place(name.removesuffix(".py"), folder.name, root) for name in inside]
    return found


def _is_rule(file: Traversable) -> bool:
    return file.name.endswith(".py") and not file.name.startswith(("_", "test_"))
