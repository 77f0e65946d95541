"""When an opioid is ordered and low-dose naltrexone is taken, was stopped today or is ordered beside it, then stop the

prescriber, because the block makes pain relief fail, invites higher doses that overshoot as it fades, and because
naltrexone restarted on top of regular opioids brings on withdrawal.
"""

from collections.abc import Iterator

from cards.chart import Chart, NaltrexoneUse, Order
from cards.chart_suggestions import task
from cards.drugs import Role
from cards.findings import Finding, says
from cards.naltrexone import (
    Block,
    blockade,
    choosing_another,
    choosing_one,
    holding,
    is_agonist_treatment,
    is_low_order,
    strong_opioids_ordered,
)
from cards.numbers import Numbers
from cards.phrasing import day, days
from cards.wordings import naltrexone_dose, naltrexone_facts, naltrexone_references, naltrexone_when


def opioid_order_ldn_active(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per opioid draft; in hospital another rule speaks."""
    if chart.is_in_hospital:
        return
    for order in strong_opioids_ordered(chart, numbers):
        drafted = [o for o in chart.drafted_beside(order, Role.NALTREXONE) if is_low_order(o)]
        if drafted:
            yield says(
                "ordered_together",
                order,
                opioid=order.drug.name,
                offers=choosing_one(order, drafted, numbers),
                evidence=[o.reference for o in drafted],
            )
        found = blockade(chart, numbers)
        if found.block is Block.LOW:
            yield says(
                _circumstance(order, found.use, numbers),
                order,
                opioid=order.drug.name,
                dose=naltrexone_dose(found.use),
                when=naltrexone_when(found.use),
                date=day(found.use.last_day),
                brief=days(numbers.restart_after_brief.days),
                regular=days(numbers.restart_after_regular.days),
                long=days(numbers.restart_after_long.days),
                facts=naltrexone_facts(found.uses),
                offers=[*choosing_another(order, numbers), holding(found.uses, chart.today), task(key="advice")],
                evidence=naltrexone_references(found.uses),
            )


def _circumstance(order: Order, use: NaltrexoneUse, numbers: Numbers) -> str:
    if is_agonist_treatment(order, numbers):
        return "treatment"
    return "active" if use.is_active else "stopped_today"
