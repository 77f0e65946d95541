"""What the dashboard counts: how often cards came, what became of them, and what could not be checked.

A card that nobody answered is neither accepted nor overridden: clients need not tell what is ignored (CDS Hooks 2.0.1,
feedback). So every rate has its coverage beside it. Only cards that were returned count as a burden; those of a silent
rule are counted apart.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, case, func, select

from cards.chart import DataState
from cds_hooks.figures.statistics import Share, kappa, quantile
from cds_hooks.memory.stamps import stamp
from cds_hooks.tables import CALLS, CARD_RULES, CARDS, FEEDBACK, RULE_MODES, VERDICTS

LIVE: Final = "live"
ORDER_SIGN: Final = "ldn-order-sign"
LEAST_COVERAGE: Final = 0.6
"""Below this share of answered cards the acceptance says more about who answers than about the cards."""
LEAST_ANSWERED: Final = 5
"""So many cards of a rule must have been answered before it is ranked by what became of them."""
LEAST_JUDGED: Final = 20
"""With fewer judged cards the positive predictive value is not shown."""
CANNOT_TELL: Final = "cannot-tell"
APPROPRIATE: Final = "appropriate"


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose figures, and of which days. No tenants means all of them; ``since`` belongs to it, ``until`` does not."""

    since: datetime
    until: datetime
    tenants: tuple[str, ...] | None = None

    @classmethod
    def last(cls, days: int, now: datetime, tenants: tuple[str, ...] | None = None) -> Scope:
        """The days up to now."""
        return cls(now - timedelta(days=days), now + timedelta(seconds=1), tenants)

    def of(self, tenant: ColumnElement[str], at: ColumnElement[str]) -> ColumnElement[bool]:
        """The condition on a table's tenant and time."""
        conditions = [at >= stamp(self.since), at < stamp(self.until)]
        if self.tenants is not None:
            conditions.append(tenant.in_(self.tenants))
        return and_(*conditions)

    @property
    def days(self) -> list[date]:
        """Every day of it, oldest first."""
        first, last = self.since.date(), self.until.date()
        return [first + timedelta(days=n) for n in range((last - first).days + 1)]


@dataclass(frozen=True, slots=True)
class Overview:
    """The figures of a time, as the definitions beside them on the page say."""

    calls: int
    naltrexone_orders: int
    cards: int
    interruptive: int
    silent_cards: int
    quiet: Share
    coverage: Share
    accepted: Share
    judged: Share
    missed: Share
    justified: Share
    unchecked: Share
    concentration: Share
    agreement: float | None
    doubly_reviewed: int
    latency: Mapping[str, float | None]
    answer_seconds: tuple[float, ...]
    reasons: Mapping[str, int]
    gaps: Mapping[str, Mapping[str, int]]

    @property
    def burden(self) -> float | None:
        """Cards for 100 orders of naltrexone."""
        return 100 * self.cards / self.naltrexone_orders if self.naltrexone_orders else None

    @property
    def interruptive_burden(self) -> float | None:
        """Warnings and critical cards for 100 orders of naltrexone."""
        return 100 * self.interruptive / self.naltrexone_orders if self.naltrexone_orders else None

    @property
    def tells_acceptance(self) -> bool:
        """Whether enough cards were answered for the acceptance to mean something."""
        return (self.coverage.value or 0) >= LEAST_COVERAGE


