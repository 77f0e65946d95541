"""The product of a draft, and drafts of ours that name another order's product.

The Medication is contained in the draft and written in the shape of its FHIR version: an ingredient's strength has three
names, ``medication`` is one element in R5.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from cards.drafts import (
    NALTREXONE_RXCUI,
    RXNORM,
    TABLET_NAME,
    TABLET_RXCUI,
    UCUM,
    Json,
    Shape,
    listed_values,
    mass,
    with_each_dosage,
)
from cards.phrasing import number

_MEDICATION = ("medicationCodeableConcept", "medicationReference", "medication")


def capsule_medication(mg: Decimal, shape: Shape) -> Json:
    """The Medication of a compounded immediate-release capsule."""
    words = f"naltrexone HCl {number(mg)} mg compounded immediate-release capsule"
    return _medication(words, "capsule, immediate release", mg, "capsule", None, shape)


def liquid_medication(mg_per_ml: Decimal, shape: Shape) -> Json:
    """The Medication of an oral liquid that a pharmacy prepares."""
    words = f"naltrexone HCl {number(mg_per_ml)} mg/mL oral liquid, pharmacy-prepared"
    return _medication(words, "oral liquid", mg_per_ml, "mL", "mL", shape)


def _medication(words: str, form: str, mg: Decimal, unit: str, ucum: str | None, shape: Shape) -> Json:
    denominator: Json = {"value": 1, "unit": unit}
    if ucum:
        denominator.update({"system": UCUM, "code": ucum})
    strength = {"numerator": mass(mg), "denominator": denominator}
    naltrexone = {"coding": [{"system": RXNORM, "code": NALTREXONE_RXCUI, "display": "naltrexone"}]}
    made: Json = {"resourceType": "Medication", "id": "ldn", "code": {"text": words}}
    match shape:
        case Shape.DSTU2:
            # DSTU2 names an ingredient by reference only; the code text carries drug and strength.
            made["product"] = {"form": {"text": form}}
        case Shape.STU3:
            made["form"] = {"text": form}
            made["ingredient"] = [{"itemCodeableConcept": naltrexone, "amount": strength}]
        case Shape.R5:
            made["doseForm"] = {"text": form}
            made["ingredient"] = [{"item": {"concept": naltrexone}, "strengthRatio": strength}]
        case _:
            made["form"] = {"text": form}
            made["ingredient"] = [{"itemCodeableConcept": naltrexone, "strength": strength}]
    return made


def with_compounded(resource: Mapping[str, Any], medication: Json, shape: Shape) -> Json:
    """The draft with another contained Medication; the one it pointed to goes, since nothing else may refer to it."""
    kept = _other_contained(resource)
    made = {**medication, "id": _free_id(medication["id"], kept)}
    reference = {"reference": f"#{made['id']}"}
    pointer: Json = (
        {"medication": {"reference": reference}} if shape is Shape.R5 else {"medicationReference": reference}
    )
    edited = _with_pointer(resource, pointer)
    return _with_contained(edited, [*kept, made])


def with_marketed_tablet(resource: Mapping[str, Any], shape: Shape) -> Json:
    """The draft with the marketed tablet as its product."""
    concept = {"coding": [{"system": RXNORM, "code": TABLET_RXCUI, "display": TABLET_NAME}], "text": TABLET_NAME}
    pointer: Json = (
        {"medication": {"concept": concept}} if shape is Shape.R5 else {"medicationCodeableConcept": concept}
    )
    return _with_contained(_with_pointer(resource, pointer), _other_contained(resource))


def _with_pointer(resource: Mapping[str, Any], pointer: Json) -> Json:
    """The resource with another medication element, in the place of the old one."""
    edited: Json = {}
    for key, value in resource.items():
        if key not in _MEDICATION:
            edited[key] = value
        elif not pointer.keys() & edited.keys():
            edited.update(pointer)
    if not pointer.keys() & edited.keys():
        edited.update(pointer)
    return edited


def _with_contained(resource: Json, contained: list[Any]) -> Json:
    if contained:
        resource["contained"] = contained
    else:
        resource.pop("contained", None)
    return resource


def _other_contained(resource: Mapping[str, Any]) -> list[Any]:
    """What the draft contains besides the Medication it points to."""
    pointer = resource.get("medicationReference")
    if isinstance(resource.get("medication"), dict):
        pointer = resource["medication"].get("reference")
    text = pointer.get("reference") if isinstance(pointer, dict) else None
    old = text[1:] if isinstance(text, str) and text.startswith("#") else None
    return [c for c in listed_values(resource.get("contained")) if not (isinstance(c, dict) and _bare_id(c) == old)]


def _bare_id(contained: Mapping[str, Any]) -> str | None:
    """The id of a contained resource; some senders write the ``#`` into it."""
    own = contained.get("id")
    return own.removeprefix("#") if isinstance(own, str) else None


