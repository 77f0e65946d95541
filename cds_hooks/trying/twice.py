"""Forms that come twice – a double click, a reload, a step back and forward again: what was done once is done once.

A page that stores nothing has no address to send a browser to after a POST: what it shows is in the form alone, and may
be megabytes. So the answer comes at once, each page has a number of its own that its form brings back, and a form that
comes again is recognised by that number and by what it asks for.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cds_hooks.wire import Json

MOST: Final = 1000
"""So many acts are remembered: far more than a demo sees between a press and its repetition."""


@dataclass(slots=True)
class Act:
    """Something that a form asked for: the moment of the first time, and the cards of a call that was kept then."""

    at: str
    kept: list[Json] | None = None
    lock: Lock = field(default_factory=Lock, repr=False)


class Acts:
    """What forms asked for lately: digests and moments, and of what they asked us to keep the cards.

    Of this process alone: the demo has one.
    """

    def __init__(self, now: Callable[[], str], most: int = MOST) -> None:
        self._now = now
        self._most = most
        self._lock = Lock()
        self._acts: OrderedDict[bytes, Act] = OrderedDict()

    @contextmanager
    def once(self, number: str, asked: bytes) -> Iterator[Act]:
        """The act that a page with that number asked for, the same one each time; while it is done, a second one waits."""
        key = sha256(number.encode() + b"\0" + asked).digest()
        with self._lock:
            act = self._acts.setdefault(key, Act(self._now()))
            while len(self._acts) > self._most:
                self._acts.popitem(last=False)
        with act.lock:
            yield act
