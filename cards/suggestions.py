"""The few changes a card may offer (catalogue §2.5).

A change is decided by a rule and built only if its card is sent. An ``update`` is the client's own JSON in which only
the intended elements are changed: every other member, its order and the text of its numbers stay as they came. A
``create`` is a draft of ours. Nothing here ends an opioid, methadone, buprenorphine or full-dose naltrexone.

The JSON of a draft differs by FHIR version: ``doseAndRate`` lists from R4 on, ``doseQuantity`` on the dosage in STU3
and DSTU2, ``medication`` as one element in R5. A change is written in the shape the draft already has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from cards.chart import Amount, MedicationSource, NaltrexoneUse, Order
from cards.conditions import Condition
from cards.dosing import TimeOfDay
from cards.drafts import (
    Json,
    PlanStep,
    Product,
    Shape,
    When,
    add_note,
    and_when,
    capsule_medication,
    counted,
    dispense_request,
    dosages_of,
    drop_notes,
    empty_draft,
    frequency_words,
    instruction,
    liquid_medication,
    listed_values,
    plain,
    plain_milligrams,
    quantity_for,
    renewed,
    retimed,
    reworded,
    shape_of,
    structured_mg,
    supply_of,
    tidied,
    with_compounded,
    with_dosages,
    with_each_dosage,
    with_marketed_tablet,
    with_structured_mg,
    without_words,
)
from cards.drugs import Form
from cards.phrasing import days as counted_days
from cards.phrasing import milligrams
from cards.procedures import ServiceDraft

__all__ = [
    "Action",
    "Change",
    "Offer",
    "PlanStep",
    "Shape",
    "When",
    "capsules",
    "complete_details",
    "end_after",
    "give_reason",
    "give_reason_on_chart",
    "hold",
    "hold_naltrexone",
    "hold_until",
    "liquid",
    "next_order",
    "note_on",
    "note_on_service",
    "once_daily",
    "renew",
    "request_service",
    "set_dose",
    "shape_of",
    "stop_low_dose",
    "structured_as_words",
    "supply_for",
    "tablets",
    "take_active_at",
    "take_at",
    "task",
    "tidy_amounts",
    "withdraw",
    "without_notes",
    "words_as_structured",
]


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

    ``make`` gets the patient's reference and the finished words. ``schedule`` is the id of the titration schedule it
    follows, where it follows one.
    """

    key: str
    make: Callable[[str, Offer], Sequence[Action]] = field(repr=False, compare=False)
    is_recommended: bool = False
    values: tuple[tuple[str, str], ...] = ()
    schedule: str = ""


def _update(said: Offer, edited: Json) -> Sequence[Action]:
    return (Action("update", said.label, resource=edited),)


# --- withdrawing and waiting -----------------------------------------------------------------------------------------


def withdraw(order: Order, *, key: str = "withdraw", recommended: bool = False) -> Change:
    """Take the draft back; an order that was signed is no draft any more, and nothing is offered."""

    def make(_: str, said: Offer) -> Sequence[Action]:
        if order.is_signed:
            return ()
        return (Action("delete", said.label, resource_id=order.reference),)

    return Change(key, make, recommended)


def hold_until(order: Order, first_day: date, *, key: str = "hold", recommended: bool = False) -> Change:
    """Keep the draft on hold until ``first_day``; its validity starts then."""

    def make(_: str, said: Offer) -> Sequence[Action]:
        if not _may_wait(order):
            return ()
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
            edited["statusReason"] = {"text": plain(said.note)}
        add_note(edited, f"On hold. {said.note} Start no earlier than {first_day.isoformat()}.")
        return _update(said, edited)

    return Change(key, make, recommended)


def _may_wait(order: Order) -> bool:
    """Whether we may put it on hold: any draft, and of what is signed only low-dose naltrexone."""
    return order.is_low_dose or not order.is_signed


# --- the order itself ------------------------------------------------------------------------------------------------


