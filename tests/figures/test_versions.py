"""When a version of a rule took the place of another, and how each did."""

from __future__ import annotations

from datetime import timedelta

from cds_hooks.databases import reading
from cds_hooks.figures.measures import Scope
from cds_hooks.figures.statistics import Share
from cds_hooks.figures.versions import by_version, version_changes
from tests.figures.history import NOW

MONTH = Scope.last(30, NOW)


def test_a_version_that_takes_the_place_of_another_is_a_change_and_the_first_is_none(history):
    history.card("ldn-a", days_ago=9, rule_version="1.0.0")
    history.card("ldn-a", days_ago=4, rule_version="1.1.0")
    history.card("ldn-a", days_ago=2, rule_version="1.1.0")
    history.card("ldn-b", days_ago=3, rule_version="2.0.0")
    with reading(history.engine) as connection:
        (change,) = version_changes(connection, MONTH)
    assert (change.rule, change.mode, change.day) == ("ldn-a", "version 1.1.0", (NOW - timedelta(days=4)).date())


def test_each_version_has_its_own_figures(history):
    history.feedback(history.card("ldn-a", days_ago=9, outcome="overridden"))
    judged = history.card("ldn-a", days_ago=5, outcome="accepted", rule_version="1.1.0")
    history.verdict(judged)
    history.verdict(judged, "inappropriate", is_second=True, reviewer="ben")
    history.card("ldn-a", days_ago=3, rule_version="1.1.0", mode="silent")
    history.card("ldn-b", days_ago=3, rule_version="1.1.0")
    history.card("ldn-a", days_ago=40, rule_version="0.9.0")
    with reading(history.engine) as connection:
        newer, older = by_version(connection, MONTH, "ldn-a")
    assert (newer.version, older.version) == ("1.1.0", "1.0.0")
    assert (newer.first, newer.last) == ((NOW - timedelta(days=5)).date(), (NOW - timedelta(days=3)).date())
    assert (newer.figures.cards, newer.figures.silent) == (1, 1)
    assert (newer.figures.acceptance, newer.figures.ppv) == (Share(1, 1), Share(1, 1))
    assert (older.figures.acceptance, older.figures.ppv) == (Share(0, 1), Share(0, 0))


def test_the_versions_of_other_tenants_are_not_counted(history):
    history.card("ldn-a", tenant="t2")
    with reading(history.engine) as connection:
        assert by_version(connection, Scope.last(30, NOW, ("t1",)), "ldn-a") == []
        assert version_changes(connection, Scope.last(30, NOW, ("t1",))) == []
