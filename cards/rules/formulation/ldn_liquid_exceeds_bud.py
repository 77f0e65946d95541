"""When more of a low-dose liquid is supplied than keeps until its beyond-use date, then suggest a smaller bottle,

because the end of it would be taken after the liquid has expired.
"""

from collections.abc import Iterator
from decimal import Decimal

from cards.changes import Change
from cards.chart import Chart, Order
from cards.drugs import Form, Role
from cards.findings import Finding, looks_for, says
from cards.low_dose import beyond_use_days, millilitres_a_day, supply_days
from cards.mends import in_capsules, prescribed_steps
from cards.numbers import Numbers
from cards.phrasing import days
from cards.suggestions import supply_for
from cards.traits import Trait
from cards.wordings import order_facts


@looks_for(Trait.LIQUID)
def ldn_liquid_exceeds_bud(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per such order; each refill is a fresh bottle and does not count."""
    for order in chart.ordering(Role.NALTREXONE):
        supply = supply_days(order)
        if supply is None or not order.is_low_dose or order.form is not Form.LIQUID:
            continue
        keeps = beyond_use_days(order, numbers)
        if supply > keeps:
            yield says(
                "outlasts",
                order,
                supply=days(supply),
                keeps=days(keeps.days),
                facts=order_facts(order),
                offers=_less_or_capsules(order, keeps.days, numbers),
                evidence=[order.reference],
            )


def _less_or_capsules(order: Order, keeps: int, numbers: Numbers) -> list[Change]:
    offers = []
    daily = millilitres_a_day(order)
    if daily is not None:
        supply = min(keeps, numbers.suggested_supply.days)
        offers.append(supply_for(order, Decimal(daily * supply), "mL", supply, recommended=True))
    capsule = in_capsules(order, prescribed_steps(order, numbers), numbers, when=order.dosing.when)
    return [*offers, capsule] if capsule is not None else offers
