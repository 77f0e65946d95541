"""Exports of cards, feedback, verdicts, rules and audit events, as CSV and as JSON Lines.

De-identified unless asked otherwise: no free text of people, no pseudonym of a patient or a prescriber, no summary (it
may name a day of the chart), and moments cut to their month (45 CFR 164.514(b)(2)(i)(C) leaves the year alone; a
month says when a rule was changed and is as far as this goes). An identified export keeps moments, summaries,
pseudonyms and comments; it is for those who may see them, and the desk writes down who took it.

A cell that a spreadsheet would run as a formula is made harmless by an apostrophe before it (OWASP ASVS 5.0, 1.2.10).
"""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, func, select

from cds_hooks.figures.measures import Scope
from cds_hooks.tables import AUDIT, CALLS, CARD_RULES, CARDS, FEEDBACK, VERDICTS
from cds_hooks.wire import encode

Record = dict[str, Any]

_TRIGGERS: Final = frozenset("=+-@|%\t\r\n\0")
_BATCH: Final = 500

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "cards": (
        *("card_uuid", "hook_instance", "client", "tenant", "time_utc", "service", "rule", "rule_version", "mode"),
        *("severity", "summary", "order", "patient", "prescriber", "prescriber_kind", "has_gaps", "degraded"),
        *("unchecked_rules", "outcome"),
        *("reason_code", "comment_present", "answer_s", "review", "latency_ms", "service_version", "rules_hash"),
        "synthetic",
    ),
    "feedback": (
        *("client", "tenant", "service", "card_uuid", "outcome", "outcome_time", "received_time"),
        *("accepted_suggestions", "reason_system", "reason_code", "reason_display", "comment_present", "comment"),
        *("orphan", "synthetic"),
    ),
    "verdicts": (
        *("card_uuid", "rule", "tenant", "reviewer", "review_time", "card_verdict", "cause", "response_verdict"),
        *("harm", "comment_present", "comment", "to_owner", "second", "review_s", "undone", "synthetic"),
    ),
    "rules": ("rule", "rule_version", "severity", "card_uuid", "tenant", "time_utc"),
    "audit": ("number", "time_utc", "who", "role", "what", "about", "tenant", "result", "previous_hash", "hash"),
}
"""What can be exported, and its columns in order."""

IDENTIFYING: Final = frozenset(
    {"summary", "patient", "prescriber", "comment", "reason_display", "hook_instance", "reviewer", "who", "about"}
)
"""Columns that a de-identified export leaves empty."""

_MOMENTS: Final = frozenset({"time_utc", "outcome_time", "received_time", "review_time"})


def records(connection: Connection, what: str, scope: Scope, *, identified: bool = False) -> Iterator[Record]:
    """The rows of an export, oldest first, read in batches: a year of them needs no more memory than a day."""
    query, told = _KINDS[what]
    result = connection.execution_options(yield_per=_BATCH).execute(query(scope))
    for row in result:
        record = told(row)
        if not identified:
            record = {name: _hidden(name, value) for name, value in record.items()}
        yield {name: record[name] for name in COLUMNS[what]}


def count(connection: Connection, what: str, scope: Scope) -> int:
    """How many rows an export would have."""
    query, _ = _KINDS[what]
    return connection.execute(select(func.count()).select_from(query(scope).order_by(None).subquery())).scalar_one()


def _hidden(name: str, value: Any) -> Any:
    if name in IDENTIFYING:
        return ""
    return value[:7] if name in _MOMENTS and isinstance(value, str) else value


def _cards(scope: Scope) -> Select[Any]:
    joined = CARDS.join(CALLS, CALLS.c.id == CARDS.c.call_id)
    wanted = (CALLS.c.hook_instance, CALLS.c.unchecked, CALLS.c.ms, CALLS.c.software, CALLS.c.rules_hash)
    return select(CARDS, *wanted).select_from(joined).where(scope.of(CARDS.c.tenant, CARDS.c.at)).order_by(CARDS.c.at)


def _card(row: Row[Any]) -> Record:
    return {
        "card_uuid": row.uuid,
        "hook_instance": row.hook_instance,
        "client": row.client,
        "tenant": row.tenant,
        "time_utc": row.at,
        "service": row.service,
        "rule": row.rule,
        "rule_version": row.rule_version,
        "mode": row.mode,
        "severity": row.indicator,
        "summary": row.summary,
        "order": row.order_text,
        "patient": row.patient,
        "prescriber": row.prescriber,
        "prescriber_kind": row.prescriber_kind,
        "has_gaps": bool(row.has_gaps),
        "degraded": bool(row.is_degraded),
        "unchecked_rules": row.unchecked,
        "outcome": row.outcome,
        "reason_code": row.reason,
        "comment_present": bool(row.has_comment),
        "answer_s": row.answer_seconds,
        "review": row.review,
        "latency_ms": round(row.ms, 2),
        "service_version": row.software,
        "rules_hash": row.rules_hash,
        "synthetic": bool(row.is_synthetic),
    }


