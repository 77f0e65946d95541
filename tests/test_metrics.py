"""What is counted: exact names, closed labels, few series, one sum over several processes."""

from __future__ import annotations

import json
import re
import signal
import socket
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from cards import Hook
from cards.chart import Chart, DataState, Kind
from cards.pages import Indicator
from cards.review import Judged, Review, Silenced, Silencing, judge
from cds_hooks.application import random_uuid
from cds_hooks.callers import Caller, Everybody
from cds_hooks.databases import opened, writing
from cds_hooks.memory.opening import open_store
from cds_hooks.metrics import BUDGET, FETCHED, MODES, OUTCOMES, Metrics
from cds_hooks.reading import Reading
from cds_hooks.services import SERVICES
from cds_hooks.settings import Settings
from cds_hooks.store import Outcome
from fhir_fixtures import scenarios
from tests.charts import the_clinic
from tests.desks import SIGN, TODAY, Desk, FakeClinic, a_card, a_request
from tests.test_server import Server
from tests.test_settings import SECRET

IDS = [service.id for service in SERVICES]
BUILD = {"version": "1.2.3", "rules_hash": "0123456789abcdef"}
NAMES = {
    "ldn_requests_total": {"service", "client", "outcome"},
    "ldn_request_seconds": set(),
    "ldn_cards_total": {"rule", "severity", "mode"},
    "ldn_rule_result_total": {"rule", "result"},
    "ldn_data_state_total": {"datum", "state"},
    "ldn_fhir_fetch_seconds": {"client", "status"},
    "ldn_jwt_rejected_total": {"reason"},
    "ldn_feedback_total": {"rule", "outcome"},
    "ldn_db_busy_total": set(),
    "ldn_build_info": {"version", "rules_hash"},
}
"""Every name with its labels; a dashboard somewhere is written against them."""


