"""When naltrexone is ordered in opioid withdrawal, or a low dose in an untreated opioid use disorder, then speak up,

because the first is a contraindication, and in the second opioids are probably in the body though no list names them.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from cards.changes import Change
from cards.chart import Chart, Kind, Medication, Order
from cards.chart_suggestions import request_service
from cards.conditions import Condition, ConditionGroup
from cards.drugs import OpioidKind, Role
from cards.findings import Finding, looks_for, says
from cards.labs import LabResult, LabTest
from cards.numbers import Numbers
from cards.opioids import DEPOTS, drafted_beside, told_as_taken
from cards.phrasing import day, number
from cards.suggestions import hold_until
from cards.wordings import condition_fact, medication_fact

TREATMENT = DEPOTS | {OpioidKind.MAINTENANCE}


@looks_for(
    ConditionGroup.OPIOID_WITHDRAWAL,
    ConditionGroup.OPIOID_USE_DISORDER,
    LabTest.COWS,
    Role.LOFEXIDINE,
    needs=(Kind.CONDITIONS,),
)
def ldn_order_withdrawal_or_untreated_oud(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per naltrexone order. Signs that were told speak also when other lists are missing."""
    orders = chart.ordering(Role.NALTREXONE)
    diagnosed = [c for c in chart.conditions if ConditionGroup.OPIOID_WITHDRAWAL in c.groups and c.is_active]
    scored = [lab for lab in chart.labs if _is_withdrawal(chart, lab, numbers)][:1]
    treated = told_as_taken(chart, Role.LOFEXIDINE)
    if diagnosed or scored or treated:
        for order in orders:
            yield _in_withdrawal(order, chart, numbers, diagnosed, scored, treated)
        return
    disorder = chart.having(ConditionGroup.OPIOID_USE_DISORDER)
    for order in orders:
        if disorder and order.is_low_dose and not _is_remitted_or_treated(chart, order, numbers):
            yield says(
                "untreated",
                order,
                earliest=day(_first_day(chart, numbers)),
                facts=[condition_fact(disorder)],
                offers=_waiting(order, chart, numbers),
                evidence=[disorder.reference],
            )


def _in_withdrawal(
    order: Order,
    chart: Chart,
    numbers: Numbers,
    diagnosed: Sequence[Condition],
    scored: Sequence[LabResult],
    treated: Sequence[Medication],
) -> Finding:
    circumstance = "diagnosed" if diagnosed else "scored" if scored else "lofexidine"
    return says(
        circumstance,
        order,
        score="".join(number(lab.value) for lab in scored if lab.value),
        date="".join(day(lab.taken) for lab in scored),
        earliest=day(_first_day(chart, numbers)),
        facts=[
            *(condition_fact(c) for c in diagnosed),
            *(f"COWS {number(lab.value)} on {day(lab.taken)}" for lab in scored if lab.value),
            *(medication_fact(m) for m in treated),
        ],
        offers=_waiting(order, chart, numbers),
        evidence=[*(c.reference for c in diagnosed), *(s.reference for s in scored), *(m.reference for m in treated)],
    )


def _waiting(order: Order, chart: Chart, numbers: Numbers) -> list[Change]:
    screen, consult = request_service(key="screen"), request_service(key="consult")
    return [hold_until(order, _first_day(chart, numbers), recommended=True), screen, consult]


def _first_day(chart: Chart, numbers: Numbers) -> date:
    """Nobody knows which opioid it was, so the longer interval counts, from today."""
    return chart.today + timedelta(days=numbers.washout_long.days)


def _is_withdrawal(chart: Chart, lab: LabResult, numbers: Numbers) -> bool:
    if lab.test is not LabTest.COWS or lab.value is None or lab.taken is None:
        return False
    return lab.value >= numbers.cows_from and (chart.today - lab.taken).days <= numbers.cows_counts.days


def _is_remitted_or_treated(chart: Chart, order: Order, numbers: Numbers) -> bool:
    """Whether remission is on record, or treatment that has a rule of its own."""
    remission = ConditionGroup.OPIOID_USE_DISORDER_REMISSION
    if any(remission in c.groups and c.is_standing for c in chart.conditions):
        return True
    return any(e.kind in TREATMENT for e in chart.exposures) or bool(drafted_beside(chart, order, TREATMENT, numbers))
