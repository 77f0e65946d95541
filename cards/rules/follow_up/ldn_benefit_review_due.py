"""When a chart is opened or a refill asked for after twelve weeks at a target dose without an outcome, then ask to decide,

because on average the newest trials found no benefit, and only a record shows whether this patient has one.
"""

from collections.abc import Iterator
from datetime import date

from cards.changes import Change
from cards.chart import MEDICATION_LISTS, Chart, Kind, NaltrexoneUse
from cards.chart_suggestions import stop_low_dose, task
from cards.drugs import Role
from cards.findings import Finding, looks_for, says
from cards.labs import LabTest
from cards.numbers import Numbers
from cards.phrasing import day
from cards.suggestions import withdraw
from cards.treatment import is_hindered, is_refill_of_another, refills, running_order, taken_since
from cards.wordings import naltrexone_facts, naltrexone_references

OUTCOMES = frozenset({LabTest.OUTCOME, LabTest.PHQ9_TOTAL})


@looks_for(Role.NALTREXONE, needs=MEDICATION_LISTS)
def ldn_benefit_review_due(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per chart, unless something else has to be settled first."""
    if is_refill_of_another(chart):
        return
    since = taken_since(chart, numbers, numbers.target_from)
    if since is None or (chart.today - since).days < numbers.judged_after or _has_outcome(chart, since):
        return
    if is_hindered(chart, numbers):
        return
    taken = [use for use in chart.naltrexone() if use.is_active]
    yield says(
        "due",
        date=day(since),
        facts=naltrexone_facts(taken),
        offers=[task(), *_ending(taken, chart, numbers)],
        evidence=naltrexone_references(taken),
    )


def _ending(taken: list[NaltrexoneUse], chart: Chart, numbers: Numbers) -> list[Change]:
    """Not to refill it, where that is asked for; else to stop the order that runs."""
    asked_for = refills(chart)
    if asked_for:
        return [withdraw(asked_for[0], key="decline")]
    running = running_order(taken, numbers)
    stop = stop_low_dose(running, chart.today) if running is not None else None
    return [stop] if stop is not None else []


def _has_outcome(chart: Chart, since: date) -> bool:
    """Whether anybody asked how the patient does since then; the day itself shows how things were before."""
    if any(lab.test in OUTCOMES and lab.taken is not None and lab.taken > since for lab in chart.labs):
        return True
    chart.must_know(Kind.SURVEYS)
    return False