def overview(connection: Connection, scope: Scope) -> Overview:
    """Count a time."""
    in_calls = scope.of(CALLS.c.tenant, CALLS.c.answered_at)
    in_cards = scope.of(CARDS.c.tenant, CARDS.c.at)
    calls, orders, quiet, with_orders, unchecked = connection.execute(
        select(
            func.count(),
            func.coalesce(func.sum(CALLS.c.naltrexone_orders), 0),
            _count(and_(CALLS.c.naltrexone_orders > 0, CALLS.c.cards == 0)),
            _count(CALLS.c.naltrexone_orders > 0),
            _count(CALLS.c.unchecked > 0),
        ).where(in_calls, CALLS.c.service == ORDER_SIGN)
    ).one()
    live = and_(in_cards, CARDS.c.mode == LIVE)
    cards, interruptive = connection.execute(
        select(_count(CARDS.c.service == ORDER_SIGN), _count(and_(CARDS.c.service == ORDER_SIGN, CARDS.c.urgency > 0)))
        .select_from(CARDS)
        .where(live)
    ).one()
    silent = connection.execute(select(func.count()).where(in_cards, CARDS.c.mode != LIVE)).scalar_one()
    spoken = select(CARDS.c.rule, func.count()).where(live).group_by(CARDS.c.rule)
    per_rule: Counter[str] = Counter(dict(connection.execute(spoken).all()))
    coverage, accepted = _answered(connection, live)
    verdicts = _verdicts(connection, scope)
    return Overview(
        calls=calls,
        naltrexone_orders=int(orders),
        cards=cards,
        interruptive=interruptive,
        silent_cards=silent,
        quiet=Share(quiet, with_orders),
        coverage=coverage,
        accepted=accepted,
        judged=verdicts.judged,
        missed=verdicts.missed,
        justified=verdicts.justified,
        unchecked=Share(unchecked, calls),
        concentration=Share(sum(n for _, n in per_rule.most_common(3)), per_rule.total()),
        agreement=kappa(verdicts.pairs),
        doubly_reviewed=len(verdicts.pairs),
        latency=_latency(connection, in_calls),
        answer_seconds=tuple(
            connection.execute(
                select(CARDS.c.answer_seconds)
                .where(live, CARDS.c.answer_seconds.is_not(None))
                .order_by(CARDS.c.answer_seconds)
            ).scalars()
        ),
        reasons=_reasons(connection, live),
        gaps=_gaps(connection, in_calls),
    )


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _answered(connection: Connection, live: ColumnElement[bool]) -> tuple[Share, Share]:
    """How many cards were answered, of those of clients that answer at all; and how many of these were accepted."""
    senders = select(FEEDBACK.c.client).distinct()
    whole, told, accepted = connection.execute(
        select(func.count(), _count(CARDS.c.outcome != ""), _count(CARDS.c.outcome == "accepted"))
        .select_from(CARDS)
        .where(live, CARDS.c.client.in_(senders))
    ).one()
    return Share(told, whole), Share(accepted, told)


@dataclass(frozen=True, slots=True)
class _Verdicts:
    judged: Share
    missed: Share
    justified: Share
    pairs: Sequence[tuple[str, str]]


def _verdicts(connection: Connection, scope: Scope) -> _Verdicts:
    """What reviewers judged in that time; what was undone does not count, the first verdict is the one that does."""
    rows = connection.execute(
        select(
            VERDICTS.c.subject,
            VERDICTS.c.card_verdict,
            VERDICTS.c.response_verdict,
            VERDICTS.c.is_second,
            CARDS.c.uuid,
            CARDS.c.outcome,
        )
        .select_from(VERDICTS.outerjoin(CARDS, CARDS.c.uuid == VERDICTS.c.subject))
        .where(scope.of(VERDICTS.c.tenant, VERDICTS.c.at), VERDICTS.c.undone_at == "")
        .order_by(VERDICTS.c.at)
    ).all()
    first = {row.subject: row for row in rows if not row.is_second}
    second = {row.subject: row for row in rows if row.is_second}
    told = [row for row in first.values() if row.card_verdict not in ("", CANNOT_TELL)]
    cards = [row.card_verdict == APPROPRIATE for row in told if row.uuid]
    silences = [row.card_verdict != APPROPRIATE for row in told if not row.uuid]
    overridden = [
        row.response_verdict == "right"
        for row in first.values()
        if row.outcome == "overridden" and row.response_verdict not in ("", CANNOT_TELL)
    ]
    return _Verdicts(
        Share(sum(cards), len(cards)),
        Share(sum(silences), len(silences)),
        Share(sum(overridden), len(overridden)),
        [(first[one].card_verdict, second[one].card_verdict) for one in sorted(first.keys() & second.keys())],
    )


