"""The Patient becomes an age, the Encounter a setting.

Accepted shapes: ``Encounter.class`` as a word (DSTU2: ``inpatient``), a Coding (STU3 to R4B: ``IMP``) or a list of
CodeableConcepts (R5); http://terminology.hl7.org/CodeSystem/v3-ActCode. Of its reasons (``reason`` up to STU3,
``reasonCode`` from R4) only the coded ones are read. Left unread on purpose: name, identifiers, address and sex of the
patient; the type of the encounter, which sites code as they like, and R5's reasons, which lie deeper.
"""

from __future__ import annotations

from cards.conditions import ConditionGroup
from cards.knowledge.conditions import ConditionTable
from cards.patients import PatientFacts, Setting
from cards.reading import shapes
from cards.reading.dates import first_day, last_day

_SETTINGS = {
    "imp": Setting.INPATIENT,
    "inpatient": Setting.INPATIENT,
    "inpatient encounter": Setting.INPATIENT,
    "hospitalization": Setting.INPATIENT,
    "acute": Setting.INPATIENT,
    "nonac": Setting.INPATIENT,
    "ss": Setting.SHORT_STAY,
    "short stay": Setting.SHORT_STAY,
    "daytime": Setting.AMBULATORY,
    "obsenc": Setting.OBSERVATION,
    "observation": Setting.OBSERVATION,
    "observation encounter": Setting.OBSERVATION,
    "emer": Setting.EMERGENCY,
    "emergency": Setting.EMERGENCY,
    "amb": Setting.AMBULATORY,
    "ambulatory": Setting.AMBULATORY,
    "outpatient": Setting.AMBULATORY,
    "prenc": Setting.AMBULATORY,  # before an admission the patient is still at home
    "hh": Setting.HOME,
    "home": Setting.HOME,
    "home health": Setting.HOME,
    "fld": Setting.OTHER,
    "field": Setting.OTHER,
    "vr": Setting.VIRTUAL,
    "virtual": Setting.VIRTUAL,
}
# A visit that has not begun or is over says nothing about where the patient is now.
_NOT_NOW = frozenset(
    {"planned", "finished", "completed", "discharged", "cancelled", "entered-in-error", "discontinued"}
)


def read_patient(resource: shapes.Patient) -> PatientFacts:
    """What a rule may know of the patient; a partial date of birth is a span of days."""
    return PatientFacts(
        born_from=first_day(resource.birthDate),
        born_to=last_day(resource.birthDate),
        is_deceased=bool(resource.deceasedBoolean) or resource.deceasedDateTime is not None,
    )


def read_encounter(resource: shapes.Encounter) -> Setting | None:
    """Where the patient is being seen; ``None`` when the visit is not going on or its class is not told."""
    if not _is_going_on(resource):
        return None
    told = resource.class_
    if told is None:
        return None
    if isinstance(told, str):
        words: list[str | None] = [told]
    elif isinstance(told, list):
        words = [word for concept in told for word in (*_words(concept.coding), concept.text)]
    else:
        words = _words([told])
    for word in words:
        if word and word.strip().casefold() in _SETTINGS:
            return _SETTINGS[word.strip().casefold()]
    return Setting.OTHER


def read_visit_reasons(resource: shapes.Encounter, table: ConditionTable) -> frozenset[ConditionGroup]:
    """What a visit that is going on is for, as far as its reasons are coded."""
    if not _is_going_on(resource):
        return frozenset()
    concepts = resource.reasonCode if isinstance(resource.reasonCode, list) else [resource.reasonCode]
    older = resource.reason if isinstance(resource.reason, list) else [resource.reason]
    codings = [coding for concept in concepts for coding in concept.coding]
    codings += [coding for concept in older for coding in concept.coding]
    return frozenset[ConditionGroup]().union(
        *(table.groups_of(((coding.system, coding.code, coding.display),), None) for coding in codings)
    )


def _is_going_on(resource: shapes.Encounter) -> bool:
    return (resource.status or "").strip().casefold() not in _NOT_NOW


def _words(codings: list[shapes.Coding]) -> list[str | None]:
    return [word for coding in codings for word in (coding.code, coding.display)]
