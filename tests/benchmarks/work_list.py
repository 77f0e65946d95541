"""How long a page of the work list takes among very many cards.

    python -m tests.benchmarks.work_list --cards 100000

Cards are made up and written to an SQLite file in a folder that goes away. Every view is asked several times, first
page and a page from the middle; the slowest of the medians is held against ``--most``.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, insert
from werkzeug.datastructures import MultiDict

from cds_hooks.databases import opened, reading, writing
from cds_hooks.desk.filters import Filters, filters_in
from cds_hooks.desk.worklist import Key, listed, without_cards
from cds_hooks.memory.stamps import stamp
from cds_hooks.migrating import upgrade
from cds_hooks.people.doors import Reader
from cds_hooks.people.roles import ALL_TENANTS, Role
from cds_hooks.tables import CALLS, CARD_RULES, CARDS, FEEDBACK, SECOND_OPINIONS

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
VIEWS = {
    "risk first": {},
    "newest first": {"sort": "newest"},
    "oldest first": {"sort": "oldest"},
    "overridden critical": {"severity": "critical", "outcome": "overridden"},
    "comments": {"comment": "yes"},
    "this week's sample": {"sample": "week"},
    "second review": {"review": "second"},
    "judged by me, which nothing is": {"review": "mine"},
    "one rule": {"rule": "made-up-rule-3"},
    "a client that nothing is of": {"client": "nobody"},
    "one version, which nothing is of": {"version": "9.9.9"},
    "a text that nothing has": {"text": "sesquipedalian"},
    "angry comments": {"angry": "yes"},
    "no angry comment": {"angry": "no"},
    "without data that failed": {"degraded": "yes"},
    "without data that failed, newest first, of a client that nothing is of": {
        "degraded": "yes",
        "sort": "newest",
        "client": "nobody",
    },
    "the same patient": {"patient": "0" * 64},
    "a day long ago": {"since": "2026-08-01", "until": "2026-08-01"},
}
READERS = {
    "all tenants": Reader("measurer", Role.ADMIN, ALL_TENANTS, "", "demo"),
    "one tenant": Reader("measurer", Role.ADMIN, ("t1",), "", "demo"),
}


def fill(engine: Engine, cards: int, seed: int = 1) -> None:
    """Write that many cards, with a call each."""
    chance = random.Random(seed)  # noqa: S311 - made-up cards
    detail = "What can happen, why, and what to do. " * 40
    with writing(engine) as connection:
        for batch in _batches(cards, 2000):
            calls, rows, rules = [], [], []
            for number in batch:
                call, card, rule = _card(chance, number, detail)
                calls.append(call)
                rows.append(card)
                rules.append(rule)
            said = [
                _feedback(chance, card, number) for number, card in zip(batch, rows, strict=True) if card["outcome"]
            ]
            asked = [_asked(card) for number, card in zip(batch, rows, strict=True) if number % 500 == 0]
            for table, told in (
                (CALLS, calls),
                (CARDS, rows),
                (CARD_RULES, rules),
                (FEEDBACK, said),
                (SECOND_OPINIONS, asked),
            ):
                if told:
                    connection.execute(insert(table), told)


def _batches(whole: int, size: int) -> Iterator[range]:
    for first in range(0, whole, size):
        yield range(first, min(first + size, whole))


def _card(chance: random.Random, number: int, detail: str) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    at = stamp(NOW - timedelta(seconds=chance.randrange(120 * 86400)))
    indicator, urgency = chance.choices([("info", 0), ("warning", 1), ("critical", 2)], [5, 4, 1])[0]
    outcome = chance.choices(["", "accepted", "overridden"], [5, 3, 2])[0]
    uuid = str(UUID(int=chance.getrandbits(128), version=4))
    whose = {
        "client": f"client-{number % 5}",
        "tenant": f"t{number % 3 + 1}",
        "service": "ldn-order-sign",
        "patient": f"{number % 20000:064x}",
        "prescriber": f"{number % 300:064x}",
        "is_synthetic": True,
    }
    call = whose | {
        "id": f"call-{number}",
        "hook": "order-sign",
        "hook_instance": f"{number}",
        "answered_at": at,
        "ms": 5.0,
        "software": "1",
        "rules_hash": "1",
        "naltrexone_orders": 1,
        "opioid_orders": 0,
        "cards": number % 4,
        "unchecked": 0,
        "orders_json": "[]",
        "states_json": "{}",
        "facts_json": "{}",
        "trace": None,
        "fetches_json": "[]",
    }
    rule = f"made-up-rule-{number % 40}"
    card = whose | {
        "uuid": uuid,
        "call_id": f"call-{number}",
        "at": at,
        "position": 0,
        "rule": rule,
        "rule_version": "1.0.0",
        "indicator": indicator,
        "urgency": urgency,
        "mode": "live" if number % 20 else "silent",
        "summary": f"Check dose: order reads naltrexone {number % 90 + 1} mg.",
        "order_text": "naltrexone 4.5 mg once a day",
        "sent_json": json.dumps({"uuid": uuid, "summary": "Check dose", "indicator": indicator, "detail": detail}),
        "has_gaps": chance.random() < 0.1,
        "outcome": outcome,
        "reason": "risk-benefit-ratio" if outcome == "overridden" else "",
        "has_comment": outcome == "overridden" and chance.random() < 0.1,
        "answer_seconds": 4.0 if outcome else None,
        "review": "appropriate" if chance.random() < 0.05 else "",
        "prescriber_kind": "Practitioner",
        "is_degraded": number % 5000 == 0,
    }
    spoken = {
        "card": uuid,
        "rule": rule,
        "version": "1.0.0",
        "indicator": indicator,
        "tenant": whose["tenant"],
        "at": at,
    }
    return call, card, spoken


def _feedback(chance: random.Random, card: dict[str, Any], number: int) -> dict[str, Any]:
    comments = [chance.choice(_COMMENTS)] if card["has_comment"] else []
    return {
        **{name: card[name] for name in ("client", "tenant", "service", "outcome")},
        "card": card["uuid"],
        "outcome_at": card["at"],
        "received_at": card["at"],
        "accepted_json": "[]",
        "reasons_json": "[]",
        "comments_json": json.dumps(comments),
        "as_sent": b"{}" * (1 + number % 300),
        "is_orphan": False,
    }


def _asked(card: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": card["uuid"],
        "card": card["uuid"],
        "tenant": card["tenant"],
        "who": "somebody",
        "at": card["at"],
        "undone_at": "",
    }


_COMMENTS = (
    "Discussed with the pain clinic; stopped two weeks ago.",
    "Useless, same alert every day.",
    "Pharmacy will compound it, and the patient knows what to do.",
    "Benefit outweighs it. Will see her next week. " * 4,
)


def measure(engine: Engine, times: int = 5) -> dict[str, float]:
    """The median of each view's pages in milliseconds, by reader, view and page."""
    figures: dict[str, float] = {}
    for who, reader in READERS.items():
        for view, told in VIEWS.items():
            filters = filters_in(MultiDict(told))
            figures[f"{who}, {view}"] = _median(engine, reader, filters, None, times)
        middle = Key(3, stamp(NOW - timedelta(days=60)), "8")
        for sort in ("risk", "newest", "oldest"):
            figures[f"{who}, {sort}, from the middle"] = _median(engine, reader, Filters(sort=sort), middle, times)
        begun = perf_counter()
        with reading(engine) as connection:
            without_cards(connection, reader, NOW)
        figures[f"{who}, sample without cards"] = 1000 * (perf_counter() - begun)
    return figures


def _median(engine: Engine, reader: Reader, filters: Filters, after: Key | None, times: int) -> float:
    taken = []
    for _ in range(times):
        begun = perf_counter()
        with reading(engine) as connection:
            listed(connection, reader, filters, NOW, after=after)
        taken.append(1000 * (perf_counter() - begun))
    return statistics.median(taken)


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and say by the exit code whether the slowest view is fast enough."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cards", type=int, default=100_000)
    parser.add_argument("--most", type=float, default=300.0, help="milliseconds that a page may take")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, opened(f"sqlite:///{Path(folder) / 'cards.sqlite3'}") as engine:
        upgrade(engine)
        fill(engine, asked.cards)
        figures = measure(engine)
    for name, ms in sorted(figures.items(), key=lambda one: -one[1]):
        print(f"{ms:8.1f} ms  {name}")
    slowest = max(figures.values())
    print(f"slowest: {slowest:.1f} ms among {asked.cards} cards; at most {asked.most:.0f} ms")
    return 0 if slowest <= asked.most else 1


if __name__ == "__main__":
    sys.exit(main())
