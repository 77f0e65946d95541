"""The demo's report: one HTML file with its style inside and no script, as cards would look to a prescriber."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape

WORDS = {"critical": ("✖", "Critical"), "warning": ("▲", "Warning"), "info": ("●", "Info")}


def report_html(reviewed: Sequence[Any], made_on: date) -> str:
    """The page. ``reviewed`` items have title, cards, milliseconds and why_silent."""
    pages = Environment(
        loader=PackageLoader("cds_hooks"), autoescape=select_autoescape(), trim_blocks=True, lstrip_blocks=True
    )
    pages.filters["paragraphs"] = paragraphs
    return pages.get_template("report.html").render(reviewed=reviewed, words=WORDS, made_on=made_on.isoformat())


def paragraphs(detail: str) -> list[tuple[str, list[list[tuple[str, str]]]]]:
    """The little Markdown our own cards use, as data for a template: lists or paragraphs of plain, bold and code runs.

    Nothing is turned into markup here, so nothing a chart said can become any.
    """
    blocks: list[tuple[str, list[list[tuple[str, str]]]]] = []
    for block in detail.split("\n\n"):
        lines = block.split("\n")
        bulleted = [line.removeprefix("- ") for line in lines if line.startswith("- ")]
        others = [line for line in lines if not line.startswith("- ")]
        if others:
            blocks.append(("p", [_runs(line) for line in others]))
        if bulleted:
            blocks.append(("ul", [_runs(line) for line in bulleted]))
    return blocks


def _runs(line: str) -> list[tuple[str, str]]:
    """A line as runs of (kind, text); marks that do not close stay as they are."""
    runs: list[tuple[str, str]] = []
    for at, code in enumerate(line.split("`")):
        if at % 2:
            runs.append(("code", code))
            continue
        for bold_at, text in enumerate(code.split("**")):
            if text:
                runs.append(
                    (
                        "strong" if bold_at % 2 else "em" if _is_emphasised(text) else "",
                        text.strip("_") if _is_emphasised(text) else text,
                    )
                )
    return runs


def _is_emphasised(text: str) -> bool:
    return len(text) > 1 and text.startswith("_") and text.endswith("_")
