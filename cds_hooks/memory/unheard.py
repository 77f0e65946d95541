"""Which rules are not heard, as a process that answers knows it (``modes`` is where that is changed)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from threading import Lock
from time import monotonic
from typing import Final

RETIRED: Final = "retired"


class Unheard:
    """The rules that are not heard, looked up every few seconds: a change is known everywhere soon, and costs nothing."""

    def __init__(self, look_up: Callable[[], Iterable[tuple[str, str, str, str]]], every: float = 3.0) -> None:
        self._look_up = look_up
        self._every = every
        self._lock = Lock()
        self._looked_at: float | None = None
        self._known: Mapping[str, tuple[tuple[str, str, str], ...]] = {}

    def rules(self, client: str, at: str) -> frozenset[str]:
        """The rules that are not heard for a client at that moment (a stamp)."""
        return frozenset(rule for rule, _ in self._at(client, at))

    def retired(self, client: str, at: str) -> frozenset[str]:
        """Those of them that will not come back."""
        return frozenset(rule for rule, mode in self._at(client, at) if mode == RETIRED)

    def _at(self, client: str, at: str) -> Iterable[tuple[str, str]]:
        with self._lock:
            if self._looked_at is None or monotonic() - self._looked_at >= self._every:
                known: dict[str, list[tuple[str, str, str]]] = {}
                for rule, whose, until, mode in self._look_up():
                    known.setdefault(whose, []).append((rule, until, mode))
                self._known = {whose: tuple(rows) for whose, rows in known.items()}
                self._looked_at = monotonic()
        if not self._known:
            return ()
        rows = (*self._known.get("", ()), *(self._known.get(client, ()) if client else ()))
        return [(rule, mode) for rule, until, mode in rows if not until or until > at]
