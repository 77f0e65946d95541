"""How real EHRs write what they send; the patients are made up, the manners are not."""

from __future__ import annotations

from typing import Any, Final

from fhir_fixtures import exact
from fhir_fixtures.pieces import (
    ALCOHOL,
    ANNA,
    COMPOUNDED,
    FIBROMYALGIA,
    ICD10CM,
    NALTREXONE_50,
    NOT_SENT,
    RXNORM,
    SJOGREN,
    SNOMED,
    UCUM,
    D,
    Story,
    concept,
    day,
    diagnosed,
    dosage,
    ldn,
    mass,
    prescribed,
    reason,
    supply,
)

ACTIVE: Final = "ldn-order-active-opioid"
INTENT: Final = "naltrexone-50-ldn-intent-mismatch"
LISTS: Final = "ldn-med-list-unreadable"
START: Final = "ldn-start-dose-high"

# --- Epic ------------------------------------------------------------------------------------------------------------

_LONG = ("eFixtureOnlyNotARealIdentifier" * 7)[:194]
_EPIC_PATIENT = "ePatientFixtureOnly"


def _dose_rows(mg: float, units: float, unit: str) -> list[dict[str, Any]]:
    """Make three rows for one dose: calculated, to administer, ordered."""

    def kind(code: str) -> dict[str, Any]:
        return {
            "coding": [{"system": "http://epic.com/CodeSystem/dose-rate-type", "code": code, "display": code}],
            "text": code,
        }

    return [
        {"type": kind("calculated"), "doseQuantity": mass(mg)},
        {
            "type": kind("admin-amount"),
            "doseQuantity": {"value": units, "unit": unit, "system": UCUM, "code": f"{{{unit}}}"},
        },
        {"type": kind("ordered"), "doseQuantity": mass(mg)},
    ]


