"""A chart as a few kilobytes, to be put aside for a moment and explained by another process.

It is what the rules see, not what was sent: the drafts as they came, and of all else the nouns of ``cards`` alone. That
does not grow with narrative, identifiers and all that no rule looks at. It is JSON, written and read by the types of
the nouns: what is read back is a chart, or nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache, partial
from types import FunctionType
from typing import Any, Final

import msgspec

from cards import Chart
from cards.chart import Exposure, Medication
from cards.numbers import Numbers
from cards.reading.charts import taken_on
from cds_hooks.wire import WrittenDecimal, exact_number


class NoChart(Exception):
    """Bytes that are no chart in shorthand, or one of another version."""


def shortened(chart: Chart) -> bytes:
    """A chart in shorthand; raises ``NoChart`` for one that cannot be written so, for it nests too deep."""
    try:
        return _encode(chart)
    except (TypeError, ValueError, RecursionError) as problem:
        raise NoChart(type(problem).__name__) from None


def lengthened(short: bytes, numbers: Numbers) -> Chart:
    """The chart, as it was read with the same numbers; raises ``NoChart``."""
    try:
        chart = _decoder().decode(short)
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError) as problem:
        raise NoChart(type(problem).__name__) from None
    listed: dict[Medication, Medication] = {}
    for one in chart.medications:
        listed.setdefault(one, one)

    def with_entries_listed(exposures: tuple[Exposure, ...]) -> tuple[Exposure, ...]:
        """An entry of a list is one noun, wherever the chart speaks of it."""
        return tuple(
            replace(one, entries=tuple(listed.get(entry, entry) for entry in one.entries)) for one in exposures
        )

    return replace(
        chart,
        exposures=with_entries_listed(chart.exposures),
        possible_exposures=with_entries_listed(chart.possible_exposures),
        past_courses=with_entries_listed(chart.past_courses),
        naltrexone_uses=tuple(
            replace(use, medication=listed.get(use.medication, use.medication)) for use in chart.naltrexone_uses
        ),
        counts_as_taken=taken_on(chart.today, numbers),
    )


@dataclass(frozen=True, slots=True)
class Told:
    """A resource of the client's own, at hand for a suggestion that would change it."""

    resource: Mapping[str, Any] | None

    def __call__(self) -> Mapping[str, Any] | None:
        """The resource."""
        return self.resource


def _written(value: Any) -> Any:
    """What is no noun, text or plain number."""
    match value:
        case WrittenDecimal():
            return msgspec.Raw(value.text.encode())
        case Decimal():  # a number that carries its unit and source with it
            return Decimal(value)
        case date():  # one that knows how it was written
            return date(value.year, value.month, value.day)
        case partial() | Told():  # finds the client's own resource among all that was sent; it alone is put aside
            return value()
        case FunctionType() | type():  # how the chart counts
            return None
    raise TypeError(type(value).__name__)


def _read(_: Any, value: Any) -> Any:
    """What finds a resource; in the place of how the chart counts something that ``lengthened`` replaces."""
    return Told(value) if isinstance(value, Mapping) else bool


_encode: Final = msgspec.json.Encoder(decimal_format="number", enc_hook=_written).encode


@cache
def _decoder() -> msgspec.json.Decoder[Chart]:
    return msgspec.json.Decoder(Chart, dec_hook=_read, float_hook=exact_number)