def capsules(
    order: Order,
    steps: Sequence[PlanStep],
    *,
    key: str = "capsules",
    capsule_mg: Decimal,
    supply_days: int,
    when: When = TimeOfDay.BEDTIME,
    recommended: bool = False,
) -> Change:
    """Order a compounded immediate-release capsule instead (T1), or a stepped start with it (T2).

    The quantity follows from the steps, so that it always adds up; where every step has an end it follows from them
    alone. ``when=None`` leaves the time of day open. The offer's words may use ``{strength}``, ``{plan}``,
    ``{directions}``, ``{quantity}`` and ``{supply}``.
    """
    medication = capsule_medication(capsule_mg, shape_of(order.resource))
    fill = _Fill(Product(medication, "capsule", capsule_mg), tuple(steps), supply_of(steps, supply_days), when)
    return _another_product(order, fill, key, recommended=recommended)


def liquid(
    order: Order,
    steps: PlanStep | Sequence[PlanStep],
    *,
    key: str = "liquid",
    mg_per_ml: Decimal,
    supply_days: int,
    when: When = TimeOfDay.BEDTIME,
    recommended: bool = False,
) -> Change:
    """Order a pharmacy-prepared oral liquid instead (T5), in one step or several."""
    listed = (steps,) if isinstance(steps, PlanStep) else tuple(steps)
    medication = liquid_medication(mg_per_ml, shape_of(order.resource))
    product = Product(medication, "mL", mg_per_ml, " with an oral syringe")
    return _another_product(
        order, _Fill(product, listed, supply_of(listed, supply_days), when), key, recommended=recommended
    )


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
    fill = _Fill(Product(None, "tablet", tablet_mg), tuple(steps), supply_of(steps, supply_days), when)
    return _another_product(order, fill, key, recommended=recommended)


@dataclass(frozen=True, slots=True)
class _Fill:
    """What is dispensed and how it is taken: product, steps, days of supply and time of day."""

    product: Product
    steps: tuple[PlanStep, ...]
    days: int
    when: When

    @property
    def quantity(self) -> Decimal:
        """How many units that takes."""
        return quantity_for(self.steps, self.product.mg, self.days)

    @property
    def blanks(self) -> tuple[tuple[str, str], ...]:
        """What the words of the offer may say."""
        first, product = self.steps[0], self.product
        plan = [
            milligrams(step.mg) + (f" for {counted_days(step.days)}" if step.days is not None else "")
            for step in self.steps
        ]
        return (
            ("dose", milligrams(first.mg)),
            ("directions", f"{milligrams(first.mg)}{frequency_words(first.per_day)}"),
            ("plan", ", then ".join(plan)),
            ("strength", f"{milligrams(product.mg)}/mL" if product.unit == "mL" else milligrams(product.mg)),
            ("quantity", counted(self.quantity, product.unit)),
            ("supply", counted_days(self.days)),
        )


def _another_product(order: Order, fill: _Fill, key: str, *, recommended: bool) -> Change:
    def make(_: str, said: Offer) -> Sequence[Action]:
        edited = _filled(order.resource, fill, shape_of(order.resource))
        add_note(edited, said.note)
        return _update(said, edited)

    return Change(key, make, recommended, fill.blanks)


def _filled(resource: Mapping[str, Any], fill: _Fill, shape: Shape) -> Json:
    """The resource with the product, the directions and the quantity of the fill."""
    product = fill.product
    instructions = [instruction(resource, i, step, product, fill.when, shape) for i, step in enumerate(fill.steps, 1)]
    edited = with_dosages(resource, instructions)
    if product.medication is None:
        edited = with_marketed_tablet(edited, shape)
    else:
        edited = with_compounded(edited, product.medication, shape)
    edited["dispenseRequest"] = dispense_request(edited, fill.quantity, product.unit, fill.days, 0, is_new_product=True)
    return edited


def without_notes(order: Order) -> Order:
    """The order without notes that ask for another product; what has to be left out of it is still said."""
    edited = {key: value for key, value in order.resource.items() if key != "note"}
    add_note(edited, " ".join(f"No {excipient}." for excipient in sorted(order.excipients_excluded)))
    return replace(order, resource=edited, mentions=frozenset())


def take_at(order: Order, when: TimeOfDay, *, key: str = "take-at", recommended: bool = False) -> Change:
    """State the time of day, in the structure and in the words (T3, T4)."""

    def make(_: str, said: Offer) -> Sequence[Action]:
        return _update(said, retimed(order.resource, when, order.dosing.most_per_day))

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
        return _update(said, retimed(resource, when, use.medication.dosing.most_per_day))

    return Change(key, make, recommended)


