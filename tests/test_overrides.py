"""What was overridden with a coded reason is not said again on the same evidence; what is new is."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from cards.writing import Dialect
from cds_hooks.callers import Caller, Everybody
from cds_hooks.tables import CARDS, OVERRIDES
from tests.charts import D, Fact, dispensed, failed, having, ordering_ldn
from tests.memories import Practice, a_practice, overridden

PAIN = having("M79.7", "Fibromyalgia")


@pytest.fixture
def practice(database: str) -> Iterator[Practice]:
    with a_practice(database) as practice:
        yield practice


def tramadol(mg: int = 50, *, on: date = D - 10) -> Fact:
    return dispensed(f"tramadol {mg} mg tablet", on=on, days=60)


def rules(cards: list[dict[str, Any]]) -> set[str]:
    return {one["rule"] for card in cards for one in card["extension"]["ldn-cds.findings"]}


def conflict(practice: Practice, *facts: Fact, **options: Any) -> bool:
    """Whether the service warns of the opioid now."""
    return "ldn-order-active-opioid" in rules(practice.calls(*facts, **options))


def override(practice: Practice, *facts: Fact, code: str = "documented-co-therapy-plan") -> None:
    cards = practice.calls(*facts)
    (card,) = [card for card in cards if "ldn-order-active-opioid" in rules([card])]
    practice.tells(overridden(card["uuid"], code))


SAME = (ordering_ldn("1.5"), PAIN, tramadol())


def test_is_not_said_again_for_ninety_days_on_the_same_evidence(practice: Practice):
    override(practice, *SAME)
    (kept,) = practice.rows(OVERRIDES)
    assert (kept.rule, kept.reason) == ("ldn-order-active-opioid", "documented-co-therapy-plan")
    assert kept.until == "2024-08-04T10:00:00.000000Z"
    practice.clock.pass_(days=89)
    assert not conflict(practice, ordering_ldn("1.5"), PAIN, tramadol())
    practice.clock.pass_(days=2)
    assert conflict(practice, *SAME)


def test_is_kept_as_remembered_though_it_is_not_returned(practice: Practice):
    override(practice, *SAME)
    practice.calls(*SAME)
    modes = [(card.rule, card.mode) for card in practice.rows(CARDS) if card.rule == "ldn-order-active-opioid"]
    assert sorted(modes) == [("ldn-order-active-opioid", "live"), ("ldn-order-active-opioid", "remembered")]


@pytest.mark.parametrize(
    "facts",
    [
        (ordering_ldn("3"), PAIN, tramadol()),
        (ordering_ldn("1.5"), PAIN, dispensed("oxycodone 5 mg tablet", on=D - 10, days=60)),
        (*SAME, dispensed("oxycodone 5 mg tablet", on=D - 10, days=60)),
        (ordering_ldn("1.5"), PAIN, tramadol(100)),
    ],
    ids=["another dose of naltrexone", "another opioid", "one more opioid", "a stronger tablet"],
)
def test_is_said_again_when_the_evidence_is_new(practice: Practice, facts: tuple[Fact, ...]):
    override(practice, *SAME)
    assert conflict(practice, *facts)


TELL_THE_EVIDENCE = """
from tests.charts import a_review, dosage, ordering_ldn
twice = dosage("1.5", text="Take 1 capsule (1.5 mg) by mouth in the morning, at noon and at bedtime", per_day=3)
answer = a_review(ordering_ldn("1.5", dosageInstruction=[twice]))
assert len(answer.chart.orders[0].dosing.steps[0].when) > 1
print({one.page.rule: one.evidence_in(answer.chart) for one in answer.review.judged})
"""


def test_the_evidence_is_the_same_for_every_process_that_answers():
    """What has no order by itself, such as times of day, stands in another order in each process."""
    told = {
        subprocess.run(
            [sys.executable, "-c", TELL_THE_EVIDENCE],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2", "3", "4")
    }
    assert len(told) == 1
    assert "ldn-split-daily-dosing" in told.pop()


@pytest.mark.parametrize("code", ["", "need-more-info", "mitigate-risk-negative-outcome"])
def test_a_reason_that_closes_nothing_is_not_remembered(practice: Practice, code: str):
    override(practice, *SAME, code=code)
    assert conflict(practice, *SAME)


def test_another_patient_and_another_tenant_are_warned(practice: Practice):
    override(practice, *SAME)
    body = practice.last_body
    body["context"]["patientId"] = "somebody-else"
    assert rules(practice.desk.sign(body).json["cards"]) == {"ldn-order-active-opioid"}


def test_nothing_is_remembered_where_a_site_chose_so(database: str):
    with a_practice(database, days_of_overrides=0) as practice:
        override(practice, *SAME)
        assert practice.rows(OVERRIDES) == []
        assert conflict(practice, *SAME)


def test_that_a_list_could_not_be_read_is_said_each_time(practice: Practice):
    facts = (ordering_ldn("1.5"), PAIN, failed("medicationRequests"))
    (card,) = [card for card in practice.calls(*facts) if "ldn-med-list-unreadable" in rules([card])]
    practice.tells(overridden(card["uuid"], "checked-manually"))
    assert "ldn-med-list-unreadable" in rules(practice.calls(*facts))


def test_advice_on_the_dose_that_the_conflict_withheld_is_given_once_it_is_overridden(practice: Practice):
    steep = (ordering_ldn("4.5"), PAIN, tramadol())
    assert rules(practice.calls(*steep)) == {"ldn-order-active-opioid"}
    override(practice, *steep)
    assert "ldn-start-dose-high" in rules(practice.calls(*steep))


def test_what_was_said_while_choosing_is_not_repeated_at_signing_where_the_client_asks(database: str):
    facts = (ordering_ldn("1.5"), PAIN, failed("conditions"), dispensed("tramadol 50 mg tablet", on=D - 40, days=33))
    for repeats, days in ((True, 90), (False, 90), (False, 0)):  # also where no override is remembered
        callers = Everybody(Caller(f"client-{repeats}-{days}", Dialect(repeats_at_sign=repeats)))
        with a_practice(database, callers, days_of_overrides=days) as practice:
            said = practice.calls(*facts, hook="order-select")
            assert {card["indicator"] for card in said} == {"warning"}
            again = rules(practice.calls(*facts)) & rules(said)
            assert again == (rules(said) if repeats else set())
            practice.clock.pass_(days=1)
            assert rules(practice.calls(*facts)) >= rules(said)
