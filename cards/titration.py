"""Titration schedules: how a low dose is begun and stepped up, as data, and the dated calendar of one of them.

``knowledge/titration.toml`` holds them. What a card offers at a start or as the next step comes from those that are
``offered``; a site's numbers pace and cap them (``Schedule.at``). A calendar is for the prescriber: it knows a first day
and no patient.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from cards.conditions import ConditionGroup
from cards.dosing import TimeOfDay
from cards.drafts import PlanStep, quantity_for
from cards.findings import HouseError
from cards.phrasing import days, milligrams, number

if TYPE_CHECKING:
    from cards.numbers import Numbers

FILE = "cards/knowledge/titration.toml"


class Standing(StrEnum):
    """Who may bring a schedule up."""

    OFFERED = "offered"
    CHOSEN = "chosen"
    SPECIALIST = "specialist"
    NEVER = "never"

    @property
    def words(self) -> str:
        """The same for a reader."""
        return _STANDING_WORDS[self]


_STANDING_WORDS = {
    Standing.OFFERED: "cards may suggest it",
    Standing.CHOSEN: "only where a prescriber chooses it",
    Standing.SPECIALIST: "with a specialist only",
    Standing.NEVER: "never planned here",
}

_FORMS = ("capsule", "liquid")
_WHEN = {"bedtime": TimeOfDay.BEDTIME, "evening": TimeOfDay.EVENING, "morning": TimeOfDay.MORNING}


@dataclass(frozen=True, slots=True)
class FirstFill:
    """What is dispensed first: how many capsules or millilitres, for so many days, and how many steps that holds."""

    quantity: Decimal
    days: int
    steps: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """One schedule. Without ``steps`` no calendar can be made of it; ``told`` says then what is known.

    ``mg`` is what one capsule, or one millilitre, of the first fill holds. ``when=None`` leaves the time of day open.
    """

    id: str
    title: str
    population: str
    standing: Standing
    evidence: str
    sources: tuple[str, ...]
    note: str
    steps: tuple[PlanStep, ...] = ()
    told: str = ""
    is_paced: bool = False
    form: str = "capsule"
    mg: Decimal = Decimal(0)
    first_fill: FirstFill | None = None
    when: TimeOfDay | None = None
    review_before: Decimal | None = None
    most: Decimal | None = None
    conditions: frozenset[ConditionGroup] = frozenset()

    @property
    def first_steps(self) -> tuple[PlanStep, ...]:
        """The steps of the first fill."""
        return self.steps[: self.first_fill.steps] if self.first_fill is not None else ()

    @property
    def words(self) -> str:
        """Its doses in one line: as told, else step by step."""
        return self.told or ", then ".join(_step_words(step) for step in self.steps)

    @property
    def highest(self) -> Decimal | None:
        """The highest dose at one time."""
        return max((*(step.mg for step in self.steps), *([self.most] if self.most else [])), default=None)

    def at(self, numbers: Numbers) -> Schedule:
        """The schedule as this site has it: its pace where that is no source's own, and nothing above its ceiling.

        Beyond the ceiling the last step stays at it.
        """
        changed = self
        if self.is_paced and numbers.step_days.is_changed:
            paced = (replace(s, days=numbers.step_days.days if s.days is not None else None) for s in self.steps)
            changed = replace(changed, steps=tuple(paced))
        ceiling = numbers.soft_ceiling
        if self.standing is Standing.OFFERED and any(step.mg > ceiling for step in self.steps):
            below = tuple(step for step in changed.steps if step.mg < ceiling)
            changed = replace(changed, steps=(*below, PlanStep(ceiling.plain, None)))
        return changed if changed is self else _refilled(changed, numbers)

    def after(self, mg: Decimal) -> Decimal | None:
        """The next dose above that one; ``None`` when it goes no higher."""
        return next((step.mg for step in self.steps if step.mg > mg), None)

    def lasts_at(self, mg: Decimal) -> int | None:
        """How many days it stays at that dose; ``None`` when it has no such step, or stays."""
        return next((step.days for step in self.steps if step.mg == mg), None)


def _step_words(step: PlanStep) -> str:
    often = "" if step.per_day == 1 else f" {number(step.per_day)} times a day"
    return f"{milligrams(step.mg)}{often}" + (f" for {days(step.days)}" if step.days is not None else "")


def _refilled(schedule: Schedule, numbers: Numbers) -> Schedule:
    """The schedule with a first fill that follows from its steps."""
    if schedule.first_fill is None:
        return schedule
    steps = schedule.first_steps
    lasting = _lasting(steps, numbers)
    fill = FirstFill(quantity_for(steps, schedule.mg, lasting), lasting, len(steps))
    review = schedule.review_before
    is_there = any(step.mg == review for step in schedule.steps)
    beyond = next((step.mg for step in schedule.steps[len(steps) :]), None)
    return replace(schedule, first_fill=fill, review_before=review if is_there else beyond)


def _lasting(steps: Iterable[PlanStep], numbers: Numbers) -> int:
    return sum(step.days if step.days is not None else numbers.suggested_supply.days for step in steps)


# --- which one -------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def offered(numbers: Numbers) -> tuple[Schedule, ...]:
    """The schedules a card may offer at this site, the usual one first."""
    usual = (one for one in schedules().values() if one.standing is Standing.OFFERED)
    return tuple(one.at(numbers) for one in usual if one.steps[0].mg <= numbers.start_max)


def starting_at(mg: Decimal, numbers: Numbers) -> Schedule | None:
    """The general schedule that begins with that dose, else the next lower one; ``None`` below all of them."""
    general = [one for one in offered(numbers) if not one.conditions and one.steps[0].mg <= mg]
    return max(general, key=lambda one: one.steps[0].mg, default=None)


def followed_by(mg: Decimal, conditions: Collection[ConditionGroup], numbers: Numbers) -> Schedule | None:
    """The schedule that somebody who takes that dose is on: that of a condition, else the first that has such a step.

    A dose of no schedule goes on with the one this site starts with.
    """
    known = offered(numbers)
    for one in known:
        if one.conditions & set(conditions) and one.after(mg) is not None:
            return one
    general = [one for one in known if not one.conditions]
    on_it = next((one for one in general if any(step.mg == mg for step in one.steps)), None)
    return on_it or starting_at(numbers.start_dose, numbers) or next(iter(general), None)


# --- the calendar ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DatedStep:
    """One step with its days; ``ends`` is its last day, ``None`` when it stays. ``count`` is units at one time."""

    mg: Decimal
    per_day: Decimal
    starts: date
    ends: date | None
    count: Decimal
    fill: int


@dataclass(frozen=True, slots=True)
class Fill:
    """One supply: on which day it is needed, of what, how much, for how long."""

    day: date
    mg: Decimal
    unit: str
    quantity: Decimal
    days: int
    is_after_review: bool


@dataclass(frozen=True, slots=True)
class Review:
    """A day on which somebody should ask, and what."""

    day: date
    words: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """A schedule from its first day on."""

    schedule: Schedule
    start: date
    steps: tuple[DatedStep, ...]
    fills: tuple[Fill, ...]
    reviews: tuple[Review, ...]
    advice: tuple[str, ...]


def calendar(schedule: Schedule, start: date, numbers: Numbers) -> Calendar | None:
    """The calendar of a schedule that begins on that day; ``None`` where no steps are told, or none may be planned.

    After the first fill each step is a fill of its own, in the largest capsule that fits it, so that nothing is
    dispensed before somebody has asked how it goes. Raises ``OverflowError`` beyond the last day there is.
    """
    if not schedule.steps or schedule.standing is Standing.NEVER or schedule.first_fill is None:
        return None
    supplies = [schedule.first_steps, *((step,) for step in schedule.steps[schedule.first_fill.steps :])]
    dated: list[DatedStep] = []
    fills: list[Fill] = []
    day = start
    for supply in supplies:
        form, mg = (schedule.form, schedule.mg) if not fills else _made_of(supply[0], schedule, numbers)
        lasting = schedule.first_fill.days if not fills else _lasting(supply, numbers)
        unit = "mL" if form == "liquid" else "capsule"
        fills.append(Fill(day, mg, unit, quantity_for(supply, mg, lasting), lasting, bool(fills)))
        for step in supply:
            ends = day + timedelta(days=step.days - 1) if step.days is not None else None
            dated.append(DatedStep(step.mg, step.per_day, day, ends, step.mg / mg, len(fills)))
            day = ends + timedelta(days=1) if ends is not None else day
    return Calendar(schedule, start, tuple(dated), tuple(fills), _reviews(schedule, dated, numbers), _advice(numbers))


def _made_of(step: PlanStep, schedule: Schedule, numbers: Numbers) -> tuple[str, Decimal]:
    """What a later fill is made of: the largest capsule of which the dose is a few, else the liquid."""
    if schedule.form == "capsule":
        for strength in reversed(numbers.family("capsule_strength_")):
            count = step.mg / strength
            if not count % 1 and count <= numbers.capsules_at_once:
                return "capsule", strength.plain
    return "liquid", numbers.liquid_concentration.plain


def _reviews(schedule: Schedule, dated: Sequence[DatedStep], numbers: Numbers) -> tuple[Review, ...]:
    start = dated[0].starts
    words = advice()
    due = [
        Review(start + timedelta(days=numbers.first_review.days), words["first_review"]),
        Review(start + timedelta(days=numbers.benefit_review.days), words["benefit_review"]),
    ]
    gate = schedule.review_before
    for step in dated:
        if gate is not None and step.mg >= gate:
            due.append(Review(step.starts, words["gate"].format(dose=milligrams(step.mg))))
    return tuple(sorted(due, key=lambda review: review.day))


def _advice(numbers: Numbers) -> tuple[str, ...]:
    blanks = {"days": days(numbers.step_days.days)}
    return tuple(
        advice()[key].format_map(blanks) for key in ("lowest", "step_down", "hold", "stop", "limits", "unchecked")
    )


# --- the file --------------------------------------------------------------------------------------------------------


@cache
def schedules() -> Mapping[str, Schedule]:
    """Every schedule by its id, as the file has it; raises :class:`HouseError` with all that is misspelled in it."""
    return read_schedules(_written())


@cache
def advice() -> Mapping[str, str]:
    """The sentences that stand beside every calendar."""
    told: Mapping[str, str] = _written()["advice"]
    return told


@cache
def _written() -> Mapping[str, Any]:
    text = (files("cards.knowledge") / "titration.toml").read_text("utf-8")
    return tomllib.loads(text, parse_float=Decimal)


def read_schedules(written: Mapping[str, Any]) -> dict[str, Schedule]:
    """The schedules of a parsed file."""
    found, problems = {}, []
    for name, entry in written["schedules"].items():
        try:
            found[name] = _read(name, entry)
        except (KeyError, TypeError, ValueError, ArithmeticError) as problem:
            problems.append(f"{FILE}: {name} lacks or misspells {problem}.")
    if problems:
        raise HouseError(*problems)
    return found


_KEYS = frozenset(
    {"title", "population", "standing", "steps", "told", "paced", "form", "mg", "first_fill", "when", "review_before"}
    | {"most", "for", "sources", "evidence", "note"}
)


def _read(name: str, entry: Mapping[str, Any]) -> Schedule:
    unknown = sorted(entry.keys() - _KEYS)
    if unknown:
        raise ValueError(", ".join(unknown))
    steps = tuple(
        PlanStep(Decimal(one["mg"]), one.get("days"), Decimal(one.get("per_day", 1))) for one in entry.get("steps", ())
    )
    fill = entry.get("first_fill")
    form = entry.get("form", _FORMS[0])
    return Schedule(
        id=name,
        title=entry["title"],
        population=entry["population"],
        standing=Standing(entry["standing"]),
        evidence=entry["evidence"],
        sources=tuple(entry["sources"]),
        note=entry["note"],
        steps=steps,
        told=entry.get("told", ""),
        is_paced=entry.get("paced", False),
        form=_FORMS[_FORMS.index(form)],
        mg=Decimal(entry["mg"]) if steps else Decimal(0),
        first_fill=FirstFill(Decimal(fill["quantity"]), fill["days"], _steps_in(steps, fill["days"])) if fill else None,
        when=_WHEN[entry["when"]] if "when" in entry else None,
        review_before=Decimal(entry["review_before"]) if "review_before" in entry else None,
        most=Decimal(entry["most"]) if "most" in entry else None,
        conditions=frozenset(ConditionGroup(group) for group in entry.get("for", ())),
    )


def _steps_in(steps: Sequence[PlanStep], lasting: int) -> int:
    """How many steps a supply reaches into."""
    count, passed = 0, 0
    for step in steps:
        if passed >= lasting:
            break
        count += 1
        passed = lasting if step.days is None else passed + step.days
    return count


# --- whether it is sound ---------------------------------------------------------------------------------------------


def problems_in(known: Mapping[str, Schedule], numbers: Numbers, sources: Collection[str]) -> list[str]:
    """Everything in the schedules that does not add up, by the numbers as delivered; a site's own only pace and cap."""
    problems = []
    if not any(one.standing is Standing.OFFERED and not one.conditions for one in known.values()):
        problems.append("no general schedule is offered")
    for one in known.values():
        found = [*_described(one, sources), *(_stepped(one, numbers) if one.steps else [])]
        if one.standing is Standing.OFFERED:
            found += _offerable(one, numbers)
        problems += [f"{one.id}: {problem}" for problem in found]
    return [f"{FILE}: {problem}." for problem in problems]


