"""When naltrexone meets a name in doubt that may mean an opioid, on the list or in a draft, then ask what it is,

because one wrong letter must neither hide an opioid nor, by itself, stop an order.
"""

from collections.abc import Iterator

from cards.chart import Chart
from cards.chart_suggestions import task
from cards.drugs import Role
from cards.findings import Finding, looks_for, says
from cards.naltrexone import Block, blockade, strong_opioids_possibly_ordered
from cards.numbers import Numbers
from cards.opioids import possibly_drafted_beside, possibly_taken
from cards.phrasing import listed
from cards.suggestions import withdraw
from cards.traits import Trait
from cards.wordings import doubt, naltrexone_facts, naltrexone_references, possible_facts, references


@looks_for(Trait.IN_DOUBT)
def ldn_order_possible_opioid(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per naltrexone order about the list and about the drafts beside it; else about the opioid draft."""
    taken = possibly_taken(chart)
    for order in chart.ordering(Role.NALTREXONE):
        if taken:
            yield says(
                "listed",
                order,
                opioid=listed(e.drug.meant or e.drug.name for e in taken),
                facts=possible_facts(taken),
                offers=[withdraw(order), task()],
                evidence=references(taken),
            )
        beside = possibly_drafted_beside(chart, order)
        if beside:
            yield says(
                "drafted",
                order,
                opioid=listed(o.drug.meant or o.drug.name for o in beside),
                facts=filter(None, map(doubt, beside)),
                offers=[withdraw(order), task()],
                evidence=[o.reference for o in beside],
            )
    for order in strong_opioids_possibly_ordered(chart, numbers):
        found = blockade(chart, numbers)
        if found.block is not Block.NONE:
            yield says(
                "ordered",
                order,
                opioid=order.drug.meant or order.drug.name,
                facts=naltrexone_facts(found.uses),
                offers=[task(key="correct")],
                evidence=naltrexone_references(found.uses),
            )
