"""What was said of a patient before, for the rules that speak only so often (``cards/budgets.py``).

A card counts that was sent to this client. It tells the rule and the day for as long as its row is kept; what tells one
supply, or one state of the evidence, from another stands in the facts of its call, which are let go of earlier: from then
on it may be said once more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from cards.budgets import Showing
from cds_hooks.memory.overrides import CLOSES_NOTHING
from cds_hooks.memory.stamps import moment


def question(rules: Collection[str]) -> str:
    """The question for the cards in which one of these rules spoke; the index by patient leads to them."""
    among = ", ".join("?" for _ in rules)
    return (
        "SELECT r.rule, c.uuid, c.at, c.outcome, c.reason, c.answer_seconds, k.facts_json, "  # noqa: S608 - only signs
        "(SELECT max(f.received_at) FROM feedback f "
        "WHERE f.client = c.client AND f.service = c.service AND f.card = c.uuid) "
        'FROM "call" k JOIN card c ON c.call_id = k.id JOIN card_rule r ON r.card = c.uuid '
        f"WHERE k.patient = ? AND k.tenant = ? AND k.client = ? AND c.mode = ? AND r.rule IN ({among})"
    )


def showings_in(rows: Collection[tuple[Any, ...]]) -> Iterator[Showing]:
    """What the rows of that question tell."""
    for rule, card, at, outcome, reason, seconds, facts_json, received in rows:
        on, acknowledged = day_of(moment(at)), None
        if outcome and reason not in CLOSES_NOTHING:
            acknowledged = _acknowledged(moment(at), seconds, received)
        findings = msgspec.json.decode(facts_json).get("findings", ())
        told = [one for one in findings if one["rule"] == rule and one["card"] == card and not one["about"]]
        for one in told or [{}]:
            yield Showing(rule, on, one.get("occasion", ""), one.get("evidence", ""), acknowledged)


def _acknowledged(at: datetime, seconds: float | None, received: str | None) -> date:
    """The day on which somebody answered a card: as the client tells it, but not later than we were told."""
    answered = at + timedelta(seconds=seconds or 0)
    return day_of(min(answered, moment(received)) if received else answered)


def day_of(at: datetime) -> date:
    """The day of a moment, where this machine is."""
    return at.astimezone().date()
