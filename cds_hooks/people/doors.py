"""The doors of the review desk: who comes in, by which way, and what they may do there.

Three ways in: a password of this machine, OpenID Connect, and a header of a proxy that is believed only when it calls
from a network that was named *and* brings the secret that was shared with it. In the demo there is no door: everybody
is an admin, on a machine that only its owner reaches.

Whoever changes something sends a token that only our own pages know, and a browser that says where it comes from must
come from us.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import urlsplit

from flask import request

from cds_hooks.people.roles import ALL_TENANTS, MAY, Permission, Role
from cds_hooks.problems import Issue, Refusal

if TYPE_CHECKING:
    from cds_hooks.people.directory import Directory
    from cds_hooks.settings import Settings

COOKIE: Final = "ldn-desk"
PROXY_SECRET: Final = "X-Ldn-Proxy-Secret"  # noqa: S105 - a header's name
_PERSON: Final = "demo"


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody at the desk. ``csrf`` is what their forms bring back; ``by`` is how they came in."""

    who: str
    role: Role
    tenants: tuple[str, ...]
    csrf: str
    by: str

    def may(self, permission: Permission) -> bool:
        """Whether their role has that permission."""
        return permission in MAY[self.role]

    @property
    def sees(self) -> tuple[str, ...] | None:
        """The tenants whose cards they see; ``None`` stands for all."""
        return None if self.tenants == ALL_TENANTS else self.tenants


class MustSignIn(Exception):
    """Nobody is signed in where somebody must be."""


class Notes(Protocol):
    """Where it is written down what people do."""

    def append(
        self, *, who: str, role: str, what: str, about: str, tenant: str, result: str, detail: Mapping[str, Any]
    ) -> None:
        """Write one event down."""


@dataclass(frozen=True)
class Doors:
    """Lets people in. ``notes`` is the audit chain, ``secret`` keys what only we can have made."""

    settings: Settings
    directory: Directory
    notes: Notes
    secret: str

    def reader(self) -> Reader | None:
        """Who sent the request at hand, if anybody is signed in."""
        if self.settings.is_demo:
            return Reader(_PERSON, Role.ADMIN, ALL_TENANTS, self.token_of(_PERSON), "demo")
        if self.settings.person_header and (told := request.headers.get(self.settings.person_header)):
            return self._named_by_proxy(told)
        if cookie := request.cookies.get(COOKIE):
            session = self.directory.session(cookie)
            if session is not None:
                return Reader(session.who, session.role, session.tenants, session.csrf, session.by)
        return None

    def admit(self, permission: Permission) -> Reader:
        """Who sent the request at hand; raises :class:`MustSignIn`, or ``Refusal`` (403) for what they may not do."""
        reader = self.reader()
        if reader is None:
            raise MustSignIn
        if not reader.may(permission):
            self.note(reader, "refused", f"may not {permission.value}", result="refused")
            raise Refusal(403, Issue("forbidden", f"Your role, {reader.role.value}, may not {permission.value}."))
        if request.method not in ("GET", "HEAD"):
            self.check_form(reader.csrf)
        return reader

    def check_form(self, csrf: str) -> None:
        """Refuse (403) a form that none of our own pages can have sent."""
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != (self._own_host or request.host):
            raise Refusal(403, Issue("forbidden", "Expected a form sent from this service's own page."))
        if not hmac.compare_digest(request.form.get("csrf", "").encode(), csrf.encode()):
            raise Refusal(403, Issue("forbidden", "The page is too old to be sent. Load it again, and send it then."))

    def note(
        self,
        reader: Reader,
        what: str,
        about: str,
        detail: Mapping[str, Any] | None = None,
        *,
        tenant: str = "",
        result: str = "done",
    ) -> None:
        """Write down what somebody did."""
        self.notes.append(
            who=reader.who,
            role=reader.role.value,
            what=what,
            about=about,
            tenant=tenant,
            result=result,
            detail=detail or {},
        )

    def token_for(self, purpose: str) -> str:
        """What a form brings back that is shown to somebody not signed in yet."""
        return self._keyed("form", purpose)

    def token_of(self, who: str) -> str:
        """What the forms of somebody bring back: the same in each session, so that a form outlives the one it is of."""
        return self._keyed("csrf", who)

    @property
    def _own_host(self) -> str:
        return urlsplit(self.settings.public_url).netloc

    def _keyed(self, kind: str, of: str) -> str:
        return hmac.new(self.secret.encode(), f"{kind}\0{of}".encode(), sha256).hexdigest()

    def _named_by_proxy(self, told: str) -> Reader | None:
        """Who the proxy says is signed in: ``name;role;tenant,tenant``. Nobody, unless it is that proxy."""
        given = request.headers.get(PROXY_SECRET, "")
        if not _is_in(request.remote_addr, self.settings.proxy_networks) or not hmac.compare_digest(
            given.encode(), self.settings.person_header_secret.encode()
        ):
            raise Refusal(401, Issue("login", "Expected the header of the proxy from that proxy alone."))
        name, _, rest = told.partition(";")
        role, _, tenants = rest.partition(";")
        known = {one.value: one for one in Role}
        if not name.strip() or role.strip() not in known:
            return None
        seen = tuple(one.strip() for one in tenants.split(",") if one.strip())
        return Reader(
            name.strip()[:100],
            known[role.strip()],
            ALL_TENANTS if "*" in seen else seen,
            self.token_of(name.strip()),
            "proxy",
        )


def _is_in(address: str | None, networks: tuple[str, ...]) -> bool:
    try:
        peer = ipaddress.ip_address(address or "")
    except ValueError:
        return False
    return any(peer in ipaddress.ip_network(network) for network in networks)