def _feedback(scope: Scope) -> Select[Any]:
    return (
        select(FEEDBACK)
        .where(scope.of(FEEDBACK.c.tenant, FEEDBACK.c.received_at))
        .order_by(FEEDBACK.c.received_at, FEEDBACK.c.id)
    )


def _item(row: Row[Any]) -> Record:
    reasons = json.loads(row.reasons_json)
    comments = json.loads(row.comments_json)
    first = reasons[0] if reasons else {}
    return {
        "client": row.client,
        "tenant": row.tenant,
        "service": row.service,
        "card_uuid": row.card,
        "outcome": row.outcome,
        "outcome_time": row.outcome_at,
        "received_time": row.received_at,
        "accepted_suggestions": " ".join(json.loads(row.accepted_json)),
        "reason_system": first.get("system", ""),
        "reason_code": first.get("code", ""),
        "reason_display": first.get("display", ""),
        "comment_present": bool(comments),
        "comment": " / ".join(comments),
        "orphan": bool(row.is_orphan),
        "synthetic": bool(row.is_synthetic),
    }


def _verdicts(scope: Scope) -> Select[Any]:
    return (
        select(VERDICTS, CARDS.c.rule)
        .select_from(VERDICTS.outerjoin(CARDS, CARDS.c.uuid == VERDICTS.c.subject))
        .where(scope.of(VERDICTS.c.tenant, VERDICTS.c.at))
        .order_by(VERDICTS.c.at, VERDICTS.c.id)
    )


def _verdict(row: Row[Any]) -> Record:
    return {
        "card_uuid": row.subject,
        "rule": row.rule or "",
        "tenant": row.tenant,
        "reviewer": row.reviewer,
        "review_time": row.at,
        "card_verdict": row.card_verdict,
        "cause": row.cause,
        "response_verdict": row.response_verdict,
        "harm": row.harm,
        "comment_present": bool(row.comment),
        "comment": row.comment,
        "to_owner": bool(row.to_owner),
        "second": bool(row.is_second),
        "review_s": row.seconds,
        "undone": bool(row.undone_at),
        "synthetic": bool(row.is_synthetic),
    }


def _rules(scope: Scope) -> Select[Any]:
    return (
        select(CARD_RULES)
        .where(scope.of(CARD_RULES.c.tenant, CARD_RULES.c.at))
        .order_by(CARD_RULES.c.at, CARD_RULES.c.card, CARD_RULES.c.rule)
    )


def _rule(row: Row[Any]) -> Record:
    return {
        "rule": row.rule,
        "rule_version": row.version,
        "severity": row.indicator,
        "card_uuid": row.card,
        "tenant": row.tenant,
        "time_utc": row.at,
    }


def _audit(scope: Scope) -> Select[Any]:
    return select(AUDIT).where(scope.of(AUDIT.c.tenant, AUDIT.c.at)).order_by(AUDIT.c.number)


def _event(row: Row[Any]) -> Record:
    told = {name: getattr(row, name) for name in COLUMNS["audit"] if name != "time_utc"}
    return told | {"time_utc": row.at}


_KINDS: Final[Mapping[str, tuple[Callable[[Scope], Select[Any]], Callable[[Row[Any]], Record]]]] = {
    "cards": (_cards, _card),
    "feedback": (_feedback, _item),
    "verdicts": (_verdicts, _verdict),
    "rules": (_rules, _rule),
    "audit": (_audit, _event),
}


def as_lines(rows: Iterable[Record]) -> Iterator[bytes]:
    """JSON Lines: one record a line, nothing changed in it."""
    for record in rows:
        yield encode(record) + b"\n"


def as_csv(rows: Iterable[Record], columns: Iterable[str]) -> Iterator[bytes]:
    """CSV in UTF-8 with a head line, a batch of lines at a time; what a spreadsheet would run is made harmless."""
    names = list(columns)
    page = io.StringIO()
    writer = csv.writer(page)
    writer.writerow(names)
    for nth, record in enumerate(rows, 1):
        writer.writerow([harmless(record[name]) for name in names])
        if nth % _BATCH == 0:
            yield page.getvalue().encode()
            page.seek(0)
            page.truncate()
    yield page.getvalue().encode()


def harmless(value: Any) -> Any:
    r"""A cell that no spreadsheet takes for a formula; numbers stay numbers.

    >>> harmless("=1+1"), harmless(" \uff1dcmd"), harmless(-1.5), harmless("4.5 mg"), harmless(None), harmless(True)
    ("'=1+1", "' \uff1dcmd", -1.5, '4.5 mg', '', 'true')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return value
    # A leading blank is trimmed by some programs, and a full-width sign is taken for the plain one.
    opening = value.lstrip(" \u00a0\u3000\ufeff")[:1]
    dangerous = opening and (opening in _TRIGGERS or unicodedata.normalize("NFKC", opening) in _TRIGGERS)
    return f"'{value}" if dangerous else value
