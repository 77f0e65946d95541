"""When naltrexone is ordered beside an opioid for cough or diarrhoea, then warn,

because naltrexone takes its effect away, and after regular use it can bring on withdrawal.
"""

from collections.abc import Iterator, Sequence

from cards.changes import Change
from cards.chart import MEDICATION_LISTS, Chart, Exposure, Order
from cards.chart_suggestions import task
from cards.drugs import OpioidKind, Role
from cards.findings import Finding, looks_for, says
from cards.numbers import Numbers
from cards.opioids import choosing, drafted_beside
from cards.phrasing import day, listed
from cards.suggestions import hold_until, withdraw
from cards.wordings import exposure_facts, references

WARNED = frozenset({OpioidKind.COUGH, OpioidKind.GUT})
TOLD = frozenset({OpioidKind.RESTRICTED})
"""Loperamide and its like hardly reach the brain: they may work less, and that is all."""


@looks_for(Role.OPIOID, needs=MEDICATION_LISTS)
def ldn_order_opioid_cough_or_gut_drug(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per naltrexone order and level."""
    orders = chart.ordering(Role.NALTREXONE)
    for order in orders:
        yield from _drafted(chart, order, numbers)
    exposures = list(chart.opioids())
    known = [e for e in exposures if e.kind in WARNED and (e.is_active or e.is_doubtful_on(chart.today))]
    weak = [e for e in exposures if e.kind in TOLD and e.is_active]
    for order in orders:
        if known:
            yield _warned(order, known)
        if weak:
            yield says(
                "weak_opioid",
                order,
                opioid=listed(e.drug.name for e in weak),
                facts=exposure_facts(weak),
                evidence=references(weak),
            )


def _drafted(chart: Chart, order: Order, numbers: Numbers) -> Iterator[Finding]:
    beside = drafted_beside(chart, order, WARNED, numbers)
    if beside:
        yield says(
            "ordered_together",
            order,
            opioid=listed(o.drug.name for o in beside),
            offers=choosing(chart, order, beside),
            evidence=[o.reference for o in beside],
        )
    weak = drafted_beside(chart, order, TOLD, numbers)
    if weak:
        yield says(
            "weak_opioid",
            order,
            opioid=listed(o.drug.name for o in weak),
            evidence=[o.reference for o in weak],
        )


def _warned(order: Order, known: Sequence[Exposure]) -> Finding:
    is_for_cough = any(e.kind is OpioidKind.COUGH for e in known)
    is_dated = all(e.clear_on for e in known)
    purpose = "cough" if is_for_cough else "gut"
    first_days = [e.clear_on for e in known if e.clear_on]
    waiting: list[Change] = (
        [hold_until(order, max(first_days), recommended=True), withdraw(order)]
        if is_dated
        else [withdraw(order, recommended=True)]
    )
    return says(
        purpose if is_dated else f"{purpose}_undated",
        order,
        opioid=listed(e.drug.name for e in known),
        earliest=day(max(first_days)) if is_dated else "",
        facts=exposure_facts(known),
        offers=[*waiting, task()],
        evidence=references(known),
    )
