"""The few changes a card may offer (catalogue §2.5).

A change is decided by a rule and built only if its card is sent. An ``update`` is the client's own JSON in which only
the intended elements are changed: every other member, its order and the text of its numbers stay as they came. A
``create`` is a draft of ours. Nothing here ends an opioid, methadone, buprenorphine or full-dose naltrexone.

The JSON of a draft differs by FHIR version: ``doseAndRate`` lists from R4 on, ``doseQuantity`` on the dosage in STU3
and DSTU2, ``medication`` as one element in R5. A change is written in the shape the draft already has.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_CEILING, Decimal
from enum import Enum
from typing import Any

from cards.chart import MedicationSource, NaltrexoneUse, Order
from cards.conditions import Condition
from cards.dosing import Dosing, TimeOfDay
from cards.drugs import Form
from cards.phrasing import NBSP, milligrams, number
from cards.phrasing import days as counted_days

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


@dataclass(frozen=True, slots=True)
class Action:
    """One CDS Hooks action; ``description`` is what the user reads in clients that hide the label."""

    type: str
    description: str
    resource: Json | None = None
    resource_id: str | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """The words of one suggestion, from ``[offers.<key>]`` on the rule's page, blanks filled."""

    label: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One suggestion before it is built. ``key`` names its words on the page, ``values`` fill their blanks.

    ``make`` gets the patient's reference and the finished words.
    """

    key: str
    make: Callable[[str, Offer], Sequence[Action]] = field(repr=False, compare=False)
    is_recommended: bool = False
    values: tuple[tuple[str, str], ...] = ()


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


def _update(said: Offer, edited: Json) -> Sequence[Action]:
    return (Action("update", said.label, resource=edited),)


# --- withdrawing and waiting -----------------------------------------------------------------------------------------


def withdraw(order: Order, *, key: str = "withdraw", recommended: bool = False) -> Change:
    """Take the draft back."""

    def make(_: str, said: Offer) -> Sequence[Action]:
        return (Action("delete", said.label, resource_id=order.reference),)

    return Change(key, make, recommended)


def hold_until(order: Order, first_day: date, *, key: str = "hold", recommended: bool = False) -> Change:
    """Keep the draft on hold until ``first_day``; its validity starts then."""

    def make(_: str, said: Offer) -> Sequence[Action]:
        edited = dict(order.resource)
        edited["status"] = "on-hold"
        dispense = edited.get("dispenseRequest")
        dispense = dict(dispense) if isinstance(dispense, dict) else {}
        validity = dispense.get("validityPeriod")
        dispense["validityPeriod"] = {
            **(validity if isinstance(validity, dict) else {}),
            "start": first_day.isoformat(),
        }
        edited["dispenseRequest"] = dispense
        if shape_of(order.resource) in (Shape.R4, Shape.R5):
            edited["statusReason"] = {"text": said.note}
        _add_note(edited, f"On hold. {said.note} Start no earlier than {first_day.isoformat()}.")
        return _update(said, edited)

    return Change(key, make, recommended)


# --- the order itself ------------------------------------------------------------------------------------------------


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


def capsules(
    order: Order,
    steps: Sequence[PlanStep],
    *,
    key: str = "capsules",
    capsule_mg: Decimal,
    supply_days: int,
    when: When = TimeOfDay.BEDTIME,
    replaces_notes: bool = False,
    recommended: bool = False,
) -> Change:
    """Order a compounded immediate-release capsule instead (T1), or a stepped start with it (T2).

    The quantity follows from the steps, so that it always adds up; where every step has an end it follows from them
    alone. ``when=None`` leaves the time of day open. The offer's words may use ``{strength}``, ``{plan}``,
    ``{quantity}`` and ``{supply}``.
    """
    shape = shape_of(order.resource)
    product = _Product(_capsule(capsule_mg, shape), "capsule", capsule_mg, "")
    return _another_product(order, steps, product, supply_days, when, key, recommended, replaces_notes)


def liquid(
    order: Order,
    steps: PlanStep | Sequence[PlanStep],
    *,
    key: str = "liquid",
    mg_per_ml: Decimal,
    supply_days: int,
    when: When = TimeOfDay.BEDTIME,
    replaces_notes: bool = False,
    recommended: bool = False,
) -> Change:
    """Order a pharmacy-prepared oral liquid instead (T5), in one step or several."""
    shape = shape_of(order.resource)
    product = _Product(_solution(mg_per_ml, shape), "mL", mg_per_ml, " with an oral syringe")
    listed = [steps] if isinstance(steps, PlanStep) else steps
    return _another_product(order, listed, product, supply_days, when, key, recommended, replaces_notes)


def tablets(
    order: Order,
    steps: Sequence[PlanStep],
    *,
    key: str = "tablets",
    tablet_mg: Decimal,
    supply_days: int,
    when: When = None,
    recommended: bool = False,
) -> Change:
    """Order the marketed tablet instead, at a dose that its label knows."""
    product = _Product(None, "tablet", tablet_mg, "")
    return _another_product(order, steps, product, supply_days, when, key, recommended, replaces_notes=False)


def take_at(order: Order, when: TimeOfDay, *, key: str = "take-at", recommended: bool = False) -> Change:
    """State the time of day, in the structure and in the words (T3, T4)."""

    def make(_: str, said: Offer) -> Sequence[Action]:
        return _update(said, _retimed_resource(order.resource, when, order.dosing.most_per_day))

    return Change(key, make, recommended)


def take_active_at(
    use: NaltrexoneUse, when: TimeOfDay, *, key: str = "take-at", recommended: bool = False
) -> Change | None:
    """Move naltrexone that is already taken to another time; ``None`` when the chart has no order of it to change."""
    original = use.medication.original
    if use.medication.source is not MedicationSource.REQUEST or original is None:
        return None

    def make(_: str, said: Offer) -> Sequence[Action]:
        resource = original()
        if resource is None:
            return ()
        return _update(said, _retimed_resource(resource, when, use.medication.dosing.most_per_day))

    return Change(key, make, recommended)


def set_dose(
    order: Order,
    mg: Decimal,
    *,
    key: str = "set-dose",
    when: When = None,
    supply_days: int | None = None,
    recommended: bool = False,
) -> Change:
    """Set one dose a day, in structure and words alike, leaving the product as it is where the dose can be taken from it.

    A compounded capsule of another strength becomes a capsule of this one. With ``supply_days`` the quantity follows.
    """
    step = PlanStep(mg, None)
    stated = when if when is not None else order.dosing.when

    def make(_: str, said: Offer) -> Sequence[Action]:
        shape = shape_of(order.resource)
        product = _own_product(order, mg, shape)
        edited = _with_dosages(order.resource, [_instruction(order.resource, 1, step, product, stated, shape)])
        if product is not None and product.medication is not None:
            edited = _with_compounded(edited, product.medication, shape)
        if supply_days is not None and product is not None:
            counted = quantity_for([step], product.mg, supply_days)
            edited["dispenseRequest"] = _dispense_request(edited, counted, product.unit, supply_days, order.refills)
        _add_note(edited, said.note)
        return _update(said, edited)

    return Change(key, make, recommended, _values([step], order.dosing, None, supply_days or 0))


def once_daily(order: Order, mg: Decimal, *, key: str = "once-daily", recommended: bool = False) -> Change:
    """Give the same daily dose once a day at bedtime."""
    return set_dose(order, mg, key=key, when=TimeOfDay.BEDTIME, recommended=recommended)


def words_as_structured(order: Order, mg: Decimal, instead_of: Decimal, *, key: str = "words") -> Change:
    """Let the words say what the structured dose says; ``instead_of`` is the amount they say now.

    The amount is replaced where it stands. Words in which it cannot be found (tablets counted, a note that tells of
    several amounts) are written anew, and the notes go.
    """

    def make(_: str, said: Offer) -> Sequence[Action]:
        edited, is_found = _reworded(order.resource, mg, instead_of)
        if not is_found:
            words = _and_when(f"Take {_mg(mg)} by mouth{_frequency(order.dosing.most_per_day)}", order.dosing.when)
            edited = _each_dosage(order.resource, lambda dosage: {**_without_words(dosage), "text": words})
            edited.pop("note", None)
        _add_note(edited, said.note)
        return _update(said, edited)

    return Change(key, make)


def structured_as_words(order: Order, mg: Decimal, instead_of: Decimal, *, key: str = "structure") -> Change:
    """Let the structured dose say what the words say; ``instead_of`` is the amount it says now.

    The words stay. Only the dose that differs is changed, in milligrams.
    """

    def make(_: str, said: Offer) -> Sequence[Action]:
        dosages = _dosages(order.resource)
        differing = [d for d in dosages if _structured_mg(d) == instead_of] or dosages[:1]
        changed = [_with_structured_mg(d, mg) if any(d is one for one in differing) else d for d in dosages]
        edited = _with_dosages(order.resource, changed)
        _add_note(edited, said.note)
        return _update(said, edited)

    return Change(key, make)


def tidy_amounts(order: Order, *, key: str = "tidy", recommended: bool = False) -> Change:
    """Write every amount of the words with its leading zero and without trailing ones."""

    def make(_: str, said: Offer) -> Sequence[Action]:
        return _update(said, _tidied(order.resource))

    return Change(key, make, recommended)


def supply_for(
    order: Order, quantity: Decimal, unit: str, days: int, *, key: str = "supply", recommended: bool = False
) -> Change:
    """Dispense less, and allow one more refill in exchange."""

    def make(_: str, said: Offer) -> Sequence[Action]:
        edited = dict(order.resource)
        edited["dispenseRequest"] = _dispense_request(edited, quantity, unit, days, (order.refills or 0) + 1)
        _add_note(edited, said.note)
        return _update(said, edited)

    values = (("quantity", _counted(quantity, unit)), ("supply", counted_days(days)))
    return Change(key, make, recommended, values)


def give_reason(
    order: Order, coding: tuple[str, str, str], *, key: str = "reason", recommended: bool = False
) -> Change:
    """Record why it is ordered, beside the reasons that are there: (system, code, display)."""

    def make(_: str, said: Offer) -> Sequence[Action]:
        system, code, display = coding
        concept = {"coding": [{"system": system, "code": code, "display": display}], "text": display}
        edited = dict(order.resource)
        match shape_of(order.resource):
            case Shape.R5:
                edited["reason"] = [*_listed(edited.get("reason")), {"concept": concept}]
            case Shape.DSTU2:
                edited.pop("reasonReference", None)
                edited["reasonCodeableConcept"] = concept
            case _:
                edited["reasonCode"] = [*_listed(edited.get("reasonCode")), concept]
        return _update(said, edited)

    return Change(key, make, recommended, (("reason", coding[2]),))


def give_reason_on_chart(
    order: Order, condition: Condition, *, key: str = "reason-on-chart", recommended: bool = False
) -> Change:
    """Record as its reason a condition that stands on the patient's problem list."""

    def make(_: str, said: Offer) -> Sequence[Action]:
        reference = {"reference": condition.reference}
        edited = dict(order.resource)
        match shape_of(order.resource):
            case Shape.R5:
                edited["reason"] = [*_listed(edited.get("reason")), {"reference": reference}]
            case Shape.DSTU2:
                edited["reasonReference"] = reference
            case _:
                edited["reasonReference"] = [*_listed(edited.get("reasonReference")), reference]
        return _update(said, edited)

    return Change(key, make, recommended, (("reason", condition.label),))


