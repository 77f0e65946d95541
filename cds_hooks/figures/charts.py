"""Charts as SVG, made here: lines, bars, stacked bars and a histogram – four kinds, no script, no inline style.

Every chart has a title and a description for those who do not see it, and stands above a table with the same figures.
Colours come from classes of the stylesheet (``chart-1``, ``stack-1`` …), so that light, dark and print each have their
own; lines differ by their dashes and bars by their labels too, never by colour alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final

from markupsafe import Markup, escape

_WIDTH: Final = 640
_HEIGHT: Final = 220
_LEFT: Final = 44
_RIGHT: Final = 12
_TOP: Final = 14
_BOTTOM: Final = 30
_LABEL: Final = 210
_ROW: Final = 26
_MOST_TICKS: Final = 8


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment to be marked in a chart over time, such as a rule that was changed: where, and its name."""

    at: int
    label: str


def nice_top(most: float) -> float:
    """The end of an axis: the next number of the kind 1, 2, 5, 10 … that is not below.

    >>> nice_top(0), nice_top(7), nice_top(23), nice_top(0.3)
    (1.0, 10.0, 50.0, 0.5)
    """
    if most <= 0:
        return 1.0
    step = 1e-6
    while True:
        for factor in (1, 2, 5):
            if most <= factor * step * (1 + 1e-9):
                return float(f"{factor * step:.6g}")
        step *= 10


def number(value: float | None) -> str:
    """A figure as it stands in a chart or a table; a dash where there is none.

    >>> number(None), number(3.0), number(0.256), number(1234.5)
    ('–', '3', '0.26', '1,234')
    """
    if value is None:
        return "–"
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2g}" if abs(value) < 1 else f"{value:.1f}"


