"""Why the other rules stayed silent, added to the record of a call soon after its answer has left.

To ask every rule once more takes some twenty milliseconds: ten times the answer itself, and of the one processor that
answers. So it is done by a thread, when no call has come for a moment, and at least once a second while they keep
coming. The record itself – cards, findings, facts, states – was kept before the answer left, and with it what this
takes: what a killed process did not come to, or one with too much to do, is explained later (``leftovers``).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import Condition, Thread
from time import monotonic
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cards.explanation import Trace
    from cds_hooks.clinic import Answer

_MOST_WAITING: Final = 64
"""Answers held for this; each holds a chart. Others wait in the database."""

_BETWEEN_LOOKS: Final = 30.0
"""Seconds between two looks for what was left behind."""

_QUIET: Final = 0.05
"""Seconds without a call after which it is a quiet moment."""

_LONGEST: Final = 1.0
"""Seconds after which one is explained although calls keep coming."""


class Traces:
    """Explains answers in quiet moments; ``keep(call_id, trace)`` puts what comes of it where it belongs."""

    def __init__(self, keep: Callable[[str, Trace], None]) -> None:
        self._keep = keep
        self._explain_one_left: Callable[[], bool] | None = None
        self._next_look = 0.0
        self._waiting: deque[tuple[str, Answer]] = deque()
        self._changed = Condition()
        self._last_call = 0.0
        self._last_trace = 0.0
        self._is_busy = False
        self._ends = False
        self.missed = 0
        """How many this process did not explain, and left behind."""
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
            if len(self._waiting) == 1:  # else it looks by itself soon, and need not take the processor from an answer
                self._changed.notify_all()

    def look_for(self, explain_one_left: Callable[[], bool]) -> None:
        """Explain also what was left behind, one at a time, when there is nothing else to do."""
        with self._changed:
            self._explain_one_left = explain_one_left
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
                while not self._ends and self._must_wait():
                    self._changed.wait(self._pause())
                if self._ends:
                    return
                waiting = self._waiting.popleft() if self._waiting else None
                self._is_busy = True
            try:
                if waiting is not None:
                    call_id, answer = waiting
                    self._keep(call_id, answer.explain())
                elif self._explain_one_left is not None and not self._explain_one_left():
                    self._next_look = monotonic() + _BETWEEN_LOOKS
            except Exception:  # noqa: BLE001 - of a database whoever asks /readyz is told; an error of ours would end
                # this thread for all later answers, and print what it read. The answer was kept, and what this takes too.
                self.missed += 1
                self._next_look = monotonic() + _BETWEEN_LOOKS
            finally:
                with self._changed:
                    self._is_busy = False
                    self._last_trace = monotonic()
                    self._changed.notify_all()

    def _pause(self) -> float | None:
        if self._waiting:
            return _QUIET
        return max(_QUIET, self._next_look - monotonic()) if self._explain_one_left is not None else None

    def _must_wait(self) -> bool:
        is_time_to_look = self._explain_one_left is not None and monotonic() >= self._next_look
        if not self._waiting and not is_time_to_look:
            return True
        moment = monotonic()
        return moment - self._last_call < _QUIET and moment - self._last_trace < _LONGEST
