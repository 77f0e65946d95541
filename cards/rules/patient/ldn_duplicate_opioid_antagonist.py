"""When low-dose naltrexone is ordered and another opioid antagonist is taken every day,

then ask for one of the two, because the larger dose already blocks the receptors and leaves a low dose nothing to do.
"""

from collections.abc import Iterator

from cards.chart import MEDICATION_LISTS, Band, Chart, Medication, MedicationSource, NaltrexoneUse
from cards.chart_suggestions import task
from cards.drugs import Form, Role
from cards.findings import Finding, looks_for, says
from cards.numbers import Numbers
from cards.opioids import told_as_taken
from cards.phrasing import listed
from cards.suggestions import withdraw
from cards.wordings import medication_fact, naltrexone_dose, naltrexone_facts, naltrexone_references

RESCUE = frozenset({Form.NASAL, Form.INJECTION})
"""Forms in which nalmefene lies ready for an overdose and is not taken."""


@looks_for(Role.NALTREXONE, Role.OTHER_ANTAGONIST, needs=MEDICATION_LISTS)
def ldn_duplicate_opioid_antagonist(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per low-dose order, naming every such antagonist."""
    for order in chart.ordering(Role.NALTREXONE):
        if not order.is_low_dose:
            continue
        full = [use for use in chart.naltrexone_uses if use.is_active and _is_full_dose(use, numbers)]
        others = [entry for entry in told_as_taken(chart, Role.OTHER_ANTAGONIST) if _is_regular(entry)]
        if not (full or others):
            others = [entry for entry in chart.taking(Role.OTHER_ANTAGONIST) if _is_regular(entry)]
        if full or others:
            yield says(
                "taken",
                order,
                drug=listed([*(f"naltrexone {naltrexone_dose(use)}" for use in full), *(o.drug.name for o in others)]),
                facts=[*naltrexone_facts(full), *(medication_fact(entry) for entry in others)],
                offers=[withdraw(order, recommended=True), task()],
                evidence=[order.reference, *naltrexone_references(full), *(entry.reference for entry in others)],
            )


def _is_full_dose(use: NaltrexoneUse, numbers: Numbers) -> bool:
    """Whether it is a labelled dose by mouth; without directions the strength of the tablet tells it."""
    strength = use.medication.strength
    is_strong = strength is not None and strength.per == "unit" and strength.mg >= numbers.full_from
    return use.band is Band.FULL or (use.band is Band.UNKNOWN and is_strong)


def _is_regular(entry: Medication) -> bool:
    return entry.form not in RESCUE and entry.source is not MedicationSource.ADMINISTRATION
