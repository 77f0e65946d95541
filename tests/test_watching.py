"""Alive, ready, which version, whom to warn; and one request id through all lines of a log that says nothing else."""

from __future__ import annotations

import io
import json
from collections import namedtuple
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import insert, update

from cards import Clinic
from cds_hooks.application import warm_up
from cds_hooks.databases import opened, writing
from cds_hooks.logs import KEYS, make_log
from cds_hooks.migrating import upgrade
from cds_hooks.readiness import Readiness, clients_check, database_check, disk_check, draining_check, folder_of
from cds_hooks.settings import Settings, SettingsError, load_settings
from cds_hooks.tables import CLIENTS
from tests.charts import the_clinic
from tests.desks import SIGN, Desk, FakeClinic, a_card, a_request

Disk = namedtuple("Disk", "total used free")  # noqa: PYI024 - as shutil has it


def test_alive_asks_nobody():
    def explode() -> str:
        raise AssertionError("asked")

    readiness = Readiness()
    readiness.register("explosive", explode)
    answer = Desk(readiness=readiness).client.get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "alive"})


def test_ready_only_when_the_calls_at_start_were_answered():
    desk = Desk(the_clinic())
    answer = desk.client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json == {
        "status": "not ready",
        "checks": {"rules": "ok", "warm-up": "not answered yet", "pages": "ok"},
    }
    assert warm_up(desk.app)
    answer = desk.client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json == {"status": "ready", "checks": {"rules": "ok", "warm-up": "ok", "pages": "ok"}}


def test_a_clinic_without_rules_is_not_ready():
    desk = Desk(FakeClinic())
    warm_up(desk.app)
    assert desk.client.get("/readyz").json["checks"]["rules"] == "none are loaded"


def test_whatever_must_be_there_registers_a_check_of_its_own():
    keys = ["no keys are loaded of any client"]
    readiness = Readiness(clock=lambda: 0.0)
    desk = Desk(the_clinic(), readiness=readiness)
    warm_up(desk.app)
    desk.app.extensions["ldn-cds.readiness"].register("keys", lambda: keys[0], at_once=True)
    answer = desk.client.get("/readyz")
    assert (answer.status_code, answer.json["checks"]["keys"]) == (503, keys[0])
    keys[0] = ""
    assert desk.client.get("/readyz").status_code == 200


def test_a_check_that_fails_itself_is_not_ready_and_tells_no_secret():
    readiness = Readiness()

    def fail() -> str:
        raise OSError("postgresql://ldn:hush@db.example.org")

    readiness.register("database", fail)
    assert readiness.report() == {"database": "could not be checked (OSError)"}


def test_an_answer_stands_for_a_second_so_that_asking_costs_nothing():
    now, asked = [100.0], [0]

    def count() -> str:
        asked[0] += 1
        return ""

    readiness = Readiness(clock=lambda: now[0])
    readiness.register("slow", count)
    for now[0] in (100.0, 100.5, 100.99):
        readiness.report()
    assert asked == [1]
    now[0] = 101.0
    readiness.report()
    assert asked == [2]


def test_a_check_that_does_not_come_back_holds_nobody_but_who_asked_first():
    asked, goes_on = Event(), Event()

    def hang() -> str:
        asked.set()
        goes_on.wait(10)
        return ""

    readiness = Readiness(patience=0.01)
    readiness.register("database", hang)
    readiness.register("draining", lambda: "about to stop", at_once=True)
    first = Thread(target=readiness.report)
    first.start()
    assert asked.wait(10)
    assert readiness.report() == {"database": "takes too long", "draining": "about to stop"}
    goes_on.set()
    first.join()
    assert readiness.report()["database"] == "ok"


def test_the_database_must_be_reached_and_its_tables_be_those_of_this_version(database: str):
    check = database_check(database)
    assert check() in (
        "no tables yet; run ldn-cds db upgrade",
        "its tables are not those of this version; run ldn-cds db upgrade",
    )
    with opened(database) as engine:
        upgrade(engine)
    assert check() == ""
    with opened(database) as engine, engine.begin() as connection:
        connection.exec_driver_sql("UPDATE ldn_schema_version SET version_num = '9999'")
    assert check() == "its tables are those of a newer version"


def test_a_database_that_is_away_is_told_without_its_address():
    check = database_check("postgresql://ldn:hush@127.0.0.1:1/ldn")
    assert check() == "cannot be reached"


