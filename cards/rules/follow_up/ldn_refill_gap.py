"""When low-dose naltrexone is refilled and its last supply ran out more than a month ago, then ask why, because an

opioid course may hide in the gap and nobody has studied how the old dose is tolerated after one.
"""

from collections.abc import Iterator

from cards.chart import MEDICATION_LISTS, Chart
from cards.drugs import Role
from cards.findings import Finding, looks_for, says
from cards.low_dose import last_low_dose_supply, supply_end
from cards.mends import stepped_start
from cards.numbers import Numbers
from cards.phrasing import day, days
from cards.wordings import naltrexone_fact


@looks_for(Role.NALTREXONE, needs=MEDICATION_LISTS)
def ldn_refill_gap(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per order at a dose beyond the first steps."""
    for order in chart.ordering(Role.NALTREXONE):
        first = order.dosing.first_mg
        if first is None or not order.is_low_dose or first < numbers.refill_from:
            continue
        last = last_low_dose_supply(chart, numbers)
        ended = supply_end(last) if last is not None else None
        if last is None or ended is None:
            continue
        gap = (chart.today - ended).days
        if gap > numbers.gap_longer_than:
            yield says(
                "gap",
                order,
                gap=days(gap),
                date=day(ended),
                facts=[naltrexone_fact(last)],
                offers=[stepped_start(order, numbers.start_dose.plain, numbers)],
                evidence=[order.reference, last.medication.reference],
            )
