"""When naltrexone is ordered for someone who takes kratom or tianeptine, or did so lately, then stop the prescriber,

because both act on opioid receptors, and naltrexone has brought on withdrawal in people who used kratom.
"""

from collections.abc import Iterator
from datetime import date

from cards.chart import MEDICATION_LISTS, Chart, Exposure
from cards.chart_suggestions import task
from cards.conditions import ConditionGroup
from cards.drugs import OpioidKind, Role
from cards.findings import Finding, looks_for, says
from cards.labs import LabResult, LabTest
from cards.numbers import Numbers
from cards.opioids import drafted_beside
from cards.phrasing import day, listed
from cards.suggestions import hold_until, withdraw
from cards.wordings import condition_fact, exposure_facts, known_as, references, screen_facts

UNREGULATED = frozenset({OpioidKind.UNREGULATED})
SCREENED = frozenset({"kratom", "tianeptine"})


@looks_for(
    Role.OPIOID, LabTest.OPIOID_SCREEN, ConditionGroup.KRATOM_OR_TIANEPTINE_USE,
    needs=MEDICATION_LISTS,
)  # fmt: skip
def ldn_order_kratom_tianeptine(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per naltrexone order: of use today, otherwise of use that ended lately."""
    orders = chart.ordering(Role.NALTREXONE)
    for order in orders:
        beside = drafted_beside(chart, order, UNREGULATED, numbers)
        if beside:
            yield says(
                "ordered_together",
                order,
                opioid=listed(known_as(o.drug.name) for o in beside),
                offers=[withdraw(order, recommended=True), task()],
                evidence=[o.reference for o in beside],
            )
    screens = [lab for lab in chart.labs if _tells_of_use(chart, lab, numbers)]
    taken = [e for e in chart.exposures if e.kind in UNREGULATED and e.is_active]
    problems = chart.told_conditions(ConditionGroup.KRATOM_OR_TIANEPTINE_USE)
    for order in orders if taken or screens or problems else ():
        named = [*(known_as(e.drug.name) for e in taken), *(lab.screens or "" for lab in screens)]
        yield says(
            "current",
            order,
            opioid=listed(named or ["kratom or tianeptine"]),
            facts=[*exposure_facts(taken), *screen_facts(screens), *map(condition_fact, problems)],
            offers=[withdraw(order, recommended=True), task()],
            evidence=[*references(taken), *(lab.reference for lab in screens), *(c.reference for c in problems)],
        )
    ended = [e for e in chart.opioids() if e.kind in UNREGULATED and not e.is_active and e.is_doubtful_on(chart.today)]
    for order in orders if ended and not (taken or screens or problems) else ():
        first_day = max(_clear_on(e) for e in ended)
        yield says(
            "stopped",
            order,
            opioid=listed(known_as(e.drug.name) for e in ended),
            last=day(max(e.last_day for e in ended if e.last_day)),
            earliest=day(first_day),
            facts=exposure_facts(ended),
            offers=[hold_until(order, first_day, recommended=True), withdraw(order), task()],
            evidence=references(ended),
        )


def _tells_of_use(chart: Chart, lab: LabResult, numbers: Numbers) -> bool:
    if lab.test is not LabTest.OPIOID_SCREEN or lab.screens not in SCREENED or not lab.is_positive:
        return False
    return lab.taken is None or (chart.today - lab.taken).days < numbers.washout_unregulated.days


def _clear_on(exposure: Exposure) -> date:
    return exposure.clear_on or date.max
