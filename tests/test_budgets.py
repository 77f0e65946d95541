"""What is merely due is said only as often as the page of its rule allows, per patient, over HTTP, on both databases."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cards import Clinic
from cards.budgets import After, Budget, Per, Showing, spent
from cards.numbers import Quantity
from cds_hooks.callers import Caller, Everybody
from cds_hooks.memory.showings import question
from cds_hooks.settings import Settings
from cds_hooks.tables import CALLS, CARDS
from tests.charts import D, Fact, dispensed, having, taking_ldn, the_clinic
from tests.desks import Desk
from tests.memories import BEGAN, Practice, a_practice, overridden

NEXT_STEP = "ldn-next-step-due"
BENEFIT = "ldn-benefit-review-due"
REFILL = "ldn-refill-lead-time"
OVERLAP = "ldn-opioid-overlap-on-chart"
RESTART = "ldn-restart-after-opioid"


@pytest.fixture
def practice(database: str) -> Iterator[Practice]:
    with a_practice(database) as practice:
        yield practice


def rules(cards: list[dict[str, Any]]) -> set[str]:
    return {one["rule"] for card in cards for one in card["extension"]["ldn-cds.findings"]}


def opens(practice: Practice, after: int, *facts: Fact, **options: Any) -> set[str]:
    """The rules that speak when the chart is opened so many days after the first time."""
    return rules(_cards(practice, after, *facts, **options))


def _cards(practice: Practice, after: int, *facts: Fact, **options: Any) -> list[dict[str, Any]]:
    practice.clock.at = BEGAN
    practice.clock.pass_(days=after)
    return practice.calls(*facts, hook=options.pop("hook", "patient-view"), today=D + after, **options)


def at_start_dose(since: date = D - 20) -> Fact:
    return taking_ldn("1.5", since=since)


def at_target() -> Fact:
    return taking_ldn("4.5", since=D - 100)


def order_without_refills() -> Fact:
    one_fill = {"numberOfRepeatsAllowed": 0, "expectedSupplyDuration": {"value": 30, "code": "d"}}
    return taking_ldn("4.5", since=D - 40, dispenseRequest=one_fill)


def filled(until: date) -> Fact:
    return dispensed("naltrexone 4.5 mg capsule", on=date.fromordinal(until.toordinal() - 30), days=30)


def oxycodone(mg: int = 5, *, on: date = D - 6) -> Fact:
    return dispensed(f"oxycodone {mg} mg tablet", on=on, days=90)


# --- shown -----------------------------------------------------------------------------------------------------------


def test_a_next_step_is_said_again_on_the_thirtieth_day_and_not_on_the_twenty_ninth(practice: Practice):
    assert NEXT_STEP in opens(practice, 0, at_start_dose())
    assert NEXT_STEP not in opens(practice, 0, at_start_dose())
    assert NEXT_STEP not in opens(practice, 29, at_start_dose())
    assert NEXT_STEP in opens(practice, 30, at_start_dose())
    assert NEXT_STEP not in opens(practice, 59, at_start_dose())
    assert NEXT_STEP in opens(practice, 60, at_start_dose())


def test_a_next_step_is_not_said_twice_in_thirty_days_though_the_dose_is_another(practice: Practice):
    assert NEXT_STEP in opens(practice, 0, at_start_dose())
    assert NEXT_STEP not in opens(practice, 15, taking_ldn("2", since=D))
    assert NEXT_STEP in opens(practice, 30, taking_ldn("2", since=D))


def test_days_are_those_of_the_calendar(practice: Practice):
    assert NEXT_STEP in opens(practice, 0, at_start_dose())
    practice.clock.at = BEGAN
    practice.clock.pass_(days=29, hours=13, minutes=59)  # one minute before midnight of the 29th day
    assert NEXT_STEP not in rules(practice.calls(at_start_dose(), hook="patient-view"))
    practice.clock.pass_(minutes=1)
    assert NEXT_STEP in rules(practice.calls(at_start_dose(), hook="patient-view"))


def test_a_review_of_benefit_is_said_again_on_the_ninetieth_day_and_not_on_the_eighty_ninth(practice: Practice):
    assert BENEFIT in opens(practice, 0, at_target())
    assert BENEFIT not in opens(practice, 89, at_target())
    assert BENEFIT in opens(practice, 90, at_target())


def test_the_end_of_a_supply_is_said_once_and_the_end_of_the_next_one_again(practice: Practice):
    first = filled(D + 5)
    assert REFILL in opens(practice, 0, order_without_refills(), first)
    assert REFILL not in opens(practice, 1, order_without_refills(), first)
    assert REFILL not in opens(practice, 5, order_without_refills(), first)
    assert REFILL in opens(practice, 30, order_without_refills(), first, filled(D + 35))
    assert REFILL not in opens(practice, 31, order_without_refills(), first, filled(D + 35))


def test_the_day_of_a_restart_is_said_once_for_each_course(practice: Practice):
    held = taking_ldn("4.5", status="on-hold")
    course = dispensed("oxycodone 5 mg tablet", on=D - 14, days=6)
    assert RESTART in opens(practice, 0, held, course)
    assert RESTART not in opens(practice, 1, held, course)
    assert RESTART in opens(practice, 1, held, course, dispensed("oxycodone 5 mg tablet", on=D - 8, days=6))


def test_a_refill_that_is_asked_for_shares_the_budget_of_an_opened_chart(practice: Practice):
    asked = taking_ldn("1.5", since=D - 20)
    bundle = {"resourceType": "Bundle", "entry": [{"resource": asked.resource | {"id": "asked", "status": "draft"}}]}
    for hook, wanted in (("medication-refill", True), ("patient-view", False)):
        context = {"userId": "Practitioner/1", "patientId": "anna-example"}
        if hook == "medication-refill":
            context["medications"] = bundle
        assert (NEXT_STEP in opens(practice, 0, asked, hook=hook, context=context)) is wanted


# --- acknowledged ----------------------------------------------------------------------------------------------------


def answers(practice: Practice, card: str, after: int, outcome: str = "overridden", code: str = "") -> None:
    """Feedback about a card, so many days after the first."""
    practice.clock.at = BEGAN
    practice.clock.pass_(days=after, minutes=1)
    at = practice.clock.at.isoformat(timespec="seconds").replace("+00:00", "Z")
    item = overridden(card, code, at=at)
    if outcome == "accepted":
        item = {"card": card, "outcome": "accepted", "acceptedSuggestions": [{"id": "hold"}], "outcomeTimestamp": at}
    practice.tells(item, hook="patient-view")


def overlap(practice: Practice, after: int, *facts: Fact) -> str:
    """The overlap's card."""
    (card,) = [card for card in _cards(practice, after, *facts) if OVERLAP in rules([card])]
    return str(card["uuid"])


