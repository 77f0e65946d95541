"""When low-dose naltrexone meets naltrexone with bupropion, in either order, then ask for one of the two,

because the combination already gives several times the dose.
"""

from collections.abc import Iterator, Sequence

from cards.chart import MEDICATION_LISTS, Band, Chart, NaltrexoneUse, Order
from cards.chart_suggestions import hold_naltrexone
from cards.drugs import Role
from cards.findings import Finding, looks_for, says
from cards.numbers import Numbers
from cards.phrasing import milligrams
from cards.suggestions import withdraw
from cards.treatment import running_order
from cards.wordings import naltrexone_facts, naltrexone_references


@looks_for(Role.NALTREXONE, needs=MEDICATION_LISTS)
def ldn_contrave_overlap(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per draft of the pair: of the low dose, else of the combination for which a low dose is taken."""
    drafts = chart.ordering(Role.NALTREXONE)
    low = [order for order in drafts if order.is_low_dose]
    combined = [order for order in drafts if order.band is Band.COMBINATION]
    for order in low:
        taken = [use for use in chart.naltrexone() if use.is_active and use.band is Band.COMBINATION]
        beside = [draft for draft in chart.drafted_beside(order, Role.NALTREXONE) if draft.band is Band.COMBINATION]
        if taken:
            yield _low_dose_beside(order, taken)
        elif beside:
            yield says(
                "drafted_together",
                order,
                offers=[
                    withdraw(order, recommended=True),
                    *(withdraw(o, key="withdraw-combination") for o in beside[:1]),
                ],
                evidence=[order.reference, *(draft.reference for draft in beside)],
            )
    for order in combined if not low else ():
        taken = [use for use in chart.naltrexone() if use.is_active and use.band.is_low]
        if taken:
            yield _combination_beside(order, taken, chart, numbers)


def _low_dose_beside(order: Order, taken: Sequence[NaltrexoneUse]) -> Finding:
    doses = [use.daily_mg for use in taken if use.daily_mg is not None]
    return says(
        "taken" if doses else "taken_dose_unknown",
        order,
        dose=milligrams(max(doses)) if doses else "",
        facts=naltrexone_facts(taken),
        offers=[withdraw(order, recommended=True)],
        evidence=[order.reference, *naltrexone_references(taken)],
    )


def _combination_beside(order: Order, taken: Sequence[NaltrexoneUse], chart: Chart, numbers: Numbers) -> Finding:
    """Two ways out, neither of them recommended: which of the two is meant is for the prescriber to say."""
    running = running_order(taken, numbers)
    holding = hold_naltrexone(running, chart.today) if running is not None else None
    return says(
        "combination_ordered",
        order,
        facts=naltrexone_facts(taken),
        offers=[*([holding] if holding is not None else []), withdraw(order, key="withdraw-combination")],
        evidence=[order.reference, *naltrexone_references(taken)],
    )
