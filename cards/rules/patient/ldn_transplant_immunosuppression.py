"""When low-dose naltrexone is ordered after an organ transplant, then suggest asking the transplant team,

because nobody has studied it there and a graft is a great deal to lose.
"""

from collections.abc import Iterator

from cards.chart import Chart, Kind, Medication
from cards.chart_suggestions import request_service
from cards.conditions import ConditionGroup
from cards.drugs import Role
from cards.findings import Finding, looks_for, says
from cards.numbers import Numbers
from cards.opioids import told_as_taken
from cards.phrasing import listed
from cards.suggestions import hold
from cards.wordings import condition_fact, medication_fact

TREATED_SO_TOO = frozenset(
    {
        ConditionGroup.RHEUMATOID_ARTHRITIS,
        ConditionGroup.PSORIATIC_ARTHRITIS,
        ConditionGroup.ANKYLOSING_SPONDYLITIS,
        ConditionGroup.LUPUS,
        ConditionGroup.SJOGREN,
        ConditionGroup.SYSTEMIC_SCLEROSIS,
        ConditionGroup.PSORIASIS,
        ConditionGroup.ECZEMA,
        ConditionGroup.LICHEN_PLANUS,
        ConditionGroup.ALOPECIA_AREATA,
        ConditionGroup.VITILIGO,
        ConditionGroup.ULCERATIVE_COLITIS,
        ConditionGroup.CROHN_DISEASE,
        ConditionGroup.INFLAMMATORY_BOWEL_DISEASE,
        ConditionGroup.MULTIPLE_SCLEROSIS,
        ConditionGroup.CANCER,
    }
)
"""Diseases for which the medicines of transplantation are used as well; then they speak of no transplant."""


@looks_for(ConditionGroup.TRANSPLANT, Role.TRANSPLANT_IMMUNOSUPPRESSANT, needs=(Kind.CONDITIONS,))
def ldn_transplant_immunosuppression(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per low-dose order: of a transplant on the chart, else of a medicine that points to one."""
    for order in chart.ordering(Role.NALTREXONE):
        if not order.is_low_dose:
            continue
        medicines = [m for m in told_as_taken(chart, Role.TRANSPLANT_IMMUNOSUPPRESSANT) if _points_to_one(m, chart)]
        told = [c for c in chart.conditions if c.is_active and ConditionGroup.TRANSPLANT in c.groups]
        if told or medicines:
            yield says(
                "transplant" if told else "medicine",
                order,
                drug=listed(medicine.drug.name for medicine in medicines),
                facts=[*(condition_fact(c) for c in told), *(medication_fact(m) for m in medicines)],
                offers=[request_service(), hold(order)],
                evidence=[order.reference, *(c.reference for c in told), *(m.reference for m in medicines)],
            )
        else:
            chart.having(ConditionGroup.TRANSPLANT)


def _points_to_one(medicine: Medication, chart: Chart) -> bool:
    """Whether nothing else explains it: its own reason does, or a disease on the chart that is treated so too."""
    if medicine.reasons:
        return ConditionGroup.TRANSPLANT in medicine.reasons
    return not any(c.is_active and c.groups & TREATED_SO_TOO for c in chart.conditions)
