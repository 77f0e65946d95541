"""What the dashboard counts, and what it must not count."""

from __future__ import annotations

from datetime import timedelta

from cds_hooks.databases import reading
from cds_hooks.figures.measures import Scope, by_rule, changes, most_refused, overview, weeks
from cds_hooks.figures.statistics import Share
from tests.figures.history import NOW

MONTH = Scope.last(30, NOW)


def counted(history, scope=MONTH):
    with reading(history.engine) as connection:
        return overview(connection, scope)


def test_burden_is_cards_for_a_hundred_orders_of_naltrexone(history):
    for _ in range(3):
        history.call()
    history.card(indicator="info")
    figures = counted(history)
    assert (figures.naltrexone_orders, figures.cards, figures.burden) == (4, 1, 25.0)
    assert figures.interruptive_burden == 0
    assert figures.quiet == Share(3, 4)


def test_without_an_order_there_is_no_burden(history):
    assert counted(history).burden is None
    assert counted(history).latency == {"p50": None, "p95": None, "p99": None}


def test_a_card_nobody_answered_is_neither_accepted_nor_overridden(history):
    accepted = history.card(outcome="accepted")
    history.feedback(accepted)
    history.card(outcome="overridden", reason="data-wrong")
    for _ in range(2):
        history.card()
    figures = counted(history)
    assert figures.accepted == Share(1, 2)
    assert figures.coverage == Share(2, 4)
    assert not figures.tells_acceptance
    assert figures.reasons == {"data-wrong": 1}


def test_coverage_leaves_out_the_cards_of_clients_that_send_no_feedback(history):
    history.feedback(history.card(outcome="accepted"))
    history.card(client="south")
    figures = counted(history)
    assert figures.coverage == Share(1, 1)
    assert figures.tells_acceptance


def test_a_silent_card_is_no_burden_and_is_counted_apart(history):
    history.card(mode="silent")
    figures = counted(history)
    assert (figures.cards, figures.silent_cards) == (0, 1)


def test_what_cannot_be_told_does_not_count_in_the_predictive_value(history):
    for verdict in ("appropriate", "needs-change", "inappropriate", "cannot-tell", "appropriate"):
        history.verdict(history.card(), verdict)
    assert counted(history).judged == Share(2, 4)


def test_a_verdict_that_was_undone_does_not_count(history):
    card = history.card()
    history.verdict(card, "inappropriate", undone_at="2026-11-24T10:00:00.000000Z")
    history.verdict(card, "appropriate")
    assert counted(history).judged == Share(1, 1)


def test_a_silence_that_should_have_been_a_card_is_a_miss(history):
    history.verdict(history.call(), "inappropriate")
    history.verdict(history.call(), "appropriate")
    figures = counted(history)
    assert figures.missed == Share(1, 2)
    assert figures.judged == Share(0, 0)


def test_agreement_is_of_cards_that_two_people_judged(history):
    for first, second in (
        ("appropriate", "appropriate"),
        ("inappropriate", "inappropriate"),
        ("appropriate", "inappropriate"),
    ):
        card = history.card()
        history.verdict(card, first)
        history.verdict(card, second, reviewer="bob", is_second=True)
    history.verdict(history.card(), "appropriate")
    figures = counted(history)
    assert figures.doubly_reviewed == 3
    assert figures.agreement is not None
    assert round(figures.agreement, 2) == 0.4
    assert figures.judged == Share(3, 4)


def test_an_override_that_was_right_is_justified(history):
    for response in ("right", "wrong", "cannot-tell"):
        history.verdict(history.card(outcome="overridden"), "appropriate", response_verdict=response)
    assert counted(history).justified == Share(1, 2)


def test_gaps_are_told_by_client_and_kind_of_data(history):
    history.call(states_json='{"conditions": "not_sent", "allergies": "received"}', unchecked=2)
    history.call(states_json='{"conditions": "failed"}', client="south")
    figures = counted(history)
    assert figures.gaps == {"north": {"conditions": 1}, "south": {"conditions": 1}}
    assert figures.unchecked == Share(1, 2)


def test_another_tenants_figures_are_not_counted(history):
    history.card(tenant="t2")
    history.card()
    assert counted(history, Scope.last(30, NOW, ("t1",))).cards == 1
    assert counted(history, Scope.last(30, NOW, ())).cards == 0
    assert counted(history).cards == 2


def test_the_last_thirty_days_begin_thirty_days_ago(history):
    history.card(days_ago=30)
    history.card(days_ago=30.01)
    assert counted(history).cards == 1


def test_weeks_end_with_the_last_day(history):
    history.card(indicator="critical", days_ago=1)
    history.card(indicator="info", days_ago=8)
    with reading(history.engine) as connection:
        found = weeks(connection, Scope.last(13, NOW))
    assert [(week.orders, dict(week.cards)) for week in found] == [(1, {"info": 1}), (1, {"critical": 1})]
    assert found[-1].begins + timedelta(days=6) == NOW.date()


def test_a_change_of_a_rule_stands_at_its_day(history):
    history.changed("ldn-a", days_ago=3)
    history.changed("ldn-b", days_ago=40)
    with reading(history.engine) as connection:
        (change,) = changes(connection, MONTH)
    assert (change.rule, change.mode, change.day) == ("ldn-a", "silent", (NOW - timedelta(days=3)).date())


def test_each_rule_has_its_own_figures(history):
    history.feedback(history.card("ldn-a", outcome="overridden"))
    history.card("ldn-a", mode="silent")
    history.verdict(history.card("ldn-b", outcome="accepted", days_ago=2), "appropriate")
    with reading(history.engine) as connection:
        figures = by_rule(connection, MONTH)
    assert (figures["ldn-a"].cards, figures["ldn-a"].silent, figures["ldn-a"].spoke) == (1, 1, 2)
    assert figures["ldn-a"].acceptance == Share(0, 1)
    assert figures["ldn-b"].ppv == Share(1, 1)
    assert sum(figures["ldn-b"].days) == 1
    assert figures["ldn-b"].days[-3] == 1


def test_rules_are_ranked_by_what_became_of_their_cards_once_enough_were_answered(history):
    for rule, accepted, overridden in (("ldn-a", 4, 1), ("ldn-b", 1, 4), ("ldn-few", 0, 4)):
        for outcome in ["accepted"] * accepted + ["overridden"] * overridden:
            history.card(rule, outcome=outcome)
    with reading(history.engine) as connection:
        ranked = most_refused(by_rule(connection, MONTH).values())
    assert [one.rule for one in ranked] == ["ldn-b", "ldn-a"]
