"""A terminology server that answers, lies, hangs or is not there: no code is taken for more than it is."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

from cards import Answer, Clinic, Hook, UnknownCodes
from cards.conditions import ConditionGroup
from cards.drugs import Certainty, Role
from cds_hooks.house import _asking
from cds_hooks.settings import Settings, unsafe
from cds_hooks.terminology.asking import AskingClinic
from cds_hooks.terminology.server import TerminologyServer
from tests.charts import ASKED, RXNORM, D, the_clinic

SNOMED = "http://snomed.info/sct"
NDC = "http://hl7.org/fhir/sid/ndc"
Json = dict[str, Any]
Reply = tuple[int, str, bytes]
CODES = {
    "9100001": ("oxycodone hydrochloride 5 MG Oral Tablet", "SCD"),
    "9100002": ("valsartan 80 MG Oral Tablet", "SCD"),
    "9100003": ("Newbrandex", "BN"),
}


def parameters(**values: Any) -> Json:
    named = [{"name": name, f"value{'Boolean' if isinstance(value, bool) else 'String'}": value}
             for name, value in values.items() if not isinstance(value, list)]  # fmt: skip
    for name, several in values.items():
        named += [{"name": name, "part": parts} for parts in several] if isinstance(several, list) else []
    return {"resourceType": "Parameters", "parameter": named}


def an_outcome(code: str) -> Json:
    return {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": code}]}


def a_reply(body: Any, status: int = 200, content_type: str = "application/fhir+json") -> Reply:
    return status, content_type, body if isinstance(body, bytes) else json.dumps(body).encode()


def looked_up(asked: dict[str, str]) -> Reply:
    """A server that knows three codes of RxNorm."""
    told = CODES.get(asked["code"])
    if told is None:
        return a_reply(an_outcome("not-found"), 404)
    name, level = told
    property_ = [{"name": "code", "valueCode": "TTY"}, {"name": "value", "valueString": level}]
    return a_reply(parameters(display=name, property=[property_]))


class Server:
    """A real server on loopback whose answers a test chooses by operation."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.headers: list[dict[str, str]] = []
        self.answers: dict[str, Callable[[dict[str, str]], Reply]] = {"$lookup": looked_up}
        self.waits = 0.0
        self.drips: bytes | None = None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
                operation = parts.path.rsplit("/", 1)[-1]
                outer.asked.append((parts.path, asked))
                outer.headers.append(dict(self.headers))
                time.sleep(outer.waits)
                answer = outer.answers.get(operation)
                status, content_type, body = answer(asked) if answer else a_reply(an_outcome("not-supported"), 501)
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                if status in (301, 302, 307):
                    self.send_header("Location", f"{outer.base}/elsewhere")
                if outer.drips is not None:
                    self.end_headers()
                    self._drip(outer.drips)
                    return
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def _drip(self, piece: bytes) -> None:
                try:
                    for _ in range(200):
                        self.wfile.write(piece)
                        self.wfile.flush()
                        time.sleep(0.02)
                except OSError:
                    pass

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.base = f"http://127.0.0.1:{self.http.server_address[1]}/fhir"
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def count(self, operation: str) -> int:
        return sum(path.endswith(operation) for path, _ in self.asked)

    def stop(self) -> None:
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


class Desk:
    """A clinic that asks that server, and the parts of it."""

    def __init__(self, base: str, within: float = 2.0, clinic: Clinic | None = None) -> None:
        self.now = 1_000.0
        self.warned: list[str] = []
        clinic = clinic or the_clinic()
        self.server = TerminologyServer(
            base, within, clinic.condition_roots, clock=lambda: self.now, warn=self.warned.append
        )
        self.clinic = AskingClinic(clinic, self.server)

    def answer(self, *codings: Json, text: str | None = None, conditions: list[Json] | None = None) -> Answer:
        """The answer to an LDN draft for a patient with one medicine of these codings."""
        concept: Json = {"coding": list(codings)} | ({"text": text} if text else {})
        entry = {
            "resourceType": "MedicationRequest", "id": "m1", "status": "active", "intent": "order",
            "authoredOn": "2026-11-20", "subject": {"reference": "Patient/anna-example"},
            "medicationCodeableConcept": concept,
        }  # fmt: skip
        draft = {
            "resourceType": "MedicationRequest", "id": "d1", "status": "draft", "intent": "order",
            "subject": {"reference": "Patient/anna-example"},
            "medicationCodeableConcept": {"text": "naltrexone 1.5 mg capsule"},
        }  # fmt: skip
        prefetch = {
            "medicationRequests": a_bundle([entry] if codings else []),
            "conditions": a_bundle(conditions or []),
        }
        context = {
            "patientId": "anna-example",
            "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": draft}]},
        }
        return self.clinic.answer(Hook.ORDER_SIGN, context, prefetch, ASKED, D, lambda: str(uuid4()))

    def drug(self, *codings: Json, text: str | None = None) -> Any:
        """The medicine as it was read; nothing when it was passed over as of no interest."""
        medications = self.answer(*codings, text=text).chart.medications
        return medications[0].drug if medications else None

    def settle(self) -> None:
        """Wait until nothing is asked in the background."""
        until = time.monotonic() + 10
        while self.server._asking and time.monotonic() < until:
            time.sleep(0.01)


