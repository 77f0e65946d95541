"""What a FHIR Timing of any version means: intakes a day, times of day, days."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.dosing import TimeOfDay
from cards.reading import shapes
from cards.reading.timings import NO_TIMES, read_timing

BEDTIME, EVENING, MORNING, OTHER = TimeOfDay.BEDTIME, TimeOfDay.EVENING, TimeOfDay.MORNING, TimeOfDay.OTHER


def repeating(**elements: Any) -> shapes.Timing:
    """A Timing with only a repeat; numbers become what the decoder makes of them."""
    for name in ("period", "periodMax"):
        if name in elements:
            elements[name] = Decimal(elements[name])
    return shapes.Timing(repeat=shapes.Repeat(**elements))


def coded(*codes: str, text: str | None = None, display: str | None = None) -> shapes.Timing:
    return shapes.Timing(
        code=shapes.Concept(coding=[shapes.Coding(code=code, display=display) for code in codes], text=text)
    )


def lasting(value: str, unit: str | None) -> shapes.Quantity:
    return shapes.Quantity(value=Decimal(value), unit=unit)


@pytest.mark.parametrize(
    ("elements", "per_day"),
    [
        ({"frequency": 1, "period": "1", "periodUnit": "d"}, "1"),
        ({"frequency": 1, "period": "1", "periodUnits": "d"}, "1"),
        ({"frequency": 3, "period": "1", "periodUnit": "d"}, "3"),
        ({"frequency": 1, "frequencyMax": 4, "period": "1", "periodUnit": "d"}, "4"),
        ({"period": "1", "periodUnit": "d"}, "1"),
        ({"frequency": 1, "period": "6", "periodUnit": "h"}, "4"),
        ({"frequency": 1, "period": "4", "periodMax": "6", "periodUnit": "h"}, "6"),
        ({"frequency": 1, "period": "24", "periodUnit": "h"}, "1"),
        ({"frequency": 1, "period": "2", "periodUnit": "d"}, "0.5"),
        ({"frequency": 1, "period": "1", "periodUnit": "days"}, "1"),
        ({"frequency": 7, "period": "1", "periodUnit": "wk"}, "1"),
        ({"when": ["HS"]}, "1"),
        ({"when": "HS"}, "1"),
        ({"when": ["MORN", "HS"]}, "2"),
        ({"when": ["ACM", "ACD", "ACV"]}, "3"),
        ({"frequency": 1, "period": "1", "periodUnit": "d", "when": ["MORN", "HS"]}, "2"),
        ({"frequency": 1, "period": "1", "periodUnit": "d", "when": ["EVE", "HS"]}, "1"),
        ({"frequency": 3, "period": "1", "periodUnit": "d", "when": ["AC"]}, "3"),
        ({"timeOfDay": ["09:00:00", "21:00:00"]}, "2"),
        ({"frequency": 1, "period": "1", "periodUnit": "d", "timeOfDay": ["21:00:00"]}, "1"),
    ],
)
def test_a_repeat_is_so_many_intakes_a_day(elements: dict[str, Any], per_day: str) -> None:
    assert read_timing(repeating(**elements)).per_day == Decimal(per_day)


@pytest.mark.parametrize(
    ("elements", "days", "times"),
    [
        ({"frequency": 1, "period": "3", "periodUnit": "d"}, 3, 1),
        ({"frequency": 1, "period": "1", "periodUnit": "wk"}, 7, 1),
        ({"frequency": 1, "period": "4", "periodUnit": "wk"}, 28, 1),
        ({"frequency": 1, "period": "1", "periodUnit": "mo"}, 30, 1),
        ({"frequency": 1, "period": "1", "periodUnit": "d", "dayOfWeek": ["mon", "wed", "fri"]}, 7, 3),
        ({"frequency": 1, "period": "1", "periodUnit": "wk", "dayOfWeek": ["mon", "wed", "fri"]}, 7, 3),
        ({"dayOfWeek": ["sat"]}, 7, 1),
    ],
)
def test_a_rare_intake_multiplies_back_exactly(elements: dict[str, Any], days: int, times: int) -> None:
    per_day = read_timing(repeating(**elements)).per_day
    assert per_day is not None
    assert per_day * days == times


@pytest.mark.parametrize(
    "elements",
    [
        {}, {"frequency": 1}, {"frequency": 1, "period": "1"}, {"frequency": 1, "period": "1", "periodUnit": "moon"},
        {"frequency": 0, "period": "0", "periodUnit": "d"}, {"frequency": 1, "period": "-1", "periodUnit": "d"},
        {"frequency": 1, "period": "NaN", "periodUnit": "d"}, {"when": ["AC"], "period": "1"}, {"when": []},
        {"when": ["XYZ"]},
    ],
)  # fmt: skip
def test_an_unclear_repeat_has_no_frequency(elements: dict[str, Any]) -> None:
    assert read_timing(repeating(**elements)).per_day is None


@pytest.mark.parametrize(
    ("elements", "when"),
    [
        ({"when": ["HS"]}, {BEDTIME}), ({"when": "hs"}, {BEDTIME}), ({"when": ["NIGHT"]}, {BEDTIME}),
        ({"when": ["EVE"]}, {EVENING}), ({"when": ["EVE.late"]}, {EVENING}), ({"when": ["MORN.early"]}, {MORNING}),
        ({"when": ["WAKE"]}, {MORNING}), ({"when": ["ACM"]}, {MORNING}), ({"when": ["CV"]}, {EVENING}),
        ({"when": ["AC"]}, {OTHER}), ({"when": ["NOON"]}, {OTHER}), ({"when": ["MORN", "HS"]}, {MORNING, BEDTIME}),
        ({"timeOfDay": ["10:59:00"]}, {MORNING}), ({"timeOfDay": ["11:00:00"]}, {OTHER}),
        ({"timeOfDay": ["16:59:00"]}, {OTHER}), ({"timeOfDay": ["17:00:00"]}, {EVENING}),
        ({"timeOfDay": ["19:59:00"]}, {EVENING}), ({"timeOfDay": ["20:00:00"]}, {BEDTIME}),
        ({"timeOfDay": ["0900"]}, {MORNING}), ({"timeOfDay": ["late"]}, set()), ({"timeOfDay": ["99:00"]}, set()),
    ],
)  # fmt: skip
def test_events_and_clocks_are_times_of_day(elements: dict[str, Any], when: set[TimeOfDay]) -> None:
    assert read_timing(repeating(**elements)).when == when


@pytest.mark.parametrize(
    ("elements", "days"),
    [
        ({"boundsDuration": lasting("14", "d")}, 14),
        ({"boundsDuration": lasting("2", "weeks")}, 14),
        ({"boundsDuration": lasting("1", "mo")}, 30),
        ({"boundsDuration": lasting("36", "h")}, 2),
        ({"boundsDuration": lasting("24", "h")}, 1),
        ({"boundsDuration": lasting("14", None)}, None),
        ({"boundsQuantity": lasting("14", "days")}, 14),
        ({"boundsRange": shapes.Range(low=lasting("7", "d"), high=lasting("14", "d"))}, 14),
        ({"boundsPeriod": shapes.Period(start="2024-03-01", end="2024-03-14")}, 14),
        ({"boundsPeriod": shapes.Period(start="2024-03-01T20:00:00Z", end="2024-03-01T21:00:00Z")}, 1),
        ({"boundsPeriod": shapes.Period(start="2024-03-02", end="2024-03-01")}, None),
        ({"boundsPeriod": shapes.Period(start="2024-03-01")}, None),
        ({"count": 28, "frequency": 2, "period": "1", "periodUnit": "d"}, 14),
        ({"count": 29, "frequency": 2, "period": "1", "periodUnit": "d"}, 15),
        ({"count": 14, "frequency": 3, "period": "1", "periodUnit": "wk"}, 33),
        ({"count": 28}, None),
    ],
)
def test_bounds_are_days_with_both_ends_counted(elements: dict[str, Any], days: int | None) -> None:
    assert read_timing(repeating(**elements)).lasts_days == days


@pytest.mark.parametrize(
    ("timing", "per_day", "when"),
    [
        (coded("QD"), "1", set()), (coded("BID"), "2", set()), (coded("TID"), "3", set()), (coded("QID"), "4", set()),
        (coded("QOD"), "0.5", set()), (coded("Q4H"), "6", set()), (coded("Q6H"), "4", set()), (coded("q24h"),
        "1", set()),
        (coded("BED"), "1", {BEDTIME}), (coded("AM"), "1", {MORNING}), (coded("PM"), "1", {OTHER}),
        (coded("229797004"), "1", set()), (coded("225756002"), "6", set()), (coded("24547289", "Q4H"), "6", set()),
        (coded(text="QHS"), "1", {BEDTIME}), (coded(text="nightly"), "1", {BEDTIME}), (coded(text="0900"),
        "1", {MORNING}),
        (coded(text="0900, 2100"), "2", {MORNING, BEDTIME}), (coded(text="at bedtime"), "1", {BEDTIME}),
        (coded(text="Every 6 hours"), "4", set()), (coded(text="1 (one) time each day"), "1", set()),
        (coded("24547289", display="every 12 hr"), "2", set()), (coded("QD", text="nightly"), "1", {BEDTIME}),
    ],
)  # fmt: skip
def test_a_code_or_its_text_tells_the_rhythm(timing: shapes.Timing, per_day: str, when: set[TimeOfDay]) -> None:
    times = read_timing(timing)
    assert (times.per_day, times.when) == (Decimal(per_day), when)


def test_as_needed_in_the_text_of_a_code_is_seen() -> None:
    assert read_timing(coded(text="Every 6 hours as needed")).as_needed


@pytest.mark.parametrize("timing", [None, shapes.Timing(), coded("0900"), coded("24547289"), coded(text="see notes")])
def test_nothing_known_is_nothing_said(timing: shapes.Timing | None) -> None:
    assert read_timing(timing) == NO_TIMES


def test_the_repeat_wins_over_the_code_and_takes_the_time_of_day_from_it() -> None:
    timing = repeating(frequency=2, period="1", periodUnit="d")
    timing.code = coded("BED").code
    assert read_timing(timing)[:2] == (Decimal(2), {BEDTIME})


@given(
    st.builds(
        shapes.Repeat,
        frequency=st.integers(),
        frequencyMax=st.none() | st.integers(),
        count=st.none() | st.integers(),
        period=st.none() | st.decimals(),
        periodUnit=st.none() | st.text() | st.sampled_from(["s", "min", "h", "d", "wk", "mo", "a"]),
        when=st.text() | st.lists(st.text()),
        timeOfDay=st.lists(st.text()),
        dayOfWeek=st.lists(st.text()),
        boundsDuration=st.none()
        | st.builds(shapes.Quantity, value=st.decimals(), unit=st.sampled_from(["d", "h", "a"])),
    )
)
def test_nothing_raises(repeat: shapes.Repeat) -> None:
    times = read_timing(shapes.Timing(repeat=repeat))
    assert times.per_day is None or times.per_day > 0
    assert times.lasts_days is None or times.lasts_days > 0
