"""Condition resources of every FHIR version become entries of the problem list."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest

from cards.conditions import ClinicalStatus, Condition, ConditionGroup, Verification
from cards.knowledge.conditions import ConditionTable
from cards.reading import shapes
from cards.reading.conditions import read_condition

G = ConditionGroup


@pytest.fixture(scope="module")
def table() -> ConditionTable:
    return ConditionTable.load()


def a_condition(code: str = "M79.7", **changes: Any) -> shapes.Condition:
    coding = {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": code}
    body = {"resourceType": "Condition", "id": "c1", "code": {"coding": [coding]}, **changes}
    return msgspec.convert({k: v for k, v in body.items() if v is not None}, shapes.Condition)


def a_status(code: str) -> dict[str, Any]:
    return {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": code}]}


def read(resource: shapes.Condition, table: ConditionTable) -> Condition:
    condition = read_condition(resource, table)
    assert condition is not None
    return condition


@pytest.mark.parametrize("make", [str, a_status, lambda code: {"text": code.title()}])
@pytest.mark.parametrize(
    ("code", "status", "is_active"),
    [
        ("active", ClinicalStatus.ACTIVE, True),
        ("recurrence", ClinicalStatus.ACTIVE, True),
        ("relapse", ClinicalStatus.ACTIVE, True),
        ("remission", ClinicalStatus.REMISSION, False),
        ("resolved", ClinicalStatus.RESOLVED, False),
        ("inactive", ClinicalStatus.RESOLVED, False),
        ("unknown", ClinicalStatus.UNKNOWN, True),
    ],
)
def test_the_clinical_status_is_a_code_or_a_concept(
    table: ConditionTable, make: Any, code: str, status: ClinicalStatus, is_active: bool
) -> None:
    condition = read(a_condition(clinicalStatus=make(code)), table)
    assert (condition.status, condition.is_active) == (status, is_active)


def test_a_condition_without_any_status_counts_as_present(table: ConditionTable) -> None:
    assert read(a_condition(), table).is_active


@pytest.mark.parametrize("end", [{"abatementDateTime": "2024"}, {"abatementBoolean": True}, {"abatementPeriod": {}}])
def test_a_condition_without_status_that_has_an_end_is_over(table: ConditionTable, end: dict[str, Any]) -> None:
    assert read(a_condition(**end), table).status is ClinicalStatus.RESOLVED


@pytest.mark.parametrize("make", [str, a_status])
@pytest.mark.parametrize("code", ["refuted", "entered-in-error"])
def test_what_is_refuted_or_entered_in_error_is_left_out(table: ConditionTable, make: Any, code: str) -> None:
    assert read_condition(a_condition(verificationStatus=make(code)), table) is None


@pytest.mark.parametrize("code", ["provisional", "differential", "unconfirmed"])
def test_what_is_only_suspected_says_so(table: ConditionTable, code: str) -> None:
    assert read(a_condition(verificationStatus=code), table).verification is Verification.PROVISIONAL


@pytest.mark.parametrize(
    "category",
    [
        [{"coding": [{"code": "family-history"}]}],
        {"text": "Family History"},
        [{"coding": [{"code": "x", "display": "Family history"}]}],
    ],
)
def test_a_familys_history_is_not_the_patients(table: ConditionTable, category: Any) -> None:
    assert read_condition(a_condition("F11.20", category=category), table) is None


def test_a_problem_list_item_is_the_patients(table: ConditionTable) -> None:
    assert read(a_condition(category=[{"coding": [{"code": "problem-list-item"}]}]), table).groups == {G.FIBROMYALGIA}


@pytest.mark.parametrize("status", ["remission", "inactive"])
def test_a_use_disorder_whose_status_says_so_is_in_remission(table: ConditionTable, status: str) -> None:
    condition = read(a_condition("F11.20", clinicalStatus=a_status(status)), table)
    assert condition.groups == {G.OPIOID_USE_DISORDER_REMISSION}
    assert condition.status is ClinicalStatus.REMISSION
    assert condition.is_substance_use_disorder
    assert condition.is_standing
    assert not condition.is_active


def test_a_code_of_remission_on_an_active_entry_is_remission(table: ConditionTable) -> None:
    condition = read(a_condition("F11.21", clinicalStatus=a_status("active")), table)
    assert condition.groups == {G.OPIOID_USE_DISORDER_REMISSION}
    assert condition.is_active


@pytest.mark.parametrize("written", ["dateRecorded", "assertedDate", "recordedDate"])
def test_the_day_it_was_written_down_has_a_name_in_every_version(table: ConditionTable, written: str) -> None:
    condition = read(a_condition(**{written: "2024-03-09T10:00:00Z", "onsetDateTime": "2023-05"}), table)
    assert condition.recorded == date(2024, 3, 9)
    assert condition.onset == date(2023, 5, 1)
    assert condition.latest_sign == date(2024, 3, 9)


def test_a_date_that_is_garbage_costs_nothing_but_the_date(table: ConditionTable) -> None:
    condition = read(a_condition(recordedDate="last spring", onsetDateTime=""), table)
    assert (condition.recorded, condition.onset, condition.latest_sign) == (None, None, None)


def test_an_entry_is_named_by_the_house_and_never_by_the_client(table: ConditionTable) -> None:
    resource = a_condition(code="G35.A")
    assert resource.code is not None
    resource.code.text = "<b>MS</b> (Jane Doe)"
    condition = read(resource, table)
    assert (condition.label, condition.reference) == ("multiple sclerosis", "Condition/c1")


@pytest.mark.parametrize("code", [None, {}, {"text": "Hypertension"}, {"coding": []}])
def test_what_no_rule_asks_for_is_left_out(table: ConditionTable, code: Any) -> None:
    resource = msgspec.convert({"resourceType": "Condition", "code": code} if code is not None else
                               {"resourceType": "Condition"}, shapes.Condition)  # fmt: skip
    assert read_condition(resource, table) is None
