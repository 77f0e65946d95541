"""Who comes in at the review desk, by which way, and who stays outside."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cds_hooks.people import failures
from cds_hooks.people.directory import LONGEST_SESSION, User
from cds_hooks.people.doors import COOKIE, PROXY_SECRET
from cds_hooks.people.failures import MOST_FAILURES, MOST_FROM_ONE_PLACE, WINDOW_SECONDS, Failures
from cds_hooks.people.roles import MAY, Permission, Role
from tests.people.conftest import ADDRESS, NOW, PASSWORD
from tests.people.provider import CLIENT, SECRET, running_provider

PROXY = "abcdefghijklmnopqrstuvwxyz012345"
ROUTES = {
    "/desk/dashboard": Permission.READ,
    "/desk/report": Permission.READ,
    "/desk/exports": Permission.EXPORT,
    "/desk/exports/cards.csv": Permission.EXPORT,
    "/desk/exports/cards.csv?identified=yes": Permission.EXPORT_IDENTIFIED,
}


@pytest.mark.parametrize("path", ROUTES)
def test_nobody_sees_a_page_without_signing_in(office, path):
    answer = office.page(path)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/sign-in?next=%2Fdesk%2F")


def test_signing_in_leads_to_where_one_wanted_to_go(office):
    answer = office.sign_in(next_="/desk/dashboard?days=7")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/desk/dashboard?days=7")
    assert office.page("/desk/dashboard").status_code == 200
    assert office.written.told() == [("ann", "sign-in", "done")]


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example", "//evil.example", "/desk\\@evil", "javascript:x", "/rules"]
)
def test_signing_in_never_leads_away(office, elsewhere):
    assert office.sign_in(next_=elsewhere).headers["Location"] == "/desk"


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(office):
    cookie = office.sign_in().headers["Set-Cookie"]
    for part in (f"{COOKIE}=", "HttpOnly", "Secure", "SameSite=Lax", "Path=/"):
        assert part in cookie


@pytest.mark.parametrize(("name", "password"), [("ann", "wrong password"), ("bob", PASSWORD)])
def test_a_wrong_name_and_a_wrong_password_are_told_alike(office, name, password):
    answer = office.sign_in(name, password)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 401
    assert "That name and password do not go together." in page
    assert password not in page
    assert office.written.told() == [("nobody", "sign-in", "refused")]


def test_too_many_tries_must_wait_even_with_the_right_password(office):
    for _ in range(MOST_FAILURES - 1):
        assert office.sign_in(password="wrong password").status_code == 401  # noqa: S106
    assert office.sign_in(password="wrong password").status_code == 401  # noqa: S106
    assert office.sign_in().status_code == 429


def test_who_fails_keeps_nobody_else_out_behind_the_same_proxy(office):
    """All of a hospital may come from one address."""
    office.doors.directory.add(User("bob", Role.VIEWER, ("t1",)), PASSWORD)
    for _ in range(MOST_FAILURES):
        office.sign_in("Bob", "wrong password")
    assert office.sign_in("bob").status_code == 429
    assert office.sign_in("ann").status_code == 303


@pytest.fixture
def few(monkeypatch) -> int:
    """How many failures a place is given here: to look at a password takes its time."""
    monkeypatch.setattr(failures, "MOST_FROM_ONE_PLACE", 3)
    return 3


def test_many_names_cannot_be_tried_out_from_one_place(office, few):
    for nth in range(few):
        assert office.sign_in(f"somebody-{nth}", "wrong password").status_code == 401
    assert office.sign_in("ann").status_code == 429


def test_where_a_proxy_says_somebody_comes_from_counts_only_from_a_proxy_of_ours(an_office, few):
    def fail_from(office, *places: str) -> list[int]:
        tried = [office.sign_in(f"{place}-{nth}", "wrong", **{"X-Forwarded-For": place})
                 for place in places for nth in range(few)]  # fmt: skip
        assert {answer.status_code for answer in tried[:few]} == {401}
        return [
            office.sign_in("x", "wrong", **{"X-Forwarded-For": place}).status_code for place in (*places, "192.0.2.99")
        ]

    assert fail_from(an_office(proxy_networks=("127.0.0.0/8",)), "192.0.2.1", "192.0.2.2") == [429, 429, 401]
    assert fail_from(an_office(), "192.0.2.1") == [429, 429], "anybody can write the header"


def test_a_right_password_and_five_minutes_make_good_what_was_wrong():
    wrong = Failures()
    for nth in range(MOST_FAILURES):
        wrong.add("ann", "192.0.2.1", float(nth))
    assert wrong.too_many("ANN", "192.0.2.2", 10.0)
    assert wrong.too_many("ann", "192.0.2.2", WINDOW_SECONDS)
    assert not wrong.too_many("ann", "192.0.2.2", WINDOW_SECONDS + 0.5)
    wrong.add("ann", "192.0.2.1", WINDOW_SECONDS + 0.5)
    assert wrong.too_many("ann", "192.0.2.1", WINDOW_SECONDS + 0.5)
    wrong.forget("Ann")
    assert not wrong.too_many("ann", "192.0.2.1", WINDOW_SECONDS + 0.5)


def test_names_that_are_made_up_by_the_thousand_make_nobody_forget_a_place():
    wrong = Failures()
    for _ in range(MOST_FROM_ONE_PLACE):
        wrong.add("ann", "192.0.2.1", 0.0)
    for nth in range(10_001):
        wrong.add(f"somebody-{nth}", "192.0.2.2", 1.0)
    assert wrong.too_many("bob", "192.0.2.1", 2.0)
    assert not wrong.too_many("ann", "192.0.2.3", 2.0), "bounded: the oldest names are forgotten"


def test_a_form_of_another_site_is_refused(office):
    assert office.sign_in(Origin="https://evil.example").status_code == 403
    assert office.send("/sign-in", {"name": "ann", "password": PASSWORD}).status_code == 403
    assert office.send("/sign-in", {"name": "ann", "password": PASSWORD, "csrf": "forged"}).status_code == 403


def test_a_session_that_is_over_is_asked_to_sign_in_again(office, monkeypatch):
    office.sign_in()
    object.__setattr__(office.doors.directory, "now", lambda: NOW + LONGEST_SESSION + timedelta(seconds=1))
    assert office.page("/desk/dashboard").status_code == 303


def test_signing_out_ends_the_session(office):
    office.sign_in()
    cookie = office.client.get_cookie(COOKIE, domain="cds.example.org")
    assert office.send("/sign-out", {"csrf": "forged"}).status_code == 403
    assert office.send("/sign-out", {"csrf": office.csrf()}).status_code == 303
    office.client.set_cookie(COOKIE, cookie.value, domain="cds.example.org")
    assert office.page("/desk/dashboard").status_code == 303


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("path", ROUTES)
def test_each_role_may_do_what_its_row_of_the_table_says(office, role, path):
    office.doors.directory.add(User("bob", role, ("t1",)), PASSWORD)
    office.sign_in("bob")
    answer = office.page(path)
    assert answer.status_code == (200 if ROUTES[path] in MAY[role] else 403)
    answer.get_data()
    if answer.status_code == 403:
        assert ("bob", "refused", "refused") in office.written.told()
        assert f"Your role, {role.value}, may not" in answer.get_data(as_text=True)


def test_in_the_demo_everybody_is_an_admin(an_office):
    office = an_office(profile="demo", public_url="")
    assert office.page("/desk/dashboard").status_code == 200
    assert "made-up patients only" in office.page("/desk/dashboard").get_data(as_text=True)


# --- a proxy that names people ---


@pytest.fixture
def behind_a_proxy(an_office):
    return an_office(person_header="X-Person", person_header_secret=PROXY, proxy_networks=("127.0.0.0/8",))


def by_proxy(told="ann;reviewer;t1", secret=PROXY):
    return {"headers": {"X-Person": told, PROXY_SECRET: secret}}


def test_whom_the_proxy_names_is_let_in(behind_a_proxy):
    assert behind_a_proxy.page("/desk/dashboard", **by_proxy()).status_code == 200


@pytest.mark.parametrize("secret", ["", "wrong", PROXY[:-1]])
def test_the_header_without_the_secret_is_not_believed(behind_a_proxy, secret):
    assert behind_a_proxy.page("/desk/dashboard", **by_proxy(secret=secret)).status_code == 401


def test_the_header_from_another_network_is_not_believed(behind_a_proxy):
    how = by_proxy() | {"environ_overrides": {"REMOTE_ADDR": "192.0.2.1"}}
    assert behind_a_proxy.page("/desk/dashboard", **how).status_code == 401


@pytest.mark.parametrize("told", ["ann", "ann;superuser;t1", ";reviewer;t1", " "])
def test_a_name_without_a_known_role_is_nobody(behind_a_proxy, told):
    assert behind_a_proxy.page("/desk/dashboard", **by_proxy(told)).status_code == 303


def test_the_header_means_nothing_where_none_is_set(office):
    assert office.page("/desk/dashboard", headers={"X-Person": "ann;admin;*"}).status_code == 303


# --- a provider ---


def test_whoever_a_provider_vouches_for_is_let_in(an_office):
    with running_provider() as provider:
        provider.claims = {"email": "eve@example.org", "ldn_role": "auditor", "ldn_tenants": ["t1"]}
        office = an_office(oidc_issuer=provider.address, oidc_client_id=CLIENT, oidc_client_secret=SECRET)
        assert "Sign in with your organisation" in office.page("/sign-in").get_data(as_text=True)
        away = office.page("/sign-in/provider?next=/desk/exports")
        assert away.headers["Location"].startswith(f"{provider.address}/authorize?")
        query = dict(pair.split("=", 1) for pair in away.headers["Location"].split("?")[1].split("&"))
        back = provider.authorize({name: _plain(value) for name, value in query.items()})
        answer = office.page(back.removeprefix(ADDRESS))
        assert answer.headers["Location"] == "/desk/exports"
        assert "eve@example.org · auditor" in office.page("/desk/dashboard").get_data(as_text=True)


def _plain(value: str) -> str:
    from urllib.parse import unquote_plus

    return unquote_plus(value)


def test_whoever_comes_back_from_a_provider_unasked_is_not_let_in(an_office):
    with running_provider() as provider:
        office = an_office(oidc_issuer=provider.address, oidc_client_id=CLIENT, oidc_client_secret=SECRET)
        answer = office.page("/sign-in/return?code=stolen&state=guessed")
        assert answer.status_code == 401
        assert "did not vouch for you" in answer.get_data(as_text=True)
        assert office.written.events[-1]["detail"] == {
            "why": "the cookie of the attempt is missing, too old or not ours"
        }
