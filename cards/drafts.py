"""The JSON of a draft, piece by piece, in the shape of the FHIR version it already has.

Directions, product, dispense request, notes and the amounts in them: each function gives a new resource, or a part of
one, in which nothing is changed but what it names. FHIR versions differ: ``doseAndRate`` lists from R4 on and
``doseQuantity`` on the dosage before, ``medication`` as one element in R5, an ingredient's strength under three names,
no ``when`` beside a frequency in DSTU2.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from enum import Enum
from typing import Any

from cards.dosing import TimeOfDay
from cards.phrasing import NBSP, milligrams, number

Json = dict[str, Any]
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
UCUM = "http://unitsofmeasure.org"
NALTREXONE_RXCUI = "7243"
TABLET_RXCUI = "1483744"
TABLET_NAME = "naltrexone hydrochloride 50 MG Oral Tablet"
_WHEN_CODE = {TimeOfDay.BEDTIME: "HS", TimeOfDay.EVENING: "EVE", TimeOfDay.MORNING: "MORN"}


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


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One step of a suggested order: milligrams at one time, for so many days (``None``: no end), times a day."""

    mg: Decimal
    days: int | None
    per_day: Decimal = Decimal(1)

    def lasting(self, supply_days: int) -> int:
        """How many days of a supply it takes, when ``supply_days`` are left."""
        return max(supply_days, 0) if self.days is None else self.days


When = TimeOfDay | Iterable[TimeOfDay] | None


@dataclass(frozen=True, slots=True)
class Product:
    """What is dispensed: ``mg`` in one ``unit`` of it. Without a ``medication`` it needs no Medication of its own."""

    medication: Json | None
    unit: str
    mg: Decimal
    manner: str = ""


# --- products --------------------------------------------------------------------------------------------------------


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
    strength = {"numerator": _milligrams(mg), "denominator": denominator}
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


_MEDICATION = ("medicationCodeableConcept", "medicationReference", "medication")


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


# --- directions ------------------------------------------------------------------------------------------------------


def instruction(
    resource: Mapping[str, Any], sequence: int, step: PlanStep, product: Product | None, when: When, shape: Shape
) -> Json:
    """One dosage instruction; the route the draft states stays."""
    times = _times(when)
    repeat: Json = {}
    if step.days is not None:
        duration: Json = {"value": step.days, "unit": "days", "system": UCUM, "code": "d"}
        repeat["boundsQuantity" if shape is Shape.DSTU2 else "boundsDuration"] = duration
    repeat.update(_rhythm(step.per_day, times, shape))
    made: Json = {"text": plain(and_when(_intake_words(sequence, step, product, times), times, step.days))}
    if shape is not Shape.DSTU2:
        made = {"sequence": sequence, **made}
    made["timing"] = {"repeat": repeat}
    route = next((d["route"] for d in dosages_of(resource) if "route" in d), None)
    if route is not None:
        made["route"] = route
    if shape in (Shape.R4, Shape.R5):
        made["doseAndRate"] = [{"doseQuantity": _milligrams(step.mg)}]
    else:
        made["doseQuantity"] = _milligrams(step.mg)
    return made


def _rhythm(per_day: Decimal, times: Sequence[TimeOfDay], shape: Shape) -> Json:
    """Frequency and time of day. DSTU2 allows only one of the two, so a time that says once a day stands alone."""
    codes = [_WHEN_CODE[time] for time in times]
    unit = "periodUnits" if shape is Shape.DSTU2 else "periodUnit"
    if shape is Shape.DSTU2 and codes and per_day == len(codes) == 1:
        return {"when": codes[0]}
    frequency, period = (per_day, Decimal(1)) if per_day >= 1 else (Decimal(1), 1 / per_day)
    made: Json = {"frequency": int(frequency), "period": _whole(period), unit: "d"}
    if codes and shape is not Shape.DSTU2:
        made["when"] = codes
    return made


def _intake_words(sequence: int, step: PlanStep, product: Product | None, times: Sequence[TimeOfDay]) -> str:
    verb = "Take" if sequence == 1 else "then"
    frequency = frequency_words(step.per_day) if not times or step.per_day != len(times) else ""
    if product is None:
        return f"{verb} {plain_milligrams(step.mg)} by mouth{frequency}"
    count = step.mg / product.mg
    return f"{verb} {counted(count, product.unit)} ({plain_milligrams(step.mg)}) by mouth{product.manner}{frequency}"


def frequency_words(per_day: Decimal | None) -> str:
    """How often it is taken, with a space before it: `` once daily``, `` every 2 days``, `` 3 times a day``."""
    if per_day is None:
        return ""
    if per_day == 1:
        return " once daily"
    if per_day < 1:
        return f" every {number(1 / per_day)} days"
    return f" {number(per_day)} times a day"


