"""The facts behind a card: each with its date and age, the way it came by, the state of its kind, and who used it.

They are taken from the trace of the call, where every rule says what it looked at; of a call without one, the findings
tell theirs. Of a place that was read only its path is shown: what stands behind the question mark names the patient.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from cds_hooks.prefetch import TEMPLATES

Json = Mapping[str, Any]

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY: Final = re.compile(rf"\b({'|'.join(_MONTHS)}) (\d{{1,2}}), (\d{{4}})\b")
"""A day as cards and traces write it (``cards.phrasing.day``)."""
_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    kind: tuple(key for key, (_, template) in TEMPLATES.items() if re.split(r"[?/]", template)[0] == kind)
    for kind in {re.split(r"[?/]", template)[0] for _, template in TEMPLATES.values()}
}
_NOT_THERE: Final = frozenset({"none", "not_sent", "failed", "not_asked"})
"""States of a kind of which nothing can have been looked at."""


@dataclass(slots=True)
class Fact:
    """One thing that rules looked at. ``age`` is in days, at the day of the review; nothing where no day is told."""

    what: str
    references: tuple[str, ...]
    came: tuple[str, ...]
    states: tuple[str, ...]
    on: date | None
    age: int | None
    values: dict[str, str] = field(default_factory=dict)
    rules: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of data: its state, how it came, and the rules that could not be asked without it."""

    kind: str
    state: str
    came: str
    missed_by: tuple[str, ...]


@dataclass(frozen=True)
class Evidence:
    """What was kept of the data of one call."""

    states: Mapping[str, str]
    orders: Sequence[Json]
    fetches: Sequence[Json]
    facts: Json
    trace: Json | None
    answered_at: str

    @property
    def day(self) -> date:
        """The day of the review."""
        told = self.trace["today"] if self.trace is not None else self.answered_at[:10]
        return datetime.fromisoformat(told).date()

    def used(self, speaking: Sequence[str]) -> list[Fact]:
        """What rules looked at; what the speaking ones did stands first, then what is newest."""
        found: dict[tuple[str, tuple[str, ...]], Fact] = {}
        for rule, what, references, values in self._looked_at():
            fact = found.get((what, references))
            if fact is None:
                fact = found[what, references] = self._fact(what, references)
            fact.values.update(values)
            if rule not in fact.rules:
                fact.rules.append(rule)
        for fact in found.values():
            fact.rules.sort(key=lambda rule: (rule not in speaking, rule))
        return sorted(
            found.values(),
            key=lambda fact: (
                not any(rule in speaking for rule in fact.rules),
                fact.age if fact.age is not None else 10**6,
            ),
        )

    def sources(self) -> list[Source]:
        """Each kind of data."""
        key_of = {kind.value: key for key, (kind, _) in TEMPLATES.items()}
        missed = self.facts.get("not_checked", ())
        return [
            Source(
                kind,
                state,
                self._way(key_of[kind]) if kind in key_of and state not in ("not_sent", "not_asked") else "",
                tuple(one["rule"] for one in missed if kind in one["kinds"]),
            )
            for kind, state in self.states.items()
        ]

    def _looked_at(self) -> Iterator[tuple[str, str, tuple[str, ...], Mapping[str, str]]]:
        """Rule, thing, the resources it came from, and the values read of it."""
        if self.trace is None:
            for finding in self.facts.get("findings", ()):
                for what in finding.get("facts", ()):
                    yield finding["rule"], what, tuple(finding.get("from", ())), {}
            return
        for rule in self.trace["rules"]:
            things = [*rule.get("looked_at", ()), *_things(rule.get("conditions", ()))]
            for thing in things:
                if thing["from"]:
                    yield rule["rule"], thing["what"], tuple(thing["from"]), thing["values"]

    def _fact(self, what: str, references: tuple[str, ...]) -> Fact:
        on = _latest_day(what, self.day)
        drafts = {order.get("from") for order in self.orders}
        came, states = [], []
        for reference in references:
            if reference in drafts:
                came.append("the draft orders of the call")
                states.append("received")
                continue
            keys = [key for key in _KEYS.get(reference.partition("/")[0], ()) if self._state(key) not in _NOT_THERE]
            if keys:
                came.append(" or ".join(self._way(key) for key in keys))
                states += [self._state(key) for key in keys]
        return Fact(
            what,
            references,
            tuple(dict.fromkeys(came)),
            tuple(dict.fromkeys(state for state in states if state)),
            on,
            (self.day - on).days if on is not None else None,
        )

    def _state(self, key: str) -> str:
        return self.states.get(TEMPLATES[key][0].value, "")

    def _way(self, key: str) -> str:
        """How the data of a key came."""
        if any(fetch.get("read") == key for fetch in self.fetches):
            return f"read from /{re.split(r'[?/]', TEMPLATES[key][1])[0]}"
        return f"sent as {key}"


def _things(conditions: Sequence[Json]) -> Iterator[Json]:
    for condition in conditions:
        yield from condition.get("about", ())
        yield from _things(condition.get("parts", ()))


def _latest_day(told: str, today: date) -> date | None:
    """The latest day in a line that is not still to come.

    >>> _latest_day("oxycodone: dispensed Feb 24, 2026 for 30 days", date(2026, 3, 2))
    datetime.date(2026, 2, 24)
    >>> _latest_day("an operation planned for Mar 9, 2026", date(2026, 3, 2)) is None
    True
    """
    days = []
    for month, day, year in _DAY.findall(told):
        try:
            days.append(date(int(year), _MONTHS.index(month) + 1, int(day)))
        except ValueError:  # words of a chart that only look like a day
            continue
    return max((one for one in days if one <= today), default=None)
