"""When a urine immunoassay for oxycodone is ordered for somebody on oral naltrexone, then suggest confirmation, because

a breakdown product of naltrexone can turn that immunoassay positive and cost the patient trust.
"""

from collections.abc import Iterator

from cards.chart import Band, Chart
from cards.chart_suggestions import note_on_service
from cards.findings import Finding, says
from cards.numbers import Numbers
from cards.procedures import ServiceDraft
from cards.wordings import naltrexone_facts, naltrexone_references

OXYCODONE = "oxycodone"


def uds_order_naltrexone_false_positive(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per such order, for naltrexone by mouth at any dose."""
    drafts = [draft for draft in chart.service_drafts if draft.is_judged and _may_mislead(draft)]
    taken = [use for use in chart.naltrexone() if use.is_active and use.band is not Band.DEPOT] if drafts else []
    for draft in drafts if taken else ():
        yield says(
            "immunoassay",
            facts=naltrexone_facts(taken),
            offers=[note_on_service(draft, recommended=True)],
            evidence=[draft.reference, *naltrexone_references(taken)],
        )


def _may_mislead(draft: ServiceDraft) -> bool:
    """Whether it looks for oxycodone by immunoassay, also where no method is told, and asks for no confirmation."""
    return OXYCODONE in draft.screens and draft.is_immunoassay is not False and not draft.is_confirmed