@pytest.mark.parametrize(("outcome", "code"), [("overridden", ""), ("accepted", "")])
def test_an_overlap_is_shown_until_somebody_answers_and_again_thirty_days_after(
    practice: Practice, outcome: str, code: str
):
    facts = (taking_ldn("4.5", since=D - 60), oxycodone())
    card = overlap(practice, 0, *facts)
    assert OVERLAP in opens(practice, 1, *facts)
    answers(practice, card, 3, outcome, code)
    assert OVERLAP not in opens(practice, 3, *facts)
    assert OVERLAP not in opens(practice, 32, *facts)
    assert OVERLAP in opens(practice, 33, *facts)


@pytest.mark.parametrize("code", ["need-more-info", "mitigate-risk-negative-outcome"])
def test_who_has_not_decided_yet_has_not_acknowledged(practice: Practice, code: str):
    facts = (taking_ldn("4.5", since=D - 60), oxycodone())
    answers(practice, overlap(practice, 0, *facts), 0, code=code)
    assert OVERLAP in opens(practice, 1, *facts)


def test_a_client_whose_clock_is_ahead_gains_no_days(practice: Practice):
    facts = (taking_ldn("4.5", since=D - 60), oxycodone())
    card = overlap(practice, 0, *facts)
    practice.tells(overridden(card, "", at="2031-01-01T00:00:00Z"), hook="patient-view")
    assert OVERLAP not in opens(practice, 29, *facts)
    assert OVERLAP in opens(practice, 30, *facts)


