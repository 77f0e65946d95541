"""The authority of a site: named once, it is believed in every call that leaves us, and nothing else is relaxed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cards import UnknownCodes
from cds_hooks.callers import Caller, Everybody
from cds_hooks.certificates import a_session
from cds_hooks.clients.examination import examine_keys
from cds_hooks.clients.record import read_record
from cds_hooks.fhir_access import FhirAccess
from cds_hooks.key_sets import KeyProblem, KeySets, Source, fetch_keys
from cds_hooks.people.oidc import NotSignedIn, OpenIdConnect, Provider
from cds_hooks.settings import SettingsError, load_settings
from cds_hooks.terminology.server import TerminologyServer
from tests.authorities import Authority, behind_tls
from tests.charts import the_clinic
from tests.desks import Desk
from tests.fhir_servers import a_fhir_server
from tests.jwt_clients import a_web_server, as_jwk, ec_key
from tests.people.provider import CLIENT, SECRET, running_provider
from tests.people.test_oidc import BACK, OURS, come_back
from tests.test_fhir_access import NOT_CHECKED, OXYCODONE, asking, findings
from tests.test_terminology_server import Server as CodeServer

ES384 = frozenset({"ES384"})


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def key_server(authority: Authority) -> Iterator[str]:
    with a_web_server() as plain:
        plain.serves(as_jwk(ec_key(), "key-1"))
        with behind_tls(plain.address, authority.context()) as address:
            yield address


# --- every call that leaves us


def test_keys_are_fetched_from_a_server_of_the_authority(authority: Authority, key_server: str) -> None:
    source = Source("north", key_server, "[]", ES384)
    with_it = KeySets(session=a_session(str(authority.ca_file)))
    assert with_it.find(source, "key-1", "ES384") is not None
    told: list[Any] = []
    without = KeySets(session=a_session(), told=lambda client, detail: told.append((client, detail)))
    assert without.find(source, "key-1", "ES384") is None
    ((client, detail),) = told
    assert client == "north"
    assert detail["error"] == (
        "The key set cannot be used: the certificate of its address is not believed; name the authority that signed "
        "it in ca_file."
    )


def test_the_connection_doctor_looks_with_the_same_eyes(authority: Authority, key_server: str) -> None:
    record = read_record({"name": "north", "issuer": "https://ehr.example.org", "jwks_url": key_server})
    assert examine_keys(record, str(authority.ca_file)).is_good
    found = examine_keys(record, "")
    assert not found.is_good
    assert "ca_file" in found.says


def test_charts_are_read_from_a_server_of_the_authority(authority: Authority) -> None:
    with a_fhir_server() as plain, behind_tls(plain.base, authority.context()) as base:
        plain.holds["MedicationRequest"] = [OXYCODONE]
        for ca_file, expected in ((str(authority.ca_file), "ldn-order-active-opioid"), ("", NOT_CHECKED)):
            charts = FhirAccess(needs_encryption=True, ca_file=ca_file)
            desk = Desk(the_clinic(), callers=Everybody(Caller("north", fhir_bases=frozenset({base}))), charts=charts)
            assert expected in findings(desk.sign(asking(base)))
            charts.close()
        assert any("SSLError" in told for told in desk.log[-1]["unread"])


def test_codes_are_asked_of_a_server_of_the_authority(authority: Authority) -> None:
    plain = CodeServer()
    code = ("RxNorm", "9100002")
    with behind_tls(plain.base, authority.context()) as base:
        for ca_file, expected in ((str(authority.ca_file), {code}), ("", set())):
            server = TerminologyServer(base, 2.0, the_clinic().condition_roots, ca_file=ca_file)
            server.ask(UnknownCodes(medicines=(code,)))
            assert set(server.known()) == expected
            server.close()
    plain.stop()


def test_people_sign_in_at_a_provider_of_the_authority(authority: Authority) -> None:
    with running_provider() as provider, behind_tls(provider.address, authority.context()) as address:
        provider.address = address
        provider.claims = {"email": "ann@example.org", "ldn_role": "reviewer", "ldn_tenants": ["north"]}
        told = Provider(address, CLIENT, SECRET)
        sign_in = OpenIdConnect(told, BACK, OURS, str(authority.ca_file))
        assert sign_in.finish(*come_back(sign_in, a_session(str(authority.ca_file)))).who == "ann@example.org"
        with pytest.raises(NotSignedIn, match="does not answer \\(SSLError\\)"):
            OpenIdConnect(told, BACK, OURS).begin()


# --- nothing is relaxed


def test_a_certificate_for_another_address_is_not_believed(authority: Authority) -> None:
    with a_web_server() as plain, behind_tls(plain.address, authority.context("127.0.0.9")) as address:
        with pytest.raises(KeyProblem, match="is not believed"):
            fetch_keys(a_session(str(authority.ca_file)), address, ES384)
        assert plain.asked == []


def test_a_certificate_that_is_over_is_not_believed(authority: Authority) -> None:
    with a_web_server() as plain, behind_tls(plain.address, authority.context(ended=True)) as address:
        with pytest.raises(KeyProblem, match="is not believed"):
            fetch_keys(a_session(str(authority.ca_file)), address, ES384)
        assert plain.asked == []


def test_another_authority_is_not_believed(authority: Authority, key_server: str, tmp_path: Path) -> None:
    (tmp_path / "another").mkdir()
    with pytest.raises(KeyProblem, match="is not believed"):
        fetch_keys(a_session(str(Authority(tmp_path / "another").ca_file)), key_server, ES384)


def test_what_is_set_around_us_counts_for_nothing(
    authority: Authority, key_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``requests`` would take authorities and proxies from the environment."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(authority.ca_file))
    with pytest.raises(KeyProblem, match="is not believed"):
        fetch_keys(a_session(), key_server, ES384)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert fetch_keys(a_session(str(authority.ca_file)), key_server, ES384)


# --- the setting


def test_a_file_of_certificates_is_taken(authority: Authority) -> None:
    assert load_settings({"LDN_CA_FILE": str(authority.ca_file)}).ca_file == str(authority.ca_file)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot be read (No such file or directory)."),
        (b"", "holds no certificates that can be read. Write them as PEM, from -----BEGIN CERTIFICATE----- on."),
        (b"\x30\x82\x01\x0a", "holds no certificates that can be read."),
        (b"-----BEGIN CERTIFICATE-----\nbWFkZSB1cA==\n-----END CERTIFICATE-----\n", "holds no certificates"),
        (b"-----BEGIN PRIVATE KEY-----\nbWFkZSB1cA==\n-----END PRIVATE KEY-----\n", "holds no certificates"),
    ],
    ids=["missing", "empty", "not PEM", "no certificate in it", "a key"],
)
def test_a_file_that_is_none_is_told_at_the_start(content: bytes | None, says: str, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        load_settings({"LDN_CA_FILE": str(file)})
    (problem,) = caught.value.problems
    assert problem.startswith(f"environment: ca_file {file} {says}")


def test_a_bad_certificate_after_a_good_one_is_told(authority: Authority, tmp_path: Path) -> None:
    file = tmp_path / "two.pem"
    file.write_bytes(
        authority.ca_file.read_bytes() + b"-----BEGIN CERTIFICATE-----\nbWFkZSB1cA==\n-----END CERTIFICATE-----\n"
    )
    with pytest.raises(SettingsError, match="holds no certificates that can be read"):
        load_settings({"LDN_CA_FILE": str(file)})
