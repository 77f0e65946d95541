"""When naltrexone is ordered and entries that count as taken name no medicine, then say how many,

because any of them may be an opioid, and a check that passed over them in silence would look complete.
"""

from collections.abc import Iterator

from cards.chart import Chart
from cards.drugs import Role
from cards.findings import Finding, looks_for, says
from cards.numbers import Numbers
from cards.phrasing import entries
from cards.traits import Trait
from cards.wordings import unidentified_facts


@looks_for(Trait.NAMELESS)
def ldn_medicine_not_identified(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per answer, about the first naltrexone order."""
    for order in chart.ordering(Role.NALTREXONE)[:1]:
        if chart.unidentified:
            yield says(
                "not_identified",
                order,
                entries=entries(len(chart.unidentified)),
                facts=unidentified_facts(chart.unidentified),
                evidence=[entry.reference for entry in chart.unidentified if entry.reference],
            )
