"""An order as a form and as FHIR: what is filled in becomes a draft, and a draft fills in the form.

A draft that is not touched in the form stays as it is, byte for byte, also where the form cannot show all of it; only a
changed form is written anew.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from cds_hooks.wire import Json

UNITS: Final = (("mg", "mg"), ("mcg", "mcg"), ("mL", "mL"), ("tablet", "tablet"), ("capsule", "capsule"))
FORMS: Final = (
    ("", "as the drug says"),
    ("capsule", "capsule, compounded"),
    ("liquid", "oral liquid, compounded"),
    ("tablet", "tablet"),
    ("patch", "patch"),
)
TIMINGS: Final = (
    ("bedtime", "once daily at bedtime"),
    ("morning", "once daily in the morning"),
    ("daily", "once daily"),
    ("twice", "twice daily"),
    ("six-hourly", "every 6 hours as needed"),
    ("", "not told, or as the directions say"),
)
DRUGS: Final = (
    "naltrexone",
    "naltrexone 50 mg tablet",
    "oxycodone 5 mg tablet",
    "tramadol 50 mg tablet",
    "levothyroxine 75 mcg tablet",
    "ibuprofen 400 mg tablet",
)
REASONS: Final = ("Fibromyalgia", "Crohn's disease", "Multiple sclerosis", "Alcohol dependence", "Opioid dependence")

_RXNORM: Final = "http://www.nlm.nih.gov/research/umls/rxnorm"
_UCUM: Final = "http://unitsofmeasure.org"
_CODES: Final = {
    "naltrexone 50 mg tablet": ("1483744", "naltrexone hydrochloride 50 MG Oral Tablet"),
    "oxycodone 5 mg tablet": ("1049621", "oxycodone hydrochloride 5 MG Oral Tablet"),
}
_REPEATS: Final[Mapping[str, Json]] = {
    "bedtime": {"frequency": 1, "period": 1, "periodUnit": "d", "when": ["HS"]},
    "morning": {"frequency": 1, "period": 1, "periodUnit": "d", "when": ["MORN"]},
    "daily": {"frequency": 1, "period": 1, "periodUnit": "d"},
    "twice": {"frequency": 2, "period": 1, "periodUnit": "d"},
    "six-hourly": {"frequency": 1, "period": 6, "periodUnit": "h"},
}
_COMPOUNDED: Final = {"capsule": "compounded immediate-release capsule", "liquid": "1 mg/mL compounded oral liquid"}
_COMPOUNDED_NAME: Final = re.compile(
    r"(?P<drug>[A-Za-z ]+?)(?: HCl)?(?: [\d.]+ (?:mg|mcg))?(?: 1 mg/mL)? "
    r"(?:compounded (?:immediate-release )?(?P<form>capsule|oral liquid)|oral liquid, pharmacy-prepared)\Z"
)


@dataclass(frozen=True, slots=True)
class Filled:
    """What stands in the fields of the form, as text."""

    drug: str = ""
    form: str = ""
    dose: str = ""
    unit: str = "mg"
    timing: str = "bedtime"
    reason: str = ""
    quantity: str = ""
    supply: str = ""
    directions: str = ""
    note: str = ""

    @classmethod
    def from_form(cls, form: Mapping[str, str]) -> Filled:
        """The fields as they were sent; a field that was not sent is empty."""
        return cls(**{one.name: form.get(one.name, "").strip()[:500] for one in fields(cls)})

    def problems(self) -> dict[str, str]:
        """What cannot be written as an order, by field."""
        wrong = {}
        if not self.drug:
            wrong["drug"] = "Name a drug."
        if self.dose and number_of(self.dose) is None:
            wrong["dose"] = "Expected a number such as 4.5."
        if self.quantity and number_of(self.quantity) is None:
            wrong["quantity"] = "Expected a number such as 30."
        if self.supply and not re.fullmatch(r"[0-9]{1,3}", self.supply):
            wrong["supply"] = "Expected whole days, such as 30."
        return wrong

    @property
    def words(self) -> str:
        """The directions: one's own, else written from the fields."""
        if self.directions:
            return self.directions
        amount = f"{self.dose} {self.unit}" if self.dose else ""
        when = dict(TIMINGS)[self.timing] if self.timing in _REPEATS else ""
        said = " ".join(part for part in ("Take", amount, "by mouth" if self.form != "patch" else "", when) if part)
        return said if amount or when else ""


def number_of(text: str) -> Decimal | None:
    """A positive number of a sensible length, else ``None``.

    >>> number_of("4.50"), number_of("-1"), number_of("1e9"), number_of("many")
    (Decimal('4.50'), None, None, None)
    """
    if not re.fullmatch(r"[0-9]{0,7}(\.[0-9]{1,6})?", text) or not text:
        return None
    try:
        return Decimal(text)
    except InvalidOperation:  # a point alone
        return None


