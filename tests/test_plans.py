"""The dated calendar of a schedule: printed by ``ldn-cds plan``, shown at ``/plans``, linked from the cards that step."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cards import Dialect, Hook
from cards.titration import Standing, schedules
from cds_hooks.cli import main
from cds_hooks.settings import Settings
from tests.charts import D, a_review, card_of, ordering_ldn, taking_ldn, the_clinic
from tests.desks import Desk, assert_refused


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(main, ["plan", *arguments], env=environment)


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


# --- the command -----------------------------------------------------------------------------------------------------


def test_prints_the_usual_calendar_unless_another_is_named():
    result = run("--start", "2026-03-02")
    assert result.exit_code == 0
    assert result.output.startswith("Usual: 1.5 mg capsules\n")
    for said in (
        "Mon, Mar 2, 2026 to Sun, Mar 15, 2026\n  1.5\u00a0mg at bedtime: 1 capsule of 1.5\u00a0mg",
        "42 capsules of 1.5\u00a0mg for 28\u00a0days",
        "Mon, Mar 30, 2026\n  Review before 4.5\u00a0mg",
        "Mon, May 25, 2026",
        "go one step down",
        "For the prescriber.",
    ):
        assert said in result.output
    assert max(map(len, result.output.splitlines())) <= 80


@pytest.mark.parametrize("name", list(schedules()))
def test_every_schedule_has_a_calendar_or_says_why_not(name: str):
    result = run(name, "--start", "2026-03-02")
    one = schedules()[name]
    if one.steps and one.standing is not Standing.NEVER:
        assert result.exit_code == 0
        assert "Steps" in result.output
    else:
        assert result.exit_code == 2
        assert f"No calendar is made of {name}" in result.output


def test_lists_what_there_is():
    result = run("--list")
    assert result.exit_code == 0
    assert all(f"{name}  " in result.output for name in schedules())
    listed = json.loads(run("--list", "--json").output)["schedules"]
    assert [one["id"] for one in listed] == list(schedules())
    assert {one["id"] for one in listed if one["standing"] == "never"} == {"final-6", "detox-vlntx", "onlabel-ntx"}


def test_tells_the_same_as_json():
    told = json.loads(run("seed-1", "--start", "2026-03-02", "--json").output)
    assert told["start"] == "2026-03-02"
    assert [(step["mg"], step["from"], step["to"]) for step in told["steps"]][:2] == [
        (1, "2026-03-02", "2026-03-15"),
        (2, "2026-03-16", "2026-03-29"),
    ]
    assert told["fills"][0] | {"what": ""} == {
        "day": "2026-03-02",
        "mgPerUnit": 1,
        "unit": "capsule",
        "quantity": 84,
        "days": 42,
        "isAfterReview": False,
        "what": "",
        "lasting": "42\u00a0days",
    }


def test_a_sites_pace_shows():
    Path("ldn.toml").write_text("[numbers]\nstep_days = 7\n", "utf-8")
    told = json.loads(run("--start", "2026-03-02", "--json").output)
    assert [step["to"] for step in told["steps"]] == ["2026-03-08", "2026-03-15", None]
    assert told["fills"][0]["quantity"] == 21


def test_a_name_that_is_none_is_met_with_the_nearest():
    result = run("std1.5")
    assert result.exit_code == 2
    assert "There is no schedule std1.5. Did you mean std-1.5 or seed-1?" in result.output


def test_a_day_beyond_all_calendars_is_refused():
    result = run("--start", "9999-12-30")
    assert result.exit_code == 2
    assert "choose an earlier day" in result.output


# --- the page --------------------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """What stands in a page: its tags, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def get(path: str, desk: Desk | None = None, **headers: str) -> Any:
    return (desk or Desk(the_clinic())).client.get(path, headers=headers)


def test_the_page_shows_the_same_calendar():
    response = get("/plans/std-1.5?start=2026-03-02", Accept="text/html")
    assert response.status_code == 200
    assert response.mimetype == "text/html"
    page = Page(response.text)
    for said in ("Mon, Mar 2, 2026", "Sun, Mar 15, 2026", "42 capsules", "Review before 4.5 mg", "For the prescriber"):
        assert said in page.text
    asked_as_json = get("/plans/std-1.5?start=2026-03-02&format=json").json
    assert asked_as_json == json.loads(run("std-1.5", "--start", "2026-03-02", "--json").output)


def test_without_a_day_it_begins_today():
    assert get("/plans/std-1.5?format=json").json["start"] == "2024-05-06"
    assert get("/plans/std-1.5?start=&format=json").json["start"] == "2024-05-06"


def test_the_page_needs_no_script_and_no_style_of_its_own():
    for path in ("/plans", "/plans/std-1.5", "/plans/peds-crohn"):
        response = get(path, Accept="text/html")
        page = Page(response.text)
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        assert not [tag for tag, attributes in page.tags if tag in ("script", "style") or "style" in attributes]
        (style,) = [attributes["href"] for tag, attributes in page.tags if tag == "link"]
        assert get(str(style)).status_code == 200
        labels = {attributes.get("for") for tag, attributes in page.tags if tag == "label"}
        assert {attributes.get("id") for tag, attributes in page.tags if tag == "input"} <= labels


