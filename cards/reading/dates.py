"""Calendar days of FHIR dates, which may be partial.

Every FHIR version: ``date``, ``dateTime`` and ``instant``. A time of day and a zone are ignored: the day is the one
that is written, because it is the day the person who wrote it meant, and shifting it to UTC moves an evening dispensing
to the next day.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from functools import lru_cache

_LONGEST = 64  # an instant with nanoseconds and zone has 35 characters; the rest is garbage


def first_day(text: object) -> date | None:
    """Give the earliest day a FHIR date can mean.

    A year is its first of January, a month its first day. A dateTime without zone, without seconds, with ``+0000`` or
    with any number of fraction digits is accepted; text around a date (``"on 2024-03-01"``), a day that does not exist
    and anything that is not text are ``None``.

    >>> first_day("2024"), first_day("2024-03"), first_day("2024-03-09")
    (datetime.date(2024, 1, 1), datetime.date(2024, 3, 1), datetime.date(2024, 3, 9))
    >>> first_day("2024-03-09T23:30:00.1234567-05:00")
    datetime.date(2024, 3, 9)
    >>> first_day("2024-02-30") is None and first_day("soon") is None and first_day(None) is None
    True
    """
    days = _days(text) if isinstance(text, str) and len(text) <= _LONGEST else None
    return days[0] if days else None


def last_day(text: object) -> date | None:
    """Give the latest day a FHIR date can mean; accepts what ``first_day`` accepts.

    >>> last_day("2024"), last_day("2024-02"), last_day("2024-02-09T08:00")
    (datetime.date(2024, 12, 31), datetime.date(2024, 2, 29), datetime.date(2024, 2, 9))
    """
    days = _days(text) if isinstance(text, str) and len(text) <= _LONGEST else None
    return days[1] if days else None


@lru_cache(maxsize=4096)
def _days(text: str) -> tuple[date, date] | None:
    text = text.strip()
    # int() takes "٢٠٢٤", "+024" and "2_24" as well, which no sender means as a year.
    if not text.isascii() or not text[:4].isdigit() or len(text) < 4:
        return None
    try:
        year = int(text[:4])
        if len(text) == 4:
            return date(year, 1, 1), date(year, 12, 31)
        if text[4] != "-" or not text[5:7].isdigit() or len(text) < 7:
            return None
        month = int(text[5:7])
        if len(text) == 7:
            return date(year, month, 1), date(year, month, monthrange(year, month)[1])
        if text[7] != "-" or not text[8:10].isdigit() or len(text) < 10:
            return None
        day = date(year, month, int(text[8:10]))
    except (ValueError, IndexError):
        return None
    return (day, day) if _is_time(text[10:]) else None


def _is_time(rest: str) -> bool:
    """Whether what follows the day is nothing or a time, of whatever precision and zone."""
    if not rest:
        return True
    return rest[0] in "Tt " and all(char.isdigit() or char in ":.,+-Zz " for char in rest[1:])
