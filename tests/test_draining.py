"""Stopping without anybody noticing: first not ready, then a while, then an end; a restart of all under load."""

from __future__ import annotations

import http.client
import itertools
import json
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

import pytest
from sqlalchemy import select

from cds_hooks.databases import opened, reading
from cds_hooks.tables import FEEDBACK
from tests.databases import an_empty_database
from tests.desks import SIGN, a_request
from tests.test_server import Server

DRAIN = 2
"""Seconds; long beside the fifth of a second in which the proxy below learns of it."""


def a_server(folder: Path, drain: int = DRAIN, **settings: str) -> Server:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ldn.toml").write_text(f'drain_seconds = {drain}\nlog_level = "error"\n')
    return Server(folder, **settings)


class Proxy:
    """A proxy as hospitals have one: it sends to who says that it is ready, and elsewhere when nobody listens there."""

    def __init__(self, *ports: int) -> None:
        self.behind = list(ports)
        self.ready: list[int] = []
        self.answered_by: Counter[int] = Counter()
        self._lock = Lock()
        self._turn = itertools.count()
        self._ended = Event()
        self._look()
        proxy = self

        class Passing(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, answer = proxy.forward(self.path, body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Passing)
        self.port = self.server.server_address[1]
        Thread(target=self.server.serve_forever, daemon=True).start()
        Thread(target=self._keep_looking, daemon=True).start()

    def forward(self, path: str, body: bytes) -> tuple[int, bytes]:
        with self._lock:
            ready = list(self.ready)
        first = next(self._turn)
        for nth in range(len(ready)):
            port = ready[(first + nth) % len(ready)]
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            try:
                connection.connect()
            except OSError:
                continue  # nothing was sent, so another may have it
            try:
                connection.request("POST", path, body, {"Content-Type": "application/json"})
                response = connection.getresponse()
                answer = response.status, response.read()
            except (OSError, http.client.HTTPException):
                return 502, b""  # it may have been taken: not to be sent twice
            finally:
                connection.close()
            with self._lock:
                self.answered_by[port] += 1
            return answer
        return 503, b""

    def _keep_looking(self) -> None:
        while not self._ended.wait(0.2):
            self._look()

    def _look(self) -> None:
        with self._lock:
            behind = list(self.behind)
        ready = [port for port in behind if status_of(port) == 200]
        with self._lock:
            self.ready = ready

    def put(self, port: int) -> None:
        """Send to this one too."""
        with self._lock:
            self.behind.append(port)

    def close(self) -> None:
        self._ended.set()
        self.server.shutdown()
        self.server.server_close()


def status_of(port: int) -> int:
    """What ``/readyz`` says there; 0 when nobody listens."""
    with suppress(OSError, http.client.HTTPException):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/readyz")
        response = connection.getresponse()
        response.read()
        connection.close()
        return response.status
    return 0


@contextmanager
def load_on(port: int, callers: int) -> Iterator[Counter[Any]]:
    """Calls without pause from some callers; what they were answered."""
    answers: Counter[Any] = Counter()
    ended = Event()
    body = json.dumps(a_request()).encode()

    def call() -> None:
        while not ended.is_set():
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
                connection.request("POST", SIGN, body, {"Content-Type": "application/json"})
                response = connection.getresponse()
                json.loads(response.read())
                answers[response.status] += 1
                connection.close()
            except (OSError, ValueError, http.client.HTTPException) as problem:
                answers[type(problem).__name__] += 1
            time.sleep(0.05)

    threads = [Thread(target=call, daemon=True) for _ in range(callers)]
    for thread in threads:
        thread.start()
    yield answers
    ended.set()
    for thread in threads:
        thread.join(30)


def test_a_restart_of_one_after_the_other_under_load_fails_no_call(tmp_path: Path, postgresql: str):
    """And what the old ones remembered, the new ones know: they are on one PostgreSQL."""
    database = an_empty_database(postgresql)
    old = [a_server(tmp_path / f"old-{nth}", LDN_DATABASE=database) for nth in range(2)]
    (card, *_) = json.loads(old[0].ask("POST", SIGN, a_request())[2])["cards"]
    proxy = Proxy(*(server.port for server in old))
    new = []
    try:
        with load_on(proxy.port, callers=3) as answers:
            time.sleep(0.5)
            for nth, server in enumerate(old):
                new.append(a_server(tmp_path / f"new-{nth}", LDN_DATABASE=database))  # its line says that it is ready
                proxy.put(new[-1].port)
                code, _, log = server.end(signal.SIGTERM)
                assert (code, log) == (0, "")
            time.sleep(0.5)
        item = {"card": card["uuid"], "outcome": "overridden", "outcomeTimestamp": "2024-05-06T07:08:09Z"}
        assert new[1].ask("POST", f"{SIGN}/feedback", {"feedback": [item]})[0] == 200
    finally:
        proxy.close()
        ended = [server.end() for server in new]
    assert set(answers) == {200}, answers
    assert answers[200] > 100
    assert all(proxy.answered_by[server.port] > 0 for server in [*old, *new]), "each had its share"
    assert [code for code, _, _ in ended] == [0, 0]
    with opened(database) as engine, reading(engine) as connection:
        assert connection.execute(select(FEEDBACK.c.is_orphan)).scalars().all() == [False]


def test_says_that_it_stops_and_goes_on_for_a_while(tmp_path: Path):
    server = a_server(tmp_path)
    asked_at = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    while status_of(server.port) == 200:
        assert time.monotonic() - asked_at < DRAIN, "it never said so"
    status, _, body = server.ask("GET", "/readyz")
    assert (status, json.loads(body)["checks"]["draining"]) == (503, "about to stop")
    assert server.ask("GET", "/healthz")[0] == 200, "it lives: nobody should kill it"
    assert server.ask("POST", SIGN, a_request())[0] == 200
    assert server.process.wait(15) == 0
    assert time.monotonic() - asked_at >= DRAIN
    server.process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_twice_it_waits_no_longer(tmp_path: Path, number: int):
    server = a_server(tmp_path, drain=60)
    server.process.send_signal(number)
    time.sleep(0.3)
    code, out, log = server.end(number)
    assert (code, out, log) == (0, "", "")
    assert server.process.returncode == 0


def test_no_folder_of_a_start_stays(tmp_path: Path):
    (tmp_path / "tmp").mkdir()
    server = Server(tmp_path, TMPDIR=str(tmp_path / "tmp"))
    assert list((tmp_path / "tmp").iterdir())
    server.end()
    assert list((tmp_path / "tmp").iterdir()) == []