def _described(one: Schedule, sources: Collection[str]) -> Iterator[str]:
    for key in one.sources:
        if key not in sources:
            yield f"source {key} is not in cards/knowledge/sources.toml"
    if not one.sources:
        yield "it names no source"
    for name in ("title", "population", "evidence", "note"):
        if not getattr(one, name).strip():
            yield f"{name} is empty"
    if bool(one.steps) == bool(one.told):
        yield "either steps or told say its doses, not both"


def _stepped(one: Schedule, numbers: Numbers) -> Iterator[str]:
    steps = one.steps
    if any(later.mg <= earlier.mg for earlier, later in pairwise(steps)):
        yield "its steps do not rise"
    if any(step.days is None for step in steps[:-1]) or steps[-1].days is not None:
        yield "every step but the last lasts so many days, and the last is open"
    if one.is_paced and {step.days for step in steps[:-1]} != {numbers.step_days.delivered}:
        yield f"it is paced, so its steps last {numbers.step_days.delivered} days as delivered"
    if one.form == "capsule" and one.mg not in numbers.family("capsule_strength_"):
        yield f"{milligrams(one.mg)} capsules are not among those that are compounded"
    if one.form == "liquid" and one.mg != numbers.liquid_concentration:
        yield f"the liquid holds {milligrams(numbers.liquid_concentration)} a millilitre"
    if one.first_fill is None:
        yield "it says no first fill"
        return
    yield from _filled(one, one.first_fill, numbers)


