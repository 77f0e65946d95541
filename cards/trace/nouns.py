"""What is told of the nouns of a chart: the line for each, and which of them are a part of which."""

from __future__ import annotations

from typing import Any, Final

from cards.allergies import Allergy
from cards.chart import Exposure, Medication, NaltrexoneUse, Order
from cards.conditions import Condition as Problem
from cards.dosing import DoseConflict, Dosing, Step
from cards.drugs import Drug, Strength
from cards.labs import LabResult
from cards.patients import PatientFacts
from cards.phrasing import day, milligrams
from cards.procedures import PlannedProcedure, ServiceDraft
from cards.results import result_fact
from cards.wordings import condition_fact, exposure_facts, medication_fact, naltrexone_fact


def order_line(order: Order) -> str:
    """A draft in a few words: what it is read as."""
    dose = order.dosing.highest_mg
    words = f"{order.drug.name} {milligrams(dose)} a day" if dose is not None else order.drug.name
    return f"{words} ({order.band.value} dose)" if order.drug.is_naltrexone and dose is not None else words


def told_of(noun: Any) -> tuple[str, tuple[str, ...]]:
    """The line that tells of a noun, in the house's own words, and the resources it came from."""
    match noun:
        case Order():
            return order_line(noun), (noun.reference,)
        case Exposure():
            return exposure_facts([noun])[0], tuple(dict.fromkeys(e.reference for e in noun.entries if e.reference))
        case NaltrexoneUse():
            return naltrexone_fact(noun), (noun.medication.reference,)
        case Medication():
            return medication_fact(noun), (noun.reference,)
        case Problem():
            return condition_fact(noun), (noun.reference,)
        case LabResult():
            return result_fact(noun), (noun.reference,)
        case Allergy():
            return f"on the allergy list: {noun.label}", (noun.reference,)
        case PlannedProcedure():
            return f"{'operation' if noun.is_surgical else 'procedure'} on {day(noun.day)}", (noun.reference,)
        case ServiceDraft():
            return "a service that is being ordered", (noun.reference,)
        case _:
            return "the patient" if isinstance(noun, PatientFacts) else "the request", ()


ROOTS: Final = (
    *(Order, Exposure, NaltrexoneUse, Medication, Problem, LabResult, Allergy),
    *(PlannedProcedure, ServiceDraft, PatientFacts),
)
"""The nouns a resource tells of."""

PARTS: Final = (Medication, Dosing, Step, DoseConflict, Drug, Strength)
"""What is read as a part of one of them."""
