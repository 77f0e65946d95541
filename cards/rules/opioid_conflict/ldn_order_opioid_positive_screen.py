"""When naltrexone is ordered and a recent test found an opioid, then stop the prescriber until it is explained,

because a positive opioid screen is a listed contraindication, and it may tell of opioids that no list names.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from cards.chart import Band, Chart, Kind
from cards.chart_suggestions import request_service
from cards.drugs import Role
from cards.findings import Finding, looks_for, says
from cards.labs import LabResult, LabTest, Outcome
from cards.numbers import Numbers
from cards.phrasing import day, listed
from cards.suggestions import hold_until
from cards.wordings import screen_facts

NO_OPIOID_DRUGS = frozenset({"kratom", "tianeptine"})
"""What the rule about these substances speaks of."""

METABOLITE = "noroxymorphone"
MIMICKED = "oxycodone"
"""Oral naltrexone becomes the one, and an immunoassay takes that for the other."""


@looks_for(LabTest.OPIOID_SCREEN, needs=(Kind.LABORATORY,))
def ldn_order_opioid_positive_screen(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per naltrexone order; a result that naltrexone itself explains is only mentioned."""
    recent = [lab for lab in chart.latest_labs() if _is_recent_screen(chart, lab, numbers)]
    positive = [lab for lab in recent if lab.is_positive and not _is_refuted(lab, recent)]
    unexplained = [lab for lab in positive if not _comes_from_naltrexone(chart, lab)]
    for order in chart.ordering(Role.NALTREXONE) if positive else ():
        shown = unexplained or positive
        latest = max(lab.taken or chart.today for lab in shown)
        first_day = latest + timedelta(days=numbers.screen_counts.days + 1)
        yield says(
            "unexplained" if unexplained else "from_naltrexone",
            order,
            opioid=listed(lab.screens or "opioids" for lab in shown),
            date=day(latest),
            earliest=day(first_day),
            facts=screen_facts(positive),
            offers=[hold_until(order, first_day, recommended=True), request_service()] if unexplained else [],
            evidence=[lab.reference for lab in positive],
        )


def _is_recent_screen(chart: Chart, lab: LabResult, numbers: Numbers) -> bool:
    """A result without a date counts as recent."""
    if lab.test is not LabTest.OPIOID_SCREEN or lab.screens in NO_OPIOID_DRUGS:
        return False
    return lab.taken is None or (chart.today - lab.taken).days <= numbers.screen_counts.days


def _is_refuted(positive: LabResult, recent: Sequence[LabResult]) -> bool:
    """Whether a later test for the same opioid was negative, or a confirmation of the same day."""
    taken = positive.taken
    if taken is None:
        return False
    return any(
        lab.outcome is Outcome.NEGATIVE
        and lab.screens == positive.screens
        and lab.taken is not None
        and (lab.taken > taken or (lab.taken == taken and lab.is_immunoassay is False and positive.is_immunoassay))
        for lab in recent
    )


def _comes_from_naltrexone(chart: Chart, lab: LabResult) -> bool:
    """Whether oral naltrexone, taken when the specimen was, turns this test positive.

    Only what the chart tells of naltrexone counts: a list that is missing must never silence a positive test.
    """
    is_mimicked = lab.screens == METABOLITE or (lab.screens == MIMICKED and lab.is_immunoassay)
    return bool(is_mimicked) and any(
        use.band is not Band.DEPOT and _covers(use.began, use.last_day, lab, use.is_active)
        for use in chart.naltrexone_uses
    )


def _covers(began: date | None, last_day: date | None, lab: LabResult, is_active: bool) -> bool:
    if lab.taken is None:
        return is_active
    has_begun = began is None or began <= lab.taken
    return has_begun and (is_active or (last_day is not None and lab.taken <= last_day))
