"""Letting browsers in: which origins may read our answers.

A browser asks first (a preflight: ``OPTIONS`` without any token) and hides an error that comes without these headers;
so the preflight is answered before anything else looks at the request, and every answer carries them, errors
included. Credentials are never allowed: a CDS client proves itself by a token, not by a cookie.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

ANY_ORIGIN: Final = "*"

_READABLE: Final = ("Access-Control-Expose-Headers", "X-Request-Id")
_VARIES: Final = ("Vary", "Origin")


@dataclass(frozen=True, slots=True)
class CrossOrigin:
    """The origins that may read, exactly as browsers write them; ``*`` for all, which is for the demo alone.

    ``may_reach_private_network`` lets a page from the internet call a demo on this machine, which browsers ask about
    apart.
    """

    origins: frozenset[str] = frozenset()
    may_reach_private_network: bool = False

    def headers_for(self, origin: str | None) -> list[tuple[str, str]]:
        """What lets a page of that origin read the answer; ``None`` is a caller that is no page, and needs no leave."""
        if origin is None:
            return [_VARIES]
        if ANY_ORIGIN in self.origins:
            return [_VARIES, _READABLE, ("Access-Control-Allow-Origin", ANY_ORIGIN)]
        if origin in self.origins:
            return [_VARIES, _READABLE, ("Access-Control-Allow-Origin", origin)]
        return [_VARIES]

    def preflight_headers(self, environ: Mapping[str, Any]) -> list[tuple[str, str]]:
        """What a browser of an allowed origin is told before it calls, given the WSGI environment of its question."""
        origin = environ.get("HTTP_ORIGIN")
        if origin is None or (origin not in self.origins and ANY_ORIGIN not in self.origins):
            return []
        headers = [
            ("Access-Control-Allow-Methods", "GET, POST, OPTIONS"),
            ("Access-Control-Allow-Headers", "authorization, content-type"),
            ("Access-Control-Max-Age", "600"),
        ]
        if self.may_reach_private_network and environ.get("HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK") == "true":
            headers.append(("Access-Control-Allow-Private-Network", "true"))
        return headers
