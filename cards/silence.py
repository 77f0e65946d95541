"""Why a review gave no card, in one sentence: what was read, what was asked of it, and what kept the nearest rules quiet.

It is drawn from the trace of the review (``explanation``), not from a second look at the chart. Silence means that no
rule had anything to say about what was received; it is never a clearance, and the words here must not sound like one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from cards import questions
from cards.chart import Hook, Kind, Order
from cards.drugs import Role
from cards.explanation import Asked, Outcome, Trace, WhyNotAsked
from cards.pages import Page
from cards.phrasing import day
from cards.trace import Answered, Condition, order_line

_NEAREST: Final = 3
"""So many silent rules are named, each of another group."""

_GROUPS: Final = (
    *("dose", "timing", "formulation", "titration", "opioid-order"),
    *("other-drugs", "patient", "classification"),
)
"""The groups of which the nearest rule is told, in this order. Opioids have a clause of their own; what is about the
data or the evidence says nothing of what may be wrong with an order."""

_LISTS: Final = (
    Kind.MEDICATION_REQUESTS,
    Kind.MEDICATION_STATEMENTS,
    Kind.MEDICATION_DISPENSES,
    Kind.MEDICATION_ADMINISTRATIONS,
)


def why_silent(trace: Trace) -> str:
    """What was checked and why nothing spoke.

    The condition that a silent rule asked last is taken for the one that kept it silent (``explanation.Asked.reason``),
    which is the best guess there is.
    """
    asked = [one for one in trace.rules if one.outcome is not Outcome.NOT_ASKED]
    idle = sum(one.why_not_asked is WhyNotAsked.NO_SUCH_ORDER for one in trace.rules)
    clauses = [*_suppressed(trace), *_opioids(trace), *_nearest(trace, asked), *_undecided(asked)]
    if idle and not any(one.page.about.startswith(("naltrexone", "opioid")) for one in asked):
        clauses.insert(0, f"{_rules(idle)} that judge naltrexone or opioid orders found none to judge")
    told = "; ".join(clauses) or "nothing is told of what they look for"
    return f"{_read(trace)}: {_rules(len(asked))} asked, none of which has anything to say – {told}."


def _read(trace: Trace) -> str:
    orders = trace.chart.orders
    if orders:
        return f"Read as {questions.all_of(_as_read(order) for order in orders)}"
    return "The chart was looked through" if trace.chart.hook is Hook.PATIENT_VIEW else "No draft names a medicine"


def _as_read(order: Order) -> str:
    if not order.is_being_started:
        return f"{order_line(order)} that is not being started"
    return order_line(order) if order.is_judged else f"{order_line(order)} that is not to be judged now"


def _rules(count: int) -> str:
    return "one rule" if count == 1 else f"{count} rules"


def _suppressed(trace: Trace) -> Iterator[str]:
    for asked in trace.with_outcome(Outcome.SUPPRESSES):
        yield f"{_titled(asked.page)} keeps what is said of low doses, time of day and product from being said"
    for asked in trace.with_outcome(Outcome.SILENCED):
        for by in dict.fromkeys(said.silenced_by for said in asked.said):
            if trace.rule(by).outcome is not Outcome.SUPPRESSES:
                yield f"{_titled(asked.page)} gives way to {_titled(trace.rule(by).page)}"


def _opioids(trace: Trace) -> Iterator[str]:
    """That no list tells of an opioid that matters, with how much of the lists there was to look at."""
    chart = trace.chart
    if not any(one.page.group == "opioid-conflict" and one.record is not None for one in trace.rules):
        return
    if chart.past_courses:
        ended = (
            f"{one.drug.name}, opioid-free interval over on {day(one.clear_on)}"
            for one in chart.past_courses
            if one.clear_on
        )
        yield f"every opioid on the lists ended long enough ago ({'; '.join(ended)})"
    elif Role.OPIOID not in chart.told:
        states: dict[str, list[str]] = {}
        for kind in _LISTS:
            states.setdefault(chart.state_of(kind).value, []).append(kind.value)
        told = "; ".join(f"{state}: {questions.all_of(kinds)}" for state, kinds in states.items())
        yield f"nothing is told of an opioid ({told})"


def _nearest(trace: Trace, asked: Iterable[Asked]) -> Iterator[str]:
    """The nearest silent rule of each group, with what kept it silent.

    A rule that stopped at a number is nearest, then one that stopped at a condition which is not met; of those, the one
    of which most is met.
    """
    spared = {group for one in trace.with_outcome(Outcome.SUPPRESSES) for group in one.page.silences}
    silent = [one for one in asked if one.outcome is Outcome.SILENT and not one.looked_for and _kept(one)]
    best: dict[str, Asked] = {}
    for one in sorted(silent, key=_distance):
        best.setdefault(one.page.group, one)
    for group in [group for group in _GROUPS if group in best and group not in spared][:_NEAREST]:
        yield f"{_titled(best[group].page)} {_kept(best[group])}"


def _distance(asked: Asked) -> tuple[int, int, int]:
    last = asked.record.last if asked.record is not None else ""
    conditions = asked.record.conditions if asked.record is not None else ()
    met = sum(one.answer is Answered.MET for one in conditions)
    if not isinstance(last, Condition):
        return 2, -met, asked.page.precedence
    stopped = 0 if last.compared is not None else 1
    return (stopped if last.answer is Answered.NOT_MET else 3), -met, asked.page.precedence


def _kept(asked: Asked) -> str:
    """What kept a rule silent; empty where nothing is known that did."""
    last = asked.record.last if asked.record is not None else ""
    if not isinstance(last, Condition):
        is_of_an_order = last and last.split(":")[0] not in questions.VALUES_OF_THE_CHART.values()
        return f"does not speak at “{last}”" if is_of_an_order else ""
    if last.answer is Answered.UNKNOWN:
        return ""
    return f"would need that {last.says}" if last.answer is Answered.NOT_MET else f"does not speak where {last.says}"


def _undecided(asked: Iterable[Asked]) -> Iterator[str]:
    missing = dict.fromkeys(kind.value for one in asked for kind in one.missing)
    if missing:
        count = sum(bool(one.missing) for one in asked)
        yield f"{_rules(count)} could not be decided without {questions.all_of(missing)}"


def _titled(page: Page) -> str:
    return f"“{page.title}”"