def samples(text: bytes) -> dict[str, float]:
    """Every series with its value, written as Prometheus would ask for it."""
    return {
        f"{sample.name}{json.dumps(sample.labels, sort_keys=True) if sample.labels else ''}": sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def counted(text: bytes, name: str, **labels: str) -> float:
    return samples(text).get(f"{name}{json.dumps(labels, sort_keys=True) if labels else ''}", 0.0)


def metrics_of(desk: Desk) -> Metrics:
    made: Metrics = desk.app.extensions["ldn-cds"].metrics
    made.know_clients(["anybody", "st-elsewhere"])
    return made


def everything_that_can_happen() -> Metrics:
    """The counters of a site with more clients than there is room for, after all that can happen has happened."""
    book = the_clinic().book
    metrics = Metrics(book, IDS, BUILD)
    clients = [f"client-{nth:03}" for nth in range(200)]
    metrics.know_clients(clients)
    for client in [*clients, "never registered"]:
        for service in [*IDS, "no such service"]:
            for facts in (
                {"status": 200, "cards": 2},
                {"status": 200, "cards": 0},
                {"status": 200, "kept": 1},
                {"status": 400},
                {"status": 500},
            ):
                metrics.left({"service": service, "client": client, "ms": 12.5, **facts})
        for status in (*FETCHED, "something else"):
            metrics.fetched(client, status, 0.2)
    for nth in range(500):
        metrics.token_refused(f"a reason of ours, number {nth}")
    findings = [(rule.page.rule, say.indicator.wire) for rule in book.rules for say in rule.page.sayings.values()
                if say.indicator is not Indicator.NONE]  # fmt: skip
    cards = [{"extension": {"ldn-cds.findings": [{"rule": rule, "indicator": level}]}} for rule, level in set(findings)]
    judged = [_judged(rule) for rule in book.rules]
    review = Review(
        tuple(judged),
        tuple(Silenced(one, "another", Silencing.PRECEDENCE) for one in judged),
        tuple((one.page.rule, ()) for one in judged),
    )
    for state in DataState:
        metrics.answered(Chart(TODAY, Hook.ORDER_SIGN, states=dict.fromkeys(Kind, state)), review, cards, cards)
    for rule in [*book.rules, None]:
        for outcome in Outcome:
            metrics.feedback(rule.page.rule if rule else "no such rule", outcome)
    metrics.left({"status": 500, "error": "DatabaseBusy", "ms": 1.0})
    return metrics


def _judged(rule: Any) -> Judged:
    from cards.findings import Finding

    return judge(Finding(next(iter(rule.page.sayings))), rule.page, Chart(TODAY, Hook.ORDER_SIGN))


def test_names_and_labels_are_those_that_dashboards_are_written_against():
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(everything_that_can_happen().text().decode()):
        for sample in family.samples:
            name = re.sub(r"_(bucket|sum|count)\Z", "", sample.name)
            found.setdefault(name, set()).update(set(sample.labels) - {"le"})
    assert found == NAMES


def test_there_are_fewer_than_a_thousand_series_when_everything_has_happened():
    series = samples(everything_that_can_happen().text())
    assert 700 < len(series) <= BUDGET < 1000
    labels = [json.loads(name[name.index("{") :]) for name in series if "{" in name]
    clients = {one["client"] for one in labels if "client" in one}
    assert "other" in clients
    assert "client-000" in clients, "the first names have labels of their own"
    assert "never registered" not in clients
    assert {one["outcome"] for one in labels if "service" in one} == set(OUTCOMES)
    assert {one["mode"] for one in labels if "mode" in one} == set(MODES)
    assert "no such rule" not in {one.get("rule") for one in labels}
    assert len({one["reason"] for one in labels if "reason" in one}) == 31


def test_an_answer_is_counted_with_its_cards_rules_and_data():
    desk = Desk(the_clinic())
    metrics = metrics_of(desk)
    body = next(one.body for one in scenarios("order-sign") if one.name == "oxycodone_still_taken")
    assert desk.client.post(SIGN, data=body, content_type="application/json").status_code == 200
    told = metrics.text()
    assert counted(told, "ldn_requests_total", service="ldn-order-sign", client="anybody", outcome="cards") == 1
    assert counted(told, "ldn_request_seconds_count") == 1
    rule = "ldn-order-active-opioid"
    assert counted(told, "ldn_cards_total", rule=rule, severity="critical", mode="live") == 1
    assert counted(told, "ldn_rule_result_total", rule=rule, result="spoke") == 1
    assert counted(told, "ldn_rule_result_total", rule="ldn-indication-evidence", result="silenced") == 1
    assert counted(told, "ldn_data_state_total", datum="medication_dispenses", state="received") == 1
    assert counted(told, "ldn_data_state_total", datum="allergies", state="none") == 1


def test_a_rule_that_lacked_data_is_unknown():
    desk = Desk(the_clinic())
    metrics = metrics_of(desk)
    assert desk.sign(a_request()).status_code == 200
    told = metrics.text()
    assert counted(told, "ldn_data_state_total", datum="medication_requests", state="not_sent") == 1
    assert counted(told, "ldn_rule_result_total", rule="ldn-order-active-opioid", result="unknown") == 1


@pytest.mark.parametrize(
    ("clinic", "body", "outcome"),
    [
        (FakeClinic(), a_request(), "no_cards"),
        (FakeClinic(a_card()), a_request(), "cards"),
        (FakeClinic(), b"{", "refused"),
        (FakeClinic(raises=ZeroDivisionError("secret")), a_request(), "failed"),
    ],
)
def test_what_became_of_a_call_is_counted(clinic: FakeClinic, body: Any, outcome: str):
    desk = Desk(clinic)
    metrics = metrics_of(desk)
    desk.sign(body)
    told = metrics.text()
    assert counted(told, "ldn_requests_total", service="ldn-order-sign", client="anybody", outcome=outcome) == 1
    assert counted(told, "ldn_request_seconds_count") == 1


def test_feedback_is_counted_by_the_rule_of_its_card_and_once():
    spoken = {"ldn-cds.findings": [{"rule": "ldn-pediatric", "indicator": "warning", "version": "1.0.0"}]}
    clinic = FakeClinic(a_card(extension=spoken))
    clinic.book = the_clinic().book
    desk = Desk(clinic)
    metrics = metrics_of(desk)
    desk.sign(a_request())
    item = {"card": a_card()["uuid"], "outcome": "overridden", "outcomeTimestamp": "2024-05-06T07:08:09Z"}
    stray = {**item, "card": "00000000-0000-4000-8000-000000000000"}
    for _ in range(2):
        assert desk.post(f"{SIGN}/feedback", {"feedback": [item, stray]}).status_code == 200
    told = metrics.text()
    assert counted(told, "ldn_feedback_total", rule="ldn-pediatric", outcome="overridden") == 1
    assert counted(told, "ldn_feedback_total", rule="other", outcome="overridden") == 1
    assert counted(told, "ldn_requests_total", service="ldn-order-sign", client="anybody", outcome="feedback") == 2


def test_a_client_without_a_label_is_another():
    desk = Desk(callers=Everybody(Caller("unheard-of")))
    metrics = metrics_of(desk)
    desk.sign(a_request())
    assert (
        counted(metrics.text(), "ldn_requests_total", service="ldn-order-sign", client="other", outcome="no_cards") == 1
    )


def test_a_client_keeps_its_label_when_others_come():
    metrics = Metrics(the_clinic().book, IDS, BUILD)
    metrics.know_clients(["zeta"])
    metrics.know_clients([f"a{nth}" for nth in range(100)])
    metrics.fetched("zeta", "ok", 0.05)
    assert counted(metrics.text(), "ldn_fhir_fetch_seconds_count", client="zeta", status="ok") == 1


def test_a_token_that_was_refused_is_counted_by_the_reason_our_operator_is_told():
    metrics = Metrics(the_clinic().book, IDS, BUILD)
    metrics.left({"status": 401, "why": "the signature is not of that key", "ms": 1.0})
    metrics.left({"status": 401, "ms": 1.0})
    told = metrics.text()
    assert counted(told, "ldn_jwt_rejected_total", reason="the signature is not of that key") == 1
    assert "ldn_requests_total{" not in told.decode()


def test_neither_warming_up_nor_other_pages_are_counted():
    from cds_hooks.application import warm_up

    desk = Desk(the_clinic())
    metrics = metrics_of(desk)
    assert warm_up(desk.app)
    for path in ("/", "/healthz", "/readyz", "/cds-services", "/rules", "/nowhere"):
        desk.client.get(path)
    desk.client.post("/cds-services/no-such-service", data="{}")
    told = metrics.text()
    assert counted(told, "ldn_request_seconds_count") == 0
    assert "ldn_requests_total{" not in told.decode()
    assert "ldn_rule_result_total{" not in told.decode()


def test_nothing_from_a_request_becomes_a_label():
    canary = "Canary-7f3a"
    desk = Desk(the_clinic())
    metrics = metrics_of(desk)
    request = a_request(fhirAuthorization={"access_token": canary}, hookInstance=canary)
    request["context"] |= {"patientId": canary, "userId": f"Practitioner/{canary}"}
    desk.sign(request, headers={"X-Request-Id": canary, "Authorization": f"Bearer {canary}"})
    desk.post(f"/cds-services/{canary}", request)
    desk.post(f"{SIGN}/feedback", {"feedback": [{"card": canary, "outcome": canary}]})
    assert canary not in metrics.text().decode()


def test_each_application_counts_for_itself():
    one, another = Desk(), Desk()
    one.sign(a_request())
    assert counted(metrics_of(one).text(), "ldn_request_seconds_count") == 1
    assert counted(metrics_of(another).text(), "ldn_request_seconds_count") == 0
    assert not [family.name for family in REGISTRY.collect() if family.name.startswith("ldn_")]


def test_the_demo_tells_them_beside_the_services_and_production_does_not():
    answer = Desk().client.get("/metrics")
    assert answer.status_code == 200
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    assert b"ldn_build_info{" in answer.data
    production = Settings(profile="production", public_url="https://cds.example.org")
    assert Desk(settings=production).client.get("/metrics").status_code == 404
    assert Desk(settings=replace(Settings(), metrics_port=9464)).client.get("/metrics").status_code == 404


def a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def two_workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, int]]:
    port = a_free_port()
    folder = tmp_path_factory.mktemp("counted")
    (folder / "ldn.toml").write_text(f"metrics_port = {port}\n")
    server = Server(folder, "--workers", "2")
    yield server, port
    if server.process.poll() is None:
        server.end()


