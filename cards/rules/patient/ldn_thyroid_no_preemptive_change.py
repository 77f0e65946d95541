"""When low-dose naltrexone is started for thyroid disease, or thyroid hormone is lowered soon after such a start,

then say that the need does not change, because a common claim has people cut their hormone in advance.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from cards.chart import Chart, Medication, Order
from cards.chart_suggestions import request_service
from cards.conditions import ConditionGroup
from cards.drugs import Role
from cards.findings import Finding, looks_for, says
from cards.labs import LabTest
from cards.numbers import Numbers
from cards.phrasing import day, micrograms
from cards.treatment import is_first_in, taken_since
from cards.wordings import medication_fact

THYROID = frozenset({ConditionGroup.HASHIMOTO, ConditionGroup.HYPOTHYROIDISM})


@looks_for(*THYROID, Role.THYROID_HORMONE)
def ldn_thyroid_no_preemptive_change(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per new low-dose order for thyroid disease, and once per hormone order that lowers the dose."""
    for order in chart.ordering(Role.NALTREXONE):
        if order.is_low_dose and order.reasons & THYROID and is_first_in(chart, numbers.first_start_after, numbers):
            yield says("started", order, evidence=[order.reference])
    for order in chart.ordering(Role.THYROID_HORMONE):
        for before in _taken_before(order, chart):
            old, new = _daily_mg(before), _daily_mg(order)
            if old is not None and new is not None and new < old:
                yield from _of_the_cut(order, before, old, new, chart, numbers)


def _of_the_cut(
    order: Order, before: Medication, old: Decimal, new: Decimal, chart: Chart, numbers: Numbers
) -> Iterator[Finding]:
    since = _began(chart, numbers)
    if since is None or (chart.today - since).days > numbers.soon_after_start or _is_tested(chart, since):
        return
    yield says(
        "lowered",
        order,
        hormone=order.drug.name,
        before=micrograms(old),
        after=micrograms(new),
        date=day(since),
        facts=[medication_fact(before)],
        offers=[request_service()],
        evidence=[order.reference, before.reference],
    )


def _taken_before(order: Order, chart: Chart) -> list[Medication]:
    """The latest entry of the same hormone that is taken today and whose dose is told."""
    same = [
        entry
        for entry in chart.taking(Role.THYROID_HORMONE)
        if entry.drug.ingredients == order.drug.ingredients and _daily_mg(entry) is not None
    ]
    return sorted(same, key=lambda entry: entry.began or date.min)[-1:]


def _daily_mg(thing: Order | Medication) -> Decimal | None:
    """The dose of a day; without directions the strength of the tablet, since nearly everybody takes one a day."""
    strength = thing.drug.strength_of(thing.drug.ingredients[0])
    return thing.dosing.last_mg or (strength.mg if strength is not None else None)


def _began(chart: Chart, numbers: Numbers) -> date | None:
    """When low-dose naltrexone began: today, where it is ordered beside the hormone."""
    since = taken_since(chart, numbers)
    is_drafted = any(order.is_low_dose for order in chart.ordering(Role.NALTREXONE))
    return chart.today if since is None and is_drafted else since


def _is_tested(chart: Chart, since: date) -> bool:
    return any(lab.test is LabTest.TSH and lab.taken is not None and lab.taken >= since for lab in chart.latest_labs())