def set_dose(
    order: Order, mg: Decimal, *, key: str = "set-dose", when: When = None, recommended: bool = False
) -> Change:
    """Set one dose a day, in structure and words alike, leaving the product as it is where the dose can be taken from
    it.

    A compounded capsule of another strength becomes a capsule of this one.
    """
    step = PlanStep(mg, None)
    stated = when if when is not None else order.dosing.when

    def make(_: str, said: Offer) -> Sequence[Action]:
        shape = shape_of(order.resource)
        product = _own_product(order, mg, shape)
        edited = with_dosages(order.resource, [instruction(order.resource, 1, step, product, stated, shape)])
        if product is not None and product.medication is not None:
            edited = with_compounded(edited, product.medication, shape)
        add_note(edited, said.note)
        return _update(said, edited)

    return Change(key, make, recommended, (("dose", milligrams(mg)),))


def _own_product(order: Order, mg: Decimal, shape: Shape) -> Product | None:
    """The product of the order itself, when the dose is whole units of it; else a capsule where it was compounded."""
    strength = order.strength
    if strength is None or not strength.mg:
        return None
    if strength.per == "mL":
        return Product(None, "mL", strength.mg)
    if not mg % strength.mg:
        return Product(None, "capsule" if order.form is Form.CAPSULE else "tablet", strength.mg)
    return Product(capsule_medication(mg, shape), "capsule", mg) if order.is_compounded else None


def once_daily(order: Order, mg: Decimal, *, key: str = "once-daily", recommended: bool = False) -> Change:
    """Give the same daily dose once a day at bedtime."""
    return set_dose(order, mg, key=key, when=TimeOfDay.BEDTIME, recommended=recommended)


def words_as_structured(order: Order, mg: Decimal, instead_of: Decimal, *, key: str = "words") -> Change:
    """Let the words say what the structured dose says; ``instead_of`` is the amount they say now.

    The amount is replaced where it stands. Words in which it cannot be found (tablets counted, a note that tells of
    several amounts) are written anew, and the notes go.
    """

    def make(_: str, said: Offer) -> Sequence[Action]:
        edited, is_found = reworded(order.resource, mg, instead_of)
        if not is_found:
            words = and_when(
                f"Take {plain_milligrams(mg)} by mouth{frequency_words(order.dosing.most_per_day)}", order.dosing.when
            )
            edited = with_each_dosage(order.resource, lambda dosage: {**without_words(dosage), "text": words})
            edited.pop("note", None)
        add_note(edited, said.note)
        return _update(said, edited)

    return Change(key, make)


def structured_as_words(order: Order, mg: Decimal, instead_of: Decimal, *, key: str = "structure") -> Change:
    """Let the structured dose say what the words say; ``instead_of`` is the amount it says now.

    The words stay. Only the dose that differs is changed, in milligrams.
    """

    def make(_: str, said: Offer) -> Sequence[Action]:
        dosages = dosages_of(order.resource)
        differing = [d for d in dosages if structured_mg(d) == instead_of] or dosages[:1]
        changed = [with_structured_mg(d, mg) if any(d is one for one in differing) else d for d in dosages]
        edited = with_dosages(order.resource, changed)
        add_note(edited, said.note)
        return _update(said, edited)

    return Change(key, make)


def tidy_amounts(order: Order, *, key: str = "tidy", recommended: bool = False) -> Change:
    """Write every amount of the words with its leading zero and without trailing ones."""

    def make(_: str, said: Offer) -> Sequence[Action]:
        return _update(said, tidied(order.resource))

    return Change(key, make, recommended)


def supply_for(
    order: Order, quantity: Decimal, unit: str, days: int, *, key: str = "supply", recommended: bool = False
) -> Change:
    """Dispense less, and allow one more refill in exchange."""

    def make(_: str, said: Offer) -> Sequence[Action]:
        edited = dict(order.resource)
        edited["dispenseRequest"] = dispense_request(edited, quantity, unit, days, (order.refills or 0) + 1)
        add_note(edited, said.note)
        return _update(said, edited)

    values = (("quantity", counted(quantity, unit)), ("supply", counted_days(days)))
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
                edited["reason"] = [*listed_values(edited.get("reason")), {"concept": concept}]
            case Shape.DSTU2:
                edited.pop("reasonReference", None)
                edited["reasonCodeableConcept"] = concept
            case _:
                edited["reasonCode"] = [*listed_values(edited.get("reasonCode")), concept]
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
                edited["reason"] = [*listed_values(edited.get("reason")), {"reference": reference}]
            case Shape.DSTU2:
                edited["reasonReference"] = reference
            case _:
                edited["reasonReference"] = [*listed_values(edited.get("reasonReference")), reference]
        return _update(said, edited)

    return Change(key, make, recommended, (("reason", condition.label),))


