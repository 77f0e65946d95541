"""When a chart is opened on which low-dose naltrexone and an opioid are both taken, then stop the prescriber,

or warn for a brief course, because another prescriber's opioid goes unseen between orders, and naltrexone can bring on
withdrawal at any dose.
"""

from collections.abc import Iterator

from cards.chart import MEDICATION_LISTS, Chart
from cards.chart_suggestions import task
from cards.drugs import Role
from cards.findings import Finding, looks_for, says
from cards.naltrexone import holding, is_low
from cards.numbers import Numbers
from cards.opioids import on_board, regular
from cards.phrasing import listed
from cards.wordings import exposure_facts, naltrexone_facts, naltrexone_references, references


@looks_for(Role.OPIOID, needs=MEDICATION_LISTS)
def ldn_opioid_overlap_on_chart(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per chart, naming the opioids that weigh most."""
    taken = [use for use in chart.naltrexone() if use.is_active and is_low(use, numbers)]
    overlapping = on_board(chart) if taken else []
    if not overlapping:
        return
    weighing = regular(overlapping)
    yield says(
        "regular" if weighing else "brief",
        opioid=listed(e.drug.name for e in weighing or overlapping),
        facts=[*naltrexone_facts(taken), *exposure_facts(overlapping)],
        offers=[holding(taken, chart.today), task(key="call")],
        evidence=[*references(overlapping), *naltrexone_references(taken)],
    )