def _filled(one: Schedule, fill: FirstFill, numbers: Numbers) -> Iterator[str]:
    first = one.first_steps
    due = quantity_for(first, one.mg, fill.days) if one.mg else None
    if due != fill.quantity:
        yield f"its first fill takes {due}, not {fill.quantity}"
    if first and first[-1].days is not None and sum(step.days or 0 for step in first) != fill.days:
        yield f"its first fill of {fill.days} days ends within a step"
    if one.form == "capsule" and any(s.mg % one.mg or s.mg / one.mg > numbers.capsules_at_once for s in first):
        yield "a step of its first fill is no small whole number of capsules"
    if one.form == "liquid" and fill.days > numbers.beyond_use_preserved:
        yield "its first fill is a liquid that does not keep so long"
    beyond = [step.mg for step in one.steps[fill.steps :]]
    if beyond and one.review_before not in beyond:
        yield "no review stands before a step beyond its first fill"


def _offerable(one: Schedule, numbers: Numbers) -> Iterator[str]:
    if not one.steps:
        yield "it is offered and has no steps"
        return
    if one.steps[0].mg > numbers.start_max.delivered:
        yield f"it is offered and begins above {milligrams(numbers.start_max.delivered)}"
    ceiling = numbers.soft_ceiling.delivered
    if one.highest is not None and one.highest > ceiling:
        yield f"it is offered and goes above {milligrams(ceiling)}"
    if one.steps[-1].mg == ceiling and (one.review_before is None or one.review_before > ceiling):
        yield f"nobody reviews before {milligrams(ceiling)}"
