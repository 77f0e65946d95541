"""The public keys of clients: read strictly, fetched rarely, kept through an outage.

Keys come from the registered address and from nowhere else. An unknown key id has the set fetched anew, at most once in
thirty seconds for each client, however many unknown ids come; a set that has grown old is fetched beside the calls that
go on with it. What was good last stays for a day when the address does not answer.

https://www.rfc-editor.org/rfc/rfc7517
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from threading import Lock, Thread
from typing import Any, Final

import requests
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from jwt.exceptions import PyJWTError
from urllib3.exceptions import HTTPError
from urllib3.util import Timeout

from cds_hooks.certificates import a_session

PublicKey = EllipticCurvePublicKey | RSAPublicKey
Keys = Mapping[tuple[str, str], PublicKey]
"""Public keys by key id and algorithm."""

LEAST_SECONDS_BETWEEN: Final = 30.0
FRESH_SECONDS: Final = 600.0
KEPT_SECONDS: Final = 24 * 3600.0
LEAST_RSA_BITS: Final = 2048
_MOST_RSA_BITS: Final = 8192
_LONGEST_SET: Final = 256 * 1024
_MOST_KEYS: Final = 100
_ONE_FETCH_S: Final = 3.0
_ALGORITHM_OF_CURVE: Final = {"secp384r1": "ES384", "secp256r1": "ES256"}


class KeyProblem(Exception):
    """A key set that cannot be used; the message is ours, for our operator."""


def read_keys(decoded: Any, algorithms: frozenset[str]) -> Keys:
    """The keys of a set that can be used with these algorithms; raises ``KeyProblem`` when there is none.

    The type of a key decides its algorithm. Left out: keys for encryption, keys that show their private half, RSA below
    2048 bits, and two keys under one id.
    """
    listed = decoded.get("keys") if isinstance(decoded, dict) else None
    if not isinstance(listed, list):
        raise KeyProblem("there is no list of keys in it")
    found: dict[tuple[str, str], PublicKey] = {}
    twice: set[tuple[str, str]] = set()
    reasons: list[str] = []
    for one in listed[:_MOST_KEYS]:
        try:
            key, names = _read_key(one)
        except KeyProblem as problem:
            reasons.append(str(problem))
            continue
        for name in names & algorithms:
            place = (one["kid"], name)
            if place in found:
                twice.add(place)
            found[place] = key
        if not names & algorithms:
            reasons.append(f"a key is for {' or '.join(sorted(names))}, which this client may not use")
    for place in twice:
        del found[place]
        reasons.append("two keys have the same kid")
    if not found:
        raise KeyProblem("; ".join(dict.fromkeys(reasons)) or "it is empty")
    return found


def _read_key(one: Any) -> tuple[PublicKey, frozenset[str]]:
    """A key and the algorithms that its type and its own words allow."""
    if not isinstance(one, dict) or not isinstance(one.get("kid"), str) or not one["kid"]:
        raise KeyProblem("a key has no kid")
    if "d" in one or "k" in one:
        raise KeyProblem("a key shows its private half, and proves nothing any more")
    if one.get("use", "sig") != "sig" or "verify" not in one.get("key_ops", ["verify"]):
        raise KeyProblem("a key is not for signatures")
    try:
        if one.get("kty") == "EC":
            elliptic = ECAlgorithm.from_jwk(one)
            if not isinstance(elliptic, EllipticCurvePublicKey) or elliptic.curve.name not in _ALGORITHM_OF_CURVE:
                raise KeyProblem("a key has another curve than P-384 or P-256")
            key: PublicKey = elliptic
            names = frozenset({_ALGORITHM_OF_CURVE[elliptic.curve.name]})
        elif one.get("kty") == "RSA":
            rsa = RSAAlgorithm.from_jwk(one)
            if not isinstance(rsa, RSAPublicKey) or not LEAST_RSA_BITS <= rsa.key_size <= _MOST_RSA_BITS:
                raise KeyProblem(f"an RSA key has fewer than {LEAST_RSA_BITS} bits, or too many")
            key, names = rsa, frozenset({"RS384", "RS256"})
        else:
            raise KeyProblem("a key is neither EC nor RSA")
    except (PyJWTError, ValueError, TypeError, KeyError):
        raise KeyProblem("a key cannot be read") from None
    if "alg" in one:
        names &= {one["alg"]} if isinstance(one["alg"], str) else set()
        if not names:
            raise KeyProblem("a key names an algorithm that does not suit its type")
    return key, names


def fetch_keys(
    session: requests.Session, address: str, algorithms: frozenset[str], within_s: float = _ONE_FETCH_S
) -> Keys:
    """The keys at an address, no redirect followed; raises ``KeyProblem`` that says what came instead."""
    until = time.monotonic() + within_s
    try:
        with session.get(
            address,
            headers={"Accept": "application/jwk-set+json, application/json"},
            timeout=Timeout(total=within_s),  # type: ignore[arg-type]  # requests hands urllib3's own through
            allow_redirects=False,
            stream=True,
        ) as response:
            if response.status_code != 200:
                raise KeyProblem(f"its address answered with status {response.status_code}")
            body = b""
            while piece := response.raw.read1(16 * 1024, decode_content=True):
                body += piece
                if len(body) > _LONGEST_SET or time.monotonic() > until:
                    raise KeyProblem("its address sends more than a key set, or too slowly")
    except requests.exceptions.SSLError:
        raise KeyProblem(
            "the certificate of its address is not believed; name the authority that signed it in ca_file"
        ) from None
    except (requests.RequestException, HTTPError, OSError, ValueError) as problem:
        raise KeyProblem(f"its address cannot be reached ({type(problem).__name__})") from None
    try:
        decoded = json.loads(body)
    except (ValueError, RecursionError):
        raise KeyProblem("its address does not answer with JSON") from None
    return read_keys(decoded, algorithms)


@dataclass
class _Set:
    """What is known of one client's keys."""

    keys: Keys = field(default_factory=dict)
    fetched_at: float = float("-inf")
    asked_at: float = float("-inf")
    lock: Lock = field(default_factory=Lock)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a client's keys are: at an address, or in its record, as JSON text."""

    client: str
    address: str
    inline: str
    algorithms: frozenset[str]


