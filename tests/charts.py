"""Charts for tests, built with verbs and read by the real reader.

    review = a_review(ordering_ldn("1.5"), dispensed("oxycodone 5 mg tablet", on=D - 6, days=30))
    assert_speaks(review, "ldn-order-active-opioid", "critical")

``D`` is the day of the review; ``D - 6`` is a date. Every list the service asks for was asked and is empty unless a
fact fills it; ``not_sent``, ``failed`` and ``partial`` change that. All people are made up.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import Any

from cards import Answer, Clinic, Dialect, Hook, Kind

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
UCUM = "http://unitsofmeasure.org"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
PATIENT = "Patient/anna-example"
SJOGREN = ("M35.00", "Sjögren syndrome, unspecified")
"""A reason for which the evidence table has no row: says nothing by itself."""

ASKED = {
    "medicationRequests": Kind.MEDICATION_REQUESTS,
    "medicationStatements": Kind.MEDICATION_STATEMENTS,
    "medicationDispenses": Kind.MEDICATION_DISPENSES,
    "medicationAdministrations": Kind.MEDICATION_ADMINISTRATIONS,
    "conditions": Kind.CONDITIONS,
    "allergies": Kind.ALLERGIES,
    "laboratory": Kind.LABORATORY,
    "surveys": Kind.SURVEYS,
    "vitalSigns": Kind.VITAL_SIGNS,
    "serviceRequests": Kind.SERVICE_REQUESTS,
    "procedures": Kind.PROCEDURES,
    "appointments": Kind.APPOINTMENTS,
    "patient": Kind.PATIENT,
    "encounter": Kind.ENCOUNTER,
}


class Day(date):
    """A date from which days can be counted: ``D - 6``, ``D + 5``."""

    def __sub__(self, days: Any) -> Any:
        return Day.of(date.__sub__(self, timedelta(days))) if isinstance(days, int) else date.__sub__(self, days)

    def __add__(self, days: Any) -> Any:
        return Day.of(date.__add__(self, timedelta(days))) if isinstance(days, int) else date.__add__(self, days)

    @classmethod
    def of(cls, day: date) -> Day:
        """The same day."""
        return cls(day.year, day.month, day.day)


D = Day(2026, 3, 2)


@dataclass
class Fact:
    """A resource and the place it belongs to: a prefetch key, or ``draft``."""

    place: str
    resource: dict[str, Any] = field(default_factory=dict)


_numbers = itertools.count(1)


def _id(kind: str) -> str:
    return f"{kind}-{next(_numbers)}"


def concept(text: str | None = None, *, rxnorm: str | None = None, icd10: str | None = None) -> dict[str, Any]:
    """A CodeableConcept, coded or in words."""
    made: dict[str, Any] = {}
    if rxnorm:
        made["coding"] = [{"system": RXNORM, "code": rxnorm}]
    if icd10:
        made["coding"] = [{"system": ICD10CM, "code": icd10}]
    if text:
        made["text"] = text
    return made


# --- drafts ----------------------------------------------------------------------------------------------------------


def ordering_ldn(mg: str | float = "1.5", *, reason: tuple[str, str] | None = SJOGREN, **changes: Any) -> Fact:
    """A complete low-dose order: one compounded immediate-release capsule at bedtime, 30 for 30 days, no refills."""
    number = float(mg) if "." in str(mg) else int(mg)
    draft: dict[str, Any] = {
        "resourceType": "MedicationRequest",
        "id": _id("draft"),
        "status": "draft",
        "intent": "order",
        "contained": [
            {
                "resourceType": "Medication",
                "id": "ldn",
                "code": {"text": f"naltrexone HCl {mg} mg compounded immediate-release capsule"},
                "form": {"text": "capsule, immediate release"},
                "ingredient": [
                    {
                        "itemCodeableConcept": {
                            "coding": [{"system": RXNORM, "code": "7243", "display": "naltrexone"}]
                        },
                        "strength": {
                            "numerator": {"value": number, "unit": "mg", "system": UCUM, "code": "mg"},
                            "denominator": {"value": 1, "unit": "capsule"},
                        },
                    }
                ],
            }
        ],
        "medicationReference": {"reference": "#ldn"},
        "subject": {"reference": PATIENT},
        "authoredOn": D.isoformat(),
        "dosageInstruction": [dosage(mg, text=f"Take 1 capsule ({mg} mg) by mouth at bedtime", when="HS")],
        "dispenseRequest": {
            "numberOfRepeatsAllowed": 0,
            "quantity": {"value": 30, "unit": "capsule"},
            "expectedSupplyDuration": {"value": 30, "unit": "days", "system": UCUM, "code": "d"},
        },
        "note": [
            {
                "text": "Compounded, immediate release only. Filler microcrystalline cellulose. No calcium carbonate. "
                "No slow-release agent."
            }
        ],
    }
    if reason is not None:
        draft["reasonCode"] = [
            {"coding": [{"system": ICD10CM, "code": reason[0], "display": reason[1]}], "text": reason[1]}
        ]
    return Fact("draft", _changed(draft, changes))


def ordering(
    text: str,
    sig: str | None = None,
    *,
    rxnorm: str | None = None,
    mg: str | float | None = None,
    when: str | None = None,
    per_day: int = 1,
    reason: tuple[str, str] | None = None,
    **changes: Any,
) -> Fact:
    """A draft by name or code; ``mg`` is the structured dose, ``sig`` the words."""
    draft: dict[str, Any] = {
        "resourceType": "MedicationRequest",
        "id": _id("draft"),
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": concept(text, rxnorm=rxnorm),
        "subject": {"reference": PATIENT},
        "authoredOn": D.isoformat(),
    }
    if sig is not None or mg is not None:
        draft["dosageInstruction"] = [dosage(mg, text=sig, when=when, per_day=per_day if mg is not None else None)]
    if reason is not None:
        draft["reasonCode"] = [
            {"coding": [{"system": ICD10CM, "code": reason[0], "display": reason[1]}], "text": reason[1]}
        ]
    return Fact("draft", _changed(draft, changes))


def ordering_onlabel(
    mg: int = 50, reason: tuple[str, str] | None = ("F10.20", "Alcohol dependence"), **changes: Any
) -> Fact:
    """Naltrexone 50 mg tablets, one a day."""
    return ordering(
        "naltrexone hydrochloride 50 MG Oral Tablet",
        f"Take {mg} mg by mouth once daily",
        rxnorm="1483744",
        mg=mg,
        reason=reason,
        **changes,
    )


def dosage(
    mg: str | float | None = None,
    *,
    text: str | None = None,
    when: str | None = None,
    per_day: int | None = 1,
    unit: str = "mg",
    days: int | None = None,
    sequence: int | None = None,
) -> dict[str, Any]:
    """One dosage instruction in R4."""
    made: dict[str, Any] = {}
    if sequence is not None:
        made["sequence"] = sequence
    if text is not None:
        made["text"] = text
    repeat: dict[str, Any] = {}
    if days is not None:
        repeat["boundsDuration"] = {"value": days, "unit": "days", "system": UCUM, "code": "d"}
    if per_day is not None:
        repeat.update({"frequency": per_day, "period": 1, "periodUnit": "d"})
    if when is not None:
        repeat["when"] = [when]
    if repeat:
        made["timing"] = {"repeat": repeat}
    if mg is not None:
        value = float(mg) if "." in str(mg) else int(mg)
        made["doseAndRate"] = [{"doseQuantity": {"value": value, "unit": unit, "system": UCUM, "code": unit}}]
    return made


def _changed(resource: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The resource with members replaced; ``None`` takes a member away."""
    for key, value in changes.items():
        if value is None:
            resource.pop(key, None)
        else:
            resource[key] = value
    return resource


