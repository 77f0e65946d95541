"""When a chart is opened and the last supply of low-dose naltrexone ends within a week, then ask whether to renew,

because a pharmacy needs days to compound it, and in an unplanned gap opioid courses and restarts go unseen.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal

from cards.changes import Change
from cards.chart import MEDICATION_LISTS, Chart, NaltrexoneUse
from cards.chart_suggestions import renew, task
from cards.dosing import TimeOfDay
from cards.drafts import PlanStep
from cards.drugs import Form, Role
from cards.findings import Finding, looks_for, says
from cards.mends import capsule_for
from cards.numbers import Numbers
from cards.phrasing import day
from cards.product_suggestions import next_order
from cards.treatment import has_draft, is_hindered, running_order, supply_in_hand, taken_since
from cards.wordings import naltrexone_facts, naltrexone_references


@looks_for(Role.NALTREXONE, needs=MEDICATION_LISTS)
def ldn_refill_lead_time(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per chart, from a week before the end until a few days after it."""
    supply = supply_in_hand(chart, numbers)
    if supply is None or supply.has_refills:
        return
    is_near = supply.ends <= chart.today + timedelta(days=numbers.lead_time.days)
    is_over = supply.ends < chart.today - timedelta(days=numbers.low_dose_leftover.days)
    if not is_near or is_over or has_draft(chart) or is_hindered(chart, numbers):
        return
    uses = [use for use in chart.naltrexone() if use.is_active]
    yield says(
        "ending",
        date=day(supply.ends),
        since=day(taken_since(chart, numbers)),
        facts=naltrexone_facts(uses),
        offers=[*_renewal(uses, numbers), task()],
        evidence=naltrexone_references(uses),
        occasion=supply.ends,
    )


def _renewal(uses: Sequence[NaltrexoneUse], numbers: Numbers) -> list[Change]:
    """The same order again; of a stepped one, its last dose in capsules. Where no order tells what it was, nothing."""
    order = running_order(uses, numbers)
    if order is None:
        return []
    dosing = order.medication.dosing
    if len(dosing.steps) <= 1:
        change = renew(order)
        return [change] if change is not None else []
    return _at_the_last_dose(order, dosing.last_mg, numbers)


def _at_the_last_dose(order: NaltrexoneUse, mg: Decimal | None, numbers: Numbers) -> list[Change]:
    steps = [PlanStep(mg, None)] if mg is not None and order.medication.form is not Form.LIQUID else []
    strength = capsule_for(steps, numbers) if steps else None
    if strength is None:
        return []
    when = order.medication.dosing.when or TimeOfDay.BEDTIME
    days = numbers.suggested_supply.days
    return [next_order(order, steps, capsule_mg=strength.plain, supply_days=days, when=when)]