@pytest.fixture
def desk(server: Server) -> Iterator[Desk]:
    desk = Desk(server.base)
    yield desk
    desk.server.close()


def a_bundle(resources: list[Json]) -> bytes:
    entries = [{"resource": resource} for resource in resources]
    return json.dumps({"resourceType": "Bundle", "type": "searchset", "entry": entries}).encode()


def rxnorm(code: str, **more: str) -> Json:
    return {"system": RXNORM, "code": code, **more}


def a_condition(code: str, **more: str) -> Json:
    return {
        "resourceType": "Condition", "id": f"c{code}", "subject": {"reference": "Patient/anna-example"},
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "code": {"coding": [{"system": SNOMED, "code": code, **more}]},
    }  # fmt: skip


# ----------------------------------------------------------------------------------------------------------------------
# What it explains


def test_an_opioid_that_no_table_knows_is_found(desk: Desk, server: Server):
    drug = desk.drug(rxnorm("9100001"))
    assert (drug.name, drug.recognised_by, drug.is_opioid) == ("oxycodone", Certainty.NAME, True)
    assert [str(strength.mg) for _, strength in drug.strengths] == ["5"]
    assert server.asked == [("/fhir/CodeSystem/$lookup", {"system": RXNORM, "code": "9100001", "property": "TTY"})]


def test_only_codes_travel(desk: Desk, server: Server):
    desk.drug(rxnorm("9100001", display=""))
    sent = json.dumps([server.asked, server.headers])
    for private in ("anna", "m1", "2026", "Cookie", "Authorization"):
        assert private not in sent


def test_another_medicine_is_identified_when_its_name_lists_its_ingredients(desk: Desk):
    assert desk.drug(rxnorm("9100002")) is None
    assert not desk.answer(rxnorm("9100002")).chart.unidentified


def test_a_bare_brand_name_that_says_nothing_stays_unknown(desk: Desk):
    """It may be anything, an opioid too; what the server calls it counts as words do."""
    assert desk.drug(rxnorm("9100003")).recognised_by is Certainty.NOT_IDENTIFIED
    assert desk.answer(rxnorm("9100003")).chart.unidentified


def test_a_code_that_the_server_does_not_know_either_stays_unknown(desk: Desk, server: Server):
    assert desk.drug(rxnorm("9199999")).recognised_by is Certainty.NOT_IDENTIFIED
    assert desk.answer(rxnorm("9199999")).chart.unidentified
    assert server.count("$lookup") == 1


def test_what_is_known_is_not_asked_about(desk: Desk, server: Server):
    desk.drug(rxnorm("1049221"))
    desk.drug(rxnorm("9100001"), text="lisinopril 10 mg tablet")
    desk.drug({"system": "http://example.org/local", "code": "1"})
    assert server.asked == []


def test_validate_code_stands_in_for_a_lookup_that_is_not_offered(desk: Desk, server: Server):
    del server.answers["$lookup"]
    server.answers["$validate-code"] = lambda asked: a_reply(
        parameters(result=asked["code"] == "0406-9999-01", display="HYDROcodone bitartrate 5 mg tablet")
    )
    assert desk.drug({"system": NDC, "code": "0406-9999-01"}).name == "hydrocodone"
    assert desk.drug({"system": NDC, "code": "0406-9999-02"}).recognised_by is Certainty.NOT_IDENTIFIED


def test_a_snomed_name_with_its_tag_lists_its_ingredients(desk: Desk, server: Server):
    names = {"100000001": "Product containing precisely valsartan 80 milligram/1 each oral tablet (clinical drug)",
             "100000002": "Tradexol (product name)",
             "100000003": "Product containing methadone (medicinal product)"}  # fmt: skip
    server.answers["$lookup"] = lambda asked: a_reply(
        parameters(display=names[asked["code"]].partition(" (")[0],
                   designation=[[{"name": "value", "valueString": names[asked["code"]]}]])
    )  # fmt: skip
    assert desk.drug({"system": SNOMED, "code": "100000001"}) is None
    assert not desk.drug({"system": SNOMED, "code": "100000002"}).is_identified
    assert Role.OPIOID in desk.drug({"system": f"{SNOMED}/731000124108", "code": "100000003"}).roles


