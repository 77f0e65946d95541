"""The frame of all pages; the addresses for machines that watch us; the page that tells a person what this is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flask import Blueprint, Response

from cds_hooks.pages.rendering import page
from cds_hooks.services import SPECIFICATION, FrontDesk
from cds_hooks.wire import encode_tidily

QUIET: Final = frozenset({"/healthz", "/readyz"})
"""Addresses asked every few seconds; their answers are logged only when one asks for the finest log."""


def pages(desk: FrontDesk, version: str, is_ready: Callable[[], bool]) -> Blueprint:
    """The pages beside the services."""
    blueprint = Blueprint("pages", __name__)

    @blueprint.get("/")
    def home() -> Response:
        """Say what this is and where discovery is."""
        return page(
            desk.settings,
            "home.html",
            specification=SPECIFICATION,
            discovery=f"{desk.settings.public_url}/cds-services",
            services=desk.services,
            can_try=desk.settings.can_try,
        )

    @blueprint.get("/healthz")
    def healthz() -> Response:
        """Say that the process lives; asks nobody."""
        return _json(200, {"status": "alive"})

    @blueprint.get("/readyz")
    def readyz() -> Response:
        """Say whether the made-up calls at start were answered."""
        return _json(200, {"status": "ready"}) if is_ready() else _json(503, {"status": "not ready"})

    @blueprint.get("/version")
    def version_() -> Response:
        """Say which software this is."""
        return _json(200, {"name": "ldn-cds", "version": version, "specification": f"CDS Hooks {SPECIFICATION}"})

    return blueprint


def _json(status: int, value: dict[str, str]) -> Response:
    return Response(encode_tidily(value), status=status, mimetype="application/json")
