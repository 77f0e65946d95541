"""A FHIR Timing becomes intakes a day, times of day and a number of days.

Accepted: ``repeat`` with ``frequency``/``frequencyMax``, ``period``/``periodMax``, ``periodUnit`` (``periodUnits`` in
DSTU2), ``when`` (a list; one code in DSTU2 and STU3), ``timeOfDay``, ``dayOfWeek``, ``count`` and any of the bounds;
and ``code``, by GTS abbreviation of any system, SNOMED CT frequency, display or text ("0900", "QHS", "Every 6 hours as
needed"). ``repeat`` wins over ``code``. Left unread: ``event`` (planned dates are not a rhythm), ``offset`` and
``duration`` (how long one intake takes).
https://hl7.org/fhir/R4/datatypes.html#Timing
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from cards.dosing import TimeOfDay
from cards.reading import shapes
from cards.reading.amounts import divide, number, pace, to_days, whole_days
from cards.reading.dates import first_day, last_day
from cards.reading.sigs import read_sig
from cards.reading.words import time_of_hour

_NEVER: frozenset[TimeOfDay] = frozenset()


class Times(NamedTuple):
    """How often, when and for how many days; ``None`` and an empty set where nothing says so."""

    per_day: Decimal | None = None
    when: frozenset[TimeOfDay] = _NEVER
    lasts_days: int | None = None
    as_needed: bool = False


NO_TIMES = Times()

_ONE = Decimal(1)
_BEDTIME, _EVENING, _MORNING, _OTHER = TimeOfDay.BEDTIME, TimeOfDay.EVENING, TimeOfDay.MORNING, TimeOfDay.OTHER

# EventTiming and TimingEvent. A meal that is not named is another time; a named one is its part of the day.
_EVENTS: dict[str, TimeOfDay] = {
    code: when
    for when, codes in (
        (_BEDTIME, "HS NIGHT PHS"),
        (_EVENING, "EVE CV ACV PCV ICV"),
        (_MORNING, "MORN WAKE CM ACM PCM ICM"),
        (_OTHER, "NOON AFT C CD AC ACD PC PCD IC ICD"),
    )
    for code in codes.split()
}
_BOTH_NIGHT = frozenset({_EVENING, _BEDTIME})
# "Before meals" is a time, not a number of them.
_UNCOUNTED = frozenset({"C", "AC", "PC", "IC", "IMD"})


def _each(hours: int) -> Decimal:
    return divide(Decimal(24), Decimal(hours))


# Abbreviations of any system: HL7's GTS codes, and the Latin ones that local systems use the same way. HL7 defines PM
# as the afternoon, so it is another stated time and not the evening.
_CODES: dict[str, tuple[Decimal, TimeOfDay | None]] = {
    "QD": (_ONE, None),
    "BID": (Decimal(2), None),
    "TID": (Decimal(3), None),
    "QID": (Decimal(4), None),
    "QOD": (Decimal("0.5"), None),
    "AM": (_ONE, _MORNING),
    "PM": (_ONE, _OTHER),
    "BED": (_ONE, _BEDTIME),
    "HS": (_ONE, _BEDTIME),
    "QHS": (_ONE, _BEDTIME),
    "QPM": (_ONE, _EVENING),
    "QAM": (_ONE, _MORNING),
    "WK": (divide(_ONE, Decimal(7)), None),
    "MO": (divide(_ONE, Decimal(30)), None),
    **{f"Q{hours}H": (_each(hours), None) for hours in (1, 2, 3, 4, 6, 8, 12, 24, 36, 48, 72)},
    # SNOMED CT; of a range, the most often
    "229797004": (_ONE, None),
    "229799001": (Decimal(2), None),
    "229798009": (Decimal(3), None),
    "307439001": (Decimal(4), None),
    "225756002": (_each(4), None),
    "307468000": (_each(6), None),
    "307469008": (_each(8), None),
    "307470009": (_each(12), None),
    "396125000": (_ONE, None),
    "396131002": (_each(48), None),
    "396143001": (_each(72), None),
    "396107007": (Decimal(2), None),
    "396108002": (Decimal(3), None),
    "396109005": (Decimal(4), None),
    "396111001": (Decimal(4), None),
    "225752000": (_each(2), None),
    "225754004": (_each(3), None),
    "396127008": (_each(3), None),
    "396139000": (_each(6), None),
    "396140003": (_each(8), None),
}


def read_timing(timing: shapes.Timing | None) -> Times:
    """Read how often, when and for how long; what is missing or odd is unknown.

    >>> at_night = shapes.Repeat(frequency=1, period=Decimal(1), periodUnit="d", when=["HS"])
    >>> read_timing(shapes.Timing(repeat=at_night))[:2]
    (Decimal('1'), frozenset({<TimeOfDay.BEDTIME: 'at bedtime'>}))
    >>> read_timing(shapes.Timing(code=shapes.Concept(text="Every 6 hours as needed")))
    Times(per_day=Decimal('4'), when=frozenset(), lasts_days=None, as_needed=True)
    """
    if timing is None:
        return NO_TIMES
    repeat, code = timing.repeat, timing.code
    if code is None:
        return _read_repeat(repeat) if repeat is not None else NO_TIMES
    coded = _read_code(code)
    if repeat is None:
        return coded
    said = _read_repeat(repeat)
    return Times(
        said.per_day if said.per_day is not None else coded.per_day,
        said.when or coded.when,
        said.lasts_days if said.lasts_days is not None else coded.lasts_days,
        coded.as_needed,
    )


def _read_repeat(repeat: shapes.Repeat) -> Times:
    when, parts = _times_of_day(repeat)
    per_day = _per_day(repeat, parts)
    lasts = _bounds(repeat)
    if lasts is None and repeat.count is not None and per_day is not None:
        count = number(repeat.count)
        # A third of a day is not exact: 42 intakes at 3 a day must not come to 15 days.
        lasts = whole_days(divide(count, per_day).quantize(Decimal("0.000001"))) if count else None
    return Times(per_day, when, lasts)


def _times_of_day(repeat: shapes.Repeat) -> tuple[frozenset[TimeOfDay], int]:
    """The times of day, and how many intakes they are when each is one."""
    given = repeat.when
    codes = (given,) if isinstance(given, str) else given
    if not codes and not repeat.timeOfDay:
        return _NEVER, 0
    found: set[TimeOfDay] = set()
    counted: set[str] = set()
    for code in codes:
        base = code.partition(".")[0].upper()
        event = _EVENTS.get(base)
        if event is None:
            continue
        found.add(event)
        if base not in _UNCOUNTED:
            # Evening and bedtime side by side describe one intake: "in the evening, before sleep".
            counted.add("night" if event in _BOTH_NIGHT else base if event is _OTHER else event.value)
    clocks = set()
    for text in repeat.timeOfDay:
        clock = _clock(text)
        if clock is not None:
            found.add(clock)
            clocks.add(text[:5])
    return frozenset(found), max(len(counted), len(clocks))


def _clock(text: object) -> TimeOfDay | None:
    """The time of day of "21:00:00", "0900" or "9:00"."""
    if not isinstance(text, str) or not 3 <= len(text) <= 20:
        return None
    hour, colon, _ = text.strip().partition(":")
    if not colon:
        hour = hour[:-2] if len(hour) in (3, 4) and hour.isdigit() else ""
    return time_of_hour(int(hour)) if hour.isascii() and hour.isdigit() and len(hour) <= 2 and int(hour) < 25 else None


def _per_day(repeat: shapes.Repeat, parts: int) -> Decimal | None:
    frequency = number(repeat.frequency)
    most = number(repeat.frequencyMax)
    if most is not None and (frequency is None or most > frequency):
        frequency = most
    period = number(repeat.period)
    unit = repeat.periodUnit or repeat.periodUnits
    per_day = None
    if period is not None and unit:
        # FHIR: a period without a frequency means once in it.
        times = frequency if frequency is not None else _ONE
        per_day = pace(times, period, unit)
        if per_day is not None and parts > per_day >= 1:
            # "Once a day, in the morning and at bedtime": both are meant.
            per_day = Decimal(parts)
    elif parts and repeat.period is None:
        per_day = max(frequency or _ONE, Decimal(parts))
    week_days = {day.lower()[:3] for day in repeat.dayOfWeek}
    if week_days and (per_day is None or per_day >= 1):
        # "Once a day on Monday and Thursday" is twice a week.
        per_day = divide((per_day or _ONE) * len(week_days), Decimal(7))
    elif week_days and frequency in (None, 1) and per_day is not None and per_day * 7 == 1:
        # "Once a week, on Monday and Thursday": senders write the week for the rhythm of the days.
        per_day = divide(Decimal(len(week_days)), Decimal(7))
    return per_day


def _bounds(repeat: shapes.Repeat) -> int | None:
    """How many days: of a period, from the first to the last day and both of them."""
    days = to_days(repeat.boundsDuration)
    if days is None:
        days = to_days(repeat.boundsQuantity)
    if days is None and repeat.boundsRange is not None:
        days = to_days(repeat.boundsRange.high) or to_days(repeat.boundsRange.low)
    if days is None and repeat.boundsPeriod is not None:
        start, end = first_day(repeat.boundsPeriod.start), last_day(repeat.boundsPeriod.end)
        if start is not None and end is not None and end >= start:
            days = whole_days(Decimal((end - start).days + 1))
    return days


def _read_code(code: shapes.Concept) -> Times:
    for coding in code.coding:
        known = _CODES.get(coding.code.upper()) if coding.code else None
        if known is not None:
            per_day, when = known
            words = _read_words(code.text) if code.text else NO_TIMES
            return Times(per_day, frozenset({when}) if when else words.when, words.lasts_days, words.as_needed)
    # A code that is a bare number is an identifier, and not a time of day.
    codes = (coding.code for coding in code.coding if coding.code and not coding.code.isdigit())
    for text in (code.text, *(coding.display for coding in code.coding), *codes):
        read = _read_words(text) if text else NO_TIMES
        if read != NO_TIMES:
            return read
    return NO_TIMES


def _read_words(text: str) -> Times:
    return _remembered_words(text) if len(text) <= 200 else NO_TIMES


@lru_cache(maxsize=1024)
def _remembered_words(text: str) -> Times:
    known = _CODES.get(text.strip().upper())
    if known is not None:
        return Times(known[0], frozenset({known[1]}) if known[1] else _NEVER)
    # "0900", or "0900, 2100"
    parts = text.replace(",", " ").replace(";", " ").replace("&", " ").replace(" and ", " ").split()
    if parts and all(len(part) in (4, 5) and part.replace(":", "").isdigit() for part in parts):
        clocks = [_clock(part) for part in parts]
        if all(clocks):
            return Times(Decimal(len(parts)), frozenset(clock for clock in clocks if clock))
    for step in read_sig(text).steps:
        if step.intakes:
            intake = step.intakes[0]
            return Times(intake.per_day, intake.when, step.lasts_days, step.as_needed)
        return Times(None, _NEVER, step.lasts_days, step.as_needed)
    return NO_TIMES
