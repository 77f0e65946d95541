"""Every made-up patient front to back: over HTTP, in process, and against what its story says must come of it."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from fhir_fixtures import DISCLAIMER, HOOKS, SYNTHETIC, Scenario
from fhir_fixtures.build_scenarios import HERE, STORIES, differences
from fhir_fixtures.pieces import KEYS
from tests.charts import the_clinic
from tests.scenes import (
    SCENARIOS,
    actions_of,
    as_sent,
    findings_of,
    in_process,
    name_of,
    over_http,
    service_of,
    story_of,
    tidied,
)

every_scenario = pytest.mark.parametrize("scenario", SCENARIOS, ids=name_of)


@every_scenario
def test_the_cards_are_those_accepted(scenario: Scenario, accept: bool) -> None:
    sent = tidied(over_http(scenario))
    if accept:
        scenario.golden.write_text(sent, "utf-8")
        return
    assert scenario.golden.is_file(), (
        f"{name_of(scenario)} has no cards.json. Run pytest --accept and read what it wrote."
    )
    assert sent == scenario.golden.read_text("utf-8")


@every_scenario
def test_the_clinic_itself_says_what_the_service_says(scenario: Scenario) -> None:
    assert tidied(as_sent(in_process(scenario.hook, scenario.body, scenario))) == tidied(over_http(scenario))


@every_scenario
def test_what_the_story_says_must_come_of_it(scenario: Scenario) -> None:
    story = story_of(scenario)
    cards = json.loads(over_http(scenario))["cards"]
    spoken = findings_of(cards)
    said = " | ".join(f"[{card['indicator']}] {card['summary']}" for card in cards) or "nothing"
    told = f"{story.title} Said: {said}"
    if story.nothing:
        assert spoken == {}, told
        assert cards == [], told
    for rule, level in story.expect.items():
        assert spoken.get(rule) == level, f"{rule} must speak as {level}, not as {spoken.get(rule)}. {told}"
    others = {rule: level for rule, level in spoken.items() if rule not in story.expect}
    if story.expect or story.nothing:
        allowed = {
            rule: level
            for rule, level in others.items()
            if story.may.get(rule) == level or (level == "info" and not story.only and not story.nothing)
        }
        # A conflict between two drafts is one matter with two sides; either rule may carry it.
        if "same session" in story.tags:
            allowed |= {rule: level for rule, level in others.items() if level == "critical"}
        assert others == allowed, f"More was found than the story allows. {told}"
    heard = [rule for rule in story.silent if rule in spoken]
    assert not heard, f"{heard} must stay silent. {told}"


@every_scenario
def test_words_that_must_and_must_not_stand_on_a_card(scenario: Scenario) -> None:
    story = story_of(scenario)
    cards = json.loads(over_http(scenario))["cards"]
    words = "\n".join(f"{card['summary']}\n{card.get('detail', '')}" for card in cards)
    missing = [text for text in story.said if text not in words]
    assert not missing, f"{story.title} Nobody said {missing}: {words}"
    heard = [text for text in story.unsaid if text in words]
    assert not heard, f"{story.title} Somebody said {heard}: {words}"
    if story.cards is not None:
        assert len(cards) == story.cards, [card["summary"] for card in cards]
    for card in cards:
        rules = {entry["rule"] for entry in card["extension"]["ldn-cds.findings"]}
        if rules & set(story.open_choice):
            chosen = [s["label"] for s in card.get("suggestions", ()) if s.get("isRecommended")]
            assert not chosen, f"Nobody can know which is right, yet {chosen} is recommended."


@every_scenario
def test_a_summary_is_short_and_a_draft_has_four_cards_at_most(scenario: Scenario) -> None:
    cards = json.loads(over_http(scenario))["cards"]
    for card in cards:
        assert len(card["summary"]) < 140, card["summary"]
    drafts = max(len(story_of(scenario).drafts), 1)  # a chart that is opened is one matter
    assert len(cards) <= 4 * drafts
    # A review card raised to a warning by one of its items does not use up the warnings.
    levels = Counter(card["indicator"] for card in cards if len(card["extension"]["ldn-cds.findings"]) == 1)
    assert levels["critical"] <= drafts
    assert levels["warning"] <= 3 * drafts


@every_scenario
def test_no_suggestion_ends_what_must_go_on(scenario: Scenario) -> None:
    """No opioid, methadone, buprenorphine or full-dose naltrexone on the chart is stopped, held or deleted."""
    drafts = {f"{d['resourceType']}/{d['id']}" for d in scenario.drafts}
    for action in actions_of(json.loads(over_http(scenario))["cards"]):
        if action["type"] == "delete":
            assert action["resourceId"] in drafts, f"deletes {action['resourceId']}, which is no draft"
        if action["type"] != "update":
            continue
        changed = action["resource"]
        if f"{changed['resourceType']}/{changed['id']}" in drafts:
            assert changed.get("status") not in ("stopped", "cancelled", "completed", "ended", "entered-in-error")
        else:  # what is taken may be ended where it is low-dose naltrexone, and nothing else
            words = json.dumps(changed, default=str).lower()
            assert "naltrexone" in words, f"changes {changed['id']}, which is no naltrexone"
            assert "50 mg" not in words, f"changes {changed['id']}, which is full-dose naltrexone"


# --- the collection itself -------------------------------------------------------------------------------------------


def test_the_files_are_what_the_stories_write() -> None:
    told = differences()
    assert not told, f"Run python -m fhir_fixtures.build_scenarios: {told}"


def test_every_story_has_a_folder_and_every_folder_a_story() -> None:
    assert {name_of(scenario) for scenario in SCENARIOS} == set(STORIES)


def test_a_scenario_folder_holds_the_request_and_its_cards_and_nothing_else() -> None:
    for hook in HOOKS:
        for folder in (HERE / hook).iterdir():
            assert sorted(path.name for path in folder.iterdir()) == ["cards.json", "request.json"], folder.name


def test_every_request_says_that_it_is_made_up() -> None:
    for scenario in SCENARIOS:
        assert scenario.request["extension"][SYNTHETIC] == DISCLAIMER


def test_the_readme_has_a_row_for_every_scenario() -> None:
    text = (Path(HERE) / "README.md").read_text("utf-8")
    for scenario in SCENARIOS:
        assert f"| [{scenario.name}]({scenario.hook}/{scenario.name}) | {scenario.title} |" in text


def test_a_scenario_sends_what_its_service_asks_for() -> None:
    for hook in HOOKS:
        assert KEYS[hook] == service_of(hook).keys


def test_no_two_requests_share_a_hook_instance_by_accident() -> None:
    seen = Counter(scenario.request["hookInstance"] for scenario in SCENARIOS)
    assert [one for one, times in seen.items() if times > 1] == []


GROUPS = ("classification", "dose", "timing", "formulation", "opioid-conflict", "opioid-order", "data")
"""The groups whose every rule has a scenario in which it speaks, and one in which it is told to stay silent."""
NEVER_SPEAKS = {
    "naltrexone-onlabel-protect",  # silences others
    "naltrexone-compounded-copy-of-marketed-strength",  # a site's choice, off as delivered
}


def test_every_rule_speaks_in_some_scenario_at_every_level_it_has() -> None:
    heard = defaultdict(set)
    for story in STORIES.values():
        for rule, level in story.expect.items():
            heard[rule].add(level)
    for rule in the_clinic().book.rules:
        if rule.page.group in GROUPS and rule.page.rule not in NEVER_SPEAKS:
            assert heard[rule.page.rule], f"{rule.page.rule} speaks in no scenario"
