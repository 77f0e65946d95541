"""When naltrexone is ordered within the months that a buprenorphine depot lasts, then stop the prescriber,

because the depot goes on releasing buprenorphine long after a medication list shows it as completed.
"""

from collections.abc import Iterator, Sequence

from cards.chart import MEDICATION_LISTS, Chart, Exposure
from cards.chart_suggestions import request_service, task
from cards.drugs import OpioidKind, Role
from cards.findings import Finding, looks_for, says
from cards.numbers import Numbers
from cards.opioids import DEPOTS, drafted_beside
from cards.phrasing import day, listed
from cards.suggestions import withdraw
from cards.wordings import exposure_facts, references


@looks_for(Role.OPIOID, needs=MEDICATION_LISTS)
def ldn_order_depot_buprenorphine(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per naltrexone order, about the depot that lasts longest; the others stand among the facts."""
    orders = chart.ordering(Role.NALTREXONE)
    for order in orders:
        beside = drafted_beside(chart, order, DEPOTS, numbers)
        if beside:
            yield says(
                "ordered_together",
                order,
                opioid=listed(o.drug.name for o in beside),
                offers=[withdraw(order, recommended=True), request_service()],
                evidence=[o.reference for o in beside],
            )
    depots = [e for e in chart.opioids() if e.kind.is_depot and (e.is_active or e.is_doubtful_on(chart.today))]
    for order in orders:
        for depot in _decisive(chart, depots):
            yield says(
                _circumstance(chart, depot),
                order,
                date=day(depot.last_day),
                earliest=day(depot.clear_on),
                facts=exposure_facts(depots),
                offers=[withdraw(order, recommended=True), request_service(), task()],
                evidence=references(depots),
            )


def _decisive(chart: Chart, depots: Sequence[Exposure]) -> Sequence[Exposure]:
    """The one to speak of: first by level, then by how long it lasts; none of none."""
    return sorted(depots, key=lambda e: (e.is_critical_on(chart.today), e.clear_on))[-1:]


def _circumstance(chart: Chart, depot: Exposure) -> str:
    if depot.is_active or depot.last_day == chart.today:
        return "in_place"
    is_implant = depot.kind is OpioidKind.IMPLANT
    if depot.is_critical_on(chart.today):
        return "implant_removed" if is_implant else "injected"
    return "implant_tail" if is_implant else "injected_tail"
