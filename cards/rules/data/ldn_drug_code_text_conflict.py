"""When the code and the words of an order, or of an entry a check rests on, name different medicines, then ask which,

because a wrong pick of one or the other can hide an opioid, and both look right by themselves.
"""

from collections.abc import Iterator

from cards.chart import Chart, Medication, Order
from cards.drugs import Role
from cards.findings import Finding, looks_for, says
from cards.naltrexone import is_agonist_treatment
from cards.numbers import Numbers
from cards.phrasing import listed, quoted
from cards.suggestions import withdraw
from cards.traits import Trait
from cards.wordings import contradiction_facts


@looks_for(Trait.TWO_NAMES)
def ldn_drug_code_text_conflict(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per draft that names two medicines, and about the first draft for all such entries of the lists."""
    orders = (*chart.ordering(Role.NALTREXONE), *chart.ordering(Role.OPIOID))
    for order in orders:
        if order.drug.contradicted_by:
            yield says(
                "drafted",
                order,
                drug=order.drug.name,
                other=order.drug.contradicted_by,
                facts=[f"written as: {quoted(order.written_name)}"] if order.written_name else [],
                offers=[] if is_agonist_treatment(order, numbers) else [withdraw(order)],
            )
    for order in orders[:1]:
        doubtful = _entries_that_decide(chart, order)
        if doubtful:
            yield says(
                "listed",
                order,
                drug=listed(entry.drug.name for entry in doubtful),
                facts=contradiction_facts(doubtful),
                evidence=[entry.reference for entry in doubtful if entry.reference],
            )


def _entries_that_decide(chart: Chart, order: Order) -> list[Medication]:
    """The entries with two names on which a check of this order rests."""
    if order.drug.is_naltrexone:
        entries = [entry for exposure in chart.exposures for entry in exposure.entries]
    else:
        entries = [use.medication for use in chart.naltrexone_uses if use.is_active]
    return [entry for entry in entries if entry.drug.contradicted_by]