def and_when(words: str, when: When, days: int | None = None) -> str:
    """The words with the time of day, and how long, behind them."""
    said = " and ".join(time.value for time in _times(when))
    lasting = f" for {days} {'day' if days == 1 else 'days'}" if days is not None else ""
    return " ".join(part for part in (words, said) if part) + lasting


def _times(when: When) -> list[TimeOfDay]:
    """The times of day that have a code, in the order of the day."""
    if when is None:
        return []
    asked = {when} if isinstance(when, TimeOfDay) else set(when)
    return [time for time in (TimeOfDay.MORNING, TimeOfDay.EVENING, TimeOfDay.BEDTIME) if time in asked]


_TIME_PHRASES = tuple(
    tuple(phrase.split())
    for phrase in (
        "at bedtime", "before bedtime", "before bed", "at bed time", "at night", "at nighttime", "nightly",
        "every night", "each night", "per night", "in the evening", "every evening", "each evening", "in the morning",
        "every morning", "each morning", "at hs", "qhs", "qam", "qpm", "hs", "q hs", "q.h.s.",
    )
)  # fmt: skip


def _retimed_words(words: str, when: TimeOfDay) -> str:
    """The sig with its time of day replaced; the new time stands at the end.

    >>> _retimed_words("Take 1 capsule (1.5 mg) by mouth nightly.", TimeOfDay.MORNING)
    'Take 1 capsule (1.5 mg) by mouth in the morning'
    """
    return f"{_untimed(words)} {when.value}".strip()


def _untimed(words: str) -> str:
    tokens = words.split()
    lowered = tuple(token.casefold().strip(".,;") for token in tokens)
    kept: list[str] = []
    at = 0
    while at < len(tokens):
        phrase = next((p for p in _TIME_PHRASES if lowered[at : at + len(p)] == p), ())
        if not phrase:
            kept.append(tokens[at])
        at += len(phrase) or 1
    return " ".join(kept).rstrip(".,; ")


def retimed(resource: Mapping[str, Any], when: TimeOfDay, per_day: Decimal | None) -> Json:
    """The resource with its time of day stated, or changed, in structure and words."""
    shape = shape_of(resource)

    def timed(dosage: Json) -> Json:
        timing = dosage.get("timing")
        timing = dict(timing) if isinstance(timing, dict) else {}
        repeat = timing.get("repeat")
        repeat = dict(repeat) if isinstance(repeat, dict) else {}
        repeat.pop("timeOfDay", None)
        if "frequency" not in repeat and "period" not in repeat:
            repeat.update(_rhythm(per_day or Decimal(1), [when], shape))
        elif shape is Shape.DSTU2 and repeat.get("frequency") == 1 == repeat.get("period"):
            for key in ("frequency", "period", "periodUnits"):
                repeat.pop(key, None)
            repeat["when"] = _WHEN_CODE[when]
        else:
            repeat["when"] = _WHEN_CODE[when] if shape is Shape.DSTU2 else [_WHEN_CODE[when]]
        timing["repeat"] = repeat
        timing.pop("code", None)
        edited = {**dosage, "timing": timing}
        words = dosage.get("text")
        edited["text"] = (
            _retimed_words(words, when) if isinstance(words, str) and words.strip() else f"Take {when.value}"
        )
        said = dosage.get("patientInstruction")
        if isinstance(said, str) and _untimed(said) != said.rstrip(".,; "):
            edited["patientInstruction"] = _retimed_words(said, when)
        return edited

    return with_each_dosage(resource, timed)


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


# --- amounts in words and in structure -------------------------------------------------------------------------------

_AMOUNT = re.compile(
    r"(?<![\w.,/])(?P<value>\d*[.,]?\d+)(?P<gap>[\s-]*)(?P<unit>mg|milligrams?|mcg|micrograms?)\b(?!\s*(?:/|per\b))",
    re.IGNORECASE,
)
_MICRO = Decimal("0.001")


def reworded(resource: Mapping[str, Any], mg: Decimal, instead_of: Decimal) -> tuple[Json, bool]:
    """The draft with one amount replaced in directions and notes, and whether it was found anywhere."""
    edited = _with_amounts(resource, lambda match: _other_amount(match, mg, instead_of))
    return edited, edited != dict(resource)


