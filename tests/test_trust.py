"""Who is let in, and how little whoever is not learns. Keys, issuers and addresses are made up."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from cds_hooks.clients.record import read_record
from cds_hooks.clients.register import Register, put_record, remove_record
from cds_hooks.clients.signs import Signs, signs_of
from cds_hooks.databases import open_database
from cds_hooks.key_sets import KeySets
from cds_hooks.migrating import upgrade
from cds_hooks.settings import Settings
from cds_hooks.trust import Proxy, RegisteredCallers
from tests.desks import SELECT, SIGN, Desk, a_request
from tests.jwt_clients import (
    ISSUER,
    PUBLIC_URL,
    WebServer,
    a_web_server,
    as_jwk,
    claims,
    ec_key,
    rsa_key,
    segment,
    signed_by_hand,
    token,
)

FEEDBACK = f"{SIGN}/feedback"
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
PRODUCTION = Settings(profile="production", public_url=PUBLIC_URL)


@pytest.fixture
def key_server() -> Iterator[WebServer]:
    with a_web_server() as server:
        server.serves(as_jwk(ec_key(), "key-1", alg="ES384"), as_jwk(rsa_key(), "key-2"))
        yield server


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(f"sqlite:///{tmp_path / 'ldn.sqlite3'}")
    upgrade(engine)
    yield engine
    engine.dispose()


class House:
    """A service with registered clients, and what stands around it."""

    def __init__(self, engine: Engine, **options: Any) -> None:
        self.engine = engine
        self.seconds = 0.0
        self.signs = Signs(engine, lambda: NOW)
        self.register = Register(engine, is_production=False, clock=lambda: self.seconds)
        keys = KeySets(clock=lambda: self.seconds, told=lambda client, detail: self.signs.note(client, "keys", detail))
        self.callers = RegisteredCallers(self.register, keys, self.signs, PUBLIC_URL, **options)
        self.desk = Desk(settings=PRODUCTION, callers=self.callers)

    def call(self, token: str | None, endpoint: str = SIGN, **headers: str) -> Any:
        sent = headers | ({"Authorization": f"Bearer {token}"} if token is not None else {})
        if endpoint == "/cds-services":
            return self.desk.client.get(endpoint, headers=sent)
        return self.desk.post(endpoint, a_feedback() if endpoint == FEEDBACK else a_request(), headers=sent)

    @property
    def why(self) -> str:
        """Why the last call was refused, as our operator reads it."""
        return str(self.desk.log[-1].get("why", ""))

    def sign(self, kind: str, client: str = "north") -> Any:
        self.signs.write()
        return next(sign.detail for sign in signs_of(self.engine, client) if sign.kind == kind)


def a_feedback() -> Any:
    item = {
        "card": "3e4d5c6b-7a89-4b0c-8d1e-2f3a4b5c6d7e",
        "outcome": "accepted",
        "outcomeTimestamp": "2024-05-06T10:00:00Z",
        "acceptedSuggestions": [{"id": "7f0c1c5e-0d4e-4a3c-9d8a-2b1f6c3d4e5f"}],
    }
    return {"feedback": [item]}


@pytest.fixture
def house(engine: Engine, key_server: WebServer) -> House:
    return a_house(engine, key_server)


def a_house(engine: Engine, key_server: WebServer, **changes: Any) -> House:
    written = {"name": "north", "issuer": ISSUER, "jwks_url": f"{key_server.address}/jwks", **changes}
    put_record(engine, read_record(written), NOW, replaces=True)
    return House(engine)


# --- let in


@pytest.mark.parametrize("endpoint", ["/cds-services", SIGN, SELECT, FEEDBACK])
@pytest.mark.parametrize(("algorithm", "kid"), [("ES384", "key-1"), ("RS384", "key-2")])
def test_a_registered_client_is_let_in_at_every_endpoint(house: House, endpoint: str, algorithm: str, kid: str) -> None:
    key = ec_key() if kid == "key-1" else rsa_key()
    response = house.call(token(claims(endpoint), key, algorithm, kid=kid), endpoint)
    assert response.status_code == 200, (house.why, response.text)
    assert house.desk.log[-1]["client"] == "north"


@pytest.mark.parametrize(
    "changes",
    [
        lambda now: {"sub": "an-app", "nbf": int(now) - 1},
        lambda now: {"aud": ["https://elsewhere.example.org", f"{PUBLIC_URL}{SIGN}"]},
        lambda now: {"exp": int(now) - 30, "iat": int(now) - 400},
        lambda now: {"iat": int(now) + 30},
        lambda now: {"iat": now - 0.5},
        lambda now: {"tenant": "whatever"},
    ],
    ids=["Epic's extra claims", "two audiences", "30 s late", "30 s early", "fractions", "a tenant nobody asks about"],
)
def test_what_real_clients_write_is_let_in(house: House, changes: Any) -> None:
    assert house.call(token(claims(SIGN, **changes(time.time())))).status_code == 200, house.why


def test_the_registered_key_address_may_be_named_in_the_token(house: House, key_server: WebServer) -> None:
    assert house.call(token(claims(SIGN), jku=f"{key_server.address}/jwks")).status_code == 200


def test_keys_may_be_in_the_record(engine: Engine, key_server: WebServer) -> None:
    put_record(engine, read_record({"name": "n", "issuer": ISSUER, "keys": [as_jwk(ec_key(), "key-1")]}), NOW)
    house = House(engine)
    assert house.call(token(claims(SIGN))).status_code == 200
    assert house.call(token(claims(SIGN), kid="key-9")).status_code == 401
    assert key_server.asked == []


@pytest.mark.parametrize(
    ("registered", "audience", "lets_in"),
    [
        ("https://old.example.org/ldn", "https://old.example.org/ldn", True),
        ("https://old.example.org/ldn", f"https://old.example.org/ldn{SIGN}", True),
        ("https://old.example.org/ldn", f"https://old.example.org/ldn{SELECT}", False),
        (f"https://old.example.org{SIGN}", f"https://old.example.org{SIGN}", True),
        (f"https://old.example.org{SELECT}", f"https://old.example.org{SELECT}", False),
        ("https://old.example.org/cds-services", "https://old.example.org/cds-services", True),
        ("https://old.example.org", "https://old.example.org.evil.example", False),
    ],
)
def test_an_audience_counts_as_it_was_registered(
    engine: Engine, key_server: WebServer, registered: str, audience: str, lets_in: bool
) -> None:
    house = a_house(engine, key_server, audiences=[registered])
    assert house.call(token(claims(SIGN, aud=audience))).status_code == (200 if lets_in else 401)


def test_a_registered_tenant_is_that_of_the_visit(engine: Engine, key_server: WebServer) -> None:
    house = a_house(engine, key_server, tenants=["east", "west"])
    environ = {"HTTP_AUTHORIZATION": f"Bearer {token(claims(SIGN, tenant='west'))}"}
    assert house.callers.identify(environ, SIGN).tenant == "west"
    assert house.call(token(claims(SIGN, tenant="south"))).status_code == 401
    assert house.call(token(claims(SIGN))).status_code == 401
    assert house.why == "the tenant is missing or not registered"


# --- not let in

Make = Callable[[str], str | None]
S = SIGN
HEAD = {"alg": "ES384", "typ": "JWT", "kid": "key-1"}

BAD: dict[str, tuple[Make, str]] = {
    # the header of the request
    "no header": (lambda _: None, "no Authorization"),
    "an empty token": (lambda _: "", "not Bearer"),
    "the text null": (lambda _: "null", "not Bearer"),
    "another scheme": (lambda _: f"x\x00Basic {token(claims(S))}", "not Bearer"),
    "two headers in one": (lambda _: f"{token(claims(S))}, Bearer {token(claims(S))}", "two"),
    "two parts": (lambda _: ".".join(token(claims(S)).split(".")[:2]), "not Bearer"),
    "four parts": (lambda _: f"{token(claims(S))}.e30", "not Bearer"),
    "five parts, encrypted": (lambda _: "e30.e30.e30.e30.e30", "not Bearer"),
    "a token of 100 kB": (lambda _: token(claims(S, note="x" * 100_000)), "too long"),
    "not base64url": (lambda _: token(claims(S)).replace(".", ".+", 1), "not Bearer"),
    # form
    "a header that is no JSON": (lambda _: f"{segment(b'{')}.{segment(claims(S))}.AAAA", "header cannot"),
    "a header that is a list": (lambda _: signed_by_hand([], claims(S)), "header is no object"),
    "a payload that is no JSON": (lambda _: signed_by_hand(HEAD, b"x"), "payload"),
    "a payload that is a list": (lambda _: signed_by_hand(HEAD, []), "payload"),
    "alg named twice": (
        lambda _: signed_by_hand(b'{"alg":"none","alg":"ES384","typ":"JWT","kid":"key-1"}', claims(S)),
        "header cannot",
    ),
    "exp named twice": (
        lambda _: signed_by_hand(HEAD, json.dumps(claims(S))[:-1].encode() + b',"exp":9999999999}'),
        "payload cannot",
    ),
    "not UTF-8": (lambda _: signed_by_hand(b'{"alg":"ES384\xff"}', claims(S)), "header cannot"),
    # algorithm and key
    "alg none, unsigned": (lambda _: f"{segment(HEAD | {'alg': 'none'})}.{segment(claims(S))}.AA", "(alg)"),
    "alg None in capitals": (lambda _: f"{segment(HEAD | {'alg': 'NONE'})}.{segment(claims(S))}.AA", "(alg)"),
    "alg missing": (lambda _: signed_by_hand({"typ": "JWT", "kid": "key-1"}, claims(S)), "(alg)"),
    "alg a number": (lambda _: signed_by_hand({"alg": 384, "typ": "JWT", "kid": "key-1"}, claims(S)), "(alg)"),
    "HS384 with the public key as the secret": (lambda _: token(claims(S), b"x" * 48, "HS384"), "(alg)"),
    "HS256": (lambda _: token(claims(S), b"x" * 32, "HS256"), "(alg)"),
    "ES256, not agreed": (lambda _: token(claims(S), ec_key(curve="P-256"), "ES256"), "(alg)"),
    "RS256, not agreed": (lambda _: token(claims(S), rsa_key(), "RS256", kid="key-2"), "(alg)"),
    "PS384": (lambda _: token(claims(S), rsa_key(), "PS384", kid="key-2"), "(alg)"),
    "RS384 under the id of an EC key": (lambda _: token(claims(S), rsa_key(), "RS384", kid="key-1"), "(kid)"),
    "ES384 under the id of an RSA key": (lambda _: token(claims(S), ec_key(), kid="key-2"), "(kid)"),
    "somebody else's key": (lambda _: token(claims(S), ec_key(1)), "signature"),
    "somebody else's RSA key": (lambda _: token(claims(S), rsa_key(1), "RS384", kid="key-2"), "signature"),
    "a claim added after signing": (lambda _: _tampered(token(claims(S))), "signature"),
    "a signature of another token": (lambda _: _swapped(token(claims(S)), token(claims(S))), "signature"),
    "a signature in DER": (lambda _: ".".join([*token(claims(S)).split(".")[:2], segment(b"0d\x02\x01")]), "signature"),
    "a signature of zeros": (lambda _: ".".join([*token(claims(S)).split(".")[:2], segment(bytes(96))]), "signature"),
    "its own key in the header": (lambda _: token(claims(S), ec_key(2), jwk=as_jwk(ec_key(2), "key-1")), "signature"),
    "no kid": (lambda _: token(claims(S), kid=...), "(kid)"),
    "an unknown kid": (lambda _: token(claims(S), kid="key-9"), "(kid)"),
    "a kid that is a path": (lambda _: token(claims(S), kid="../../etc/passwd"), "(kid)"),
    "a kid of 1,000 letters": (lambda _: token(claims(S), kid="k" * 1_000), "(kid)"),
    "a kid that is a number": (lambda _: signed_by_hand({"alg": "ES384", "typ": "JWT", "kid": 1}, claims(S)), "(kid)"),
    "no typ": (lambda _: token(claims(S), typ=None), "(typ)"),
    "typ at+jwt": (lambda _: token(claims(S), typ="at+jwt"), "(typ)"),
    "crit": (lambda _: signed_by_hand(HEAD | {"crit": ["x"]}, claims(S)), "crit"),
    "b64": (lambda _: signed_by_hand(HEAD | {"b64": False}, claims(S)), "crit"),
    # key address
    "a jku elsewhere": (lambda here: token(claims(S), ec_key(3), jku=f"{here}/evil"), "(jku)"),
    "a jku that begins like ours": (lambda here: token(claims(S), jku=f"{here}/jwks/../evil"), "(jku)"),
    "a jku with a name in it": (
        lambda here: token(claims(S), jku=here.replace("//", "//ehr.example.org@") + "/jwks"),
        "(jku)",
    ),
    "a jku that is a list": (lambda here: token(claims(S), jku=[f"{here}/jwks"]), "(jku)"),
    "a jku of a file": (lambda _: token(claims(S), jku="file:///etc/passwd"), "(jku)"),
    # claims
    "a stranger's iss": (lambda _: token(claims(S, iss="https://stranger.example.org")), "(iss)"),
    "the sandbox's iss": (lambda _: token(claims(S, iss="https://sandbox.cds-hooks.org")), "(iss)"),
    "iss with a slash more": (lambda _: token(claims(S, iss=f"{ISSUER}/")), "(iss)"),
    "iss in capitals": (lambda _: token(claims(S, iss=ISSUER.upper())), "(iss)"),
    "no iss": (lambda _: token(claims(S, iss=...)), "(iss)"),
    "iss a list": (lambda _: signed_by_hand(HEAD, claims(S, iss=[ISSUER])), "(iss)"),
    "no aud": (lambda _: token(claims(S, aud=...)), "(aud)"),
    "aud of another service": (lambda _: token(claims(SELECT)), "(aud)"),
    "aud of discovery": (lambda _: token(claims("/cds-services")), "(aud)"),
    "aud of feedback": (lambda _: token(claims(FEEDBACK)), "(aud)"),
    "aud with a slash more": (lambda _: token(claims(f"{S}/")), "(aud)"),
    "aud over http": (lambda _: token(claims(S, aud=f"http://cds.example.org{S}")), "(aud)"),
    "aud a base that is not registered": (lambda _: token(claims(S, aud=PUBLIC_URL)), "(aud)"),
    "aud an empty list": (lambda _: token(claims(S, aud=[])), "(aud)"),
    "aud with a number in it": (
        lambda _: signed_by_hand(HEAD, claims(S, aud=[f"{PUBLIC_URL}{S}", 1])),
        "(aud)",
    ),
    "no exp": (lambda _: token(claims(S, exp=...)), "exp or iat"),
    "no iat": (lambda _: token(claims(S, iat=...)), "exp or iat"),
    "no jti": (lambda _: token(claims(S, jti=...)), "(jti)"),
    "an empty jti": (lambda _: token(claims(S, jti="")), "(jti)"),
    "jti a number": (lambda _: signed_by_hand(HEAD, claims(S, jti=1)), "(jti)"),
    "expired": (lambda _: token(claims(S, int(time.time()) - 1_000)), "expired"),
    "exp in ten years": (lambda _: token(claims(S, exp=int(time.time()) + 315_360_000)), "longer"),
    "a life of 17 minutes": (lambda _: token(claims(S, exp=int(time.time()) + 1_020)), "longer"),
    "exp before iat": (lambda _: token(claims(S, exp=int(time.time()) - 10)), "before"),
    "iat in an hour": (lambda _: token(claims(S, time.time() + 3_600)), "future"),
    "nbf in an hour": (lambda _: token(claims(S, nbf=int(time.time()) + 3_600)), "(nbf)"),
    "exp as text": (lambda _: token(claims(S) | {"exp": str(int(time.time()) + 300)}), "exp or iat"),
    "exp true": (lambda _: token(claims(S) | {"exp": True}), "exp or iat"),
    "exp in milliseconds": (lambda _: token(claims(S, exp=(int(time.time()) + 300) * 1000)), "exp or iat"),
    "exp not a number": (
        lambda _: signed_by_hand(HEAD, json.dumps(claims(S, exp=float("nan"))).encode()),
        "payload cannot",
    ),
    "sub a list": (lambda _: signed_by_hand(HEAD, claims(S, sub=[])), "(sub)"),
}


def _tampered(good: str) -> str:
    """The same token, with a claim more than was signed."""
    header, payload, signature = good.split(".")
    claimed = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return f"{header}.{segment(claimed | {'tenant': 'another'})}.{signature}"


def _swapped(one: str, other: str) -> str:
    return f"{one.rpartition('.')[0]}.{other.rpartition('.')[2]}"


def test_the_table_of_bad_tokens_is_long_enough() -> None:
    assert len(BAD) >= 45


@pytest.mark.parametrize("name", BAD)
def test_a_bad_token_is_refused_like_every_other(house: House, key_server: WebServer, name: str) -> None:
    """The same answer for all; the reason in the log alone; nothing is fetched but the registered key set."""
    make, why = BAD[name]
    house.call(token(claims(S)))  # the keys are known from here on
    assert key_server.asked == ["/jwks"]
    with a_web_server() as sentinel:
        sentinel.serves(as_jwk(ec_key(3), "key-1"))
        bad = make(sentinel.address)
        sent = {} if bad is None else {"Authorization": f"Bearer {bad}" if "\x00" not in bad else bad.split("\x00")[1]}
        response = house.desk.post(S, a_request(), headers=sent)
        assert sentinel.asked == []
    assert key_server.asked == ["/jwks"]
    nobody = house.call(None)
    assert response.status_code == 401
    assert response.data == nobody.data
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert {h for h, _ in response.headers} == {h for h, _ in nobody.headers}
    refused = house.desk.log[-2]
    assert why in refused["why"]
    assert refused["event"] == "refused"
    assert not house.desk.clinic.consultations[1:], "the clinic was asked for somebody who is not let in"


def test_the_body_of_a_refused_call_is_not_read(house: House) -> None:
    response = house.desk.post(SIGN, b"\xff no JSON", content_type="text/plain")
    assert response.status_code == 401


def test_a_token_is_used_once(house: House) -> None:
    used = token(claims(SIGN))
    assert house.call(used).status_code == 200
    again = house.call(used)
    assert again.status_code == 401
    assert house.why == "the token was used before (jti)"
    assert again.data == house.call(None).data
    assert again.headers["WWW-Authenticate"] == "Bearer"
    assert house.sign("refusal")["why"] == "the token was used before (jti)"


def test_feedback_uses_its_token_up_as_well(house: House) -> None:
    used = token(claims(FEEDBACK))
    assert [house.call(used, FEEDBACK).status_code for _ in range(2)] == [200, 401]


def test_a_client_that_reuses_tokens_may_be_allowed_to(engine: Engine, key_server: WebServer) -> None:
    house = a_house(engine, key_server, replay=False)
    used = token(claims(SIGN))
    assert [house.call(used).status_code for _ in range(3)] == [200, 200, 200]


def test_of_many_replays_at_once_none_is_accepted(house: House) -> None:
    used = token(claims(SIGN))
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: house.call(used).status_code, range(60)))
    assert sorted(set(answers)) == [200, 401]
    assert answers.count(200) == 1


# --- keys


def test_unknown_key_ids_fetch_the_set_once_in_thirty_seconds(house: House, key_server: WebServer) -> None:
    house.call(token(claims(SIGN)))
    house.seconds = 100
    for nth in range(60):
        assert house.call(token(claims(SIGN), kid=f"random-{nth}")).status_code == 401
    assert len(key_server.asked) == 2
    house.seconds = 131
    house.call(token(claims(SIGN), kid="random"))
    assert len(key_server.asked) == 3


def test_a_new_key_is_found_when_it_is_first_used(house: House, key_server: WebServer) -> None:
    house.call(token(claims(SIGN)))
    key_server.serves(as_jwk(ec_key(5), "key-5"))
    house.seconds = 31
    assert house.call(token(claims(SIGN), ec_key(5), kid="key-5")).status_code == 200
    assert house.call(token(claims(SIGN))).status_code == 401, "the withdrawn key still counts"


@pytest.mark.parametrize("trouble", ["down", "html", "redirect", "empty", "huge"])
def test_good_keys_survive_an_outage_of_an_hour(house: House, key_server: WebServer, trouble: str) -> None:
    house.call(token(claims(SIGN)))
    with a_web_server() as sentinel:
        sentinel.serves(as_jwk(ec_key(), "key-9"))
        match trouble:
            case "down":
                key_server.status = 503
            case "html":
                key_server.body = b"<html>maintenance</html>"
            case "redirect":
                key_server.status, key_server.more = 302, {"Location": f"{sentinel.address}/jwks"}
            case "empty":
                key_server.serves()
            case "huge":
                key_server.body = b'{"keys": [' + b" " * 300_000 + b"]}"
        house.seconds = 3_600
        assert house.call(token(claims(SIGN), kid="key-9")).status_code == 401
        assert house.call(token(claims(SIGN))).status_code == 200
        assert sentinel.asked == []
    assert house.sign("keys")["error"].startswith("The key set cannot be used: ")


def test_keys_are_not_kept_for_ever(house: House, key_server: WebServer) -> None:
    house.call(token(claims(SIGN)))
    key_server.status = 503
    house.seconds = 25 * 3_600
    assert house.call(token(claims(SIGN))).status_code == 401


@pytest.mark.parametrize(
    ("jwk", "says"),
    [
        (as_jwk(rsa_key(bits=1024), "key-1"), "2048 bits"),
        (as_jwk(ec_key(curve="P-521"), "key-1"), "curve"),
        (as_jwk(ec_key(), "key-1", use="enc"), "not for signatures"),
        (as_jwk(ec_key(), "key-1", d="AAAA"), "private half"),
        (as_jwk(ec_key(), "key-1", alg="RS384"), "does not suit"),
        ({"kty": "oct", "kid": "key-1", "k": "c2VjcmV0"}, "private half"),
        (as_jwk(ec_key(), ""), "no kid"),
        ({"kty": "EC", "kid": "key-1", "crv": "P-384", "x": "AA", "y": "AA"}, "cannot be read"),
        ({"kty": "OKP", "kid": "key-1", "crv": "Ed25519", "x": "AA"}, "neither EC nor RSA"),
    ],
)
def test_a_key_that_proves_nothing_is_not_taken(house: House, key_server: WebServer, jwk: Any, says: str) -> None:
    key_server.serves(jwk)
    assert house.call(token(claims(SIGN))).status_code == 401
    assert says in house.sign("keys")["error"]


# --- signs, rates, certificates, the register


def test_signs_of_a_client_tell_what_was_last_seen(house: House) -> None:
    house.call(token(claims(SIGN, time.time() - 20)))
    house.call(token(claims(FEEDBACK)), FEEDBACK)
    house.call(token(claims(SIGN), kid="key-9"))
    assert house.sign("keys") == {"kids": ["key-1 (ES384)", "key-2 (RS384)"]}
    assert house.sign("prefetch") == {"service": "ldn-order-sign", "keys": []}
    assert house.sign("feedback") == {"service": "ldn-order-sign", "items": 1}
    assert house.sign("refusal")["why"].startswith("the key id (kid)")
    assert house.sign("call")["endpoint"] == FEEDBACK


def test_who_calls_too_often_is_told_when_to_come_back(engine: Engine, key_server: WebServer) -> None:
    house = a_house(engine, key_server, rate_limit=2)
    answers = [house.call(token(claims(SIGN))) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 429, 429]
    assert answers[-1].headers["Retry-After"] == "1"
    assert answers[-1].json["issue"][0]["code"] == "throttled"


def test_a_client_added_or_removed_counts_without_a_restart(house: House, engine: Engine) -> None:
    house.call(token(claims(SIGN)))
    remove_record(engine, "north")
    assert house.call(token(claims(SIGN))).status_code == 200
    house.seconds = 10
    assert house.call(token(claims(SIGN))).status_code == 401
    put_record(engine, read_record({"name": "n", "issuer": ISSUER, "keys": [as_jwk(ec_key(), "key-1")]}), NOW)
    house.seconds = 20
    assert house.call(token(claims(SIGN))).status_code == 200


def test_open_discovery_needs_no_token_and_a_bad_one_is_still_refused(engine: Engine, key_server: WebServer) -> None:
    a_house(engine, key_server)
    house = House(engine, open_discovery=True)
    assert house.call(None, "/cds-services").status_code == 200
    assert house.call(token(claims(SIGN)), "/cds-services").status_code == 401
    assert house.call(None).status_code == 401


@pytest.mark.parametrize(
    ("proof", "header", "peer", "has_token", "status"),
    [
        ("certificate", "CN=north", "10.1.2.3", False, 200),
        ("certificate", "CN=north", "192.0.2.1", False, 401),
        ("certificate", "CN=other", "10.1.2.3", False, 401),
        ("certificate", "CN=north", "10.1.2.3", True, 401),
        ("token and certificate", "CN=north", "10.1.2.3", True, 200),
        ("token and certificate", "CN=north", "10.1.2.3", False, 401),
        ("token and certificate", "", "10.1.2.3", True, 401),
        ("token and certificate", "CN=north", "192.0.2.1", True, 401),
        ("token", "CN=north", "10.1.2.3", False, 401),
    ],
)
def test_a_certificate_counts_from_the_proxy_alone(
    engine: Engine, key_server: WebServer, proof: str, header: str, peer: str, has_token: bool, status: int
) -> None:
    from ipaddress import ip_network

    a_house(engine, key_server, proof=proof, **({"certificate": "CN=north"} if proof != "token" else {}))
    house = House(engine, proxy=Proxy("X-Client-Cert", (ip_network("10.0.0.0/8"),)))
    headers = {"X-Client-Cert": header} if header else {}
    if has_token:
        headers["Authorization"] = f"Bearer {token(claims(SIGN))}"
    response = house.desk.post(SIGN, a_request(), headers=headers, environ_base={"REMOTE_ADDR": peer})
    assert response.status_code == status, house.why


def test_certificates_count_for_nothing_unless_a_proxy_is_set(engine: Engine, key_server: WebServer) -> None:
    house = a_house(engine, key_server, proof="certificate", certificate="CN=north")
    assert house.call(None, **{"X-Client-Cert": "CN=north"}).status_code == 401


def test_no_token_comes_into_the_log(house: House) -> None:
    good, bad = token(claims(SIGN)), token(claims(SIGN), ec_key(9))
    house.call(good)
    house.call(bad)
    house.call(good)
    house.signs.write()
    written = house.desk.stream.getvalue().decode()
    for one in (good, bad):
        assert not any(part in written for part in one.split("."))
    assert not any(part in str(signs_of(house.engine, "north")) for part in good.split("."))
