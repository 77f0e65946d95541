"""The parts of FHIR resources this service reads, as msgspec structs.

One struct serves every FHIR version: the elements of DSTU2 (``MedicationOrder``, ``dateWritten``), STU3
(``dosageInstruction.doseQuantity``), R4/R4B (``doseAndRate``, ``reasonCode``) and R5 (``medication.concept``,
``reason.concept``) stand side by side, and a reader takes whichever is filled. Elements that no rule uses are left out
on purpose: msgspec skips them without building anything, which is what makes large charts cheap.

A resource with a wrong type anywhere in these parts is read by ``tolerant`` instead.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

Text = str | None


class Part(msgspec.Struct, gc=False, omit_defaults=True):
    """A piece of a resource."""


class Coding(Part):
    system: Text = None
    code: Text = None
    display: Text = None


class Concept(Part):
    """CodeableConcept."""

    coding: list[Coding] = []
    text: Text = None


class Reference(Part):
    reference: Text = None
    display: Text = None


class CodeableReference(Part):
    """R5's ``medication`` and ``reason``."""

    concept: Concept | None = None
    reference: Reference | None = None


class Quantity(Part):
    """Quantity, SimpleQuantity, Duration or Age."""

    value: Decimal | None = None
    comparator: Text = None
    unit: Text = None
    system: Text = None
    code: Text = None


class Range(Part):
    low: Quantity | None = None
    high: Quantity | None = None


class Ratio(Part):
    numerator: Quantity | None = None
    denominator: Quantity | None = None


class Period(Part):
    start: Text = None
    end: Text = None


class Repeat(Part):
    boundsPeriod: Period | None = None
    boundsDuration: Quantity | None = None
    boundsQuantity: Quantity | None = None
    boundsRange: Range | None = None
    count: int | None = None
    frequency: int | None = None
    frequencyMax: int | None = None
    period: Decimal | None = None
    periodMax: Decimal | None = None
    periodUnit: Text = None
    periodUnits: Text = None
    timeOfDay: list[str] = []
    when: list[str] | str = []
    dayOfWeek: list[str] = []


class Timing(Part):
    event: list[str] = []
    repeat: Repeat | None = None
    code: Concept | None = None


class DoseAndRate(Part):
    type: Concept | None = None
    doseQuantity: Quantity | None = None
    doseRange: Range | None = None


class Dosage(Part):
    """Dosage (R4, R5), dosageInstruction (STU3, DSTU2) and the single dosage of an administration."""

    sequence: int | None = None
    text: Text = None
    patientInstruction: Text = None
    additionalInstruction: list[Concept] = []
    timing: Timing | None = None
    asNeededBoolean: bool | None = None
    asNeeded: bool | None = None
    asNeededCodeableConcept: Concept | None = None
    asNeededFor: list[Concept] = []
    route: Concept | None = None
    method: Concept | None = None
    doseAndRate: list[DoseAndRate] | DoseAndRate = []
    doseQuantity: Quantity | None = None
    doseRange: Range | None = None
    dose: Quantity | None = None
    quantity: Quantity | None = None
    maxDosePerPeriod: list[Ratio] | Ratio = []


class Annotation(Part):
    text: Text = None


class Ingredient(Part):
    """A Medication's ingredient in any version; R5 writes ``item`` as a CodeableReference."""

    itemCodeableConcept: Concept | None = None
    itemReference: Reference | None = None
    item: CodeableReference | None = None
    strength: Ratio | None = None
    strengthRatio: Ratio | None = None
    strengthQuantity: Quantity | None = None
    amount: Ratio | None = None
    isActive: bool | None = None


class Meta(Part):
    lastUpdated: Text = None


class Extension(Part):
    url: Text = None


class Resource(msgspec.Struct, gc=False, omit_defaults=True, tag_field="resourceType"):
    """What every resource has."""

    id: Text = None
    meta: Meta | None = None


class Medication(Resource, tag="Medication"):
    code: Concept | None = None
    form: Concept | None = None
    doseForm: Concept | None = None
    ingredient: list[Ingredient] = []
    product: MedicationProduct | None = None