def test_a_new_day_is_asked_for_by_a_plain_form():
    page = Page(get("/plans/std-1.5", Accept="text/html").text)
    (form,) = [attributes for tag, attributes in page.tags if tag == "form"]
    assert (form["method"], form["action"]) == ("get", "/plans/std-1.5")
    (field,) = [attributes for tag, attributes in page.tags if tag == "input"]
    assert (field["type"], field["name"]) == ("date", "start")


def test_the_banner_says_that_it_is_a_demo():
    assert "Demo." in Page(get("/plans/std-1.5", Accept="text/html").text).text


def test_a_schedule_without_steps_is_told_and_has_no_calendar():
    page = Page(get("/plans/peds-crohn", Accept="text/html").text)
    assert "0.1 mg per kilogram" in page.text
    assert "No calendar is made of this schedule." in page.text
    assert not [tag for tag, _ in page.tags if tag == "form"]


def test_the_list_links_to_every_schedule():
    page = Page(get("/plans", Accept="text/html").text)
    linked = {attributes.get("href") for tag, attributes in page.tags if tag == "a"}
    assert {f"/plans/{name}" for name in schedules()} <= linked
    assert [one["id"] for one in get("/plans?format=json").json["schedules"]] == list(schedules())


@pytest.mark.parametrize("day", ["tomorrow", "2026-02-30", "20260302", "<b>", "9999-12-31"])
def test_a_day_that_is_none_is_refused_and_not_repeated(day: str):
    response = get(f"/plans/std-1.5?start={day}")
    assert_refused(response, 400, "start")
    assert "<b>" not in response.text


def test_a_schedule_that_is_none_is_not_found():
    response = get("/plans/ZzCanary")
    assert_refused(response, 404)
    assert "ZzCanary" not in response.text


def test_behind_a_path_of_a_proxy_its_own_addresses_keep_that_path():
    desk = Desk(the_clinic(), Settings(public_url="https://ehr.example/ldn"))
    page = Page(get("/plans/std-1.5", desk, Accept="text/html").text)
    inside = [attributes["href"] for tag, attributes in page.tags if tag in ("a", "link")]
    assert all(str(href).startswith(("/ldn/", "https://", "#")) for href in inside), inside


# --- links -----------------------------------------------------------------------------------------------------------

HERE = Dialect(plan_page_base="https://ldn.example/plans")


def calendars(card: dict[str, Any]) -> list[str]:
    return [link["url"] for link in card.get("links", ()) if "/plans/" in link["url"]]


def test_a_card_that_offers_a_stepped_start_links_to_its_calendar():
    card = card_of(a_review(ordering_ldn("4.5"), dialect=HERE), "ldn-start-dose-high")
    assert calendars(card) == [f"https://ldn.example/plans/std-1.5?start={D.isoformat()}"]
    (link,) = [link for link in card["links"] if "/plans/" in link["url"]]
    assert link["type"] == "absolute"
    assert "prescriber" in link["label"]


def test_a_card_that_recalls_the_next_step_links_to_the_schedule_it_follows():
    answer = a_review(taking_ldn("1", since=D - 21), hook=Hook.PATIENT_VIEW, dialect=HERE)
    assert calendars(card_of(answer, "ldn-next-step-due")) == [
        f"https://ldn.example/plans/seed-1?start={D.isoformat()}"
    ]


def test_a_card_that_steps_nothing_has_no_calendar():
    answer = a_review(taking_ldn("4.5", since=D - 112), hook=Hook.PATIENT_VIEW, dialect=HERE)
    assert calendars(card_of(answer, "ldn-benefit-review-due")) == []


def test_without_an_address_of_our_own_there_is_no_link():
    assert calendars(card_of(a_review(ordering_ldn("4.5")), "ldn-start-dose-high")) == []


def test_an_ehr_that_does_not_let_our_calendars_through_gets_no_link_to_them():
    elsewhere = Dialect(plan_page_base="https://ldn.example/plans", allowed_links=("https://ldn.example/rules",))
    assert calendars(card_of(a_review(ordering_ldn("4.5"), dialect=elsewhere), "ldn-start-dose-high")) == []


def test_a_service_with_a_public_address_links_to_itself_and_the_link_leads_somewhere():
    desk = Desk(the_clinic(), Settings(public_url="https://ldn.example"))
    body = {
        "hook": "order-sign",
        "context": {"patientId": "1", "draftOrders": {"entry": [{"resource": ordering_ldn("4.5").resource}]}},
        "prefetch": {"medicationRequests": None},
        "extension": {"ldn-cds.today": D.isoformat()},
    }
    urls = [url for card in desk.sign(body).json["cards"] for url in calendars(card)]
    assert urls == [f"https://ldn.example/plans/std-1.5?start={D.isoformat()}"]
    assert get(re.sub("https://ldn.example", "", urls[0]), desk).status_code == 200
