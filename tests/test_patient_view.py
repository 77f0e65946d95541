"""Opening a chart: what is due is said, and without any medication list nothing can be said at all."""

from __future__ import annotations

from typing import Any

from cards import Clinic
from cds_hooks.services import SERVICES
from tests.charts import ASKED, PATIENT, D, a_request, taking_ldn, the_clinic
from tests.desks import Desk

PATH = "/cds-services/ldn-patient-view"


def opening(*facts: Any, without: tuple[str, ...] = ()) -> dict[str, Any]:
    import json

    _, prefetch = a_request(*facts)
    return {
        "hook": "patient-view",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {"userId": "Practitioner/example", "patientId": PATIENT.removeprefix("Patient/")},
        "prefetch": {k: json.loads(v) if v else None for k, v in prefetch.items() if k not in without},
        "extension": {"ldn-cds.today": D.isoformat()},
    }


def desk() -> Desk:
    clinic: Clinic = the_clinic()
    return Desk(clinic)


MEDICATION_KEYS = tuple(key for key in ASKED if key.startswith("medication"))


def test_an_ordinary_chart_gets_no_card():
    response = desk().client.post(PATH, json=opening())
    assert response.status_code == 200
    assert response.json == {"cards": []}


def test_sixteen_weeks_without_an_outcome_are_worth_a_word():
    response = desk().client.post(PATH, json=opening(taking_ldn("4.5", since=D - 112)))
    rules = [entry["rule"] for card in response.json["cards"] for entry in card["extension"]["ldn-cds.findings"]]
    assert "ldn-benefit-review-due" in rules


def test_without_any_medication_list_it_is_412_and_says_why():
    response = desk().client.post(PATH, json=opening(without=MEDICATION_KEYS))
    assert response.status_code == 412
    assert response.json["resourceType"] == "OperationOutcome"
    assert "medication list" in response.json["issue"][0]["diagnostics"]


def test_one_medication_list_is_enough_to_say_something():
    response = desk().client.post(PATH, json=opening(without=MEDICATION_KEYS[1:]))
    assert response.status_code == 200


def test_it_asks_for_no_allergy_and_no_encounter():
    service = next(s for s in SERVICES if s.id == "ldn-patient-view")
    assert not {"allergies", "encounter"} & set(service.keys)
