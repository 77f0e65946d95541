"""The rules on the web: a list, a page each, and their source attributes; the same as JSON for who asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, request

from cds_hooks.pages.rendering import frame
from cds_hooks.problems import Issue, Refusal
from cds_hooks.rulebook.attributes import source_attributes
from cds_hooks.rulebook.rendering import rendered
from cds_hooks.rulebook.telling import line_of, statements, told, unchecked
from cds_hooks.wire import encode

if TYPE_CHECKING:
    from cards.pages import Rule
    from cds_hooks.services import FrontDesk


def rule_pages(desk: FrontDesk) -> Blueprint:
    """The pages about rules."""
    blueprint = Blueprint("rules", __name__)
    pages = _Pages(desk)
    blueprint.add_url_rule("/rules", view_func=pages.all, strict_slashes=False)
    blueprint.add_url_rule("/rules/<rule_id>", view_func=pages.one)
    blueprint.add_url_rule("/rules/<rule_id>/source-attributes.json", view_func=pages.attributes_of)
    blueprint.add_url_rule("/source-attributes", view_func=pages.attributes, strict_slashes=False)
    return blueprint


class _Pages:
    """What each address answers with."""

    def __init__(self, desk: FrontDesk) -> None:
        self._desk = desk
        self._book = desk.clinic.book
        self._base = urlsplit(desk.settings.public_url).path  # a proxy may have put us under a path

    def all(self) -> Response:
        """Every rule in one line each."""
        lines = [line_of(rule.page, self._desk.today()) for rule in self._book.rules]
        if _wants_json():
            return _json({"rules": lines})
        return self._page("rules.html", lines=lines, unchecked=unchecked(lines))

    def one(self, rule_id: str) -> Response:
        """All that is written about one rule."""
        rule = self._find(rule_id)
        one = told(rule, self._book, self._desk.today())
        attributes = source_attributes(rule.page)
        if _wants_json():
            return _json({**one, "sourceAttributes": attributes["attributes"]})
        return self._page("rule.html", one=one, attributes=attributes)

    def attributes_of(self, rule_id: str) -> Response:
        """The source attributes of one rule."""
        return _json(source_attributes(self._find(rule_id).page))

    def attributes(self) -> Response:
        """The source attributes of every rule."""
        every = [source_attributes(rule.page) for rule in self._book.rules]
        if _wants_json():
            return _json({"statements": statements(), "rules": every})
        return self._page("source_attributes.html", all=every, statements=statements())

    def _find(self, rule_id: str) -> Rule:
        rule = self._book.rule(rule_id)
        if rule is not None:
            return rule
        # From our own list, not from the address: what a client writes there is not repeated.
        near = self._book.nearest(rule_id[:100])
        meant = f" Did you mean {' or '.join(near)}?" if near else ""
        raise Refusal(404, Issue("not-found", f"There is no such rule.{meant} /rules lists those there are."))

    def _page(self, template: str, **told: Any) -> Response:
        html = rendered(
            template,
            lambda rule: f"{self._base}/rules/{rule}",
            **frame(self._desk.settings, "/rules"),
            **told,
        )
        return Response(html, mimetype="text/html", headers={"Vary": "Accept"})


def _wants_json() -> bool:
    """Whether JSON was asked for, in the address or by what is accepted; a browser is shown a page."""
    named = request.args.get("format")
    if named is not None:
        return named == "json"
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def _json(value: object) -> Response:
    return Response(encode(value), mimetype="application/json", headers={"Vary": "Accept"})