def _reasons(connection: Connection, live: ColumnElement[bool]) -> dict[str, int]:
    """Why cards were overridden, the commonest reason first; an empty one is that none was told."""
    counted = (
        select(CARDS.c.reason, func.count())
        .where(live, CARDS.c.outcome == "overridden")
        .group_by(CARDS.c.reason)
        .order_by(func.count().desc(), CARDS.c.reason)
    )
    return dict(connection.execute(counted).all())


def _latency(connection: Connection, in_calls: ColumnElement[bool]) -> dict[str, float | None]:
    ms = list(connection.execute(select(CALLS.c.ms).where(in_calls).order_by(CALLS.c.ms)).scalars())
    return {"p50": quantile(ms, 0.5), "p95": quantile(ms, 0.95), "p99": quantile(ms, 0.99)}


def _gaps(connection: Connection, in_calls: ColumnElement[bool]) -> dict[str, dict[str, int]]:
    """By client: of how many calls each kind of data was not received whole."""
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    grouped = select(CALLS.c.client, CALLS.c.states_json, func.count()).where(in_calls)
    for client, states, n in connection.execute(grouped.group_by(CALLS.c.client, CALLS.c.states_json)):
        for kind, state in json.loads(states).items():
            if state in GAPS:
                counted[client][kind] += n
    return {client: dict(kinds.most_common()) for client, kinds in sorted(counted.items())}


GAPS: Final = frozenset(state.name.lower() for state in (DataState.NOT_SENT, DataState.FAILED, DataState.PARTIAL))
"""The states of data, as a call keeps them, of which something is missing."""


# --- in the course of time ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days, by the day they begin: orders, and cards by their indicator."""

    begins: date
    orders: int
    cards: Mapping[str, int]
    p50: float | None
    p95: float | None


def weeks(connection: Connection, scope: Scope) -> list[Week]:
    """The whole weeks of a time, the last one ending with it; what is left of a week at its beginning is not one."""
    orders: Counter[str] = Counter()
    ms: dict[str, list[float]] = defaultdict(list)
    day_of_call = func.substr(CALLS.c.answered_at, 1, 10)
    for day, n, took in connection.execute(
        select(day_of_call, CALLS.c.naltrexone_orders, CALLS.c.ms).where(
            scope.of(CALLS.c.tenant, CALLS.c.answered_at), CALLS.c.service == ORDER_SIGN
        )
    ):
        orders[day] += n
        ms[day].append(took)
    cards: dict[str, Counter[str]] = defaultdict(Counter)
    day_of_card = func.substr(CARDS.c.at, 1, 10)
    for day, indicator, n in connection.execute(
        select(day_of_card, CARDS.c.indicator, func.count())
        .where(scope.of(CARDS.c.tenant, CARDS.c.at), CARDS.c.mode == LIVE, CARDS.c.service == ORDER_SIGN)
        .group_by(day_of_card, CARDS.c.indicator)
    ):
        cards[day][indicator] += n
    days = [day.isoformat() for day in scope.days]
    made = []
    for end in range(len(days), 6, -7):
        seven = days[end - 7 : end]
        took = sorted(value for day in seven for value in ms[day])
        total: Counter[str] = sum((cards[day] for day in seven), Counter())
        week = Week(
            date.fromisoformat(seven[0]),
            sum(orders[day] for day in seven),
            dict(total),
            quantile(took, 0.5),
            quantile(took, 0.95),
        )
        made.append(week)
    return made[::-1]


@dataclass(frozen=True, slots=True)
class Change:
    """That a rule began to speak or to be silent, for the line in the chart."""

    day: date
    rule: str
    mode: str


def changes(connection: Connection, scope: Scope) -> list[Change]:
    """The changes of rules in that time."""
    rows = connection.execute(
        select(RULE_MODES.c.since, RULE_MODES.c.rule, RULE_MODES.c.mode)
        .where(RULE_MODES.c.since >= stamp(scope.since), RULE_MODES.c.since < stamp(scope.until))
        .order_by(RULE_MODES.c.since)
    )
    return [Change(date.fromisoformat(since[:10]), rule, mode) for since, rule, mode in rows]