class MedicationProduct(Part):
    """DSTU2's ``Medication.product``."""

    form: Concept | None = None
    ingredient: list[Ingredient] = []


class DispenseRequest(Part):
    validityPeriod: Period | None = None
    numberOfRepeatsAllowed: int | None = None
    quantity: Quantity | None = None
    expectedSupplyDuration: Quantity | None = None


class Prescription(Resource):
    """MedicationRequest, and DSTU2's MedicationOrder."""

    status: Text = None
    statusChanged: Text = None
    intent: Text = None
    doNotPerform: bool | None = None
    category: list[Concept] | Concept = []
    medicationCodeableConcept: Concept | None = None
    medicationReference: Reference | None = None
    medication: CodeableReference | None = None
    subject: Reference | None = None
    patient: Reference | None = None
    encounter: Reference | None = None
    authoredOn: Text = None
    dateWritten: Text = None
    dateEnded: Text = None
    effectiveDosePeriod: Period | None = None
    reasonCode: list[Concept] | Concept = []
    reasonCodeableConcept: Concept | None = None
    reasonReference: list[Reference] | Reference = []
    reason: list[CodeableReference] = []
    basedOn: list[Reference] = []
    priorPrescription: Reference | None = None
    note: list[Annotation] | Annotation | str = []
    dosageInstruction: list[Dosage] = []
    dispenseRequest: DispenseRequest | None = None
    contained: list[msgspec.Raw] = []


class MedicationRequest(Prescription, tag="MedicationRequest"):
    pass


class MedicationOrder(Prescription, tag="MedicationOrder"):
    pass


class MedicationStatement(Resource, tag="MedicationStatement"):
    status: Text = None
    taken: Text = None
    wasNotTaken: bool | None = None
    category: list[Concept] | Concept = []
    medicationCodeableConcept: Concept | None = None
    medicationReference: Reference | None = None
    medication: CodeableReference | None = None
    effectiveDateTime: Text = None
    effectivePeriod: Period | None = None
    dateAsserted: Text = None
    basedOn: list[Reference] = []
    adherence: Adherence | None = None
    reasonCode: list[Concept] | Concept = []
    dosage: list[Dosage] = []
    note: list[Annotation] | Annotation | str = []
    contained: list[msgspec.Raw] = []


class Adherence(Part):
    """R5: whether the patient takes what is stated."""

    code: Concept | None = None


class MedicationUsage(MedicationStatement, tag="MedicationUsage"):
    """The name an R5 ballot used for MedicationStatement."""


class MedicationDispense(Resource, tag="MedicationDispense"):
    status: Text = None
    category: list[Concept] | Concept = []
    medicationCodeableConcept: Concept | None = None
    medicationReference: Reference | None = None
    medication: CodeableReference | None = None
    authorizingPrescription: list[Reference] = []
    quantity: Quantity | None = None
    daysSupply: Quantity | None = None
    whenPrepared: Text = None
    whenHandedOver: Text = None
    dosageInstruction: list[Dosage] = []
    note: list[Annotation] | Annotation | str = []
    contained: list[msgspec.Raw] = []


class MedicationAdministration(Resource, tag="MedicationAdministration"):
    status: Text = None
    wasNotGiven: bool | None = None
    notGiven: bool | None = None
    category: list[Concept] | Concept = []
    medicationCodeableConcept: Concept | None = None
    medicationReference: Reference | None = None
    medication: CodeableReference | None = None
    effectiveDateTime: Text = None
    effectivePeriod: Period | None = None
    effectiveTimeDateTime: Text = None
    effectiveTimePeriod: Period | None = None
    occurenceDateTime: Text = None
    occurencePeriod: Period | None = None
    request: Reference | None = None
    prescription: Reference | None = None
    dosage: Dosage | None = None
    contained: list[msgspec.Raw] = []


