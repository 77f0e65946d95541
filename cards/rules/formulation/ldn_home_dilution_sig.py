"""When the patient is told to dissolve or crush tablets at home for a low dose of naltrexone, then suggest a liquid

the pharmacy prepares, because the strength of a home mix is untested and nothing keeps it from spoiling.
"""

from collections.abc import Iterator

from cards.chart import Chart, Mention
from cards.drugs import Role
from cards.findings import Finding, looks_for, says
from cards.low_dose import is_perhaps_low_dose, may_come_from_tablets
from cards.mends import same_dose_as_liquid
from cards.numbers import Numbers
from cards.phrasing import milligrams
from cards.suggestions import without_notes
from cards.wordings import order_facts


@looks_for(Mention.HOME_DILUTION)
def ldn_home_dilution_sig(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per such order; a compounded product that is mixed is the pharmacy's affair."""
    for order in chart.ordering(Role.NALTREXONE):
        if not (order.says(Mention.HOME_DILUTION) and may_come_from_tablets(order, numbers)):
            continue
        if is_perhaps_low_dose(order, chart, numbers):
            yield says(
                "dissolved_at_home",
                order,
                tablet=milligrams(numbers.tablet_strength),
                facts=order_facts(order),
                offers=same_dose_as_liquid(without_notes(order), numbers),
                evidence=[order.reference],
            )