def _epic(display: str, reference: str, instruction: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Make a draft as Epic writes it: a long id, a Medication that is not sent, a requester who is not told."""
    absent = {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}
    return {
        "resourceType": "MedicationRequest",
        "id": _LONG,
        "identifier": [{"use": "usual", "system": "urn:oid:1.2.840.114350.1.13.0.1.7.2.798268", "value": "0000000"}],
        "status": "draft",
        "intent": "order",
        "category": [
            {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/medicationrequest-category",
                        "code": "community",
                        "display": "Community",
                    }
                ],
                "text": "Community",
            }
        ],
        "medicationReference": {"reference": f"Medication/{reference}", "display": display},
        "subject": {"reference": f"Patient/{_EPIC_PATIENT}", "display": "Example, Anna"},
        "encounter": {
            "reference": "Encounter/eVisitFixtureOnly",
            "identifier": {"value": "0000"},
            "display": "Office Visit",
        },
        "requester": {"extension": [absent]},
        "recorder": {
            "reference": "Practitioner/ePrescriberFixtureOnly",
            "type": "Practitioner",
            "display": "Pat Example, MD",
        },
        **more,
        "dosageInstruction": [instruction],
    }


def _epic_sig(words: str, time: str, rows: list[dict[str, Any]], *, as_needed: bool = False) -> dict[str, Any]:
    return {
        "text": words,
        "patientInstruction": words,
        "timing": {"repeat": {"count": 30, "frequency": 1, "period": 1, "periodUnit": "d"}, "code": {"text": time}},
        "asNeededBoolean": as_needed,
        "route": {"coding": [{"system": SNOMED, "code": "26643006", "display": "Oral route"}], "text": "Oral"},
        "method": {"text": "Take"},
        "doseAndRate": rows,
    }


_EPIC_SENDS: dict[str, Any] = {
    "context": {
        "patientId": _EPIC_PATIENT,
        "encounterId": "eVisitFixtureOnly",
        "userId": "PractitionerRole/eRoleFixtureOnly",
    },
    "send": {
        "extension": {
            "com.epic.cdshooks.request.cds-hooks-specification-version": "1.1",
            "com.epic.cdshooks.request.fhir-version": "R4",
        }
    },
    "patient": {**ANNA, "id": _EPIC_PATIENT},
}

_EPIC_OXYCODONE = prescribed(
    None,
    on=-5,
    lasts=10,
    medicationCodeableConcept=None,
    medicationReference={"reference": "Medication/eOxyFixtureOnly", "display": "oxyCODONE (ROXICODONE) tablet 5 mg"},
)

_MANY_CODINGS = [
    {"system": RXNORM, "code": "7243"},
    {"system": RXNORM, "code": "105069"},
    {"system": RXNORM, "code": "1483744"},
    {"system": RXNORM, "code": "1483746"},
    {"system": RXNORM, "code": "152092"},
    {"system": "urn:oid:2.16.840.1.113883.6.253", "code": "00000"},
    {"system": "urn:oid:2.16.840.1.113883.6.68", "code": "9340003000"},
]

_EPIC = [
    Story(
        "epic_names_the_drug_in_a_display_alone",
        "Epic: the draft points to a Medication nobody sent; its display alone names naltrexone. Oxycodone is taken.",
        [
            _epic(
                "naltrexone (compounded) 4.5 mg capsule",
                "eLdnFixtureOnly",
                _epic_sig("Take 1 capsule (4.5 mg total) by mouth nightly.", "Nightly", _dose_rows(4.5, 1, "capsule")),
            )
        ],
        [{"resourceType": "MedicationRequest", "id": "eOxyOrderFixtureOnly"} | _EPIC_OXYCODONE],
        {ACTIVE: "critical"},
        only=True,
        tags=["Epic"],
        **_EPIC_SENDS,
    ),
    Story(
        "epic_says_one_dose_in_three_rows",
        "Epic: one dose of 4.5 mg in three rows is 4.5 mg, not nine and not one; it is a first order.",
        [
            _epic(
                "naltrexone (compounded) 4.5 mg capsule",
                "eLdnFixtureOnly",
                _epic_sig("Take 1 capsule (4.5 mg total) by mouth nightly.", "Nightly", _dose_rows(4.5, 1, "capsule")),
                reasonCode=[reason(SJOGREN)],
                dispenseRequest=supply(),
                note=[{"text": COMPOUNDED}],
            )
        ],
        [],
        {START: "info"},
        silent=["ldn-tenfold-or-text-mismatch", "ldn-timing-unspecified", "ldn-dose-above-studied-range"],
        tags=["Epic"],
        **_EPIC_SENDS,
    ),
    Story(
        "epic_orders_fifty_milligrams_for_alcohol_dependence",
        "Epic: naltrexone 50 mg for alcohol dependence, three rows, the drug known from a display.",
        [
            _epic(
                "naltrexone (DEPADE) tablet 50 mg",
                "eNtxFixtureOnly",
                _epic_sig("Take 1 tablet (50 mg total) by mouth daily.", "Daily", _dose_rows(50, 1, "tbl")),
                reasonCode=[reason(ALCOHOL)],
            )
        ],
        [diagnosed(ALCOHOL)],
        nothing=True,
        tags=["Epic", "labelled use"],
        **_EPIC_SENDS,
    ),
    Story(
        "epic_sends_the_medication_as_a_further_draft",
        "Epic, newer: the Medication is a further entry of draftOrders, ingredient and product codes side by side.",
        [
            _epic(
                "naltrexone (DEPADE) tablet 50 mg",
                "eNtxFixtureOnly",
                _epic_sig("Take 1 tablet (50 mg total) by mouth daily.", "Daily", _dose_rows(50, 1, "tbl")),
                reasonCode=[reason(FIBROMYALGIA)],
            ),
            {
                "resourceType": "Medication",
                "id": "eNtxFixtureOnly",
                "code": {"coding": _MANY_CODINGS, "text": "naltrexone 50 mg tablet"},
            },
        ],
        [diagnosed(FIBROMYALGIA)],
        {INTENT: "warning"},
        tags=["Epic"],
        **_EPIC_SENDS,
    ),
    Story(
        "epic_includes_the_medication_among_the_orders",
        "Epic: the oxycodone on the list is a reference to a Medication that comes as an included entry.",
        [
            _epic(
                "naltrexone (compounded) 1.5 mg capsule",
                "eLdnFixtureOnly",
                _epic_sig("Take 1 capsule (1.5 mg total) by mouth nightly.", "Nightly", _dose_rows(1.5, 1, "capsule")),
            )
        ],
        [],
        {ACTIVE: "critical"},
        only=True,
        prefetch={
            "medicationRequests": {
                "resourceType": "Bundle",
                "type": "searchset",
                "total": 1,
                "link": [{"relation": "self", "url": "https://ehr.example/fhir/MedicationRequest?patient=x"}],
                "entry": [
                    {
                        "resource": {
                            "resourceType": "MedicationRequest",
                            "id": "eOxyOrderFixtureOnly",
                            "status": "active",
                            "intent": "order",
                            "medicationReference": {
                                "reference": "Medication/eOxyFixtureOnly",
                                "display": "pain tablets",
                            },
                            "subject": {"reference": f"Patient/{_EPIC_PATIENT}"},
                            "authoredOn": day(-5),
                            "dispenseRequest": {
                                "validityPeriod": {"start": day(-5)},
                                "expectedSupplyDuration": {"value": 10, "unit": "Day", "system": UCUM, "code": "d"},
                            },
                        },
                        "search": {"mode": "match"},
                    },
                    {
                        "resource": {
                            "resourceType": "Medication",
                            "id": "eOxyFixtureOnly",
                            "code": {
                                "coding": [{"system": RXNORM, "code": "1049621"}],
                                "text": "oxyCODONE 5 mg tablet",
                            },
                        },
                        "search": {"mode": "include"},
                    },
                ],
            }
        },
        tags=["Epic"],
        **_EPIC_SENDS,
    ),
]

# --- the CDS Hooks Sandbox -------------------------------------------------------------------------------------------


def sandbox(drug: tuple[str, str] | None, pills: int, **more: Any) -> dict[str, Any]:
    """Make the one draft the Sandbox sends: category and reason as objects, a dose in pills without a unit."""
    made: dict[str, Any] = {
        "resourceType": "MedicationRequest",
        "id": "request-123",
        "status": "draft",
        "intent": "order",
        "category": {
            "coding": [
                {"system": "http://terminology.hl7.org/CodeSystem/medicationrequest-category", "code": "outpatient"}
            ]
        },
        "subject": {"reference": "Patient/anna-example"},
        "authoredOn": day(0),
    }
    if drug is not None:
        made["medicationCodeableConcept"] = concept(drug[1], drug)
        made["dosageInstruction"] = [
            {
                "doseAndRate": [{"doseQuantity": {"value": pills, "system": UCUM, "code": "{pill}"}}],
                "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
            }
        ]
        made["dispenseRequest"] = {"expectedSupplyDuration": {"value": 30, "unit": "days", "system": UCUM, "code": "d"}}
    return made | more


def sandbox_drafts(draft: dict[str, Any]) -> dict[str, Any]:
    """Put the draft into a Bundle without a type, and leave the encounter out."""
    return {"encounterId": None, "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": draft}]}}


SANDBOX_50 = ("1483744", "Naltrexone hydrochloride 50 MG Oral Tablet")
_FM_OBJECT = {"coding": [{"system": SNOMED, "code": "203082005", "display": "Fibromyalgia"}], "text": "Fibromyalgia"}
_AUD_OBJECT = {"coding": [{"system": SNOMED, "code": "7200002", "display": "Alcoholism"}], "text": "Alcoholism"}
ORDER_123: dict[str, Any] = {
    "resourceType": "MedicationOrder",
    "id": "order-123",
    "status": "draft",
    "intent": "order",
    "category": {"coding": [{"code": "outpatient"}]},
    "dateWritten": day(0),
    "patient": {"reference": "Patient/anna-example"},
    "medicationCodeableConcept": concept(SANDBOX_50[1], SANDBOX_50),
    "reasonCodeableConcept": _FM_OBJECT,
    "dosageInstruction": [
        {
            "doseQuantity": {"value": 1, "system": UCUM, "code": "{pill}"},
            "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnits": "d"}},
        }
    ],
}

_SANDBOX = [
    Story(
        "sandbox_has_no_drug_chosen",
        "Sandbox: Sign Order was pressed with no drug chosen.",
        [sandbox(None, 0)],
        nothing=True,
        context=sandbox_drafts(sandbox(None, 0)),
        tags=["Sandbox"],
    ),
    Story(
        "sandbox_orders_fifty_milligrams_for_alcoholism",
        "Sandbox: one pill of naltrexone 50 mg, the reason an object.",
        [sandbox(SANDBOX_50, 1)],
        [diagnosed(ALCOHOL)],
        nothing=True,
        context=sandbox_drafts(sandbox(SANDBOX_50, 1, reasonCode=_AUD_OBJECT)),
        lists={"encounter": NOT_SENT},
        tags=["Sandbox", "labelled use"],
    ),
    Story(
        "sandbox_orders_fifty_milligrams_for_fibromyalgia",
        "Sandbox: one pill of naltrexone 50 mg for fibromyalgia; category and reason are objects, no Bundle type.",
        [sandbox(SANDBOX_50, 1)],
        [diagnosed(FIBROMYALGIA)],
        {INTENT: "warning"},
        context=sandbox_drafts(sandbox(SANDBOX_50, 1, reasonCode=_FM_OBJECT)),
        lists={"encounter": NOT_SENT},
        tags=["Sandbox"],
    ),
    Story(
        "sandbox_against_a_dstu2_server",
        "Sandbox on DSTU2: order-123 is a MedicationOrder.",
        [ORDER_123],
        [],
        {INTENT: "warning"},
        context=sandbox_drafts(ORDER_123),
        tags=["Sandbox", "DSTU2"],
    ),
    Story(
        "sandbox_against_an_stu3_server",
        "Sandbox on STU3: the dose stands directly in the instruction; oxycodone is taken.",
        [sandbox(SANDBOX_50, 1)],
        [prescribed("Oxycodone Hydrochloride 5 MG Oral Tablet", on=-3)],
        {ACTIVE: "critical"},
        only=True,
        context=sandbox_drafts(
            sandbox(
                SANDBOX_50,
                1,
                dosageInstruction=[
                    {
                        "doseQuantity": {"value": 1, "system": UCUM, "code": "{pill}"},
                        "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
                    }
                ],
            )
        ),
        tags=["Sandbox", "STU3"],
    ),
    Story(
        "sandbox_left_out_the_failed_keys",
        "Sandbox: every search failed, so every key is missing; 50 mg for alcohol dependence.",
        [sandbox(SANDBOX_50, 1)],
        [],
        {LISTS: "warning"},
        context=sandbox_drafts(sandbox(SANDBOX_50, 1, reasonCode=_AUD_OBJECT)),
        send={"prefetch": {"patient": ANNA}},
        tags=["Sandbox"],
    ),
    Story(
        "sandbox_says_patient_view_but_signs",
        "Sandbox: the body says patient-view, the drafts say that an order is being signed.",
        [sandbox(SANDBOX_50, 1)],
        [prescribed("Oxycodone Hydrochloride 5 MG Oral Tablet", on=-3)],
        {ACTIVE: "critical"},
        only=True,
        context=sandbox_drafts(sandbox(SANDBOX_50, 1)),
        send={"hook": "patient-view"},
        tags=["Sandbox"],
    ),
    Story(
        "sandbox_orders_embeda",
        "Sandbox: naltrexone typed in the box, and a capsule of morphine with naltrexone chosen from the list.",
        [
            sandbox(
                ("863845", "Morphine Sulfate 100 MG / Naltrexone hydrochloride 4 MG Extended Release Oral Capsule"), 1
            )
        ],
        nothing=True,
        tags=["Sandbox"],
    ),
]

# --- Oracle Health ---------------------------------------------------------------------------------------------------

_ORACLE_DRAFT: dict[str, Any] = {
    "resourceType": "MedicationRequest",
    "id": "000000011",
    "meta": {"versionId": "0", "lastUpdated": f"{D.isoformat()}T10:00:00.000Z"},
    "text": {
        "status": "generated",
        "div": '<div xmlns="http://www.w3.org/1999/xhtml"><p><b>Medication Request</b></p></div>',
    },
    "extension": [
        {"url": "http://electronichealth.se/fhir/StructureDefinition/NLLDosePackaging", "valueBoolean": False}
    ],
    "status": "draft",
    "intent": "order",
    "category": [
        {
            "coding": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/medicationrequest-category",
                    "code": "community",
                    "display": "Community",
                    "userSelected": False,
                }
            ]
        }
    ],
    "medicationCodeableConcept": {
        "coding": [
            {
                "system": RXNORM,
                "code": "1483744",
                "display": "naltrexone hydrochloride 50 MG Oral Tablet",
                "userSelected": False,
            },
            {
                "system": "https://fhir.cerner.com/00000000-0000-0000-0000-000000000000/synonym",
                "code": "2000000",
                "display": "naltrexone 50 mg oral tablet",
                "userSelected": True,
            },
        ],
        "text": "naltrexone (naltrexone 50 mg oral tablet)",
    },
    "subject": {"reference": "Patient/anna-example", "display": "EXAMPLE, ANNA"},
    "authoredOn": f"{D.isoformat()}T10:00:00.000Z",
    "requester": {"reference": "Practitioner/000001", "display": "Example, Pat"},
    "reasonCode": [
        {
            "coding": [{"system": ICD10CM, "code": "F10.20", "display": "Alcohol dependence", "userSelected": True}],
            "text": "Alcohol dependence",
        }
    ],
    "dosageInstruction": [
        {
            "extension": [
                {
                    "url": "https://fhir-ehr.cerner.com/r4/StructureDefinition/clinical-instruction",
                    "valueString": "50 mg = 1 tab, Oral, Daily, 90 tab, 0 Refill(s)",
                }
            ],
            "text": "50 mg = 1 tab, Oral, Daily, 90 tab, 0 Refill(s)",
            "patientInstruction": "1 Tabs Oral (given by mouth) every day. Refills: 0.",
            "timing": {
                "repeat": {"boundsPeriod": {"start": f"{D.isoformat()}T10:00:00.000Z"}},
                "code": {
                    "coding": [
                        {
                            "system": "https://fhir.cerner.com/00000000-0000-0000-0000-000000000000/codeSet/4003",
                            "code": "696543",
                            "display": "Daily",
                            "userSelected": True,
                        },
                        {
                            "system": "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation",
                            "code": "QD",
                            "display": "QD",
                            "userSelected": False,
                        },
                        {
                            "system": SNOMED,
                            "code": "69620002",
                            "display": "Daily (qualifier value)",
                            "userSelected": False,
                        },
                    ],
                    "text": "Daily",
                },
            },
            "asNeededBoolean": False,
            "route": {
                "coding": [
                    {
                        "system": SNOMED,
                        "code": "26643006",
                        "display": "Oral route (qualifier value)",
                        "userSelected": False,
                    }
                ],
                "text": "Oral",
            },
            "doseAndRate": [{"doseQuantity": {"value": exact("50.0"), "unit": "mg", "system": UCUM, "code": "mg"}}],
        }
    ],
    "dispenseRequest": {
        "validityPeriod": {"start": f"{D.isoformat()}T10:00:00.000Z"},
        "numberOfRepeatsAllowed": 0,
        "quantity": {"value": exact("90.0"), "unit": "tab", "system": UCUM, "code": "{tbl}"},
    },
}
_ORACLE_LDN = _ORACLE_DRAFT | {
    "id": "000000012",
    "medicationCodeableConcept": {
        "coding": [
            {
                "system": "https://fhir.cerner.com/00000000-0000-0000-0000-000000000000/synonym",
                "code": "2000001",
                "display": "naltrexone compounded",
                "userSelected": True,
            }
        ],
        "text": "naltrexone (naltrexone 4.5 mg oral capsule compounded)",
    },
    "reasonCode": [reason(SJOGREN)],
    "dosageInstruction": [
        {
            "text": "4.5 mg = 1 cap, Oral, Once a day (at bedtime), 30 cap, 0 Refill(s)",
            "timing": {
                "code": {
                    "coding": [
                        {
                            "system": "https://fhir.cerner.com/00000000-0000-0000-0000-000000000000/codeSet/4003",
                            "code": "696555",
                            "display": "Once a day (at bedtime)",
                            "userSelected": True,
                        }
                    ],
                    "text": "Once a day (at bedtime)",
                }
            },
            "doseAndRate": [{"doseQuantity": {"value": exact("4.5"), "unit": "mg", "system": UCUM, "code": "mg"}}],
        }
    ],
    "dispenseRequest": {
        "numberOfRepeatsAllowed": 0,
        "quantity": {"value": 30, "unit": "cap", "system": UCUM, "code": "{Capsule}"},
        "expectedSupplyDuration": {"value": 30, "unit": "days", "system": UCUM, "code": "d"},
    },
}

_ORACLE = [
    Story(
        "oracle_orders_fifty_milligrams_for_alcohol_dependence",
        "Oracle: naltrexone 50 mg with a synonym code, a long sig and a timing in three code systems.",
        [_ORACLE_DRAFT],
        [diagnosed(ALCOHOL)],
        nothing=True,
        tags=["Oracle", "labelled use"],
    ),
    Story(
        "oracle_starts_at_four_and_a_half_milligrams",
        "Oracle: 4.5 mg = 1 cap, Oral, Once a day (at bedtime), 30 cap: the 30 is a quantity, no dose.",
        [_ORACLE_LDN],
        [],
        {START: "info"},
        silent=["ldn-tenfold-or-text-mismatch", "ldn-timing-unspecified"],
        tags=["Oracle"],
    ),
    Story(
        "oracle_lists_oxycodone_as_needed",
        "Oracle: oxycodone as needed, 90 tablets, on the list.",
        [_ORACLE_LDN],
        [
            prescribed(
                "oxyCODONE (oxyCODONE 5 mg oral tablet)",
                on=-4,
                sig="5 mg = 1 tab, Oral, every 6 hr, PRN: as needed for pain, 90 tab, 0 Refill(s)",
                dispenseRequest={"quantity": {"value": exact("90.0"), "unit": "tab", "system": UCUM, "code": "{tbl}"}},
            )
        ],
        {ACTIVE: "critical"},
        only=True,
        tags=["Oracle"],
    ),
]

# --- the CRD request generator, and odd requests ---------------------------------------------------------------------

_CRD_DRAFT = {
    "resourceType": "MedicationRequest",
    "id": "med-request-0001",
    "meta": {
        "versionId": "1",
        "lastUpdated": "2026-02-27T08:00:00.000-05:00",
        "profile": ["http://hl7.org/fhir/us/davinci-crd/StructureDefinition/profile-medicationrequest"],
    },
    "status": "draft",
    "intent": "order",
    "medicationCodeableConcept": concept(None, NALTREXONE_50),
    "subject": {"reference": "Patient/anna-example"},
    "authoredOn": "2026-02-27",
    "reasonCode": [reason(ALCOHOL)],
    "dosageInstruction": [dosage(50, "Take 1 tablet (50 mg) daily", when=None)],
}

_OTHERS = [
    Story(
        "crd_client_uses_prefetch_keys_of_its_own",
        "CRD request generator: constant hookInstance, empty token, orders under a key of its own; oxycodone is there.",
        [_CRD_DRAFT],
        [],
        {ACTIVE: "critical"},
        context={
            "userId": "Practitioner/example",
            "encounterId": "enc89284",
            "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": _CRD_DRAFT}]},
        },
        send={
            "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
            "fhirAuthorization": {
                "access_token": "",
                "token_type": "Bearer",
                "expires_in": 300,
                "scope": "patient/Patient.read",
                "subject": "cds-service4",
            },
            "prefetch": {
                "medicationRequestBundle": {
                    "resourceType": "Bundle",
                    "type": "collection",
                    "entry": [
                        {"resource": _CRD_DRAFT},
                        {
                            "resource": {"resourceType": "MedicationRequest", "id": "oxy-0001"}
                            | prescribed("oxycodone 5 mg tablet", on=-4, lasts=30)
                        },
                        {"resource": ANNA},
                    ],
                }
            },
            "extension": {"davinci-crd.configuration": {"alt-drug": True}},
        },
        tags=["CRD"],
    ),
    Story(
        "revised_active_order_is_no_second_order",
        "order-sign fires for an order that is already active and stands on the list too: it is one order.",
        [ldn(4.5, id="order-77", status="active", authoredOn=day(-40))],
        [ldn(4.5, id="order-77", status="active", authoredOn=day(-40))],
        silent=["ldn-duplicate-opioid-antagonist", "ldn-start-dose-high"],
    ),
    Story(
        "patient_written_as_a_reference",
        "The patient id is written Patient/anna-example, the hookInstance is no UUID, the user is missing.",
        [ldn(1.5)],
        [prescribed("oxycodone 5 mg tablet", on=-4, lasts=30)],
        {ACTIVE: "critical"},
        only=True,
        context={"patientId": "Patient/anna-example", "userId": None},
        send={"hookInstance": "call-1"},
    ),
    Story(
        "unknown_members_stay_with_the_draft",
        "The draft has extensions, a modifier and numbers of its own; a changed draft keeps all of them.",
        [
            ldn(
                4.5,
                extension=[
                    {"url": "https://ehr.example/fhir/order-set", "valueInteger": 17},
                    {"url": "https://ehr.example/fhir/cost", "valueDecimal": exact("12.50")},
                ],
                dosageInstruction=[
                    dosage("4.50", "Take 1 capsule (4.5 mg) by mouth daily", when=None)
                    | {"extension": [{"url": "https://ehr.example/fhir/sig-source", "valueString": "favourites"}]}
                ],
                substitution={"allowedBoolean": False},
                dispenseRequest=supply() | {"performer": {"display": "Example Compounding Pharmacy"}},
            )
        ],
        [],
        {START: "info", "ldn-timing-unspecified": "info"},
    ),
]

STORIES: Final = [*_EPIC, *_SANDBOX, *_ORACLE, *_OTHERS]
