"""Changes that order another product, with directions and a quantity that add up (catalogue §2.5, T1, T2, T5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from cards.changes import Action, Change, Offer, updated
from cards.chart import MedicationSource, NaltrexoneUse, Order
from cards.dosing import TimeOfDay
from cards.draft_directions import frequency_words, instruction
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
        return updated(said, edited)

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