def test_without_a_registered_client_nobody_could_be_answered(database: str):
    check = clients_check(database)
    assert check() in ("none is registered", "cannot be read")
    with opened(database) as engine:
        upgrade(engine)
        assert check() == "none is registered"
        row = {"name": "a", "issuer": "https://ehr.example.org", "record_json": "{}", "changed_at": ""}
        with writing(engine) as connection:
            connection.execute(insert(CLIENTS).values(**row, is_on=False))
        assert check() == "none is registered"
        with writing(engine) as connection:
            connection.execute(update(CLIENTS).values(is_on=True))
    assert check() == ""


def test_a_disk_that_is_nearly_full_is_not_ready(tmp_path: Path):
    def check_at(free: int) -> str:
        return disk_check(tmp_path / "not" / "yet", lambda _: Disk(1000, 1000 - free, free))()

    assert check_at(101) == ""
    assert check_at(100) == "less than 10% is free"


def test_only_a_database_in_a_file_has_a_disk_of_ours():
    assert folder_of("sqlite:////data/ldn.sqlite3") == Path("/data")
    assert folder_of("postgresql://db.example.org/ldn") is None


def test_who_was_asked_to_stop_is_not_ready_at_once(tmp_path: Path):
    readiness = Readiness(clock=lambda: 0.0)
    readiness.register("draining", draining_check(tmp_path), at_once=True)
    assert readiness.report() == {"draining": "ok"}
    (tmp_path / "draining").touch()
    assert readiness.report() == {"draining": "about to stop"}


def test_the_version_tells_the_rules_by_the_hash_that_is_kept_with_every_call():
    clinic = the_clinic()
    told = Desk(clinic).client.get("/version").json
    assert told["name"] == "ldn-cds"
    assert told["specification"] == "CDS Hooks 2.0.1"
    assert told["rules_hash"] == clinic.book.fingerprint
    assert len(told["rules_hash"]) == 16
    another = Clinic.open(switches={"ldn-pediatric": False})
    assert Desk(another).client.get("/version").json["rules_hash"] != told["rules_hash"]


def test_a_weakness_is_told_to_whom_the_operator_names():
    assert Desk().client.get("/.well-known/security.txt").status_code == 404
    settings = Settings(security_contact="mailto:security@example.org", public_url="https://cds.example.org")
    answer = Desk(settings=settings).client.get("/.well-known/security.txt")
    assert answer.content_type == "text/plain; charset=utf-8"
    assert answer.text.splitlines() == [
        "Contact: mailto:security@example.org",
        "Expires: 2024-11-02T00:00:00Z",
        "Preferred-Languages: en",
        "Canonical: https://cds.example.org/.well-known/security.txt",
    ]


@pytest.mark.parametrize("wrong", ["security@example.org", "http://example.org", "mailto:a b", "mailto:a\nContact: b"])
def test_a_contact_must_be_an_address(wrong: str):
    with pytest.raises(SettingsError) as caught:
        load_settings({"LDN_SECURITY_CONTACT": wrong})
    assert "LDN_SECURITY_CONTACT must be an address such as mailto:" in caught.value.problems[0]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (SIGN, a_request()),
        (SIGN, b"{"),
        (f"{SIGN}/feedback", {"feedback": [{"card": "x"}]}),
        ("/cds-services/none", a_request()),
        ("/nowhere", a_request()),
    ],
)
def test_one_request_id_is_on_the_answer_and_on_every_line(path: str, body: Any):
    desk = Desk(FakeClinic(a_card()))
    answer = desk.post(path, body, headers={"X-Request-Id": "ward-7.call-0042"})
    assert answer.headers["X-Request-Id"] == "ward-7.call-0042"
    assert desk.log
    assert {line["request_id"] for line in desk.log} == {"ward-7.call-0042"}


def test_a_failure_is_found_by_its_request_id():
    desk = Desk(FakeClinic(raises=ZeroDivisionError("Jane Canary")))
    answer = desk.sign(a_request())
    (line,) = desk.log
    assert line["request_id"] == answer.headers["X-Request-Id"]
    assert (line["event"], line["error"], line["status"]) == ("failed", "ZeroDivisionError", 500)
    assert "Canary" not in desk.stream.getvalue().decode()


def test_a_line_says_only_what_is_on_the_list_and_counts_the_rest():
    stream = io.BytesIO()
    make_log("info", stream).info(
        "answered", request_id="r-1", patient="Jane Canary", body={"name": "Canary"}, cards=2, client=object()
    )
    (line,) = [json.loads(one) for one in stream.getvalue().splitlines()]
    assert line["dropped"] == 3
    assert set(line) <= KEYS | {"dropped"}
    assert (line["request_id"], line["cards"]) == ("r-1", 2)
    assert "Canary" not in stream.getvalue().decode()