# --- rule by rule -------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class RuleFigures:
    """One rule: what it said, what became of the cards it spoke in first, what reviewers thought of them."""

    rule: str
    spoke: int = 0
    cards: int = 0
    silent: int = 0
    answered: int = 0
    accepted: int = 0
    of_senders: int = 0
    appropriate: int = 0
    judged: int = 0
    days: list[int] = field(default_factory=list)

    @property
    def coverage(self) -> Share:
        """Cards answered, of those of clients that answer."""
        return Share(self.answered, self.of_senders)

    @property
    def acceptance(self) -> Share:
        """Cards accepted, of those answered."""
        return Share(self.accepted, self.answered)

    @property
    def ppv(self) -> Share:
        """Cards judged appropriate, of those judged."""
        return Share(self.appropriate, self.judged)


def by_rule(connection: Connection, scope: Scope) -> dict[str, RuleFigures]:
    """The figures of every rule that spoke in that time."""
    found: dict[str, RuleFigures] = {}

    def of(rule: str) -> RuleFigures:
        return found.setdefault(rule, RuleFigures(rule, days=[0] * len(scope.days)))

    spoken = select(CARD_RULES.c.rule, func.count()).where(scope.of(CARD_RULES.c.tenant, CARD_RULES.c.at))
    for rule, n in connection.execute(spoken.group_by(CARD_RULES.c.rule)):
        of(rule).spoke = n
    senders = set(connection.execute(select(FEEDBACK.c.client).distinct()).scalars())
    index = {day.isoformat(): nth for nth, day in enumerate(scope.days)}
    day = func.substr(CARDS.c.at, 1, 10)
    grouped = (
        select(CARDS.c.rule, CARDS.c.mode, CARDS.c.client, CARDS.c.outcome, day, func.count())
        .where(scope.of(CARDS.c.tenant, CARDS.c.at))
        .group_by(CARDS.c.rule, CARDS.c.mode, CARDS.c.client, CARDS.c.outcome, day)
    )
    for rule, mode, client, outcome, on, n in connection.execute(grouped):
        figures = of(rule)
        if mode != LIVE:
            figures.silent += n
            continue
        figures.cards += n
        figures.of_senders += n if client in senders else 0
        figures.answered += n if outcome else 0
        figures.accepted += n if outcome == "accepted" else 0
        if on in index:
            figures.days[index[on]] += n
    judged = (
        select(CARDS.c.rule, VERDICTS.c.card_verdict, func.count())
        .select_from(VERDICTS.join(CARDS, CARDS.c.uuid == VERDICTS.c.subject))
        .where(
            scope.of(VERDICTS.c.tenant, VERDICTS.c.at),
            VERDICTS.c.undone_at == "",
            VERDICTS.c.is_second.is_(False),
            VERDICTS.c.card_verdict.not_in(["", CANNOT_TELL]),
        )
        .group_by(CARDS.c.rule, VERDICTS.c.card_verdict)
    )
    for rule, verdict, n in connection.execute(judged):
        of(rule).judged += n
        of(rule).appropriate += n if verdict == APPROPRIATE else 0
    return found


def most_refused(figures: Iterable[RuleFigures], most: int = 10) -> list[RuleFigures]:
    """The rules whose answered cards were accepted least, those with more cards first among equals.

    A rule of which hardly a card was answered says nothing by that, and would crowd out the others.
    """
    answered = [one for one in figures if one.answered >= LEAST_ANSWERED]
    return sorted(answered, key=lambda one: (one.acceptance.value or 0.0, -one.cards, one.rule))[:most]


def clients_in(connection: Connection, scope: Scope) -> list[tuple[str, int, Any]]:
    """Each client, how many of its calls were answered, and when the last one was."""
    counted = (
        select(CALLS.c.client, func.count(), func.max(CALLS.c.answered_at))
        .where(scope.of(CALLS.c.tenant, CALLS.c.answered_at))
        .group_by(CALLS.c.client)
        .order_by(func.count().desc(), CALLS.c.client)
    )
    return [(client, n, last) for client, n, last in connection.execute(counted)]