def complete_details(
    order: Order,
    *,
    capsule_mg: Decimal | None,
    quantity: Decimal | None,
    unit: str,
    days: int,
    instead_of_notes_on: str = "",
    key: str = "details",
    recommended: bool = False,
) -> Change:
    """Add what a compounding pharmacy needs to know, leaving directions and refills as they are.

    With ``capsule_mg`` the product becomes a capsule of that strength; without, it stays. Notes that contain
    ``instead_of_notes_on`` give way to the offer's note.
    """

    def make(_: str, said: Offer) -> Sequence[Action]:
        shape = shape_of(order.resource)
        edited = dict(order.resource)
        if capsule_mg is not None:
            edited = _with_compounded(edited, _capsule(capsule_mg, shape), shape)
        if quantity is not None:
            edited["dispenseRequest"] = _dispense_request(edited, quantity, unit, days, order.refills)
        if instead_of_notes_on:
            _drop_notes(edited, instead_of_notes_on)
        _add_note(edited, said.note)
        return _update(said, edited)

    values = (("quantity", _counted(quantity, unit) if quantity is not None else ""), ("supply", counted_days(days)))
    return Change(key, make, recommended, values)


def note_on(order: Order, *, key: str = "note", recommended: bool = False) -> Change:
    """Add a note to the draft."""

    def make(_: str, said: Offer) -> Sequence[Action]:
        edited = dict(order.resource)
        _add_note(edited, said.note)
        return _update(said, edited)

    return Change(key, make, recommended)


