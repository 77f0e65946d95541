"""Signing in by OpenID Connect, against a provider that runs here."""

from __future__ import annotations

import time
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec

from cds_hooks.people.oidc import NotSignedIn, OpenIdConnect, Provider, SignedIn
from cds_hooks.people.roles import Role
from tests.people.provider import CLIENT, SECRET, running_provider

BACK = "https://cds.example.org/sign-in/return"
OURS = "the service's own secret, long enough"


@pytest.fixture
def provider():
    with running_provider() as running:
        running.claims = {"email": "ann@example.org", "ldn_role": "reviewer", "ldn_tenants": ["north"]}
        yield running


def sign_in_at(provider, secret=SECRET):
    return OpenIdConnect(Provider(provider.address, CLIENT, secret), BACK, OURS)


def come_back(sign_in, browser=requests) -> tuple[str, dict[str, str]]:
    """What a browser brings back after its user said yes: the cookie and the query."""
    address, cookie = sign_in.begin()
    location = browser.get(address, allow_redirects=False, timeout=5).headers["Location"]
    assert location.startswith(f"{BACK}?")
    return cookie, {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def test_whoever_the_provider_vouches_for_is_signed_in(provider):
    sign_in = sign_in_at(provider)
    assert sign_in.finish(*come_back(sign_in)) == SignedIn("ann@example.org", Role.REVIEWER, ("north",))


def test_the_cookie_of_an_attempt_can_be_finished_by_another_replica(provider):
    cookie, query = come_back(sign_in_at(provider))
    assert sign_in_at(provider).finish(cookie, query).who == "ann@example.org"


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"ldn_role": ["viewer", "approver", "something else"], "ldn_tenants": "*"}, (Role.APPROVER, ("*",))),
        ({"ldn_role": "admin", "ldn_tenants": ["a", "*"]}, (Role.ADMIN, ("*",))),
        ({"ldn_role": "viewer", "ldn_tenants": []}, (Role.VIEWER, ())),
    ],
)
def test_the_claims_tell_role_and_tenants(provider, claims, expected):
    provider.claims = claims
    sign_in = sign_in_at(provider)
    found = sign_in.finish(*come_back(sign_in))
    assert (found.role, found.tenants) == expected
    assert found.who == "subject-1"


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"ldn_tenants": ["north"]}, "the claim ldn_role names no role of the desk"),
        ({"ldn_role": "superuser", "ldn_tenants": ["north"]}, "the claim ldn_role names no role of the desk"),
        ({"ldn_role": "viewer"}, "the claim ldn_tenants names no tenants"),
        ({"ldn_role": "viewer", "ldn_tenants": [1]}, "the claim ldn_tenants names no tenants"),
    ],
)
def test_nobody_is_let_in_without_a_role_and_tenants(provider, claims, why):
    provider.claims = claims
    sign_in = sign_in_at(provider)
    with pytest.raises(NotSignedIn, match=why):
        sign_in.finish(*come_back(sign_in))


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda claims: claims.update(iss="https://another.example.org"), "InvalidIssuerError"),
        (lambda claims: claims.update(aud="another client"), "InvalidAudienceError"),
        (lambda claims: claims.update(exp=int(time.time()) - 61), "ExpiredSignatureError"),
        (lambda claims: claims.update(iat=int(time.time()) + 120), "ImmatureSignatureError"),
        (lambda claims: claims.update(nonce="of another attempt"), "of another attempt"),
        (lambda claims: claims.pop("nonce"), "MissingRequiredClaimError"),
        (lambda claims: claims.pop("exp"), "MissingRequiredClaimError"),
    ],
)
def test_an_id_token_that_is_not_for_this_attempt_is_refused(provider, spoil, why):
    provider.spoil = spoil
    sign_in = sign_in_at(provider)
    with pytest.raises(NotSignedIn, match=why):
        sign_in.finish(*come_back(sign_in))


def test_an_id_token_of_another_key_is_refused(provider):
    provider.signs_with = ec.generate_private_key(ec.SECP256R1())
    sign_in = sign_in_at(provider)
    with pytest.raises(NotSignedIn, match="InvalidSignatureError"):
        sign_in.finish(*come_back(sign_in))


def test_another_state_is_refused_and_nothing_is_fetched(provider):
    sign_in = sign_in_at(provider)
    cookie, query = come_back(sign_in)
    with pytest.raises(NotSignedIn, match="the state is not the one that was sent"):
        sign_in.finish(cookie, query | {"state": "forged"})
    assert not any(path.startswith("/keys") for path in provider.asked)


@pytest.mark.parametrize("cookie", ["", "forged", "WyJhIiwiYiIsImMiXQ.aaaaaa.bbbbbb"])
def test_a_cookie_that_is_not_ours_is_refused(provider, cookie):
    sign_in = sign_in_at(provider)
    _, query = come_back(sign_in)
    with pytest.raises(NotSignedIn, match="missing, too old or not ours"):
        sign_in.finish(cookie, query)


def test_a_code_is_good_once(provider):
    sign_in = sign_in_at(provider)
    cookie, query = come_back(sign_in)
    sign_in.finish(cookie, query)
    with pytest.raises(NotSignedIn, match="no token was given"):
        sign_in.finish(cookie, query)


def test_a_client_with_another_secret_is_given_no_token(provider):
    sign_in = sign_in_at(provider, secret="not the one")  # noqa: S106
    with pytest.raises(NotSignedIn, match="no token was given"):
        sign_in.finish(*come_back(sign_in))


def test_a_provider_that_does_not_answer_is_told(provider):
    sign_in = OpenIdConnect(Provider("http://127.0.0.1:9", CLIENT, SECRET), BACK, OURS)
    with pytest.raises(NotSignedIn, match="the provider does not answer"):
        sign_in.begin()
