"""When an opioid is ordered one to three days after low-dose naltrexone was stopped or held, then say so,

because some of the block may be left, and because naltrexone must not be restarted while the opioid is taken.
"""

from collections.abc import Iterator

from cards.chart import Chart
from cards.findings import Finding, says
from cards.naltrexone import Block, blockade, strong_opioids_ordered
from cards.numbers import Numbers
from cards.phrasing import day, days
from cards.wordings import naltrexone_facts, naltrexone_references


def opioid_order_ldn_recently_stopped(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per opioid draft; in hospital another rule speaks."""
    if chart.is_in_hospital:
        return
    for order in strong_opioids_ordered(chart, numbers):
        found = blockade(chart, numbers)
        if found.block is Block.FADING:
            yield says(
                "stopped",
                order,
                opioid=order.drug.name,
                date=day(found.use.last_day),
                tail=days(numbers.low_dose_tail.days),
                facts=naltrexone_facts(found.uses),
                evidence=naltrexone_references(found.uses),
            )
