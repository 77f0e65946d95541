"""A clinic that asks a terminology server before it reads, about the codes it does not know.

It waits once for each call, not once for each time the call is looked at: no longer than the server is given, and not
past the moment at which the answer must be on its way.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import date
from math import inf
from threading import Lock
from typing import TYPE_CHECKING, Any

from cards import Answer, Clinic, CodeMeaning, Dialect, Hook, Kind, UnknownCodes

if TYPE_CHECKING:
    from cards.pages import RuleBook
    from cds_hooks.terminology.server import Meaning, TerminologyServer


class AskingClinic:
    """A clinic that asks a terminology server before it reads, about the codes it does not know."""

    def __init__(self, clinic: Clinic, server: TerminologyServer) -> None:
        self._clinic = clinic
        self._server = server
        self._wiser = clinic
        self._knows: dict[tuple[str, str], Meaning] = {}
        self._lock = Lock()

    @property
    def book(self) -> RuleBook:
        """The rules of this house."""
        return self._clinic.book

    @property
    def alone(self) -> Clinic:
        """The clinic itself, which asks nobody."""
        return self._clinic

    @property
    def patience(self) -> float:
        """The seconds that one call may wait in all."""
        return self._server.within_s

    def unknown_codes(self, context: Mapping[str, Any], prefetch: Mapping[str, bytes | None]) -> UnknownCodes:
        """The codes in a request that no table knows."""
        return self._clinic.unknown_codes(context, prefetch)

    def answer(
        self,
        hook: Hook,
        context: Mapping[str, Any],
        prefetch: Mapping[str, bytes | None],
        asked: Mapping[str, Kind],
        today: date,
        new_uuid: Callable[[], str],
        dialect: Dialect | None = None,
    ) -> Answer:
        """Answer one call with what could be found out in time."""
        return self.for_one_call(lambda: inf).answer(hook, context, prefetch, asked, today, new_uuid, dialect)

    def for_one_call(self, left: Callable[[], float]) -> OneCall:
        """The clinic for one call, which may be asked anew with more of the chart.

        All of it together waits no longer than the server is given, and not when no seconds are ``left``.
        """
        return OneCall(self, left)

    def now_knowing(self, unknown: UnknownCodes, within_s: float) -> Clinic:
        """The clinic with what can be found out of these codes within that time."""
        if unknown:
            self._server.ask(unknown, within_s)
            self._learn()
        return self._wiser

    def _learn(self) -> None:
        """Take a clinic that knows what the server has said by now; requests at work go on with the one they have."""
        known = self._server.known()
        with self._lock:
            if known == self._knows:
                return
            self._wiser = self._clinic.knowing(
                {key: meaning for key, meaning in known.items() if isinstance(meaning, CodeMeaning)},
                {code: groups for (_, code), groups in known.items() if isinstance(groups, frozenset)},
            )
            self._knows = known


class OneCall:
    """That clinic while one call is answered."""

    def __init__(self, asking: AskingClinic, left: Callable[[], float]) -> None:
        self._asking = asking
        self._left = left
        self._patience = asking.patience

    @property
    def book(self) -> RuleBook:
        """The rules of this house."""
        return self._asking.book

    def answer(
        self,
        hook: Hook,
        context: Mapping[str, Any],
        prefetch: Mapping[str, bytes | None],
        asked: Mapping[str, Kind],
        today: date,
        new_uuid: Callable[[], str],
        dialect: Dialect | None = None,
    ) -> Answer:
        """Answer with what could be found out in the time that this call still has."""
        began = time.monotonic()
        clinic = self._asking.now_knowing(
            self._asking.unknown_codes(context, prefetch), min(self._patience, self._left())
        )
        self._patience -= time.monotonic() - began
        return clinic.answer(hook, context, prefetch, asked, today, new_uuid, dialect)
