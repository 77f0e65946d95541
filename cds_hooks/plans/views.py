"""The titration schedules on the web, for the prescriber: a list, and a page with the dated calendar of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, request

from cds_hooks.pages.rendering import frame
from cds_hooks.plans import telling
from cds_hooks.problems import Issue, Refusal
from cds_hooks.rulebook.rendering import rendered
from cds_hooks.wire import encode

if TYPE_CHECKING:
    from cds_hooks.services import FrontDesk


def plan_pages(desk: FrontDesk) -> Blueprint:
    """The pages of the schedules."""
    blueprint = Blueprint("plans", __name__)
    book = desk.clinic.book
    base = urlsplit(desk.settings.public_url).path  # a proxy may have put us under a path

    @blueprint.get("/plans", strict_slashes=False)
    def list_() -> Response:
        """Every schedule in a few lines."""
        lines = [telling.line_of(schedule) for schedule in telling.every(book)]
        if _wants_json():
            return _json({"schedules": lines})
        return page("plans.html", lines=lines)

    @blueprint.get("/plans/<schedule_id>")
    def show(schedule_id: str) -> Response:
        """One schedule from the day in ``start`` on, today where none is given."""
        schedule = telling.found(schedule_id, book)
        if schedule is None:
            raise Refusal(404, Issue("not-found", "There is no such schedule. /plans lists those there are."))
        given = request.args.get("start")
        start = telling.day_of(given) if given else desk.today()
        if start is None:
            raise Refusal(400, Issue("value", "Expected a day such as 2026-05-06.", "start"))
        try:
            planned = telling.dated(schedule, start, book)
        except OverflowError:
            raise Refusal(400, Issue("value", "No calendar reaches so far: choose an earlier day.", "start")) from None
        one = telling.told(schedule, planned, book)
        if _wants_json():
            return _json(one)
        return page("plan.html", one=one, has_calendar=planned is not None, spoken=telling.spoken)

    def page(template: str, **told: Any) -> Response:
        html = rendered(
            template,
            lambda rule: f"{base}/rules/{rule}",
            **frame(desk.settings, "/plans"),
            for_whom=telling.FOR_WHOM,
            **told,
        )
        return Response(html, mimetype="text/html", headers={"Vary": "Accept"})

    return blueprint


def _wants_json() -> bool:
    """Whether JSON was asked for, in the address or by what is accepted."""
    named = request.args.get("format")
    if named is not None:
        return named == "json"
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def _json(value: object) -> Response:
    return Response(encode(value), mimetype="application/json", headers={"Vary": "Accept"})
