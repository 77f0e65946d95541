"""The style and the scripts of the pages, each served under a name that changes with its content."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Final

from flask import Blueprint, Response

from cds_hooks.problems import Issue, Refusal

A_YEAR: Final = "public, max-age=31536000, immutable"
_STATIC: Final = files("cds_hooks") / "static"
_ICON: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20"><rect x="1" y="6" width="18" height="8" rx="4" '
    'fill="#fff" stroke="#0c5a55" stroke-width="2"/><rect x="1" y="6" width="9" height="8" rx="4" fill="#0c5a55"/></svg>'
)


@cache
def css() -> str:
    """How every page looks: the files of ``static/style``, one after the other in the order of their names."""
    parts = sorted((_STATIC / "style").iterdir(), key=lambda part: part.name)
    return "\n".join(part.read_text("utf-8") for part in parts if part.name.endswith(".css"))


@cache
def _scripts() -> dict[str, str]:
    return {one.name: one.read_text("utf-8") for one in (_STATIC / "script").iterdir() if one.name.endswith(".js")}


@cache
def style_name() -> str:
    """The name under which the style is served: another one whenever its content is another."""
    return _named("style.css", css())


@cache
def script_name(name: str) -> str:
    """The name under which a script of ``static/script`` is served."""
    return _named(name, _scripts()[name])


def _named(name: str, content: str) -> str:
    stem, _, ending = name.rpartition(".")
    return f"{stem}.{sha256(content.encode()).hexdigest()[:12]}.{ending}"


def assets() -> Blueprint:
    """The addresses of style, scripts and icon."""
    blueprint = Blueprint("assets", __name__)

    @blueprint.get("/static/<name>")
    def kept(name: str) -> Response:
        """A file named by its content, so that it may be kept."""
        if name == style_name():
            return Response(css(), mimetype="text/css", headers={"Cache-Control": A_YEAR})
        for script, content in _scripts().items():
            if name == script_name(script):
                return Response(content, mimetype="text/javascript", headers={"Cache-Control": A_YEAR})
        raise Refusal(404, Issue("not-found", "There is no such file here."))

    @blueprint.get("/style.css")
    def style() -> Response:
        """The style under a name that stays."""
        return Response(css(), mimetype="text/css")

    @blueprint.get("/favicon.ico")
    def icon() -> Response:
        """The sign of the house, which browsers ask for at this address unasked."""
        return Response(_ICON, mimetype="image/svg+xml", headers={"Cache-Control": "public, max-age=86400"})

    return blueprint
