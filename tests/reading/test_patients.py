"""The Patient becomes an age, the Encounter a setting."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest

from cards.conditions import ConditionGroup
from cards.patients import PatientFacts, Setting
from cards.reading import shapes
from cards.reading.patients import read_encounter, read_patient, read_visit_reasons
from tests.charts import the_clinic

TODAY = date(2026, 11, 5)


def a_patient(**changes: Any) -> PatientFacts:
    return read_patient(msgspec.convert({"resourceType": "Patient", **changes}, shapes.Patient))


def an_encounter(told: Any, status: str | None = "in-progress") -> Setting | None:
    body = {"resourceType": "Encounter", "class": told, "status": status}
    return read_encounter(msgspec.convert({k: v for k, v in body.items() if v is not None}, shapes.Encounter))


@pytest.mark.parametrize(
    ("born", "age"),
    [
        ("2008-11-05", 18),  # the birthday
        ("2008-11-06", 17),  # the day before it
        ("1960-02-29", 66),
        ("2027-01-01", None),
        (None, None),
        ("", None),
        ("unknown", None),
    ],
)
def test_age_is_counted_in_completed_years(born: str | None, age: int | None) -> None:
    assert a_patient(birthDate=born).age_on(TODAY) == age


@pytest.mark.parametrize(
    ("born", "is_minor"),
    [
        ("2008-11-05", False),
        ("2008-11-06", True),
        ("2009", True),
        ("2008", None),  # 17 or 18
        ("2008-11", None),
        ("2008-10", False),
        (None, None),
    ],
)
def test_a_partial_date_of_birth_may_leave_open_whether_the_patient_is_a_minor(
    born: str | None, is_minor: bool | None
) -> None:
    assert a_patient(birthDate=born).is_under_on(18, TODAY) is is_minor


def test_a_partial_date_of_birth_counts_as_the_youngest_age_it_allows() -> None:
    assert a_patient(birthDate="2008").age_on(TODAY) == 17


@pytest.mark.parametrize(
    ("changes", "is_deceased"),
    [
        ({}, False),
        ({"deceasedBoolean": False}, False),
        ({"deceasedBoolean": True}, True),
        ({"deceasedDateTime": "2020"}, True),
    ],
)
def test_a_death_is_known(changes: dict[str, Any], is_deceased: bool) -> None:
    assert a_patient(**changes).is_deceased is is_deceased


@pytest.mark.parametrize(
    ("code", "setting", "is_hospital"),
    [
        ("IMP", Setting.INPATIENT, True),
        ("ACUTE", Setting.INPATIENT, True),
        ("NONAC", Setting.INPATIENT, True),
        ("SS", Setting.SHORT_STAY, True),
        ("OBSENC", Setting.OBSERVATION, True),
        ("EMER", Setting.EMERGENCY, True),
        ("AMB", Setting.AMBULATORY, False),
        ("PRENC", Setting.AMBULATORY, False),
        ("HH", Setting.HOME, False),
        ("VR", Setting.VIRTUAL, False),
        ("13", Setting.OTHER, False),  # an EHR's own
    ],
)
@pytest.mark.parametrize("make", [lambda c: {"code": c}, lambda c: [{"coding": [{"code": c}]}], lambda c: c.lower()])
def test_the_class_is_a_coding_a_list_of_concepts_or_a_word(
    make: Any, code: str, setting: Setting, is_hospital: bool
) -> None:
    read = an_encounter(make(code))
    assert read is setting
    assert read.is_hospital is is_hospital


@pytest.mark.parametrize(
    ("word", "setting"),
    [("inpatient", Setting.INPATIENT), ("outpatient", Setting.AMBULATORY), ("emergency", Setting.EMERGENCY)],
)
def test_the_words_of_dstu2_are_known(word: str, setting: Setting) -> None:
    assert an_encounter(word) is setting


@pytest.mark.parametrize("status", ["planned", "finished", "completed", "discharged", "cancelled", "entered-in-error"])
def test_a_visit_that_is_not_going_on_says_nothing(status: str) -> None:
    assert an_encounter({"code": "IMP"}, status) is None


@pytest.mark.parametrize("status", ["arrived", "triaged", "in-progress", "onleave", "unknown", None])
def test_a_visit_that_is_going_on_counts(status: str | None) -> None:
    assert an_encounter({"code": "IMP"}, status) is Setting.INPATIENT


def test_a_visit_without_a_class_says_nothing() -> None:
    assert an_encounter(None) is None


PALLIATIVE = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "Z51.5"}]}
HOSPICE = {"coding": [{"system": "http://snomed.info/sct", "code": "385763009", "display": "Hospice care"}]}


def reasons(**told: Any) -> frozenset[ConditionGroup]:
    body = msgspec.convert({"resourceType": "Encounter", **told}, shapes.Encounter)
    return read_visit_reasons(body, the_clinic().sieve.knowledge.conditions)


@pytest.mark.parametrize(
    "told",
    [
        {"reasonCode": [PALLIATIVE]},
        {"reasonCode": PALLIATIVE},  # one where FHIR has a list
        {"reason": [HOSPICE]},  # up to STU3
        {"status": "in-progress", "reasonCode": [{"coding": [{"code": "R52"}]}, HOSPICE]},
    ],
)
def test_a_visit_for_palliative_or_hospice_care_says_so(told: dict[str, Any]) -> None:
    assert reasons(**told) == {ConditionGroup.PALLIATIVE_CARE}


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"reasonCode": [{"text": "palliative care"}]},  # words of a visit are not read
        {"status": "finished", "reasonCode": [PALLIATIVE]},
        {"reason": [{"value": [{"concept": PALLIATIVE}]}]},  # R5 lies deeper
    ],
)
def test_a_visit_that_is_over_or_whose_reason_is_not_coded_says_nothing(told: dict[str, Any]) -> None:
    assert reasons(**told) == frozenset()
