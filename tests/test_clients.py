"""The register of clients: what a record must be, the command line, the sheet, and what ``test`` says is wrong."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cards import Kind
from cds_hooks import cli, house
from cds_hooks.clients.record import RecordError, read_record, unsafe_in_production
from cds_hooks.clients.register import Register, all_records, put_record, remove_record, seed
from cds_hooks.clients.signs import Signs, signs_of
from cds_hooks.databases import open_database, opened
from cds_hooks.key_sets import KeySets
from cds_hooks.migrating import upgrade
from cds_hooks.services import SERVICES
from cds_hooks.settings import TABLE, Settings, SettingsError, load_settings
from cds_hooks.trust import RegisteredCallers
from tests.charts import the_clinic
from tests.desks import SIGN, Desk, a_request
from tests.jwt_clients import ISSUER, PUBLIC_URL, WebServer, a_web_server, as_jwk, claims, ec_key, token

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MINIMAL = {"name": "north", "issuer": ISSUER, "jwks_url": "https://ehr.example.org/jwks"}


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("LDN_CONFIG", *(row.variable for row in TABLE)):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def key_server() -> Iterator[WebServer]:
    with a_web_server() as server:
        server.serves(as_jwk(ec_key(), "key-1"))
        yield server


def run(*arguments: str | Path, **environment: str) -> Result:
    return CliRunner().invoke(cli.main, [str(argument) for argument in arguments], env=environment)


def write(name: str, content: Any) -> Path:
    path = Path(name)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


# --- the record


def test_a_record_says_all_that_the_desk_needs() -> None:
    record = read_record(
        {
            **MINIMAL,
            "fhir_bases": ["https://fhir.example.org/r4/"],
            "search": "post",
            "missing_data": "412",
            "templates": {"surveys": ""},
            "dialect": {"most_cards": 2, "selection_behaviors": ["any"], "lists_not_kept": ["medication_dispenses"]},
        }
    )
    caller = record.caller
    assert (caller.name, caller.fhir_bases) == ("north", {"https://fhir.example.org/r4"})
    assert (caller.searches_by_post, caller.refuses_missing_data, caller.templates) == (True, True, {"surveys": ""})
    assert caller.dialect.most_cards == 2
    assert caller.dialect.selection_behaviors == {"any"}
    assert caller.dialect.lists_not_kept == {Kind.MEDICATION_DISPENSES}
    assert read_record(json.loads(record.as_json())) == record


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": "North!"}, "name Expected text of another form."),
        ({"issuer": ""}, "issuer Expected a string that is not empty."),
        ({"issuer": ...}, "issuer Required: string is missing."),
        ({"jwks_url": ...}, "jwks_url or keys is missing"),
        ({"jwks_url": "ftp://ehr.example.org"}, "jwks_url must be an address"),
        ({"jwks_url": "https://user:password@ehr.example.org/"}, "without name and password"),
        ({"keys": [as_jwk(ec_key(), "a")]}, "keep one"),
        ({"jwks_url": ..., "keys": [{"kty": "oct", "kid": "a", "k": "AA"}]}, "private half"),
        ({"jwk_url": "https://ehr.example.org"}, "there is no jwk_url in a record"),
        ({"fhir_bases": ["https://fhir.example.org/r4?x=1"]}, "fhir_bases must be an address"),
        ({"fhir_bases": ["https://fhir.example.org/a/../b"]}, "fhir_bases must be an address"),
        ({"templates": {"labs": "Observation"}}, "templates has a key that no service asks for"),
        ({"dialect": {"lists_not_kept": ["dispenses"]}}, "lists_not_kept must name kinds of data"),
        ({"proof": "certificate"}, "certificate is missing"),
        ({"algorithms": ["HS256"]}, "Expected ES384 or RS384"),
        ({"rate_limit": 0}, "rate_limit"),
        ({"replay": "no"}, "replay Expected boolean, got string."),
    ],
)
def test_a_record_that_cannot_be_used_is_refused_with_the_reason(changes: dict[str, Any], says: str) -> None:
    written = {name: value for name, value in (MINIMAL | changes).items() if value is not ...}
    with pytest.raises(RecordError) as caught:
        read_record(written)
    assert any(says in problem for problem in caught.value.problems), caught.value.problems


def test_everything_wrong_with_a_record_is_told_at_once() -> None:
    with pytest.raises(RecordError) as caught:
        read_record({"name": "n", "issuer": 1, "replay": "no", "colour": "red"})
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"issuer": "https://sandbox.cds-hooks.org"}, "the public sandbox"),
        ({"jwks_url": "https://sandbox.cds-hooks.org/.well-known/jwks.json"}, "the public sandbox"),
        ({"jwks_url": "http://ehr.example.org/jwks"}, "jwks_url is not encrypted"),
        ({"fhir_bases": ["http://fhir.example.org/r4"]}, "fhir_bases has http://fhir.example.org/r4"),
    ],
)
def test_what_is_unsafe_is_not_served_in_production(tmp_path: Path, changes: dict[str, Any], says: str) -> None:
    (problem,) = unsafe_in_production(read_record(MINIMAL | changes))
    assert says in problem
    engine = open_database(f"sqlite:///{tmp_path / 'ldn.sqlite3'}")
    upgrade(engine)
    put_record(engine, read_record(MINIMAL | changes), NOW)
    with pytest.raises(RecordError, match="production: client north"):
        Register(engine)
    engine.dispose()


# --- the register, on both databases


def test_the_register_keeps_finds_replaces_and_removes(database: str) -> None:
    engine = open_database(database)
    upgrade(engine)
    record = read_record(MINIMAL)
    put_record(engine, record, NOW)
    assert all_records(engine) == [record]
    with pytest.raises(RecordError, match="registered already"):
        put_record(engine, record, NOW)
    with pytest.raises(RecordError, match="its issuer is that of client north"):
        put_record(engine, read_record(MINIMAL | {"name": "south"}), NOW)
    slower = read_record(MINIMAL | {"rate_limit": 1})
    put_record(engine, slower, NOW, replaces=True)
    assert all_records(engine) == [slower]
    assert remove_record(engine, "north")
    assert not remove_record(engine, "north")
    engine.dispose()


def test_the_settings_file_wins_over_the_register(database: str) -> None:
    engine = open_database(database)
    upgrade(engine)
    put_record(engine, read_record(MINIMAL | {"rate_limit": 1}), NOW)
    for _ in range(2):
        seed(engine, [MINIMAL, MINIMAL | {"name": "south", "issuer": "urn:south"}], NOW)
    assert [(record.name, record.rate_limit) for record in all_records(engine)] == [("north", 50.0), ("south", 50.0)]
    with pytest.raises(RecordError, match=r"\[\[clients\]\] 1"):
        seed(engine, [{"issuer": "x"}], NOW)
    engine.dispose()


def test_signs_of_two_replicas_meet_in_one_row(database: str) -> None:
    engine = open_database(database)
    upgrade(engine)
    one, other = Signs(engine, lambda: NOW), Signs(engine, lambda: NOW)
    for signs, endpoint in ((one, "/a"), (other, "/b"), (one, "/c")):
        signs.note("north", "call", {"endpoint": endpoint})
        signs.write()
    assert [sign.detail for sign in signs_of(engine, "north")] == [{"endpoint": "/c"}]
    engine.dispose()


def test_a_register_goes_on_with_what_it_knows_while_the_database_is_away(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'ldn.sqlite3'}")
    upgrade(engine)
    put_record(engine, read_record(MINIMAL), NOW)
    warnings: list[str] = []
    at = [0.0]
    register = Register(engine, clock=lambda: at[0], warn=warnings.append)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE client RENAME TO gone")
    at[0] = 60
    assert register.of_issuer(ISSUER) is not None
    assert len(warnings) == 1
    assert register.of_issuer(ISSUER) is not None
    assert len(warnings) == 1
    engine.dispose()


def test_a_client_that_is_registered_later_is_counted_by_its_name(tmp_path: Path) -> None:
    """Whoever watches the first calls of a new site looks for its name, and restarts nothing for it."""
    with opened(f"sqlite:///{tmp_path / 'ldn.sqlite3'}") as engine:
        upgrade(engine)
        at = [0.0]
        register = Register(engine, clock=lambda: at[0])
        callers = RegisteredCallers(register, KeySets(), Signs(engine, lambda: NOW), PUBLIC_URL)
        desk = Desk(callers=callers)
        metrics = desk.app.extensions["ldn-cds"].metrics
        house._let_know_clients(metrics, callers)
        put_record(engine, read_record({"name": "north", "issuer": ISSUER, "keys": [as_jwk(ec_key(), "key-1")]}), NOW)

        def calls() -> str:
            bearer = {"Authorization": f"Bearer {token(claims(SIGN))}"}
            assert desk.sign(a_request(), headers=bearer).status_code == 200
            return metrics.text().decode()

        at[0] = 3.1
        assert 'ldn_requests_total{client="north",outcome="no_cards",service="ldn-order-sign"} 1.0' in calls()
        remove_record(engine, "north")
        for nth in range(200):
            issuer = {"name": f"site-{nth:03}", "issuer": f"https://{nth}.example.org", "keys": [as_jwk(ec_key(), "k")]}
            put_record(engine, read_record(issuer), NOW)
        put_record(engine, read_record({"name": "north", "issuer": ISSUER, "keys": [as_jwk(ec_key(), "key-1")]}), NOW)
        at[0] = 6.3
        assert 'ldn_requests_total{client="north",outcome="no_cards",service="ldn-order-sign"} 2.0' in calls()
        assert len(metrics._clients) == metrics._most_clients < 200


# --- settings and start


def test_clients_may_stand_in_the_settings_file() -> None:
    write("ldn.toml", '[[clients]]\nname = "north"\nissuer = "x"\nrate_limit = 2.5\n')
    (written,) = load_settings({}).clients
    assert written["name"] == "north"
    write("ldn.toml", "clients = 3\n")
    with pytest.raises(SettingsError, match="clients"):
        load_settings({})


def test_a_service_does_not_start_with_a_client_it_could_not_serve() -> None:
    write("ldn.toml", '[[clients]]\nname = "north"\nissuer = "x"\n')
    assert run("db", "upgrade").exit_code == 0
    result = run("serve", LDN_PROFILE="production", LDN_PUBLIC_URL=PUBLIC_URL, LDN_SECRET=SECRET)
    assert result.exit_code == 2
    assert "[[clients]] 1 north: jwks_url or keys is missing" in result.output


def test_production_starts_on_no_tables_but_those_of_this_version() -> None:
    result = run("serve", LDN_PROFILE="production", LDN_PUBLIC_URL=PUBLIC_URL, LDN_SECRET=SECRET)
    assert result.exit_code == 2
    assert "Run: ldn-cds db upgrade" in result.output


SECRET = "0123456789abcdef0123456789abcdef"  # noqa: S105 - made up


def test_production_knows_the_registered_clients_and_the_demo_everybody() -> None:
    settings = Settings(profile="production", public_url=PUBLIC_URL, secret=SECRET, clients=(MINIMAL,))
    with opened(settings.database) as engine:
        upgrade(engine)
    callers = house.open_callers(settings)
    assert callers.register.of_issuer(ISSUER).name == "north"  # type: ignore[attr-defined]
    assert house.open_callers(Settings()).identify({}, "/cds-services").caller.name == "anybody"


def test_a_certificate_header_is_unsafe_without_the_networks_of_the_proxy() -> None:
    with pytest.raises(SettingsError, match="Name the networks"):
        load_settings({"LDN_PROFILE": "production", "LDN_PUBLIC_URL": PUBLIC_URL, "LDN_SECRET": SECRET}
                      | {"LDN_CERTIFICATE_HEADER": "X-Client-Cert"})  # fmt: skip
    with pytest.raises(SettingsError, match="networks such as"):
        load_settings({"LDN_PROXY_NETWORKS": "10.1.2.3/24"})
    assert load_settings({"LDN_PROXY_NETWORKS": "10.1.2.0/24, ::1"}).proxy_networks == ("10.1.2.0/24", "::1/128")


# --- the command line


def test_a_client_is_added_listed_shown_and_removed() -> None:
    file = write("north.toml", 'name = "north"\nissuer = "https://ehr.example.org"\nrate_limit = 2.5\n')
    added = run("clients", "add", file, "--jwks-url", MINIMAL["jwks_url"], "--tenant", "east", "--tenant", "west")
    assert added.exit_code == 0, added.output
    assert "Next: ldn-cds clients test north" in added.output
    assert "north  https://ehr.example.org  last call never" in run("clients", "list").output
    shown = json.loads(run("clients", "show", "north").output)
    assert shown["tenants"] == ["east", "west"]
    assert shown["rate_limit"] == 2.5
    again = run("clients", "add", file, "--jwks-url", MINIMAL["jwks_url"])
    assert again.exit_code == 1
    assert "Replace it with --replace." in again.output
    assert run("clients", "add", file, "--jwks-url", MINIMAL["jwks_url"], "--replace").exit_code == 0
    assert run("clients", "remove", "north").output == "Removed: north.\n"
    assert run("clients", "remove", "north").exit_code == 1
    assert "There is no client north." in run("clients", "show", "north").output
    assert "No client is registered." in run("clients", "list").output


def test_what_was_last_seen_is_shown_with_the_record() -> None:
    run("clients", "add", "--name", "north", "--issuer", ISSUER, "--jwks-url", MINIMAL["jwks_url"])
    engine = open_database("sqlite:///ldn.sqlite3")
    signs = Signs(engine, lambda: NOW)
    signs.note("north", "refusal", {"why": "the audience (aud) is not the address of this endpoint"})
    signs.note("north", "prefetch", {"service": "ldn-order-sign", "keys": ["patient", "labs"]})
    signs.write()
    engine.dispose()
    shown = run("clients", "show", "north").output
    assert "last refusal 2026-11-24T12:00:00: why the audience (aud) is not the address of this endpoint" in shown
    assert "keys patient, labs" in shown
    assert "last refusal 2026-11-24T12:00:00" in run("clients", "list").output


@pytest.mark.parametrize(
    ("content", "says"), [("name = ", "is no TOML"), ("x" * 5, "is no TOML"), ("name = 1\n", "Expected string")]
)
def test_a_file_that_holds_no_record_is_refused(content: str, says: str) -> None:
    result = run("clients", "add", write("bad.toml", content))
    assert result.exit_code != 0
    assert says in result.output


def test_production_registers_nothing_unsafe() -> None:
    environment = {"LDN_PROFILE": "production", "LDN_PUBLIC_URL": PUBLIC_URL, "LDN_SECRET": SECRET}
    result = run(
        "clients", "add", "--name", "n", "--issuer", "i", "--jwks-url", "http://ehr.example.org", **environment
    )
    assert result.exit_code == 1
    assert "jwks_url is not encrypted" in result.output


def _registered(key_server: WebServer, *more: str) -> None:
    added = run(
        "clients", "add", "--name", "north", "--issuer", ISSUER, "--jwks-url", f"{key_server.address}/jwks", *more
    )
    assert added.exit_code == 0, added.output


def test_a_good_connection_is_said_to_be_good(key_server: WebServer) -> None:
    _registered(key_server, "--fhir-base", "https://fhir.example.org/r4")
    token_file = write("token.txt", token(claims("/cds-services/ldn-order-sign", time.time() - 5)) + "\n")
    request = write("request.json", a_request(prefetch=dict.fromkeys(SERVICES[0].keys)))
    result = run(
        "clients", "test", "north", "--token-file", token_file, "--request", request, LDN_PUBLIC_URL=PUBLIC_URL
    )
    assert result.exit_code == 0, result.output
    assert "good   Keys: key-1 (ES384)." in result.output
    assert "good   The token is good at /cds-services/ldn-order-sign (issued " in result.output
    assert "tenant north" in result.output
    assert "good   Answered by ldn-order-sign: " in result.output


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (lambda: token(claims("/cds-services")), f"Expected: {PUBLIC_URL}/cds-services/ldn-order-sign."),
        (lambda: token(claims("/cds-services/ldn-order-sign", iss="https://other")), f"Expected: {ISSUER}."),
        (lambda: token(claims("/cds-services/ldn-order-sign", time.time() - 9_000)), "has expired"),
        (lambda: token(claims("/cds-services/ldn-order-sign"), ec_key(1)), "the signature is not of that key"),
        (lambda: "null", "is not Bearer and a signed token"),
    ],
)
def test_what_is_wrong_with_a_token_is_said_in_words(key_server: WebServer, made: Any, says: str) -> None:
    _registered(key_server)
    file = write("token.txt", made())
    result = run("clients", "test", "north", "--token-file", file, LDN_PUBLIC_URL=PUBLIC_URL)
    assert result.exit_code == 1
    assert "wrong  The token is refused at /cds-services/ldn-order-sign: " in result.output
    assert says in result.output


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (404, b"", "its address answered with status 404"),
        (302, b"", "its address answered with status 302"),
        (200, b"<html>", "its address does not answer with JSON"),
        (200, b"{}", "there is no list of keys in it"),
        (200, b'{"keys": []}', "it is empty"),
    ],
)
def test_what_is_wrong_with_a_key_set_is_said_in_words(
    key_server: WebServer, status: int, body: bytes, says: str
) -> None:
    _registered(key_server)
    key_server.status, key_server.body = status, body
    result = run("clients", "test", "north", LDN_PUBLIC_URL=PUBLIC_URL)
    assert result.exit_code == 1
    assert f"wrong  Its keys cannot be used: {says}." in result.output


def test_what_is_wrong_with_a_request_is_said_in_words(key_server: WebServer) -> None:
    _registered(key_server)
    request = write("request.json", a_request(prefetch={"patient": None}))
    result = run("clients", "test", "north", "--request", request, LDN_PUBLIC_URL=PUBLIC_URL)
    assert result.exit_code == 1
    assert "Its fhirServer is not among the registered fhir_bases" in result.output
    assert "Not sent along: medicationRequests, " in result.output
    bad = run(
        "clients", "test", "north", "--request", write("bad.json", {"hook": "order-sign"}), LDN_PUBLIC_URL=PUBLIC_URL
    )
    assert "wrong  The request is refused (400): context Required: object is missing." in bad.output


# --- the sheet


def test_the_sheet_says_what_discovery_says(monkeypatch: pytest.MonkeyPatch, key_server: WebServer) -> None:
    monkeypatch.setattr(house, "open_clinic", lambda settings: the_clinic())
    file = write("north.json", {"templates": {"surveys": ""}, "allowed_links": [f"{PUBLIC_URL}/rules"]})
    _registered(key_server, str(file))
    text = run("clients", "sheet", "north", LDN_PUBLIC_URL=PUBLIC_URL).output
    page = run("clients", "sheet", "north", "--html", LDN_PUBLIC_URL=PUBLIC_URL).output
    for service in SERVICES:
        told = service.as_discovered(read_record({**MINIMAL, "templates": {"surveys": ""}}).caller)
        for expected in (f"{PUBLIC_URL}/cds-services/{service.id}/feedback", *told["prefetch"].values()):
            assert expected in text
            assert expected.replace("&", "&amp;") in page
    assert "category=survey" not in text
    assert "patient/MedicationRequest.read" in text
    assert f"{PUBLIC_URL}/plans  (not all of them allowed: the others are left off the cards)" in text
    assert f"{PUBLIC_URL}/rules\n" in text
    for reason in the_clinic().common_reasons:
        assert reason.code in text
        assert reason.code in page
    assert "<script" not in page


def test_a_sheet_can_be_had_before_a_client_is_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house, "open_clinic", lambda settings: the_clinic())
    text = run("clients", "sheet", LDN_PUBLIC_URL=PUBLIC_URL).output
    assert text.startswith("Registration sheet: ldn-cds\n")
    assert f"{PUBLIC_URL}/cds-services/ldn-patient-view" in text


def test_a_database_of_another_version_is_refused() -> None:
    engine = open_database("sqlite:///ldn.sqlite3")
    upgrade(engine, "0001")
    engine.dispose()
    result = run("clients", "list")
    assert result.exit_code == 1
    assert "Run: ldn-cds db upgrade" in result.output