@dataclass(frozen=True, slots=True)
class _Product:
    """What is dispensed: ``mg`` in one ``unit`` of it. Without a ``medication`` it is the marketed tablet."""

    medication: Json | None
    unit: str
    mg: Decimal
    manner: str


def _another_product(
    order: Order,
    steps: Sequence[PlanStep],
    product: _Product,
    supply_days: int,
    when: When,
    key: str,
    recommended: bool,
    replaces_notes: bool,
) -> Change:
    days = supply_of(steps, supply_days)

    def make(_: str, said: Offer) -> Sequence[Action]:
        shape = shape_of(order.resource)
        edited = _with_dosages(
            order.resource,
            [_instruction(order.resource, i, step, product, when, shape) for i, step in enumerate(steps, 1)],
        )
        if product.medication is None:
            edited = _with_coded(edited, shape)
        else:
            edited = _with_compounded(edited, product.medication, shape)
        quantity = quantity_for(steps, product.mg, days)
        edited["dispenseRequest"] = _dispense_request(edited, quantity, product.unit, days, 0, is_new_product=True)
        note = said.note
        if replaces_notes:
            edited.pop("note", None)
            note = " ".join((note, *(f"No {excipient}." for excipient in sorted(order.excipients_excluded)))).strip()
        _add_note(edited, note)
        return _update(said, edited)

    return Change(key, make, recommended, _values(steps, None, product, days))


