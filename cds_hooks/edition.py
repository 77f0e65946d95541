"""Which software and which rules speak: what cards, figures and logs of different days are told apart by."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cds_hooks.settings import Settings


def product_version() -> str:
    """The version of this software, as installed."""
    try:
        return version("ldn-cds")
    except PackageNotFoundError:  # a checkout that was not installed
        return "0+checkout"


def rules_hash(settings: Settings) -> str:
    """Sixteen digits that change with every byte of the clinic, and with every number or rule that a site chose.

    A drug table of the site's own is told by its edition, not here.
    """
    chosen = sorted(f"{name}={number}" for name, number in settings.numbers.items())
    chosen += sorted(f"{rule}={is_on}" for rule, is_on in settings.rules.items())
    return sha256("\n".join([_clinic_hash(), *chosen]).encode()).hexdigest()[:16]


@cache
def _clinic_hash() -> str:
    digest = sha256()
    for name, file in sorted(_files_in(files("cards"), "")):
        content = file.read_bytes()
        digest.update(f"{name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def _files_in(folder: Traversable, before: str) -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            if entry.name != "__pycache__":
                yield from _files_in(entry, f"{before}{entry.name}/")
        elif not entry.name.endswith(".pyc"):
            yield f"{before}{entry.name}", entry
