"""When low-dose naltrexone is ordered and alcohol or opioid use disorder is the only reason given, then ask for the

intended dose, because the labelled dose is ten times higher and a low dose has not been tested in its place.
"""

from collections.abc import Iterator

from cards.changes import Change
from cards.chart import Chart, Mention, Order
from cards.drafts import PlanStep
from cards.drugs import Role
from cards.findings import Finding, looks_for, says
from cards.low_dose import has_opioid_check_passed, is_for_use_disorder_only
from cards.numbers import Numbers
from cards.phrasing import listed, milligrams
from cards.product_suggestions import tablets
from cards.suggestions import note_on
from cards.traits import Trait
from cards.wordings import order_facts


@looks_for(Trait.FOR_A_USE_DISORDER)
def ldn_dose_for_oud_aud_indication(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per such order, unless its words tell of an antagonist-assisted start."""
    for order in chart.ordering(Role.NALTREXONE):
        if order.is_low_dose and is_for_use_disorder_only(order) and not order.says(Mention.ANTAGONIST_INDUCTION):
            yield says(
                "low_dose_for_labelled_use",
                order,
                disorder=listed(sorted(reason.label for reason in order.reasons)),
                labelled=milligrams(numbers.labelled_daily),
                facts=order_facts(order),
                offers=[*_labelled_dose(order, chart, numbers), note_on(order)],
                evidence=[order.reference],
            )


def _labelled_dose(order: Order, chart: Chart, numbers: Numbers) -> list[Change]:
    """The labelled start, offered only where no opioid stands in its way."""
    if not has_opioid_check_passed(chart):
        return []
    steps = [
        PlanStep(numbers.labelled_first.plain, numbers.labelled_first_days.days),
        PlanStep(numbers.labelled_daily.plain, None),
    ]
    return [tablets(order, steps, tablet_mg=numbers.tablet_strength.plain, supply_days=numbers.suggested_supply.days)]
