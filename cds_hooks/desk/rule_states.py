"""The state of every rule: heard or not, by whom it is kept, and how it did in the last thirty days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func

from cds_hooks.desk.queries import rows_of
from cds_hooks.figures.measures import LEAST_COVERAGE, LEAST_JUDGED, RuleFigures, Scope, by_rule
from cds_hooks.memory.modes import Mode, modes_in
from cds_hooks.memory.stamps import stamp
from cds_hooks.tables import CALLS, CARDS

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cards.pages import Page, RuleBook
    from cds_hooks.people.doors import Reader

DAYS: Final = 30
DAYS_OF_VERSIONS: Final = 365
"""Over so many days the versions of a rule are compared."""
NOISY: Final = 0.5
"""A rule whose cards are overridden more often than this is noisy."""
LEAST_ANSWERED: Final = 10
"""With fewer answered cards nobody can say that a rule is noisy."""


@dataclass(frozen=True, slots=True)
class RuleState:
    """One rule. ``modes`` are those that hold now; an empty client is all of them."""

    page: Page
    modes: tuple[Mode, ...]
    figures: RuleFigures
    orders: int
    today: date

    @property
    def state(self) -> str:
        """Live, silent or retired, for all clients; switched off where the site's settings say so."""
        if not self.page.is_on:
            return "switched off"
        return next((mode.mode for mode in self.modes if not mode.client), "live")

    @property
    def burden(self) -> float | None:
        """Its cards for 100 orders of naltrexone."""
        return 100 * self.figures.cards / self.orders if self.orders else None

    @property
    def acceptance(self) -> float | None:
        """The share of its answered cards that were accepted; nothing where too few were answered."""
        tells = (self.figures.coverage.value or 0) >= LEAST_COVERAGE
        return self.figures.acceptance.value if tells else None

    @property
    def ppv(self) -> tuple[float, float, float] | None:
        """The share of its judged cards that were appropriate, with its interval; nothing where too few were judged."""
        share = self.figures.ppv
        if share.whole < LEAST_JUDGED or share.value is None or share.interval is None:
            return None
        return share.value, *share.interval

    @property
    def badges(self) -> list[tuple[str, str]]:
        """What wants attention: tone and word."""
        found = []
        answered = self.figures.acceptance
        if answered.whole >= LEAST_ANSWERED and 1 - (answered.value or 0) > NOISY:
            found.append(("warning", "noisy"))
        if not self.figures.spoke and self.state == "live":
            found.append(("info", f"silent for {DAYS} days"))
        if self.page.review["review_by"] < self.today:
            found.append(("critical", "review overdue"))
        return found


def rule_states(connection: Connection, reader: Reader, book: RuleBook, now: datetime) -> list[RuleState]:
    """Every rule of the house; those that said most first."""
    scope = Scope.last(DAYS, now, reader.sees)
    figures: Mapping[str, RuleFigures] = by_rule(connection, scope)
    counted: Any = func.coalesce(func.sum(CALLS.c.naltrexone_orders), 0)
    asked = rows_of(reader, CALLS, counted).where(
        CALLS.c.answered_at >= stamp(scope.since), CALLS.c.service == "ldn-order-sign"
    )
    orders = int(connection.execute(asked).scalar_one())
    set_now: dict[str, list[Mode]] = {}
    for mode in modes_in(connection):
        if not mode.until or mode.until > stamp(now):
            set_now.setdefault(mode.rule, []).append(mode)
    states = [
        RuleState(
            rule.page,
            tuple(set_now.get(rule.page.rule, ())),
            figures.get(rule.page.rule, RuleFigures(rule.page.rule)),
            orders,
            now.date(),
        )
        for rule in book.rules
    ]
    return sorted(states, key=lambda one: (-one.figures.cards, one.page.title))


def clients_seen(connection: Connection, reader: Reader) -> list[str]:
    """The clients of which the reader sees cards."""
    return sorted(connection.execute(rows_of(reader, CARDS, CARDS.c.client).distinct()).scalars())


def end_of(told: str, now: datetime) -> datetime | None:
    """When a silence of so many days ends; never where it is ``0``. Raises ``ValueError``."""
    days = int(told)
    if not 0 <= days <= 366:
        raise ValueError
    return now + timedelta(days=days) if days else None
