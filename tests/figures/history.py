"""A small history to count: calls, cards, feedback and verdicts, of which only what matters is named."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from sqlalchemy import Engine, insert

from cds_hooks.databases import writing
from cds_hooks.memory.stamps import stamp
from cds_hooks.tables import AUDIT, CALLS, CARD_RULES, CARDS, FEEDBACK, RULE_MODES, VERDICTS
from cds_hooks.wire import encode

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
URGENCY = {"critical": 2, "warning": 1, "info": 0}


@dataclass
class History:
    """Writes rows; days are counted back from ``NOW``."""

    engine: Engine
    numbers: Iterable[int] = field(default_factory=count)

    def call(self, days_ago: float = 1, **told):
        """One answered call; gives its id."""
        number = next(iter(self.numbers))
        row = {
            "id": f"call-{number}",
            "client": "north",
            "tenant": "t1",
            "service": "ldn-order-sign",
            "hook": "order-sign",
            "hook_instance": "h",
            "patient": "p",
            "prescriber": "u",
            "answered_at": stamp(NOW - timedelta(days=days_ago)),
            "ms": 1.0,
            "software": "1",
            "rules_hash": "r",
            "naltrexone_orders": 1,
            "opioid_orders": 0,
            "cards": 0,
            "unchecked": 0,
            "orders_json": "[]",
            "states_json": "{}",
            "facts_json": "[]",
            "trace": None,
            "fetches_json": "[]",
            "is_synthetic": True,
        } | told
        with writing(self.engine) as connection:
            connection.execute(insert(CALLS).values(row))
        return row["id"]

    def card(self, rule="ldn-a", indicator="warning", days_ago: float = 1, call=None, **told):
        """One card, in a call of its own unless one is given; gives its uuid."""
        shared = {name: told[name] for name in ("client", "tenant", "service") if name in told}
        call = call or self.call(days_ago, cards=1, **shared)
        row = {
            "uuid": f"card-{next(iter(self.numbers))}",
            "call_id": call,
            "client": "north",
            "tenant": "t1",
            "service": "ldn-order-sign",
            "at": stamp(NOW - timedelta(days=days_ago)),
            "position": 0,
            "rule": rule,
            "rule_version": "1.0.0",
            "indicator": indicator,
            "urgency": URGENCY[indicator],
            "mode": "live",
            "summary": "Check dose: naltrexone 45 mg, since Nov 2, 2026",
            "order_text": "naltrexone 45 mg a day",
            "patient": "p",
            "prescriber": "u",
            "sent_json": "{}",
            "has_gaps": False,
            "outcome": "",
            "reason": "",
            "has_comment": False,
            "answer_seconds": None,
            "review": "",
            "is_synthetic": True,
        } | told
        spoken = {name: row[name] for name in ("rule", "tenant", "at", "indicator")}
        with writing(self.engine) as connection:
            connection.execute(insert(CARDS).values(row))
            connection.execute(insert(CARD_RULES).values(card=row["uuid"], version="1.0.0", **spoken))
        return row["uuid"]

    def feedback(self, card, outcome="accepted", client="north", comments=(), reasons=(), **told):
        """What became of a card."""
        row = {
            "client": client,
            "tenant": "t1",
            "service": "ldn-order-sign",
            "card": card,
            "outcome": outcome,
            "outcome_at": stamp(NOW),
            "received_at": stamp(NOW - timedelta(hours=1)),
            "accepted_json": "[]",
            "reasons_json": json.dumps(list(reasons)),
            "comments_json": encode(list(comments)).decode(),
            "as_sent": b"{}",
            "is_orphan": False,
        } | told
        with writing(self.engine) as connection:
            connection.execute(insert(FEEDBACK).values(row))

    def verdict(self, subject, card_verdict="appropriate", **told):
        """What a reviewer judged."""
        row = {
            "id": f"verdict-{next(iter(self.numbers))}",
            "subject": subject,
            "tenant": "t1",
            "reviewer": "ann",
            "at": stamp(NOW - timedelta(hours=2)),
            "card_verdict": card_verdict,
            "cause": "",
            "response_verdict": "",
            "harm": "",
            "comment": "",
            "to_owner": False,
            "is_second": False,
            "seconds": 20.0,
            "undone_at": "",
        } | told
        with writing(self.engine) as connection:
            connection.execute(insert(VERDICTS).values(row))
        return row["id"]

    def changed(self, rule, mode="silent", days_ago: float = 3):
        """That a rule was changed."""
        with writing(self.engine) as connection:
            connection.execute(
                insert(RULE_MODES).values(
                    rule=rule,
                    client="",
                    mode=mode,
                    reason="noisy",
                    since=stamp(NOW - timedelta(days=days_ago)),
                    until="",
                    who="ann",
                )
            )

    def audited(self, what="card opened", who="ann"):
        """An audit event; its hashes are made up."""
        number = next(iter(self.numbers)) + 1
        with writing(self.engine) as connection:
            connection.execute(
                insert(AUDIT).values(
                    number=number,
                    at=stamp(NOW - timedelta(hours=3)),
                    who=who,
                    role="admin",
                    what=what,
                    about="card-1",
                    tenant="t1",
                    result="done",
                    detail_json="{}",
                    previous_hash="0",
                    hash="1",
                )
            )
