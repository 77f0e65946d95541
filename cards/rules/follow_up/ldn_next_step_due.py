"""When a chart is opened or a refill is asked for, and a start dose of low-dose naltrexone was taken for as long as its

schedule says, then recall the next step, because many stay below the doses that were studied only since nobody came
back to it.
"""

from collections.abc import Iterator

from cards.changes import Change
from cards.chart import MEDICATION_LISTS, Chart
from cards.chart_suggestions import task
from cards.conditions import ConditionGroup
from cards.drugs import Role
from cards.findings import Finding, looks_for, says
from cards.low_dose import LastDose, last_low_dose
from cards.mends import NextStep, next_step, next_step_drafted, stepped_up
from cards.numbers import Numbers
from cards.phrasing import day, days, milligrams
from cards.treatment import has_draft, is_hindered, is_refill_of_another, refills
from cards.wordings import naltrexone_fact, naltrexone_references


@looks_for(Role.NALTREXONE, needs=MEDICATION_LISTS)
def ldn_next_step_due(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per chart; not where the order already holds its next step, nor where something stands in the way."""
    last = last_low_dose(chart, numbers)
    if last is None or last.since is None or not _is_below_target(last, numbers) or is_refill_of_another(chart):
        return
    step = next_step(last.mg, chart, numbers)
    if step is None or (chart.today - last.since).days < step.after or _is_stepped_up_already(last, chart):
        return
    if has_draft(chart) or is_hindered(chart, numbers) or _is_for_a_specialist(chart, numbers):
        return
    yield says(
        "due",
        dose=milligrams(last.mg),
        next=milligrams(step.mg),
        taken=days((chart.today - last.since).days),
        date=day(last.since),
        facts=[naltrexone_fact(last.use)],
        offers=[*_stepping_up(last, step, chart, numbers), task()],
        evidence=naltrexone_references([last.use]),
    )


def _is_below_target(last: LastDose, numbers: Numbers) -> bool:
    """Whether one dose below the usual target is taken, and no later step is written."""
    is_planned = last.use.daily_mg is not None and last.use.daily_mg > last.mg
    return last.use.is_active and not is_planned and last.mg < numbers.target_from


def _is_stepped_up_already(last: LastDose, chart: Chart) -> bool:
    """Whether a refill that is asked for holds a higher dose, or one that is not known."""
    highest = [order.dosing.highest_mg for order in refills(chart)]
    return any(mg is None or mg > last.mg for mg in highest)


def _is_for_a_specialist(chart: Chart, numbers: Numbers) -> bool:
    """Whether the patient is a child or pregnant: then no schedule of ours applies."""
    patient = chart.patient
    is_child = patient is not None and patient.is_under_on(int(numbers.adult_from), chart.today) is True
    return is_child or chart.having(ConditionGroup.PREGNANCY) is not None


def _stepping_up(last: LastDose, step: NextStep, chart: Chart, numbers: Numbers) -> list[Change]:
    """The refill at the next step, where one is asked for, else a draft of it."""
    asked_for = refills(chart)
    return [stepped_up(asked_for[0], step, numbers)] if asked_for else next_step_drafted(last.use, step, numbers)