class Condition(Resource, tag="Condition"):
    clinicalStatus: Concept | str | None = None
    verificationStatus: Concept | str | None = None
    category: list[Concept] | Concept = []
    code: Concept | None = None
    onsetDateTime: Text = None
    onsetPeriod: Period | None = None
    abatementDateTime: Text = None
    abatementPeriod: Period | None = None
    abatementBoolean: bool | None = None
    recordedDate: Text = None
    assertedDate: Text = None
    dateRecorded: Text = None


class Reaction(Part):
    substance: Concept | None = None
    manifestation: list[Manifestation | None] = []
    severity: Text = None
    description: Text = None


class Manifestation(Part):
    """A CodeableConcept up to R4, a CodeableReference in R5."""

    coding: list[Coding] = []
    text: Text = None
    concept: Concept | None = None


class AllergyIntolerance(Resource, tag="AllergyIntolerance"):
    clinicalStatus: Concept | str | None = None
    verificationStatus: Concept | str | None = None
    status: Text = None
    type: Concept | str | None = None
    category: list[str] | str = []
    criticality: Text = None
    code: Concept | None = None
    substance: Concept | None = None
    recordedDate: Text = None
    reaction: list[Reaction] = []


class Component(Part):
    code: Concept | None = None
    valueQuantity: Quantity | None = None
    valueCodeableConcept: Concept | None = None
    valueString: Text = None
    valueInteger: int | None = None
    valueBoolean: bool | None = None
    valueDateTime: Text = None
    interpretation: list[Concept] | Concept = []


class ReferenceRange(Part):
    low: Quantity | None = None
    high: Quantity | None = None


class Observation(Resource, tag="Observation"):
    status: Text = None
    category: list[Concept] | Concept = []
    code: Concept | None = None
    effectiveDateTime: Text = None
    effectivePeriod: Period | None = None
    effectiveInstant: Text = None
    issued: Text = None
    valueQuantity: Quantity | None = None
    valueCodeableConcept: Concept | None = None
    valueString: Text = None
    valueInteger: int | None = None
    valueBoolean: bool | None = None
    valueDateTime: Text = None
    interpretation: list[Concept] | Concept = []
    referenceRange: list[ReferenceRange] = []
    component: list[Component] = []
    dataAbsentReason: Concept | None = None


class Named(Part):
    """A CodeableConcept up to R4 that R5 writes as a CodeableReference."""

    coding: list[Coding] = []
    text: Text = None
    concept: Concept | None = None


class ServiceRequest(Resource, tag="ServiceRequest"):
    status: Text = None
    intent: Text = None
    doNotPerform: bool | None = None
    category: list[Concept] | Concept = []
    code: Named | None = None
    orderDetail: list[Named] = []
    occurrenceDateTime: Text = None
    occurrencePeriod: Period | None = None
    occurrenceTiming: Timing | None = None
    note: list[Annotation] = []


class Procedure(Resource, tag="Procedure"):
    status: Text = None
    category: list[Concept] | Concept = []
    code: Concept | None = None
    performedDateTime: Text = None
    performedPeriod: Period | None = None
    occurrenceDateTime: Text = None
    occurrencePeriod: Period | None = None


class Appointment(Resource, tag="Appointment"):
    status: Text = None
    serviceCategory: list[Concept] | Concept = []
    serviceType: list[Named] = []
    appointmentType: Concept | None = None
    reasonCode: list[Concept] | Concept = []
    reason: list[Named] | Named = []
    description: Text = None
    start: Text = None
    requestedPeriod: list[Period] = []


class Patient(Resource, tag="Patient"):
    birthDate: Text = None
    gender: Text = None
    deceasedBoolean: bool | None = None
    deceasedDateTime: Text = None


class Encounter(Resource, tag="Encounter"):
    status: Text = None
    class_: Coding | list[Concept] | str | None = msgspec.field(default=None, name="class")
    type: list[Concept] = []
    period: Period | None = None
    reasonCode: list[Concept] | Concept = []
    reason: list[Named] | Named = []


class Issue(Part):
    severity: Text = None
    code: Text = None


class OperationOutcome(Resource, tag="OperationOutcome"):
    issue: list[Issue] = []
