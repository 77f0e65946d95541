"""When a chart is opened on which low-dose naltrexone and an opioid are both taken, then stop the prescriber,

or warn for a brief course, because another prescriber's opioid goes unseen between orders, and naltrexone can bring on
withdrawal at any dose.
"""

from collections.abc import Iterator
from datetime import date

from cards.chart import MEDICATION_LISTS, Chart, Exposure
from cards.chart_suggestions import task
from cards.drugs import OpioidKind, Role
from cards.findings import Finding, looks_for, says
from cards.naltrexone import holding, is_low
from cards.numbers import Numbers
from cards.phrasing import listed
from cards.wordings import exposure_facts, naltrexone_facts, naltrexone_references, references

HARDLY_ABSORBED = frozenset({OpioidKind.GUT, OpioidKind.RESTRICTED})
"""Gut medicines do not bring on withdrawal; ordering naltrexone beside them has its own rule."""


@looks_for(Role.OPIOID, needs=MEDICATION_LISTS)
def ldn_opioid_overlap_on_chart(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per chart, naming the opioids that weigh most."""
    taken = [use for use in chart.naltrexone() if use.is_active and is_low(use, numbers)]
    overlapping = [e for e in chart.opioids() if _overlaps(e, chart.today)]
    if not taken or not overlapping:
        return
    regular = [e for e in overlapping if not _is_brief(e)]
    yield says(
        "regular" if regular else "brief",
        opioid=listed(e.drug.name for e in regular or overlapping),
        facts=[*naltrexone_facts(taken), *exposure_facts(overlapping)],
        offers=[holding(taken, chart.today), task(key="call")],
        evidence=[*references(overlapping), *naltrexone_references(taken)],
    )


def _overlaps(exposure: Exposure, today: date) -> bool:
    """Whether it is on board today: taken, or a depot inside its critical window."""
    if exposure.kind in HARDLY_ABSORBED:
        return False
    return exposure.is_active or (exposure.kind.is_depot and exposure.is_critical_on(today))


def _is_brief(exposure: Exposure) -> bool:
    return exposure.is_brief or exposure.kind is OpioidKind.COUGH
