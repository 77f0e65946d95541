"""The dashboard, exports and the monthly report at the desk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Response, request

from cds_hooks.databases import reading
from cds_hooks.figures import charts
from cds_hooks.figures.exports import COLUMNS, IDENTIFYING, as_csv, as_lines, count, records
from cds_hooks.figures.measures import (
    LEAST_ANSWERED,
    LEAST_COVERAGE,
    LEAST_JUDGED,
    Change,
    Overview,
    RuleFigures,
    Scope,
    Week,
    by_rule,
    changes,
    clients_in,
    most_refused,
    overview,
    weeks,
)
from cds_hooks.figures.versions import version_changes
from cds_hooks.memory.stamps import when
from cds_hooks.people.places import desk_page
from cds_hooks.people.roles import Permission
from cds_hooks.problems import Issue, Refusal

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from cds_hooks.people.doors import Doors
    from cds_hooks.settings import Settings

PERIODS: Final = (7, 30, 90)
_FORMATS: Final = {"csv": "text/csv", "jsonl": "application/x-ndjson"}
_SECONDS: Final = (1, 3, 5, 10, 30, 60, 300)
_GLANCE: Final = 3
"""Seconds in which most pop-ups are closed unread (Elias 2019, Appl Clin Inform 10:909)."""
_INDICATORS: Final = ("critical", "warning", "info")
_SERIES: Final = 5
_REASONS: Final = 11
"""So many reasons have a bar of their own; the table below holds them all."""


def figure_pages(settings: Settings, engine: Engine, doors: Doors, now: Callable[[], datetime]) -> Blueprint:
    """The pages under ``/desk`` that show figures and give them away."""
    blueprint = Blueprint("figures", __name__, url_prefix="/desk")

    @blueprint.get("/dashboard")
    def dashboard() -> Response:
        """Four numbers, what changes them, and the tables behind."""
        reader = doors.admit(Permission.READ)
        days = _period(request.args.get("days", "30"))
        scope = Scope.last(days, now(), reader.sees)
        told = figures_of(engine, scope)
        return desk_page(
            settings,
            reader,
            "dashboard.html",
            "dashboard",
            days=days,
            periods=PERIODS,
            **told,
        )

    @blueprint.get("/report")
    def report() -> Response:
        """A month on paper."""
        reader = doors.admit(Permission.READ)
        first = _month(request.args.get("month", ""), now())
        scope = Scope(first, _next_month(first), reader.sees)
        told = figures_of(engine, scope)
        return desk_page(settings, reader, "monthly_report.html", "report", month=first, **told)

    @blueprint.get("/exports")
    def exports() -> Response:
        """What can be exported, how many rows that is, and what is left out."""
        reader = doors.admit(Permission.EXPORT)
        days = _period(request.args.get("days", "30"))
        scope = Scope.last(days, now(), reader.sees)
        with reading(engine) as connection:
            counts = {what: count(connection, what, scope) for what in COLUMNS if _may(reader, what)}
        return desk_page(
            settings,
            reader,
            "exports.html",
            "exports",
            days=days,
            periods=PERIODS,
            counts=counts,
            columns=COLUMNS,
            left_out=sorted(IDENTIFYING),
            may_identify=reader.may(Permission.EXPORT_IDENTIFIED),
        )

    @blueprint.get("/exports/<what>.<form>")
    def export(what: str, form: str) -> Response:
        """The rows themselves."""
        identified = request.args.get("identified") == "yes"
        reader = doors.admit(Permission.EXPORT_IDENTIFIED if identified else Permission.EXPORT)
        if what not in COLUMNS or form not in _FORMATS or not _may(reader, what):
            raise Refusal(404, Issue("not-found", "There is no such export."))
        days = _period(request.args.get("days", "30"))
        scope = Scope.last(days, now(), reader.sees)
        doors.note(reader, "export", f"{what}.{form}", {"days": days, "identified": identified})

        def parts() -> Iterator[bytes]:
            with reading(engine) as connection:
                rows = records(connection, what, scope, identified=identified)
                yield from as_csv(rows, COLUMNS[what]) if form == "csv" else as_lines(rows)

        name = f"ldn-cds-{what}-{now():%Y-%m-%d}.{form}"
        return Response(
            parts(), mimetype=_FORMATS[form], headers={"Content-Disposition": f'attachment; filename="{name}"'}
        )

    return blueprint


def _may(reader: Any, what: str) -> bool:
    return what != "audit" or reader.may(Permission.READ_AUDIT)


def _period(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text[:4]) in PERIODS:
        return int(text[:4])
    raise Refusal(400, Issue("value", "Expected 7, 30 or 90.", "days"))


def _month(text: str, now: datetime) -> datetime:
    try:
        first = date.fromisoformat(f"{text}-01") if text else now.date().replace(day=1)
    except ValueError:
        raise Refusal(400, Issue("value", "Expected a month such as 2026-11.", "month")) from None
    return datetime(first.year, first.month, 1, tzinfo=UTC)


def _next_month(first: datetime) -> datetime:
    return (first + timedelta(days=32)).replace(day=1)


# --- what the templates are told ---------------------------------------------------------------------------------------


def figures_of(engine: Engine, scope: Scope) -> dict[str, Any]:
    """Everything the dashboard and the report show of a time: figures, and the charts made of them."""
    with reading(engine) as connection:
        counted = overview(connection, scope)
        rules = by_rule(connection, scope)
        in_weeks = weeks(connection, scope)
        marks = sorted(
            changes(connection, scope) + version_changes(connection, scope), key=lambda one: (one.day, one.rule)
        )
        clients = clients_in(connection, scope)
    ranked = most_refused(rules.values())
    return {
        "figures": counted,
        "rules": sorted(rules.values(), key=lambda one: (-one.cards, one.rule)),
        "ranked": ranked,
        "weeks": in_weeks,
        "changes": marks,
        "clients": [(client, calls, when(last)) for client, calls, last in clients],
        "burden_chart": _burden(in_weeks, marks),
        "ranked_chart": _ranked(ranked),
        "reasons_chart": _reasons(counted),
        "seconds": answer_bins(counted.answer_seconds),
        "seconds_chart": _seconds(counted),
        "gaps_chart": _gaps(counted),
        "latency_chart": charts.lines(
            "Answer time of the service by week, in milliseconds",
            [_short(week.begins) for week in in_weeks],
            {"p50": [week.p50 for week in in_weeks], "p95": [week.p95 for week in in_weeks]},
        ),
        "least_coverage": LEAST_COVERAGE,
        "least_answered": LEAST_ANSWERED,
        "least_judged": LEAST_JUDGED,
        "number": charts.number,
        "percent": percent,
        "sparkline": charts.sparkline,
    }


def percent(share: float | None) -> str:
    """A share as people read it.

    >>> percent(None), percent(0.456), percent(1)
    ('–', '46\u00a0%', '100\u00a0%')
    """
    return "–" if share is None else f"{share:.0%}".replace("%", "\u00a0%")


def _short(day: date) -> str:
    return f"{day:%b} {day.day}"


def _burden(in_weeks: list[Week], marks: list[Change]) -> Any:
    labels = [_short(week.begins) for week in in_weeks]
    series = {
        indicator: [100 * week.cards.get(indicator, 0) / week.orders if week.orders else None for week in in_weeks]
        for indicator in _INDICATORS
    }
    placed = [
        charts.Mark(nth, f"{mark.rule} became {mark.mode} on {_short(mark.day)}")
        for mark in marks
        for nth, week in enumerate(in_weeks)
        if week.begins <= mark.day < week.begins + timedelta(days=7)
    ]
    return charts.lines("Cards for 100 naltrexone orders, by week", labels, series, placed)


def _ranked(ranked: list[RuleFigures]) -> Any:
    rows = [
        (one.rule, 1 - (one.acceptance.value or 0), f"{percent(1 - (one.acceptance.value or 0))} of {one.answered}")
        for one in ranked
    ]
    return charts.bars("Rules by the share of answered cards that were not accepted", rows, top=1)


def _reasons(counted: Overview) -> Any:
    told = [(reason or "no reason told", n) for reason, n in counted.reasons.items()]
    shown, rest = told[:_REASONS], told[_REASONS:]
    if rest:
        shown.append((f"{len(rest)} other reasons", sum(n for _, n in rest)))
    return charts.bars("Why cards were overridden", [(reason, float(n), str(n)) for reason, n in shown])


def answer_bins(seconds: tuple[float, ...]) -> list[tuple[str, int]]:
    """How many cards were answered within how many seconds.

    >>> answer_bins((0.5, 1, 2.9, 400))
    [('<1', 1), ('1–3', 2), ('3–5', 0), ('5–10', 0), ('10–30', 0), ('30–60', 0), ('60–300', 0), ('≥300', 1)]
    """
    edges = [0, *_SECONDS]
    bins = [
        f"<{edges[1]}",
        *(f"{low}–{high}" for low, high in pairwise(edges[1:])),
        f"≥{edges[-1]}",
    ]
    counted = [0] * len(bins)
    for value in seconds:
        counted[sum(value >= edge for edge in _SECONDS)] += 1
    return list(zip(bins, counted, strict=True))


def _seconds(counted: Overview) -> Any:
    at = _SECONDS.index(_GLANCE) + 1
    return charts.histogram(
        "Seconds until a card was answered", answer_bins(counted.answer_seconds), charts.Mark(at, f"{_GLANCE} s")
    )


def _gaps(counted: Overview) -> Any:
    total: dict[str, int] = {}
    for kinds in counted.gaps.values():
        for kind, n in kinds.items():
            total[kind] = total.get(kind, 0) + n
    shown = sorted(total, key=lambda kind: (-total[kind], kind))[:_SERIES]
    rows = [(client, {kind: of.get(kind, 0) for kind in shown}) for client, of in counted.gaps.items()]
    return charts.stacked("Calls in which a kind of data was not received whole, by client", rows, shown)
