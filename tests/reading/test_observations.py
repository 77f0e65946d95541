"""Observation resources of every FHIR version become results."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from cards.knowledge.labs import LabTable
from cards.labs import LabResult, LabTest, Outcome
from cards.reading import shapes
from cards.reading.observations import read_observation

LOINC = "http://loinc.org"
OXYCODONE_SCREEN, OXYCODONE_CONFIRMED, ALT = "19642-8", "16249-5", "1742-6"


@pytest.fixture(scope="module")
def table() -> LabTable:
    return LabTable.load()


def a_code(code: str) -> dict[str, Any]:
    return {"coding": [{"system": LOINC, "code": code}]}


def an_observation(code: str | dict[str, Any], **changes: Any) -> shapes.Observation:
    body = {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "code": a_code(code) if isinstance(code, str) else code,
        "effectiveDateTime": "2026-11-01",
        **changes,
    }
    return msgspec.convert(body, shapes.Observation)


def read(resource: shapes.Observation, table: LabTable) -> LabResult:
    (result,) = read_observation(resource, table)
    return result


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        ({"valueString": "POSITIVE"}, Outcome.POSITIVE),
        ({"valueString": "None detected"}, Outcome.NEGATIVE),
        ({"valueString": ">300"}, Outcome.POSITIVE),
        ({"valueString": "<50 ng/mL"}, Outcome.NEGATIVE),
        ({"valueBoolean": True}, Outcome.POSITIVE),
        ({"valueBoolean": False}, Outcome.NEGATIVE),
        ({"valueCodeableConcept": {"text": "Detected"}}, Outcome.POSITIVE),
        (
            {"valueCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": "260385009"}]}},
            Outcome.NEGATIVE,
        ),
        ({"interpretation": {"coding": [{"code": "POS"}]}}, Outcome.POSITIVE),  # DSTU2, STU3
        ({"interpretation": [{"coding": [{"code": "NEG"}]}]}, Outcome.NEGATIVE),
        ({"valueQuantity": {"value": 350, "unit": "ng/mL"}, "interpretation": [{"text": "High"}]}, Outcome.POSITIVE),
        ({"valueQuantity": {"value": 50, "unit": "ng/mL", "comparator": "<"}}, Outcome.NEGATIVE),
        ({"valueQuantity": {"value": 350}, "referenceRange": [{"high": {"value": 300}}]}, Outcome.POSITIVE),
        ({"valueQuantity": {"value": 300}, "referenceRange": [{"high": {"value": 300}}]}, Outcome.NEGATIVE),
        ({"valueQuantity": {"value": 12, "unit": "ng/mL"}}, Outcome.UNKNOWN),  # below which cut-off?
        ({"valueInteger": 0}, Outcome.NEGATIVE),
    ],
)
def test_a_screen_is_positive_or_negative_however_it_says_so(
    table: LabTable, value: dict[str, Any], outcome: Outcome
) -> None:
    result = read(an_observation(OXYCODONE_SCREEN, **value), table)
    assert (result.test, result.screens, result.outcome) == (LabTest.OPIOID_SCREEN, "oxycodone", outcome)
    assert result.is_immunoassay


def test_an_amount_that_was_confirmed_is_a_finding(table: LabTable) -> None:
    result = read(an_observation(OXYCODONE_CONFIRMED, valueQuantity={"value": 12, "unit": "ng/mL"}), table)
    assert result.is_positive
    assert result.is_immunoassay is False


@pytest.mark.parametrize("value", [{}, {"valueString": "pending"}, {"dataAbsentReason": {"text": "not-performed"}}])
def test_a_result_that_says_nothing_is_left_out(table: LabTable, value: dict[str, Any]) -> None:
    assert read_observation(an_observation(OXYCODONE_SCREEN, **value), table) == ()


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
def test_a_result_entered_in_error_is_left_out(table: LabTable, status: str) -> None:
    assert read_observation(an_observation(OXYCODONE_SCREEN, status=status, valueString="positive"), table) == ()


def test_a_value_and_its_limit_are_told_in_the_normal_unit(table: LabTable) -> None:
    resource = an_observation(
        ALT,
        valueQuantity={"value": 4, "unit": "\u00b5kat/L", "code": "ukat/L"},
        referenceRange=[{"low": {"value": 0}}, {"high": {"value": 0.8}}],
    )
    result = read(resource, table)
    assert (result.value, result.upper_limit) == (Decimal(240), Decimal(48))
    assert result.times_upper_limit(Decimal(40)) == 5
    assert result.reference == "Observation/o1"


def test_without_a_limit_the_usual_one_counts(table: LabTable) -> None:
    result = read(an_observation(ALT, valueQuantity={"value": 120, "unit": "U/L"}), table)
    assert result.times_upper_limit(Decimal(40)) == 3


def test_a_value_in_a_foreign_unit_says_nothing(table: LabTable) -> None:
    assert read_observation(an_observation(ALT, valueQuantity={"value": 3, "unit": "mg/dL"}), table) == ()


def test_a_unit_left_out_is_the_one_the_code_implies(table: LabTable) -> None:
    result = read(an_observation("14631-6", valueQuantity={"value": 51.3}), table)  # umol/L
    assert result.value == 3


def test_a_bound_keeps_its_sign(table: LabTable) -> None:
    result = read(an_observation("98979-8", valueString=">60 mL/min/1.73m2"), table)
    assert (result.test, result.value, result.comparator) == (LabTest.EGFR, Decimal(60), ">")


@pytest.mark.parametrize(
    ("value", "points"),
    [
        ({"valueInteger": 21}, 21),
        ({"valueQuantity": {"value": 21, "code": "{score}"}}, 21),
        ({"valueString": "21"}, 21),
    ],
)
def test_a_score_is_a_number(table: LabTable, value: dict[str, Any], points: int) -> None:
    result = read(an_observation("44261-6", **value), table)
    assert (result.test, result.value, result.outcome) == (LabTest.PHQ9_TOTAL, points, Outcome.UNKNOWN)


@pytest.mark.parametrize(
    "value",
    [
        {"valueCodeableConcept": {"coding": [{"system": LOINC, "code": "LA6569-3"}]}},
        {"valueCodeableConcept": {"text": "Several days"}},
        {"valueString": "several days"},
        {"valueInteger": 1},
    ],
)
def test_an_answer_of_the_phq9_has_its_points(table: LabTable, value: dict[str, Any]) -> None:
    result = read(an_observation("44260-8", **value), table)
    assert (result.test, result.value) == (LabTest.PHQ9_SUICIDALITY, 1)


def test_withdrawal_is_scored_by_name(table: LabTable) -> None:
    assert read(an_observation({"text": "COWS total"}, valueInteger=13), table).value == 13


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        ({"valueQuantity": {"value": 25, "unit": "mIU/mL"}}, Outcome.POSITIVE),
        ({"valueQuantity": {"value": 24, "unit": "mIU/mL"}}, Outcome.NEGATIVE),
        ({"valueQuantity": {"value": 5, "unit": "mIU/mL", "comparator": "<"}}, Outcome.NEGATIVE),
        (
            {"valueQuantity": {"value": 30, "unit": "mIU/mL"}, "interpretation": [{"text": "negative"}]},
            Outcome.NEGATIVE,
        ),
        ({"valueString": "Positive"}, Outcome.POSITIVE),
    ],
)
def test_a_pregnancy_test_is_positive_by_flag_or_number(
    table: LabTable, value: dict[str, Any], outcome: Outcome
) -> None:
    assert read(an_observation("19080-1", **value), table).outcome is outcome


def test_a_pregnancy_status_and_a_gestational_age_are_read(table: LabTable) -> None:
    pregnant = {"coding": [{"system": "http://snomed.info/sct", "code": "77386006"}]}
    assert read(an_observation("82810-3", valueCodeableConcept=pregnant), table).is_positive
    weeks = read(an_observation("18185-9", valueQuantity={"value": 70, "code": "d"}), table)
    assert (weeks.value, weeks.outcome) == (10, Outcome.POSITIVE)


def test_a_panel_gives_a_result_for_each_of_its_parts(table: LabTable) -> None:
    panel = an_observation(
        {"text": "Urine drug screen"},
        component=[
            {"code": {"text": "Oxycodone"}, "valueString": "positive"},
            {"code": {"text": "Fentanyl"}, "valueCodeableConcept": {"text": "Not detected"}},
            {"code": {"text": "Creatinine"}, "valueQuantity": {"value": 100, "unit": "mg/dL"}},
            {"code": {"text": "Cocaine"}, "valueString": "negative"},
            {"valueString": "positive"},
        ],
    )
    results = [(result.screens, result.outcome) for result in read_observation(panel, table) if result.screens]
    assert results == [("oxycodone", Outcome.POSITIVE), ("fentanyl", Outcome.NEGATIVE)]


@pytest.mark.parametrize(
    ("when", "taken"),
    [
        ({"effectiveDateTime": "2026-11-01T23:30:00-05:00"}, date(2026, 11, 1)),
        (
            {"effectiveDateTime": None, "effectivePeriod": {"start": "2026-10-01", "end": "2026-10-02"}},
            date(2026, 10, 2),
        ),
        ({"effectiveDateTime": None, "effectiveInstant": "2026-10-03T00:00:00Z"}, date(2026, 10, 3)),
        ({"effectiveDateTime": None, "issued": "2026-10-04T00:00:00Z"}, date(2026, 10, 4)),
        ({"effectiveDateTime": "sometime", "issued": "2026-10-04T00:00:00Z"}, date(2026, 10, 4)),
        ({"effectiveDateTime": None}, None),
    ],
)
def test_a_result_is_dated_by_its_specimen(table: LabTable, when: dict[str, Any], taken: date | None) -> None:
    assert read(an_observation(OXYCODONE_SCREEN, valueString="pos", **when), table).taken == taken
