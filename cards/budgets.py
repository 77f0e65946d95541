"""How often a finding about a patient is worth saying: the ``[budget]`` of a page, held against what was said before.

What is merely due (a next step, a review, a refill) would otherwise be said whenever the chart is opened, by whoever
opens it. A budget is about the patient: what is found in an order that is being written is said each time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from cards.numbers import Quantity
from cards.phrasing import day, days


class Per(StrEnum):
    """What it is that is said once: the rule of a patient, one occasion (a supply), or one state of the evidence."""

    PATIENT = "patient"
    OCCASION = "occasion"
    EVIDENCE = "evidence"


class After(StrEnum):
    """What uses a budget up: that the card was sent, or that somebody accepted it or set it aside."""

    SHOWN = "shown"
    ACKNOWLEDGED = "acknowledged"


@dataclass(frozen=True, slots=True)
class Budget:
    """How often a rule speaks about a patient.

    ``days`` is the number of the page that says for how long, in the name ``number``; without one it is not said again
    for the same ``occasion``, which is named in a word.
    """

    per: Per
    after: After
    number: str = ""
    days: Quantity | None = None
    occasion: str = ""

    def key(self, occasion: str, evidence: str) -> str:
        """What tells two findings of the rule apart, as far as its budget goes."""
        return {Per.PATIENT: "", Per.OCCASION: occasion, Per.EVIDENCE: evidence}[self.per]

    @property
    def words(self) -> str:
        """The budget for a reader of the page."""
        what = {
            Per.PATIENT: "Once per patient",
            Per.OCCASION: f"Once per {self.occasion}",
            Per.EVIDENCE: "Once per patient on the same evidence",
        }[self.per]
        if self.days is None:
            return f"{what}."
        since = "the card was accepted or set aside" if self.after is After.ACKNOWLEDGED else "it was shown"
        return f"{what} in {days(self.days.days)}, counted from the day on which {since}."


@dataclass(frozen=True, slots=True)
class Showing:
    """That a rule spoke about this patient on a card that was sent.

    ``acknowledged`` is the day on which the card was accepted or set aside; ``None`` while it was neither.
    """

    rule: str
    on: date
    occasion: str = ""
    evidence: str = ""
    acknowledged: date | None = None


@dataclass(frozen=True, slots=True)
class Spent:
    """Why a finding is not said: the day that counts, and the first day on which it may be said again."""

    on: date
    again: date | None
    after: After = After.SHOWN
    occasion: str = ""

    @property
    def words(self) -> str:
        """The same for a reader."""
        verb = "acknowledged" if self.after is After.ACKNOWLEDGED else "said"
        until = f"before {day(self.again)}" if self.again is not None else f"for this {self.occasion}"
        return f"{verb} on {day(self.on)}, not again {until}"


def spent(budgets: Mapping[str, Budget], showings: Iterable[Showing], today: date) -> dict[tuple[str, str], Spent]:
    """What is not to be said today, by rule and by what tells its findings apart (:meth:`Budget.key`).

    Days are calendar days: what was said on the first of a month is said again on the 31st, where 30 days are asked for.
    """
    found: dict[tuple[str, str], Spent] = {}
    for showing in showings:
        budget = budgets[showing.rule]
        on = showing.acknowledged if budget.after is After.ACKNOWLEDGED else showing.on
        key = budget.key(showing.occasion, showing.evidence)
        # What the record no longer tells apart is said: once too often, not once too seldom.
        if on is None or (budget.per is not Per.PATIENT and not key):
            continue
        again = on + timedelta(days=budget.days.days) if budget.days is not None else None
        if again is not None and again <= today:
            continue
        known = found.get((showing.rule, key))
        if known is None or known.on < on:
            found[showing.rule, key] = Spent(on, again, budget.after, budget.occasion)
    return found


def read_budget(written: Any, numbers: Mapping[str, Quantity], where: str, problems: list[str]) -> Budget | None:
    """The ``[budget]`` of a page; what is wrong with it joins the problems."""
    where = f"{where}: [budget]"
    if not isinstance(written, Mapping):
        problems.append(f"{where} must be a table.")
        return None
    known = ("per", "after", "days", "occasion")
    wrong = [f"{key} is nothing a budget has: {', '.join(known)}" for key in written if key not in known]
    for key, allowed in (("per", Per), ("after", After)):
        if written.get(key) not in list(allowed):
            wrong.append(f"{key} must be one of {', '.join(allowed)}")
    name, occasion = str(written.get("days", "")), str(written.get("occasion", ""))
    number = numbers.get(name)
    if name and (number is None or number.unit != "d"):
        wrong.append(f"days names {name}, which is no number of the page in days (d)")
    if not name and written.get("per") != Per.OCCASION:
        wrong.append("days must name a number of the page; only what is said per occasion goes without")
    if bool(occasion) != (written.get("per") == Per.OCCASION):
        wrong.append('occasion must say in a word what it is said once for, and only with per = "occasion"')
    if wrong:
        problems.extend(f"{where} {one}." for one in wrong)
        return None
    return Budget(Per(written["per"]), After(written["after"]), name, number, occasion)