def _free_id(wanted: str, contained: Iterable[Any]) -> str:
    taken = {_bare_id(c) for c in contained if isinstance(c, dict)}
    found, more = wanted, 1
    while found in taken:
        more += 1
        found = f"{wanted}-{more}"
    return found


_OF_THE_PATIENT = ("resourceType", "subject", "patient", "category")
_REASONS = ("reason", "reasonCode", "reasonReference", "reasonCodeableConcept")
_OF_THE_PRODUCT = (*_MEDICATION, "dosageInstruction", "dispenseRequest", "substitution", "note")


def empty_draft(original: Mapping[str, Any] | None, renews: str, patient: str) -> Json | None:
    """A draft for the same patient and the same reasons, without product and directions; R4 where there is no original.

    ``None`` when nobody says for whom it is.
    """
    if original is None:
        if not patient:
            return None
        return {
            "resourceType": "MedicationRequest",
            "status": "draft",
            "intent": "order",
            "subject": {"reference": patient},
        }
    return _drafted(original, renews, (*_OF_THE_PATIENT, *_REASONS))


def renewed(original: Mapping[str, Any], renews: str) -> Json:
    """The same order as a new draft: old dates, persons and numbers stay behind."""
    made = with_each_dosage(_drafted(original, renews, (*_OF_THE_PATIENT, *_REASONS, *_OF_THE_PRODUCT)), _without_dates)
    request = made.get("dispenseRequest")
    if isinstance(request, dict):
        made["dispenseRequest"] = {k: v for k, v in request.items() if k not in ("validityPeriod", "initialFill")}
    wanted = _references_in(made)
    kept = [c for c in listed_values(original.get("contained")) if isinstance(c, dict) and _bare_id(c) in wanted]
    return _with_contained(made, kept)


def _drafted(original: Mapping[str, Any], renews: str, keys: Iterable[str]) -> Json:
    made: Json = {"resourceType": original.get("resourceType"), "status": "draft"}
    if original.get("resourceType") != "MedicationOrder":
        made["intent"] = "order"
    made.update({key: original[key] for key in keys if key in original})
    if renews:
        made["priorPrescription"] = {"reference": renews}
    return made


def _without_dates(dosage: Json) -> Json:
    timing = dosage.get("timing")
    repeat = timing.get("repeat") if isinstance(timing, dict) else None
    if not isinstance(timing, dict) or not isinstance(repeat, dict) or "boundsPeriod" not in repeat:
        return dosage
    return {**dosage, "timing": {**timing, "repeat": {k: v for k, v in repeat.items() if k != "boundsPeriod"}}}


def _references_in(value: Any) -> set[str]:
    """The ids of the contained resources that a piece of JSON refers to."""
    if isinstance(value, dict):
        found = set().union(*(_references_in(part) for part in value.values()))
        target = value.get("reference")
        return found | {target[1:]} if isinstance(target, str) and target.startswith("#") else found
    if isinstance(value, list):
        return set().union(*(_references_in(part) for part in value))
    return set()
