"""Registered clients at a real server of the production profile: real sockets, several processes, one database."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.desks import SIGN, a_request
from tests.jwt_clients import ISSUER, PUBLIC_URL, as_jwk, claims, ec_key, token

ROOT = Path(__file__).parents[1]
WORKERS = 4


class Served:
    """``ldn-cds serve --profile production`` with several processes, and one client in its settings file."""

    def __init__(self, folder: Path) -> None:
        jwk = as_jwk(ec_key(), "key-1")
        members = ", ".join(f'{name} = "{value}"' for name, value in jwk.items())
        (folder / "ldn.toml").write_text(
            f'[[clients]]\nname = "north"\nissuer = "{ISSUER}"\nrate_limit = 10000\nkeys = [{{{members}}}]\n', "utf-8"
        )
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LDN_")}
        self.environment = kept | {
            "PYTHONPATH": str(ROOT),
            "LDN_PROFILE": "production",
            "LDN_PUBLIC_URL": PUBLIC_URL,
            "LDN_SECRET": "0123456789abcdef0123456789abcdef",
            "LDN_SQLITE_SYNCHRONOUS": "NORMAL",
            "LDN_DRAIN_SECONDS": "0",
        }
        self.folder = folder
        upgrade = [sys.executable, "-m", "cds_hooks", "db", "upgrade"]
        subprocess.run(upgrade, cwd=folder, env=self.environment, check=True, capture_output=True)
        self.log = folder / "log"  # a file: nobody reads a pipe while thousands of calls are written into it
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "cds_hooks",
                    "serve",
                    "--port",
                    "0",
                    "--workers",
                    str(WORKERS),
                    "--threads",
                    "4",
                ],
                cwd=folder,
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if "listens on" not in line:
            self.process.kill()
            pytest.fail(f"no line, but: {line!r} {self.log.read_text('utf-8')}")
        self.port = int(line.split("127.0.0.1:")[1].split()[0])

    def call(self, carried: str | None, endpoint: str = SIGN) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {carried}"} if carried else {})
        connection.request("POST", endpoint, json.dumps(a_request()), headers)
        response = connection.getresponse()
        answer = response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
        connection.close()
        return answer

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "cds_hooks", *arguments],
            cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def end(self) -> str:
        """Stop it; its log."""
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=30)
        return self.log.read_text("utf-8")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    served = Served(tmp_path_factory.mktemp("production"))
    yield served
    if served.process.poll() is None:
        served.end()


def test_a_client_of_the_settings_file_is_answered_and_nobody_else(served: Served) -> None:
    status, _, body = served.call(token(claims(SIGN)))
    assert status == 200, body
    assert json.loads(body)["cards"]
    nobody = served.call(None)
    stranger = served.call(token(claims(SIGN), ec_key(7)))
    assert nobody[0] == stranger[0] == 401
    assert nobody[2] == stranger[2]
    assert nobody[1]["www-authenticate"] == stranger[1]["www-authenticate"] == "Bearer"


def _replay(served: Served, times: int) -> None:
    used = token(claims(SIGN))
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: served.call(used)[0], range(times)))
    assert answers.count(200) == 1
    assert answers.count(401) == times - 1


def test_of_replays_at_several_processes_none_is_accepted(served: Served) -> None:
    _replay(served, 100)


@pytest.mark.nightly
def test_of_ten_thousand_replays_none_is_accepted(served: Served) -> None:
    for _ in range(20):
        _replay(served, 501)


def test_a_client_added_on_the_command_line_is_served_by_every_process_within_seconds(served: Served) -> None:
    record: dict[str, Any] = {
        "name": "south",
        "issuer": "https://south.example.org",
        "keys": [as_jwk(ec_key(8), "key-8")],
    }
    file = served.folder / "south.json"
    file.write_text(json.dumps(record), "utf-8")
    added = served.command("clients", "add", str(file))
    assert added.returncode == 0, added.stderr

    def calls() -> list[int]:
        made = (token(claims(SIGN, iss=record["issuer"]), ec_key(8), kid="key-8") for _ in range(40))
        return [served.call(one)[0] for one in made]

    time.sleep(3.5)
    assert set(calls()) == {200}
    listed = served.command("clients", "list").stdout
    assert "north" in listed
    assert served.command("clients", "remove", "south").returncode == 0
    time.sleep(3.5)
    assert set(calls()) == {401}


def test_what_was_refused_and_why_is_shown_to_the_operator_and_no_token_is(served: Served) -> None:
    wrong = token(claims("/cds-services"))
    assert served.call(wrong)[0] == 401

    time.sleep(4)
    shown = served.command("clients", "show", "north").stdout
    assert "last refusal" in shown
    assert "the audience (aud) is not the address of this endpoint" in shown
    log = served.end()
    assert '"why":"the audience (aud) is not the address of this endpoint"' in log
    assert not any(part in log + shown for part in wrong.split("."))
    for file in served.folder.glob("ldn.sqlite3*"):
        assert not any(part.encode() in file.read_bytes() for part in wrong.split("."))
