"""Changes that order another product, with directions and a quantity that add up (catalogue §2.5, T1, T2, T5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from cards.changes import Action, Change, Offer, updated
from cards.chart import MedicationSource, NaltrexoneUse, Order
from cards.dosing import TimeOfDay
from cards.draft_directions import by_the_route_of, frequency_words, instruction
from cards.draft_products import (
    capsule_medication,
    empty_draft,
    liquid_medication,
    with_compounded,
    with_marketed_tablet,
)
from cards.drafts import (
    Json,
    PlanStep,
    Product,
    Shape,
    When,
    add_note,
    counted,
    dispense_request,
    quantity_for,
    shape_of,
    supply_of,
    with_dosages,
)
from cards.phrasing import days as counted_days
from cards.phrasing import milligrams
from cards.records import record


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
    fill = _filled_with("capsule", capsule_mg, tuple(steps), supply_days, _settled(when), shape_of(order.resource))
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
    fill = _filled_with("mL", mg_per_ml, listed, supply_days, _settled(when), shape_of(order.resource))
    return _another_product(order, fill, key, recommended=recommended)


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
    fill = _filled_with("tablet", tablet_mg, tuple(steps), supply_days, _settled(when), shape_of(order.resource))
    return _another_product(order, fill, key, recommended=recommended)


@record
class _Fill:
    """What is dispensed and how it is taken, worked out: how much, in which directions, in which words.

    ``directions`` are those of a draft that names no route. Nothing of it is anybody's own, and nothing in it is to be
    changed by who uses it.
    """

    product: Product
    days: int
    quantity: Decimal
    directions: tuple[Json, ...]
    blanks: tuple[tuple[str, str], ...]


_Times = TimeOfDay | frozenset[TimeOfDay] | None


def _settled(when: When) -> _Times:
    return when if when is None or isinstance(when, TimeOfDay) else frozenset(when)


@lru_cache(maxsize=1024)
def _filled_with(
    unit: str, mg: Decimal, steps: tuple[PlanStep, ...], supply_days: int, when: _Times, shape: Shape
) -> _Fill:
    """The steps made of a product of which one unit holds so many milligrams.

    Remembered, since there are few: schedules, strengths and times of day come from our own tables nearly always.
    """
    product = _product_in(unit, mg, shape)
    days = supply_of(steps, supply_days)
    quantity = quantity_for(steps, mg, days)
    directions = tuple(instruction({}, at, step, product, when, shape) for at, step in enumerate(steps, 1))
    first = steps[0]
    plan = [
        milligrams(step.mg) + (f" for {counted_days(step.days)}" if step.days is not None else "") for step in steps
    ]
    blanks = (
        ("dose", milligrams(first.mg)),
        ("directions", f"{milligrams(first.mg)}{frequency_words(first.per_day)}"),
        ("plan", ", then ".join(plan)),
        ("strength", f"{milligrams(mg)}/mL" if unit == "mL" else milligrams(mg)),
        ("quantity", counted(quantity, unit)),
        ("supply", counted_days(days)),
    )
    return _Fill(product, days, quantity, directions, blanks)


def _product_in(unit: str, mg: Decimal, shape: Shape) -> Product:
    match unit:
        case "capsule":
            return Product(capsule_medication(mg, shape), unit, mg)
        case "mL":
            return Product(liquid_medication(mg, shape), unit, mg, " with an oral syringe")
        case _:
            return Product(None, unit, mg)


def _another_product(order: Order, fill: _Fill, key: str, *, recommended: bool) -> Change:
    def make(_: str, said: Offer) -> Sequence[Action]:
        edited = _filled(order.resource, fill, shape_of(order.resource))
        add_note(edited, said.note)
        return updated(said, edited)

    return Change(key, make, recommended, fill.blanks)


def _filled(resource: Mapping[str, Any], fill: _Fill, shape: Shape) -> Json:
    """The resource with the product, the directions and the quantity of the fill; the route that it states stays."""
    product = fill.product
    edited = with_dosages(resource, by_the_route_of(resource, fill.directions))
    if product.medication is None:
        edited = with_marketed_tablet(edited, shape)
    else:
        edited = with_compounded(edited, product.medication, shape)
    edited["dispenseRequest"] = dispense_request(edited, fill.quantity, product.unit, fill.days, 0, is_new_product=True)
    return edited


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
        return _filled_with("capsule", capsule_mg, tuple(steps), supply_days, _settled(when), shape)

    return Change(key, make, recommended, filling(Shape.R4).blanks)
