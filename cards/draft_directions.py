"""How a draft says that it is taken: instructions with their times of day, in structure and words.

DSTU2 has no ``when`` beside a frequency.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from cards.dosing import TimeOfDay
from cards.drafts import (
    UCUM,
    Json,
    PlanStep,
    Product,
    Shape,
    When,
    counted,
    dosages_of,
    mass,
    plain,
    plain_milligrams,
    shape_of,
    whole,
    with_each_dosage,
)
from cards.phrasing import number

_WHEN_CODE = {TimeOfDay.BEDTIME: "HS", TimeOfDay.EVENING: "EVE", TimeOfDay.MORNING: "MORN"}


def instruction(
    resource: Mapping[str, Any], sequence: int, step: PlanStep, product: Product | None, when: When, shape: Shape
) -> Json:
    """One dosage instruction; the route the draft states stays."""
    times = _times(when)
    repeat: Json = {}
    if step.days is not None:
        duration: Json = {"value": step.days, "unit": "days", "system": UCUM, "code": "d"}
        repeat["boundsQuantity" if shape is Shape.DSTU2 else "boundsDuration"] = duration
    repeat.update(_rhythm(step.per_day, times, shape))
    made: Json = {"text": plain(and_when(_intake_words(sequence, step, product, times), times, step.days))}
    if shape is not Shape.DSTU2:
        made = {"sequence": sequence, **made}
    made["timing"] = {"repeat": repeat}
    if shape in (Shape.R4, Shape.R5):
        made["doseAndRate"] = [{"doseQuantity": mass(step.mg)}]
    else:
        made["doseQuantity"] = mass(step.mg)
    return by_the_route_of(resource, [made])[0]


def by_the_route_of(resource: Mapping[str, Any], directions: Iterable[Json]) -> list[Json]:
    """Copies of instructions, by the route that the draft states."""
    route = next((dosage["route"] for dosage in dosages_of(resource) if "route" in dosage), None)
    return [dict(direction) if route is None else _by(route, direction) for direction in directions]


def _by(route: Any, direction: Json) -> Json:
    told: Json = {}
    for name, value in direction.items():
        told[name] = value
        if name == "timing":
            told["route"] = route
    return told


def _rhythm(per_day: Decimal, times: Sequence[TimeOfDay], shape: Shape) -> Json:
    """Frequency and time of day. DSTU2 allows only one of the two, so a time that says once a day stands alone."""
    codes = [_WHEN_CODE[time] for time in times]
    unit = "periodUnits" if shape is Shape.DSTU2 else "periodUnit"
    if shape is Shape.DSTU2 and codes and per_day == len(codes) == 1:
        return {"when": codes[0]}
    frequency, period = (per_day, Decimal(1)) if per_day >= 1 else (Decimal(1), 1 / per_day)
    made: Json = {"frequency": int(frequency), "period": whole(period), unit: "d"}
    if codes and shape is not Shape.DSTU2:
        made["when"] = codes
    return made


def _intake_words(sequence: int, step: PlanStep, product: Product | None, times: Sequence[TimeOfDay]) -> str:
    verb = "Take" if sequence == 1 else "then"
    frequency = frequency_words(step.per_day) if not times or step.per_day != len(times) else ""
    if product is None:
        return f"{verb} {plain_milligrams(step.mg)} by mouth{frequency}"
    count = step.mg / product.mg
    return f"{verb} {counted(count, product.unit)} ({plain_milligrams(step.mg)}) by mouth{product.manner}{frequency}"


def frequency_words(per_day: Decimal | None) -> str:
    """How often it is taken, with a space before it: `` once daily``, `` every 2 days``, `` 3 times a day``."""
    if per_day is None:
        return ""
    if per_day == 1:
        return " once daily"
    if per_day < 1:
        return f" every {number(1 / per_day)} days"
    return f" {number(per_day)} times a day"


def and_when(words: str, when: When, days: int | None = None) -> str:
    """The words with the time of day, and how long, behind them."""
    said = " and ".join(time.value for time in _times(when))
    lasting = f" for {days} {'day' if days == 1 else 'days'}" if days is not None else ""
    return " ".join(part for part in (words, said) if part) + lasting


def _times(when: When) -> list[TimeOfDay]:
    """The times of day that have a code, in the order of the day."""
    if when is None:
        return []
    asked = {when} if isinstance(when, TimeOfDay) else set(when)
    return [time for time in (TimeOfDay.MORNING, TimeOfDay.EVENING, TimeOfDay.BEDTIME) if time in asked]


_TIME_PHRASES = tuple(
    tuple(phrase.split())
    for phrase in (
        "at bedtime", "before bedtime", "before bed", "at bed time", "at night", "at nighttime", "nightly",
        "every night", "each night", "per night", "in the evening", "every evening", "each evening", "in the morning",
        "every morning", "each morning", "at hs", "qhs", "qam", "qpm", "hs", "q hs", "q.h.s.",
    )
)  # fmt: skip


def _retimed_words(words: str, when: TimeOfDay) -> str:
    """The sig with its time of day replaced; the new time stands at the end.

    >>> _retimed_words("Take 1 capsule (1.5 mg) by mouth nightly.", TimeOfDay.MORNING)
    'Take 1 capsule (1.5 mg) by mouth in the morning'
    """
    return f"{_untimed(words)} {when.value}".strip()


def _untimed(words: str) -> str:
    tokens = words.split()
    lowered = tuple(token.casefold().strip(".,;") for token in tokens)
    kept: list[str] = []
    at = 0
    while at < len(tokens):
        phrase = next((p for p in _TIME_PHRASES if lowered[at : at + len(p)] == p), ())
        if not phrase:
            kept.append(tokens[at])
        at += len(phrase) or 1
    return " ".join(kept).rstrip(".,; ")


def retimed(resource: Mapping[str, Any], when: TimeOfDay, per_day: Decimal | None) -> Json:
    """The resource with its time of day stated, or changed, in structure and words."""
    shape = shape_of(resource)

    def timed(dosage: Json) -> Json:
        timing = dosage.get("timing")
        timing = dict(timing) if isinstance(timing, dict) else {}
        repeat = timing.get("repeat")
        repeat = dict(repeat) if isinstance(repeat, dict) else {}
        repeat.pop("timeOfDay", None)
        if "frequency" not in repeat and "period" not in repeat:
            repeat.update(_rhythm(per_day or Decimal(1), [when], shape))
        elif shape is Shape.DSTU2 and repeat.get("frequency") == 1 == repeat.get("period"):
            for key in ("frequency", "period", "periodUnits"):
                repeat.pop(key, None)
            repeat["when"] = _WHEN_CODE[when]
        else:
            repeat["when"] = _WHEN_CODE[when] if shape is Shape.DSTU2 else [_WHEN_CODE[when]]
        timing["repeat"] = repeat
        timing.pop("code", None)
        edited = {**dosage, "timing": timing}
        words = dosage.get("text")
        edited["text"] = (
            _retimed_words(words, when) if isinstance(words, str) and words.strip() else f"Take {when.value}"
        )
        said = dosage.get("patientInstruction")
        if isinstance(said, str) and _untimed(said) != said.rstrip(".,; "):
            edited["patientInstruction"] = _retimed_words(said, when)
        return edited

    return with_each_dosage(resource, timed)
