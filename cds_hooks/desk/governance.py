"""The pages for those who answer for the rules: their state, how clients are connected, and what people did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, request

from cds_hooks.databases import reading, writing
from cds_hooks.desk.connections import connections
from cds_hooks.desk.queries import rows_of
from cds_hooks.desk.rule_states import DAYS, DAYS_OF_VERSIONS, clients_seen, end_of, rule_states
from cds_hooks.figures.charts import sparkline
from cds_hooks.figures.measures import LEAST_COVERAGE, LEAST_JUDGED, Scope
from cds_hooks.figures.versions import by_version
from cds_hooks.memory import audit
from cds_hooks.memory.modes import MODES, ModeError, hear, silence
from cds_hooks.people.roles import Permission
from cds_hooks.problems import Issue, Refusal
from cds_hooks.tables import AUDIT

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cds_hooks.desk.views import ReviewDesk
    from cds_hooks.people.doors import Reader

EVENTS: Final = 100
"""Events on a page."""
ENDS: Final = (("1", "1 day"), ("7", "7 days"), ("30", "30 days"), ("90", "90 days"), ("0", "until it is heard again"))
_LONGEST_REASON: Final = 500


def governance_pages(desk: ReviewDesk) -> Blueprint:
    """The pages about rules, clients and the audit log."""
    blueprint = Blueprint("governance", __name__, url_prefix="/desk")
    pages = _Pages(desk)
    blueprint.add_url_rule("/rules", view_func=pages.rules)
    blueprint.add_url_rule("/rules/<rule>", view_func=pages.rule)
    blueprint.add_url_rule("/rules/<rule>/silence", view_func=pages.silence, methods=["POST"])
    blueprint.add_url_rule("/rules/<rule>/hear", view_func=pages.hear, methods=["POST"])
    blueprint.add_url_rule("/clients", view_func=pages.clients)
    blueprint.add_url_rule("/audit", view_func=pages.audit)
    return blueprint


class _Pages:
    """What each address answers with."""

    def __init__(self, desk: ReviewDesk) -> None:
        self._desk = desk

    def rules(self) -> Response:
        """Every rule in one line: its state and how it does."""
        reader = self._desk.doors.admit(Permission.READ)
        with reading(self._desk.engine) as connection:
            states = rule_states(connection, reader, self._desk.book, self._desk.now())
            seen = clients_seen(connection, reader)
        attention = request.args.get("only", "") == "attention"
        shown = [one for one in states if one.badges or one.modes] if attention else states
        return self._desk.page(
            reader,
            "rule_states.html",
            "rules",
            states=shown,
            whole=len(states),
            attention=attention,
            days=DAYS,
            sparkline=sparkline,
            seen=seen,
        )

    def rule(self, rule: str) -> Response:
        """One rule, and the forms that silence it."""
        reader = self._desk.doors.admit(Permission.READ)
        return self._rule_page(reader, rule)

    def _rule_page(self, reader: Reader, rule: str, wrong: str = "") -> Response:
        with reading(self._desk.engine) as connection:
            states = rule_states(connection, reader, self._desk.book, self._desk.now())
            seen = clients_seen(connection, reader)
            scope = Scope.last(DAYS_OF_VERSIONS, self._desk.now(), reader.sees)
            versions = by_version(connection, scope, rule)
        state = next((one for one in states if one.page.rule == rule), None)
        if state is None:
            raise Refusal(404, Issue("not-found", "There is no such rule."))
        return self._desk.page(
            reader,
            "rule_state.html",
            "rules",
            status=422 if wrong else 200,
            state=state,
            seen=seen,
            seen_pairs=[(one, one) for one in seen],
            sees_all=reader.sees is None,
            may_silence=reader.may(Permission.SILENCE),
            modes=MODES,
            ends=ENDS,
            days=DAYS,
            versions=versions,
            days_of_versions=DAYS_OF_VERSIONS,
            least_coverage=LEAST_COVERAGE,
            least_judged=LEAST_JUDGED,
            wrong=wrong,
            sent=request.form,
        )

    def silence(self, rule: str) -> Response:
        """Keep a rule unheard from now on."""
        reader = self._desk.doors.admit(Permission.SILENCE)
        sent = request.form
        client, mode, reason = sent.get("client", ""), sent.get("mode", "silent"), sent.get("reason", "").strip()
        now = self._desk.now()
        try:
            until = end_of(sent.get("days", ""), now)
        except ValueError:
            return self._rule_page(reader, rule, "Choose for how long.")
        if mode not in MODES:
            return self._rule_page(reader, rule, f"Choose one of: {', '.join(MODES)}.")
        if len(reason) > _LONGEST_REASON:
            return self._rule_page(reader, rule, f"Use up to {_LONGEST_REASON} characters for the reason.")
        try:
            with writing(self._desk.engine) as connection:
                _refuse_other_tenants(connection, reader, client)
                silence(
                    connection,
                    self._desk.book,
                    rule,
                    who=reader.who,
                    role=reader.role.value,
                    reason=reason,
                    at=now,
                    until=until,
                    client=client,
                    mode=mode,
                )
        except ModeError as problem:
            return self._rule_page(reader, rule, str(problem))
        return self._desk.to(f"/rules/{rule}")

    def hear(self, rule: str) -> Response:
        """Hear a rule again."""
        reader = self._desk.doors.admit(Permission.SILENCE)
        client = request.form.get("client", "")
        with writing(self._desk.engine) as connection:
            _refuse_other_tenants(connection, reader, client)
            hear(connection, rule, who=reader.who, role=reader.role.value, at=self._desk.now(), client=client)
        return self._desk.to(f"/rules/{rule}")

    def clients(self) -> Response:
        """How each client is connected."""
        reader = self._desk.doors.admit(Permission.READ_CLIENTS)
        now = self._desk.now()
        with reading(self._desk.engine) as connection:
            told = connections(connection, reader, now)
        return self._desk.page(reader, "desk_clients.html", "clients", clients=told, now=now)

    def audit(self) -> Response:
        """What people and the service itself did, newest first; and whether the chain is whole, when asked."""
        reader = self._desk.doors.admit(Permission.READ_AUDIT)
        who, what = (request.args.get(name, "").strip()[:100] for name in ("who", "what"))
        below = _number(request.args.get("below", ""))
        asked = rows_of(reader, AUDIT).order_by(AUDIT.c.number.desc()).limit(EVENTS + 1)
        if who:
            asked = asked.where(AUDIT.c.who == who)
        if what:
            asked = asked.where(AUDIT.c.what == what)
        if below is not None:
            asked = asked.where(AUDIT.c.number < below)
        with reading(self._desk.engine) as connection:
            events = connection.execute(asked).mappings().all()
            chain = audit.verify(connection) if request.args.get("verify") == "yes" else None
        more = events[EVENTS - 1]["number"] if len(events) > EVENTS else None
        return self._desk.page(
            reader, "desk_audit.html", "audit", events=events[:EVENTS], more=more, who=who, what=what, chain=chain
        )


def _refuse_other_tenants(connection: Connection, reader: Reader, client: str) -> None:
    """Refuse (403) what would change the cards of tenants that the reader does not see."""
    if reader.sees is not None and client not in clients_seen(connection, reader):
        told = "Choose one of your clients: a rule that is silent for all is so for tenants that you do not see."
        raise Refusal(403, Issue("forbidden", told))


def _number(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise Refusal(400, Issue("value", "Expected the number of an event.", "below"))
    return int(text)
