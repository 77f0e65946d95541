"""The JSON of a draft, in the shape of the FHIR version it already has: its nouns, quantities and notes.

Each function gives a new resource, or a part of one, in which nothing is changed but what it names. FHIR versions
differ: ``doseAndRate`` lists from R4 on and ``doseQuantity`` on the dosage before, ``medication`` as one element in R5.
Products, directions and amounts have rooms of their own beside this one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import ROUND_CEILING, Decimal
from enum import Enum
from typing import Any

from cards.dosing import TimeOfDay
from cards.phrasing import NBSP, milligrams, number
from cards.records import record

Json = dict[str, Any]
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
UCUM = "http://unitsofmeasure.org"
NALTREXONE_RXCUI = "7243"
TABLET_RXCUI = "1483744"
TABLET_NAME = "naltrexone hydrochloride 50 MG Oral Tablet"


class Shape(Enum):
    """The FHIR version a draft is shaped like."""

    DSTU2 = "1.0"
    STU3 = "3.0"
    R4 = "4.0"
    R5 = "5.0"


def shape_of(resource: Mapping[str, Any]) -> Shape:
    """Which FHIR version a draft is shaped like; R4 where nothing tells."""
    if resource.get("resourceType") == "MedicationOrder":
        return Shape.DSTU2
    if isinstance(resource.get("medication"), dict):
        return Shape.R5
    dosages = resource.get("dosageInstruction")
    for dosage in dosages if isinstance(dosages, list) else ():
        if (
            isinstance(dosage, dict)
            and "doseAndRate" not in dosage
            and ("doseQuantity" in dosage or "doseRange" in dosage)
        ):
            return Shape.STU3
    return Shape.R4


@record
class PlanStep:
    """One step of a suggested order: milligrams at one time, for so many days (``None``: no end), times a day."""

    mg: Decimal
    days: int | None
    per_day: Decimal = Decimal(1)

    def lasting(self, supply_days: int) -> int:
        """How many days of a supply it takes, when ``supply_days`` are left."""
        return max(supply_days, 0) if self.days is None else self.days


When = TimeOfDay | Iterable[TimeOfDay] | None


@record
class Product:
    """What is dispensed: ``mg`` in one ``unit`` of it. Without a ``medication`` it needs no Medication of its own."""

    medication: Json | None
    unit: str
    mg: Decimal
    manner: str = ""


def dosages_of(resource: Mapping[str, Any]) -> list[Json]:
    """The dosage instructions that are objects."""
    return [d for d in listed_values(resource.get("dosageInstruction")) if isinstance(d, dict)]


def with_each_dosage(resource: Mapping[str, Any], change: Callable[[Json], Json]) -> Json:
    """The resource with every dosage instruction changed so; one is made where there was none."""
    return with_dosages(resource, [change(d) for d in dosages_of(resource)] or [change({})])


def with_dosages(resource: Mapping[str, Any], dosages: list[Json]) -> Json:
    """The resource with other dosage instructions."""
    edited = dict(resource)
    edited["dosageInstruction"] = dosages
    edited.pop("renderedDosageInstruction", None)  # R5: the old directions as one text
    return edited


def without_words(dosage: Json) -> Json:
    """The dosage without the words beside its text."""
    return {k: v for k, v in dosage.items() if k not in ("patientInstruction", "additionalInstruction")}


def dispense_request(
    resource: Mapping[str, Any],
    quantity: Decimal,
    unit: str,
    days: int,
    refills: int | None,
    *,
    is_new_product: bool = False,
) -> Json:
    """The dispense request with quantity, supply and refills; STU3 and DSTU2 write no refills by leaving them out."""
    old = resource.get("dispenseRequest")
    made: Json = dict(old) if isinstance(old, dict) else {}
    if is_new_product:
        for key in ("initialFill", "dispenseInterval", "medicationCodeableConcept", "medicationReference"):
            made.pop(key, None)
    amount: Json = {"value": whole(quantity), "unit": unit}
    if unit == "mL":
        amount.update({"system": UCUM, "code": "mL"})
    if refills is not None and (refills > 0 or shape_of(resource) in (Shape.R4, Shape.R5)):
        made["numberOfRepeatsAllowed"] = refills
    else:
        made.pop("numberOfRepeatsAllowed", None)
    made["quantity"] = amount
    made["expectedSupplyDuration"] = {"value": days, "unit": "days", "system": UCUM, "code": "d"}
    return made


def supply_of(steps: Sequence[PlanStep], supply_days: int) -> int:
    """Days of supply: those of the steps; with an open last step at least ``supply_days`` and one more step."""
    stated = sum(step.days or 0 for step in steps)
    if steps and steps[-1].days is not None:
        return stated
    longest = max((step.days or 0 for step in steps), default=0)
    return max(supply_days, stated + longest)


def quantity_for(steps: Sequence[PlanStep], mg_per_unit: Decimal, supply_days: int) -> Decimal:
    """How many units the steps take in so many days, a part of a unit counting as a whole one."""
    left = supply_days
    total = Decimal(0)
    for step in steps:
        lasting = step.lasting(left)
        left -= lasting
        total += step.mg / mg_per_unit * step.per_day * lasting
    return total.quantize(Decimal("0.0001")).to_integral_value(ROUND_CEILING)


def counted(count: Decimal, unit: str) -> str:
    """A number of units.

    >>> counted(Decimal(1), "capsule"), counted(Decimal(42), "capsule"), counted(Decimal("0.5"), "tablet")
    ('1 capsule', '42 capsules', '0.5 tablet')
    """
    several = "" if unit == "mL" or count <= 1 else "s"
    return f"{number(count)} {unit}{several}"


def plain_milligrams(mg: Decimal) -> str:
    """An amount in the words of a resource."""
    return plain(milligrams(mg))


def mass(mg: Decimal) -> Json:
    """An amount of milligrams as a quantity."""
    return {"value": whole(mg), "unit": "mg", "system": UCUM, "code": "mg"}


def whole(value: Decimal) -> Decimal | int:
    """A number as a resource writes it: without a fraction where it has none."""
    return int(value) if value == value.to_integral_value() else Decimal(number(value))


def plain(text: str) -> str:
    """Words for a resource: ordinary spaces, since order networks carry little else."""
    return text.replace(NBSP, " ")


def listed_values(value: Any) -> list[Any]:
    """A list as a list, a single value as a list of one, nothing as an empty one."""
    return list(value) if isinstance(value, list) else [] if value is None else [value]


def add_note(edited: Json, text: str) -> None:
    """Add a note without touching those that are there; DSTU2 has one note as a string."""
    text = plain(text)
    if not text:
        return
    notes = edited.get("note")
    if edited.get("resourceType") == "MedicationOrder":
        edited["note"] = f"{notes} {text}" if isinstance(notes, str) and notes else text
        return
    kept = listed_values(notes)
    if not any(isinstance(n, dict) and n.get("text") == text for n in kept):
        edited["note"] = [*kept, {"text": text}]


def drop_notes(edited: Json, words: str) -> None:
    """Leave out the notes that contain those words."""
    kept = [
        note
        for note in listed_values(edited.get("note"))
        if words not in str(note.get("text") if isinstance(note, dict) else note).casefold()
    ]
    if not kept:
        edited.pop("note", None)
    elif edited.get("resourceType") != "MedicationOrder":
        edited["note"] = kept
