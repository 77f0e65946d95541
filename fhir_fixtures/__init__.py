"""Made-up patients: whole CDS Hooks requests with the cards they lead to, and single resources with an oddity.

``scenarios()`` gives every request of the folders in ``HOOKS``, ``shapes()`` every resource of ``shapes/``. Nobody in
here exists. A request carries its own story in its root ``extension``: that it is made up, the day on which it is to be
reviewed, its one-sentence title and its tags.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

__all__ = ["HOOKS", "Scenario", "Shape", "exact", "indented", "scenarios", "shapes", "written"]

HOOKS: Final = ("order-sign", "order-select", "patient-view", "order-dispatch", "medication-refill")
SYNTHETIC: Final = "ldn-cds.synthetic"
DISCLAIMER: Final = "Made-up patient; any likeness is accidental."
TODAY: Final = "ldn-cds.today"
TITLE: Final = "ldn-cds.title"
TAGS: Final = "ldn-cds.tags"
_HERE: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Scenario:
    """One call of a service by a made-up EHR about a made-up patient. ``hook`` names the service that is called."""

    hook: str
    name: str
    path: Path
    request: dict[str, Any] = field(repr=False)
    today: date
    title: str
    tags: tuple[str, ...] = ()

    @property
    def body(self) -> bytes:
        """The request as it travels, every number as it was written."""
        return (self.path / "request.json").read_bytes()

    @property
    def drafts(self) -> list[dict[str, Any]]:
        """What is ordered or refilled; at order-dispatch the signed orders, which lie among those on the chart."""
        context = self.request["context"]
        bundle = context.get("draftOrders") or context.get("medications") or {}
        return [entry["resource"] for entry in bundle.get("entry", ())]

    @property
    def golden(self) -> Path:
        """The file with the cards it is expected to lead to."""
        return self.path / "cards.json"


def scenarios(hook: str | None = None) -> Iterator[Scenario]:
    """Give every scenario, or those of one hook, in the order of their names; amounts are ``Decimal``."""
    for one in HOOKS if hook is None else (hook,):
        for path in sorted((_HERE / one).iterdir()):
            if not (path / "request.json").is_file():
                continue
            request = json.loads((path / "request.json").read_text("utf-8"), parse_float=Decimal)
            told = request["extension"]
            day = date.fromisoformat(told[TODAY])
            yield Scenario(one, path.name, path, request, day, told[TITLE], tuple(told.get(TAGS, ())))


@dataclass(frozen=True, slots=True)
class Shape:
    """One resource with an oddity, and what a reader must understand of it."""

    name: str
    path: Path
    expected: dict[str, Any] = field(repr=False)

    @property
    def body(self) -> bytes:
        """The resource, or the Bundle around it, as it came."""
        return self.path.read_bytes()


def shapes() -> Iterator[Shape]:
    """Give every odd resource, in the order of their names."""
    expected = json.loads((_HERE / "shapes" / "expected.json").read_text("utf-8"))
    for path in sorted((_HERE / "shapes").glob("*.json")):
        if path.name != "expected.json":
            yield Shape(path.stem, path, expected.get(path.stem, {}))


# JSON whose numbers keep their text. The writer of the standard library has no place for that, so a number travels
# through it as a marked string and loses its marks at the end.

_OPEN, _CLOSE = "\ue000", "\ue001"
_MARKED: Final = re.compile(f'"{_OPEN}([^{_CLOSE}]*){_CLOSE}"')


def exact(text: str) -> str:
    """Give a number that is written exactly so.

    >>> written({"value": exact("4.50")}, indent=None)
    '{"value": 4.50}'
    """
    return f"{_OPEN}{text}{_CLOSE}"


def written(value: object, indent: int | None = 2) -> str:
    """Write as JSON, with the numbers of ``exact`` as they are."""
    return _MARKED.sub(r"\1", json.dumps(value, ensure_ascii=False, indent=indent))


def indented(text: str | bytes) -> str:
    """Give JSON indented, nothing else changed: order of members and text of numbers stay.

    >>> print(indented('{"b":4.50,"a":1e2}'))
    {
      "b": 4.50,
      "a": 1e2
    }
    """
    return written(json.loads(text, parse_float=exact))
