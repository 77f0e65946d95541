"""What must be true of the memory whatever happens: nothing acknowledged is lost, nothing unrecorded leaves."""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
import sqlalchemy as sa

from cds_hooks.databases import DatabaseError, opened, writing
from cds_hooks.memory import lines
from cds_hooks.memory.lines import open_line
from cds_hooks.memory.opening import open_store
from cds_hooks.migrating import upgrade
from cds_hooks.settings import Settings
from cds_hooks.tables import CALLS, CARDS, METADATA, REPLAYS
from tests.charts import D, aged, dispensed, having, ordering_ldn
from tests.memories import SECRET, Practice, a_body, a_practice, overridden, rows
from tests.test_databases import LATER
from tests.test_server import Server, environment

CONFLICT = (
    ordering_ldn("1.5"),
    having("M79.7", "Fibromyalgia"),
    dispensed("oxycodone 5 mg tablet", on=D - 6, days=30),
)


@pytest.fixture
def practice(database: str) -> Iterator[Practice]:
    with a_practice(database) as practice:
        yield practice


# --- nothing acknowledged is lost ------------------------------------------------------------------------------------


def _kill_while_answering(folder: Path, address: str, chance: random.Random) -> set[str]:
    """Start a server, call it from four sides, kill every process of it; the cards that were acknowledged."""
    server = Server(folder, "--database", address, LDN_SECRET=SECRET)
    body = json.dumps(a_body(*CONFLICT, extension={"ldn-cds.today": D.isoformat()}))
    acknowledged: set[str] = set()
    ends = Event()

    def call() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        while not ends.is_set():
            try:
                connection.request("POST", "/cds-services/ldn-order-sign", body, {"Content-Type": "application/json"})
                response = connection.getresponse()
                answer = json.loads(response.read())
            except (OSError, http.client.HTTPException, ValueError):
                break
            if response.status == 200:
                acknowledged.update(card["uuid"] for card in answer["cards"])
        connection.close()

    callers = [Thread(target=call) for _ in range(4)]
    for caller in callers:
        caller.start()
    time.sleep(chance.uniform(0.3, 1.2))
    os.killpg(server.process.pid, signal.SIGKILL)
    ends.set()
    for caller in callers:
        caller.join()
    server.process.communicate()
    return acknowledged


def _survive(folder: Path, address: str, rounds: int) -> None:
    chance, acknowledged = random.Random(20261124), set()  # noqa: S311 - the same moments in every run
    for _ in range(rounds):
        acknowledged |= _kill_while_answering(folder, address, chance)
        assert acknowledged <= {card.uuid for card in rows(address, CARDS)}
    assert len(acknowledged) > rounds
    waiting = _unexplained(address)
    assert waiting == _put_aside(address)
    explained = _explain_what_is_left(address, most=20)
    assert explained > 0
    assert len(_unexplained(address)) == len(waiting) - explained == len(_put_aside(address))


def _unexplained(address: str) -> set[str]:
    return {call.id for call in rows(address, CALLS) if call.cards and call.trace is None}


def _put_aside(address: str) -> set[str]:
    return {call.id for call in rows(address, CALLS) if call.sealed is not None}


def _explain_what_is_left(address: str, most: int) -> int:
    """Open the memory as the next process does, a while later; how much it explained, not more than that."""
    from cds_hooks.edition import product_version
    from cds_hooks.house import open_rulebook

    settings = Settings(database=address, secret=SECRET)
    store = open_store(settings, software=product_version(), new_id=str)
    left = replace(store.left_behind(open_rulebook(settings)), clock=lambda: datetime.now(UTC) + timedelta(minutes=2))
    count = 0
    while count < most and left.explain_one():
        count += 1
    store.close()
    return count


def test_what_was_acknowledged_is_there_after_kill_9(database: str, tmp_path: Path):
    _survive(tmp_path, database, 3)


@pytest.mark.nightly
def test_what_was_acknowledged_is_there_after_fifty_times_kill_9(database: str, tmp_path: Path):
    _survive(tmp_path, database, 50)


