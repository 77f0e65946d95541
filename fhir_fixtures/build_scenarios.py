"""Write the scenarios to their folders: ``python -m fhir_fixtures.build_scenarios``.

What is written is ``<hook>/<scenario>/request.json`` and the tables in ``README.md``; ``cards.json`` beside a request
belongs to ``pytest --accept``. A folder whose story is gone is taken away. ``--check`` writes nothing and fails if
anything differs.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from shutil import rmtree
from typing import Final

from fhir_fixtures import HOOKS, shapes, written
from fhir_fixtures.pieces import Story
from fhir_fixtures.stories import (
    clients,
    data,
    dose,
    opening,
    opioid_conflict,
    opioid_doubt,
    opioid_order,
    product,
    recognition,
    refilling,
    selecting,
    sending,
)

HERE: Final = Path(__file__).parent
CHAPTERS: Final = {
    "Naltrexone is ordered, and an opioid is or was taken": [*opioid_conflict.STORIES, *opioid_doubt.STORIES],
    "An opioid is ordered, and naltrexone is or was taken": opioid_order.STORIES,
    "How much, and for what": dose.STORIES,
    "When it is taken, and what is made": product.STORIES,
    "How a medicine is known": recognition.STORIES,
    "What could not be looked at": data.STORIES,
    "How real EHRs write": clients.STORIES,
    "While an order is being written (order-select)": selecting.STORIES,
    "A chart is opened (patient-view)": opening.STORIES,
    "A signed order is sent out (order-dispatch)": sending.STORIES,
    "A refill is asked for (medication-refill)": refilling.STORIES,
}
STORIES: Final[Mapping[str, Story]] = {story.place: story for chapter in CHAPTERS.values() for story in chapter}
"""Every story by the folder it lies in."""

_HEAD: Final = """\
# Made-up patients

Every scenario is one call of a service by a made-up EHR about a made-up patient: `request.json` is the whole CDS
Hooks request, `cards.json` the answer it leads to, with placeholders for uuids. Nobody in here exists. Every day is
counted from the day of the review, 2 March 2026, which travels in the request's `extension` as `ldn-cds.today`.

The stories are told in `stories/`; `python -m fhir_fixtures.build_scenarios` writes the requests and this table from
them. `pytest tests/test_scenarios.py --accept` rewrites `cards.json`; read the difference like code. What must come of
a scenario is said in its story, apart from `cards.json`, so that a wrong card cannot be accepted by mistake.

`shapes/` holds single resources with one oddity each, and in `expected.json` what a reader must understand of them.
"""


def files() -> Iterator[tuple[Path, str]]:
    """Give every file as it must be: requests, then the table."""
    for story in STORIES.values():
        yield HERE / story.place / "request.json", written(story.request()) + "\n"
    yield HERE / "README.md", readme()


def readme() -> str:
    """Give the tables of all scenarios and shapes."""
    parts = [_HEAD]
    for title, chapter in CHAPTERS.items():
        rows = [f"| [{s.name}]({s.place}) | {s.title} | {s.expectation} |" for s in chapter]
        parts.append("\n".join([f"## {title}\n", "| scenario | story | expected |", "| --- | --- | --- |", *rows, ""]))
    rows = [f"| [{shape.name}](shapes/{shape.path.name}) | {shape.expected['what']} |" for shape in shapes()]
    parts.append("\n".join(["## Odd shapes\n", "| shape | what is odd |", "| --- | --- |", *rows, ""]))
    return "\n".join(parts)


def leftovers() -> list[Path]:
    """Give the folders whose story is gone."""
    known = {HERE / place for place in STORIES}
    return [path for hook in HOOKS if (HERE / hook).is_dir() for path in (HERE / hook).iterdir() if path not in known]


def differences() -> list[str]:
    """Say what is not as it would be written."""
    told = [
        str(path.relative_to(HERE)) for path, text in files() if not path.is_file() or path.read_text("utf-8") != text
    ]
    return told + [f"{path.relative_to(HERE)} has no story" for path in leftovers()]


def write() -> None:
    """Write all of it."""
    for path, text in files():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    for path in leftovers():
        rmtree(path)


def main(arguments: list[str]) -> int:
    """Write, or with ``--check`` compare."""
    count = sum(len(chapter) for chapter in CHAPTERS.values())
    if count != len(STORIES):
        raise ValueError("Two stories share a folder.")
    if "--check" in arguments:
        told = differences()
        sys.stdout.write("".join(f"{line}\n" for line in told))
        return 1 if told else 0
    write()
    sys.stdout.write(f"{count} scenarios written.\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