def lines(
    title: str, labels: Sequence[str], series: Mapping[str, Sequence[float | None]], marks: Sequence[Mark] = ()
) -> Markup:
    """Figures over time, a line each; a gap where a figure is missing."""
    top = nice_top(max((value for one in series.values() for value in one if value is not None), default=0))
    width, height = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
    step = width / max(1, len(labels) - 1)

    def x(nth: int) -> float:
        return round(_LEFT + nth * step, 1)

    def y(value: float) -> float:
        return round(_TOP + height * (1 - value / top), 1)

    parts = [_grid(top)]
    every = -(-len(labels) // _MOST_TICKS)
    parts += [
        _text(x(nth), _HEIGHT - 8, label, "end" if nth and nth == len(labels) - 1 else "middle")
        for nth, label in enumerate(labels)
        if nth % every == 0
    ]
    for mark in marks:
        parts.append(
            Markup('<g class="chart-mark"><title>{}</title><line x1="{}" x2="{}" y1="{}" y2="{}"/></g>').format(
                mark.label, x(mark.at), x(mark.at), _TOP, _TOP + height
            )
        )
    for kind, (name, values) in zip(count(1), series.items(), strict=False):
        for run in _runs(values):
            points = " ".join(f"{x(nth)},{y(value)}" for nth, value in run)
            parts.append(
                Markup('<polyline class="chart-line chart-{}" points="{}"><title>{}</title></polyline>').format(
                    kind, points, name
                )
            )
            parts += [
                Markup('<circle class="chart-{}" cx="{}" cy="{}" r="3"><title>{}</title></circle>').format(
                    kind, x(nth), y(value), f"{name}, {labels[nth]}: {number(value)}"
                )
                for nth, value in run
            ]
    told = "; ".join(f"{name}: {', '.join(number(value) for value in values)}" for name, values in series.items())
    return _figure(title, told, _HEIGHT, parts, list(series))


def _runs(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    runs: list[list[tuple[int, float]]] = [[]]
    for nth, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((nth, value))
    return [run for run in runs if run]


def bars(title: str, rows: Sequence[tuple[str, float, str]], top: float | None = None) -> Markup:
    """A bar for each row: its label, its length, and what is written beside it. ``top`` is the whole length."""
    longest = top or nice_top(max((value for _, value, _ in rows), default=0))
    width = _WIDTH - _LABEL - 90
    parts = []
    for nth, (label, value, told) in enumerate(rows):
        at = _TOP + nth * _ROW
        parts.append(_text(_LABEL - 8, at + 14, _short(label), "end"))
        parts.append(
            Markup('<rect class="chart-1" x="{}" y="{}" width="{}" height="18"><title>{}</title></rect>').format(
                _LABEL, at, round(max(1.0, width * min(1.0, value / longest)), 1), f"{label}: {told}"
            )
        )
        parts.append(_text(_LABEL + round(width * min(1.0, value / longest), 1) + 6, at + 14, told, "start"))
    described = "; ".join(f"{label}: {told}" for label, _, told in rows)
    return _figure(title, described, _TOP + len(rows) * _ROW + 6, parts, ())


def stacked(title: str, rows: Sequence[tuple[str, Mapping[str, int]]], kinds: Sequence[str]) -> Markup:
    """A bar for each row, made of its parts; the kinds of part are named below."""
    longest = max((sum(parts.values()) for _, parts in rows), default=0) or 1
    width = _WIDTH - _LABEL - 60
    drawn = []
    for nth, (label, of_row) in enumerate(rows):
        at, x = _TOP + nth * _ROW, float(_LABEL)
        drawn.append(_text(_LABEL - 8, at + 14, _short(label), "end"))
        for kind, name in enumerate(kinds, 1):
            if not (n := of_row.get(name, 0)):
                continue
            long = width * n / longest
            drawn.append(
                Markup('<rect class="stack-{}" x="{}" y="{}" width="{}" height="18"><title>{}</title></rect>').format(
                    kind, round(x, 1), at, round(long, 1), f"{label}, {name}: {n}"
                )
            )
            x += long
        drawn.append(_text(round(x + 6, 1), at + 14, number(sum(of_row.values())), "start"))
    told = "; ".join(f"{label}: {', '.join(f'{k} {v}' for k, v in of_row.items())}" for label, of_row in rows)
    return _figure(title, told, _TOP + len(rows) * _ROW + 6, drawn, kinds, _BOX)


def histogram(title: str, bins: Sequence[tuple[str, int]], mark: Mark | None = None) -> Markup:
    """How many fall into each bin; ``mark`` stands before the bin of its number."""
    top = nice_top(max((n for _, n in bins), default=0))
    width, height = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
    step = width / max(1, len(bins))
    parts = [_grid(top)]
    for nth, (label, n) in enumerate(bins):
        high = round(height * n / top, 1)
        x = round(_LEFT + nth * step, 1)
        parts.append(
            Markup('<rect class="chart-1" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>').format(
                x + 2, round(_TOP + height - high, 1), round(step - 4, 1), high, f"{label}: {n}"
            )
        )
        parts.append(_text(round(x + step / 2, 1), _HEIGHT - 8, label, "middle"))
    if mark is not None:
        x = round(_LEFT + mark.at * step, 1)
        parts.append(
            Markup('<g class="chart-mark"><title>{}</title><line x1="{}" x2="{}" y1="{}" y2="{}"/></g>').format(
                mark.label, x, x, _TOP, _TOP + height
            )
        )
        parts.append(_text(x + 4, _TOP + 10, mark.label, "start"))
    return _figure(title, ", ".join(f"{label}: {n}" for label, n in bins), _HEIGHT, parts, ())


def sparkline(values: Sequence[int], title: str) -> Markup:
    """A small line without axes, for a row of a table."""
    top = max(values, default=0) or 1
    step = 100 / max(1, len(values) - 1)
    points = " ".join(f"{nth * step:.1f},{20 - 18 * value / top:.1f}" for nth, value in enumerate(values))
    return Markup(
        '<svg class="sparkline" viewBox="0 0 100 22" width="100" height="22" role="img" aria-label="{}">'
        '<polyline class="chart-line chart-1" points="{}"/></svg>'
    ).format(title, points)


def _grid(top: float) -> Markup:
    height = _HEIGHT - _TOP - _BOTTOM
    made = []
    for share in (0, 0.5, 1):
        y = round(_TOP + height * (1 - share), 1)
        made.append(
            Markup('<line class="chart-grid" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(_LEFT, _WIDTH - _RIGHT, y, y)
        )
        made.append(_text(_LEFT - 6, y + 4, number(top * share), "end"))
    return Markup("").join(made)


def _text(x: float, y: float, text: str, anchor: str) -> Markup:
    return Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>').format(x, y, anchor, text)


def _short(label: str) -> str:
    return label if len(label) <= 30 else f"{label[:29]}…"


_LINE: Final = Markup('<line class="chart-line chart-{}" x1="0" x2="22" y1="5" y2="5"/>')
_BOX: Final = Markup('<rect class="stack-{}" x="6" y="0" width="10" height="10"/>')


def _figure(
    title: str, told: str, height: float, parts: Sequence[Markup], legend: Sequence[str], sign: Markup = _LINE
) -> Markup:
    keys = Markup("").join(
        Markup('<li><svg width="22" height="10" aria-hidden="true">{}</svg>{}</li>').format(sign.format(nth), name)
        for nth, name in enumerate(legend, 1)
    )
    return Markup(
        '<figure class="plot"><figcaption>{}</figcaption>'
        '<div class="plot-scroll" tabindex="0" role="region" aria-label="{}">'
        '<svg viewBox="0 0 {} {}" role="img" aria-label="{}"><desc>{}</desc>{}</svg></div>{}</figure>'
    ).format(
        title,
        f"Chart: {title}",
        _WIDTH,
        height,
        title,
        escape(told) or "nothing to show",
        Markup("").join(parts),
        Markup('<ul class="legend">{}</ul>').format(keys) if legend else "",
    )
