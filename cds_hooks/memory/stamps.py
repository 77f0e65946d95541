"""Moments as the tables hold them: UTC, as text of fixed width that sorts as time does."""

from __future__ import annotations

from datetime import UTC, datetime


def stamp(at: datetime) -> str:
    """A moment as the tables hold it.

    >>> stamp(datetime(2026, 11, 24, 10, 11, 12, tzinfo=UTC))
    '2026-11-24T10:11:12.000000Z'
    """
    return at.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def moment(text: str) -> datetime:
    """The moment of a stamp."""
    return datetime.fromisoformat(text.removesuffix("Z") + "+00:00")


def when(at: str) -> str:
    """A stamp as a list shows it.

    >>> when("2026-11-24T10:11:12.123456Z")
    '24 Nov 2026, 10:11'
    """
    told = moment(at)
    return f"{told.day} {told:%b %Y, %H:%M}"


def now() -> datetime:
    """This moment."""
    return datetime.now(UTC)
