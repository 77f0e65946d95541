"""The titration schedules as data, and the calendars made of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards import HouseError
from cards.conditions import ConditionGroup
from cards.drafts import PlanStep, quantity_for
from cards.mends import capsule_for, start_steps
from cards.opening import open_rules
from cards.titration import (
    FirstFill,
    Schedule,
    Standing,
    calendar,
    followed_by,
    offered,
    problems_in,
    read_schedules,
    schedules,
    starting_at,
)
from tests.charts import the_clinic

BOOK = the_clinic().book
NUMBERS = BOOK.shared
START = date(2026, 3, 2)
EVERY = pytest.mark.parametrize("schedule", schedules().values(), ids=list(schedules()))
PLANNED = [one for one in schedules().values() if one.steps and one.standing is not Standing.NEVER]
EVERY_PLANNED = pytest.mark.parametrize("schedule", PLANNED, ids=[one.id for one in PLANNED])


def of_site(**numbers: str) -> Any:
    return open_rules({name: Decimal(value) for name, value in numbers.items()}).shared


# --- the data --------------------------------------------------------------------------------------------------------


def test_every_schedule_of_the_catalogue_is_there():
    assert list(schedules()) == [
        *("std-1.5", "seed-1", "gentle-0.5", "long-covid-monthly", "hashimoto-micro", "vldn-micro", "trial-flat-4.5"),
        *("final-6", "pdn-2-4", "lpp-flat-3", "mdd-bid-1", "peds-crohn", "renal-hepatic-cautious", "detox-vlntx"),
        "onlabel-ntx",
    ]


def test_nothing_in_them_has_to_be_mended():
    assert problems_in(schedules(), NUMBERS, BOOK.sources) == []


@EVERY
def test_a_schedule_says_for_whom_it_is_and_on_what_it_rests(schedule: Schedule):
    assert schedule.population.strip()
    assert schedule.evidence.strip()
    assert schedule.words.strip()
    assert all(key in BOOK.sources for key in schedule.sources)


def test_what_a_card_may_offer_begins_low_and_ends_at_four_and_a_half_milligrams():
    for one in offered(NUMBERS):
        assert one.steps[0].mg <= NUMBERS.start_max
        assert max(step.mg for step in one.steps) <= NUMBERS.soft_ceiling


@pytest.mark.parametrize("name", ["final-6", "detox-vlntx", "onlabel-ntx"])
def test_research_above_the_ceiling_and_labelled_use_are_never_planned(name: str):
    assert schedules()[name].standing is Standing.NEVER
    assert calendar(schedules()[name], START, NUMBERS) is None


@pytest.mark.parametrize("name", ["peds-crohn", "renal-hepatic-cautious"])
def test_children_and_failing_organs_are_for_a_specialist(name: str):
    assert schedules()[name].standing is Standing.SPECIALIST


@EVERY_PLANNED
def test_the_first_fill_adds_up(schedule: Schedule):
    fill = schedule.first_fill
    assert fill is not None
    assert quantity_for(schedule.first_steps, schedule.mg, fill.days) == fill.quantity


def damaged(name: str, **changes: Any) -> list[str]:
    known = dict(schedules())
    known[name] = replace(known[name], **changes)
    return problems_in(known, NUMBERS, BOOK.sources)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"first_fill": FirstFill(Decimal(40), 28, 2)}, "its first fill takes 42, not 40"),
        ({"first_fill": FirstFill(Decimal(42), 29, 3)}, "its first fill takes 45, not 42"),
        ({"mg": Decimal("1.25")}, "1.25\u00a0mg capsules are not among those that are compounded"),
        ({"sources": ("nobody",)}, "source nobody is not in cards/knowledge/sources.toml"),
        ({"sources": ()}, "it names no source"),
        ({"note": " "}, "note is empty"),
        ({"told": "as you like"}, "either steps or told"),
        ({"first_fill": None}, "it says no first fill"),
        ({"review_before": None}, "no review stands before a step beyond its first fill"),
        ({"steps": (PlanStep(Decimal(3), 14), PlanStep(Decimal("4.5"), None))}, "begins above 1.5"),
        ({"steps": (PlanStep(Decimal("1.5"), 14), PlanStep(Decimal(6), None))}, "goes above 4.5"),
        ({"steps": (PlanStep(Decimal(3), 14), PlanStep(Decimal(1), None))}, "its steps do not rise"),
        ({"steps": (PlanStep(Decimal("1.5"), 10), PlanStep(Decimal("4.5"), None))}, "its steps last 14 days"),
        ({"steps": (PlanStep(Decimal("1.5"), 14),)}, "the last is open"),
    ],
)
def test_what_does_not_add_up_is_named(changes: dict[str, Any], says: str):
    assert any(says in problem and "std-1.5" in problem for problem in damaged("std-1.5", **changes)), damaged(
        "std-1.5", **changes
    )


def test_a_misspelled_key_is_named_before_any_patient_is_seen():
    entry = {"title": "t", "population": "p", "standing": "ofered", "evidence": "D", "sources": [], "note": "n"}
    with pytest.raises(HouseError) as caught:
        read_schedules({"schedules": {"one": entry, "two": {**entry, "standing": "never", "stepps": []}}})
    first, second = caught.value.problems
    assert "one" in first
    assert "ofered" in first
    assert "stepps" in second


# --- which one -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mg", "name"),
    [("4.5", "std-1.5"), ("1.5", "std-1.5"), ("1.4", "seed-1"), ("1", "seed-1"), ("0.5", "gentle-0.5")],
)
def test_a_start_is_by_the_schedule_that_begins_there_or_next_below(mg: str, name: str):
    one = starting_at(Decimal(mg), NUMBERS)
    assert one is not None
    assert one.id == name


def test_below_all_of_them_there_is_none():
    assert starting_at(Decimal("0.4"), NUMBERS) is None


@pytest.mark.parametrize(
    ("mg", "steps"),
    [("1.5", ["1.5", "3"]), ("1", ["1", "2", "3"]), ("0.5", ["0.5", "1", "1.5"])],
)
def test_what_a_stepped_start_offers_is_the_first_fill(mg: str, steps: list[str]):
    offered_steps = start_steps(Decimal(mg), NUMBERS)
    assert [step.mg for step in offered_steps] == [Decimal(one) for one in steps]
    schedule = starting_at(Decimal(mg), NUMBERS)
    assert schedule is not None
    assert capsule_for(offered_steps, NUMBERS) == schedule.mg


@pytest.mark.parametrize(
    ("mg", "conditions", "name", "following"),
    [
        ("1.5", (), "std-1.5", "3"),
        ("1", (), "seed-1", "2"),
        ("0.5", (), "gentle-0.5", "1"),
        ("2.5", (), "std-1.5", "3"),
        ("1", (ConditionGroup.LONG_COVID,), "long-covid-monthly", "2"),
        ("1.5", (ConditionGroup.ME_CFS,), "long-covid-monthly", "2"),
        ("1", (ConditionGroup.FIBROMYALGIA,), "seed-1", "2"),
    ],
)
def test_the_next_step_is_that_of_the_schedule_somebody_is_on(
    mg: str, conditions: tuple[ConditionGroup, ...], name: str, following: str
):
    one = followed_by(Decimal(mg), conditions, NUMBERS)
    assert one is not None
    assert one.id == name
    assert one.after(Decimal(mg)) == Decimal(following)


def test_at_the_end_there_is_no_next_step():
    one = followed_by(Decimal("4.5"), (), NUMBERS)
    assert one is not None
    assert one.after(Decimal("4.5")) is None


# --- a site's own numbers --------------------------------------------------------------------------------------------


def test_a_site_that_steps_weekly_gets_weekly_steps_and_a_fill_that_adds_up():
    numbers = of_site(step_days="7")
    one = schedules()["std-1.5"].at(numbers)
    assert [step.days for step in one.steps] == [7, 7, None]
    assert one.first_fill == FirstFill(Decimal(21), 14, 2)
    assert [step.days for step in start_steps(Decimal("1.5"), numbers)] == [7, 7]


def test_the_pace_of_a_study_is_not_a_sites_to_change():
    one = schedules()["long-covid-monthly"].at(of_site(step_days="7"))
    assert [step.days for step in one.steps] == [30, 30, 30, None]


def test_nothing_is_offered_above_a_lower_ceiling():
    numbers = of_site(soft_ceiling="3", target_from="3")
    for one in offered(numbers):
        assert max(step.mg for step in one.steps) == 3
        made = calendar(one, START, numbers)
        assert made is not None
        assert made.steps[-1].ends is None


def test_a_site_that_starts_lower_is_offered_what_starts_there():
    numbers = of_site(start_max="1", start_dose="1")
    assert [one.id for one in offered(numbers)] == ["seed-1", "gentle-0.5", "long-covid-monthly"]


# --- the calendar ----------------------------------------------------------------------------------------------------


def test_the_usual_calendar_is_two_steps_a_review_and_a_third():
    made = calendar(schedules()["std-1.5"], START, NUMBERS)
    assert made is not None
    assert [(str(s.mg), s.starts.isoformat(), s.ends and s.ends.isoformat(), int(s.count)) for s in made.steps] == [
        ("1.5", "2026-03-02", "2026-03-15", 1),
        ("3", "2026-03-16", "2026-03-29", 2),
        ("4.5", "2026-03-30", None, 1),
    ]
    assert [(f.day.isoformat(), int(f.quantity), f.days, f.is_after_review) for f in made.fills] == [
        ("2026-03-02", 42, 28, False),
        ("2026-03-30", 30, 30, True),
    ]
    assert [(r.day.isoformat(), r.words.split()[0]) for r in made.reviews] == [
        ("2026-03-30", "Ask"),
        ("2026-03-30", "Review"),
        ("2026-05-25", "Record"),
    ]


@given(schedule=st.sampled_from(PLANNED), start=st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_a_calendar_leaves_no_day_out_and_no_capsule_over(schedule: Schedule, start: date):
    made = calendar(schedule, start, NUMBERS)
    assert made is not None
    assert made.steps[0].starts == start
    for earlier, later in zip(made.steps, made.steps[1:], strict=False):
        assert earlier.ends is not None
        assert later.starts == earlier.ends + timedelta(days=1)
        assert later.mg > earlier.mg
    for nth, fill in enumerate(made.fills, 1):
        taken = Decimal(0)
        for step in (s for s in made.steps if s.fill == nth):
            until = step.ends or fill.day + timedelta(days=fill.days - 1)
            taken += step.count * step.per_day * ((until - step.starts).days + 1)
        assert 0 <= fill.quantity - taken < 1


@EVERY_PLANNED
def test_every_later_fill_waits_for_a_review(schedule: Schedule):
    made = calendar(schedule, START, NUMBERS)
    assert made is not None
    asked = {review.day for review in made.reviews}
    for fill in made.fills[1:]:
        assert fill.is_after_review
        assert fill.day in asked


@EVERY_PLANNED
def test_capsules_are_ones_that_are_compounded_and_few(schedule: Schedule):
    made = calendar(schedule, START, NUMBERS)
    assert made is not None
    for step in made.steps:
        fill = made.fills[step.fill - 1]
        if fill.unit == "capsule":
            assert fill.mg in NUMBERS.family("capsule_strength_")
            assert step.count % 1 == 0
            assert step.count <= NUMBERS.capsules_at_once
        else:
            assert fill.days <= NUMBERS.beyond_use_preserved


def test_it_says_what_to_do_when_it_does_not_go_well():
    made = calendar(schedules()["std-1.5"], START, NUMBERS)
    assert made is not None
    words = " ".join(made.advice)
    for said in ("vivid dreams", "one step down", "14\u00a0days", "no taper", "lowest dose"):
        assert said in words
