"""The amounts in the directions, notes and structured doses of a draft: found, replaced, written plainly."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from cards.drafts import Json, dosages_of, listed_values, mass, with_dosages
from cards.phrasing import number

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
    return {**kept, **mass(mg)}