def test_a_condition_beneath_one_of_ours_means_the_same(desk: Desk, server: Server):
    root = "75544000"

    def validated(asked: dict[str, str]) -> Reply:
        assert asked["url"].startswith(f"{SNOMED}?fhir_vs=ecl/<< ")
        return a_reply(parameters(result=asked["code"] == "100000101" and f"<< {root}" in asked["url"]))

    server.answers["$validate-code"] = validated
    server.answers["$subsumes"] = lambda asked: a_reply(
        parameters(outcome="subsumes" if asked["codeA"] == root else "not-subsumed")
    )
    answer = desk.answer(conditions=[a_condition("100000101"), a_condition("100000102")])
    assert [condition.groups for condition in answer.chart.conditions] == [{ConditionGroup.OPIOID_USE_DISORDER}]
    assert server.count("$subsumes") <= 2
    assert server.count("$validate-code") < 20
    server.asked.clear()
    desk.answer(
        conditions=[a_condition("100000101"), a_condition("100000102"), a_condition("100000103", display="Sprain")]
    )
    assert server.count("$validate-code") == 1


def test_many_codes_are_asked_about_at_once(desk: Desk, server: Server):
    server.waits = 0.05
    began = time.monotonic()
    desk.answer(*(rxnorm(str(9_200_000 + nth)) for nth in range(16)))
    assert server.count("$lookup") == 16
    assert time.monotonic() - began < 16 * 0.05


# ----------------------------------------------------------------------------------------------------------------------
# Memory


def test_what_was_said_is_remembered_for_a_day_and_ignorance_for_an_hour(desk: Desk, server: Server):
    for _ in range(3):
        assert desk.drug(rxnorm("9100001")).is_opioid
        desk.drug(rxnorm("9199999"))
    assert server.count("$lookup") == 2
    desk.now += 3_601
    desk.drug(rxnorm("9199999"))
    desk.drug(rxnorm("9100001"))
    assert server.count("$lookup") == 3
    desk.now += 86_400
    assert desk.drug(rxnorm("9100001")).is_opioid
    assert server.count("$lookup") == 4


def test_memory_is_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("cds_hooks.terminology.server._MOST_REMEMBERED", 10)
    for nth in range(30):
        desk.server.ask(UnknownCodes(medicines=(("RxNorm", str(9_300_000 + nth)),)))
    assert len(desk.server._memory) == 10


def test_a_code_of_unheard_length_is_not_asked_about(desk: Desk, server: Server):
    desk.drug(rxnorm("9" * 5_000))
    assert server.asked == []


# ----------------------------------------------------------------------------------------------------------------------
# A server that fails


def _replies(body: Any, status: int = 200, content_type: str = "application/fhir+json") -> Callable[[Server], None]:
    return lambda server: server.answers.update({"$lookup": lambda _: a_reply(body, status, content_type)})


FAILS: dict[str, Callable[[Server], None]] = {
    "error": _replies(an_outcome("exception"), 500),
    "page": _replies(b"<html>hello</html>", 200, "text/html"),
    "page not found": _replies(b"<h1>404</h1>", 404, "text/html"),
    "no FHIR": _replies({"hello": "world"}),
    "a list": _replies([1, 2]),
    "no parameters": _replies({"resourceType": "Parameters"}),
    "deep": _replies(b"[" * 100_000),
    "cut off": _replies(b'{"resourceType": "Param'),
    "redirect": _replies(b"", 302),
    "huge": _replies(b" " * 1_000_000),
    "endless": lambda server: setattr(server, "drips", b" " * 100_000),
    "drips": lambda server: setattr(server, "drips", b" "),
    "refuses": _replies(an_outcome("login"), 401),
    "forgets": lambda server: server.answers.clear(),
}


@pytest.mark.parametrize("way", FAILS)
def test_a_failure_fails_no_request_and_the_code_stays_unknown(way: str, server: Server):
    desk = Desk(server.base, within=0.3)
    FAILS[way](server)
    began = time.monotonic()
    answer = desk.answer(rxnorm("9100001"))
    assert time.monotonic() - began < 1.5
    assert [medication.drug.recognised_by for medication in answer.chart.medications] == [Certainty.NOT_IDENTIFIED]
    assert answer.chart.unidentified
    assert not any(path.endswith("/elsewhere") for path, _ in server.asked)
    desk.server.close()
    assert desk.server.known() == {}


