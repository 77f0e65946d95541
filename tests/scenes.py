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


# --- suggestions -----------------------------------------------------------------------------------------------------


def said_by(answer: Answer, rule: str) -> set[str]:
    """The circumstances in which a rule speaks."""
    return {one.finding.circumstance for one in answer.review.found if one.page.rule == rule}


def assert_mended(before: Answer, after: Answer, suggestion: Json) -> None:
    """What was offered mends what it was offered for: the rule is silent, or its page says why it speaks on.

    Then it speaks of something else than before, no more urgently, and does not offer the same again.
    """
    label = suggestion["label"]
    rule = offered_by(before)[label]
    spoken = said_by(after, rule)
    if not spoken:
        return
    said = f"{rule} offered '{label}', and after it was taken still says {[c['summary'] for c in after.cards]}"
    assert the_clinic().book.page(rule).goes_on, said
    assert not spoken & said_by(before, rule), said
    assert label not in offered_by(after), said
    levels = [findings_of(answer.cards)[rule] for answer in (before, after)]
    assert LEVELS.index(levels[1]) <= LEVELS.index(levels[0]), said


def offered_by(answer: Answer) -> dict[str, str]:
    """The rule behind each suggestion, by its label."""
    found: dict[str, str] = {}
    for one in answer.review.found:
        for change in one.finding.offers:
            blanks = {**dict(one.finding.blanks), **dict(change.values)}
            found.setdefault(one.page.offers[change.key].label.format_map(blanks), one.page.rule)
    return found


def mends(suggestion: Json) -> bool:
    """Whether it changes an order, rather than asking somebody for something."""
    return any(action["type"] in ("update", "delete") for action in suggestion["actions"])


def to_try(card: Json) -> list[Json]:
    """The recommended suggestion, and if there is none, each that mends something."""
    suggestions = card.get("suggestions", [])
    recommended = [s for s in suggestions if s.get("isRecommended") and mends(s)]
    return recommended or [s for s in suggestions if mends(s)]


def recommended(card: Json) -> Json | None:
    """The change that the card recommends, if it recommends one."""
    return next((s for s in card.get("suggestions", ()) if s.get("isRecommended") and mends(s)), None)


def topic_of(card: Json) -> str:
    """What the card is about."""
    topic: str = card["source"]["topic"]["code"]
    return topic


def rounds_until_settled(
    fire: Callable[[Any], list[Json]], take: Callable[[Any, Json], Any], order: Any
) -> list[list[str]]:
    """Go through the cards as a prescriber would: take what each recommends, sign again, until nothing is recommended.

    Within a round each topic is taken once, from the card as it then is. Gives what was taken in each round; stops
    after the fourth, which is one too many.
    """
    rounds: list[list[str]] = []
    while len(rounds) < 4:
        taken: list[str] = []
        for topic in [topic_of(card) for card in fire(order)]:
            card = next((c for c in fire(order) if topic_of(c) == topic), {})
            suggestion = recommended(card)
            if suggestion is not None:
                order = take(order, suggestion)
                taken.append(suggestion["label"])
        if not taken:
            break
        rounds.append(taken)
    return rounds
