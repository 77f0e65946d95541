"""When a chart is opened on which full-dose or depot naltrexone and an opioid are both taken, then stop the prescriber,

or warn for a brief course, because the opioid is blocked, more of it to get through can kill, and whoever takes opioids
regularly gets severe withdrawal from the next dose of naltrexone.
"""

from collections.abc import Iterator

from cards.chart import MEDICATION_LISTS, Chart
from cards.chart_suggestions import task
from cards.drugs import Role
from cards.findings import Finding, looks_for, says
from cards.naltrexone import is_low
from cards.numbers import Numbers
from cards.opioids import on_board, regular
from cards.phrasing import listed
from cards.wordings import exposure_facts, naltrexone_dose, naltrexone_facts, naltrexone_references, references


@looks_for(Role.OPIOID, needs=MEDICATION_LISTS)
def naltrexone_opioid_overlap_on_chart(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per chart, naming the opioids that weigh most; naltrexone without any dose counts as a full one."""
    taken = [use for use in chart.naltrexone() if use.is_active and not is_low(use, numbers)]
    overlapping = on_board(chart) if taken else []
    if not overlapping:
        return
    weighing = regular(overlapping)
    yield says(
        "regular" if weighing else "brief",
        dose=listed(naltrexone_dose(use) for use in taken),
        opioid=listed(e.drug.name for e in weighing or overlapping),
        facts=[*naltrexone_facts(taken), *exposure_facts(overlapping)],
        offers=[task(key="call")],
        evidence=[*references(overlapping), *naltrexone_references(taken)],
    )