def complete_details(
    order: Order,
    *,
    capsule_mg: Decimal | None = None,
    quantity: Amount | None = None,
    days: int = 0,
    instead_of_notes_on: str = "",
    key: str = "details",
    recommended: bool = False,
) -> Change:
    """Add what a compounding pharmacy needs to know, leaving directions and refills as they are.

    With ``capsule_mg`` the product becomes a capsule of that strength; with ``quantity`` the supply is so much for
    ``days``. Notes that contain ``instead_of_notes_on`` give way to the offer's note.
    """

    def make(_: str, said: Offer) -> Sequence[Action]:
        shape = shape_of(order.resource)
        edited = dict(order.resource)
        if capsule_mg is not None:
            edited = with_compounded(edited, capsule_medication(capsule_mg, shape), shape)
        if quantity is not None:
            edited["dispenseRequest"] = dispense_request(edited, quantity.value, quantity.unit, days, order.refills)
        if instead_of_notes_on:
            drop_notes(edited, instead_of_notes_on)
        add_note(edited, said.note)
        return _update(said, edited)

    return Change(key, make, recommended, (("supply", counted_days(days)),))


def note_on(order: Order, *, key: str = "note", recommended: bool = False) -> Change:
    """Add a note to the draft."""

    def make(_: str, said: Offer) -> Sequence[Action]:
        edited = dict(order.resource)
        add_note(edited, said.note)
        return _update(said, edited)

    return Change(key, make, recommended)


# --- other resources -------------------------------------------------------------------------------------------------


def hold_naltrexone(use: NaltrexoneUse, last_day: date, *, recommended: bool = False) -> Change | None:
    """Put low-dose naltrexone on hold from ``last_day`` on; ``None`` when the chart has no order that could be held.

    R4 has no date of a change of status. Where an instruction has no bounds yet they end on that day, so that everybody
    who reads the order later knows when it was last taken; R5 has ``statusChanged``.
    """
    return _with_status("hold-naltrexone", "on-hold", use, last_day, recommended)


def stop_low_dose(use: NaltrexoneUse, today: date) -> Change | None:
    """Stop low-dose naltrexone today; ``None`` for any other naltrexone, and where the chart has no order of it."""
    return _with_status("stop", "stopped", use, today, recommended=False) if use.band.is_low else None


def _with_status(key: str, status: str, use: NaltrexoneUse, last_day: date, recommended: bool) -> Change | None:
    original = use.medication.original
    if use.medication.source is not MedicationSource.REQUEST or original is None:
        return None

    def make(_: str, said: Offer) -> Sequence[Action]:
        resource = original()
        if resource is None:
            return ()
        edited = with_each_dosage(resource, lambda dosage: _ending(dosage, last_day))
        edited["status"] = status
        if shape_of(resource) is Shape.R5:
            edited["statusChanged"] = last_day.isoformat()
        add_note(edited, said.note)
        return _update(said, edited)

    return Change(key, make, recommended)


def end_after(
    use: NaltrexoneUse, last_day: date, *, key: str = "end-after", recommended: bool = False
) -> Change | None:
    """Let the directions of low-dose naltrexone end on a day to come; ``None`` where the chart has no order of it.

    Directions that are bounded in another way cannot be ended so: then nothing is offered.
    """
    original = use.medication.original
    if not use.band.is_low or use.medication.source is not MedicationSource.REQUEST or original is None:
        return None

    def make(_: str, said: Offer) -> Sequence[Action]:
        resource = original()
        if resource is None or any(_is_bounded_otherwise(dosage) for dosage in dosages_of(resource)):
            return ()
        edited = with_each_dosage(resource, lambda dosage: _ending(dosage, last_day, is_shortened=True))
        add_note(edited, said.note)
        return _update(said, edited)

    return Change(key, make, recommended)


