"""Reading what was not sent: from the registered server alone, all at once, in time, and never an all-clear by mistake."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from cds_hooks.application import warm_up
from cds_hooks.callers import Caller, Everybody
from cds_hooks.fhir_access import FhirAccess
from cds_hooks.prefetch import TEMPLATES
from cds_hooks.settings import Settings
from cds_hooks.store import AnsweredCall, MemoryStore
from cds_hooks.terminology.asking import AskingClinic
from cds_hooks.terminology.server import TerminologyServer
from tests.charts import the_clinic
from tests.desks import Desk, FakeClinic, a_call, a_draft, a_request
from tests.fhir_servers import TOKEN, FhirServer, a_fhir_server
from tests.jwt_clients import WebServer, a_web_server
from tests.test_terminology_server import Server as CodeServer

OXYCODONE = {
    "resourceType": "MedicationRequest",
    "id": "oxy",
    "status": "active",
    "intent": "order",
    "subject": {"reference": "Patient/made-up"},
    "medicationCodeableConcept": {"text": "oxycodone 5 mg tablet"},
    "authoredOn": "2024-05-01",
}
EMPTY = {"resourceType": "Bundle", "type": "searchset"}
AN_ADULT = {"resourceType": "Patient", "id": "made-up", "birthDate": "1980-01-01"}
DEADLINE_MS = 1_500
SLACK_MS = 200
"""For a machine that does something else at that moment; who waited for the servers would take 2,000."""


@pytest.fixture
def server() -> Iterator[FhirServer]:
    with a_fhir_server() as server:
        yield server


@pytest.fixture
def charts() -> Iterator[FhirAccess]:
    charts = FhirAccess(needs_encryption=False)
    yield charts
    charts.close()


def a_desk(charts: FhirAccess, *bases: str, store: MemoryStore | None = None, **caller: Any) -> Desk:
    told = Caller("north", fhir_bases=frozenset(bases), **caller)
    return Desk(
        the_clinic(),
        Settings(read_deadline_ms=DEADLINE_MS),
        callers=Everybody(told),
        charts=charts,
        store=store or MemoryStore(),
    )


def asking(server: str, *drafts: Any, **changes: Any) -> Any:
    """An order-sign call without prefetch, with leave to read from a server."""
    leave = {
        "access_token": TOKEN,
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "patient/*.read",
        "subject": "x",
    }
    return a_request(*drafts, fhirServer=server, **{"fhirAuthorization": leave, **changes})


def findings(response: Any) -> set[str]:
    """The rules that speak in an answer."""
    assert response.status_code == 200, response.text
    cards = response.json["cards"]
    return {one["rule"] for card in cards for one in card["extension"]["ldn-cds.findings"]}


NOT_CHECKED = "ldn-med-list-unreadable"


# --- what is read


def test_an_opioid_that_was_not_sent_is_read_and_warned_about(server: FhirServer, charts: FhirAccess) -> None:
    server.holds["MedicationRequest"] = [OXYCODONE]
    desk = a_desk(charts, server.base)
    response = desk.sign(asking(server.base))
    assert "ldn-order-active-opioid" in findings(response)
    assert NOT_CHECKED not in findings(response)
    assert {one.authorization for one in server.asked} == {f"Bearer {TOKEN}"}
    assert desk.log[-1]["fetched"] == len(server.asked)
    assert [one.path for one in server.asked if "MedicationRequest" in one.path] == [
        "/fhir/MedicationRequest?patient=made-up&_sort=-authoredon&_count=200"
    ]


def test_what_was_sent_is_not_asked_for_again(server: FhirServer, charts: FhirAccess) -> None:
    """Decided per key (a client that sends some keys has been taken for one that sends all); ``null`` is an answer."""
    bundle = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": OXYCODONE}]}
    desk = a_desk(charts, server.base)
    response = desk.sign(
        asking(server.base, prefetch={"medicationRequests": bundle, "conditions": None, "patient": EMPTY})
    )
    assert "ldn-order-active-opioid" in findings(response)
    read = {urlsplit(one.path).path.split("/")[2] for one in server.asked}
    assert "MedicationDispense" in read
    assert not read & {"MedicationRequest", "Condition", "Patient", "Encounter"}


@pytest.mark.parametrize("drug", ["amoxicillin 500 mg capsule", "lisinopril 10 mg tablet"])
def test_for_an_order_that_is_none_of_our_business_nobodys_chart_is_read(
    server: FhirServer, charts: FhirAccess, drug: str
) -> None:
    draft = a_draft(medicationCodeableConcept={"text": drug})
    assert findings(a_desk(charts, server.base).sign(asking(server.base, draft))) == set()
    assert server.asked == []


def test_for_an_opioid_order_the_medication_lists_alone_are_read(server: FhirServer, charts: FhirAccess) -> None:
    draft = a_draft(medicationCodeableConcept={"text": "oxycodone 5 mg tablet"})
    a_desk(charts, server.base).sign(asking(server.base, draft))
    read = sorted(urlsplit(one.path).path.split("/")[2] for one in server.asked)
    assert read == ["MedicationAdministration", "MedicationDispense", "MedicationRequest", "MedicationStatement"]


def test_when_a_chart_is_opened_the_rest_is_read_only_for_whom_it_matters(
    server: FhirServer, charts: FhirAccess
) -> None:
    desk = a_desk(charts, server.base)
    body = a_call("patient-view", **{name: asking(server.base)[name] for name in ("fhirServer", "fhirAuthorization")})
    assert desk.post("/cds-services/ldn-patient-view", body).status_code == 200
    assert len(server.asked) == 4
    server.holds["MedicationRequest"] = [a_draft(status="active", authoredOn="2024-04-20"), OXYCODONE]
    assert "ldn-opioid-overlap-on-chart" in findings(desk.post("/cds-services/ldn-patient-view", body))
    assert len(server.asked) > 8


def test_an_empty_server_says_that_there_is_none(server: FhirServer, charts: FhirAccess) -> None:
    server.holds["Patient"] = [{"resourceType": "Patient", "id": "made-up", "birthDate": "1980"}]
    assert NOT_CHECKED not in findings(a_desk(charts, server.base).sign(asking(server.base)))


def test_a_server_may_be_searched_by_post(server: FhirServer, charts: FhirAccess) -> None:
    server.holds["MedicationRequest"] = [OXYCODONE]
    desk = a_desk(charts, server.base, searches_by_post=True)
    assert "ldn-order-active-opioid" in findings(desk.sign(asking(server.base)))
    posted = {one.path: one.body for one in server.asked if one.method == "POST"}
    assert posted["/fhir/MedicationRequest/_search"] == "patient=made-up&_sort=-authoredon&_count=200"
    assert [one.path for one in server.asked if one.method == "GET"] == ["/fhir/Patient/made-up"]


def test_a_clients_own_templates_are_filled(server: FhirServer, charts: FhirAccess) -> None:
    own = {"medicationRequests": "MedicationRequest?patient={{context.patientId}}&authoredon=ge{{today() - 400 days}}"}
    a_desk(charts, server.base, templates={**own, "surveys": ""}).sign(asking(server.base))
    paths = [one.path for one in server.asked]
    assert "/fhir/MedicationRequest?patient=made-up&authoredon=ge2023-04-02" in paths
    assert not any("category=survey" in path for path in paths)


def test_pages_are_followed_below_the_base(server: FhirServer, charts: FhirAccess) -> None:
    server.next_link, server.linked = f"{server.base}?_getpages=2", "MedicationRequest"
    server.holds["/fhir?_getpages=2"] = [{**EMPTY, "entry": [{"resource": OXYCODONE}]}]
    spoke = findings(a_desk(charts, server.base).sign(asking(server.base)))
    assert "ldn-order-active-opioid" in spoke
    assert NOT_CHECKED not in spoke


def test_a_list_whose_beginning_was_sent_is_read_to_its_end(server: FhirServer, charts: FhirAccess) -> None:
    server.holds["/fhir/MedicationRequest?page=2"] = [{**EMPTY, "entry": [{"resource": OXYCODONE}]}]
    link = [{"relation": "next", "url": f"{server.base}/MedicationRequest?page=2"}]
    desk = a_desk(charts, server.base)
    assert "ldn-order-active-opioid" in findings(
        desk.sign(asking(server.base, prefetch={"medicationRequests": {**EMPTY, "link": link}}))
    )


def test_pages_without_end_make_a_list_that_is_not_whole(server: FhirServer, charts: FhirAccess) -> None:
    server.next_link = f"{server.base}/MedicationRequest?again"
    desk = a_desk(charts, server.base)
    assert NOT_CHECKED in findings(desk.sign(asking(server.base)))
    assert "medicationRequests: more pages than are read" in desk.log[-1]["unread"]


def test_what_is_missing_is_read_all_at_once(server: FhirServer, charts: FhirAccess) -> None:
    desk = a_desk(charts, server.base)
    server.waits = 0.25  # so that each is still being answered when the last one comes
    desk.sign(asking(server.base))
    assert server.most_at_once >= 10


def test_no_cookie_of_one_call_is_in_another(server: FhirServer, charts: FhirAccess) -> None:
    desk = a_desk(charts, server.base)
    desk.sign(asking(server.base))
    desk.sign(asking(server.base))
    assert {one.cookie for one in server.asked} == {""}


# --- what goes wrong

FAULTS = (
    *("401", "403", "404", "429", "500", "503", "html", "slow", "half-closed", "cut off", "hangs up", "no HTTP"),
    *("drips", "too much", "outcome", "redirect", "204"),
)


def _answered_in_time(server: FhirServer, charts: FhirAccess, fault: str) -> None:
    server.fault = fault
    desk = a_desk(charts, server.base)
    assert warm_up(desk.app)  # as every process is before it listens; libraries load once, and not on a call's time
    started = time.perf_counter()
    response = desk.sign(asking(server.base))
    took = time.perf_counter() - started
    assert took * 1000 < DEADLINE_MS + SLACK_MS, took
    assert NOT_CHECKED in findings(response), response.text
    assert len(desk.log[-1]["unread"]) == desk.log[-1]["fetched"]


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_the_server_does_the_answer_comes_in_time_and_says_what_was_not_checked(
    server: FhirServer, charts: FhirAccess, fault: str
) -> None:
    _answered_in_time(server, charts, fault)


@pytest.mark.nightly
@pytest.mark.parametrize("fault", FAULTS)
def test_fifty_times_over(server: FhirServer, charts: FhirAccess, fault: str) -> None:
    for _ in range(50):
        _answered_in_time(server, charts, fault)


@pytest.mark.parametrize("sends", ["nothing", "everything"])
def test_however_many_are_slow_the_whole_answer_comes_within_its_deadline(
    server: FhirServer, charts: FhirAccess, sends: str
) -> None:
    """The FHIR server, its second page and the terminology server all take seconds; nobody is waited for in turn."""
    codes = CodeServer()
    codes.waits = server.waits = 2.0
    server.next_link = f"{server.base}?_getpages=2"
    clinic = the_clinic()
    asks = TerminologyServer(codes.base, 5.0, clinic.condition_roots)
    deadlines = {"answer_deadline_ms": 400, "read_deadline_ms": 800}
    caller = Everybody(Caller("north", fhir_bases=frozenset({server.base})))
    desk = Desk(AskingClinic(clinic, asks), Settings(**deadlines), callers=caller, charts=charts)
    assert warm_up(desk.app)
    everything = {**dict.fromkeys(TEMPLATES, EMPTY), "medicationRequests": unknown_medicines(), "patient": AN_ADULT}
    told = {"nothing": ..., "everything": everything}
    started = time.perf_counter()
    response = desk.sign(asking(server.base, prefetch=told[sends]))
    took = (time.perf_counter() - started) * 1000
    codes.stop()
    if sends == "nothing":
        assert NOT_CHECKED in findings(response)
        assert 400 < took < 800 + SLACK_MS
    else:
        assert response.status_code == 200
        assert codes.asked, "it was asked, for the next who wants to know"
        assert took < 400 + SLACK_MS


def unknown_medicines() -> Any:
    coding = {"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "9100002"}
    medicine = {**OXYCODONE, "medicationCodeableConcept": {"coding": [coding]}}
    return {**EMPTY, "entry": [{"resource": medicine}]}


def test_one_list_that_fails_spoils_no_other(server: FhirServer, charts: FhirAccess) -> None:
    server.holds["MedicationRequest"] = [OXYCODONE]
    server.holds["Patient"] = [{"resourceType": "Patient", "id": "made-up"}]
    server.fault, server.faulty = "slow", frozenset({"Condition", "MedicationDispense"})
    desk = a_desk(charts, server.base)
    assert {"ldn-order-active-opioid", NOT_CHECKED} <= findings(desk.sign(asking(server.base)))
    assert sorted(desk.log[-1]["unread"]) == ["conditions: too slow", "medicationDispenses: too slow"]


def test_a_server_that_is_not_there_is_told_as_not_checked(charts: FhirAccess) -> None:
    with a_fhir_server() as gone:
        base = gone.base
    assert NOT_CHECKED in findings(a_desk(charts, base).sign(asking(base)))


def test_a_chart_that_cannot_be_read_is_no_all_clear_when_it_is_opened(server: FhirServer, charts: FhirAccess) -> None:
    server.fault = "500"
    body = a_call("patient-view", **{name: asking(server.base)[name] for name in ("fhirServer", "fhirAuthorization")})
    assert a_desk(charts, server.base).post("/cds-services/ldn-patient-view", body).status_code == 412


def test_after_the_answer_the_token_is_not_used(server: FhirServer, charts: FhirAccess) -> None:
    server.waits = 1.0
    server.next_link = f"{server.base}?_getpages=2"  # would be asked for after the first page, too late
    a_desk(charts, server.base).sign(asking(server.base))
    asked = len(server.asked)
    time.sleep(1.5)
    assert len(server.asked) == asked


def test_no_token_stays_anywhere(server: FhirServer, charts: FhirAccess) -> None:
    class Watching(MemoryStore):
        """A store that keeps what it is given, as text."""

        seen = ""

        def remember(self, call: AnsweredCall) -> None:
            assert call.request.fhir_authorization is None
            self.seen += repr(call)
            self.fetches = call.fetches

    store = Watching()
    desk = a_desk(charts, server.base, store=store)
    response = desk.sign(asking(server.base))
    assert store.fetches["medicationRequests"] == ""
    for written in (response.text, desk.stream.getvalue().decode(), store.seen):
        assert TOKEN not in written


def test_an_answer_that_comes_later_than_it_may_is_noted() -> None:
    class SlowClinic(FakeClinic):
        def answer(self, *told: Any) -> Any:
            time.sleep(0.06)
            return super().answer(*told)

    slow, quick = (Desk(SlowClinic(), Settings(answer_deadline_ms=ms)) for ms in (50, 10_000))
    slow.sign(a_request(prefetch={}))
    quick.sign(a_request(prefetch={}))
    assert "slower than answer_deadline_ms" in slow.log[-1]["notes"]
    assert "notes" not in quick.log[-1]


# --- whom is not asked


@pytest.fixture
def sentinel() -> Iterator[WebServer]:
    with a_web_server() as sentinel:
        yield sentinel


HERE = "127.0.0.1"
SERVERS = (
    "{sentinel}",
    "{sentinel}/fhir",
    "{base}@{host}",
    "http://ehr.example.org@{host}/fhir",
    "http://ehr:pass@{host}/fhir",
    "{sentinel}/{base}",
    "{sentinel}?{base}",
    "{sentinel}#{base}",
    "{base}#@{host}",
    "{base}/../../{host}",
    "{base}/..",
    "{base}/%2e%2e",
    "{base}\\@{host}",
    "{base}//{host}",
    "{base}?x=1",
    "{base}/",
    "{base}//",
    " {base}",
    "{base} ",
    "{base}\n",
    "{base}\r\nHost: {host}",
    "{base}\t",
    "{base}%00",
    "{base}/.",
    "{base}2",
    "{upper}",
    "HTTP://{host}/fhir",
    "//{host}/fhir",
    "{host}/fhir",
    "ftp://{host}/fhir",
    "file:///etc/passwd",
    "gopher://{host}/",
    "http://localhost:{port}/fhir",
    "http://[::1]:{port}/fhir",
    "http://0.0.0.0:{port}/fhir",
    "http://0:{port}/fhir",
    "http://2130706433:{port}/fhir",
    "http://0x7f000001:{port}/fhir",
    "http://0177.0.0.1:{port}/fhir",
    "http://127.1:{port}/fhir",
    "http://127.0.0.1.nip.io:{port}/fhir",
    "http://169.254.169.254/latest/meta-data",
    "http://metadata.google.internal/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://①②⑦.⓪.⓪.①:{port}/fhir",
    "",
    "null",
    "javascript:alert(1)",
)


@pytest.mark.parametrize("server_written", SERVERS)
def test_a_server_that_is_not_registered_is_not_asked(
    server: FhirServer, sentinel: WebServer, charts: FhirAccess, server_written: str
) -> None:
    host = sentinel.address.removeprefix("http://")
    written = server_written.format(
        sentinel=sentinel.address, base=server.base, host=host, port=host.split(":")[1], upper=server.base.upper()
    )
    response = a_desk(charts, server.base).sign(asking(written))
    assert NOT_CHECKED in findings(response) or server_written == "{base}/"
    assert sentinel.asked == []
    assert bool(server.asked) == (server_written == "{base}/")  # the one spelling that means the same


LINKS = (
    "{sentinel}",
    "{sentinel}/fhir/MedicationRequest?page=2",
    "//{host}/fhir/MedicationRequest?page=2",
    "http://ehr.example.org@{host}/fhir",
    "{base}@{host}/",
    "{base}\\..\\@{host}",
    "{base}/../admin",
    "{base}/%2e%2e/admin",
    "{base}/..;/admin",
    "/admin",
    "../admin",
    "{base}2/MedicationRequest",
    "https://{own}/fhir/MedicationRequest",
    "file:///etc/passwd",
    "http://[::1",
    "{base}/x#{sentinel}",
    "{base}/x\r\nX-Injected: 1",
    "http://localhost:{port}/fhir",
)


@pytest.mark.parametrize("link", LINKS)
def test_a_next_link_that_leads_elsewhere_is_not_followed(
    server: FhirServer, sentinel: WebServer, charts: FhirAccess, link: str
) -> None:
    host = sentinel.address.removeprefix("http://")
    server.next_link = link.format(
        sentinel=sentinel.address,
        base=server.base,
        host=host,
        port=host.split(":")[1],
        own=urlsplit(server.base).netloc,
    )
    desk = a_desk(charts, server.base)
    assert NOT_CHECKED in findings(desk.sign(asking(server.base)))
    assert sentinel.asked == []
    assert not any("admin" in one.path or "page" in one.path for one in server.asked)
    assert any(why.startswith("medicationRequests: a next link") for why in desk.log[-1]["unread"])


def test_a_redirect_is_not_followed(server: FhirServer, sentinel: WebServer, charts: FhirAccess) -> None:
    server.fault, server.next_link = "redirect", f"{sentinel.address}/fhir"
    desk = a_desk(charts, server.base)
    assert NOT_CHECKED in findings(desk.sign(asking(server.base)))
    assert sentinel.asked == []
    assert "medicationRequests: status 302" in desk.log[-1]["unread"]


@pytest.mark.parametrize(
    "patient",
    [
        "../../admin",
        "1?x=",
        "1&_count=9",
        "1#",
        "http://example.org/1",
        "1/../2",
        "..",
        ".",
        "1%2f..",
        "1 2",
        "é",
        "x" * 200,
    ],
)
def test_a_patient_id_that_is_none_is_not_put_into_an_address(
    server: FhirServer, charts: FhirAccess, patient: str
) -> None:
    body = asking(server.base)
    body["context"]["patientId"] = patient
    assert NOT_CHECKED in findings(a_desk(charts, server.base).sign(body))
    assert server.asked == []


def test_the_payloads_are_as_many_as_promised() -> None:
    assert len(SERVERS) + len(LINKS) >= 60


def test_ambient_proxies_and_passwords_are_not_used(
    server: FhirServer, sentinel: WebServer, charts: FhirAccess, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine {HERE} login somebody password secret\n", encoding="utf-8")
    for name, value in {"NETRC": str(netrc), "http_proxy": sentinel.address, "HTTP_PROXY": sentinel.address}.items():
        monkeypatch.setenv(name, value)
    a_desk(charts, server.base).sign(asking(server.base))
    assert server.asked
    assert sentinel.asked == []
    assert {one.authorization for one in server.asked} == {f"Bearer {TOKEN}"}


@pytest.mark.parametrize(
    "changes",
    [
        {"fhirAuthorization": None},
        {"fhirAuthorization": {"access_token": ""}},
        {"fhirAuthorization": {"access_token": "a b\r\nX: y"}},
        {"fhirAuthorization": {"access_token": TOKEN, "patient": "somebody-else"}},
    ],
    ids=["no leave", "an empty token", "a token that is none", "a token for another patient"],
)
def test_without_leave_for_this_patient_nothing_is_read(server: FhirServer, charts: FhirAccess, changes: Any) -> None:
    assert NOT_CHECKED in findings(a_desk(charts, server.base).sign(asking(server.base, **changes)))
    assert server.asked == []


def test_in_production_nothing_is_read_without_encryption(server: FhirServer) -> None:
    charts = FhirAccess(needs_encryption=True)
    a_desk(charts, server.base).sign(asking(server.base))
    charts.close()
    assert server.asked == []


def test_in_the_demo_any_server_on_this_machine_may_be_read_and_no_other(
    server: FhirServer, charts: FhirAccess
) -> None:
    server.holds["MedicationRequest"] = [OXYCODONE]
    desk = a_desk(charts, reads_loopback=True)
    assert "ldn-order-active-opioid" in findings(desk.sign(asking(server.base)))
    before = len(server.asked)
    for elsewhere in ("http://192.0.2.1/fhir", "http://127.0.0.1.example.org/fhir", "http://127.0.0.1@example.org/"):
        assert NOT_CHECKED in findings(desk.sign(asking(elsewhere)))
    assert len(server.asked) == before


def test_discovery_says_what_is_read(charts: FhirAccess) -> None:
    def usage(desk: Desk) -> str:
        return str(json.loads(desk.client.get("/cds-services").data)["services"][0]["usageRequirements"])

    assert "nothing is read beyond what is sent" in usage(a_desk(charts))
    assert "read from the registered FHIR server" in usage(a_desk(charts, "https://fhir.example.org/r4"))
