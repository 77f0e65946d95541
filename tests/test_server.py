"""The real server in a process of its own: one line, real sockets, a clean end."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.desks import SIGN, a_call, a_request

LINE = re.compile(r"ldn-cds listens on http://127\.0\.0\.1:(\d+) \(profile demo\)\n\Z")
ROOT = Path(__file__).parents[1]
LONGEST_START = 30


def environment(**settings: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LDN_")}
    return kept | {"PYTHONPATH": str(ROOT)} | settings


class Server:
    """``ldn-cds serve`` on a free port."""

    def __init__(self, folder: Path, *arguments: str, **settings: str) -> None:
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cds_hooks", "serve", "--port", "0", *arguments],
            cwd=folder,
            env=environment(**settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline()
        self.seconds = time.monotonic() - self.started
        match = LINE.match(self.line)
        if match is None:
            self.process.kill()
            pytest.fail(f"no line, but: {self.line!r} {self.process.communicate()}")
        self.port = int(match[1])

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, data, {"Content-Type": "application/json", **named} if data else named)
        response = connection.getresponse()
        answer = response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
        connection.close()
        return answer

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str, str]:
        """How it ended: exit code, the rest of its output, its log."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=15)
        return self.process.returncode, out, err


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("served"))
    yield server
    if server.process.poll() is None:
        server.end()


def test_who_waits_for_the_line_may_call(server: Server):
    assert server.ask("GET", "/readyz")[0] == 200
    assert server.ask("GET", "/healthz")[0] == 200
    status, _, body = server.ask("GET", "/version")
    assert (status, json.loads(body)["name"]) == (200, "ldn-cds")


def test_discovers_and_answers(server: Server):
    status, headers, body = server.ask("GET", "/cds-services", Origin="https://sandbox.example.org")
    assert status == 200
    assert headers["access-control-allow-origin"] == "*"
    for service in json.loads(body)["services"]:
        called = a_call(service["hook"], prefetch={"medicationRequests": None})
        status, headers, body = server.ask("POST", f"/cds-services/{service['id']}", called)
        assert status == 200
        assert headers["content-type"] == "application/json"
        assert isinstance(json.loads(body)["cards"], list)


def test_a_preflight_is_answered(server: Server):
    status, headers, body = server.ask(
        "OPTIONS", f"{SIGN}/feedback", Origin="https://sandbox.example.org", Access_Control_Request_Method="POST"
    )
    assert (status, body) == (204, b"")
    assert headers["access-control-allow-headers"] == "authorization, content-type"


def test_a_body_in_chunks_is_read(server: Server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    body = json.dumps(a_request()).encode()
    chunks = (body[:100], body[100:])
    connection.request("POST", SIGN, iter(chunks), {"Content-Type": "application/json"}, encode_chunked=True)
    response = connection.getresponse()
    assert response.status == 200, response.read()
    connection.close()


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 400), (b"{", 400), (b"[" * 100_000, 400), (b'{"a":"' + b"x" * 9_000_000 + b'"}', 413)],
)
def test_what_is_no_request_is_refused(server: Server, body: bytes, status: int):
    got, headers, answer = server.ask("POST", SIGN, body, Content_Type="application/json")
    assert got == status
    assert headers["content-type"] == "application/json"
    assert json.loads(answer)["resourceType"] == "OperationOutcome"


def test_a_length_and_chunks_at_once_is_no_failure_of_ours(server: Server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as raw:
        raw.sendall(
            b"POST /cds-services/ldn-order-sign HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
        )
        assert b" 400 " in raw.recv(4096).split(b"\r\n")[0]


def test_a_second_server_on_the_port_says_so_and_leaves(server: Server, tmp_path: Path):
    again = subprocess.run(
        [sys.executable, "-m", "cds_hooks", "serve", "--port", str(server.port)],
        cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert again.returncode == 2
    assert f"cannot listen on 127.0.0.1 port {server.port}" in again.stderr
    assert "Choose another port" in again.stderr
    assert "Traceback" not in again.stderr
    assert server.ask("GET", "/readyz")[0] == 200


def test_the_log_has_one_json_line_for_each_request(tmp_path: Path):
    server = Server(tmp_path)
    server.ask("POST", SIGN, a_request())
    server.ask("POST", SIGN, b"{")
    code, out, err = server.end()
    assert code == 0
    assert out == ""
    assert [json.loads(line)["event"] for line in err.splitlines()] == ["answered", "refused"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("workers", ["1", "2"])
def test_ends_cleanly(tmp_path: Path, number: int, workers: str):
    server = Server(tmp_path, "--workers", workers)
    code, out, err = server.end(number)
    assert (code, out, err) == (0, "", "")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port), timeout=1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("pause", [0, 1])
def test_ends_cleanly_when_the_whole_group_is_told(tmp_path: Path, number: int, pause: int):
    """As Ctrl-C on a terminal and a service manager do: the workers get it too, also one that is still starting."""
    server = Server(tmp_path, "--workers", "2")
    time.sleep(pause)
    os.killpg(server.process.pid, number)
    out, err = server.process.communicate(timeout=15)
    assert (server.process.returncode, out, err) == (0, "", "")


def test_no_worker_stays_when_the_main_process_is_lost(tmp_path: Path):
    server = Server(tmp_path)
    server.process.kill()
    server.process.wait(10)
    for _ in range(50):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", server.port)) != 0:
                break
        time.sleep(0.1)
    else:
        pytest.fail("a worker still listens")
    server.process.communicate(timeout=10)


def test_unsafe_settings_are_told_all_at_once(tmp_path: Path):
    ended = subprocess.run(
        [sys.executable, "-m", "cds_hooks", "serve", "--profile", "production"],
        cwd=tmp_path, env=environment(LDN_DEBUG="true", LDN_CORS_ORIGINS="*"),
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert ended.returncode == 2
    for reason in ("debug is on", "cors_origins has *", "public_url is missing"):
        assert reason in ended.stderr


def test_a_house_in_disorder_does_not_start(tmp_path: Path):
    (tmp_path / "ldn.toml").write_text("[numbers]\nno_such_number = 1\n")
    ended = subprocess.run(
        [sys.executable, "-m", "cds_hooks", "serve", "--port", "0"],
        cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode != 0
    assert "no_such_number" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_wsgi_entry_is_ready_when_a_server_has_it(tmp_path: Path):
    code = (
        "from cds_hooks.wsgi import app; import cds_hooks.wsgi as again; assert app is again.app; "
        "print(app.test_client().get('/readyz').status_code)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment(LDN_LOG_LEVEL="warning"),
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (ended.stdout, ended.stderr) == ("200\n", "")