def tidied(resource: Mapping[str, Any]) -> Json:
    """The draft with its amounts written plainly, in the names of its product too."""

    def plainly(match: re.Match[str]) -> str:
        return f"{number(_value(match))}{match['gap']}{match['unit']}"

    edited = _with_amounts(resource, plainly)
    for key in ("medicationCodeableConcept", "medication"):
        if isinstance(edited.get(key), dict):
            edited[key] = _with_tidy_text(edited[key], plainly)
    if isinstance(edited.get("contained"), list):
        edited["contained"] = [_with_tidy_name(contained, plainly) for contained in edited["contained"]]
    return edited


def _with_tidy_name(contained: Any, plainly: Callable[[re.Match[str]], str]) -> Any:
    if not isinstance(contained, dict) or not isinstance(contained.get("code"), dict):
        return contained
    return {**contained, "code": _with_tidy_text(contained["code"], plainly)}


def _with_tidy_text(concept: Json, plainly: Callable[[re.Match[str]], str]) -> Json:
    inner = concept.get("concept")
    if isinstance(inner, dict):
        return {**concept, "concept": _with_tidy_text(inner, plainly)}
    text = concept.get("text")
    return {**concept, "text": _AMOUNT.sub(plainly, text)} if isinstance(text, str) else concept


def _with_amounts(resource: Mapping[str, Any], change: Callable[[re.Match[str]], str]) -> Json:
    """The draft with every amount of its directions and notes changed so."""

    def in_dosage(dosage: Json) -> Json:
        edited = dict(dosage)
        for key in ("text", "patientInstruction"):
            if isinstance(edited.get(key), str):
                edited[key] = _AMOUNT.sub(change, edited[key])
        return edited

    edited = dict(resource)
    if dosages_of(resource):
        edited = with_dosages(resource, [in_dosage(d) for d in dosages_of(resource)])
    notes = edited.get("note")
    if isinstance(notes, str):
        edited["note"] = _AMOUNT.sub(change, notes)
    elif isinstance(notes, list):
        edited["note"] = [_with_tidy_text(note, change) if isinstance(note, dict) else note for note in notes]
    return edited


def _value(match: re.Match[str]) -> Decimal:
    return Decimal(match["value"].replace(",", "."))


def _other_amount(match: re.Match[str], mg: Decimal, instead_of: Decimal) -> str:
    unit = match["unit"]
    factor = _MICRO if unit.casefold().startswith(("mcg", "micro")) else Decimal(1)
    if _value(match) * factor != instead_of:
        return match[0]
    return f"{number(mg / factor)}{match['gap']}{unit}"


def structured_mg(dosage: Mapping[str, Any]) -> Decimal | None:
    """The milligrams of a structured dose that is a plain mass."""
    rows = listed_values(dosage.get("doseAndRate"))
    holder = rows[0] if rows and isinstance(rows[0], dict) else dosage
    quantity = holder.get("doseQuantity")
    if not isinstance(quantity, dict) or not isinstance(quantity.get("value"), int | Decimal | float):
        return None
    factor = {"mg": Decimal(1), "mcg": _MICRO, "ug": _MICRO}.get(str(quantity.get("code") or quantity.get("unit")))
    return Decimal(str(quantity["value"])) * factor if factor is not None else None


def with_structured_mg(dosage: Json, mg: Decimal) -> Json:
    """The dosage with another dose in the place where its dose stands."""
    rows = listed_values(dosage.get("doseAndRate"))
    if rows and isinstance(rows[0], dict):
        row = {k: v for k, v in rows[0].items() if k != "doseRange"}
        old = row.get("doseQuantity")
        return {**dosage, "doseAndRate": [{**row, "doseQuantity": _as_milligrams(old, mg)}]}
    edited = {k: v for k, v in dosage.items() if k != "doseRange"}
    edited["doseQuantity"] = _as_milligrams(dosage.get("doseQuantity"), mg)
    return edited


def _as_milligrams(old: Any, mg: Decimal) -> Json:
    kept = (
        {k: v for k, v in old.items() if k not in ("value", "unit", "system", "code")} if isinstance(old, dict) else {}
    )
    return {**kept, **_milligrams(mg)}


def without_words(dosage: Json) -> Json:
    """The dosage without the words beside its text."""
    return {k: v for k, v in dosage.items() if k not in ("patientInstruction", "additionalInstruction")}


# --- quantities and notes --------------------------------------------------------------------------------------------


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
    amount: Json = {"value": _whole(quantity), "unit": unit}
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


def _milligrams(mg: Decimal) -> Json:
    return {"value": _whole(mg), "unit": "mg", "system": UCUM, "code": "mg"}


def _whole(value: Decimal) -> Decimal | int:
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


# --- drafts of ours --------------------------------------------------------------------------------------------------

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
