"""Cards on a terminal, as a prescriber would see them: how urgent in shape, word and colour, never colour alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.box import HEAVY, ROUNDED
from rich.console import Console, Group, RenderableType
from rich.markdown import Markdown
from rich.padding import Padding
from rich.panel import Panel
from rich.text import Text

WIDTH: Final = 80

_LOOKS: Final = {
    "critical": ("✖", "Critical", "bold red", HEAVY),
    "warning": ("▲", "Warning", "bold yellow", ROUNDED),
    "info": ("●", "Info", "bold blue", ROUNDED),
}
_UNKNOWN_LOOK: Final = ("?", "Unknown", "bold", ROUNDED)


def make_console(*, stderr: bool = False) -> Console:
    """A console of at most 80 columns that leaves colour out when ``NO_COLOR`` is set or nobody sees it."""
    console = Console(stderr=stderr, highlight=False, emoji=False, markup=False)
    console.width = min(console.width, WIDTH)
    return console


def render_cards(console: Console, cards: Sequence[Mapping[str, Any]]) -> None:
    """Print cards in the order in which they were sent; say so when there is none."""
    if not cards:
        console.print(Text("No cards: no rule had anything to say about what was sent. That is no clearance."))
    for card in cards:
        console.print(_card(card))


def _card(card: Mapping[str, Any]) -> Panel:
    icon, word, style, box = _LOOKS.get(str(card.get("indicator")), _UNKNOWN_LOOK)
    parts: list[RenderableType] = [Text(str(card.get("summary", "")), style="bold")]
    if detail := card.get("detail"):
        parts += [Text(), Markdown(str(detail), hyperlinks=False)]
    if suggestions := card.get("suggestions"):
        parts.append(Text())
        parts += [_suggestion(suggestion) for suggestion in suggestions]
    parts += [_line("→ ", str(link.get("label", ""))) for link in card.get("links") or ()]
    source = card.get("source") or {}
    parts += [Text(), Text(f"Source: {source.get('label', '')}", style="dim")]
    title = Text.assemble((f"{icon} {word}", style))
    return Panel(Group(*parts), title=title, title_align="left", border_style=style, box=box, padding=(0, 1))


def _suggestion(suggestion: Mapping[str, Any]) -> RenderableType:
    mark = "  (recommended)" if suggestion.get("isRecommended") else ""
    label = str(suggestion.get("label", ""))
    lines: list[RenderableType] = [_line("[ ] ", f"{label}{mark}")]
    for action in suggestion.get("actions") or ():
        description = str(action.get("description", ""))
        if description and description != label:
            lines.append(Padding(Text(f"{action.get('type', '')}: {description}", style="dim"), (0, 0, 0, 4)))
    return Group(*lines)


def _line(mark: str, text: str) -> RenderableType:
    """One line whose continuation stands under its text, not under its mark."""
    from rich.table import Table

    grid = Table.grid(padding=0)
    grid.add_column(width=len(mark), no_wrap=True)
    grid.add_column()
    grid.add_row(Text(mark), Text(text))
    return grid
