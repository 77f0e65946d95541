"""When a medication order is being sent and nothing that came along tells what it is, then say that it was not checked,

because an empty answer would read as "nothing found".
"""

from collections.abc import Iterator

from cards.chart import MEDICATION_LISTS, Chart
from cards.findings import Finding, says
from cards.numbers import Numbers


def ldn_dispatched_order_unreadable(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per answer."""
    if chart.unread_orders:
        lacking = [kind for kind in MEDICATION_LISTS if not chart.state_of(kind).is_complete]
        several = len(chart.unread_orders) > 1
        yield says(
            "several" if several else "one",
            number=str(len(chart.unread_orders)),
            facts=[f"{kind}: {chart.state_of(kind)}" for kind in lacking],
            evidence=chart.unread_orders,
        )