@pytest.mark.parametrize(
    "told",
    [
        {"resourceType": "Parameters", "parameter": [{"name": "display", "valueString": 5}, 7, None, {"part": 3}]},
        {"resourceType": "Parameters", "parameter": []},
        {"resourceType": "Parameters", "parameter": [{"name": "property", "part": [{"name": "code", "valueCode": {}}]},
                                                     {"name": "display", "valueString": "Thing"}]},
        {"resourceType": "OperationOutcome", "issue": [{"code": ["not-found"]}, "x"]},
        {"resourceType": "OperationOutcome"},
    ],
)  # fmt: skip
def test_odd_answers_explain_nothing(told: Json, desk: Desk, server: Server):
    server.answers["$lookup"] = lambda _: a_reply(told)
    assert not desk.drug(rxnorm("9100001")).is_identified


def test_nobody_waits_longer_than_allowed_and_the_next_one_has_the_answer(server: Server):
    desk = Desk(server.base, within=0.05)
    server.waits = 0.5
    began = time.monotonic()
    assert not desk.drug(rxnorm("9100001")).is_identified
    assert time.monotonic() - began < 0.4
    desk.settle()
    began = time.monotonic()
    assert desk.drug(rxnorm("9100001")).is_opioid
    assert time.monotonic() - began < 0.4
    assert server.count("$lookup") == 1
    desk.server.close()


def test_two_requests_at_once_ask_once(server: Server):
    desk = Desk(server.base)
    server.waits = 0.2
    found: list[bool] = []
    threads = [threading.Thread(target=lambda: found.append(desk.drug(rxnorm("9100001")).is_opioid)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 4
    assert server.count("$lookup") == 1
    desk.server.close()


def test_a_server_that_keeps_failing_is_left_alone_for_a_while(desk: Desk, server: Server):
    server.answers["$lookup"] = lambda _: a_reply(b"busy", 503, "text/plain")
    for nth in range(6):
        desk.drug(rxnorm(str(9_400_000 + nth)))
    assert server.count("$lookup") == 3
    assert desk.warned == ["status 503, no JSON"]
    server.answers["$lookup"] = looked_up
    assert not desk.drug(rxnorm("9100001")).is_identified
    desk.now += 11
    assert desk.drug(rxnorm("9100001")).is_opioid


def test_one_call_waits_once_however_often_it_is_looked_at(server: Server):
    """What was read from a chart has the same codes in it, and the server may still be thinking about them."""
    desk = Desk(server.base, within=0.3)
    server.waits = 2.0
    clinic = desk.clinic.for_one_call(lambda: 10.0)
    entry = {"resourceType": "MedicationRequest", "status": "active", "intent": "order",
             "medicationCodeableConcept": {"coding": [rxnorm("9100001")]}}  # fmt: skip
    bundle = json.dumps({"resourceType": "Bundle", "entry": [{"resource": entry}]}).encode()

    def look(clinic: Any) -> float:
        began = time.monotonic()
        clinic.answer(Hook.PATIENT_VIEW, {}, {"medicationRequests": bundle}, ASKED, D, lambda: "1")
        return time.monotonic() - began

    assert look(clinic) >= 0.3
    assert look(clinic) < 0.2
    assert look(desk.clinic.for_one_call(lambda: 0.0)) < 0.2
    assert server.count("$lookup") == 1


def test_a_server_that_is_not_there_fails_no_request():
    desk = Desk("http://127.0.0.1:9/fhir", within=0.5)
    assert not desk.drug(rxnorm("9100001")).is_identified
    desk.server.close()


def test_proxies_of_the_environment_are_not_used(server: Server, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    desk = Desk(server.base)
    assert desk.drug(rxnorm("9100001")).is_opioid
    desk.server.close()


# ----------------------------------------------------------------------------------------------------------------------
# Settings


def test_nobody_is_asked_unless_a_setting_says_so():
    clinic = the_clinic()
    assert _asking(clinic, Settings()) is clinic
    asking = _asking(clinic, Settings(terminology_server="http://127.0.0.1:9/fhir"))
    assert isinstance(asking, AskingClinic)
    assert asking.book is clinic.book


def test_in_production_the_server_must_be_encrypted():
    def asked_at(address: str) -> list[str]:
        settings = Settings(
            profile="production",
            public_url="https://cds.example.org",
            secret=bytes(range(32)).hex(),
            terminology_server=address,
        )
        return unsafe(settings)

    assert asked_at("https://tx.example.org") == []
    assert asked_at("http://tx.example.org") == ["production: terminology_server is not encrypted. Write https://…"]
