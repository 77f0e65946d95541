"""One frame for every page: what is in it, and how a template becomes an answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from flask import Response, current_app, request
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from cds_hooks.pages.assets import script_name, style_name
from cds_hooks.pages.markdown import card_as_text, is_web_address, to_html
from cds_hooks.problems import Issue, outcome_response

if TYPE_CHECKING:
    from cds_hooks.settings import Settings

LEVEL_WORDS: Final = {"critical": "Critical", "warning": "Warning", "info": "Info", "none": "no card of its own"}


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the main navigation, shown where the application has that blueprint."""

    path: str
    word: str
    blueprint: str


PLACES: Final = (
    Place("/try", "Try it", "try"),
    Place("/desk", "Review desk", "review"),
    Place("/rules", "Rules", "rules"),
    Place("/plans", "Schedules", "plans"),
)
"""The main navigation, in its order."""


def make_environment() -> Environment:
    """Jinja as all our pages use it: everything is escaped, and a misspelt name is an error."""
    environment = Environment(
        loader=PackageLoader("cds_hooks"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(markdown=to_html, card_as_text=card_as_text)
    environment.tests["is_web_address"] = is_web_address
    environment.filters["is_web_address"] = is_web_address
    environment.globals["level_words"] = LEVEL_WORDS
    return environment


@cache
def _environment() -> Environment:
    return make_environment()


def frame(settings: Settings, here: str = "") -> dict[str, Any]:
    """What ``base.html`` needs. ``here`` is the path of the place in the navigation that the page belongs to."""
    base = urlsplit(settings.public_url).path  # a proxy may have put us under a path
    return {
        "base": base,
        "style": f"{base}/static/{style_name()}",
        "script": lambda name: f"{base}/static/{script_name(name)}",
        "is_demo": settings.is_demo,
        "places": [place for place in PLACES if place.blueprint in current_app.blueprints],
        "here": here,
    }


def page(settings: Settings, template: str, *, here: str = "", status: int = 200, **told: Any) -> Response:
    """A page as an answer."""
    html = _environment().get_template(template).render(**frame(settings, here), **told)
    return Response(html, status=status, mimetype="text/html")


def wants_page() -> bool:
    """Whether the request at hand comes from somebody who looks at pages, not from a client of the services."""
    if request.path.startswith(("/cds-services", "/healthz", "/readyz", "/metrics")):
        return False
    return request.accept_mimetypes.quality("text/html") > request.accept_mimetypes.quality("application/json")


_TITLES: Final = {
    400: "That could not be read",
    403: "You may not see this",
    404: "There is nothing here",
    405: "That cannot be done here",
    413: "That was too large",
}


def problem_shown_with(settings: Settings) -> Callable[[int, Sequence[Issue]], Response]:
    """How a refusal leaves: as a page to who looks at pages, else as an OperationOutcome."""

    def show(status: int, issues: Sequence[Issue]) -> Response:
        if not wants_page():
            return outcome_response(status, issues)
        title = _TITLES.get(status, "The service failed" if status >= 500 else "That cannot be answered")
        return problem_page(settings, status, title, issues)

    return show


def problem_page(
    settings: Settings, status: int, title: str, issues: Sequence[Issue], *, again: Sequence[tuple[str, str]] = ()
) -> Response:
    """A refusal as a page, with a way back to the place of the navigation that it happened in.

    ``again`` are the fields of a form that may be sent again from there, to where it was sent.
    """
    here = next((place for place in PLACES if _is_below(request.path, place.path)), None)
    back = here if here is not None and here.blueprint in current_app.blueprints else None
    return page(
        settings,
        "problem.html",
        status=status,
        here=back.path if back else "",
        title=title,
        issues=issues,
        back=back,
        again=again,
        asked=request.full_path.rstrip("?"),
    )


def _is_below(path: str, place: str) -> bool:
    return path == place or path.startswith(f"{place}/")
