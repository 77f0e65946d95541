"""Whether the patient is pregnant or breastfeeds, from conditions, tests and answers, for the rules that ask.

Only what was told is read. A sign of breastfeeding that is newer than every sign of pregnancy means that the pregnancy
is over, also when nobody closed its entry; a newer *not pregnant* outweighs an older test, but no entry of the problem
list.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from cards.conditions import ConditionGroup
from cards.labs import LabResult, LabTest, Outcome
from cards.phrasing import day
from cards.results import results_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from cards.chart import Chart
    from cards.numbers import Numbers

_WEEK = 7

SIGNS_OF_PREGNANCY = (
    ConditionGroup.PREGNANCY,
    LabTest.PREGNANCY_STATUS,
    LabTest.PREGNANCY_TEST,
    LabTest.GESTATIONAL_AGE,
    LabTest.DUE_DATE,
)
"""What can tell of a pregnancy."""

SIGNS_OF_BREASTFEEDING = (ConditionGroup.LACTATION, LabTest.LACTATION_STATUS)
"""What can tell of breastfeeding."""


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that says so: a few words for a summary, a line with its date, its resource, and when it was told."""

    words: str
    fact: str
    reference: str
    told: date | None


def sign_of_pregnancy(chart: Chart, numbers: Numbers) -> Sign | None:
    """The newest sign that the patient is pregnant today; ``None`` where nothing told says so."""
    newest = _newest([sign for sign in _signs_of_pregnancy(chart, numbers) if sign is not None])
    if newest is None:
        return None
    feeding = _newest(_signs_of_breastfeeding(chart, numbers))
    is_over = feeding is not None and (feeding.told or date.min) > (newest.told or date.min)
    return None if is_over else newest


def sign_of_breastfeeding(chart: Chart, numbers: Numbers) -> Sign | None:
    """The newest sign that the patient breastfeeds; ``None`` where nothing told says so."""
    return _newest(_signs_of_breastfeeding(chart, numbers))


def _signs_of_pregnancy(chart: Chart, numbers: Numbers) -> Iterator[Sign | None]:
    lasts = numbers.pregnancy_lasts.days
    yield from _of_conditions(chart, ConditionGroup.PREGNANCY, lasts)
    told = [
        result
        for test in (LabTest.PREGNANCY_STATUS, LabTest.PREGNANCY_TEST)
        for result in results_of(chart, test, lasts)
    ]
    yield _of_answers(told)
    for result in results_of(chart, LabTest.GESTATIONAL_AGE, lasts):
        if result.taken is not None and result.value is not None:
            at_most = result.taken + timedelta(lasts - int(result.value * _WEEK))
            if chart.today <= at_most:
                yield Sign(
                    "gestational age", f"gestational age told {day(result.taken)}", result.reference, result.taken
                )
            break
    for result in chart.results_of(LabTest.DUE_DATE):
        if result.names is not None:
            if chart.today <= result.names <= chart.today + timedelta(lasts):
                yield Sign("a due date", f"due date: {day(result.names)}", result.reference, result.taken)
            break


def _signs_of_breastfeeding(chart: Chart, numbers: Numbers) -> list[Sign]:
    lasts = numbers.breastfeeding_lasts.days
    answers = _of_answers(results_of(chart, LabTest.LACTATION_STATUS, lasts))
    return [*_of_conditions(chart, ConditionGroup.LACTATION, lasts), *([answers] if answers is not None else ())]


def _of_conditions(chart: Chart, group: ConditionGroup, lasts: int) -> Iterator[Sign]:
    """An entry of the problem list counts for so many days; one without a day counts."""
    for condition in chart.told_conditions(group):
        sign = condition.latest_sign
        if sign is None or (chart.today - sign).days < lasts:
            when = f", {day(sign)}" if sign is not None else ""
            yield Sign(group.label, f"{group.label}: on the problem list{when}", condition.reference, sign)


def _of_answers(told: list[LabResult]) -> Sign | None:
    """The newest answer, where it is yes."""
    if not told:
        return None
    answered = [result for result in told if result.outcome is not Outcome.UNKNOWN]
    newest = max(answered, key=lambda result: result.taken or date.min, default=None)
    if newest is None or not newest.is_positive:
        return None
    return Sign(newest.test.value, f"{newest.test.value}: yes, {day(newest.taken)}", newest.reference, newest.taken)


def _newest(signs: Collection[Sign]) -> Sign | None:
    """The sign told last; one without a day comes first only where there is no other."""
    return max(signs, key=lambda sign: sign.told or date.min) if signs else None
