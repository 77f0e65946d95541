"""When naltrexone is ordered and disulfiram is taken, then ask whether the pair is meant and suggest liver tests,

because both can injure the liver; at a full dose this warns, below it informs.
"""

from collections.abc import Iterator

from cards.chart import MEDICATION_LISTS, Band, Chart, Order
from cards.chart_suggestions import request_service
from cards.drugs import Role
from cards.findings import Finding, looks_for, says
from cards.numbers import Numbers
from cards.opioids import told_as_taken
from cards.wordings import medication_fact


@looks_for(Role.DISULFIRAM, needs=MEDICATION_LISTS)
def ldn_disulfiram_hepatotoxin(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per naltrexone order, at the level of its dose."""
    for order in chart.ordering(Role.NALTREXONE):
        drafted = chart.drafted_beside(order, Role.DISULFIRAM)
        taken = told_as_taken(chart, Role.DISULFIRAM) if drafted else list(chart.taking(Role.DISULFIRAM))
        if drafted or taken:
            yield says(
                "full_dose" if _is_full_dose(order, numbers) else "low_dose",
                order,
                facts=[medication_fact(entry) for entry in taken],
                offers=[request_service()],
                evidence=[order.reference, *(d.reference for d in drafted), *(entry.reference for entry in taken)],
            )


def _is_full_dose(order: Order, numbers: Numbers) -> bool:
    """Whether one intake or one day brings the dose of a whole tablet, or it is the monthly injection."""
    amounts = [mg for step in order.dosing.steps for mg in (step.dose_mg, step.daily_mg) if mg is not None]
    return order.band is Band.DEPOT or any(mg >= numbers.tablet_strength for mg in amounts)
