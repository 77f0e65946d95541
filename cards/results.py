"""The newest of what was measured or asked, for the rules that rest on one result.

Only what was told is read here. A rule that finds nothing asks ``chart.must_know`` whether that means anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.labs import LabResult, LabTest, Outcome
from cards.phrasing import NBSP, day, number

if TYPE_CHECKING:
    from cards.chart import Chart

_PLAIN_UNITS = {"mL/min/{1.73_m2}": f"mL/min/1.73{NBSP}m²", "m[IU]/L": "mIU/L", "m[IU]/mL": "mIU/mL", "{score}": ""}


def results_of(chart: Chart, test: LabTest, within: int) -> list[LabResult]:
    """The results of a test of the last so many days, newest first; one without a day counts as too old."""
    return [
        result
        for result in chart.results_of(test)
        if result.taken is not None and 0 <= (chart.today - result.taken).days <= within
    ]


def latest_value(chart: Chart, test: LabTest, within: int) -> LabResult | None:
    """The newest result of a test that is a number."""
    return next((r for r in results_of(chart, test, within) if r.value is not None), None)


def latest_answer(chart: Chart, test: LabTest, within: int) -> LabResult | None:
    """The newest result of a test that says yes or no."""
    return next((r for r in results_of(chart, test, within) if r.outcome is not Outcome.UNKNOWN), None)


def amount(result: LabResult) -> str:
    """The number of a result with its unit; a bound is told in words, since signs get lost on a card."""
    if result.value is None:
        return result.outcome.value
    unit = _PLAIN_UNITS.get(result.test.unit, result.test.unit)
    bound = {"<": "below ", "<=": "at most ", ">": "above ", ">=": "at least "}.get(result.comparator, "")
    return f"{bound}{number(result.value)}{NBSP + unit if unit else ''}"


def result_fact(result: LabResult) -> str:
    """One line about a result: what, how much, when."""
    return f"{result.test.value}: {amount(result)}, {day(result.taken)}"
