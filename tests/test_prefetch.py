"""Templates that every client can resolve."""

from __future__ import annotations

import pytest

from cards import Kind
from cds_hooks.callers import Caller, Everybody
from cds_hooks.prefetch import TEMPLATES, complaints_about, kinds_for, templates_for
from cds_hooks.services import SERVICES
from tests.desks import SELECT, Desk, a_request


@pytest.mark.parametrize("key", TEMPLATES)
def test_a_template_is_within_what_clients_can_do(key: str):
    assert complaints_about(TEMPLATES[key][1]) == []


@pytest.mark.parametrize("key", TEMPLATES)
def test_a_search_is_sorted_newest_first_and_counted_and_filters_neither_status_nor_date(key: str):
    path, _, query = TEMPLATES[key][1].partition("?")
    parameters = dict(part.split("=", 1) for part in query.split("&")) if query else {}
    if parameters:
        assert parameters.pop("patient") == "{{context.patientId}}"
        assert parameters.pop("_sort").startswith("-")
        assert int(parameters.pop("_count")) > 0
        assert set(parameters) <= {"category", "code"}
    else:
        assert path.endswith(("/{{context.patientId}}", "/{{context.encounterId}}"))


@pytest.mark.parametrize(
    ("template", "complaint"),
    [
        ("Practitioner/{{context.userId}}", "holds the token context.userId"),
        ("MedicationRequest?_id={{context.draftOrders.id}}", "holds the token context.draftOrders.id"),
        ("Observation?date=ge{{today()}}", "holds the token today()"),
        ("https://example.org/Patient/1", "names a server"),
        ("Observation?code:not=1", "uses the modifier :not"),
        ("Observation?subject.name=1", "uses subject.name"),
        ("Observation?date=ne2024", "uses the date prefix ne"),
    ],
)
def test_a_template_beyond_that_is_told(template: str, complaint: str):
    assert complaint in complaints_about(template)


def test_every_kind_has_one_key_and_every_key_is_asked_for_by_a_service():
    assert len({kind for kind, _ in TEMPLATES.values()}) == len(TEMPLATES) == len(Kind)
    assert {key for service in SERVICES for key in service.keys} == set(TEMPLATES)


def test_a_client_may_have_templates_of_its_own():
    own = {"conditions": "Condition?subject={{context.patientId}}", "surveys": ""}
    keys = ("conditions", "surveys", "patient")
    assert templates_for(keys, own) == {"conditions": own["conditions"], "patient": TEMPLATES["patient"][1]}
    assert kinds_for(keys, own) == {"conditions": Kind.CONDITIONS, "patient": Kind.PATIENT}


def test_what_a_client_is_not_asked_for_is_not_told_to_the_clinic_as_asked():
    desk = Desk(callers=Everybody(Caller("an EHR", templates={"surveys": ""})))
    discovered = desk.client.get("/cds-services").json["services"]
    assert all("surveys" not in service["prefetch"] for service in discovered)
    desk.post(SELECT, a_request(hook="order-select"))
    assert "surveys" not in desk.clinic.last.asked
    assert desk.clinic.last.asked["medicationRequests"] is Kind.MEDICATION_REQUESTS
    assert desk.log[-1]["client"] == "an EHR"
