"""Planned procedures and services from FHIR resources."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from cards.knowledge.loading import Knowledge
from cards.reading.lists import read_resource
from cards.reading.procedures import read_planned, read_service_draft

KNOWLEDGE = Knowledge.load()
TABLE = KNOWLEDGE.procedures


def planned(**body: Any):
    return read_planned(read_resource(body), TABLE)


def request(**body: Any):
    return planned(
        resourceType="ServiceRequest", id="r", **{"status": "active", "code": {"text": "Appendectomy"}, **body}
    )


@pytest.mark.parametrize(
    "when",
    [
        {"occurrenceDateTime": "2026-03-07T07:30:00-05:00"},
        {"occurrencePeriod": {"start": "2026-03-07", "end": "2026-03-09"}},
        {"occurrenceTiming": {"event": ["2026-03-07T07:30:00Z"]}},
    ],
)
def test_a_request_has_the_earliest_day_it_may_be(when: dict[str, Any]) -> None:
    assert request(**when).day == date(2026, 3, 7)


def test_a_request_without_a_day_says_nothing_and_a_month_means_its_first_day() -> None:
    assert request() is None
    assert request(occurrenceDateTime="2026-03").day == date(2026, 3, 1)


@pytest.mark.parametrize("status", ["revoked", "completed", "entered-in-error", "on-hold"])
def test_a_request_that_is_over_or_waits_says_nothing(status: str) -> None:
    assert request(status=status, occurrenceDateTime="2026-03-07") is None


def test_r5_wraps_the_code_once_more() -> None:
    made = request(code={"concept": {"text": "Appendectomy"}}, occurrenceDateTime="2026-03-07")
    assert made.is_surgical
    assert made.reference == "ServiceRequest/r"


@pytest.mark.parametrize("when", [{"performedDateTime": "2026-03-07"}, {"occurrencePeriod": {"start": "2026-03-07"}}])
def test_a_procedure_in_preparation_is_planned(when: dict[str, Any]) -> None:
    body = {"resourceType": "Procedure", "id": "p", "code": {"text": "Appendectomy"}, **when}
    assert planned(status="preparation", **body).is_surgical
    assert planned(status="completed", **body) is None


@pytest.mark.parametrize(
    "named",
    [
        {"description": "Appendectomy"},
        {"serviceType": [{"text": "Appendectomy"}]},
        {"serviceType": [{"concept": {"text": "Appendectomy"}}]},
        {"reasonCode": [{"text": "Appendectomy"}]},
        {"reason": [{"concept": {"text": "Appendectomy"}}]},
    ],
)
def test_an_appointment_is_known_by_whatever_names_it(named: dict[str, Any]) -> None:
    body = {"resourceType": "Appointment", "id": "a", "status": "booked", "start": "2026-03-07T12:30:00Z", **named}
    assert planned(**body).is_surgical
    assert not planned(
        **body, appointmentType={"coding": [{"code": "FOLLOWUP", "display": "A follow up visit"}]}
    ).is_surgical


def test_an_appointment_without_a_start_may_have_a_requested_period() -> None:
    body = {"resourceType": "Appointment", "status": "proposed", "description": "Appendectomy"}
    assert planned(**body, requestedPeriod=[{"start": "2026-03-07"}]).day == date(2026, 3, 7)


def test_a_wrong_type_anywhere_costs_only_itself() -> None:
    made = request(occurrenceDateTime="2026-03-07", category="surgery", orderDetail=7, note="x")
    assert made.is_surgical


def test_a_drug_test_says_what_it_looks_for_and_how() -> None:
    body = {"resourceType": "ServiceRequest", "id": "s", "code": {"text": "Urine drug immunoassay: opiates, oxycodone"}}
    draft = read_service_draft(body, read_resource(body), KNOWLEDGE, is_judged=True)
    assert draft.screens == {"opiates", "oxycodone"}
    assert draft.is_immunoassay
    assert not draft.is_confirmed