def draft_of(filled: Filled, base: Mapping[str, Any]) -> Json:
    """The draft that the form describes. ``base`` gives who it is for, when, and its id; untouched, it is the draft."""
    before = filled_from(base)
    if filled == before:
        return dict(base)
    if filled.directions and filled.directions == before.directions:
        filled = replace(filled, directions="")  # the words were those of the order before
    made: Json = {
        "resourceType": "MedicationRequest",
        "id": base.get("id") or "draft-1",
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": _drug(filled),
    }
    made |= {name: base[name] for name in ("subject", "encounter", "authoredOn", "requester") if name in base}
    if filled.reason:
        unchanged = filled.reason == before.reason and "reasonCode" in base
        made["reasonCode"] = base["reasonCode"] if unchanged else [{"text": filled.reason}]
    if dosage := _dosage(filled):
        made["dosageInstruction"] = [dosage]
    if supply := _supply(filled):
        made["dispenseRequest"] = {"numberOfRepeatsAllowed": 0, **supply}
    if filled.note:
        made["note"] = [{"text": filled.note}]
    return made


def _dosage(filled: Filled) -> Json:
    dosage: Json = {}
    if words := filled.words:
        dosage["text"] = words
    if filled.timing in _REPEATS:
        dosage["timing"] = {"repeat": _REPEATS[filled.timing]}
    if filled.timing == "six-hourly":
        dosage["asNeededBoolean"] = True
    if dose := number_of(filled.dose):
        dosage["doseAndRate"] = [{"doseQuantity": _amount(dose, filled.unit)}]
    return dosage


def _supply(filled: Filled) -> Json:
    supply: Json = {}
    if quantity := number_of(filled.quantity):
        unit = {"liquid": "mL", "capsule": "capsule", "patch": "patch"}.get(filled.form, "tablet")
        supply["quantity"] = {"value": quantity, "unit": unit}
    if filled.supply:
        supply["expectedSupplyDuration"] = {"value": int(filled.supply), "unit": "days", "system": _UCUM, "code": "d"}
    return supply


def _drug(filled: Filled) -> Json:
    if filled.form in _COMPOUNDED and not re.search(r"\d", filled.drug):
        strength = f" {filled.dose} {filled.unit}" if filled.form == "capsule" and filled.unit in ("mg", "mcg") else ""
        return {"text": f"{filled.drug}{strength if filled.dose else ''} {_COMPOUNDED[filled.form]}"}
    if coded := _CODES.get(filled.drug):
        return {"coding": [{"system": _RXNORM, "code": coded[0], "display": coded[1]}], "text": filled.drug}
    return {"text": filled.drug}


def _amount(value: Decimal, unit: str) -> Json:
    made: Json = {"value": value, "unit": unit}
    if code := {"mg": "mg", "mcg": "ug", "mL": "mL"}.get(unit):
        made |= {"system": _UCUM, "code": code}
    return made


def filled_from(draft: Mapping[str, Any]) -> Filled:
    """The form as a draft fills it; what the form has no place for is left out.

    >>> filled_from({"medicationCodeableConcept": {"text": "naltrexone 50 mg tablet"}}).form
    'tablet'
    """
    drug, form = _drug_and_form(draft)
    dosage = _first(draft.get("dosageInstruction"))
    dose = _object(_object(_first(dosage.get("doseAndRate"))).get("doseQuantity"))
    supply = _object(draft.get("dispenseRequest"))
    reason = _first(draft.get("reasonCode"))
    filled = Filled(
        drug=drug,
        form=form,
        dose=_number(dose.get("value")),
        unit=_text(dose.get("unit")) if dose.get("unit") in dict(UNITS) else "mg",
        timing=_timing(dosage),
        reason=_words_of(reason),
        quantity=_number(_object(supply.get("quantity")).get("value")),
        supply=_number(_object(supply.get("expectedSupplyDuration")).get("value")),
        note=_text(_first(draft.get("note")).get("text")),
    )
    listed = draft.get("dosageInstruction")
    told = [_text(_object(one).get("text")) for one in listed] if isinstance(listed, list) else []
    words = "; ".join(one for one in told if one)
    return filled if words == filled.words else replace(filled, directions=words)


def _drug_and_form(draft: Mapping[str, Any]) -> tuple[str, str]:
    contained = _first(draft.get("contained"))
    concept = _object(draft.get("medicationCodeableConcept")) or _object(contained.get("code"))
    words = _words_of(concept)
    if compounded := _COMPOUNDED_NAME.match(words):
        return compounded["drug"], "capsule" if compounded["form"] == "capsule" else "liquid"
    for coded, (code, _) in _CODES.items():
        if any(_object(one).get("code") == code for one in concept.get("coding") or ()):
            return coded, "tablet"
    for form in ("tablet", "patch"):
        if form in words.lower():
            return words, form
    return words, ""


def _timing(dosage: Mapping[str, Any]) -> str:
    repeat = _object(_object(dosage.get("timing")).get("repeat"))
    when = repeat.get("when")
    for name, one in _REPEATS.items():
        if all(repeat.get(key) == value for key, value in one.items()) and (when is None or "when" in one):
            return name
    return ""


def _words_of(concept: Mapping[str, Any]) -> str:
    return _text(concept.get("text")) or _text(_first(concept.get("coding")).get("display"))


def _first(value: Any) -> Mapping[str, Any]:
    return _object(value[0]) if isinstance(value, list) and value else {}


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Any) -> str:
    return str(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else ""
