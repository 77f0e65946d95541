"""The addresses for machines and people that watch us: alive, ready, which version, what was counted, whom to warn."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response

from cds_hooks.counting import CONTENT_TYPE
from cds_hooks.problems import Issue, Refusal
from cds_hooks.readiness import OK
from cds_hooks.services import SPECIFICATION
from cds_hooks.wire import Json, encode_tidily

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cds_hooks.readiness import Readiness
    from cds_hooks.services import FrontDesk

QUIET: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""Addresses asked every few seconds; their answers, "not ready" too, are logged only when one asks for the finest log."""

_GOOD_FOR: Final = timedelta(days=180)
"""RFC 9116 advises less than a year, so that nobody writes to whom left long ago."""


def watching(desk: FrontDesk, readiness: Readiness, build: Mapping[str, str]) -> Blueprint:
    """The addresses beside the services that are for machines."""
    blueprint = Blueprint("watching", __name__)
    settings = desk.settings

    @blueprint.get("/healthz")
    def healthz() -> Response:
        """Say that the process lives; asks nobody."""
        return _json(200, {"status": "alive"})

    @blueprint.get("/readyz")
    def readyz() -> Response:
        """Say whether all is there that an answer needs, and what is not."""
        checks = readiness.report()
        if all(told == OK for told in checks.values()):
            return _json(200, {"status": "ready", "checks": checks})
        return _json(503, {"status": "not ready", "checks": checks})

    @blueprint.get("/version")
    def version() -> Response:
        """Say which software this is, and which rules."""
        return _json(200, {"name": "ldn-cds", **build, "specification": f"CDS Hooks {SPECIFICATION}"})

    if settings.is_demo and not settings.metrics_port:
        # Elsewhere they have an address of their own: how often which card appears is nobody's business out there.
        @blueprint.get("/metrics")
        def counted() -> Response:
            """Tell what was counted."""
            return Response(desk.metrics.text(), content_type=CONTENT_TYPE)

    @blueprint.get("/.well-known/security.txt")
    def security() -> Response:
        """Say whom to tell about a weakness (RFC 9116)."""
        if not settings.security_contact:
            raise Refusal(404, Issue("not-found", "Nobody is named here; ask who runs this service."))
        expires = datetime.combine(desk.today() + _GOOD_FOR, time(), UTC)
        lines = [
            f"Contact: {settings.security_contact}",
            f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
            "Preferred-Languages: en",
        ]
        if settings.public_url:
            lines.append(f"Canonical: {settings.public_url}/.well-known/security.txt")
        return Response("\n".join([*lines, ""]), mimetype="text/plain")

    return blueprint


def _json(status: int, value: Json) -> Response:
    return Response(encode_tidily(value), status=status, mimetype="application/json")
