"""When the marketed strength of naltrexone is to be compounded and no reason is given, then ask for the tablet or the

reason, because a pharmacy may not routinely make copies of marketed products. A site option: delivered switched
off.
"""

from collections.abc import Iterator

from cards.changes import Change
from cards.chart import Chart, Mention, Order
from cards.drafts import PlanStep
from cards.drugs import Role
from cards.findings import Finding, says
from cards.low_dose import has_one_step
from cards.numbers import Numbers
from cards.phrasing import milligrams
from cards.product_suggestions import tablets


def naltrexone_compounded_copy_of_marketed_strength(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per such order; an excipient that is left out is a reason."""
    for order in chart.ordering(Role.NALTREXONE):
        has_reason = order.says(Mention.SIGNIFICANT_DIFFERENCE) or bool(order.excipients_excluded)
        if _is_copy(order, numbers) and not has_reason:
            yield says(
                "copy",
                order,
                strength=milligrams(numbers.tablet_strength),
                offers=_the_tablet(order, numbers),
                evidence=[order.reference],
            )


def _the_tablet(order: Order, numbers: Numbers) -> list[Change]:
    """The same directions with the marketed tablet, where there is one dose."""
    dose, per_day = order.dosing.first_mg, order.dosing.most_per_day
    if dose is None or per_day is None or not has_one_step(order):
        return []
    return [
        tablets(
            order,
            [PlanStep(dose / per_day, None, per_day)],
            tablet_mg=numbers.tablet_strength.plain,
            supply_days=numbers.suggested_supply.days,
            when=order.dosing.when,
            recommended=True,
        )
    ]


def _is_copy(order: Order, numbers: Numbers) -> bool:
    """Whether one unit holds what the tablet holds, or nearly."""
    strength = order.strength
    if not (order.is_compounded and order.is_oral) or strength is None or strength.per != "unit":
        return False
    return abs(strength.mg - numbers.tablet_strength) <= numbers.tablet_strength * numbers.nearly
