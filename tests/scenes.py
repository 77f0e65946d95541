"""Scenarios in tests: played over HTTP or in process, and what was found in them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from flask.testing import FlaskClient

from cards import Answer, Hook
from cds_hooks import prefetch
from cds_hooks.application import create_app
from cds_hooks.hook_request import read_hook_request
from cds_hooks.logs import make_log
from cds_hooks.outgoing import withhold_invalid
from cds_hooks.services import SERVICES
from cds_hooks.settings import Settings
from cds_hooks.wire import encode_tidily
from fhir_fixtures import Scenario, indented, scenarios
from fhir_fixtures.build_scenarios import STORIES
from fhir_fixtures.pieces import Story
from tests.charts import the_clinic

Json = dict[str, Any]
SCENARIOS = list(scenarios())
_UUID = re.compile(r'"uuid": "([^"]*)"')


def name_of(scenario: Scenario) -> str:
    """The folder of a scenario, as pytest shows it."""
    return f"{scenario.hook}/{scenario.name}"


def story_of(scenario: Scenario) -> Story:
    """The story that a scenario was written from, with what must come of it."""
    return STORIES[name_of(scenario)]


def service_of(hook: str) -> Any:
    """The service of that hook."""
    return next(service for service in SERVICES if service.hook == hook)


@cache
def a_service() -> FlaskClient:
    """The real clinic behind the real web service, in the demo profile, silent in the log."""
    settings = Settings()
    assert settings.is_demo
    return create_app(the_clinic(), settings, log=make_log("error")).test_client()


def over_http(scenario: Scenario) -> bytes:
    """The answer over HTTP, which must be 200."""
    reply = a_service().post(
        f"/cds-services/{service_of(scenario.hook).id}", data=scenario.body, content_type="application/json"
    )
    assert reply.status_code == 200, f"{name_of(scenario)}: {reply.status_code} {reply.get_data(as_text=True)}"
    return reply.data


def in_process(hook: str, body: bytes, scenario: Scenario) -> Answer:
    """The answer of the clinic itself to a request of that scenario, perhaps a changed one."""
    asking = read_hook_request(body, Hook(hook))
    return the_clinic().answer(
        Hook(hook),
        asking.context,
        asking.prefetch,
        prefetch.kinds_for(service_of(hook).keys),
        scenario.today,
        uuids(),
    )


def as_sent(answer: Answer) -> bytes:
    """The answer as the web service would write it."""
    cards, _ = withhold_invalid(answer.cards, answer.originals)
    return encode_tidily({"cards": cards})


def uuids() -> Callable[[], str]:
    """Numbers that look like UUIDs, in order."""
    numbers = itertools.count(1)
    return lambda: placeholder(next(numbers))


def placeholder(number: int) -> str:
    """The uuid that stands in a golden file."""
    return f"00000000-0000-4000-8000-{number:012d}"


def tidied(reply: bytes) -> str:
    """An answer as golden files hold it: indented, with placeholders for uuids, in the order of their appearance."""
    numbers: dict[str, str] = {}

    def numbered(found: re.Match[str]) -> str:
        return f'"uuid": "{numbers.setdefault(found[1], placeholder(len(numbers) + 1))}"'

    return _UUID.sub(numbered, indented(reply)) + "\n"


LEVELS = ("info", "warning", "critical")


def findings_of(cards: list[Json]) -> dict[str, str]:
    """Every rule that speaks, at its highest level."""
    found: dict[str, str] = {}
    for card in cards:
        for entry in card["extension"]["ldn-cds.findings"]:
            known = found.get(entry["rule"], "info")
            found[entry["rule"]] = max(known, entry["indicator"], key=LEVELS.index)
    return found


def actions_of(cards: list[Json]) -> list[Json]:
    """Every action of every suggestion."""
    return [a for card in cards for s in card.get("suggestions", ()) for a in s["actions"]]
