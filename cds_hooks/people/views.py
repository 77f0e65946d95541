"""Signing in and out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Flask, Response, redirect, request

from cds_hooks.pages.rendering import page, problem_page
from cds_hooks.people.directory import LONGEST_SESSION
from cds_hooks.people.doors import COOKIE, MustSignIn, Reader
from cds_hooks.people.failures import Failures, place_of
from cds_hooks.people.oidc import ATTEMPT_SECONDS, NotSignedIn, OpenIdConnect, Provider
from cds_hooks.people.roles import Role
from cds_hooks.problems import Issue
from cds_hooks.reception import facts_of

if TYPE_CHECKING:
    from cds_hooks.people.doors import Doors
    from cds_hooks.settings import Settings

ATTEMPT_COOKIE: Final = "ldn-desk-attempt"
_PURPOSE: Final = "sign-in"
_INSIDE: Final = re.compile(r"/(?:desk|try)(?:[/?][A-Za-z0-9/?&=%._~+:,;@-]*)?\Z", re.ASCII)
MOST_SENT_AGAIN: Final = 200_000
"""Bytes of a form that are given back to whoever sent it when nobody was signed in any more."""


@dataclass(frozen=True)
class _Desk:
    """What the ways of signing in share."""

    settings: Settings
    doors: Doors

    @property
    def path(self) -> str:
        """The path under which we are reached."""
        return urlsplit(self.settings.public_url).path

    def form(self, status: int, wrong: str = "", name: str = "") -> Response:
        """The page that asks who it is."""
        return page(
            self.settings,
            "sign_in.html",
            status=status,
            wrong=wrong,
            name=name,
            next=request.values.get("next", ""),
            csrf=self.doors.token_for(_PURPOSE),
            has_provider=bool(self.settings.oidc_issuer),
        )

    def begin(self, who: str, role: Role, tenants: tuple[str, ...], by: str, wanted: str) -> Response:
        """Let somebody in, and send them where they wanted to go."""
        secret, session = self.doors.directory.begin(who, role, tenants, by, self.doors.token_of(who))
        self.doors.note(Reader(who, role, tenants, session.csrf, by), "sign-in", by)
        answer = redirect(self.inside(wanted), 303)
        answer.set_cookie(
            COOKIE,
            secret,
            max_age=int(LONGEST_SESSION.total_seconds()),
            httponly=True,
            secure=not self.settings.is_demo,
            samesite="Lax",
            path=self.path or "/",
        )
        return answer  # type: ignore[return-value]

    def inside(self, wanted: str) -> str:
        """Where to go after signing in: a page for people who are signed in, never another site."""
        return f"{self.path}{wanted}" if _INSIDE.match(wanted) else f"{self.path}/desk"

    def refused(self, by: str, why: str) -> None:
        """Write down that somebody was not let in; who they said they are is not written down."""
        self.doors.note(Reader("nobody", Role.VIEWER, (), "", ""), "sign-in", by, {"why": why}, result="refused")


def sign_in_pages(settings: Settings, doors: Doors) -> Blueprint:
    """The pages at which somebody signs in with a password, and out."""
    blueprint = Blueprint("people", __name__)
    failures = Failures()
    desk = _Desk(settings, doors)

    @blueprint.get("/sign-in")
    def sign_in() -> Response:
        """Ask who it is."""
        if doors.reader() is not None:
            return redirect(desk.inside(request.args.get("next", "")), 303)  # type: ignore[return-value]
        return desk.form(200)

    @blueprint.post("/sign-in")
    def check() -> Response:
        """Let somebody in by name and password."""
        doors.check_form(doors.token_for(_PURPOSE))
        name = request.form.get("name", "")
        told = request.headers.get("X-Forwarded-For", "")
        place = place_of(request.remote_addr or "", told, settings.proxy_networks)
        if failures.too_many(name, place, monotonic()):
            return desk.form(429, "Too many tries. Wait five minutes, and try again.")
        user = doors.directory.check(name, request.form.get("password", ""))
        if user is None:
            failures.add(name, place, monotonic())
            desk.refused("password", "wrong name or password")
            return desk.form(401, "That name and password do not go together.", name[:100])
        failures.forget(name)
        return desk.begin(user.name, user.role, user.tenants, "password", request.form.get("next", ""))

    @blueprint.post("/sign-out")
    def sign_out() -> Response:
        """Forget who it is."""
        reader = doors.reader()
        if reader is not None:
            doors.check_form(reader.csrf)
            doors.directory.end(request.cookies.get(COOKIE, ""))
            doors.note(reader, "sign-out", reader.by)
        answer = redirect(f"{desk.path}/sign-in", 303)
        answer.delete_cookie(COOKIE, path=desk.path or "/")
        return answer  # type: ignore[return-value]

    return blueprint


def provider_pages(settings: Settings, doors: Doors) -> Blueprint:
    """The two addresses of signing in by OpenID Connect: away to the provider, and back."""
    blueprint = Blueprint("provider", __name__)
    desk = _Desk(settings, doors)
    provider = OpenIdConnect(
        Provider(
            settings.oidc_issuer,
            settings.oidc_client_id,
            settings.oidc_client_secret,
            settings.oidc_role_claim,
            settings.oidc_tenants_claim,
        ),
        f"{settings.base_url}/sign-in/return",
        doors.secret,
        settings.ca_file,
    )

    @blueprint.get("/sign-in/provider")
    def away() -> Response:
        """Send somebody to the provider."""
        try:
            address, attempt = provider.begin()
        except NotSignedIn as problem:
            return failed(problem)
        leaving = redirect(address, 303)
        value = f"{attempt}|{request.args.get('next', '')}"
        # Lax, for the browser comes back from another site.
        leaving.set_cookie(
            ATTEMPT_COOKIE, value, max_age=ATTEMPT_SECONDS, httponly=True, secure=not settings.is_demo, samesite="Lax"
        )
        return leaving  # type: ignore[return-value]

    @blueprint.get("/sign-in/return")
    def back() -> Response:
        """Let somebody in whom the provider vouches for."""
        attempt, _, wanted = request.cookies.get(ATTEMPT_COOKIE, "").partition("|")
        try:
            found = provider.finish(attempt, request.args)
        except NotSignedIn as problem:
            return failed(problem)
        answer = desk.begin(found.who, found.role, found.tenants, "oidc", wanted)
        answer.delete_cookie(ATTEMPT_COOKIE)
        return answer

    def failed(problem: NotSignedIn) -> Response:
        facts_of(request.environ)["problems"] = [f"sign-in {problem}"]
        desk.refused("oidc", str(problem))
        told = "The provider did not vouch for you here. Try again; if it stays so, ask your administrator."
        return desk.form(401, told)

    return blueprint


def _sent() -> list[tuple[str, str]]:
    """What the form at hand holds, to be sent again from a page; nothing of one that is as long as no page of ours."""
    length = request.content_length
    return list(request.form.items(multi=True)) if length is not None and length <= MOST_SENT_AGAIN else []


def send_to_sign_in(app: Flask, settings: Settings) -> None:
    """Send whoever is not signed in to the page where that is done, and back to where they wanted to go."""

    def ask(_: MustSignIn) -> Response:
        if request.method != "GET":
            told = "You are not signed in any more. Sign in in another window or tab, then send what you wrote again."
            return problem_page(settings, 401, "Nobody is signed in", [Issue("login", told)], again=_sent())
        wanted = request.full_path.rstrip("?")
        base = urlsplit(settings.public_url).path
        return redirect(f"{base}/sign-in?{urlencode({'next': wanted})}", 303)  # type: ignore[return-value]

    app.register_error_handler(MustSignIn, ask)
