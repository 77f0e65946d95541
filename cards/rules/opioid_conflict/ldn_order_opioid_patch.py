"""When naltrexone is ordered while an opioid patch is on, or came off too recently, then stop the prescriber,

because the skin beneath a patch goes on releasing the opioid, and a patch is easily forgotten.
"""

from collections.abc import Iterator
from datetime import date

from cards.chart import MEDICATION_LISTS, Chart, Exposure
from cards.chart_suggestions import task
from cards.drugs import OpioidKind, Role
from cards.findings import Finding, looks_for, says
from cards.numbers import Numbers
from cards.opioids import choosing, drafted_beside
from cards.phrasing import day, days, listed
from cards.suggestions import hold_until, withdraw
from cards.wordings import exposure_facts, references

PATCH = frozenset({OpioidKind.PATCH})


@looks_for(Role.OPIOID, needs=MEDICATION_LISTS)
def ldn_order_opioid_patch(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per naltrexone order: of the patches that are on, otherwise of those that came off."""
    orders = chart.ordering(Role.NALTREXONE)
    for order in orders:
        beside = drafted_beside(chart, order, PATCH, numbers)
        if beside:
            yield says(
                "ordered_together",
                order,
                opioid=listed(o.drug.name for o in beside),
                offers=choosing(chart, order, beside),
                evidence=[o.reference for o in beside],
            )
    patches = [e for e in chart.opioids() if e.kind in PATCH and (e.is_active or e.is_doubtful_on(chart.today))]
    worn = [e for e in patches if e.is_active]
    for order in orders if patches else ():
        if worn:
            yield says(
                "on",
                order,
                opioid=listed(e.drug.name for e in worn),
                needed=days(numbers.washout_patch.days),
                facts=exposure_facts(patches),
                offers=[withdraw(order, recommended=True), task()],
                evidence=references(patches),
            )
        else:
            first_day = max(_clear_on(e) for e in patches)
            yield says(
                "removed",
                order,
                opioid=listed(e.drug.name for e in patches),
                last=day(max(e.last_day for e in patches if e.last_day)),
                earliest=day(first_day),
                needed=days(numbers.washout_patch.days),
                facts=exposure_facts(patches),
                offers=[hold_until(order, first_day, recommended=True), withdraw(order), task()],
                evidence=references(patches),
            )


def _clear_on(exposure: Exposure) -> date:
    return exposure.clear_on or date.max
