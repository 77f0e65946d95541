"""When low-dose naltrexone is on hold and an opioid course is over, then say when it may be restarted,

or, on resuming it after the opioid-free interval, to begin low, because the restart is the moment at which withdrawal
threatens.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from cards.chart import MEDICATION_LISTS, Chart, Exposure, ExposureState, Hook, NaltrexoneUse, UseState
from cards.chart_suggestions import task
from cards.drugs import OpioidKind, Role
from cards.findings import Finding, looks_for, says
from cards.naltrexone import is_low
from cards.numbers import Numbers, Quantity
from cards.phrasing import day, days, listed, milligrams
from cards.wordings import exposure_facts, naltrexone_facts, references

HARDLY_ABSORBED = frozenset({OpioidKind.GUT, OpioidKind.RESTRICTED})
"""Opioids that do not stand in the way of a restart."""


@looks_for(Role.NALTREXONE, needs=MEDICATION_LISTS)
def ldn_restart_after_opioid(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak about the held entry and the courses since; while an opioid is taken or undated, other rules speak."""
    held = [use for use in chart.naltrexone() if use.state is UseState.HELD and is_low(use, numbers)]
    lately = [e for e in chart.exposures if e.kind not in HARDLY_ABSORBED]
    if not held or any(e.state is not ExposureState.ENDED for e in lately):
        return
    if chart.hook is Hook.PATIENT_VIEW and lately:
        yield _waiting(chart, numbers, held, lately)
    elif not lately:
        yield from _resuming(chart, numbers, held)


def _waiting(chart: Chart, numbers: Numbers, held: list[NaltrexoneUse], lately: list[Exposure]) -> Finding:
    last = max(lately, key=lambda e: _earliest(e, numbers))
    return says(
        "waiting_single_dose" if _is_single_dose(last) else "waiting",
        opioid=last.drug.name,
        date=day(last.last_day),
        earliest=day(_earliest(last, numbers)),
        usual=day(last.clear_on),
        low=milligrams(numbers.restart_low),
        high=milligrams(numbers.start_dose),
        gap=days(numbers.long_gap.days),
        facts=[*naltrexone_facts(held), *exposure_facts(lately)],
        offers=[task()],
        evidence=references(lately),
        occasion=_earliest(last, numbers),
    )


def _resuming(chart: Chart, numbers: Numbers, held: list[NaltrexoneUse]) -> Iterator[Finding]:
    since = [course for course in chart.past_courses if any(_ended_since(course, use) for use in held)]
    for order in chart.ordering(Role.NALTREXONE):
        if since and order.is_low_dose:
            last = max(since, key=_last_day)
            yield says(
                "resuming",
                order,
                opioid=listed(course.drug.name for course in since),
                date=day(last.last_day),
                low=milligrams(numbers.restart_low),
                high=milligrams(numbers.start_dose),
                gap=days(numbers.long_gap.days),
                facts=[*naltrexone_facts(held), *exposure_facts(since)],
                evidence=references(since),
            )


def _ended_since(course: Exposure, use: NaltrexoneUse) -> bool:
    """Whether a course ended after the hold began; a hold without a date began before anything."""
    began = use.medication.changed or use.medication.ended or date.min
    return _last_day(course) >= began


def _earliest(exposure: Exposure, numbers: Numbers) -> date:
    """The first day for a restart: a short interval after a single dose, else never before the interval is complete."""
    day_after = _last_day(exposure) + timedelta(days=_interval(exposure, numbers).days)
    if _is_single_dose(exposure):
        return day_after
    return max(day_after, exposure.clear_on or date.min)


def _interval(exposure: Exposure, numbers: Numbers) -> Quantity:
    if _is_single_dose(exposure):
        return numbers.restart_after_single_dose
    if exposure.is_brief:
        return numbers.restart_after_brief
    if exposure.kind is OpioidKind.SHORT:
        return numbers.restart_after_regular
    return numbers.washout_gut_or_cough if exposure.kind is OpioidKind.COUGH else numbers.restart_after_long


def _is_single_dose(exposure: Exposure) -> bool:
    return exposure.is_brief and exposure.began == exposure.last_day


def _last_day(exposure: Exposure) -> date:
    return exposure.last_day or date.min
