"""How long hypothesis looks (``HYPOTHESIS_PROFILE=nightly`` for longer), and a desk to knock at."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from tests.databases import database, postgresql  # noqa: F401 - fixtures

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from cards.chart import Chart
    from cards.pages import Rule, RuleBook
    from tests.desks import Desk

# The same examples in every run, so that a change is not blamed for what chance found; nightly looks elsewhere too.
settings.register_profile("ordinary", max_examples=500, deadline=None, derandomize=True,
                          suppress_health_check=[HealthCheck.too_slow])  # fmt: skip
settings.register_profile("nightly", max_examples=20_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ordinary"))


@pytest.fixture(autouse=True, scope="session")
def a_memory_elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let a service that a test starts keep its database elsewhere than where the test was started from."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LDN_DATABASE", f"sqlite:///{tmp_path_factory.mktemp('memory') / 'ldn.sqlite3'}")
        yield


@pytest.fixture(autouse=True, scope="session")
def an_answer_is_read_whole() -> Iterator[None]:
    """Let Flask's client close each answer, as a server does: what is told of an answer is told when it has left."""
    from flask import Flask
    from flask.testing import FlaskClient

    class WholeAnswers(FlaskClient):
        def open(self, *args: Any, **options: Any) -> TestResponse:
            return super().open(*args, **{"buffered": True} | options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Flask, "test_client_class", WholeAnswers)
        yield


@pytest.fixture(autouse=True, scope="session")
def what_is_passed_over_has_nothing_to_say() -> Iterator[None]:
    """Ask every rule that a review passes over all the same, in every test: it finds nothing and misses nothing."""
    from cards.pages import RuleBook as Book  # not above: a test of one table should not load the rules

    worth_asking = Book.worth_asking

    def all_asked(book: RuleBook, chart: Chart, subjects: frozenset[str]) -> tuple[Rule, ...]:
        asked = worth_asking(book, chart, subjects)
        for rule in book.to_ask(chart.hook, subjects):
            if any(rule is one for one in asked):
                continue
            found = list(rule.judge(chart, rule.numbers))  # raising Unanswered fails the test as well
            assert not found, f"{rule.page.rule} is not asked, but would say {[one.circumstance for one in found]}"
        return asked

    Book.worth_asking = all_asked  # type: ignore[method-assign]
    yield
    Book.worth_asking = worth_asking  # type: ignore[method-assign]


@pytest.fixture
def desk() -> Desk:
    """A service around a clinic that has nothing to say."""
    from tests.desks import Desk  # not above: a test of one rule should not load a web service

    return Desk()


@pytest.fixture
def client(desk: Desk) -> FlaskClient:
    """A caller of that service."""
    return desk.client


@pytest.fixture
def post(desk: Desk) -> Callable[..., TestResponse]:
    """``post(path, body)`` to that service."""

    def send(path: str, body: Any, **options: Any) -> TestResponse:
        return desk.post(path, body, **options)

    return send


NOT_BROWSED = "the pages were NOT tested in a browser"
"""What the reason says with which tests of pages are skipped."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly when no browser looked at the pages: a skipped test is otherwise one letter in a row of dots."""
    skipped = [one for one in terminalreporter.stats.get("skipped", ()) if NOT_BROWSED in str(one.longrepr)]
    if skipped:
        terminalreporter.section("NO BROWSER", sep="!", red=True, bold=True)
        terminalreporter.write_line(f"{len(skipped)} tests were skipped: {NOT_BROWSED}.", red=True, bold=True)
        terminalreporter.write_line("Install Chromium (Debian: apt-get install chromium) and run them again.")


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--accept`` takes the cards as they are now for those expected; the difference is read like code."""
    parser.addoption("--accept", action="store_true", help="rewrite cards.json of the scenarios")


@pytest.fixture(scope="session")
def accept(request: pytest.FixtureRequest) -> bool:
    """Whether the cards as they are now become those expected."""
    return bool(request.config.getoption("--accept"))
