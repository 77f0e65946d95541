"""A client's token (JWT) held against what CDS Hooks demands of it, and against its record.

PyJWT checks the signature and nothing else: its defaults let a token pass that has no end, no id and any audience. Every
claim is checked here, with a clock that is passed in. The reason of a refusal is for our operator; the caller hears the
same of all.

https://cds-hooks.hl7.org/STU2/#trusting-cds-clients
"""

from __future__ import annotations

import json
import math
import re
from base64 import urlsafe_b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from jwt import PyJWS
from jwt.exceptions import PyJWTError

from cds_hooks.callers import TokenId
from cds_hooks.clients.record import Record
from cds_hooks.key_sets import KeySets, PublicKey

LONGEST_TOKEN: Final = 8_192
LONGEST_LIFE: Final = 15 * 60
SKEW: Final = 60
_LONGEST_ID: Final = 256
_LATEST: Final = 1e11  # seconds; beyond it, milliseconds are meant

_BEARER: Final = re.compile(
    r"Bearer ([A-Za-z0-9_-]{1,3000}\.[A-Za-z0-9_-]{1,6000}\.[A-Za-z0-9_-]{1,2000})\Z", re.IGNORECASE
)
_verifier: Final = PyJWS()


class NotTrusted(Exception):
    """A caller that is not let in: why, in our words, and which client it said it was."""

    def __init__(self, why: str, client: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.client = client


@dataclass(frozen=True, slots=True)
class Shown:
    """A token that was found good: whose it is, for which tenant, its id, and when it was made."""

    record: Record
    tenant: str
    id: TokenId
    issued_at: float


def check_token(
    authorization: str,
    endpoint: str,
    public_url: str,
    client_of: Callable[[str], Record | None],
    keys: KeySets,
    now: float,
) -> Shown:
    """What a good ``Authorization`` header shows; raises ``NotTrusted``.

    In this order, so that nothing is fetched for a stranger: form, issuer, key address, key, signature, claims.
    """
    token = _token_in(authorization)
    header_text, payload_text, _ = token.split(".")
    header = _object(header_text, "header")
    claimed = _object(payload_text, "payload")
    record = _client(claimed.get("iss"), client_of)
    try:
        algorithm, kid = _check_header(header, record)
        _check_signature(token, keys.find(record.key_source, kid, algorithm), algorithm)
        # The claims looked at are those that were signed: the same text was decoded above.
        return _check_claims(claimed, record, endpoint, public_url, now)
    except NotTrusted as refused:
        raise NotTrusted(refused.why, record.name) from None


def _token_in(authorization: str) -> str:
    if not authorization:
        raise NotTrusted("there is no Authorization header")
    if len(authorization) > LONGEST_TOKEN:
        raise NotTrusted("the Authorization header is too long")
    if "," in authorization:
        raise NotTrusted("there are two Authorization headers")
    found = _BEARER.match(authorization)
    if found is None:
        raise NotTrusted("the Authorization header is not Bearer and a signed token")
    return found[1]


def _client(issuer: Any, client_of: Callable[[str], Record | None]) -> Record:
    record = client_of(issuer) if isinstance(issuer, str) else None
    if record is None:
        raise NotTrusted("the issuer (iss) is no registered client")
    if not record.needs_token:
        raise NotTrusted("the client is registered to call with its certificate, not with a token", record.name)
    return record


def _check_header(header: Mapping[str, Any], record: Record) -> tuple[str, str]:
    algorithm, kid = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in record.algorithms:
        raise NotTrusted("the algorithm (alg) is not one that the client may use")
    if not isinstance(header.get("typ"), str) or header["typ"].upper() != "JWT":
        raise NotTrusted("the type (typ) is not JWT")
    if not isinstance(kid, str) or not 0 < len(kid) <= _LONGEST_ID:
        raise NotTrusted("the key id (kid) is missing or no text")
    if any(name in header for name in ("crit", "b64", "zip")):
        raise NotTrusted("the header demands what this service does not do (crit, b64, zip)")
    if "jku" in header and (not record.jwks_url or header["jku"] != record.jwks_url):
        raise NotTrusted("the key address (jku) is not the registered one")
    return algorithm, kid


def _check_signature(token: str, key: PublicKey | None, algorithm: str) -> None:
    if key is None:
        raise NotTrusted("the key id (kid) is not among the client's keys for this algorithm")
    try:
        _verifier.decode_complete(token, key, algorithms=[algorithm])
    except (PyJWTError, ValueError, TypeError):
        raise NotTrusted("the signature is not of that key") from None


def _check_claims(claims: Mapping[str, Any], record: Record, endpoint: str, public_url: str, now: float) -> Shown:
    expires, issued = _moment(claims, "exp"), _moment(claims, "iat")
    if expires is None or issued is None:
        raise NotTrusted("exp or iat is missing or no number of seconds")
    if expires <= now - SKEW:
        raise NotTrusted("the token has expired (exp), or the clocks differ")
    if issued > now + SKEW:
        raise NotTrusted("the token was issued in the future (iat): the clocks differ")
    if expires <= issued:
        raise NotTrusted("the token expires (exp) before it was issued (iat)")
    if expires - issued > LONGEST_LIFE + SKEW:
        raise NotTrusted("the token lives longer than fifteen minutes (exp, iat)")
    if "nbf" in claims:
        begins = _moment(claims, "nbf")
        if begins is None or begins > now + SKEW:
            raise NotTrusted("the token is not valid yet (nbf)")
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= _LONGEST_ID or not jti.isprintable():
        raise NotTrusted("the token's id (jti) is missing or no text")
    told = claims.get("aud")
    audiences = [told] if isinstance(told, str) else told
    if not isinstance(audiences, list) or not all(isinstance(one, str) for one in audiences):
        raise NotTrusted("the audience (aud) is missing or no text")
    if not any(record.accepts_audience(one, endpoint, public_url) for one in audiences):
        raise NotTrusted("the audience (aud) is not the address of this endpoint")
    if "sub" in claims and not isinstance(claims["sub"], str):
        raise NotTrusted("the subject (sub) is no text")
    return Shown(record, _tenant(claims, record), TokenId(record.issuer, jti, expires + SKEW), issued)


def _tenant(claims: Mapping[str, Any], record: Record) -> str:
    if not record.tenants:
        return record.name
    tenant = claims.get("tenant")
    if not isinstance(tenant, str) or tenant not in record.tenants:
        raise NotTrusted("the tenant is missing or not registered")
    return tenant


def _moment(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < _LATEST and math.isfinite(value) else None


def _object(segment: str, what: str) -> dict[str, Any]:
    try:
        text = urlsafe_b64decode(f"{segment}{'=' * (-len(segment) % 4)}".encode()).decode()
        decoded = json.loads(text, object_pairs_hook=_each_once, parse_constant=_no_number)
    except (ValueError, NotBase64, RecursionError):
        raise NotTrusted(f"the token's {what} cannot be read") from None
    if not isinstance(decoded, dict):
        raise NotTrusted(f"the token's {what} is no object")
    return decoded


def _each_once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) != len(members):
        raise ValueError(len(members))
    return found


def _no_number(name: str) -> float:
    raise ValueError(name)
