"""When low-dose naltrexone is ordered within five weeks after an injection of depot naltrexone,

then propose a later start, because the depot blocks the receptors around the clock until it has gone.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from cards.chart import MEDICATION_LISTS, Band, Chart, NaltrexoneUse
from cards.drugs import Role
from cards.findings import Finding, looks_for, says
from cards.numbers import Numbers
from cards.phrasing import day
from cards.suggestions import hold_until, withdraw
from cards.wordings import naltrexone_facts, naltrexone_references


@looks_for(Role.NALTREXONE, needs=MEDICATION_LISTS)
def ldn_depot_naltrexone_overlap(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per low-dose order: of the last injection, else of a depot order that is still active."""
    for order in chart.ordering(Role.NALTREXONE):
        if not order.is_low_dose:
            continue
        depots = [use for use in chart.naltrexone() if use.band is Band.DEPOT]
        recent = [use for use in depots if _clears_on(use, numbers) > chart.today]
        running = [use for use in depots if use.is_active]
        if recent:
            last = max(recent, key=lambda use: _clears_on(use, numbers))
            clears = _clears_on(last, numbers)
            yield says(
                "given",
                order,
                date=day(last.last_day),
                earliest=day(clears),
                facts=naltrexone_facts([last]),
                offers=[hold_until(order, clears, recommended=True), withdraw(order)],
                evidence=[order.reference, *naltrexone_references([last])],
            )
        elif running:
            yield says(
                "ordered",
                order,
                facts=naltrexone_facts(running),
                offers=[withdraw(order, recommended=True)],
                evidence=[order.reference, *naltrexone_references(running)],
            )


def _clears_on(use: NaltrexoneUse, numbers: Numbers) -> date:
    """The first day on which the injection no longer counts; a depot without a date has long cleared."""
    if use.last_day is None:
        return date.min
    return use.last_day + timedelta(days=numbers.depot_clears_after.days + 1)
