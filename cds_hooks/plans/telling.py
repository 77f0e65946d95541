"""A schedule and its calendar as plain data: what the command line and the page tell, from one place."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, Final

from cards.drafts import counted
from cards.pages import RuleBook
from cards.phrasing import NBSP, days, milligrams, number
from cards.titration import Calendar, DatedStep, Fill, Schedule, Standing, calendar, schedules, starting_at
from cds_hooks.wire import Json

FOR_WHOM: Final = "For the prescriber. It is no leaflet for patients, and nobody with a licence has signed it off."
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d\Z", re.ASCII)


def every(book: RuleBook) -> list[Schedule]:
    """All schedules as this site has them."""
    return [schedule.at(book.shared) for schedule in schedules().values()]


def usual(book: RuleBook) -> Schedule | None:
    """The schedule that a start is offered by at this site."""
    return starting_at(book.shared.start_dose, book.shared)


def found(schedule_id: str, book: RuleBook) -> Schedule | None:
    """The schedule of that id."""
    known = schedules().get(schedule_id)
    return known.at(book.shared) if known is not None else None


def nearest(schedule_id: str) -> list[str]:
    """The ids that look most like it."""
    return get_close_matches(schedule_id, list(schedules()), n=3, cutoff=0.5)


def dated(schedule: Schedule, start: date, book: RuleBook) -> Calendar | None:
    """The calendar of a schedule from that day on. Raises ``OverflowError`` where no calendar reaches so far."""
    return calendar(schedule, start, book.shared)


def day_of(text: str) -> date | None:
    """The day that such a text names; ``None`` when it is none.

    >>> day_of("2026-03-02"), day_of("2026-02-30"), day_of("tomorrow")
    (datetime.date(2026, 3, 2), None, None)
    """
    with suppress(ValueError):
        if _DAY.match(text):
            return date.fromisoformat(text)
    return None


def line_of(schedule: Schedule) -> Json:
    """A schedule in a list."""
    return {
        "id": schedule.id,
        "title": schedule.title,
        "population": schedule.population,
        "standing": schedule.standing.value,
        "standingMeans": schedule.standing.words,
        "doses": schedule.words,
        "when": when_words(schedule),
        "evidence": schedule.evidence,
        "hasCalendar": bool(schedule.steps) and schedule.standing is not Standing.NEVER,
    }


def when_words(schedule: Schedule) -> str:
    """When it is taken."""
    return schedule.when.value if schedule.when is not None else "at any fixed time of day"


def told(schedule: Schedule, planned: Calendar | None, book: RuleBook) -> Json:
    """All that is known of a schedule, with its calendar where there is one."""
    cited = [book.sources[key] for key in schedule.sources]
    about: Json = {
        **line_of(schedule),
        "note": schedule.note,
        "most": schedule.most,
        "sources": [{"key": one.key, "title": one.title, "url": one.url, "grade": one.grade} for one in cited],
        "forWhom": FOR_WHOM,
    }
    if planned is None:
        return about
    return {
        **about,
        "start": planned.start.isoformat(),
        "steps": [_step(step, planned) for step in planned.steps],
        "fills": [_fill(fill) for fill in planned.fills],
        "reviews": [{"day": one.day.isoformat(), "words": one.words} for one in planned.reviews],
        "advice": list(planned.advice),
    }


def _step(step: DatedStep, planned: Calendar) -> Json:
    fill = planned.fills[step.fill - 1]
    often = "" if step.per_day == 1 else f" {number(step.per_day)} times a day"
    return {
        "mg": step.mg,
        "timesADay": step.per_day,
        "from": step.starts.isoformat(),
        "to": step.ends.isoformat() if step.ends is not None else None,
        "units": step.count,
        "fill": step.fill,
        "dose": f"{milligrams(step.mg)}{often}",
        "take": f"{_units(step.count, fill)} of {product(fill)}",
    }


def _units(count: Decimal, fill: Fill) -> str:
    return f"{number(count)}{NBSP}mL" if fill.unit == "mL" else counted(count, fill.unit)


def _fill(fill: Fill) -> Json:
    return {
        "day": fill.day.isoformat(),
        "mgPerUnit": fill.mg,
        "unit": fill.unit,
        "quantity": fill.quantity,
        "days": fill.days,
        "isAfterReview": fill.is_after_review,
        "what": f"{_units(fill.quantity, fill)} of {product(fill)}",
        "lasting": days(fill.days),
    }


def product(fill: Fill) -> str:
    """What a fill is made of."""
    return f"{milligrams(fill.mg)}/mL" if fill.unit == "mL" else milligrams(fill.mg)


def spoken(day: Any) -> str:
    """A day as a reader sees it, with the day of the week.

    >>> spoken("2026-03-02")
    'Mon, Mar 2, 2026'
    """
    from cards.phrasing import day as words

    when = day if isinstance(day, date) else date.fromisoformat(day)
    return f"{_WEEK[when.weekday()]}, {words(when)}"


_WEEK: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
