"""When low-dose naltrexone is ordered first and its reason is one that was studied, then say in a line what was found,

because the patient decides on it too, and much that is said of it is not borne out.
"""

from collections.abc import Iterator

from cards.chart import Chart, Order
from cards.conditions import ConditionGroup as Group
from cards.drugs import Role
from cards.findings import Finding, says
from cards.numbers import Numbers
from cards.treatment import is_first_in, last_begun

ROWS = {
    Group.FIBROMYALGIA: "fibromyalgia",
    Group.MULTIPLE_SCLEROSIS: "multiple_sclerosis",
    Group.CROHN_DISEASE: "crohn_disease",
    Group.ULCERATIVE_COLITIS: "ulcerative_colitis",
    Group.INFLAMMATORY_BOWEL_DISEASE: "inflammatory_bowel_disease",
    Group.RHEUMATOID_ARTHRITIS: "rheumatoid_arthritis",
    Group.OSTEOARTHRITIS: "arthritis_pain",
    Group.PSORIATIC_ARTHRITIS: "arthritis_pain",
    Group.ANKYLOSING_SPONDYLITIS: "arthritis_pain",
    Group.LUPUS: "lupus",
    Group.SYSTEMIC_SCLEROSIS: "systemic_sclerosis",
    Group.HASHIMOTO: "thyroid_disease",
    Group.HYPOTHYROIDISM: "thyroid_disease",
    Group.DIABETIC_NEUROPATHY: "diabetic_neuropathy",
    Group.CRPS: "crps",
    Group.CHRONIC_PAIN: "chronic_pain",
    Group.LONG_COVID: "long_covid",
    Group.ME_CFS: "me_cfs",
    Group.DEPRESSION: "depression",
    Group.PTSD: "ptsd",
    Group.ANXIETY: "anxiety",
    Group.PSORIASIS: "psoriasis",
    Group.HAILEY_HAILEY: "hailey_hailey",
    Group.LICHEN_PLANOPILARIS: "lichen_planopilaris",
    Group.LICHEN_PLANUS: "lichen_planus",
    Group.ECZEMA: "eczema",
    Group.PRURITUS: "pruritus",
    Group.CANCER: "cancer",
}
"""The row of the evidence table for each reason; a reason that is not here stays without a line."""

WIDER = {
    Group.INFLAMMATORY_BOWEL_DISEASE: {Group.CROHN_DISEASE, Group.ULCERATIVE_COLITIS},
    Group.PSORIASIS: {Group.PSORIATIC_ARTHRITIS},
    Group.PRURITUS: {Group.SYSTEMIC_SCLEROSIS, Group.ECZEMA, Group.PSORIASIS},
    Group.CHRONIC_PAIN: {Group.FIBROMYALGIA, Group.CRPS, Group.DIABETIC_NEUROPATHY, Group.OSTEOARTHRITIS},
}
"""Reasons that say less than another one given beside them."""


def ldn_indication_evidence(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per row and first low-dose order, and of a renewal where the row has changed since the order before."""
    for order in chart.ordering(Role.NALTREXONE):
        rows = _rows(order, chart, numbers) if order.is_low_dose else []
        if not rows:
            continue
        is_first = is_first_in(chart, numbers.first_start_after, numbers)
        before = None if is_first else last_begun(chart, numbers)
        if is_first or before is not None:
            for row in rows:
                yield says(row, order, evidence=[order.reference], known_since=before)


def _rows(order: Order, chart: Chart, numbers: Numbers) -> list[str]:
    reasons = [g for g in ROWS if g in order.reasons and not WIDER.get(g, set()) & order.reasons]
    rows = dict.fromkeys(ROWS[group] for group in reasons)
    return [_for_a_child(row) if _is_child(chart, numbers) else row for row in rows]


def _for_a_child(row: str) -> str:
    """Children have a row of their own in one disease only."""
    return "crohn_disease_child" if row == ROWS[Group.CROHN_DISEASE] else row


def _is_child(chart: Chart, numbers: Numbers) -> bool:
    patient = chart.patient
    return patient is not None and patient.is_under_on(int(numbers.adult_from), chart.today) is True
