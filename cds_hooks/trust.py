"""Who is calling: registered clients, each by its token, its certificate, or both.

Every refusal looks the same from outside; why is told in our log (``why``) and among the signs of the client.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import ceil
from threading import Lock
from typing import TYPE_CHECKING, Final

from cds_hooks.callers import ANYBODY, Seen, TokenId, Visit, not_let_in
from cds_hooks.clients.record import Record
from cds_hooks.problems import Issue, Refusal
from cds_hooks.reception import WARM_UP, facts_of
from cds_hooks.tokens import NotTrusted, check_token

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from cds_hooks.clients.register import Register
    from cds_hooks.clients.signs import Signs
    from cds_hooks.key_sets import KeySets

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
DISCOVERY: Final = "/cds-services"
_BURST_S: Final = 2.0
"""Seconds' worth of calls that may come at once."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """The proxy that ends TLS: which header it puts a client's certificate in, and from which networks it calls.

    The header counts from there alone; from anywhere else it is anybody's writing. Without a header: no certificates.
    """

    header: str = ""
    networks: Sequence[Network] = ()

    def certificate_in(self, environ: WSGIEnvironment) -> str:
        """What the proxy says of the client's certificate; empty when nobody trustworthy says anything."""
        if not self.header:
            return ""
        try:
            peer = ipaddress.ip_address(environ.get("REMOTE_ADDR", ""))
        except ValueError:
            return ""
        if not any(peer in network for network in self.networks):
            return ""
        shown: str = environ.get(f"HTTP_{self.header.upper().replace('-', '_')}", "")
        return shown


class RateLimits:
    """So many calls a second of each client, and a few at once. In this process alone: the real limit is the proxy's."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._left: dict[str, tuple[float, float]] = {}

    def wait_for(self, record: Record) -> float:
        """Count a call; how many seconds it came too early, 0 when it may be answered."""
        now, rate = self._clock(), record.rate_limit
        most = max(1.0, rate * _BURST_S)
        with self._lock:
            left, at = self._left.get(record.name, (most, now))
            left = min(most, left + (now - at) * rate)
            if left < 1:
                self._left[record.name] = (left, now)
                return (1 - left) / rate
            self._left[record.name] = (left - 1, now)
            return 0.0


@dataclass(frozen=True)
class RegisteredCallers:
    """Callers that are registered, and nobody else. ``clock`` is in seconds since 1970."""

    register: Register
    keys: KeySets
    signs: Signs
    public_url: str
    open_discovery: bool = False
    proxy: Proxy = Proxy()
    clock: Callable[[], float] = time.time
    limits: RateLimits = field(default_factory=RateLimits)

    def identify(self, environ: WSGIEnvironment, endpoint: str) -> Visit:
        """The visit of a registered client; ``Refusal`` for others: 401, the same for all, or 429 for calling too often."""
        if WARM_UP in environ:
            return Visit(ANYBODY)
        if endpoint == DISCOVERY and self.open_discovery and "HTTP_AUTHORIZATION" not in environ:
            return Visit(ANYBODY)
        try:
            record, tenant, token = self._recognise(environ, endpoint)
        except NotTrusted as refused:
            facts_of(environ)["why"] = refused.why
            if refused.client:
                facts_of(environ)["client"] = refused.client
                self.signs.note(refused.client, "refusal", {"why": refused.why, "endpoint": endpoint})
            raise not_let_in() from None
        wait = self.limits.wait_for(record)
        if wait:
            facts_of(environ).update(client=record.name, why="more calls than its rate limit")
            self.signs.note(record.name, "refusal", {"why": "more calls than its rate limit", "endpoint": endpoint})
            told = Issue("throttled", "More calls than agreed. Retry-After says when to call again.")
            raise Refusal(429, told, headers={"Retry-After": str(ceil(wait))})

        def saw(kind: str, seen: Seen) -> None:
            self.signs.note(record.name, kind, seen())

        return Visit(record.caller, tenant, token, saw)

    def _recognise(self, environ: WSGIEnvironment, endpoint: str) -> tuple[Record, str, TokenId | None]:
        authorization = environ.get("HTTP_AUTHORIZATION", "")
        certificate = self.proxy.certificate_in(environ)
        if not authorization and certificate:
            record = self.register.of_certificate(certificate)
            if record is None:
                raise NotTrusted("the certificate is of no registered client")
            if record.needs_token:
                raise NotTrusted("the client must bring a token beside its certificate", record.name)
            self.signs.note(record.name, "call", {"endpoint": endpoint})
            return record, record.name, None
        now = self.clock()
        shown = check_token(authorization, endpoint, self.public_url, self.register.of_issuer, self.keys, now)
        if shown.record.needs_certificate and certificate != shown.record.certificate:
            raise NotTrusted(
                "the certificate is missing, not the client's, or not told by a trusted proxy", shown.record.name
            )
        self.signs.note(
            shown.record.name, "call", {"endpoint": endpoint, "seconds_since_issued": round(now - shown.issued_at, 1)}
        )
        return shown.record, shown.tenant, shown.id if shown.record.replay else None
