"""What a killed process did not come to explain: nothing of it is lost, and nobody else can read it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from cards import Answer, Chart, Unsaid, explanation
from cards.budgets import After
from cards.review import Spent
from cards.writing import Dialect
from cds_hooks.databases import opened, writing
from cds_hooks.memory import traces
from cds_hooks.memory.leftovers import FIRST_LEFT, Seal, Unreadable
from cds_hooks.memory.purging import purge
from cds_hooks.memory.shorthand import NoChart, lengthened, shortened
from cds_hooks.prefetch import kinds_for
from cds_hooks.reviewing import answer_to
from cds_hooks.services import SERVICES
from cds_hooks.tables import CALLS
from cds_hooks.wire import encode
from tests.charts import D, dispensed, having, ordering_ldn, the_clinic
from tests.memories import BEGAN, SECRET, Practice, a_practice

CONFLICT = (ordering_ldn("1.5"), having("M79.7", "Fibromyalgia"), dispensed("oxycodone 5 mg tablet", on=D - 6, days=30))
TODAY = date(D.year, D.month, D.day)
"""As a machine tells it: a day of these tests is more than that."""

FIXTURES = Path(__file__).parents[1] / "fhir_fixtures"
REQUESTS = sorted(FIXTURES.glob("*/*/request.json"))


@pytest.fixture
def practice(database: str) -> Iterator[Practice]:
    with a_practice(database) as practice:
        yield practice


def killed_before_explaining(practice: Practice) -> None:
    """Let the process do what it does up to the moment in which the answer leaves."""
    practice.store._traces.add = lambda *_: None  # type: ignore[method-assign]


def trace_in(practice: Practice) -> Any:
    (call,) = practice.rows(CALLS)
    return json.loads(zlib.decompress(call.trace)) if call.trace is not None else None


def put_aside(practice: Practice) -> list[Any]:
    return [call for call in practice.rows(CALLS) if call.sealed is not None]


def changed(practice: Practice, table: sa.Table, **values: Any) -> None:
    with opened(practice.address) as engine, writing(engine) as connection:
        connection.execute(sa.update(table).values(**values))


# --- nothing is lost


def test_an_explanation_that_was_not_written_is_written_by_the_next_process(database: str) -> None:
    with a_practice(database) as killed:
        killed_before_explaining(killed)
        killed.calls(*CONFLICT, today=TODAY)
        (waiting,) = put_aside(killed)
        assert trace_in(killed) is None
        expected = json.loads(encode(killed_answer(killed).explain().to_json()))
    with a_practice(database) as practice:
        left = practice.store.left_behind(the_clinic().book)
        assert left.explain_one() is False, "whoever answered may be about to"
        practice.clock.pass_(minutes=1)
        assert left.explain_one() is True
        told = trace_in(practice)
        assert {**told, "cards": without_uuids(told)} == {**expected, "cards": without_uuids(expected)}
        assert put_aside(practice) == []
        assert left.explain_one() is False
    assert len(waiting.sealed) < 8_000


def killed_answer(practice: Practice) -> Any:
    return answer_to(json.dumps(practice.last_body).encode(), practice.day, the_clinic())


def without_uuids(trace: Any) -> list[Any]:
    assert all(card["uuid"] for card in trace["cards"])
    return [{name: value for name, value in card.items() if name != "uuid"} for card in trace["cards"]]


def test_what_was_left_is_explained_in_a_quiet_moment_by_itself(database: str) -> None:
    with a_practice(database) as killed:
        killed_before_explaining(killed)
        killed.calls(*CONFLICT, today=TODAY)
    with a_practice(database) as practice:
        practice.clock.pass_(minutes=2)
        practice.store.explain_what_was_left(the_clinic().book)
        wait_for(lambda: trace_in(practice) is not None)


def wait_for(is_so: Any) -> None:
    import time

    until = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_what_was_explained_in_time_leaves_nothing(practice: Practice) -> None:
    practice.calls(*CONFLICT, today=TODAY)
    assert practice.store.finish()
    assert trace_in(practice) is not None
    assert put_aside(practice) == []


def test_more_cards_than_can_be_explained_at_once_wait_in_the_database(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traces, "_MOST_WAITING", 0)
    practice.calls(*CONFLICT, today=TODAY)
    assert practice.store.finish()
    assert (practice.store.missed_traces, len(put_aside(practice))) == (1, 1)
    practice.clock.pass_(minutes=1)
    assert practice.store.left_behind(the_clinic().book).explain_one()
    assert trace_in(practice) is not None


def failing(*_: Any, **__: Any) -> Any:
    raise KeyError("Mrs. Example")


def test_an_error_of_ours_ends_no_later_explanation_and_tells_nobody_what_it_read(
    practice: Practice, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(Answer, "explain", failing)
        practice.calls(*CONFLICT, today=TODAY)
        assert practice.store.finish()
    assert practice.store.missed_traces == 1
    practice.calls(*CONFLICT, today=TODAY)
    assert practice.store.finish()
    assert [call.trace is not None for call in practice.rows(CALLS)].count(True) == 1
    assert "Example" not in "".join(capfd.readouterr())


def test_what_cannot_be_explained_by_anybody_is_not_tried_for_ever(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_before_explaining(practice)
    practice.calls(*CONFLICT, today=TODAY)
    practice.clock.pass_(minutes=1)
    monkeypatch.setattr(explanation, "explain", failing)
    assert practice.store.left_behind(the_clinic().book).explain_one()
    assert put_aside(practice) == []


def test_a_call_without_a_card_puts_nothing_aside(practice: Practice) -> None:
    killed_before_explaining(practice)
    assert practice.calls() == []
    assert put_aside(practice) == []


@pytest.mark.parametrize("request_file", REQUESTS, ids=lambda file: f"{file.parent.parent.name}/{file.parent.name}")
def test_a_chart_put_aside_is_explained_as_it_would_have_been(request_file: Path) -> None:
    """Who is who in it stays, so that every rule finds, and says, the same."""
    body = json.loads(request_file.read_bytes())
    day = date.fromisoformat(body.get("extension", {}).get("ldn-cds.today", "2026-03-02"))
    answer = answer_to(request_file.read_bytes(), day, the_clinic())
    seal = Seal(SECRET)
    sealed = seal.sealed(answer, "call-1")
    assert sealed is not None
    again = seal.explained(sealed, "call-1", the_clinic().book, answer.cards)
    # A chart remembers answers that a trace then does not see being asked; one put aside has forgotten them.
    forgetful = replace(answer, chart=replace(answer.chart))
    assert encode(again.to_json()) == encode(forgetful.explain().to_json())


def test_what_people_keep_unsaid_and_a_clients_ways_are_put_aside_too() -> None:
    answer = answer_to(REQUESTS[0].read_bytes(), TODAY, the_clinic())
    spent = Spent(TODAY, TODAY + timedelta(days=30), After.ACKNOWLEDGED, "")
    unsaid = Unsaid(frozenset({"ldn-start-dose-high"}), spent={("ldn-refill-gap", ""): spent})
    answer = replace(answer, unsaid=unsaid, dialect=Dialect(most_cards=1, merges_topics=True))
    sealed = Seal(SECRET).sealed(answer, "call-1")
    assert sealed is not None
    again = Seal(SECRET).explained(sealed, "call-1", the_clinic().book, answer.cards)
    assert encode(again.to_json()) == encode(answer.explain().to_json())


def test_what_was_left_is_found_without_reading_every_call(tmp_path: Path) -> None:
    with a_practice(f"sqlite:///{tmp_path / 'ldn.sqlite3'}") as practice, practice.store._line.reading() as cursor:
        plan = [row[3] for row in cursor.execute(f"EXPLAIN QUERY PLAN {FIRST_LEFT}", ("2026", "rules", "software"))]
    assert plan == ["SEARCH call USING INDEX call_unexplained (answered_at<?)"]


# --- nobody else reads it


def test_what_another_secret_sealed_cannot_be_opened_and_goes(practice: Practice) -> None:
    killed_before_explaining(practice)
    practice.calls(*CONFLICT, today=TODAY)
    practice.clock.pass_(minutes=1)
    left = practice.store.left_behind(the_clinic().book)
    assert replace(left, seal=Seal("another secret of thirty-two bytes")).explain_one()
    assert put_aside(practice) == []
    assert trace_in(practice) is None


def test_a_chart_sealed_for_one_call_cannot_be_put_to_another() -> None:
    answer = answer_to(REQUESTS[0].read_bytes(), TODAY, the_clinic())
    seal = Seal(SECRET)
    sealed = seal.sealed(answer, "call-1") or b""
    for wrong, call in ((sealed, "call-2"), (sealed[:-1], "call-1"), (b"", "call-1"), (bytes(len(sealed)), "call-1")):
        with pytest.raises(Unreadable):
            seal.explained(wrong, call, the_clinic().book, [])


@pytest.mark.parametrize("what", [{"rules_hash": "another"}, {"software": "0.0.9"}], ids=["rules", "software"])
def test_what_rests_on_other_rules_or_software_is_left_to_those_that_have_them(
    practice: Practice, what: dict[str, str]
) -> None:
    killed_before_explaining(practice)
    practice.calls(*CONFLICT, today=TODAY)
    changed(practice, CALLS, **what)
    practice.clock.pass_(days=6)
    left = practice.store.left_behind(the_clinic().book)
    assert left.explain_one() is False
    assert len(put_aside(practice)) == 1
    practice.clock.pass_(days=1)
    assert left.explain_one() is False
    assert put_aside(practice) == [], "and given up after a week"


def test_it_goes_with_the_facts_when_their_days_are_over(practice: Practice) -> None:
    killed_before_explaining(practice)
    practice.calls(*CONFLICT, today=TODAY)
    with opened(practice.address) as engine, writing(engine) as connection:
        purge(connection, BEGAN + timedelta(days=91), days=90, years_of_audit=6, who="ops")
    assert put_aside(practice) == []


# --- what is read back is a chart


def charts_of_the_scenarios() -> Iterator[Chart]:
    for request_file in REQUESTS:
        yield answer_to(request_file.read_bytes(), TODAY, the_clinic()).chart


def same_noun(told: Any, read: Any, at: str) -> None:
    """Fail where a chart that was read back is another, or one of other types; ``at`` is the place in it."""
    if at.endswith("counts_as_taken"):
        return
    if at.endswith("original") and told is not None and told() is not None:
        told, read = told(), read()
    elif at.endswith("original"):
        told = None
    if isinstance(told, date):
        assert told == read, at
        return
    assert type(told) is type(read), at
    if is_dataclass(told):
        for one in fields(told):
            same_noun(getattr(told, one.name), getattr(read, one.name), f"{at}.{one.name}")
    elif isinstance(told, dict):
        assert list(told) == list(read), at
        for key in told:
            same_noun(told[key], read[key], f"{at}[{key}]")
    elif isinstance(told, list | tuple):
        assert len(told) == len(read), at
        for place, (one, other) in enumerate(zip(told, read, strict=True)):
            same_noun(one, other, f"{at}[{place}]")
    elif isinstance(told, frozenset):
        assert told == read, at
        assert {type(one) for one in told} == {type(one) for one in read}, at
    else:
        assert str(told) == str(read), at  # of a number: as it was written


def places_of_entries(chart: Chart) -> list[list[bool]]:
    """Of each entry that an exposure or a use speaks of, which of the list it is."""
    exposures = (*chart.exposures, *chart.possible_exposures, *chart.past_courses)
    entries = [entry for exposure in exposures for entry in exposure.entries]
    entries += [use.medication for use in chart.naltrexone_uses]
    return [[entry is one for one in chart.medications] for entry in entries]


def test_a_chart_comes_back_noun_for_noun() -> None:
    """Numbers as they were written, and an entry of a list is the same noun wherever the chart speaks of it."""
    entries = 0
    for chart in charts_of_the_scenarios():
        read = lengthened(shortened(chart), the_clinic().book.shared)
        same_noun(chart, read, "chart")
        assert places_of_entries(chart) == places_of_entries(read)
        entries += len(places_of_entries(chart))
    assert entries > 100


@pytest.mark.parametrize(
    "bytes_",
    [
        b"",
        b"no JSON at all",
        b"{}",
        b"[]",
        b'{"today": "2026-03-02"}',
        b'{"today": "2026-03-02", "hook": "order-shout"}',
        b'{"today": "2026-03-02", "hook": "order-sign", "orders": [{"reference": "MedicationRequest/1"}]}',
        b'{"today": "2026-03-02", "hook": "order-sign", "states": {"medication orders": "lost"}}',
        b'{"today": "2026-03-02", "hook": "order-sign", "medications": ' + b"[" * 100_000,
    ],
    ids=range(9),
)
def test_nothing_but_a_chart_comes_of_what_is_read_back(bytes_: bytes) -> None:
    with pytest.raises(NoChart):
        lengthened(bytes_, the_clinic().book.shared)


def test_a_chart_that_nests_too_deep_is_explained_by_this_process_alone() -> None:
    deep: dict[str, Any] = {}
    for _ in range(100_000):
        deep = {"extension": deep}
    service = SERVICES[0]
    answer = the_clinic().answer(
        service.hook, {"draftOrders": {"entry": [{"resource": ordering_ldn("4.5").resource}]}}, {},
        kinds_for(service.keys), D, lambda: "1",
    )  # fmt: skip
    (order,) = answer.chart.orders
    chart = replace(answer.chart, orders=(replace(order, resource={**order.resource, "extension": deep}),))
    with pytest.raises(NoChart, match="RecursionError"):
        shortened(chart)
    assert Seal(SECRET).sealed(replace(answer, chart=chart), "call-1") is None
