"""Why an answer has no card: what was looked at, and what kept the rules quiet.

Silence means that no rule had anything to say about what was received; it is never a clearance, and the words here must
not sound like one.
"""

from __future__ import annotations

from cards.chart import Chart, Kind, Order
from cards.drugs import Role
from cards.phrasing import listed, milligrams
from cards.review import UNSAID, Review


def why_silent(review: Review, chart: Chart) -> list[str]:
    """Short sentences, for a person who reads a demo or a log of decisions."""
    reasons = []
    concerned = [o for o in chart.orders if o.drug.roles & {Role.NALTREXONE, Role.OPIOID}]
    if not chart.orders:
        reasons.append("No draft names a medicine yet.")
    elif not concerned:
        reasons.append(f"No rule is about {listed(o.drug.name for o in chart.orders)}.")
    for order in concerned:
        reasons.append(f"Read as {_as_read(order)}.")
        if not order.is_being_started:
            reasons.append(f"The draft is {order.status}: it is not being started.")
        elif not order.is_judged:
            reasons.append("It is not among the orders that were just selected.")
    for silenced in review.silenced:
        if silenced.way in UNSAID:
            reasons.append(f"{silenced.judged.page.title}: not said, {silenced.way.value}.")
        elif silenced.judged.page.rule == silenced.because:
            reasons.append("Labelled use: what the rules say of low doses, time of day and product does not apply.")
        else:
            reasons.append(f"{silenced.judged.page.title}: not said, because {silenced.because} comes first.")
    is_open = chart.exposures or chart.possible_exposures or chart.unidentified
    if concerned and not is_open and all(not chart.is_missing(kind) for kind in _LISTS):
        reasons.append("Every medication list that was asked for arrived, and no opioid exposure stands in them.")
    return reasons


_LISTS = (
    Kind.MEDICATION_REQUESTS,
    Kind.MEDICATION_STATEMENTS,
    Kind.MEDICATION_DISPENSES,
    Kind.MEDICATION_ADMINISTRATIONS,
)


def _as_read(order: Order) -> str:
    dose = order.dosing.highest_mg
    words = f"{order.drug.name} {milligrams(dose)} a day" if dose is not None else order.drug.name
    return f"{words} ({order.band.value} dose)" if order.drug.is_naltrexone and dose is not None else words