def _values(
    steps: Sequence[PlanStep], dosing: Dosing | None, product: _Product | None, days: int
) -> tuple[tuple[str, str], ...]:
    """The blanks of an offer's words: dose, strength, plan, quantity and supply."""
    parts = [
        milligrams(step.mg) + (f" for {counted_days(step.days)}" if step.days is not None else "") for step in steps
    ]
    values = [
        ("dose", milligrams(steps[0].mg)),
        ("directions", f"{milligrams(steps[0].mg)}{_frequency(steps[0].per_day)}"),
        ("plan", ", then ".join(parts)),
        ("supply", counted_days(days)),
    ]
    if product is not None:
        strength = f"{milligrams(product.mg)}/mL" if product.unit == "mL" else milligrams(product.mg)
        values += [("strength", strength), ("quantity", _counted(quantity_for(steps, product.mg, days), product.unit))]
    return tuple(values)


def _own_product(order: Order, mg: Decimal, shape: Shape) -> _Product | None:
    """The product of the order itself, when the dose is a whole number of its units; else a capsule where it was one."""
    strength = order.strength
    if strength is None or not strength.mg:
        return None
    if strength.per == "mL":
        return _Product(None, "mL", strength.mg, "")
    if not mg % strength.mg:
        return _Product(None, "capsule" if order.form is Form.CAPSULE else "tablet", strength.mg, "")
    return _Product(_capsule(mg, shape), "capsule", mg, "") if order.is_compounded else None


# --- other resources -------------------------------------------------------------------------------------------------


def hold_naltrexone(
    use: NaltrexoneUse, last_day: date, *, key: str = "hold-naltrexone", recommended: bool = False
) -> Change | None:
    """Put low-dose naltrexone on hold from ``last_day`` on; ``None`` when the chart has no order that could be held.

    R4 has no date of a change of status. Where an instruction has no bounds yet they end on that day, so that everybody
    who reads the order later knows when it was last taken; R5 has ``statusChanged``.
    """
    original = use.medication.original
    if use.medication.source is not MedicationSource.REQUEST or original is None:
        return None

    def make(_: str, said: Offer) -> Sequence[Action]:
        resource = original()
        if resource is None:
            return ()
        edited = _each_dosage(resource, lambda dosage: _ending(dosage, last_day))
        edited["status"] = "on-hold"
        if shape_of(resource) is Shape.R5:
            edited["statusChanged"] = last_day.isoformat()
        _add_note(edited, said.note)
        return (Action("update", said.label, resource=edited),)

    return Change(key, make, recommended)


def _ending(dosage: Json, last_day: date) -> Json:
    timing = dosage.get("timing")
    timing = dict(timing) if isinstance(timing, dict) else {}
    repeat = timing.get("repeat")
    repeat = dict(repeat) if isinstance(repeat, dict) else {}
    if any(key.startswith("bounds") for key in repeat):
        return dosage
    return {**dosage, "timing": {**timing, "repeat": {"boundsPeriod": {"end": last_day.isoformat()}, **repeat}}}


def task(*, key: str = "task", recommended: bool = False) -> Change:
    """Ask somebody to find something out; the offer's note is the description."""

    def make(patient: str, said: Offer) -> Sequence[Action]:
        resource: Json = {
            "resourceType": "Task",
            "status": "requested",
            "intent": "proposal",
            "description": said.note,
        }
        if patient:
            resource["for"] = {"reference": patient}
        return (Action("create", said.label, resource=resource),)

    return Change(key, make, recommended)


