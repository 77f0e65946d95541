"""When an answer needs more than was sent: what is read for it, in which order, and that nothing is read for nothing.

The clinic is asked first with what came. Most orders are none of its business, and then nobody's chart is read. Where a
rule looked for something that did not come, it is read, all at once, and the clinic asked again: the medication lists
alone where they tell whether there is anything more to look for (an opioid is ordered, a chart is opened), otherwise all
that the service asks for and lacks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from threading import Lock
from typing import TYPE_CHECKING, Final, Protocol

from cards import Kind
from cards.chart import MEDICATION_LISTS
from cds_hooks.prefetch import templates_for

if TYPE_CHECKING:
    from cds_hooks.callers import Caller
    from cds_hooks.clinic import Answer
    from cds_hooks.fhir_access import Fetched, FhirAccess
    from cds_hooks.hook_request import HookRequest
    from cds_hooks.metrics import Metrics

_MOST_ROUNDS: Final = 2


class Charts(Protocol):
    """The way to the charts of all clients; ``FhirAccess`` is the one."""

    def complete(
        self, asking: HookRequest, caller: Caller, wanted: Mapping[str, str], day: date, deadline: float
    ) -> Fetched:
        """What could be read, before the deadline, of these keys and their templates."""


class ChartsWhenAsked:
    """Charts whose libraries are loaded by whoever asks first: most calls bring all they need."""

    def __init__(self, make: Callable[[], FhirAccess]) -> None:
        self._make = make
        self._lock = Lock()
        self._made: FhirAccess | None = None

    def load(self) -> FhirAccess:
        """The way to the charts, made at the first time."""
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made

    def complete(
        self, asking: HookRequest, caller: Caller, wanted: Mapping[str, str], day: date, deadline: float
    ) -> Fetched:
        """What could be read, before the deadline, of these keys and their templates."""
        return self.load().complete(asking, caller, wanted, day, deadline)


@dataclass
class Reading:
    """What is read for one call, until which moment. ``fetches`` says of each key that was read what was wrong, empty
    when all was well, and ``seconds`` what it took.
    """

    charts: Charts | None
    caller: Caller
    kinds: Mapping[str, Kind]
    day: date
    until: float
    fetches: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many keys were read."""
        return len(self.fetches)

    @property
    def unread(self) -> list[str]:
        """What did not come whole, and why, for the log."""
        return [f"{key}: {trouble}" for key, trouble in self.fetches.items() if trouble]

    def tell(self, metrics: Metrics) -> None:
        """Let every read be counted."""
        for key, trouble in self.fetches.items():
            metrics.fetched(self.caller.name, _status_of(trouble), self.seconds.get(key, 0.0))

    def on(self, asking: HookRequest, ask: Callable[[HookRequest], Answer]) -> tuple[Answer, HookRequest]:
        """The answer to a request with what could be read, and that request with it; the token is gone from it."""
        answer = ask(asking)
        if self.charts is not None and asking.fhir_authorization is not None:
            for _ in range(_MOST_ROUNDS):
                wanted = self._wanted(answer, asking)
                read = self.charts.complete(asking, self.caller, wanted, self.day, self.until)
                if not read.answers:
                    break
                self.seconds |= read.seconds
                self.fetches |= {key: read.troubles.get(key, "") for key in read.answers}
                asking = replace(asking, prefetch={**asking.prefetch, **read.answers})
                answer = ask(asking)
        return answer, replace(asking, fhir_authorization=None) if asking.fhir_authorization else asking

    def _wanted(self, answer: Answer, asking: HookRequest) -> dict[str, str]:
        """The templates of what is to be read next; what was read once is not asked for again."""
        kinds = answer.wants
        if answer.lacks_medications and self.caller.refuses_missing_data:
            kinds |= frozenset(MEDICATION_LISTS)
        if not kinds:
            return {}

        def is_lacking(key: str) -> bool:
            if key in self.fetches:
                return False
            sent = asking.prefetch.get(key)
            is_begun = sent is not None and self.kinds[key] in kinds and b'"next"' in sent
            return key not in asking.prefetch or is_begun

        lists_first = kinds <= frozenset(MEDICATION_LISTS)
        return {
            key: template
            for key, template in templates_for(self.kinds, self.caller.templates).items()
            if is_lacking(key) and (self.kinds[key] in MEDICATION_LISTS or not lists_first)
        }


def _status_of(trouble: str) -> str:
    """What is counted of a read, by what was wrong with it."""
    if not trouble:
        return "ok"
    if trouble.startswith("too "):
        return "late"
    return "refused" if trouble.startswith("status 4") else "failed"
