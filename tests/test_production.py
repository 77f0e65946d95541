"""The production profile as it is started: what it wants, what it says, and where it tells what was counted."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import insert

from cds_hooks.databases import opened, writing
from cds_hooks.migrating import upgrade
from cds_hooks.tables import CLIENTS
from tests.test_metrics import a_free_port
from tests.test_server import ROOT
from tests.test_settings import SECRET

RECORD = {"name": "st-elsewhere", "issuer": "https://ehr.example.org", "jwks_url": "https://ehr.example.org/jwks"}


def environment(folder: Path, **settings: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LDN_")}
    given = {
        "PYTHONPATH": str(ROOT),
        "LDN_PROFILE": "production",
        "LDN_PUBLIC_URL": "https://cds.example.org",
        "LDN_SECRET": SECRET,
        "LDN_DATABASE": f"sqlite:///{folder / 'ldn.sqlite3'}",
        "LDN_DRAIN_SECONDS": "0",
    }
    return kept | given | settings


def run(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cds_hooks", *arguments],
        cwd=folder, env=environment(folder, **settings), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@contextmanager
def served(folder: Path, **settings: str) -> Iterator[int]:
    """A service on a free port; the port, after the one line that says that it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-m", "cds_hooks", "serve", "--port", "0"],
        cwd=folder, env=environment(folder, **settings), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    line = process.stdout.readline()
    try:
        assert line.endswith("(profile production)\n"), (line, process.communicate())
        yield int(line.split()[3].rpartition(":")[2])
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)


def answer_at(port: int, path: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    response = connection.getresponse()
    told = response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    connection.close()
    return told


@pytest.fixture
def prepared(tmp_path: Path) -> Path:
    """A folder with a database in order and one registered client."""
    address = f"sqlite:///{tmp_path / 'ldn.sqlite3'}"
    with opened(address) as engine:
        upgrade(engine)
        row = {"name": RECORD["name"], "issuer": RECORD["issuer"], "record_json": json.dumps(RECORD)}
        with writing(engine) as connection:
            connection.execute(insert(CLIENTS).values(**row, is_on=True, changed_at="2026-11-24T10:11:12.123456Z"))
    return tmp_path


def test_it_is_ready_when_all_is_there_and_tells_figures_at_their_own_address_alone(prepared: Path):
    metrics_port = a_free_port()
    with served(prepared, LDN_METRICS_PORT=str(metrics_port)) as port:
        status, headers, body = answer_at(port, "/readyz")
        assert status == 200
        assert set(json.loads(body)["checks"]) >= {"draining", "database", "clients", "disk", "rules", "warm-up"}
        assert headers["strict-transport-security"] == "max-age=31536000"
        assert answer_at(port, "/metrics")[0] == 404
        with urllib.request.urlopen(f"http://127.0.0.1:{metrics_port}/metrics", timeout=10) as told:
            assert b"ldn_build_info{" in told.read()


def test_without_a_client_it_says_so_and_waits_for_one(tmp_path: Path):
    assert run(tmp_path, "db", "upgrade").returncode == 0
    process = subprocess.Popen(
        [sys.executable, "-m", "cds_hooks", "serve", "--port", "0"],
        cwd=tmp_path, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        told = process.stderr.readline()
        assert re.fullmatch(
            r"ldn-cds answers on http://127\.0\.0\.1:\d+ and is not ready yet: clients: none is registered\.\n", told
        )
        options = [f"--{name.replace('_', '-')}={value}" for name, value in RECORD.items()]
        assert run(tmp_path, "clients", "add", *options).returncode == 0
        assert process.stdout.readline().endswith("(profile production)\n")
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)


def test_without_a_port_of_their_own_figures_are_told_nowhere(prepared: Path):
    with served(prepared) as port:
        assert answer_at(port, "/metrics")[0] == 404


def test_every_reason_not_to_start_is_told_at_once(tmp_path: Path):
    ended = run(
        tmp_path, "serve", "--port", "0",
        LDN_DEBUG="true", LDN_CORS_ORIGINS="*", LDN_PUBLIC_URL="", LDN_SECRET="", LDN_DATABASE="sqlite://",
    )  # fmt: skip
    assert ended.returncode == 2
    for reason in ("debug is on", "cors_origins has *", "public_url is missing", "secret is missing", "in memory"):
        assert reason in ended.stderr
    assert "Traceback" not in ended.stderr


def test_where_nothing_can_be_written_it_says_what_to_do(tmp_path: Path):
    code = (
        "import tempfile; from cds_hooks.server import ServeError, serve; from cds_hooks.settings import Settings\n"
        "tempfile.tempdir = '/nowhere/at/all'\n"
        "try: serve(Settings(port=0))\n"
        "except ServeError as error: print(error)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.stdout == "no temporary folder can be written. In a container put a tmpfs on /tmp.\n"
