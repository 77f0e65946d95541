"""When naltrexone is ordered and the liver is failing or acutely inflamed, then ask for hepatology advice, because a

failing liver lets exposure to naltrexone rise several-fold.
"""

from collections.abc import Iterable, Iterator

from cards.changes import Change
from cards.chart import Chart, Kind, Order
from cards.chart_suggestions import request_service
from cards.conditions import Condition, ConditionGroup
from cards.drugs import Role
from cards.findings import Finding, looks_for, says
from cards.labs import LabTest
from cards.low_dose import is_labelled_product_or_dose
from cards.numbers import Numbers
from cards.results import latest_value, result_fact
from cards.suggestions import hold
from cards.wordings import condition_fact

FAILING = ConditionGroup.ACUTE_LIVER_FAILURE
SEVERE = (FAILING, ConditionGroup.ACUTE_HEPATITIS, ConditionGroup.DECOMPENSATED_CIRRHOSIS)


@looks_for(*SEVERE, LabTest.BILIRUBIN, needs=(Kind.CONDITIONS, Kind.LABORATORY))
def ldn_severe_liver_disease(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per naltrexone order: of the gravest condition, else of bilirubin."""
    conditions = chart.told_conditions(*SEVERE)
    bilirubin = latest_value(chart, LabTest.BILIRUBIN, numbers.bilirubin_recent.days)
    times = bilirubin.times_upper_limit(numbers.bilirubin_upper_limit) if bilirubin is not None else None
    for order in chart.ordering(Role.NALTREXONE):
        if conditions:
            yield says(
                "failure" if FAILING in conditions[0].groups else "condition",
                order,
                condition=_named(conditions),
                facts=[*map(condition_fact, conditions), *([result_fact(bilirubin)] if bilirubin else ())],
                offers=_offers(order),
                evidence=[condition.reference for condition in conditions],
            )
        elif bilirubin is not None and times is not None and times > numbers.bilirubin_high:
            yield says(
                "bilirubin",
                order,
                bilirubin=result_fact(bilirubin),
                facts=[result_fact(bilirubin)],
                offers=_offers(order),
                evidence=[bilirubin.reference],
            )
        else:
            chart.must_know(Kind.CONDITIONS, Kind.LABORATORY)


def _named(conditions: Iterable[Condition]) -> str:
    """The gravest of the groups that were told."""
    told = {group for condition in conditions for group in condition.groups}
    return next(group.label for group in SEVERE if group in told)


def _offers(order: Order) -> list[Change]:
    """Treatment at a full dose is not put on hold by software; it is a specialist's weighing."""
    if is_labelled_product_or_dose(order):
        return [request_service()]
    return [hold(order, recommended=True), request_service()]