Told = Callable[[str, Mapping[str, Any]], None]
"""Hears of a client what became of a fetch."""


class KeySets:
    """The keys of all clients. Safe to share between threads."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        session: requests.Session | None = None,
        told: Told = lambda _, __: None,
    ) -> None:
        self._clock = clock
        self._session = session if session is not None else a_session()
        self._told = told
        self._lock = Lock()
        self._sets: dict[str, tuple[Source, _Set]] = {}

    def find(self, source: Source, kid: str, algorithm: str) -> PublicKey | None:
        """The key of that id, looked for once more at the client's address where it is unknown; ``None`` without one."""
        known = self._set_of(source)
        now = self._clock()
        if now - known.fetched_at > KEPT_SECONDS:
            known.keys = {}
        key = known.keys.get((kid, algorithm))
        if not source.address:
            return key
        if key is not None:
            if now - known.fetched_at > FRESH_SECONDS and now - known.asked_at > LEAST_SECONDS_BETWEEN:
                Thread(target=self._fetch, args=(source, known), daemon=True).start()
            return key
        self._fetch(source, known)
        return known.keys.get((kid, algorithm))

    def _set_of(self, source: Source) -> _Set:
        with self._lock:
            was, known = self._sets.get(source.client, (None, _Set()))
            if was != source:  # never seen, or the record was changed
                known = _Set()
                if not source.address:
                    known.keys = read_keys({"keys": json.loads(source.inline)}, source.algorithms)
                    known.fetched_at = float("inf")
                self._sets[source.client] = (source, known)
            return known

    def _fetch(self, source: Source, known: _Set) -> None:
        """Fetch the set, unless somebody just did; who comes meanwhile waits for what that one brings."""
        with known.lock:
            if self._clock() - known.asked_at < LEAST_SECONDS_BETWEEN:
                return
            known.asked_at = self._clock()
            try:
                keys = fetch_keys(self._session, source.address, source.algorithms)
            except KeyProblem as problem:
                self._told(source.client, {"error": f"The key set cannot be used: {problem}."})
                return
            known.keys, known.fetched_at = keys, self._clock()
            self._told(source.client, {"kids": kids_of(keys)})


def kids_of(keys: Iterable[tuple[str, str]]) -> list[str]:
    """The key ids and algorithms as an operator reads them."""
    return sorted(f"{kid[:80]} ({algorithm})" for kid, algorithm in keys)