def request_service(*, key: str = "service", recommended: bool = False) -> Change:
    """Draft a consultation, a test or monitoring; the offer's note says which."""

    def make(patient: str, said: Offer) -> Sequence[Action]:
        if not patient:
            return ()
        resource: Json = {
            "resourceType": "ServiceRequest",
            "status": "draft",
            "intent": "proposal",
            "code": {"text": said.note},
            "subject": {"reference": patient},
        }
        return (Action("create", said.label, resource=resource),)

    return Change(key, make, recommended)


# --- pieces of resources ---------------------------------------------------------------------------------------------


def _capsule(mg: Decimal, shape: Shape) -> Json:
    words = f"naltrexone HCl {number(mg)} mg compounded immediate-release capsule"
    return _medication(words, "capsule, immediate release", mg, "capsule", None, shape)


def _solution(mg_per_ml: Decimal, shape: Shape) -> Json:
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


def _with_compounded(resource: Mapping[str, Any], medication: Json, shape: Shape) -> Json:
    """The draft with another contained Medication; the one it pointed to goes, since nothing else may refer to it."""
    kept = _other_contained(resource)
    made = {**medication, "id": _free_id(medication["id"], kept)}
    reference = {"reference": f"#{made['id']}"}
    pointer: Json = (
        {"medication": {"reference": reference}} if shape is Shape.R5 else {"medicationReference": reference}
    )
    edited = _with_pointer(resource, pointer)
    return _with_contained(edited, [*kept, made])


def _with_coded(resource: Mapping[str, Any], shape: Shape) -> Json:
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
    return [c for c in _listed(resource.get("contained")) if not (isinstance(c, dict) and _bare_id(c) == old)]


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


# ---- directions


def _instruction(
    resource: Mapping[str, Any], sequence: int, step: PlanStep, product: _Product | None, when: When, shape: Shape
) -> Json:
    """One dosage instruction; the route the draft states stays."""
    times = _times(when)
    repeat: Json = {}
    if step.days is not None:
        duration: Json = {"value": step.days, "unit": "days", "system": UCUM, "code": "d"}
        repeat["boundsQuantity" if shape is Shape.DSTU2 else "boundsDuration"] = duration
    repeat.update(_rhythm(step.per_day, times, shape))
    made: Json = {"text": _plain(_and_when(_intake_words(sequence, step, product, times), times, step.days))}
    if shape is not Shape.DSTU2:
        made = {"sequence": sequence, **made}
    made["timing"] = {"repeat": repeat}
    route = next((d["route"] for d in _dosages(resource) if "route" in d), None)
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


def _intake_words(sequence: int, step: PlanStep, product: _Product | None, times: Sequence[TimeOfDay]) -> str:
    verb = "Take" if sequence == 1 else "then"
    frequency = _frequency(step.per_day) if not times or step.per_day != len(times) else ""
    if product is None:
        return f"{verb} {_mg(step.mg)} by mouth{frequency}"
    count = step.mg / product.mg
    return f"{verb} {_counted(count, product.unit)} ({_mg(step.mg)}) by mouth{product.manner}{frequency}"


def _frequency(per_day: Decimal | None) -> str:
    if per_day is None:
        return ""
    if per_day == 1:
        return " once daily"
    if per_day < 1:
        return f" every {number(1 / per_day)} days"
    return f" {number(per_day)} times a day"


def _and_when(words: str, when: When, days: int | None = None) -> str:
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
        "at bedtime", "before bedtime", "before bed", "at bed time", "at night", "at nighttime", "nightly", "every night",
        "each night", "per night", "in the evening", "every evening", "each evening", "in the morning", "every morning",
        "each morning", "at hs", "qhs", "qam", "qpm", "hs", "q hs", "q.h.s.",
    )
)  # fmt: skip


