"""When a chart is opened and a start dose of low-dose naltrexone was taken for two weeks, then recall the next step,

because many stay below the doses that were studied only since nobody came back to it.
"""

from collections.abc import Iterator
from decimal import Decimal

from cards.chart import Chart
from cards.conditions import ConditionGroup
from cards.dosing import TimeOfDay
from cards.drugs import Form
from cards.findings import Finding, says
from cards.low_dose import LastDose, last_low_dose
from cards.mends import capsule_for
from cards.numbers import Numbers
from cards.phrasing import day, days, milligrams
from cards.suggestions import Change, PlanStep, next_order, task
from cards.treatment import has_draft, is_hindered
from cards.wordings import naltrexone_fact, naltrexone_references


def ldn_next_step_due(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per chart; not where the order already holds its next step, nor where something stands in the way."""
    last = last_low_dose(chart, numbers)
    if last is None or last.since is None or not _is_waiting(last, chart, numbers):
        return
    if has_draft(chart) or is_hindered(chart, numbers) or _is_for_a_specialist(chart, numbers):
        return
    mg = _next_dose(last.mg, numbers)
    yield says(
        "due",
        dose=milligrams(last.mg),
        next=milligrams(mg),
        taken=days((chart.today - last.since).days),
        date=day(last.since),
        facts=[naltrexone_fact(last.use)],
        offers=[*_next_order(last, mg, numbers), task()],
        evidence=naltrexone_references([last.use]),
    )


def _is_waiting(last: LastDose, chart: Chart, numbers: Numbers) -> bool:
    """Whether one dose below the usual target is taken, has been for a while, and no later step is written."""
    is_planned = last.use.daily_mg is not None and last.use.daily_mg > last.mg
    is_long = last.since is not None and (chart.today - last.since).days >= numbers.step_days
    return last.use.is_active and not is_planned and last.mg < numbers.target_from and is_long


def _is_for_a_specialist(chart: Chart, numbers: Numbers) -> bool:
    """Whether the patient is a child or pregnant: then no schedule of ours applies."""
    patient = chart.patient
    is_child = patient is not None and patient.is_under_on(int(numbers.adult_from), chart.today) is True
    return is_child or chart.having(ConditionGroup.PREGNANCY) is not None


def _next_dose(mg: Decimal, numbers: Numbers) -> Decimal:
    """The next dose of the usual schedule, which starts low and rises by one step."""
    dose = numbers.start_dose.plain
    while dose <= mg:
        dose += numbers.step_max
    return min(dose, numbers.soft_ceiling.plain)


def _next_order(last: LastDose, mg: Decimal, numbers: Numbers) -> list[Change]:
    """Drafting the next step in capsules, at the time of day it is taken now; a liquid is measured anew by hand."""
    entry = last.use.medication
    steps = [PlanStep(mg, None)]
    strength = capsule_for(steps, numbers)
    if strength is None or entry.form is Form.LIQUID:
        return []
    return [
        next_order(
            last.use,
            steps,
            capsule_mg=strength.plain,
            supply_days=numbers.suggested_supply.days,
            when=entry.dosing.when or TimeOfDay.BEDTIME,
        )
    ]