@pytest.mark.parametrize(
    "changed",
    [
        (taking_ldn("4.5", since=D - 60), oxycodone(10)),
        (taking_ldn("4.5", since=D - 60), oxycodone(), dispensed("tramadol 50 mg tablet", on=D - 2, days=60)),
        (taking_ldn("3", since=D - 60), oxycodone()),
    ],
    ids=["a stronger tablet", "one more opioid", "another dose of naltrexone"],
)
def test_what_is_new_about_an_overlap_is_said_at_once(practice: Practice, changed: tuple[Fact, ...]):
    facts = (taking_ldn("4.5", since=D - 60), oxycodone())
    answers(practice, overlap(practice, 0, *facts), 0)
    assert OVERLAP not in opens(practice, 1, *facts)
    assert OVERLAP in opens(practice, 1, *changed)


def test_an_overlap_that_was_acknowledged_still_holds_the_next_step_back(practice: Practice):
    facts = (at_start_dose(), oxycodone())
    answers(practice, overlap(practice, 0, *facts), 0)
    assert opens(practice, 1, *facts) == set()


# --- whose, and which card -------------------------------------------------------------------------------------------


def test_another_patient_is_asked_about(practice: Practice):
    assert NEXT_STEP in opens(practice, 0, at_start_dose())
    body = practice.last_body
    body["context"]["patientId"] = "somebody-else"
    answer = practice.desk.post("/cds-services/ldn-patient-view", body)
    assert NEXT_STEP in rules(answer.json["cards"])


def test_another_client_is_told_too(database: str):
    for name in ("north", "south"):
        with a_practice(database, Everybody(Caller(name))) as practice:
            assert NEXT_STEP in opens(practice, 0, at_start_dose())
            assert NEXT_STEP not in opens(practice, 1, at_start_dose())


def test_a_card_that_did_not_leave_does_not_count(practice: Practice):
    assert NEXT_STEP in opens(practice, 0, at_start_dose())
    assert NEXT_STEP not in opens(practice, 20, at_start_dose())  # kept as not-due, and no reason to wait longer
    assert NEXT_STEP in opens(practice, 30, at_start_dose())


def test_a_chart_without_such_a_finding_costs_no_question(practice: Practice, monkeypatch: pytest.MonkeyPatch):
    asked: list[str] = []
    reading = practice.store._line.reading

    def counted() -> Any:
        asked.append("asked")
        return reading()

    monkeypatch.setattr(practice.store._line, "reading", counted)
    opens(practice, 0, having("M79.7", "Fibromyalgia"))
    opens(practice, 1, taking_ldn("4.5", since=D - 30))
    quiet = len(asked)
    opens(practice, 4, at_start_dose())
    assert len(asked) - quiet == 3  # the rules that are not heard (looked up anew), overrides, and what was said before


def test_what_was_said_before_is_found_by_the_patient(tmp_path: Path):
    with a_practice(f"sqlite:///{tmp_path / 'ldn.sqlite3'}") as practice, practice.store._line.reading() as cursor:
        asked = f"EXPLAIN QUERY PLAN {question([NEXT_STEP])}"
        plan = [row[3] for row in cursor.execute(asked, ("patient", "tenant", "client", "live", NEXT_STEP))]
    assert plan[0] == "SEARCH k USING INDEX call_by_patient (patient=? AND tenant=?)"
    assert not any(step.startswith("SCAN") for step in plan)


def test_nothing_is_held_back_where_a_site_chose_so(database: str):
    with a_practice(database, keeps_budgets=False) as practice:
        assert NEXT_STEP in opens(practice, 0, at_start_dose())
        assert NEXT_STEP in opens(practice, 0, at_start_dose())


def test_a_demo_says_it_each_time_and_production_does_not_unless_told_otherwise():
    assert not Settings().holds_budgets
    assert Settings(display_budgets=True).holds_budgets
    assert Settings(profile="production").holds_budgets
    assert not Settings(profile="production", display_budgets=False).holds_budgets