# --- the chart -------------------------------------------------------------------------------------------------------


def prescribed(
    text: str | None,
    *,
    on: date | None = None,
    status: str = "active",
    days: int | None = None,
    until: date | None = None,
    sig: str | None = None,
    rxnorm: str | None = None,
    refills: int | None = None,
    **changes: Any,
) -> Fact:
    """A MedicationRequest on the chart."""
    made: dict[str, Any] = {
        "resourceType": "MedicationRequest",
        "id": _id("order"),
        "status": status,
        "intent": "order",
        "medicationCodeableConcept": concept(text, rxnorm=rxnorm),
        "subject": {"reference": PATIENT},
    }
    if on is not None:
        made["authoredOn"] = on.isoformat()
    if sig is not None or until is not None:
        instruction: dict[str, Any] = {"text": sig} if sig is not None else {}
        if until is not None:
            instruction["timing"] = {"repeat": {"boundsPeriod": {"end": until.isoformat()}}}
        made["dosageInstruction"] = [instruction]
    request: dict[str, Any] = {}
    if days is not None:
        request["expectedSupplyDuration"] = {"value": days, "unit": "days", "system": UCUM, "code": "d"}
    if refills is not None:
        request["numberOfRepeatsAllowed"] = refills
    if request:
        made["dispenseRequest"] = request
    return Fact("medicationRequests", _changed(made, changes))


