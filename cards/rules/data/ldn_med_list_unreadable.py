"""When naltrexone or an opioid is ordered and a medication list is missing, unreadable or cut short, then say so,

because an unchecked conflict would otherwise read as "none found".
"""

from collections.abc import Iterator

from cards.changes import Change
from cards.chart import MEDICATION_LISTS, Chart, DataState, Kind, Order
from cards.chart_suggestions import task
from cards.drugs import Role
from cards.findings import Finding, says
from cards.numbers import Numbers
from cards.phrasing import listed


def ldn_med_list_unreadable(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per answer, about the first naltrexone order, else about the first opioid order."""
    if chart.unknown.isdisjoint(MEDICATION_LISTS):
        return
    missing = [kind for kind in MEDICATION_LISTS if chart.is_missing(kind)]
    not_sent = [kind for kind in MEDICATION_LISTS if kind not in missing and _was_expected(chart, kind)]
    incomplete = [kind for kind in MEDICATION_LISTS if kind in missing or kind in not_sent]
    for order in _first(chart):
        if incomplete:
            yield says(
                _circumstance(chart, order, is_missing=bool(missing)),
                order,
                opioid=order.drug.name,
                lists=listed(incomplete),
                facts=[f"{kind}: {chart.state_of(kind)}" for kind in incomplete],
                offers=_offers(order) if missing else (),
            )


def _first(chart: Chart) -> tuple[Order, ...]:
    return (*chart.ordering(Role.NALTREXONE), *chart.ordering(Role.OPIOID))[:1]


def _was_expected(chart: Chart, kind: Kind) -> bool:
    """Whether a list that is merely not sent is one that this client's EHR keeps."""
    return chart.state_of(kind) is DataState.NOT_SENT and kind not in chart.lists_not_kept


def _circumstance(chart: Chart, order: Order, *, is_missing: bool) -> str:
    if not order.drug.is_naltrexone:
        return "naltrexone_not_checked" if is_missing else "naltrexone_lists_not_sent"
    if not is_missing:
        return "opioid_lists_not_sent"
    return "partly_checked" if chart.exposures else "not_checked"


def _offers(order: Order) -> tuple[Change, ...]:
    return (task(key="by-hand"),) if order.drug.is_naltrexone else ()
