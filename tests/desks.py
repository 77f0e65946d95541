"""A front desk to knock at in tests: a clinic that says what it is told to, requests, cards, and a log to read.

All patients are made up.
"""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cards import Hook, Kind
from cards.chart import Chart
from cards.numbers import Numbers
from cards.pages import RuleBook
from cards.review import EVERYTHING_IS_SAID, Review, Unsaid
from cds_hooks.application import create_app
from cds_hooks.logs import make_log
from cds_hooks.settings import Settings
from cds_hooks.store import MemoryStore

Json = dict[str, Any]

TODAY = date(2024, 5, 6)
SIGN = "/cds-services/ldn-order-sign"
SELECT = "/cds-services/ldn-order-select"


@dataclass
class FakeAnswer:
    """What the fake clinic answers."""

    cards: list[Json]
    originals: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    lacks_medications: bool = False
    chart: Chart = field(default_factory=lambda: Chart(TODAY, Hook.ORDER_SIGN))
    review: Review = field(default_factory=lambda: Review(()))
    kept_back: Mapping[Any, list[Json]] = field(default_factory=dict)
    wants: frozenset[Kind] = frozenset()
    unsaid: Unsaid = EVERYTHING_IS_SAID


@dataclass
class Consultation:
    """What the fake clinic was asked."""

    hook: Hook
    context: Json
    prefetch: Mapping[str, bytes | None]
    asked: Mapping[str, Kind]
    today: date
    dialect: Any


class FakeClinic:
    """Answers every call with the cards it was given, or raises what it was given, and remembers what it was asked."""

    def __init__(self, *cards: Json, originals: Mapping[str, Json] | None = None, raises: BaseException | None = None):
        self.cards = list(cards)
        self.originals = originals or {}
        self.raises = raises
        self.consultations: list[Consultation] = []
        self.book = RuleBook((), Numbers({}), {})

    def answer(
        self,
        hook: Hook,
        context: Json,
        prefetch: Mapping[str, bytes | None],
        asked: Mapping[str, Kind],
        today: date,
        new_uuid: Callable[[], str],
        dialect: Any = None,
    ) -> FakeAnswer:
        self.consultations.append(Consultation(hook, context, prefetch, asked, today, dialect))
        if self.raises is not None:
            raise self.raises
        return FakeAnswer(copy.deepcopy(self.cards), self.originals)

    @property
    def last(self) -> Consultation:
        return self.consultations[-1]


class Desk:
    """The web service around a fake clinic, with its log and its store at hand."""

    def __init__(self, clinic: Any = None, settings: Settings | None = None, **replaced: Any) -> None:
        self.clinic = clinic if clinic is not None else FakeClinic()
        self.store = MemoryStore()
        self.stream = io.BytesIO()
        settings = settings or Settings()
        self.app: Flask = create_app(
            self.clinic,
            settings,
            **{
                "today": lambda: TODAY,
                "store": self.store,
                "log": make_log("debug", self.stream),
                **replaced,
            },
        )
        self.client: FlaskClient = self.app.test_client()

    def post(self, path: str, body: Any, **options: Any) -> TestResponse:
        """POST a body as JSON; bytes go as they are."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.client.post(path, data=data, **{"content_type": "application/json", **options})

    def sign(self, body: Any, **options: Any) -> TestResponse:
        """Call order-sign."""
        return self.post(SIGN, body, **options)

    @property
    def log(self) -> list[Json]:
        """The lines written so far."""
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]


def a_draft(**changes: Any) -> Json:
    """A low-dose naltrexone draft that is strict R4."""
    return {
        "resourceType": "MedicationRequest",
        "id": "draft-1",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": "Patient/made-up"},
        "medicationCodeableConcept": {"text": "naltrexone 4.5 mg capsule"},
        "authoredOn": "2024-05-06",
        "dosageInstruction": [
            {"text": "1 capsule at bedtime", "doseAndRate": [{"doseQuantity": {"value": 4.5, "unit": "mg"}}]}
        ],
        **changes,
    }


def a_request(*drafts: Json, prefetch: Any = ..., **changes: Any) -> Json:
    """An order-sign call; a change to ``...`` takes the member out."""
    request: Json = {
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "hook": "order-sign",
        "fhirServer": "https://fhir.example.org/r4",
        "context": {
            "userId": "Practitioner/made-up",
            "patientId": "made-up",
            "draftOrders": {
                "resourceType": "Bundle",
                "entry": [{"resource": draft} for draft in drafts or (a_draft(),)],
            },
        },
        "prefetch": prefetch,
        **changes,
    }
    return {name: value for name, value in request.items() if value is not ...}


def a_call(hook: str, **changes: Any) -> Json:
    """A call of the service of that hook, with a context that suits it."""
    who = {"userId": "Practitioner/made-up", "patientId": "made-up"}
    bundle = {"resourceType": "Bundle", "entry": [{"resource": a_draft()}]}
    contexts = {
        "patient-view": who,
        "order-dispatch": {
            "patientId": "made-up",
            "dispatchedOrders": ["MedicationRequest/1"],
            "performer": "Organization/1",
        },
        "medication-refill": {"patientId": "made-up", "medications": bundle},
    }
    return a_request(hook=hook, context=contexts.get(hook, who | {"draftOrders": bundle}), **changes)


def a_suggestion(resource: Json | None = None, **changes: Any) -> Json:
    return {
        "label": "Give it at bedtime",
        "uuid": "7f0c1c5e-0d4e-4a3c-9d8a-2b1f6c3d4e5f",
        "isRecommended": True,
        "actions": [
            {
                "type": "update",
                "description": "Give it at bedtime",
                "resource": a_draft() if resource is None else resource,
            }
        ],
        **changes,
    }


def a_card(**changes: Any) -> Json:
    return {
        "uuid": "3e4d5c6b-7a89-4b0c-8d1e-2f3a4b5c6d7e",
        "summary": "Naltrexone 4.5 mg: made-up advice",
        "detail": "Made-up detail.",
        "indicator": "warning",
        "source": {
            "label": "Made-up source",
            "topic": {"code": "ldntiming", "system": "https://example.org/topics", "display": "Timing"},
        },
        "suggestions": [a_suggestion()],
        "selectionBehavior": "at-most-one",
        **changes,
    }


def places(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value in a decoded JSON text with its path."""
    yield path, value
    if isinstance(value, dict):
        for name, member in value.items():
            yield from places(member, f"{path}.{name}")
    elif isinstance(value, list):
        for nth, member in enumerate(value):
            yield from places(member, f"{path}[{nth}]")


def assert_refused(response: TestResponse, status: int, *expressions: str) -> Json:
    """That an answer is a refusal in the one shape that refusals have, about these places; returns it decoded."""
    assert response.status_code == status, response.text
    assert response.content_type == "application/json"
    outcome: Json = json.loads(response.data)
    assert outcome["resourceType"] == "OperationOutcome"
    assert outcome["issue"]
    for issue in outcome["issue"]:
        assert issue["severity"] in ("fatal", "error", "warning", "information")
        assert issue["code"]
        assert issue["diagnostics"].endswith(".")
    assert response.headers["X-Request-Id"]
    if expressions:
        assert [place for issue in outcome["issue"] for place in issue.get("expression", [])] == list(expressions)
    return outcome
