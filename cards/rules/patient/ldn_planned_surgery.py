"""When low-dose naltrexone is ordered or taken and an operation is planned, then name the day of the last dose, because

naltrexone weakens the opioids given during and after an operation.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from cards.changes import Change
from cards.chart import MEDICATION_LISTS, SURGERY_LISTS, Chart, Hook, NaltrexoneUse, Order
from cards.chart_suggestions import end_after, hold_naltrexone, task
from cards.drugs import Role
from cards.findings import Finding, looks_for, says
from cards.low_dose import AT_NIGHT, is_low_dose_use
from cards.numbers import Numbers
from cards.phrasing import day
from cards.procedures import PlannedProcedure
from cards.suggestions import hold_until
from cards.wordings import naltrexone_facts, naltrexone_references, order_facts


@looks_for(*SURGERY_LISTS, needs=(*SURGERY_LISTS, *MEDICATION_LISTS))
def ldn_planned_surgery(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak of the next operation: about each low-dose draft, else about what is taken, on opening or planning it."""
    drafts = [order for order in chart.ordering(Role.NALTREXONE) if order.is_low_dose]
    is_ordering_surgery = any(p.is_surgical and p.is_drafted for p in chart.procedures)
    if not drafts and not is_ordering_surgery and chart.hook is not Hook.PATIENT_VIEW:
        return
    taken = _taken(chart, numbers)
    if not drafts and not taken:
        return
    for surgery in [s for s in chart.surgeries() if (s.day - chart.today).days <= numbers.told_within][:1]:
        last = surgery.day - timedelta(numbers.hold_before.days + 1)
        for order in drafts:
            yield _of(surgery, last, order, taken, chart, numbers)
        if not drafts and not _ends_by(last, taken):
            yield _of(surgery, last, None, taken, chart, numbers)


def _taken(chart: Chart, numbers: Numbers) -> list[NaltrexoneUse]:
    """The low-dose entries that count as taken today; with a draft beside them a missing list does not matter."""
    told = chart.naltrexone_uses if chart.ordering(Role.NALTREXONE) else chart.naltrexone()
    return [use for use in told if use.is_active and is_low_dose_use(use, numbers)]


def _ends_by(last: date, taken: Sequence[NaltrexoneUse]) -> bool:
    """Whether its directions end in time already."""
    return any(use.medication.ended is not None and use.medication.ended <= last for use in taken)


def _of(
    surgery: PlannedProcedure,
    last: date,
    order: Order | None,
    taken: Sequence[NaltrexoneUse],
    chart: Chart,
    numbers: Numbers,
) -> Finding:
    restart = surgery.day + timedelta(numbers.restart_after_brief.days)
    return says(
        _circumstance(surgery, last, chart.today, numbers),
        order,
        date=day(surgery.day),
        last=day(last),
        intake=_intake(order, taken),
        restart=day(restart),
        facts=[f"surgery: {day(surgery.day)}", *naltrexone_facts(taken), *(order_facts(order) if order else ())],
        offers=_offers(order, taken, last, restart, chart.today),
        evidence=[surgery.reference, *naltrexone_references(taken), *([order.reference] if order else ())],
    )


def _circumstance(surgery: PlannedProcedure, last: date, today: date, numbers: Numbers) -> str:
    if last < today:
        return "hold_now"
    return "soon" if (surgery.day - today).days <= numbers.warned_within else "later"


def _intake(order: Order | None, taken: Sequence[NaltrexoneUse]) -> str:
    when = order.dosing.when if order is not None else frozenset().union(*(use.medication.dosing.when for use in taken))
    return "bedtime dose" if when & AT_NIGHT else "dose"


def _offers(
    order: Order | None, taken: Sequence[NaltrexoneUse], last: date, restart: date, today: date
) -> list[Change]:
    changes = [hold_until(order, restart, recommended=True)] if order is not None else []
    is_late = last < today
    for use in taken:
        ending = (
            hold_naltrexone(use, today, recommended=order is None)
            if is_late
            else end_after(use, last, recommended=order is None)
        )
        if ending is not None:
            changes.append(ending)
            break
    return [*changes, task(key="anaesthesia"), task(key="restart")]
