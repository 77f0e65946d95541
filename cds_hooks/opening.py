"""Rooms of the house that are put together while calls are answered already.

An EHR's call needs neither the review desk nor the database's toolkit, and their loading takes as long as all else. So
a process answers calls as soon as it can, and whoever wants a page – ``/readyz`` too – waits until the rest is there.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread


class Opening:
    """What is still to be put together; at first nothing is."""

    def __init__(self) -> None:
        self._is_over = Event()
        self._is_over.set()
        self._failure = ""

    def begin(self, furnish: Callable[[], None]) -> None:
        """Put the rest together beside the calls. What fails is not lost: :meth:`check` tells it."""
        self._is_over.clear()
        Thread(target=self._run, args=(furnish,), name="opening", daemon=True).start()

    def _run(self, furnish: Callable[[], None]) -> None:
        try:
            furnish()
        except Exception as problem:  # noqa: BLE001 - a process without pages must say so, whatever the reason
            self._failure = f"could not be put together ({type(problem).__name__})"
        finally:
            self._is_over.set()

    def wait(self) -> None:
        """Return when nothing is left to do."""
        self._is_over.wait()

    def check(self) -> str:
        """What is wrong, as a check of readiness says it."""
        self.wait()
        return self._failure