def test_two_workers_are_counted_together_at_an_address_of_its_own(two_workers: tuple[Server, int]):
    server, port = two_workers
    sent = 60
    for _ in range(sent):
        assert server.ask("POST", SIGN, a_request())[0] == 200
    assert server.ask("GET", "/metrics")[0] == 404
    told = b""
    for _ in range(50):  # a worker brings its counters up to date once a second
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            told = answer.read()
        if counted(told, "ldn_request_seconds_count") == sent:
            break
        time.sleep(0.1)
    assert counted(told, "ldn_request_seconds_count") == sent
    labels = {"service": "ldn-order-sign", "client": "anybody", "outcome": "cards"}
    assert counted(told, "ldn_requests_total", **labels) == sent
    assert len([name for name in samples(told) if name.startswith("ldn_build_info")]) == 1
    assert server.end(signal.SIGTERM)[0] == 0


def test_an_address_that_is_taken_is_told_at_start(tmp_path: Path):
    import subprocess
    import sys

    from tests.test_server import environment

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = subprocess.run(
            [sys.executable, "-m", "cds_hooks", "serve", "--port", "0"],
            cwd=tmp_path, env=environment(LDN_METRICS_PORT=str(port)),
            capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
    assert ended.returncode == 2
    assert f"metrics_port: cannot listen on 127.0.0.1 port {port}" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_card_of_a_rule_that_is_not_heard_is_counted_as_silent():
    clinic = the_clinic()
    desk = Desk(clinic)
    metrics = metrics_of(desk)
    body = next(one.body for one in scenarios("order-sign") if one.name == "no_time_of_day")
    answer = desk.client.post(SIGN, data=body, content_type="application/json")
    (card, *_) = answer.json["cards"]
    spoken = card["extension"]["ldn-cds.findings"][0]
    metrics.answered(Chart(TODAY, Hook.ORDER_SIGN), Review(()), [], [card])
    labels = {"rule": spoken["rule"], "severity": spoken["indicator"]}
    told = metrics.text()
    assert counted(told, "ldn_cards_total", **labels, mode="silent") == 1
    assert counted(told, "ldn_cards_total", **labels, mode="live") == 1


def test_a_database_that_others_keep_locked_is_counted(database: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("cds_hooks.memory.lines._PATIENCE", 0.05)
    settings = Settings(database=database, secret=SECRET)
    store = open_store(settings, software="1.2.3", new_id=random_uuid)
    desk = Desk(the_clinic(), settings, store=store)
    metrics = metrics_of(desk)
    with opened(database) as engine, writing(engine) as connection:
        if engine.dialect.name == "postgresql":  # SQLite has one writer anyway
            connection.exec_driver_sql('LOCK TABLE "call" IN ACCESS EXCLUSIVE MODE')
        began = time.monotonic()
        assert desk.sign(a_request()).status_code == 503, "what cannot be kept is not answered"
        assert time.monotonic() - began < 5
    assert desk.sign(a_request()).status_code == 200
    store.close()
    assert counted(metrics.text(), "ldn_db_busy_total") == 1


@pytest.mark.parametrize(
    ("trouble", "status"),
    [("", "ok"), ("too slow", "late"), ("too late to ask", "late"), ("status 403", "refused"), ("status 500", "failed"),
     ("ConnectTimeout", "failed")],
)  # fmt: skip
def test_a_read_is_counted_by_what_became_of_it(trouble: str, status: str):
    metrics = Metrics(the_clinic().book, IDS, BUILD)
    metrics.know_clients(["st-elsewhere"])
    read = Reading(None, Caller("st-elsewhere"), {}, TODAY, 0.0, {"conditions": trouble}, {"conditions": 0.2})
    read.tell(metrics)
    told = metrics.text()
    labels = {"client": "st-elsewhere", "status": status}
    assert counted(told, "ldn_fhir_fetch_seconds_count", **labels) == 1
    assert counted(told, "ldn_fhir_fetch_seconds_sum", **labels) == pytest.approx(0.2)
