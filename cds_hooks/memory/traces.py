"""Why the other rules stayed silent, added to the record of a call soon after its answer has left.

To ask every rule once more takes some twenty milliseconds: ten times the answer itself, and of the one processor that
answers. So it is done by a thread, when no call has come for a moment, and at least once a second while they keep
coming. The record itself – cards, findings, facts, states – was kept before the answer left; only this can be lost when
the process is killed, or when more cards are made than can be explained (``missed``).
"""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Callable
from threading import Condition, Thread
from time import monotonic
from typing import TYPE_CHECKING, Final

from cds_hooks.databases import DatabaseError
from cds_hooks.wire import encode

if TYPE_CHECKING:
    from cds_hooks.clinic import Answer

_MOST_WAITING: Final = 64
"""Answers held for this; each holds a chart."""

_QUIET: Final = 0.05
"""Seconds without a call after which it is a quiet moment."""

_LONGEST: Final = 1.0
"""Seconds after which one is explained although calls keep coming."""


class Traces:
    """Explains answers in quiet moments; ``keep(call_id, trace)`` puts what comes of it where it belongs."""

    def __init__(self, keep: Callable[[str, bytes], None]) -> None:
        self._keep = keep
        self._waiting: deque[tuple[str, Answer]] = deque()
        self._changed = Condition()
        self._last_call = 0.0
        self._last_trace = 0.0
        self._is_busy = False
        self._ends = False
        self.missed = 0
        """How many were not explained."""
        self._thread = Thread(target=self._work, name="traces", daemon=True)
        self._thread.start()

    def a_call_came(self) -> None:
        """Take note that this is no quiet moment."""
        self._last_call = monotonic()

    def add(self, call_id: str, answer: Answer) -> None:
        """Explain an answer later."""
        with self._changed:
            if len(self._waiting) >= _MOST_WAITING or self._ends:
                self.missed += 1
                return
            self._waiting.append((call_id, answer))
            self._changed.notify_all()

    def finish(self, within: float = 10.0) -> bool:
        """Wait until all are explained, without waiting for a quiet moment; whether they were in that time."""
        with self._changed:
            self._last_call = self._last_trace = 0.0
            self._changed.notify_all()
            return self._changed.wait_for(lambda: not self._waiting and not self._is_busy, within)

    def close(self, within: float = 2.0) -> None:
        """Explain what is waiting, as far as the time allows, and end."""
        self.finish(within)
        with self._changed:
            self._ends = True
            self.missed += len(self._waiting)
            self._waiting.clear()
            self._changed.notify_all()
        self._thread.join(within)

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._ends and (not self._waiting or self._must_wait()):
                    self._changed.wait(_QUIET if self._waiting else None)
                if self._ends:
                    return
                call_id, answer = self._waiting.popleft()
                self._is_busy = True
            try:
                self._keep(call_id, zlib.compress(encode(answer.explain().to_json()), 1))
            except DatabaseError:  # whoever asks /readyz is told; the answer was kept
                self.missed += 1
            finally:
                with self._changed:
                    self._is_busy = False
                    self._last_trace = monotonic()
                    self._changed.notify_all()

    def _must_wait(self) -> bool:
        moment = monotonic()
        return moment - self._last_call < _QUIET and moment - self._last_trace < _LONGEST