def _retimed(words: str, when: TimeOfDay) -> str:
    """The sig with its time of day replaced; the new time stands at the end.

    >>> _retimed("Take 1 capsule (1.5 mg) by mouth nightly.", TimeOfDay.MORNING)
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


def _retimed_resource(resource: Mapping[str, Any], when: TimeOfDay, per_day: Decimal | None) -> Json:
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
        edited["text"] = _retimed(words, when) if isinstance(words, str) and words.strip() else f"Take {when.value}"
        said = dosage.get("patientInstruction")
        if isinstance(said, str) and _untimed(said) != said.rstrip(".,; "):
            edited["patientInstruction"] = _retimed(said, when)
        return edited

    return _each_dosage(resource, timed)


def _dosages(resource: Mapping[str, Any]) -> list[Json]:
    return [d for d in _listed(resource.get("dosageInstruction")) if isinstance(d, dict)]


def _each_dosage(resource: Mapping[str, Any], change: Callable[[Json], Json]) -> Json:
    return _with_dosages(resource, [change(d) for d in _dosages(resource)] or [change({})])


def _with_dosages(resource: Mapping[str, Any], dosages: list[Json]) -> Json:
    edited = dict(resource)
    edited["dosageInstruction"] = dosages
    edited.pop("renderedDosageInstruction", None)  # R5: the old directions as one text
    return edited


# ---- amounts in words and in structure

_AMOUNT = re.compile(
    r"(?<![\w.,/])(?P<value>\d*[.,]?\d+)(?P<gap>[\s-]*)(?P<unit>mg|milligrams?|mcg|micrograms?)\b(?!\s*(?:/|per\b))",
    re.IGNORECASE,
)
_MICRO = Decimal("0.001")


def _reworded(resource: Mapping[str, Any], mg: Decimal, instead_of: Decimal) -> tuple[Json, bool]:
    """The draft with one amount replaced in directions and notes, and whether it was found anywhere."""
    edited = _with_amounts(resource, lambda match: _other_amount(match, mg, instead_of))
    return edited, edited != dict(resource)


def _tidied(resource: Mapping[str, Any]) -> Json:
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
    if _dosages(resource):
        edited = _with_dosages(resource, [in_dosage(d) for d in _dosages(resource)])
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


def _structured_mg(dosage: Mapping[str, Any]) -> Decimal | None:
    """The milligrams of a structured dose that is a plain mass."""
    rows = _listed(dosage.get("doseAndRate"))
    holder = rows[0] if rows and isinstance(rows[0], dict) else dosage
    quantity = holder.get("doseQuantity")
    if not isinstance(quantity, dict) or not isinstance(quantity.get("value"), int | Decimal | float):
        return None
    factor = {"mg": Decimal(1), "mcg": _MICRO, "ug": _MICRO}.get(str(quantity.get("code") or quantity.get("unit")))
    return Decimal(str(quantity["value"])) * factor if factor is not None else None


def _with_structured_mg(dosage: Json, mg: Decimal) -> Json:
    """The dosage with another dose in the place where its dose stands."""
    rows = _listed(dosage.get("doseAndRate"))
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


def _without_words(dosage: Json) -> Json:
    return {k: v for k, v in dosage.items() if k not in ("patientInstruction", "additionalInstruction")}


# ---- quantities and notes


def _dispense_request(
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


def _counted(count: Decimal, unit: str) -> str:
    """A number of units.

    >>> _counted(Decimal(1), "capsule"), _counted(Decimal(42), "capsule"), _counted(Decimal("0.5"), "tablet")
    ('1 capsule', '42 capsules', '0.5 tablet')
    """
    several = "" if unit == "mL" or count <= 1 else "s"
    return f"{number(count)} {unit}{several}"


def _mg(mg: Decimal) -> str:
    return _plain(milligrams(mg))


def _milligrams(mg: Decimal) -> Json:
    return {"value": _whole(mg), "unit": "mg", "system": UCUM, "code": "mg"}


def _whole(value: Decimal) -> Decimal | int:
    return int(value) if value == value.to_integral_value() else Decimal(number(value))


def _plain(text: str) -> str:
    """Words for a resource: ordinary spaces, since order networks carry little else."""
    return text.replace(NBSP, " ")


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [] if value is None else [value]


def _add_note(edited: Json, text: str) -> None:
    """Add a note without touching those that are there; DSTU2 has one note as a string."""
    text = _plain(text)
    if not text:
        return
    notes = edited.get("note")
    if edited.get("resourceType") == "MedicationOrder":
        edited["note"] = f"{notes} {text}" if isinstance(notes, str) and notes else text
        return
    kept = _listed(notes)
    if not any(isinstance(n, dict) and n.get("text") == text for n in kept):
        edited["note"] = [*kept, {"text": text}]


def _drop_notes(edited: Json, words: str) -> None:
    """Leave out the notes that contain those words."""
    kept = [
        note
        for note in _listed(edited.get("note"))
        if words not in str(note.get("text") if isinstance(note, dict) else note).casefold()
    ]
    if not kept:
        edited.pop("note", None)
    elif edited.get("resourceType") != "MedicationOrder":
        edited["note"] = kept
