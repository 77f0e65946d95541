"""The versions of a rule: when one took the place of another, and how each did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from cds_hooks.figures.measures import APPROPRIATE, CANNOT_TELL, LIVE, Change, RuleFigures
from cds_hooks.tables import CARDS, FEEDBACK, VERDICTS

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cds_hooks.figures.measures import Scope


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a rule: the first and the last day on which it led a card, and its figures."""

    version: str
    first: date
    last: date
    figures: RuleFigures


def version_changes(connection: Connection, scope: Scope) -> list[Change]:
    """When in that time a version of a rule led its first card, where another one had before it."""
    first = func.min(CARDS.c.at)
    asked = (
        select(CARDS.c.rule, CARDS.c.rule_version, first)
        .where(scope.of(CARDS.c.tenant, CARDS.c.at), CARDS.c.rule_version != "")
        .group_by(CARDS.c.rule, CARDS.c.rule_version)
        .order_by(CARDS.c.rule, first)
    )
    found: list[Change] = []
    before = ""
    for rule, version, at in connection.execute(asked):
        if rule == before:
            found.append(Change(date.fromisoformat(at[:10]), rule, f"version {version}"))
        before = rule
    return sorted(found, key=lambda change: (change.day, change.rule))


def by_version(connection: Connection, scope: Scope, rule: str) -> Sequence[Version]:
    """How each version of a rule did in that time, the newest first."""
    c = CARDS.c
    senders = set(connection.execute(select(FEEDBACK.c.client).distinct()).scalars())
    in_scope = (scope.of(c.tenant, c.at), c.rule == rule)
    figures: dict[str, RuleFigures] = {}
    days: dict[str, tuple[str, str]] = {}
    counted = (
        select(c.rule_version, c.mode, c.client, c.outcome, func.count(), func.min(c.at), func.max(c.at))
        .where(*in_scope)
        .group_by(c.rule_version, c.mode, c.client, c.outcome)
    )
    for version, mode, client, outcome, n, first, last in connection.execute(counted):
        of = figures.setdefault(version, RuleFigures(rule))
        known = days.get(version, (first, last))
        days[version] = (min(first, known[0]), max(last, known[1]))
        if mode != LIVE:
            of.silent += n
            continue
        of.cards += n
        of.of_senders += n if client in senders else 0
        of.answered += n if outcome else 0
        of.accepted += n if outcome == "accepted" else 0
    judged = (
        select(c.rule_version, VERDICTS.c.card_verdict, func.count())
        .select_from(VERDICTS.join(CARDS, c.uuid == VERDICTS.c.subject))
        .where(
            *in_scope,
            VERDICTS.c.undone_at == "",
            VERDICTS.c.is_second.is_(False),
            VERDICTS.c.card_verdict.not_in(["", CANNOT_TELL]),
        )
        .group_by(c.rule_version, VERDICTS.c.card_verdict)
    )
    for version, verdict, n in connection.execute(judged):
        figures[version].judged += n
        figures[version].appropriate += n if verdict == APPROPRIATE else 0
    made = [
        Version(version, date.fromisoformat(days[version][0][:10]), date.fromisoformat(days[version][1][:10]), of)
        for version, of in figures.items()
    ]
    return sorted(made, key=lambda one: (one.last, one.first, one.version), reverse=True)
