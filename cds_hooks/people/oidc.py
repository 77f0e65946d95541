"""Signing in by OpenID Connect: the authorization code flow with PKCE, state and nonce.

Authlib makes the addresses and fetches the token; the ID token is checked here, strictly: its signature by a key of the
provider's set, issuer and audience exactly, its times, and the nonce of this very attempt. What an attempt must
remember travels in a signed cookie of ten minutes, so that any replica can finish what another began.

Sources: OpenID Connect Core 1.0, 3.1; RFC 7636 (PKCE); RFC 9700 (current practice).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from secrets import compare_digest, token_urlsafe
from typing import Any, Final

import jwt
import requests
from itsdangerous import BadData, URLSafeTimedSerializer

from cds_hooks.certificates import a_session, prepared
from cds_hooks.people.roles import ALL_TENANTS, Role

ATTEMPT_SECONDS: Final = 600
_PATIENCE: Final = (3.05, 10)
_ALGORITHMS: Final = frozenset({"RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "ES512"})
_SKEW: Final = 60
_MOST_BYTES: Final = 1_000_000


class NotSignedIn(Exception):
    """The attempt failed; the message is for the operator's log and names nobody."""


@dataclass(frozen=True, slots=True)
class Provider:
    """The provider, and how it tells the role of somebody. ``secret`` never leaves but to its token endpoint."""

    issuer: str
    client_id: str
    secret: str
    role_claim: str = "ldn_role"
    tenants_claim: str = "ldn_tenants"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody the provider vouches for."""

    who: str
    role: Role
    tenants: tuple[str, ...]


class OpenIdConnect:
    """The sign-in of one provider. ``return_address`` is where it sends people back to."""

    def __init__(self, provider: Provider, return_address: str, secret: str, ca_file: str = "") -> None:
        """Put it together; nothing is fetched before somebody signs in. ``ca_file`` names a site's own authorities."""
        self._provider = provider
        self._return_address = return_address
        self._attempts = URLSafeTimedSerializer(secret, salt="ldn-cds sign-in attempt")
        self._ca_file = ca_file
        self._session = a_session(ca_file)

    def begin(self) -> tuple[str, str]:
        """Where to send the browser, and the cookie that must come back with it."""
        # Loaded here, for it takes 350 ms, and only those wait for it who use it.
        from authlib.integrations.requests_client import OAuth2Session  # type: ignore[import-untyped]

        state, nonce, verifier = token_urlsafe(), token_urlsafe(), token_urlsafe(48)
        with OAuth2Session(
            self._provider.client_id,
            redirect_uri=self._return_address,
            scope="openid profile email",
            code_challenge_method="S256",
        ) as client:
            address, _ = client.create_authorization_url(
                self._metadata()["authorization_endpoint"], state=state, code_verifier=verifier, nonce=nonce
            )
        return str(address), self._attempts.dumps([state, nonce, verifier])

    def finish(self, cookie: str, given: Mapping[str, str]) -> SignedIn:
        """Who came back, given the cookie and the query of the address they came back to; raises ``NotSignedIn``."""
        try:
            state, nonce, verifier = self._attempts.loads(cookie, max_age=ATTEMPT_SECONDS)
        except (BadData, ValueError):
            raise NotSignedIn("the cookie of the attempt is missing, too old or not ours") from None
        if not compare_digest(state.encode(), given.get("state", "").encode()):
            raise NotSignedIn("the state is not the one that was sent")
        if "code" not in given:
            raise NotSignedIn("the provider sent no code")
        if given.get("iss", self._provider.issuer) != self._provider.issuer:  # RFC 9207
            raise NotSignedIn("another issuer answered")
        return self._vouched_for(self._claims(self._token(given["code"], verifier), nonce))

    def _token(self, code: str, verifier: str) -> str:
        from authlib.common.errors import AuthlibBaseError  # type: ignore[import-untyped]
        from authlib.integrations.requests_client import OAuth2Session

        endpoint = self._metadata()["token_endpoint"]
        with OAuth2Session(
            self._provider.client_id, self._provider.secret, redirect_uri=self._return_address
        ) as client:
            prepared(client, self._ca_file)
            try:
                token = client.fetch_token(
                    endpoint, code=code, code_verifier=verifier, timeout=_PATIENCE, allow_redirects=False
                )
            except (AuthlibBaseError, requests.RequestException, ValueError) as problem:
                raise NotSignedIn(f"no token was given ({type(problem).__name__})") from None
        if not isinstance(token.get("id_token"), str):
            raise NotSignedIn("the token has no ID token")
        return str(token["id_token"])

    def _claims(self, id_token: str, nonce: str) -> Mapping[str, Any]:
        try:
            header = jwt.get_unverified_header(id_token)
            keys = jwt.PyJWKSet.from_dict(self._get(self._metadata()["jwks_uri"]))
            algorithm = header.get("alg")
            if algorithm not in _ALGORITHMS:
                raise NotSignedIn("the ID token is signed in a way that is not accepted")
            key = next((key for key in keys.keys if key.key_id == header.get("kid")), None)
            if key is None:
                raise NotSignedIn("the ID token names a key that the provider does not have")
            claims: dict[str, Any] = jwt.decode(
                id_token,
                key,
                algorithms=[str(algorithm)],
                audience=self._provider.client_id,
                issuer=self._provider.issuer,
                leeway=_SKEW,
                options={"require": ["iss", "sub", "aud", "exp", "iat", "nonce"]},
            )
        except jwt.PyJWTError as problem:
            raise NotSignedIn(f"the ID token is not valid ({type(problem).__name__})") from None
        if not compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
            raise NotSignedIn("the ID token is of another attempt")
        return claims

    def _vouched_for(self, claims: Mapping[str, Any]) -> SignedIn:
        named = claims.get(self._provider.role_claim)
        roles = [named] if isinstance(named, str) else named if isinstance(named, list) else []
        known = [role for role in Role if role.value in roles]
        if not known:
            raise NotSignedIn(f"the claim {self._provider.role_claim} names no role of the desk")
        tenants = claims.get(self._provider.tenants_claim)
        if isinstance(tenants, str):
            tenants = [tenants]
        if not isinstance(tenants, list) or not all(isinstance(one, str) for one in tenants):
            raise NotSignedIn(f"the claim {self._provider.tenants_claim} names no tenants")
        who = claims.get("email") or claims.get("preferred_username") or claims["sub"]
        # The last role of the table that was named, for it can do the most.
        return SignedIn(str(who)[:100], known[-1], ALL_TENANTS if "*" in tenants else tuple(tenants))

    def _metadata(self) -> Mapping[str, Any]:
        told = self._get(f"{self._provider.issuer.rstrip('/')}/.well-known/openid-configuration")
        if told.get("issuer") != self._provider.issuer:
            raise NotSignedIn("the provider's metadata is of another issuer")
        missing = [name for name in ("authorization_endpoint", "token_endpoint", "jwks_uri") if name not in told]
        if missing:
            raise NotSignedIn(f"the provider's metadata lacks {', '.join(missing)}")
        return told

    def _get(self, address: str) -> dict[str, Any]:
        try:
            with self._session.get(address, timeout=_PATIENCE, allow_redirects=False, stream=True) as answer:
                body = answer.raw.read(_MOST_BYTES + 1, decode_content=True)
                status = answer.status_code
        except requests.RequestException as problem:
            raise NotSignedIn(f"the provider does not answer ({type(problem).__name__})") from None
        if status != 200 or len(body) > _MOST_BYTES:
            raise NotSignedIn(f"the provider answered {status} where its metadata or keys should be")
        try:
            told = json.loads(body)
        except ValueError:
            raise NotSignedIn("the provider answered what is no JSON") from None
        if not isinstance(told, dict):
            raise NotSignedIn("the provider answered what is no JSON object")
        return told