# --- what is told of it ----------------------------------------------------------------------------------------------


def test_what_was_held_back_is_kept_with_the_day_from_which_it_may_be_said(practice: Practice):
    opens(practice, 0, at_start_dose())
    opens(practice, 10, at_start_dose())
    words = "said on May 6, 2024, not again before Jun 5, 2024"
    assert [card.mode for card in practice.rows(CARDS)].count("not-due") == 1
    silenced = [one for call in practice.rows(CALLS) for one in json.loads(call.facts_json)["silenced"]]
    assert [(one["rule"], one["way"], one["told"]) for one in silenced] == [
        (NEXT_STEP, "said lately and not due again", words)
    ]


def test_the_trace_says_when_it_was_said_and_when_it_may_be_again(practice: Practice):
    one_fill = {"numberOfRepeatsAllowed": 0, "expectedSupplyDuration": {"value": 35, "code": "d"}}
    order = taking_ldn("1.5", since=D - 20, dispenseRequest=one_fill)
    assert opens(practice, 0, order) == {NEXT_STEP}
    assert opens(practice, 10, order) == {REFILL}  # a card of its own: only an answer with a card is explained
    assert practice.store.finish()
    calls = sorted(practice.rows(CALLS), key=lambda call: call.answered_at)
    trace = json.loads(zlib.decompress(calls[-1].trace))
    (rule,) = [one for one in trace["rules"] if one["rule"] == NEXT_STEP]
    assert rule["outcome"] == "silenced"
    (finding,) = rule["findings"]
    assert finding["place"] == "not said: said on May 6, 2024, not again before Jun 5, 2024"
    assert finding["way"] == "said lately and not due again"


def test_a_showing_of_which_the_record_tells_too_little_holds_nothing_back():
    once = {"a": Budget(Per.OCCASION, After.SHOWN, occasion="supply")}
    assert spent(once, [Showing("a", D)], D + 1) == {}
    ((key, why),) = spent(once, [Showing("a", D, "2026-03-09")], D + 400).items()
    assert key == ("a", "2026-03-09")
    assert why.words == "said on Mar 2, 2026, not again for this supply"


def test_a_site_may_choose_other_days(database: str):
    clinic = Clinic.open({f"{NEXT_STEP}.say_again_after": Decimal(7)})
    with a_practice(database) as practice:
        practice.desk = Desk(clinic, store=practice.store, today=lambda: practice.day)
        assert NEXT_STEP in opens(practice, 0, at_start_dose())
        assert NEXT_STEP not in opens(practice, 6, at_start_dose())
        (card,) = [card for card in _cards(practice, 7, at_start_dose()) if NEXT_STEP in rules([card])]
        assert "say-again-after" in card["detail"]


def test_these_rules_have_a_budget_and_no_others():
    budgets = {rule.page.rule: rule.page.budget for rule in the_clinic().book.rules if rule.page.budget is not None}
    assert {rule: (one.per, one.after, one.days) for rule, one in budgets.items()} == {
        NEXT_STEP: (Per.PATIENT, After.SHOWN, 30),
        BENEFIT: (Per.PATIENT, After.SHOWN, 90),
        REFILL: (Per.OCCASION, After.SHOWN, None),
        RESTART: (Per.OCCASION, After.SHOWN, None),
        OVERLAP: (Per.EVIDENCE, After.ACKNOWLEDGED, 30),
        "naltrexone-opioid-overlap-on-chart": (Per.EVIDENCE, After.ACKNOWLEDGED, 30),
    }


def test_a_budget_reads_as_a_sentence():
    days = Quantity(30, "d")
    assert Budget(Per.PATIENT, After.SHOWN, "n", days).words.startswith(
        "Once per patient in 30\u00a0days, counted from"
    )
    assert "accepted or set aside" in Budget(Per.EVIDENCE, After.ACKNOWLEDGED, "n", days).words
    assert Budget(Per.OCCASION, After.SHOWN, occasion="supply").words == "Once per supply."
