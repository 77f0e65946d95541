"""Partial and odd dates become the first and the last calendar day they can mean."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.reading.dates import first_day, last_day


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2023-02", date(2023, 2, 1), date(2023, 2, 28)),
        ("2024-12", date(2024, 12, 1), date(2024, 12, 31)),
        ("0001", date(1, 1, 1), date(1, 12, 31)),
        ("9999-12", date(9999, 12, 1), date(9999, 12, 31)),
    ],
)
def test_a_partial_date_runs_from_its_first_to_its_last_day(text: str, first: date, last: date) -> None:
    assert (first_day(text), last_day(text)) == (first, last)


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-09",
        "2024-03-09T23:30:00-05:00",
        "2024-03-09T00:30:00+12:00",
        "2024-03-09T08:00:00Z",
        "2024-03-09T08:00:00",
        "2024-03-09T08:00",
        "2024-03-09T08:00:00+0000",
        "2024-03-09T08:00:00.1234567Z",
        "2024-03-09t08:00:00z",
        "2024-03-09 08:00:00",
        " 2024-03-09 ",
    ],
)
def test_a_date_with_any_time_is_the_day_as_written(text: str) -> None:
    assert first_day(text) == last_day(text) == date(2024, 3, 9)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "soon", "24", "202", "20245", "2024-", "2024-3", "2024-13", "2024-00", "2024-02-30", "2024-03-00",
        "2024-3-9", "20240309", "2024/03/09", "09.03.2024", "2024-03-09X", "2024-03-09Thursday", "0000", "+2024",
        "2_24",
        "٢٠٢٤", "2024-03-09" + "0" * 80, None, 2024, date(2024, 3, 9), ["2024"], True,
    ],
)  # fmt: skip
def test_what_is_no_date_is_none(text: object) -> None:
    assert first_day(text) is None
    assert last_day(text) is None


def test_the_29th_of_february_exists_in_a_leap_year_and_not_in_the_next() -> None:
    assert first_day("2024-02-29") == date(2024, 2, 29)
    assert first_day("2025-02-29") is None


@given(st.one_of(st.text(), st.from_regex(r"[0-9]{1,5}(-[0-9]{0,3}){0,3}(T.{0,12})?"), st.integers(), st.none()))
def test_nothing_raises_and_the_first_day_is_never_after_the_last(text: object) -> None:
    first, last = first_day(text), last_day(text)
    assert (first is None) == (last is None)
    assert first is None or last is None or first <= last


@given(st.dates(), st.sampled_from(["", "T00:00:00Z", "T23:59:59.999-11:00", "T12:00"]))
def test_every_day_that_is_written_comes_back(day: date, time: str) -> None:
    assert first_day(day.isoformat() + time) == last_day(day.isoformat() + time) == day
