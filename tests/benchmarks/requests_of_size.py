"""Order-sign requests with n prefetched resources, about 1.4 kB each, as a real EHR would send them. All made up."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import product
from string import ascii_lowercase
from typing import Any

from tests.charts import PATIENT, RXNORM, ordering_ldn

_DRUGS = (
    ("314076", "lisinopril 10 MG Oral Tablet"),
    ("860975", "24 HR metformin hydrochloride 500 MG Extended Release Oral Tablet"),
    ("310965", "ibuprofen 200 MG Oral Tablet"),
    ("617312", "atorvastatin 20 MG Oral Tablet"),
    ("308135", "amlodipine 10 MG Oral Tablet"),
    ("310798", "hydrochlorothiazide 25 MG Oral Tablet"),
    ("979480", "losartan potassium 50 MG Oral Tablet"),
    ("198051", "omeprazole 20 MG Delayed Release Oral Capsule"),
    ("310430", "gabapentin 300 MG Oral Capsule"),
    ("312938", "sertraline 50 MG Oral Tablet"),
    ("966222", "levothyroxine sodium 0.05 MG Oral Tablet"),
)
_CONDITIONS = (
    ("I10", "Essential (primary) hypertension"),
    ("E78.5", "Hyperlipidemia, unspecified"),
    ("K21.9", "Gastro-esophageal reflux disease without esophagitis"),
    ("E11.9", "Type 2 diabetes mellitus without complications"),
    ("J45.909", "Unspecified asthma, uncomplicated"),
    ("M17.0", "Bilateral primary osteoarthritis of knee"),
    ("H52.4", "Presbyopia"),
    ("L20.9", "Atopic dermatitis, unspecified"),
)


def a_request(count: int, *, with_card: bool = True) -> bytes:
    """A body with that many prefetched resources; the draft gets one informational card, or none."""
    lists: dict[str, list[dict[str, Any]]] = {
        "medicationRequests": [],
        "medicationDispenses": [],
        "conditions": [],
        "laboratory": [],
    }
    makers = (_prescription, _dispense, _observation, _condition, _prescription)
    places = ("medicationRequests", "medicationDispenses", "laboratory", "conditions", "medicationRequests")
    for n in range(count):
        lists[places[n % 5]].append(makers[n % 5](n))
    prefetch: dict[str, Any] = {
        key: {
            "resourceType": "Bundle",
            "type": "searchset",
            "total": len(found),
            "entry": [{"fullUrl": f"urn:example:{key}:{i}", "resource": r} for i, r in enumerate(found)],
        }
        for key, found in lists.items()
    }
    for key in (
        "medicationStatements",
        "medicationAdministrations",
        "allergies",
        "surveys",
        "vitalSigns",
        "serviceRequests",
        "procedures",
        "appointments",
    ):
        prefetch[key] = {"resourceType": "Bundle", "type": "searchset", "total": 0}
    prefetch["patient"] = {"resourceType": "Patient", "id": "anna-example", "birthDate": "1968-01-17"}
    draft = ordering_ldn("3" if with_card else "1.5").resource
    body = {
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "hook": "order-sign",
        "fhirServer": "https://ehr.example/fhir",
        "context": {
            "userId": "Practitioner/example",
            "patientId": PATIENT.removeprefix("Patient/"),
            "draftOrders": {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": draft}]},
        },
        "prefetch": prefetch,
    }
    return json.dumps(body, separators=(",", ":")).encode()


def _meta(n: int, kind: str) -> dict[str, Any]:
    return {
        "versionId": "3",
        "lastUpdated": "2026-02-01T08:15:00.000Z",
        "source": f"#made-up-{n}",
        "profile": [f"http://hl7.org/fhir/us/core/StructureDefinition/us-core-{kind}"],
    }


def _identifier(n: int) -> list[dict[str, Any]]:
    """The numbers under which EHRs know a resource: their own, and that of the system it came from."""
    return [
        {"use": "usual", "system": "urn:oid:2.999.1.13.798268", "value": f"{100_000 + n}"},
        {"use": "secondary", "type": {"text": "interface"}, "system": "urn:oid:2.999.1.7", "value": f"{7_000_000 + n}"},
    ]


def _concept(n: int) -> dict[str, Any]:
    code, display = _DRUGS[n % len(_DRUGS)]
    return {"coding": [{"system": RXNORM, "code": code, "display": display}], "text": display}


def _prescription(n: int) -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest",
        "id": f"mr-{n}",
        "meta": _meta(n, "medicationrequest"),
        "identifier": _identifier(n),
        "status": "active",
        "intent": "order",
        "category": [
            {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/medicationrequest-category",
                        "code": "community",
                        "display": "Community",
                    }
                ]
            }
        ],
        "medicationCodeableConcept": _concept(n),
        "subject": {"reference": PATIENT, "display": "Example, Anna"},
        "encounter": {"reference": f"Encounter/e-{n}"},
        "authoredOn": "2026-01-15T10:30:00-05:00",
        "requester": {"reference": "Practitioner/example", "display": "Example, Peter, MD"},
        "dosageInstruction": [
            {
                "sequence": 1,
                "text": "Take 1 tablet by mouth every morning",
                "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
                "route": {
                    "coding": [{"system": "http://snomed.info/sct", "code": "26643006", "display": "Oral route"}]
                },
                "doseAndRate": [
                    {"type": {"coding": [{"code": "ordered"}]}, "doseQuantity": {"value": 1, "unit": "tablet"}}
                ],
            }
        ],
        "dispenseRequest": {
            "numberOfRepeatsAllowed": 3,
            "quantity": {"value": 90, "unit": "tablet"},
            "expectedSupplyDuration": {"value": 90, "unit": "days", "system": "http://unitsofmeasure.org", "code": "d"},
        },
    }


def _dispense(n: int) -> dict[str, Any]:
    return {
        "resourceType": "MedicationDispense",
        "id": f"md-{n}",
        "meta": _meta(n, "medicationdispense"),
        "identifier": _identifier(n),
        "status": "completed",
        "medicationCodeableConcept": _concept(n),
        "subject": {"reference": PATIENT},
        "quantity": {"value": 90, "unit": "tablet"},
        "authorizingPrescription": [{"reference": f"MedicationRequest/mr-{n - 1}"}],
        "daysSupply": {"value": 90, "unit": "days", "system": "http://unitsofmeasure.org", "code": "d"},
        "whenHandedOver": "2026-01-16T16:02:11-05:00",
        "dosageInstruction": [
            {
                "text": "Take 1 tablet by mouth every morning",
                "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
            }
        ],
        "performer": [{"actor": {"reference": "Organization/pharmacy", "display": "Example Pharmacy"}}],
    }


def _observation(n: int) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": f"ob-{n}",
        "meta": _meta(n, "observation-lab"),
        "identifier": _identifier(n),
        "status": "final",
        "category": [
            {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/observation-category",
                        "code": "laboratory",
                        "display": "Laboratory",
                    }
                ]
            }
        ],
        "code": {
            "coding": [
                {"system": "http://loinc.org", "code": "2345-7", "display": "Glucose [Mass/volume] in Serum or Plasma"}
            ],
            "text": "Glucose",
        },
        "subject": {"reference": PATIENT},
        "effectiveDateTime": "2026-01-10T07:45:00-05:00",
        "issued": "2026-01-10T11:02:00.000-05:00",
        "valueQuantity": {"value": 94.5, "unit": "mg/dL", "system": "http://unitsofmeasure.org", "code": "mg/dL"},
        "interpretation": [
            {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "code": "N"}]}
        ],
        "referenceRange": [
            {"low": {"value": 70, "unit": "mg/dL"}, "high": {"value": 99, "unit": "mg/dL"}, "text": "70-99 mg/dL"}
        ],
    }


def _condition(n: int) -> dict[str, Any]:
    code, display = _CONDITIONS[n % len(_CONDITIONS)]
    return {
        "resourceType": "Condition",
        "id": f"co-{n}",
        "meta": _meta(n, "condition-problems-health-concerns"),
        "identifier": _identifier(n),
        "clinicalStatus": {
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]
        },
        "verificationStatus": {
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-ver-status", "code": "confirmed"}]
        },
        "category": [
            {
                "coding": [
                    {"system": "http://terminology.hl7.org/CodeSystem/condition-category", "code": "problem-list-item"}
                ]
            }
        ],
        "code": {
            "coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": code, "display": display}],
            "text": display,
        },
        "subject": {"reference": PATIENT},
        "onsetDateTime": "2019-04-02",
        "recordedDate": "2019-04-02T09:00:00-04:00",
    }


def unseen(body: bytes) -> Callable[[], bytes]:
    """The same request with directions that nobody has sent before, each time: they end in another word."""
    before, after = body.split(b"at bedtime", 1)
    words = product(ascii_lowercase, repeat=6)

    def another() -> bytes:
        return b"%sat bedtime, see %s%s" % (before, "".join(next(words)).encode(), after)

    return another
