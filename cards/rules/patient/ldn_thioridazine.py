"""When thioridazine and naltrexone come together, whichever is ordered, then say that sleepiness was reported,

because the label lists it and nobody expects it of so rare a pair.
"""

from collections.abc import Iterator

from cards.chart import MEDICATION_LISTS, Chart
from cards.drugs import Role
from cards.findings import Finding, looks_for, says
from cards.numbers import Numbers
from cards.opioids import told_as_taken
from cards.wordings import medication_fact, naltrexone_facts, naltrexone_references


@looks_for(Role.THIORIDAZINE, needs=MEDICATION_LISTS)
def ldn_thioridazine(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per naltrexone order at any dose; per thioridazine order where naltrexone is taken."""
    naltrexone = chart.ordering(Role.NALTREXONE)
    for order in naltrexone:
        drafted = chart.drafted_beside(order, Role.THIORIDAZINE)
        taken = told_as_taken(chart, Role.THIORIDAZINE) if drafted else list(chart.taking(Role.THIORIDAZINE))
        if drafted or taken:
            yield says(
                "naltrexone_ordered",
                order,
                facts=[medication_fact(entry) for entry in taken],
                evidence=[order.reference, *(d.reference for d in drafted), *(entry.reference for entry in taken)],
            )
    for order in chart.ordering(Role.THIORIDAZINE) if not naltrexone else ():
        uses = [use for use in chart.naltrexone() if use.is_active]
        if uses:
            yield says(
                "thioridazine_ordered",
                order,
                facts=naltrexone_facts(uses),
                evidence=[order.reference, *naltrexone_references(uses)],
            )
