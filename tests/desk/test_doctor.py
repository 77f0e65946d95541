"""The connection doctor: keys, a pasted token and a request are tried from the browser, and nothing of it is kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from cds_hooks.clients.record import read_record
from cds_hooks.clients.register import put_record
from cds_hooks.clients.signs import Signs, signs_of
from cds_hooks.databases import reading
from cds_hooks.people.roles import Role
from cds_hooks.tables import AUDIT, CALLS, CARDS, CLIENT_SIGNS, METADATA, REPLAYS
from tests.authorities import Authority, behind_tls
from tests.desk.rooms import NOW, keep_a_real_call, production, shown
from tests.jwt_clients import ISSUER, WebServer, a_web_server, as_jwk, claims, ec_key, token

SIGN = "/cds-services/ldn-order-sign"


@pytest.fixture
def key_server() -> Iterator[WebServer]:
    with a_web_server() as server:
        server.serves(as_jwk(ec_key(), "key-1"))
        yield server


@pytest.fixture
def office(a_room, key_server):
    """A desk where people sign in, with one client that is registered and has called."""
    room = a_room(**production())
    put_record(
        room.engine, read_record({"name": "north", "issuer": ISSUER, "jwks_url": f"{key_server.address}/jwks"}), NOW
    )
    room.history.call()
    room.sign_in("ada", Role.ADMIN)
    return room


def tried(room, what: str, status: int = 200, **form: str) -> str:
    told = {"csrf": room.hidden("/desk/clients/north", "/desk/clients/north/test")["csrf"], "what": what}
    answer = room.send("/desk/clients/north/test", **told, **form)
    assert answer.status_code == status, shown(answer)
    return shown(answer)


def everything_kept(room) -> str:
    """All that is in the database."""
    with reading(room.engine) as connection:
        return " ".join(repr(row) for table in METADATA.sorted_tables for row in connection.execute(sa.select(table)))


def test_the_key_set_is_fetched_now(office, key_server):
    assert "Keys: key-1 (ES384)." in tried(office, "keys")
    assert key_server.asked == ["/jwks"]
    tried(office, "keys")
    assert key_server.asked == ["/jwks", "/jwks"], "a second test does not rest on the first"


def test_keys_behind_a_sites_own_authority_are_fetched_as_the_service_fetches_them(a_room, key_server, tmp_path):
    authority = Authority(tmp_path)
    with behind_tls(key_server.address, authority.context()) as address:
        room = a_room(**production(), ca_file=str(authority.ca_file))
        record = {"name": "north", "issuer": ISSUER, "jwks_url": f"{address}/jwks"}
        put_record(room.engine, read_record(record), NOW)
        room.history.call()
        room.sign_in("ada", Role.ADMIN)
        assert "Keys: key-1 (ES384)." in tried(room, "keys")


def test_keys_that_cannot_be_had_are_told_with_the_reason(office, key_server):
    key_server.status = 503
    page = tried(office, "keys")
    assert ">wrong</span> Its keys cannot be used:" in page


def test_a_good_token_is_good_and_neither_kept_shown_nor_used_up(office):
    made = token(claims(SIGN, NOW.timestamp()))
    for pasted in (made, f"Bearer {made}", f"Bearer {made[:40]}\n {made[40:]}"):
        page = tried(office, "token", token=pasted, endpoint=SIGN)
        assert "The token is good at" in page
        for part in made.split("."):
            assert part not in page
    kept = everything_kept(office)
    for part in made.split("."):
        assert part not in kept
    with reading(office.engine) as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(REPLAYS)).scalar_one() == 0


@pytest.mark.parametrize(
    ("changes", "endpoint", "expected"),
    [
        ({"exp": NOW.timestamp() - 600, "iat": NOW.timestamp() - 900}, SIGN, "refused"),
        ({}, "/cds-services/ldn-patient-view", "Expected: https://cds.example.org/cds-services/ldn-patient-view."),
        ({"iss": "https://other.example.org"}, SIGN, f"Expected: {ISSUER}."),
    ],
)
def test_a_token_that_would_be_refused_is_told_with_the_reason(office, changes, endpoint, expected):
    made = token(claims(SIGN, NOW.timestamp(), **changes))
    page = tried(office, "token", token=made, endpoint=endpoint)
    assert "The token is refused at" in page
    assert expected in page


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"token": "  "}, "Paste a token first"),
        ({"token": "x" * 20_000}, "What was pasted is no token"),
        ({"token": "a.b.c"}, "The token is refused"),
        ({"token": "a.b.c", "endpoint": "/elsewhere"}, "Choose the address that the token is for."),
    ],
)
def test_what_is_no_token_is_told(office, form, expected):
    assert expected in tried(office, "token", **({"endpoint": SIGN} | form))


def test_a_made_up_request_is_dry_run_and_leaves_no_record(office):
    page = tried(office, "request", which="sample oxycodone_still_taken")
    assert "Answered by ldn-order-sign: 1 card." in page
    with reading(office.engine) as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(CARDS)).scalar_one() == 0
        assert connection.execute(sa.select(sa.func.count()).select_from(CALLS)).scalar_one() == 1


def test_a_request_that_was_kept_is_dry_run(office):
    keep_a_real_call(office, keeps_request=True)
    page = office.text("/desk/clients/north")
    assert "kept: order-sign, 24 Nov 2026, 11:45" in page
    call = next(one for one in page.split('<option value="') if one.startswith("call real-")).split('"')[0]
    assert "Answered by ldn-order-sign: " in tried(office, "request", which=call)


def test_a_kept_request_of_another_tenant_or_client_is_not_found(office):
    keep_a_real_call(office, keeps_request=True, tenant="t2")
    assert "kept: order-sign" not in office.text("/desk/clients/north")
    with reading(office.engine) as connection:
        call = connection.execute(sa.select(CALLS.c.id).where(CALLS.c.tenant == "t2")).scalar_one()
    assert "That request is no longer kept." in tried(office, "request", which=f"call {call}")


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({}, "Choose a request, or paste one."),
        ({"which": "sample nobody"}, "There is no such made-up patient."),
        ({"request": "{"}, "The request is refused (400)"),
        ({"request": '{"hook": "order-sign"}'}, "The request is refused (400)"),
        ({"request": json.dumps({"hook": "<script>alert(1)</script>"})}, "The request is refused (400)"),
    ],
)
def test_a_request_that_would_be_refused_is_told(office, form, expected):
    page = tried(office, "request", **form)
    assert expected in page
    assert "<script>alert" not in page


def test_a_very_large_request_is_a_clear_page(office):
    assert "The request is refused" in tried(office, "request", request="[" + "1," * 1_000_000 + "1]")
    form = {"csrf": office.hidden("/desk/clients/north", "/desk/clients/north/test")["csrf"], "what": "request"}
    answer = office.send("/desk/clients/north/test", **form, request="x" * 20_000_000)
    assert answer.status_code == 413
    assert "<h1>" in shown(answer)


def test_each_test_is_audited_without_what_was_pasted(office):
    tried(office, "token", token="a.canary.c", endpoint=SIGN)  # noqa: S106 - none at all
    tried(office, "keys")
    with reading(office.engine) as connection:
        asked = sa.select(AUDIT.c.about, AUDIT.c.detail_json).where(AUDIT.c.what == "client tested")
        told = [(about, json.loads(detail)) for about, detail in connection.execute(asked.order_by(AUDIT.c.number))]
    # Its address is not encrypted, as a test's cannot be: so the keys are there, and the record is not as it should be.
    assert told == [("north", {"what": what, "is_good": False}) for what in ("token", "keys")]
    assert "canary" not in everything_kept(office)


@pytest.mark.parametrize("role", list(Role))
def test_only_admins_test_and_a_form_without_its_token_changes_nothing(office, role):
    csrf = office.hidden("/desk/clients/north", "/desk/clients/north/test")["csrf"]
    assert office.send("/desk/clients/north/test", what="keys").status_code == 403
    assert office.send("/desk/clients/north/test", what="other", csrf=csrf).status_code == 422
    office.sign_in("bea", role)
    page = office.page("/desk/clients/north")
    assert page.status_code == (200 if role in (Role.ADMIN, Role.AUDITOR) else 403)
    assert ("/test" in shown(page)) is (role is Role.ADMIN)
    if role is not Role.ADMIN:
        assert office.send("/desk/clients/north/test", what="keys").status_code == 403


def test_a_client_of_another_tenant_or_that_nobody_registered_is_not_tested(office):
    office.history.call(client="south", tenant="t2")
    office.history.call(client="east")
    assert office.page("/desk/clients/south").status_code == 404
    assert "Only clients that are registered and switched on can be tested" in office.text("/desk/clients/east")
    csrf = office.hidden("/desk/clients/north", "/desk/clients/north/test")["csrf"]
    for name in ("south", "east", "nobody"):
        assert office.send(f"/desk/clients/{name}/test", csrf=csrf, what="keys").status_code == 404


def test_keys_are_told_with_their_age_and_forgotten_when_they_are_gone(office):
    for days_ago, kids in ((9, ["key-0", "key-1"]), (2, ["key-1", "key-2"]), (0, ["key-1", "key-2"])):
        moment = NOW - timedelta(days=days_ago)
        signs = Signs(office.engine, lambda moment=moment: moment)
        signs.note("north", "keys", {"kids": kids})
        signs.write()
    page = office.text("/desk/clients/north")
    assert "kids: key-1, first seen 9 days ago, key-2, first seen 2 days ago" in page
    assert "key-0" not in page
    assert [sign.kind for sign in signs_of(office.engine, "north")] == ["keys"]
    with reading(office.engine) as connection:
        kinds = connection.execute(sa.select(CLIENT_SIGNS.c.kind)).scalars().all()
    assert sorted(kinds) == ["key key-1", "key key-2", "keys"]
