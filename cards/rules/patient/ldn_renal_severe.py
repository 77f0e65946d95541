"""When naltrexone is ordered and the kidneys hardly work, then suggest the lowest start and slow steps, because

naltrexone and what becomes of it leave the body through the kidneys.
"""

from collections.abc import Iterator

from cards.changes import Change
from cards.chart import Chart, Kind, Order
from cards.conditions import ConditionGroup
from cards.dosing import TimeOfDay
from cards.drafts import PlanStep
from cards.drugs import Role
from cards.findings import Finding, looks_for, says
from cards.labs import LabTest
from cards.low_dose import told_low_dose
from cards.mends import in_fitting_product
from cards.numbers import Numbers
from cards.phrasing import milligrams
from cards.results import amount, latest_value, result_fact
from cards.wordings import condition_fact

FAILED = (ConditionGroup.KIDNEY_FAILURE,)
BY_STAGE = (ConditionGroup.CKD_STAGE_5, ConditionGroup.CKD_STAGE_4)


@looks_for(*FAILED, *BY_STAGE, LabTest.EGFR, needs=(Kind.CONDITIONS, Kind.LABORATORY))
def ldn_renal_severe(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per naltrexone order: of dialysis, else of the newest eGFR, else of the stage that is recorded."""
    egfr = latest_value(chart, LabTest.EGFR, numbers.egfr_recent.days)
    failed = chart.told_conditions(*FAILED) or (() if egfr else chart.told_conditions(*BY_STAGE))
    is_low = egfr is not None and egfr.value is not None and egfr.value < numbers.egfr_low
    for order in chart.ordering(Role.NALTREXONE):
        if not failed and not is_low:
            chart.must_know(Kind.CONDITIONS, *(() if egfr else (Kind.LABORATORY,)))
            continue
        yield says(
            "low_dose" if order.is_low_dose else "other_dose",
            order,
            kidney=failed[0].label if failed or egfr is None else f"eGFR {amount(egfr)}",
            lowest=milligrams(numbers.renal_start),
            facts=[*map(condition_fact, failed), *([result_fact(egfr)] if egfr else ())],
            offers=_slower(order, chart, numbers),
            evidence=[*(c.reference for c in failed), *([egfr.reference] if egfr else ())],
        )


def _slower(order: Order, chart: Chart, numbers: Numbers) -> list[Change]:
    """The lowest start in steps of four weeks, for an adult's low dose that begins higher and is not taken yet."""
    first = order.dosing.first_mg
    is_start = told_low_dose(chart, numbers) is None and not _is_minor(chart, numbers)
    if not order.is_low_dose or not is_start or first is None or first <= numbers.renal_start_to:
        return []
    steps = [
        PlanStep(numbers.renal_start.plain, numbers.renal_step_days.days),
        PlanStep(numbers.renal_start_to.plain, numbers.renal_step_days.days),
    ]
    return [in_fitting_product(order, steps, numbers, when=order.dosing.when or TimeOfDay.BEDTIME, recommended=True)]


def _is_minor(chart: Chart, numbers: Numbers) -> bool:
    age = chart.patient.age_on(chart.today) if chart.patient is not None else None
    return age is not None and age < numbers.labelled_from_age
