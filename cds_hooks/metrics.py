"""What is counted for those who watch: calls, cards, rules, data, reads, refused tokens, feedback.

Labels come from closed sets: our services, rules and words, and the registered clients as far as the budget of a
thousand series has room for them; whatever else comes is ``other``. No patient, user, order or free text is ever one.

Noting costs an answer a few microseconds: what happened is added up by its labels, and the counters of
prometheus-client are brought up to date when somebody asks, or once a second where a server keeps several processes.
Each application has a registry of its own. Under ``serve`` every process writes to a folder of that start, and the main
process tells their sums.
"""

from __future__ import annotations

import time
from collections import Counter as Tally
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from cards.chart import DataState, Kind
from cards.pages import Indicator
from cds_hooks.counting import sums_in
from cds_hooks.databases import DatabaseBusy
from cds_hooks.store import Outcome

if TYPE_CHECKING:
    from pathlib import Path

    from prometheus_client.metrics_core import Metric

    from cards.chart import Chart
    from cards.pages import RuleBook
    from cards.review import Review

BUDGET: Final = 999
"""Series at most, whatever happens: a site's Prometheus keeps each of them for weeks."""

OTHER: Final = "other"
OUTCOMES: Final = ("cards", "no_cards", "feedback", "refused", "failed")
"""What became of a request: answered with cards or without, feedback kept, refused (4xx), failed (5xx, ours)."""
FETCHED: Final = ("ok", "refused", "failed", "late")
"""What became of a read from a FHIR server: answered, 4xx, 5xx or no FHIR at all, not in time."""
MODES: Final = ("live", "silent")
RESULTS: Final = ("spoke", "silenced", "unknown")
MOST_REASONS: Final = 30
"""Kinds of refused tokens that are told apart; each reason is a sentence of ours, written in one place."""

_STATES: Final = {state: state.name.lower() for state in DataState if state is not DataState.NOT_ASKED}
_DATA: Final = {kind: kind.name.lower() for kind in Kind}

_SECONDS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_FETCH_SECONDS: Final = (0.1, 0.5, 2.0)
_OF_A_HISTOGRAM: Final = 3
"""The series that a histogram has beside its buckets: the bucket without end, the sum, the count."""


@dataclass
class _Noted:
    """What happened since the counters were brought up to date."""

    times: Tally[tuple[str, ...]] = field(default_factory=Tally)
    states: Tally[tuple[tuple[Kind, DataState], ...]] = field(default_factory=Tally)
    seconds: list[float] = field(default_factory=list)
    fetches: list[tuple[str, str, float]] = field(default_factory=list)


