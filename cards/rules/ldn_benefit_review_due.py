"""When a chart is opened, twelve weeks have passed at a target dose and no outcome is recorded, then ask to decide,

because on average the newest trials found no benefit, and only a record shows whether this patient has one.
"""

from collections.abc import Iterator
from datetime import date

from cards.chart import Chart, Kind
from cards.findings import Finding, says
from cards.labs import LabTest
from cards.numbers import Numbers
from cards.phrasing import day
from cards.suggestions import stop_low_dose, task
from cards.treatment import is_hindered, running_order, taken_since
from cards.wordings import naltrexone_facts, naltrexone_references

OUTCOMES = frozenset({LabTest.OUTCOME, LabTest.PHQ9_TOTAL})


def ldn_benefit_review_due(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per chart, unless something else has to be settled first."""
    since = taken_since(chart, numbers, numbers.target_from)
    if since is None or (chart.today - since).days < numbers.judged_after or _has_outcome(chart, since):
        return
    if is_hindered(chart, numbers):
        return
    taken = [use for use in chart.naltrexone() if use.is_active]
    running = running_order(taken, numbers)
    stop = stop_low_dose(running, chart.today) if running is not None else None
    yield says(
        "due",
        date=day(since),
        facts=naltrexone_facts(taken),
        offers=[task(), *([stop] if stop is not None else [])],
        evidence=naltrexone_references(taken),
    )


def _has_outcome(chart: Chart, since: date) -> bool:
    """Whether anybody asked how the patient does since then; the day itself shows how things were before."""
    if any(lab.test in OUTCOMES and lab.taken is not None and lab.taken > since for lab in chart.labs):
        return True
    chart.must_know(Kind.SURVEYS)
    return False