def reported(
    text: str,
    *,
    status: str = "active",
    since: date | None = None,
    until: date | None = None,
    asserted: date | None = None,
    sig: str | None = None,
    **changes: Any,
) -> Fact:
    """A MedicationStatement."""
    made: dict[str, Any] = {
        "resourceType": "MedicationStatement",
        "id": _id("statement"),
        "status": status,
        "medicationCodeableConcept": concept(text),
        "subject": {"reference": PATIENT},
    }
    period = {k: v.isoformat() for k, v in (("start", since), ("end", until)) if v is not None}
    if period:
        made["effectivePeriod"] = period
    if asserted is not None:
        made["dateAsserted"] = asserted.isoformat()
    if sig is not None:
        made["dosage"] = [{"text": sig}]
    return Fact("medicationStatements", _changed(made, changes))


def dispensed(
    text: str, *, on: date, days: int | None = None, status: str = "completed", sig: str | None = None, **changes: Any
) -> Fact:
    """A MedicationDispense."""
    made: dict[str, Any] = {
        "resourceType": "MedicationDispense",
        "id": _id("dispense"),
        "status": status,
        "medicationCodeableConcept": concept(text),
        "subject": {"reference": PATIENT},
        "whenHandedOver": on.isoformat(),
    }
    if days is not None:
        made["daysSupply"] = {"value": days, "unit": "days", "system": UCUM, "code": "d"}
    if sig is not None:
        made["dosageInstruction"] = [{"text": sig}]
    return Fact("medicationDispenses", _changed(made, changes))


def given(text: str, *, on: date, removed: date | None = None, status: str = "completed", **changes: Any) -> Fact:
    """A MedicationAdministration; ``removed`` when a patch or implant came off."""
    made: dict[str, Any] = {
        "resourceType": "MedicationAdministration",
        "id": _id("administration"),
        "status": status,
        "medicationCodeableConcept": concept(text),
        "subject": {"reference": PATIENT},
    }
    if removed is None:
        made["effectiveDateTime"] = on.isoformat()
    else:
        made["effectivePeriod"] = {"start": on.isoformat(), "end": removed.isoformat()}
    return Fact("medicationAdministrations", _changed(made, changes))


def taking_ldn(mg: str = "4.5", *, since: date | None = None, status: str = "active", **changes: Any) -> Fact:
    """Low-dose naltrexone on the chart, as an order."""
    begun = since if since is not None else D - 60
    made = ordering_ldn(mg).resource
    made.update({"id": _id("order"), "status": status, "authoredOn": begun.isoformat()})
    made["dispenseRequest"] = {**made["dispenseRequest"], "numberOfRepeatsAllowed": 11}
    return Fact("medicationRequests", _changed(made, changes))


def having(code: str, text: str, *, status: str = "active", recorded: date | None = None, **changes: Any) -> Fact:
    """A Condition by its ICD-10-CM code."""
    made: dict[str, Any] = {
        "resourceType": "Condition",
        "id": _id("condition"),
        "clinicalStatus": {
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": status}]
        },
        "code": {"coding": [{"system": ICD10CM, "code": code, "display": text}], "text": text},
        "subject": {"reference": PATIENT},
    }
    if recorded is not None:
        made["recordedDate"] = recorded.isoformat()
    return Fact("conditions", _changed(made, changes))


