"""The README keeps its promises: its picture, its answer and its tables are those of the house as it stands.

``pytest tests/test_readme.py --accept`` writes them anew.
"""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from cards.pages import Indicator, Page, Rule
from cds_hooks.services import SERVICES
from cds_hooks.settings import TABLE
from cds_hooks.terminal import WIDTH, render_cards
from fhir_fixtures import scenarios
from tests.charts import the_clinic
from tests.desks import Desk

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
SHOWN = "oxycodone_still_taken"
GROUPS = {
    "opioid-conflict": "Naltrexone ordered, opioid on board",
    "opioid-order": "Opioid ordered, naltrexone on board",
    "classification": "Which naltrexone is meant",
    "dose": "Dose",
    "titration": "Steps, refills, review",
    "timing": "Time of day",
    "formulation": "Product",
    "other-drugs": "Other medicines",
    "patient": "The patient",
    "evidence": "Reason and evidence",
    "data": "What could not be read",
}


def the_answer() -> dict[str, Any]:
    scenario = next(s for s in scenarios("order-sign") if s.name == SHOWN)
    response = Desk(the_clinic()).client.post(
        "/cds-services/ldn-order-sign", data=scenario.body, content_type="application/json"
    )
    answer: dict[str, Any] = response.json
    return answer


def picture() -> str:
    stream = io.StringIO()
    console = Console(file=stream, width=WIDTH, highlight=False, emoji=False, markup=False, color_system=None)
    render_cards(console, the_answer()["cards"][:1])
    return f"```text\n{stream.getvalue().rstrip()}\n```"


def answer() -> str:
    """The answer to the curl line, shortened where it says "…"."""
    card = the_answer()["cards"][0]
    shown = {
        "uuid": "…",
        "summary": card["summary"],
        "indicator": card["indicator"],
        "detail": f"{card['detail'].splitlines()[0]} …",
        "source": {**card["source"], "url": "…"},
        "suggestions": [
            {
                "label": card["suggestions"][0]["label"],
                "uuid": "…",
                "actions": card["suggestions"][0]["actions"],
                "isRecommended": True,
            },
            "…",
        ],
        "selectionBehavior": card["selectionBehavior"],
        "links": ["…"],
        "overrideReasons": [card["overrideReasons"][0], "…"],
        "extension": card["extension"],
    }
    return f"```json\n{json.dumps({'cards': [shown]}, indent=2, ensure_ascii=False)}\n```"


def rules() -> str:
    lines = ["| what | rule | level | hooks | rests on |", "| --- | --- | --- | --- | --- |"]
    book = the_clinic().book
    for group, title in GROUPS.items():
        for rule in (rule for rule in book.rules if rule.page.group == group):
            page = rule.page
            lines.append(f"| {title} | {_linked(rule)} | {_levels(page)} | {_hooks(page)} | {_sources(page)} |")
    return "\n".join(lines)


def _linked(rule: Rule) -> str:
    off = "" if rule.page.is_on else " (off unless a site wants it)"
    return f"[{rule.page.title}]({rule.place.shown('toml')}){off}"


def _levels(page: Page) -> str:
    levels = sorted({saying.indicator for saying in page.sayings.values()}, reverse=True)
    return ", ".join("silences others" if level is Indicator.NONE else level.wire for level in levels)


def _hooks(page: Page) -> str:
    return ", ".join(sorted(hook.value for hook in page.hooks))


def _sources(page: Page) -> str:
    return "; ".join(f"[{s.title}]({s.url})" if s.url else s.title for s in page.sources[:2])


def settings() -> str:
    lines = ["| setting | default | meaning |", "| --- | --- | --- |"]
    for row in TABLE:
        default = " ".join(row.default) if isinstance(row.default, tuple) else row.default
        shown = "" if default in (None, "") else f"`{str(default).lower() if isinstance(default, bool) else default}`"
        lines.append(f"| `{row.name}` | {shown} | {row.meaning} |")
    return "\n".join(lines)


BLOCKS = {"card": picture, "answer": answer, "rules": rules, "settings": settings}


@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_of_the_readme_is_in_step(name: str, accept: bool) -> None:
    text = README.read_text("utf-8")
    block = re.compile(rf"(<!-- {name} -->\n)(.*?)(<!-- /{name} -->)", re.DOTALL)
    written = f"{BLOCKS[name]()}\n"
    if accept:
        README.write_text(block.sub(lambda m: m[1] + written + m[3], text), encoding="utf-8")
        return
    found = block.search(text)
    assert found is not None, f"README.md has no block <!-- {name} -->"
    assert found[2] == written, f"README.md: the block {name} is stale. Run pytest tests/test_readme.py --accept."


def test_the_readme_names_every_service_and_both_commands() -> None:
    text = README.read_text("utf-8")
    for needed in ("python3 run.py demo", "python3 run.py test", *(service.id for service in SERVICES)):
        assert needed in text, f"README.md does not name {needed}"


def test_every_file_the_readme_links_to_is_there() -> None:
    text = README.read_text("utf-8")
    missing = [link for link in re.findall(r"\]\(([^)#:]+)\)", text) if not (ROOT / link).exists()]
    assert not missing, f"README.md links to {', '.join(missing)}"


def test_the_curl_line_names_a_request_that_is_there() -> None:
    found = re.findall(r"-d @(\S+)", README.read_text("utf-8"))
    assert found, "README.md has no curl line"
    assert all((ROOT / path).is_file() for path in found)
