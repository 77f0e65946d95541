"""When a compounded low-dose order lacks strength, form, quantity or supply, or asks for calcium carbonate, then

offer to complete it, because the pharmacy otherwise has to call and the filler is nearly all of what is in the
capsule.
"""

from collections.abc import Iterator

from cards.chart import Chart, Mention, Order
from cards.drugs import Form, Role
from cards.findings import Finding, looks_for, says
from cards.low_dose import supply_days
from cards.mends import another_filler, completed
from cards.numbers import Numbers
from cards.phrasing import listed
from cards.traits import Trait
from cards.wordings import order_facts


@looks_for(Trait.COMPOUNDED)
def ldn_compound_details_missing(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once of what is missing, and once of the filler."""
    for order in chart.ordering(Role.NALTREXONE):
        if not (order.is_low_dose and order.is_compounded):
            continue
        missing = _missing(order)
        completing = completed(order, numbers) if missing else []
        if missing:
            yield says(
                "incomplete",
                order,
                fields=listed(missing),
                facts=[*order_facts(order), *(f"not given: {name}" for name in missing)],
                offers=completing,
                evidence=[order.reference],
            )
        if order.says(Mention.CALCIUM_CARBONATE):
            yield says(
                "calcium_carbonate",
                order,
                offers=completing or [another_filler(order)],
                evidence=[order.reference],
            )


def _missing(order: Order) -> list[str]:
    given = {
        "strength": order.strength is not None,
        "dose form": order.form is not Form.UNKNOWN,
        "quantity": order.quantity is not None,
        "days of supply": supply_days(order) is not None,
    }
    return [name for name, is_given in given.items() if not is_given]