def allergic_to(
    text: str, *, kind: str = "allergy", criticality: str | None = None, reaction: str | None = None, **changes: Any
) -> Fact:
    """An AllergyIntolerance."""
    made: dict[str, Any] = {
        "resourceType": "AllergyIntolerance",
        "id": _id("allergy"),
        "type": kind,
        "clinicalStatus": {
            "coding": [
                {"system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "code": "active"}
            ]
        },
        "code": {"text": text},
        "patient": {"reference": PATIENT},
    }
    if criticality is not None:
        made["criticality"] = criticality
    if reaction is not None:
        made["reaction"] = [{"manifestation": [{"text": reaction}]}]
    return Fact("allergies", _changed(made, changes))


def measured(loinc: str, *, on: date, text: str | None = None, place: str = "laboratory", **value: Any) -> Fact:
    """An Observation by its LOINC code; ``value`` is the value element as FHIR names it."""
    made: dict[str, Any] = {
        "resourceType": "Observation",
        "id": _id("observation"),
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": loinc}], **({"text": text} if text else {})},
        "subject": {"reference": PATIENT},
        "effectiveDateTime": on.isoformat(),
        **value,
    }
    return Fact(place, made)


def requesting(text: str, *, on: date | None = None, place: str = "serviceRequests", **changes: Any) -> Fact:
    """A ServiceRequest for that day; a draft with ``place="draft"``."""
    made: dict[str, Any] = {
        "resourceType": "ServiceRequest",
        "id": _id("service"),
        "status": "draft" if place == "draft" else "active",
        "intent": "order",
        "code": {"text": text},
        "subject": {"reference": PATIENT},
    }
    if on is not None:
        made["occurrenceDateTime"] = on.isoformat()
    return Fact(place, _changed(made, changes))


def preparing(text: str, *, on: date, status: str = "preparation", **changes: Any) -> Fact:
    """A Procedure that is still to come."""
    made: dict[str, Any] = {
        "resourceType": "Procedure",
        "id": _id("procedure"),
        "status": status,
        "code": {"text": text},
        "subject": {"reference": PATIENT},
        "performedDateTime": on.isoformat(),
    }
    return Fact("procedures", _changed(made, changes))


def booked(text: str, *, on: date, status: str = "booked", **changes: Any) -> Fact:
    """An Appointment, at half past seven in the morning."""
    made: dict[str, Any] = {
        "resourceType": "Appointment",
        "id": _id("appointment"),
        "status": status,
        "description": text,
        "start": f"{on.isoformat()}T07:30:00Z",
        "participant": [{"actor": {"reference": PATIENT}, "status": "accepted"}],
    }
    return Fact("appointments", _changed(made, changes))


def weighing(kilograms: float, *, on: date, loinc: str = "29463-7", unit: str = "kg", code: str | None = None) -> Fact:
    """A body weight, or the same number in another unit."""
    quantity = {"value": kilograms, "unit": unit, "system": UCUM, "code": code or unit}
    return measured(loinc, on=on, place="vitalSigns", valueQuantity=quantity)


def aged(years: int) -> Fact:
    """The patient: so many years old on the day of the review, with the birthday that day."""
    return born(f"{D.year - years}-{D.month:02}-{D.day:02}")


def born(birth_date: str) -> Fact:
    """The patient with that date of birth, perhaps a partial one."""
    return Fact("patient", {"resourceType": "Patient", "id": PATIENT.removeprefix("Patient/"), "birthDate": birth_date})


def in_setting(code: str, **changes: Any) -> Fact:
    """An Encounter of that class: ``IMP``, ``EMER``, ``AMB`` …"""
    encounter: dict[str, Any] = {
        "resourceType": "Encounter",
        "id": _id("encounter"),
        "status": "in-progress",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": code},
    }
    return Fact("encounter", _changed(encounter, changes))


def not_sent(place: str) -> Fact:
    """A list the client did not send."""
    return Fact(f"not-sent:{place}")


def failed(place: str) -> Fact:
    """A list that came as an error."""
    return Fact(f"failed:{place}")


def partial(place: str) -> Fact:
    """A list of which a further page was not read."""
    return Fact(f"partial:{place}")


# --- asking ----------------------------------------------------------------------------------------------------------


@cache
def the_clinic() -> Clinic:
    """The house as delivered, opened once for all tests."""
    return Clinic.open()


def a_request(*facts: Fact, selections: list[str] | None = None) -> tuple[dict[str, Any], dict[str, bytes | None]]:
    """The hook context and prefetch that tell those facts."""
    drafts = [f.resource for f in facts if f.place == "draft"]
    context: dict[str, Any] = {
        "userId": "Practitioner/example",
        "patientId": PATIENT.removeprefix("Patient/"),
        "draftOrders": {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": d} for d in drafts]},
    }
    if selections is not None:
        context["selections"] = selections
    prefetch: dict[str, bytes | None] = {}
    for place in ASKED:
        entries = [f.resource for f in facts if f.place == place]
        if any(f.place == f"not-sent:{place}" for f in facts):
            continue
        if any(f.place == f"failed:{place}" for f in facts):
            answer: Any = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}
        elif place == "encounter":
            answer = entries[0] if entries else None
        elif place == "patient":
            answer = (entries or [aged(58).resource])[0]
        else:
            answer = {"resourceType": "Bundle", "type": "searchset", "total": len(entries)}
            if entries:
                answer["entry"] = [{"resource": e} for e in entries]
            if any(f.place == f"partial:{place}" for f in facts):
                answer["total"] = len(entries) + 1
                answer["link"] = [{"relation": "next", "url": "https://ehr.example/fhir?page=2"}]
        prefetch[place] = json.dumps(answer, default=float).encode()
    return context, prefetch


def a_review(
    *facts: Fact,
    hook: Hook = Hook.ORDER_SIGN,
    selections: list[str] | None = None,
    today: date = D,
    dialect: Dialect | None = None,
    clinic: Clinic | None = None,
) -> Answer:
    """The answer to a request that tells those facts."""
    context, prefetch = a_request(*facts, selections=selections)
    uuids = (f"00000000-0000-4000-8000-{n:012d}" for n in itertools.count(1))
    return (clinic or the_clinic()).answer(hook, context, prefetch, ASKED, today, lambda: next(uuids), dialect)


def findings(answer: Answer) -> dict[str, str]:
    """Every rule that speaks in some card, with its highest level."""
    order = ["info", "warning", "critical"]
    found: dict[str, str] = {}
    for card in answer.cards:
        for entry in card["extension"]["ldn-cds.findings"]:
            known = found.get(entry["rule"])
            if known is None or order.index(entry["indicator"]) > order.index(known):
                found[entry["rule"]] = entry["indicator"]
    return found


def card_of(answer: Answer, rule: str) -> dict[str, Any]:
    """The card in which that rule speaks."""
    for card in answer.cards:
        if any(entry["rule"] == rule for entry in card["extension"]["ldn-cds.findings"]):
            return card
    raise AssertionError(f"{rule} stayed silent. {_said(answer)}")


def assert_speaks(answer: Answer, rule: str, level: str) -> dict[str, Any]:
    """The rule speaks at exactly that level; gives its card."""
    card = card_of(answer, rule)
    spoken = findings(answer)[rule]
    assert spoken == level, f"{rule} spoke as {spoken}, not as {level}. {_said(answer)}"
    return card


def assert_silent(answer: Answer, *rules: str) -> None:
    """Those rules say nothing; without names, no rule says anything."""
    spoken = findings(answer)
    heard = [rule for rule in rules if rule in spoken] if rules else list(spoken)
    assert not heard, f"{', '.join(heard)} should have stayed silent. {_said(answer)}"


def _said(answer: Answer) -> str:
    lines = [f"[{c['indicator']}] {c['summary']}" for c in answer.cards]
    shown = [f"draft {o.drug.name} {o.dosing.last_mg} mg/d ({o.band.value})" for o in answer.chart.orders]
    exposures = [f"{e.drug.name} {e.state.value} until {e.last_day}" for e in answer.chart.exposures]
    return f"Shown: {'; '.join(shown + exposures) or 'nothing'}. Said: {' | '.join(lines) or 'nothing'}."