class Metrics:
    """The counters of one application, and the few verbs by which the other parts tell what happened.

    ``services`` are the ids of ours, ``build`` says which software this is and which rules.
    """

    def __init__(self, book: RuleBook, services: Iterable[str], build: Mapping[str, str]) -> None:
        self._services = frozenset(services)
        self._rules = frozenset(rule.page.rule for rule in book.rules)
        self._most_clients = _room_for_clients(book, len(self._services))
        self._clients: frozenset[str] = frozenset()
        self._reasons: set[str] = set()
        self._lock = Lock()
        self._noted = _Noted()
        self._bringing = Lock()
        self._folder: Path | None = None
        self.registry = CollectorRegistry()
        self._make_counters(build)

    def know_clients(self, names: Iterable[str]) -> None:
        """Give registered clients labels of their own, in the order of their names, as far as there is room.

        Who has one keeps it; without room a client is counted as ``other``.
        """
        new = sorted(set(names) - self._clients - {OTHER})
        self._clients |= set(new[: self._most_clients - len(self._clients)])

    def left(self, facts: Mapping[str, Any]) -> None:
        """Note that the answer to a request left; what called no service of ours counts for a refused token at most."""
        if facts["status"] == 401 and "why" in facts:
            self.token_refused(facts["why"])
        if facts.get("error") == DatabaseBusy.__name__:
            self._note("busy")
        service = facts.get("service")
        if service not in self._services:
            return
        client = facts.get("client", OTHER)
        labels = ("requests", service, client if client in self._clients else OTHER, _outcome_of(facts))
        with self._lock:
            self._noted.times[labels] += 1
            self._noted.seconds.append(facts["ms"] / 1000)

    def answered(
        self,
        chart: Chart,
        review: Review,
        cards: Iterable[Mapping[str, Any]],
        silent: Iterable[Mapping[str, Any]] = (),
    ) -> None:
        """Note what one answer rests on and what leaves; ``silent`` are the cards of rules that are not heard."""
        states = tuple(
            chart.states.items()
        )  # most charts come in the same few states, so that they are taken apart later
        noted: list[tuple[str, ...]] = [("results", rule, "spoke") for rule in {one.page.rule for one in review.found}]
        noted += [("results", rule, "silenced") for rule in {one.judged.page.rule for one in review.silenced}]
        noted += [("results", rule, "unknown") for rule, _ in review.not_checked]
        noted += [("cards", *spoken, "live") for spoken in _spoken_in(cards)]
        noted += [("cards", *spoken, "silent") for spoken in _spoken_in(silent)]
        with self._lock:
            self._noted.states[states] += 1
            times = self._noted.times
            for labels in noted:
                times[labels] += 1

    def fetched(self, client: str, status: str, seconds: float) -> None:
        """Note one read from a client's FHIR server; ``status`` is one of ``FETCHED``, anything else ``failed``."""
        status = status if status in FETCHED else "failed"
        with self._lock:
            self._noted.fetches.append((client if client in self._clients else OTHER, status, seconds))

    def token_refused(self, reason: str) -> None:
        """Note that a token was not believed, for a reason in our own words that are the same every time."""
        if reason not in self._reasons:
            if len(self._reasons) >= MOST_REASONS:
                reason = OTHER
            else:
                self._reasons.add(reason)
        self._note("tokens", reason)

    def feedback(self, rule: str, outcome: Outcome) -> None:
        """Note what a user did with a card of that rule; a card that nobody knows is of rule ``other``."""
        self._note("feedback", rule if rule in self._rules else OTHER, outcome.value)

    def _note(self, *labels: str) -> None:
        with self._lock:
            self._noted.times[labels] += 1

    def text(self) -> bytes:
        """All that was counted, as Prometheus reads it, of all processes that share a folder with this one."""
        self.bring_up_to_date()
        if self._folder is not None:
            return sums_in(self._folder)
        return generate_latest(_WithoutBirthdays(self.registry))

    def share(self, folder: Path, every: float = 1.0) -> None:
        """Count together with other processes, in a folder that prometheus-client was told of before it was loaded.

        The counters are brought up to date again and again, for it may be another process that is asked.
        """
        self._folder = folder

        def go_on() -> None:
            while True:
                self.bring_up_to_date()
                time.sleep(every)

        Thread(target=go_on, name="metrics", daemon=True).start()

    def bring_up_to_date(self) -> None:
        """Take over into the counters what was noted."""
        with self._bringing:
            with self._lock:
                noted, self._noted = self._noted, _Noted()
            for (name, *labels), times in noted.times.items():
                counter = self._counters[name]
                (counter.labels(*labels) if labels else counter).inc(times)
            for states, times in noted.states.items():
                for kind, state in states:
                    if state in _STATES:
                        self._counters["data"].labels(_DATA[kind], _STATES[state]).inc(times)
            for seconds in noted.seconds:
                self._request_seconds.observe(seconds)
            for client, status, seconds in noted.fetches:
                self._fetch_seconds.labels(client, status).observe(seconds)

    def _make_counters(self, build: Mapping[str, str]) -> None:
        def counter(name: str, meaning: str, *labels: str) -> Counter:
            return Counter(f"ldn_{name}", meaning, labels, registry=self.registry)

        self._counters = {
            "requests": counter(
                "requests", "Calls of services and of feedback, by what became of them.", "service", "client", "outcome"
            ),
            "cards": counter(
                "cards", "Cards by the rules that speak in them; one card counts for each.", "rule", "severity", "mode"
            ),
            "results": counter(
                "rule_result",
                "Answers in which a rule spoke, was silenced by another, or lacked data; else it had nothing to say.",
                *("rule", "result"),
            ),
            "data": counter("data_state", "Answers by the state of each kind of data.", "datum", "state"),
            "tokens": counter("jwt_rejected", "Tokens that were not believed.", "reason"),
            "feedback": counter("feedback", "Items of feedback, by the rule of the card.", "rule", "outcome"),
            "busy": counter("db_busy", "Calls that failed because the database was locked for too long."),
        }
        self._request_seconds = Histogram(
            "ldn_request_seconds", "Seconds that calls took.", buckets=_SECONDS, registry=self.registry
        )
        self._fetch_seconds = Histogram(
            "ldn_fhir_fetch_seconds",
            "Seconds that reads from FHIR servers took.",
            ("client", "status"),
            buckets=_FETCH_SECONDS,
            registry=self.registry,
        )
        which = Gauge(
            "ldn_build_info",
            "Which software and which rules; always 1.",
            tuple(build),
            registry=self.registry,
            multiprocess_mode="max",
        )
        which.labels(**build).set(1)


class _WithoutBirthdays(Collector):
    """A registry without the series that say when each counter began: they would double the number of series."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterator[Metric]:
        for metric in self._registry.collect():
            metric.samples = [sample for sample in metric.samples if not sample.name.endswith("_created")]
            yield metric


def _spoken_in(cards: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Rule and level of each finding that speaks in these cards of ours."""
    for card in cards:
        extension = card.get("extension")
        for finding in extension.get("ldn-cds.findings", ()) if extension else ():
            yield finding["rule"], finding["indicator"]


def _outcome_of(facts: Mapping[str, Any]) -> str:
    if facts["status"] >= 400:
        return "failed" if facts["status"] >= 500 else "refused"
    if "kept" in facts:
        return "feedback"
    return "cards" if facts.get("cards") else "no_cards"


def _room_for_clients(book: RuleBook, services: int) -> int:
    """For how many clients, beside ``other``, the budget has room when everything that can happen has happened."""
    rules = [rule.page for rule in book.rules]
    levels = sum(len({saying.indicator for saying in page.sayings.values()} - {Indicator.NONE}) for page in rules)
    whole = levels * len(MODES) + len(rules) * len(RESULTS) + len(_DATA) * len(_STATES)
    whole += MOST_REASONS + 1 + (len(rules) + 1) * len(Outcome)
    whole += len(_SECONDS) + _OF_A_HISTOGRAM + 2  # and the locked database, and the build
    each = services * len(OUTCOMES) + len(FETCHED) * (len(_FETCH_SECONDS) + _OF_A_HISTOGRAM)
    return max(1, (BUDGET - whole) // each - 1)
