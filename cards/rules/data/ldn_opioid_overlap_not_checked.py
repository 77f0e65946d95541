"""When a chart is opened of somebody who takes naltrexone, and a medication list is missing or cut short, then warn,

because silence would read as if no opioid were taken beside it.
"""

from collections.abc import Iterator

from cards.chart import Chart
from cards.chart_suggestions import task
from cards.drugs import Role
from cards.findings import Finding, looks_for, says
from cards.numbers import Numbers
from cards.phrasing import listed
from cards.wordings import naltrexone_facts, naltrexone_references


@looks_for(Role.NALTREXONE)
def ldn_opioid_overlap_not_checked(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per chart, at every dose of naltrexone; where nobody tells of naltrexone, there is nothing to warn of."""
    missing = chart.missing_lists
    taken = [use for use in chart.naltrexone_uses if use.is_active]
    if not missing or not taken:
        return
    yield says(
        "further_not_checked" if chart.exposures else "not_checked",
        lists=listed(missing),
        facts=[*naltrexone_facts(taken), *(f"{kind}: {chart.state_of(kind)}" for kind in missing)],
        offers=[task(key="by-hand")],
        evidence=naltrexone_references(taken),
    )
