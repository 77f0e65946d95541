"""Two servers of one hospital on one PostgreSQL, in production: what one has seen, the other knows."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.charts import dispensed, ordering_ldn, taking_ldn
from tests.databases import an_empty_database
from tests.desks import SIGN
from tests.jwt_clients import ISSUER, PUBLIC_URL, as_jwk, claims, ec_key, token
from tests.memories import a_body, overridden
from tests.test_server import Server, environment

PRODUCTION = {
    "LDN_PROFILE": "production",
    "LDN_PUBLIC_URL": PUBLIC_URL,
    "LDN_SECRET": "0123456789abcdef0123456789ABCDEF",
    "LDN_DRAIN_SECONDS": "0",
    "LDN_LOG_LEVEL": "error",
}


def settings_file(folder: Path) -> None:
    """The client that both servers know, with its key written in the file."""
    folder.mkdir()
    key = as_jwk(ec_key(), "key-1")
    told = ", ".join(f'{name} = "{value}"' for name, value in key.items())
    (folder / "ldn.toml").write_text(f'[[clients]]\nname = "north"\nissuer = "{ISSUER}"\nkeys = [{{ {told} }}]\n')


@pytest.fixture(scope="module")
def replicas(tmp_path_factory: pytest.TempPathFactory, postgresql: str) -> Iterator[tuple[Server, Server]]:
    folder = tmp_path_factory.mktemp("replicas")
    production = PRODUCTION | {"LDN_DATABASE": an_empty_database(postgresql)}
    settings_file(folder / "one")
    settings_file(folder / "two")
    upgrade = [sys.executable, "-m", "cds_hooks", "db", "upgrade"]
    subprocess.run(upgrade, cwd=folder / "one", env=environment(**production), check=True, capture_output=True)
    servers = [Server(folder / name, **production) for name in ("one", "two")]
    yield servers[0], servers[1]
    for server in servers:
        server.end()


def call(server: Server, body: Any, path: str = SIGN, used: str = "") -> tuple[int, Any]:
    bearer = used or token(claims(path))
    status, _, answer = server.ask("POST", path, body, Authorization=f"Bearer {bearer}")
    return status, json.loads(answer)


def a_conflict(patient: str) -> dict[str, Any]:
    """Low-dose naltrexone for somebody who takes tramadol, told as of today."""
    day = datetime.now(UTC).astimezone().date()
    body = a_body(ordering_ldn("1.5"), dispensed("tramadol 50 mg tablet", on=day - timedelta(10), days=60))
    body["context"]["patientId"] = patient
    return body


def test_a_token_used_at_one_is_refused_at_the_other(replicas: tuple[Server, Server]):
    one, two = replicas
    used = token(claims(SIGN))
    assert call(one, a_conflict("p-1"), used=used)[0] == 200
    assert call(two, a_conflict("p-1"), used=used)[0] == 401
    assert call(one, a_conflict("p-1"), used=used)[0] == 401


def test_what_was_overridden_at_one_is_not_said_again_at_the_other(replicas: tuple[Server, Server]):
    one, two = replicas
    status, answer = call(one, a_conflict("p-2"))
    assert status == 200
    card = next(card for card in answer["cards"] if card["indicator"] == "critical")
    item = overridden(card["uuid"], at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"))
    assert call(two, {"feedback": [item]}, f"{SIGN}/feedback")[0] == 200
    assert card["summary"] not in {again["summary"] for again in call(two, a_conflict("p-2"))[1]["cards"]}
    assert card["summary"] not in {again["summary"] for again in call(one, a_conflict("p-2"))[1]["cards"]}
    assert card["summary"] in {other["summary"] for other in call(two, a_conflict("p-3"))[1]["cards"]}


def test_what_is_due_and_was_said_at_one_is_not_said_again_at_the_other(replicas: tuple[Server, Server]):
    one, two = replicas
    path = "/cds-services/ldn-patient-view"
    day = datetime.now(UTC).astimezone().date()

    def opened(server: Server, patient: str) -> list[str]:
        body = a_body(taking_ldn("1.5", since=day - timedelta(20)), hook="patient-view")
        body["context"]["patientId"] = patient
        return [card["source"]["topic"]["code"] for card in call(server, body, path)[1]["cards"]]

    assert opened(one, "p-5") == ["ldnnextstepdue"]
    assert opened(two, "p-5") == []
    assert opened(one, "p-5") == []
    assert opened(two, "p-6") == ["ldnnextstepdue"]


def test_who_is_not_registered_is_let_in_at_neither(replicas: tuple[Server, Server]):
    for server in replicas:
        assert call(server, a_conflict("p-4"), used=token(claims(SIGN), key=ec_key(7)))[0] == 401
        assert server.ask("GET", "/desk", Accept="text/html")[0] == 303
        assert server.ask("GET", "/readyz")[0] == 200
