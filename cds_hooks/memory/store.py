"""The memory of a process that answers, in the database.

One transaction holds a call, its cards, the rules that speak in them and the id of its token, and is done before the
answer leaves: what was acknowledged is there, and a token that was used before leaves nothing. Statements go to the
driver itself (``lines``), since every answer waits for them.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cards import Hook, Unsaid
from cards.budgets import Spent, spent
from cards.review import EVERYTHING_IS_SAID
from cds_hooks.databases import DatabaseError, Schema
from cds_hooks.memory.leftovers import Leftovers, Seal
from cds_hooks.memory.lines import Duplicate, Line
from cds_hooks.memory.overrides import closing_reason, evidence_on
from cds_hooks.memory.records import CALL_COLUMNS, CARD_COLUMNS, CARD_RULE_COLUMNS, LIVE, Writer
from cds_hooks.memory.showings import day_of, question, showings_in
from cds_hooks.memory.stamps import moment, now, stamp
from cds_hooks.memory.traces import Traces
from cds_hooks.memory.unheard import Unheard
from cds_hooks.store import AnsweredCall, Feedback, Kept, Replayed
from cds_hooks.wire import encode

if TYPE_CHECKING:
    from cards.explanation import Trace
    from cards.pages import RuleBook
    from cds_hooks.callers import TokenId, Visit
    from cds_hooks.clinic import Answer
    from cds_hooks.hook_request import HookRequest

_LONGEST_SESSION: Final = timedelta(hours=12)
"""How long after an order was chosen its signing belongs to the same occasion."""

_OVERRIDDEN: Final = (
    'SELECT rule, evidence, NULL AS told FROM "override" WHERE tenant = ? AND patient = ? AND "until" > ?'
)
_SAID_WHILE_CHOOSING: Final = (
    'SELECT NULL, NULL, facts_json FROM "call" '
    "WHERE tenant = ? AND patient = ? AND answered_at > ? AND client = ? AND hook = ?"
)

_FEEDBACK_COLUMNS: Final = (
    *("client", "tenant", "service", "card", "outcome", "outcome_at", "received_at"),
    *("accepted_json", "reasons_json", "comments_json", "as_sent", "is_orphan", "is_synthetic"),
)


@dataclass(frozen=True, slots=True)
class Habits:
    """What a site chose: whether whole requests are kept and for how many days, how long an override is remembered.

    ``keeps_budgets``: rules that speak only so often are held to it.
    """

    keeps_requests: bool = False
    days_of_requests: int = 90
    days_of_overrides: int = 90
    keeps_budgets: bool = True


class DatabaseStore:
    """A store in a database whose tables are those of this version; ``new_id`` names calls."""

    def __init__(
        self,
        line: Line,
        writer: Writer,
        habits: Habits,
        seal: Seal,
        *,
        new_id: Callable[[], str],
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._line = line
        self._writer = writer
        self._habits = habits
        self._seal = seal
        self._new_id = new_id
        self._clock = clock
        self._traces = Traces(self._keep_trace)
        self._unheard = Unheard(self._look_up_modes)
        self._statements = {
            "replay": _insert("replay", ("issuer", "jti", "expires_at")),
            "call": _insert("call", (*CALL_COLUMNS, "sealed")),
            "card": _insert("card", CARD_COLUMNS),
            "card_rule": _insert("card_rule", CARD_RULE_COLUMNS),
            "snapshot": _insert("snapshot", ("call_id", "request", "response", "delete_after")),
        }
        self._statements = {name: line.sql(statement) for name, statement in self._statements.items()}

    # --- calls -------------------------------------------------------------------------------------------------------

    def remember(self, call: AnsweredCall) -> None:
        """Remember a call before its answer leaves; raises ``Replayed`` when its token was used before."""
        at = self._clock()
        call_id = self._new_id()
        retired = self._unheard.retired(call.visit.caller.name, stamp(at)) if call.answer.kept_back else frozenset()
        record = self._writer.record(call, call_id, stamp(at), retired)
        snapshot = self._snapshot(call, call_id, at) if self._habits.keeps_requests else None
        sealed = self._seal.sealed(call.answer, call_id) if record.cards else None
        statements, token = self._statements, call.visit.token
        try:
            with self._line.writing() as cursor:
                if token is not None:
                    cursor.execute(statements["replay"], _replay(token))
                cursor.execute(statements["call"], (*record.call, sealed))
                if record.cards:
                    cursor.executemany(statements["card"], record.cards)
                    cursor.executemany(statements["card_rule"], record.rules)
                if snapshot is not None:
                    cursor.execute(statements["snapshot"], snapshot)
        except Duplicate as problem:
            if "replay" in str(problem):
                raise Replayed from None
            raise
        self._traces.a_call_came()
        if record.cards:
            self._traces.add(call_id, call.answer)

    def use_up(self, token: TokenId) -> None:
        """Use up the token of a call that has no record; raises ``Replayed``."""
        try:
            with self._line.writing() as cursor:
                cursor.execute(self._statements["replay"], _replay(token))
        except Duplicate:
            raise Replayed from None

    def _snapshot(self, call: AnsweredCall, call_id: str, at: datetime) -> tuple[Any, ...]:
        """The request without its token, and the answer."""
        asked = call.request
        request = {
            "hook": asked.hook,
            "hookInstance": asked.hook_instance,
            "fhirServer": asked.fhir_server,
            "context": asked.context,
            "prefetch": {key: msgspec.Raw(told or b"null") for key, told in asked.prefetch.items()},
            "extension": asked.extension,
        }
        response = {"cards": list(call.cards)}
        ends = at + timedelta(days=self._habits.days_of_requests)
        return call_id, zlib.compress(encode(request), 1), zlib.compress(encode(response), 1), stamp(ends)

    def _keep_trace(self, call_id: str, trace: Trace) -> None:
        packed = zlib.compress(encode(trace.to_json()), 1)
        with self._line.writing() as cursor:
            change = 'UPDATE "call" SET trace = ?, sealed = NULL WHERE id = ?'
            cursor.execute(self._line.sql(change), (packed, call_id))

    def left_behind(self, book: RuleBook) -> Leftovers:
        """What processes that were killed did not come to explain, to be explained by the same rules."""
        return Leftovers(self._line, self._seal, book, self._writer.software, self._keep_trace, self._clock)

    def explain_what_was_left(self, book: RuleBook) -> None:
        """From now on explain that too, when there is nothing else to do."""
        Thread(target=self._seal.get_ready, daemon=True).start()
        self._traces.look_for(self.left_behind(book).explain_one)

    # --- what is not said --------------------------------------------------------------------------------------------

    def unsaid(self, visit: Visit, request: HookRequest, answer: Answer) -> Unsaid:
        """What is to be kept unsaid in an answer; asks nobody where there is nothing to say."""
        if not answer.review.judged:
            return EVERYTHING_IS_SAID
        at = self._clock()
        silent = self._unheard.rules(visit.caller.name, stamp(at))
        overridden: frozenset[tuple[str, str]] = frozenset()
        said: frozenset[tuple[str, str]] = frozenset()
        not_due: Mapping[tuple[str, str], Spent] = {}
        patient = self._writer.pseudonyms.patient(visit.tenant, request.context.get("patientId"))
        if patient and answer.cards:
            if self._habits.keeps_budgets:
                not_due = self._spent(visit, patient, answer, at)
            chose_before = answer.chart.hook is Hook.ORDER_SIGN and not visit.caller.dialect.repeats_at_sign
            overridden, said = self._known_of(visit, patient, at, chose_before=chose_before)
        return Unsaid(silent, overridden, said, not_due)

    def _spent(self, visit: Visit, patient: str, answer: Answer, at: datetime) -> Mapping[tuple[str, str], Spent]:
        """Which findings were said lately and are not due; asks nobody where no rule spoke that has a budget."""
        budgets = {one.page.rule: one.budget for one in answer.review.judged if one.budget is not None}
        if not budgets:
            return {}
        with self._line.reading() as cursor:
            wanted = (patient, visit.tenant, visit.caller.name, LIVE, *budgets)
            cursor.execute(self._line.sql(question(budgets)), wanted)
            rows = cursor.fetchall()
        return spent(budgets, showings_in(rows), day_of(at))

    def _known_of(
        self, visit: Visit, patient: str, at: datetime, *, chose_before: bool
    ) -> tuple[frozenset[tuple[str, str]], frozenset[tuple[str, str]]]:
        """The findings that were overridden, and those said while orders were chosen; in one question, for all wait."""
        asked: list[str] = []
        values: tuple[str, ...] = ()
        if self._habits.days_of_overrides:
            asked.append(_OVERRIDDEN)
            values += (visit.tenant, patient, stamp(at))
        if chose_before:
            asked.append(_SAID_WHILE_CHOOSING)
            since = stamp(at - _LONGEST_SESSION)
            values += (visit.tenant, patient, since, visit.caller.name, Hook.ORDER_SELECT.value)
        if not asked:
            return frozenset(), frozenset()
        with self._line.reading() as cursor:
            cursor.execute(self._line.sql(" UNION ALL ".join(asked)), values)
            rows = cursor.fetchall()
        facts = [msgspec.json.decode(told) for _, _, told in rows if told is not None]
        return (
            frozenset((rule, evidence) for rule, evidence, told in rows if told is None),
            frozenset(
                (one["rule"], one["evidence"]) for told in facts for one in told.get("findings", ()) if one["card"]
            ),
        )

    def _look_up_modes(self) -> Iterable[tuple[str, str, str, str]]:
        with self._line.reading() as cursor:
            cursor.execute("SELECT rule, client, until, mode FROM rule_mode")
            rows: list[tuple[str, str, str, str]] = cursor.fetchall()
        return rows

    # --- feedback ----------------------------------------------------------------------------------------------------

    def keep(self, feedback: Feedback) -> Kept:
        """Keep an item beside all that came before it; the same item again changes nothing."""
        received, card = self._clock(), feedback.card.casefold()
        with self._line.asking() as cursor:
            known = self._card(cursor, feedback, card)
            row = (
                *(feedback.client, known["tenant"] if known else feedback.tenant, feedback.service, card),
                *(feedback.outcome.value, stamp(feedback.at), stamp(received)),
                encode(list(feedback.accepted)).decode(),
                encode([{"code": r.code, "system": r.system, "display": r.display} for r in feedback.reasons]).decode(),
                encode(list(feedback.comments)).decode(),
                *(feedback.as_sent, known is None, self._writer.is_synthetic),
            )
            latest = self._latest_feedback(cursor, feedback, card)
            cursor.execute(self._line.sql(f"{_insert('feedback', _FEEDBACK_COLUMNS)} ON CONFLICT DO NOTHING"), row)
            if cursor.rowcount == 0:
                return Kept.AGAIN
            if known is None:
                return Kept.ORPHAN
            self._repeat_on_card(cursor, feedback, known, is_latest=stamp(feedback.at) >= latest)
            self._remember_override(cursor, feedback, known, min(feedback.at, received))
            return Kept.NEW

    def rule_of(self, feedback: Feedback) -> str:
        """The rule that speaks first in the card it is about; empty for a card we do not know."""
        with self._line.reading() as cursor:
            known = self._card(cursor, feedback, feedback.card.casefold())
        return str(known["rule"]) if known else ""

    def _card(self, cursor: Any, feedback: Feedback, card: str) -> Mapping[str, Any] | None:
        """The card that feedback is about, where it was this client's: nobody can speak about another one's."""
        names = ("uuid", "call_id", "tenant", "patient", "at", "rule")
        cursor.execute(
            self._line.sql(
                f"SELECT {', '.join(names)} FROM card WHERE uuid = ? AND client = ? AND service = ? AND tenant = ?"  # noqa: S608
            ),
            (card, feedback.client, feedback.service, feedback.tenant),
        )
        row = cursor.fetchone()
        return dict(zip(names, row, strict=True)) if row is not None else None

    def _latest_feedback(self, cursor: Any, feedback: Feedback, card: str) -> str:
        question = "SELECT max(outcome_at) FROM feedback WHERE client = ? AND service = ? AND card = ?"
        cursor.execute(self._line.sql(question), (feedback.client, feedback.service, card))
        (latest,) = cursor.fetchone()
        return latest or ""

    def _repeat_on_card(self, cursor: Any, feedback: Feedback, card: Mapping[str, Any], *, is_latest: bool) -> None:
        """Say on the card what became of it, so that lists need not look further."""
        if feedback.comments:
            cursor.execute(self._line.sql("UPDATE card SET has_comment = ? WHERE uuid = ?"), (True, card["uuid"]))
        if is_latest:
            reason = next((one.code for one in feedback.reasons if one.code), "")
            seconds = max(0.0, (feedback.at - moment(card["at"])).total_seconds())
            change = "UPDATE card SET outcome = ?, reason = ?, answer_seconds = ? WHERE uuid = ?"
            cursor.execute(self._line.sql(change), (feedback.outcome.value, reason, seconds, card["uuid"]))

    def _remember_override(self, cursor: Any, feedback: Feedback, card: Mapping[str, Any], at: datetime) -> None:
        reason = closing_reason(feedback)
        if reason is None or not card["patient"] or not self._habits.days_of_overrides:
            return
        cursor.execute(self._line.sql('SELECT facts_json FROM "call" WHERE id = ?'), (card["call_id"],))
        facts = msgspec.json.decode(cursor.fetchone()[0])
        until = stamp(at + timedelta(days=self._habits.days_of_overrides))
        columns = ("tenant", "patient", "rule", "evidence", "reason", "card", "at", "until")
        change = (
            f"{_insert('override', columns)} ON CONFLICT (tenant, patient, rule, evidence) DO UPDATE SET "
            'reason = excluded.reason, card = excluded.card, at = excluded.at, "until" = excluded."until" '
            'WHERE excluded."until" > "override"."until"'
        )
        for rule, evidence in evidence_on(card["uuid"], facts.get("findings", ())):
            row = (card["tenant"], card["patient"], rule, evidence, reason.code, card["uuid"], stamp(at), until)
            cursor.execute(self._line.sql(change), row)

    # --- its own state -----------------------------------------------------------------------------------------------

    def problem(self) -> str:
        """Why the memory cannot be used at the moment; empty when it can. For ``/readyz``."""
        try:
            schema = self._line.schema()
        except DatabaseError as problem:
            return str(problem)
        return "" if schema is Schema.CURRENT else f"The tables are {schema.value}."

    def finish(self, within: float = 10.0) -> bool:
        """Wait until every card is explained; whether they were in that time."""
        return self._traces.finish(within)

    @property
    def missed_traces(self) -> int:
        """How many calls with a card this process did not explain; another moment will."""
        return self._traces.missed

    def close(self) -> None:
        """Explain what is waiting, and hang up."""
        self._traces.close()
        self._line.close()


def _insert(table: str, columns: tuple[str, ...]) -> str:
    """A statement that adds a row; names are ours, and some are words of SQL."""
    named = ", ".join(f'"{column}"' for column in columns)
    return f'INSERT INTO "{table}" ({named}) VALUES ({", ".join("?" for _ in columns)})'  # noqa: S608


def _replay(token: TokenId) -> tuple[str, str, str]:
    return token.issuer, token.jti, stamp(datetime.fromtimestamp(token.expires_at, UTC))