_WRITER = """
import sys
from cds_hooks.callers import TokenId
from cds_hooks.memory.opening import open_store
from cds_hooks.settings import Settings
store = open_store(Settings(database=sys.argv[1], secret="s" * 32), software="t", new_id=str)
for n in range(100):
    store.use_up(TokenId("https://ehr.example.org", f"{sys.argv[2]}-{n}", 4e9))
store.close()
"""


def test_eight_processes_that_begin_at_once_make_the_file_together_and_none_finds_it_locked(tmp_path: Path):
    address = f"sqlite:///{tmp_path / 'ldn.sqlite3'}"
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITER, address, str(n)],
            cwd=tmp_path, env=environment(), stderr=subprocess.PIPE, text=True,
        )
        for n in range(8)
    ]  # fmt: skip
    told = [writer.communicate(timeout=120)[1] for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * 8, told
    assert len(rows(address, REPLAYS)) == 800


# --- nothing unrecorded leaves ---------------------------------------------------------------------------------------


def test_without_a_database_nothing_leaves(practice: Practice):
    assert practice.store.problem() == ""
    with opened(practice.address) as engine, writing(engine) as connection:
        connection.execute(sa.text("ALTER TABLE card RENAME TO card_gone"))
    response = practice.desk.sign(a_body(*CONFLICT))
    assert response.status_code == 503
    (issue,) = response.json["issue"]
    assert (issue["severity"], issue["code"]) == ("fatal", "transient")
    assert issue["diagnostics"] == (
        "The service cannot record its answers at the moment; nothing was checked. Try again."
    )
    assert practice.desk.log[-1]["error"] == "DatabaseError"
    assert (
        practice.desk.post("/cds-services/ldn-order-sign/feedback", {"feedback": [overridden("x")]}).status_code == 503
    )
    with opened(practice.address) as engine, writing(engine) as connection:
        connection.execute(sa.text("ALTER TABLE card_gone RENAME TO card"))
    assert practice.desk.sign(a_body(*CONFLICT)).status_code == 200


def test_a_postgresql_that_went_away_is_told_to_whoever_asks(postgresql: str):
    import psycopg

    from tests.databases import an_empty_database

    address = an_empty_database(postgresql)
    with a_practice(address) as practice:
        assert practice.desk.sign(a_body(*CONFLICT)).status_code == 200
        name = address.rpartition("/test_")[2].partition("?")[0]
        with psycopg.connect(postgresql, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE test_{name} WITH (FORCE)")
        assert practice.desk.sign(a_body(*CONFLICT)).status_code == 503
        assert "cannot be used" in practice.store.problem()


# --- who may use which tables ----------------------------------------------------------------------------------------


def _open(address: str, profile: str) -> None:
    store = open_store(Settings(profile=profile, database=address, secret=SECRET), software="t", new_id=str)
    assert store.problem() == ""
    store.close()


def test_a_demo_makes_its_tables_and_production_asks_for_them(database: str):
    with pytest.raises(DatabaseError, match="Run: ldn-cds db upgrade"):
        _open(database, "production")
    _open(database, "demo")
    _open(database, "production")


@pytest.mark.parametrize("profile", ["demo", "production"])
def test_tables_of_a_newer_version_are_refused(database: str, profile: str):
    with opened(database) as engine:
        upgrade(engine)
        with writing(engine) as connection:
            connection.execute(LATER)
    with pytest.raises(DatabaseError, match="used by a newer ldn-cds"):
        _open(database, profile)


def test_a_server_says_in_one_line_that_the_tables_are_missing(tmp_path: Path):
    production = environment(
        LDN_PROFILE="production",
        LDN_PUBLIC_URL="https://cds.example.org",
        LDN_SECRET="0f1e2d3c4b5a69788796a5b4c3d2e1f0" * 2,
        LDN_PORT="0",
    )
    code = "from cds_hooks.house import open_house, settings_from; open_house(settings_from())"
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=production, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert ended.stderr.endswith("HouseError: The tables in the database are not those of this version. "
                                 "Run: ldn-cds db upgrade\n")  # fmt: skip


def test_a_database_in_memory_is_refused(tmp_path: Path):
    with pytest.raises(DatabaseError, match="remembers nothing"):
        _open("sqlite://", "demo")


def test_sqlite_waits_for_the_disk_in_production_and_keeps_its_log_short(tmp_path: Path):
    address = f"sqlite:///{tmp_path / 'ldn.sqlite3'}"
    _open(address, "demo")
    for profile, waits in (("demo", 1), ("production", 2)):
        store = open_store(Settings(profile=profile, database=address, secret=SECRET), software="t", new_id=str)
        with store._line.reading() as cursor:
            assert cursor.execute("PRAGMA synchronous").fetchone() == (waits,)
            assert cursor.execute("PRAGMA wal_autocheckpoint").fetchone() == (0,)
        store.close()
    assert not (tmp_path / "ldn.sqlite3-wal").exists()


def test_the_log_gives_the_disk_back_when_a_rush_is_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lines, "_LARGEST_LOG", 100_000)
    monkeypatch.setattr(lines, "_PAUSE", 0.02)
    line = open_line(f"sqlite:///{tmp_path / 'ldn.sqlite3'}", "NORMAL")
    with line.writing() as cursor:
        cursor.execute("CREATE TABLE rush (told BLOB)")
        cursor.executemany("INSERT INTO rush VALUES (?)", [(bytes(4_000),)] * 500)
    log = tmp_path / "ldn.sqlite3-wal"
    assert log.stat().st_size > 2_000_000
    until = time.monotonic() + 10
    while log.stat().st_size > 100_000:
        assert time.monotonic() < until, log.stat().st_size
        time.sleep(0.05)  # in which what stands in the log is moved into the file
        with line.writing() as cursor:
            cursor.execute("INSERT INTO rush VALUES ('one more')")
    line.close()


# --- what must not be there ------------------------------------------------------------------------------------------

MEANT = {("feedback", "comments_json"), ("feedback", "as_sent"), ("snapshot", "request")}
CANARY = "kanarienvogel"


def _everywhere(address: str) -> Iterator[tuple[str, str, str]]:
    """Every value in every table, as text."""
    for table in METADATA.sorted_tables:
        for row in rows(address, table):
            for column, value in row._asdict().items():
                if isinstance(value, bytes):
                    compressed = column in ("trace", "request", "response")
                    told = zlib.decompress(value) if compressed else value
                    yield table.name, column, told.decode("latin-1" if column == "sealed" else "utf-8")
                else:
                    yield table.name, column, str(value)


def test_names_tokens_and_free_text_are_found_only_where_they_are_meant_to_be(database: str):
    draft = ordering_ldn(
        "4.5",
        note=[{"text": f"{CANARY} said so"}],
        subject={"reference": "Patient/anna-example", "display": f"Anna {CANARY}"},
        text={"status": "generated", "div": f"<div xmlns='http://www.w3.org/1999/xhtml'>{CANARY}</div>"},
        requester={"display": f"Dr {CANARY}"},
    )
    person = aged(58)
    person.resource["name"] = [{"family": CANARY}]
    person.resource["telecom"] = [{"system": "phone", "value": CANARY}]
    opioid = dispensed("oxycodone 5 mg tablet", on=D - 6, days=30, note=[{"text": CANARY}])
    granted = {"token_type": "Bearer", "expires_in": 300, "scope": "patient/*.read", "subject": "c"}
    leave = {
        "fhirServer": "https://fhir.example.org",
        "fhirAuthorization": {"access_token": CANARY, **granted},
    }
    with a_practice(database, keeps_requests=True) as practice:
        for facts in ((draft, person, opioid), (draft, person)):
            cards = practice.calls(*facts, **leave)
            assert cards
        practice.tells(overridden(cards[0]["uuid"], userComment=f"{CANARY} asked for it"))
        assert practice.store.finish()
        practice.store._traces.add = lambda *_: None  # type: ignore[method-assign]  # as if it were killed before
        body = practice.last_body
        body["context"] |= {"patientId": f"{CANARY}-id", "userId": f"Practitioner/{CANARY}"}
        assert practice.desk.sign(body).status_code == 200
        assert _put_aside(database)
        found = {(table, column) for table, column, value in _everywhere(database) if CANARY in value}
    sent = {("snapshot", "response")}  # holds the client's own resource, as it was sent
    assert found == MEANT | sent
