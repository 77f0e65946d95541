"""The few changes to a draft that a card may offer (catalogue §2.5).

An ``update`` is the client's own JSON in which only the intended elements are changed: every other member, its order and
the text of its numbers stay as they came. A change is written in the FHIR shape the draft already has. Nothing here
ends an opioid, methadone, buprenorphine or full-dose naltrexone; another product and what lies on the chart have rooms
of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from cards.changes import Action, Change, Offer, updated
from cards.chart import Amount, Order
from cards.conditions import Condition
from cards.dosing import TimeOfDay
from cards.draft_amounts import reworded, structured_mg, tidied, with_structured_mg
from cards.draft_directions import and_when, frequency_words, instruction, retimed
from cards.draft_products import capsule_medication, with_compounded
from cards.drafts import (
    PlanStep,
    Product,
    Shape,
    When,
    add_note,
    counted,
    dispense_request,
    dosages_of,
    drop_notes,
    listed_values,
    plain,
    plain_milligrams,
    shape_of,
    with_dosages,
    with_each_dosage,
    without_words,
)
from cards.drugs import Form
from cards.phrasing import days as counted_days
from cards.phrasing import milligrams


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
        return updated(said, edited)

    return Change(key, make, recommended)


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
        return updated(said, edited)

    return Change(key, make, recommended)


def _may_wait(order: Order) -> bool:
    """Whether we may put it on hold: any draft, and of what is signed only low-dose naltrexone."""
    return order.is_low_dose or not order.is_signed


def without_notes(order: Order) -> Order:
    """The order without notes that ask for another product; what has to be left out of it is still said."""
    edited = {key: value for key, value in order.resource.items() if key != "note"}
    add_note(edited, " ".join(f"No {excipient}." for excipient in sorted(order.excipients_excluded)))
    return replace(order, resource=edited, mentions=frozenset())


def take_at(order: Order, when: TimeOfDay, *, key: str = "take-at", recommended: bool = False) -> Change:
    """State the time of day, in the structure and in the words (T3, T4)."""

    def make(_: str, said: Offer) -> Sequence[Action]:
        return updated(said, retimed(order.resource, when, order.dosing.most_per_day))

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
        return updated(said, edited)

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
        return updated(said, edited)

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
        return updated(said, edited)

    return Change(key, make)


def tidy_amounts(order: Order, *, key: str = "tidy", recommended: bool = False) -> Change:
    """Write every amount of the words with its leading zero and without trailing ones."""

    def make(_: str, said: Offer) -> Sequence[Action]:
        return updated(said, tidied(order.resource))

    return Change(key, make, recommended)


def supply_for(
    order: Order, quantity: Decimal, unit: str, days: int, *, key: str = "supply", recommended: bool = False
) -> Change:
    """Dispense less, and allow one more refill in exchange."""

    def make(_: str, said: Offer) -> Sequence[Action]:
        edited = dict(order.resource)
        edited["dispenseRequest"] = dispense_request(edited, quantity, unit, days, (order.refills or 0) + 1)
        add_note(edited, said.note)
        return updated(said, edited)

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
        return updated(said, edited)

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
        return updated(said, edited)

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
        return updated(said, edited)

    return Change(key, make, recommended, (("supply", counted_days(days)),))


def note_on(order: Order, *, key: str = "note", recommended: bool = False) -> Change:
    """Add a note to the draft."""

    def make(_: str, said: Offer) -> Sequence[Action]:
        edited = dict(order.resource)
        add_note(edited, said.note)
        return updated(said, edited)

    return Change(key, make, recommended)
