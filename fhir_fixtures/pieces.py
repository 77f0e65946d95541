"""The words in which the scenarios are written: verbs that make FHIR resources, and the request around them.

Days are counted from the day of the review: ``on=-6`` is six days before it. A verb makes the plain R4 resource;
changes replace members by name, and ``None`` takes one away. Ids are given by the story, in order, unless a resource
has its own.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from fhir_fixtures import DISCLAIMER, SYNTHETIC, TAGS, TITLE, TODAY, exact

Json = dict[str, Any]

D: Final = date(2026, 3, 2)
"""The day of every review."""

RXNORM: Final = "http://www.nlm.nih.gov/research/umls/rxnorm"
UCUM: Final = "http://unitsofmeasure.org"
ICD10CM: Final = "http://hl7.org/fhir/sid/icd-10-cm"
SNOMED: Final = "http://snomed.info/sct"
LOINC: Final = "http://loinc.org"
FHIR: Final = "https://ehr.example/fhir"

# Reasons. The first has no row in the evidence table: an order for it says nothing by itself.
SJOGREN: Final = ("M35.00", "Sjögren syndrome, unspecified")
FIBROMYALGIA: Final = ("M79.7", "Fibromyalgia")
MULTIPLE_SCLEROSIS: Final = ("G35", "Multiple sclerosis")
CROHN: Final = ("K50.90", "Crohn's disease, unspecified, without complications")
IRRITABLE_BOWEL: Final = ("K58.9", "Irritable bowel syndrome without diarrhea")
ALCOHOL: Final = ("F10.20", "Alcohol dependence, uncomplicated")
OPIOID: Final = ("F11.20", "Opioid dependence, uncomplicated")
OPIOID_REMISSION: Final = ("F11.21", "Opioid dependence, in remission")
OPIOID_WITHDRAWAL: Final = ("F11.23", "Opioid dependence with withdrawal")
INSOMNIA: Final = ("G47.00", "Insomnia, unspecified")

# Products by their RxNorm code.
NALTREXONE_50: Final = ("1483744", "naltrexone hydrochloride 50 MG Oral Tablet")
VIVITROL: Final = ("637213", "naltrexone 380 MG Injection")
CONTRAVE: Final = (
    "1551468",
    "12 HR bupropion hydrochloride 90 MG / naltrexone hydrochloride 8 MG Extended Release Oral Tablet",
)
EMBEDA: Final = (
    "863845",
    "Abuse-Deterrent morphine sulfate 100 MG / naltrexone hydrochloride 4 MG Extended Release Oral Capsule",
)
OXYCODONE_5: Final = ("1049621", "oxycodone hydrochloride 5 MG Oral Tablet")
OXYCODONE_ER: Final = ("1049502", "12 HR oxycodone hydrochloride 10 MG Extended Release Oral Tablet")
FENTANYL_PATCH: Final = ("245134", "72 HR fentanyl 0.025 MG/HR Transdermal System")


def day(offset: int) -> str:
    """Give the day so many days after the review, as FHIR writes it.

    >>> day(-6), day(0)
    ('2026-02-24', '2026-03-02')
    """
    return (D + timedelta(offset)).isoformat()


def changed(resource: Json, changes: Mapping[str, Any]) -> Json:
    """Give the resource with members replaced, added, or (``None``) taken away."""
    for key, value in changes.items():
        if value is None:
            resource.pop(key, None)
        else:
            resource[key] = value
    return resource


def concept(words: str | None = None, code: tuple[str, str] | None = None, system: str = RXNORM) -> Json:
    """Make a CodeableConcept: words, a code with its display, or both."""
    made: Json = {}
    if code is not None:
        made["coding"] = [{"system": system, "code": code[0], "display": code[1]}]
    if words is not None:
        made["text"] = words
    elif code is not None:
        made["text"] = code[1]
    return made


def reason(code: tuple[str, str]) -> Json:
    """Make a diagnosis by its ICD-10-CM code."""
    return concept(code[1], code, ICD10CM)


def mass(value: float | str, unit: str = "mg") -> Json:
    """Make an amount with its UCUM code; a text is a number written exactly so."""
    number = exact(value) if isinstance(value, str) else value
    return {"value": number, "unit": unit, "system": UCUM, "code": unit}


def days(count: int) -> Json:
    """Make a duration in days."""
    return {"value": count, "unit": "days", "system": UCUM, "code": "d"}


def dosage(
    mg: float | str | None = None,
    words: str | None = None,
    *,
    when: str | None = "HS",
    per_day: int | None = 1,
    unit: str = "mg",
    lasts: int | None = None,
    sequence: int | None = None,
) -> Json:
    """Make one R4 dosage instruction."""
    made: Json = {} if sequence is None else {"sequence": sequence}
    if words is not None:
        made["text"] = words
    repeat: Json = {} if lasts is None else {"boundsDuration": days(lasts)}
    if per_day is not None:
        repeat |= {"frequency": per_day, "period": 1, "periodUnit": "d"}
    if when is not None:
        repeat["when"] = [when]
    if repeat:
        made["timing"] = {"repeat": repeat}
    if mg is not None:
        made["doseAndRate"] = [{"doseQuantity": mass(mg, unit)}]
    return made


def supply(quantity: float | None = 30, unit: str = "capsule", lasts: int | None = 30, refills: int | None = 0) -> Json:
    """Make a dispenseRequest."""
    made: Json = {}
    if refills is not None:
        made["numberOfRepeatsAllowed"] = refills
    if quantity is not None:
        made["quantity"] = {"value": quantity, "unit": unit}
    if lasts is not None:
        made["expectedSupplyDuration"] = days(lasts)
    return made


# --- orders ----------------------------------------------------------------------------------------------------------

COMPOUNDED: Final = (
    "Compounded, immediate release only. Filler microcrystalline cellulose. "
    "No calcium carbonate. No slow-release agent."
)


def order(
    words: str | None = None,
    code: tuple[str, str] | None = None,
    *dosages: Json,
    because: tuple[str, str] | None = None,
    **changes: Any,
) -> Json:
    """Make a MedicationRequest draft by name, code or both."""
    made: Json = {
        "resourceType": "MedicationRequest",
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": concept(words, code),
        "subject": {"reference": "Patient/anna-example"},
        "authoredOn": day(0),
        "requester": {"reference": "Practitioner/pat-example"},
    }
    if because is not None:
        made["reasonCode"] = [reason(because)]
    if dosages:
        made["dosageInstruction"] = list(dosages)
    return changed(made, changes)


def ldn(mg: float | str = 1.5, *, because: tuple[str, str] | None = SJOGREN, **changes: Any) -> Json:
    """Make a complete low-dose order: one compounded capsule at bedtime, 30 for 30 days, no refills."""
    made = order(because=because)
    made.pop("medicationCodeableConcept")
    made |= {
        "contained": [ldn_capsule(mg)],
        "medicationReference": {"reference": "#ldn"},
        "dosageInstruction": [dosage(mg, f"Take 1 capsule ({mg} mg) by mouth at bedtime")],
        "dispenseRequest": supply(),
        "note": [{"text": COMPOUNDED}],
    }
    return changed(made, changes)


def ldn_capsule(mg: float | str) -> Json:
    """Make the Medication that a low-dose order contains."""
    return {
        "resourceType": "Medication",
        "id": "ldn",
        "code": {"text": f"naltrexone HCl {mg} mg compounded immediate-release capsule"},
        "form": {"text": "capsule, immediate release"},
        "ingredient": [
            {
                "itemCodeableConcept": {"coding": [{"system": RXNORM, "code": "7243", "display": "naltrexone"}]},
                "strength": {"numerator": mass(mg), "denominator": {"value": 1, "unit": "capsule"}},
            }
        ],
    }


def ldn_liquid(words: str, dose: Json, volume: float, lasts: int, **changes: Any) -> Json:
    """Make a low-dose order for a pharmacy-made liquid of 1 mg/mL."""
    made = ldn(1.5)
    made["contained"] = [
        {
            "resourceType": "Medication",
            "id": "ldn",
            "code": {"text": words},
            "form": {"text": "oral liquid"},
            "ingredient": [
                {
                    "itemCodeableConcept": {"coding": [{"system": RXNORM, "code": "7243", "display": "naltrexone"}]},
                    "strength": {"numerator": mass(1), "denominator": mass(1, "mL")},
                }
            ],
        }
    ]
    made["dosageInstruction"] = [dose]
    made["dispenseRequest"] = supply(volume, "mL", lasts)
    made["note"] = [{"text": "Oral syringe please."}]
    return changed(made, changes)


def signed(resource: Json, **changes: Any) -> Json:
    """Give the order as it stands once it is signed."""
    return changed({**resource, "status": "active"}, changes)


def stepped_start(**changes: Any) -> Json:
    """Make 1.5 mg for 14 days, then 3 mg for 14 days: 42 capsules of 1.5 mg."""
    return ldn(
        1.5,
        dosageInstruction=[
            dosage(1.5, "Take 1 capsule (1.5 mg) by mouth at bedtime for 14 days", lasts=14, sequence=1),
            dosage(3, "then 2 capsules (3 mg) by mouth at bedtime for 14 days", lasts=14, sequence=2),
        ],
        dispenseRequest=supply(42, "capsule", 28),
        **changes,
    )


def tablet(
    mg: float | None = 50,
    words: str = "Take 1 tablet by mouth once daily",
    *,
    because: tuple[str, str] | None = ALCOHOL,
    **changes: Any,
) -> Json:
    """Make an order for the marketed 50 mg tablet."""
    told = dosage(mg, words, when=None)
    return order(None, NALTREXONE_50, told, because=because, dispenseRequest=supply(30, "tablet"), **changes)


# --- what the chart holds --------------------------------------------------------------------------------------------


def prescribed(  # noqa: PLR0913  (every fact that may matter has a name)
    words: str | None = None,
    code: tuple[str, str] | None = None,
    *,
    on: int | None = -6,
    status: str = "active",
    lasts: int | None = None,
    refills: int | None = None,
    until: int | None = None,
    sig: str | None = None,
    **changes: Any,
) -> Json:
    """Make a MedicationRequest on the chart."""
    made = order(words, code)
    made["status"] = status
    made.pop("authoredOn")
    if on is not None:
        made["authoredOn"] = day(on)
    if sig is not None or until is not None:
        told: Json = {} if sig is None else {"text": sig}
        if until is not None:
            told["timing"] = {"repeat": {"boundsPeriod": {"end": day(until)}}}
        made["dosageInstruction"] = [told]
    request = supply(None, lasts=lasts, refills=refills)
    if request:
        made["dispenseRequest"] = request
    return changed(made, changes)


def taking_ldn(mg: float | str = 4.5, *, since: int = -60, status: str = "active", **changes: Any) -> Json:
    """Make the order of low-dose naltrexone that the patient takes."""
    made = ldn(mg)
    made |= {"status": status, "authoredOn": day(since), "dispenseRequest": supply(refills=11)}
    return changed(made, changes)


def taking_full_dose(*, since: int = -90, status: str = "active", **changes: Any) -> Json:
    """Make the order of naltrexone 50 mg that the patient takes."""
    made = tablet()
    made |= {"status": status, "authoredOn": day(since), "dispenseRequest": supply(30, "tablet", refills=11)}
    return changed(made, changes)


def dispensed(
    words: str | None, on: int, lasts: int | None = None, *, code: tuple[str, str] | None = None, **changes: Any
) -> Json:
    """Make a MedicationDispense."""
    made: Json = {
        "resourceType": "MedicationDispense",
        "status": "completed",
        "medicationCodeableConcept": concept(words, code),
        "subject": {"reference": "Patient/anna-example"},
        "whenHandedOver": day(on),
    }
    if lasts is not None:
        made["daysSupply"] = days(lasts)
    return changed(made, changes)


def ldn_dispensed(mg: float, on: int, lasts: int = 30, **changes: Any) -> Json:
    """Make the dispensing of low-dose capsules, with the directions on the label."""
    made = dispensed(f"naltrexone {mg} mg capsule (compounded)", on, lasts)
    made["quantity"] = {"value": lasts, "unit": "capsule"}
    made["dosageInstruction"] = [dosage(mg, f"Take 1 capsule ({mg} mg) by mouth at bedtime")]
    return changed(made, changes)


def reported(
    words: str, *, asserted: int | None = -2, since: int | None = None, until: int | None = None, **changes: Any
) -> Json:
    """Make a MedicationStatement."""
    made: Json = {
        "resourceType": "MedicationStatement",
        "status": "active" if until is None else "completed",
        "medicationCodeableConcept": concept(words),
        "subject": {"reference": "Patient/anna-example"},
    }
    period = {name: day(at) for name, at in (("start", since), ("end", until)) if at is not None}
    if period:
        made["effectivePeriod"] = period
    if asserted is not None:
        made["dateAsserted"] = day(asserted)
    return changed(made, changes)


def given(
    words: str, on: int, *, removed: int | None = None, code: tuple[str, str] | None = None, **changes: Any
) -> Json:
    """Make a MedicationAdministration; ``removed`` is when a patch or an implant came off."""
    made: Json = {
        "resourceType": "MedicationAdministration",
        "status": "completed",
        "medicationCodeableConcept": concept(words, code),
        "subject": {"reference": "Patient/anna-example"},
    }
    if removed is None:
        made["effectiveDateTime"] = f"{day(on)}T09:30:00Z"
    else:
        made["effectivePeriod"] = {"start": day(on), "end": day(removed)}
    return changed(made, changes)


def diagnosed(code: tuple[str, str], *, status: str = "active", recorded: int = -400, **changes: Any) -> Json:
    """Make a Condition of the problem list."""
    clinical = "http://terminology.hl7.org/CodeSystem/condition-clinical"
    made: Json = {
        "resourceType": "Condition",
        "clinicalStatus": {"coding": [{"system": clinical, "code": status}]},
        "code": reason(code),
        "subject": {"reference": "Patient/anna-example"},
        "recordedDate": day(recorded),
    }
    return changed(made, changes)


def allergic(words: str, *, kind: str = "allergy", criticality: str | None = None, reaction: str | None = None) -> Json:
    """Make an AllergyIntolerance."""
    clinical = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
    made: Json = {
        "resourceType": "AllergyIntolerance",
        "clinicalStatus": {"coding": [{"system": clinical, "code": "active"}]},
        "type": kind,
        "code": {"text": words},
        "patient": {"reference": "Patient/anna-example"},
        "recordedDate": day(-900),
    }
    if criticality is not None:
        made["criticality"] = criticality
    if reaction is not None:
        made["reaction"] = [{"manifestation": [{"text": reaction}]}]
    return made


def observed(code: tuple[str, str], on: int, category: str = "laboratory", **value: Any) -> Json:
    """Make an Observation; ``value`` is the value element as FHIR names it."""
    system = "http://terminology.hl7.org/CodeSystem/observation-category"
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{"system": system, "code": category}]}],
        "code": concept(code[1], code, LOINC),
        "subject": {"reference": "Patient/anna-example"},
        "effectiveDateTime": day(on),
        **value,
    }


def positive(code: tuple[str, str], on: int, result: str = "Positive") -> Json:
    """Make a qualitative result."""
    return observed(code, on, valueCodeableConcept={"text": result})


# --- the request -----------------------------------------------------------------------------------------------------

KEYS: Final = {
    "order-sign": (
        "medicationRequests",
        "medicationStatements",
        "medicationDispenses",
        "medicationAdministrations",
        "conditions",
        "allergies",
        "laboratory",
        "surveys",
        "vitalSigns",
        "serviceRequests",
        "procedures",
        "appointments",
        "patient",
        "encounter",
    ),
    "order-select": (
        "medicationRequests",
        "medicationStatements",
        "medicationDispenses",
        "medicationAdministrations",
        "conditions",
        "allergies",
        "surveys",
        "patient",
        "encounter",
    ),
    "patient-view": (
        "medicationRequests",
        "medicationStatements",
        "medicationDispenses",
        "medicationAdministrations",
        "conditions",
        "laboratory",
        "surveys",
        "serviceRequests",
        "procedures",
        "appointments",
    ),
    "order-dispatch": (
        "medicationRequests",
        "medicationStatements",
        "medicationDispenses",
        "medicationAdministrations",
        "conditions",
        "laboratory",
        "surveys",
    ),
    "medication-refill": (
        "medicationRequests",
        "medicationStatements",
        "medicationDispenses",
        "medicationAdministrations",
        "conditions",
        "laboratory",
        "surveys",
        "patient",
    ),
}
"""The prefetch keys each service asks for."""

_PLACE: Final = {
    "MedicationRequest": "medicationRequests",
    "MedicationOrder": "medicationRequests",
    "MedicationStatement": "medicationStatements",
    "MedicationDispense": "medicationDispenses",
    "MedicationAdministration": "medicationAdministrations",
    "Condition": "conditions",
    "FamilyMemberHistory": "conditions",
    "AllergyIntolerance": "allergies",
    "Observation": "laboratory",
    "ServiceRequest": "serviceRequests",
    "Procedure": "procedures",
    "Appointment": "appointments",
}
_SHORT: Final = {
    "MedicationRequest": "order",
    "MedicationOrder": "order",
    "MedicationStatement": "statement",
    "MedicationDispense": "dispense",
    "MedicationAdministration": "administration",
    "AllergyIntolerance": "allergy",
    "FamilyMemberHistory": "family",
}

NOT_SENT: Final = "not sent"
FAILED: Final = "failed"
NULL: Final = "null"
PARTIAL: Final = "partial"
COUNTED: Final = "counted"
EPIC_EMPTY: Final = "empty, with an outcome"

ANNA: Final[Json] = {
    "resourceType": "Patient",
    "id": "anna-example",
    "name": [{"text": "Anna Example"}],
    "gender": "female",
    "birthDate": "1968-01-17",
}


@dataclass(frozen=True)
class Story:
    """One scenario before it is written: what is sent, and what must come of it.

    ``drafts`` are what is ordered or refilled; at order-dispatch they are signed orders, which the context only names
    and the list of orders holds; when a chart is opened there are none. ``expect`` names every finding that must speak,
    at exactly that level. Others may speak as information, unless ``only`` is set; those in ``may`` may speak at their
    level all the same, and those in ``silent`` must not speak at all. ``nothing`` means no card. ``said`` and
    ``unsaid`` are words that must, or must not, stand on some card. ``cards`` is how many cards there are,
    ``open_choice`` the rules whose cards may recommend no suggestion. ``send`` changes root members of the request,
    ``context`` those of the context, ``prefetch`` whole keys; ``lists`` says which list was not sent, failed, or is
    only partly there.
    """

    name: str
    title: str
    drafts: Sequence[Json]
    chart: Sequence[Json] = ()
    expect: Mapping[str, str] = field(default_factory=dict)
    hook: str = "order-sign"
    nothing: bool = False
    only: bool = False
    may: Mapping[str, str] = field(default_factory=dict)
    silent: Sequence[str] = ()
    said: Sequence[str] = ()
    unsaid: Sequence[str] = ()
    cards: int | None = None
    open_choice: Sequence[str] = ()
    selections: Sequence[str] | None = None
    lists: Mapping[str, str] = field(default_factory=dict)
    prefetch: Mapping[str, Any] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)
    send: Mapping[str, Any] = field(default_factory=dict)
    patient: Json = field(default_factory=lambda: dict(ANNA))
    setting: str | None = "AMB"
    tags: Sequence[str] = ()

    @property
    def place(self) -> str:
        """The folder it lies in."""
        return f"{self.hook}/{self.name}"

    @property
    def expectation(self) -> str:
        """What is expected, in words for a table."""
        if self.nothing:
            return "no card"
        told = [f"`{rule}` {level}" for rule, level in self.expect.items()]
        told += [f"not `{rule}`" for rule in self.silent]
        return ", ".join(told) + (", nothing else" if self.only else "")

    def request(self) -> Json:
        """Write the whole request."""
        request: Json = {
            "hookInstance": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{FHIR}/{self.place}")),
            "hook": self.hook,
            "context": changed(self._context(), self.context),
            "prefetch": self._prefetch(),
        }
        changed(request, {key: value for key, value in self.send.items() if key != "extension"})
        extension: Json = {SYNTHETIC: DISCLAIMER, TODAY: D.isoformat(), TITLE: self.title}
        if self.tags:
            extension[TAGS] = list(self.tags)
        request["extension"] = extension | dict(self.send.get("extension", {}))
        return request

    def _context(self) -> Json:
        drafts = _with_ids(self.drafts, "draft")
        references = [f"{draft['resourceType']}/{draft['id']}" for draft in drafts]
        who = {"userId": "Practitioner/pat-example", "patientId": self.patient["id"], "encounterId": "visit-1"}
        bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": draft} for draft in drafts]}
        match self.hook:
            case "patient-view":
                return who
            case "order-dispatch":
                return {
                    "patientId": self.patient["id"],
                    "dispatchedOrders": references,
                    "performer": "Organization/pharmacy-example",
                }
            case "medication-refill":
                return {"patientId": self.patient["id"], "medications": bundle}
            case "order-select":
                selections = list(references if self.selections is None else self.selections)
                return who | {"selections": selections, "draftOrders": bundle}
            case _:
                return who | {"draftOrders": bundle}

    def _prefetch(self) -> Json:
        lists: dict[str, list[Json]] = {}
        if self.hook == "order-dispatch":
            lists["medicationRequests"] = _with_ids(self.drafts, "draft")
        for resource in self.chart:
            category = str(resource.get("category"))
            place = _PLACE[resource["resourceType"]]
            if resource["resourceType"] == "Observation":
                place = "surveys" if "survey" in category else "vitalSigns" if "vital-signs" in category else place
            lists.setdefault(place, []).append(resource)
        made: Json = {}
        for key in KEYS[self.hook]:
            state = self.lists.get(key)
            if state == NOT_SENT:
                continue
            if key == "patient":
                made[key] = self.patient
            elif key == "encounter":
                made[key] = _encounter(self.setting)
            else:
                made[key] = _answer(_with_ids(lists.get(key, ())), state)
        for key, value in self.prefetch.items():
            if value == NOT_SENT:
                made.pop(key, None)
            else:
                made[key] = value
        return made


def _place_of(resource: Json) -> str:
    category = str(resource.get("category"))
    if "vital-signs" in category:
        return "vitalSigns"
    return "surveys" if "survey" in category else _PLACE[resource["resourceType"]]


def _answer(resources: Sequence[Json], state: str | None) -> Any:
    if state == NULL:
        return None
    if state == FAILED:
        failure = {"severity": "error", "code": "exception", "diagnostics": "The server answered 500."}
        return {"resourceType": "OperationOutcome", "issue": [failure]}
    if state == EPIC_EMPTY:
        issue = {
            "severity": "warning",
            "code": "processing",
            "details": {"text": "Resource request returns no results."},
        }
        outcome = {"resourceType": "OperationOutcome", "issue": [issue]}
        return {
            "resourceType": "Bundle",
            "type": "searchset",
            "total": 0,
            "entry": [{"resource": outcome, "search": {"mode": "outcome"}}],
        }
    bundle: Json = {"resourceType": "Bundle", "type": "searchset", "total": len(resources)}
    if state == PARTIAL:
        bundle["link"] = [{"relation": "next", "url": f"{FHIR}?page=2"}]
        bundle.pop("total")
    if state == COUNTED:
        bundle["total"] = len(resources) + 7
    if resources:
        bundle["entry"] = [
            {"fullUrl": f"{FHIR}/{r['resourceType']}/{r['id']}", "resource": r, "search": {"mode": "match"}}
            for r in resources
        ]
    return bundle


def _encounter(setting: str | None) -> Json | None:
    if setting is None:
        return None
    system = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
    return {
        "resourceType": "Encounter",
        "id": "visit-1",
        "status": "in-progress",
        "class": {"system": system, "code": setting},
        "subject": {"reference": "Patient/anna-example"},
    }


def _with_ids(resources: Sequence[Json], prefix: str | None = None) -> list[Json]:
    """Give copies, each with an id: its own, or the next number of its kind."""
    counts: dict[str, int] = {}
    named = []
    for resource in resources:
        kind = resource["resourceType"]
        name = prefix or _SHORT.get(kind, kind.lower())
        copy = deepcopy(resource)
        if "id" not in copy:
            counts[name] = counts.get(name, 0) + 1
            copy = {"resourceType": kind, "id": f"{name}-{counts[name]}"} | copy
        named.append(copy)
    return named