def _is_bounded_otherwise(dosage: Json) -> bool:
    timing = dosage.get("timing")
    repeat = timing.get("repeat") if isinstance(timing, dict) else None
    return isinstance(repeat, dict) and any(key.startswith("bounds") and key != "boundsPeriod" for key in repeat)


def _ending(dosage: Json, last_day: date, *, is_shortened: bool = False) -> Json:
    """The dosage with its end; a period it has already is kept, or shortened where that is asked for."""
    timing = dosage.get("timing")
    timing = dict(timing) if isinstance(timing, dict) else {}
    repeat = timing.get("repeat")
    repeat = dict(repeat) if isinstance(repeat, dict) else {}
    period = repeat.get("boundsPeriod")
    if is_shortened and isinstance(period, dict):
        return {
            **dosage,
            "timing": {**timing, "repeat": {**repeat, "boundsPeriod": {**period, "end": last_day.isoformat()}}},
        }
    if any(key.startswith("bounds") for key in repeat):
        return dosage
    return {**dosage, "timing": {**timing, "repeat": {"boundsPeriod": {"end": last_day.isoformat()}, **repeat}}}


def renew(use: NaltrexoneUse, *, key: str = "renew", recommended: bool = False) -> Change | None:
    """Draft the same order again: product, directions and what is dispensed; ``None`` when the chart has no order.

    Old dates and persons stay behind; the order that it renews is named.
    """
    original = use.medication.original
    if use.medication.source is not MedicationSource.REQUEST or original is None:
        return None

    def make(_: str, said: Offer) -> Sequence[Action]:
        resource = original()
        if resource is None:
            return ()
        drafted = renewed(resource, use.medication.reference)
        add_note(drafted, said.note)
        return (Action("create", said.label, resource=drafted),)

    return Change(key, make, recommended)


def next_order(
    use: NaltrexoneUse,
    steps: Sequence[PlanStep],
    *,
    key: str = "next-order",
    capsule_mg: Decimal,
    supply_days: int,
    when: When = None,
    recommended: bool = False,
) -> Change:
    """Draft compounded capsules as the order after the one that is taken, with its reason.

    The offer's words may use ``{strength}``, ``{plan}``, ``{quantity}`` and ``{supply}``.
    """

    def make(patient: str, said: Offer) -> Sequence[Action]:
        is_order = use.medication.source is MedicationSource.REQUEST
        original = use.medication.original() if is_order and use.medication.original is not None else None
        drafted = empty_draft(original, use.medication.reference, patient)
        if drafted is None:
            return ()
        shape = shape_of(original or drafted)
        filled = _filled(drafted, filling(shape), shape)
        add_note(filled, said.note)
        return (Action("create", said.label, resource=filled),)

    def filling(shape: Shape) -> _Fill:
        product = Product(capsule_medication(capsule_mg, shape), "capsule", capsule_mg)
        return _Fill(product, tuple(steps), supply_of(steps, supply_days), when)

    return Change(key, make, recommended, filling(Shape.R4).blanks)


def hold(order: Order, *, key: str = "hold", recommended: bool = False) -> Change:
    """Keep the draft on hold until an answer is there; the offer's note says which."""

    def make(_: str, said: Offer) -> Sequence[Action]:
        if not _may_wait(order):
            return ()
        edited = dict(order.resource)
        edited["status"] = "on-hold"
        if shape_of(order.resource) in (Shape.R4, Shape.R5):
            edited["statusReason"] = {"text": plain(said.note)}
        add_note(edited, f"On hold. {said.note}")
        return _update(said, edited)

    return Change(key, make, recommended)


def task(*, key: str = "task", recommended: bool = False) -> Change:
    """Ask somebody to find something out; the offer's note is the description."""

    def make(patient: str, said: Offer) -> Sequence[Action]:
        resource: Json = {
            "resourceType": "Task",
            "status": "requested",
            "intent": "proposal",
            "description": plain(said.note),
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
            "code": {"text": plain(said.note)},
            "subject": {"reference": patient},
        }
        return (Action("create", said.label, resource=resource),)

    return Change(key, make, recommended)


def note_on_service(draft: ServiceDraft, *, key: str = "note-on-service", recommended: bool = False) -> Change:
    """Add a note to the draft of a service."""

    def make(_: str, said: Offer) -> Sequence[Action]:
        edited = dict(draft.resource)
        add_note(edited, said.note)
        return _update(said, edited)

    return Change(key, make, recommended)
