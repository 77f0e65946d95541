"""One resource with one oddity each: what the reader must understand of it."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from cards.chart import Chart, Hook, Kind, Medication, Order
from fhir_fixtures import Shape, shapes
from tests.charts import D, the_clinic

SHAPES = list(shapes())
_KINDS = {
    "MedicationRequest": Kind.MEDICATION_REQUESTS,
    "MedicationOrder": Kind.MEDICATION_REQUESTS,
    "MedicationStatement": Kind.MEDICATION_STATEMENTS,
    "MedicationDispense": Kind.MEDICATION_DISPENSES,
    "MedicationAdministration": Kind.MEDICATION_ADMINISTRATIONS,
}


def _of(kind: str) -> Any:
    chosen = [shape for shape in SHAPES if shape.expected.get("as", "order") == kind]
    return pytest.mark.parametrize("shape", chosen, ids=lambda shape: shape.name)


def _read(context: dict[str, Any], prefetch: dict[str, bytes | None], asked: dict[str, Kind]) -> Chart:
    return the_clinic().answer(Hook.ORDER_SIGN, context, prefetch, asked, D, lambda: "uuid").chart


def _understood(what: Order | Medication, expected: dict[str, Any]) -> dict[str, Any]:
    """The reader's answer in the words of expected.json."""
    dosing = what.dosing
    facts = {
        "drug": what.drug.name,
        "is_naltrexone": what.drug.is_naltrexone,
        "is_opioid": what.drug.is_opioid,
        "opioid_kind": what.drug.opioid_kind,
        "form": what.form.value,
        "band": what.band.value,
        "status": what.status,
        "daily_mg": None if dosing.last_mg is None else str(dosing.last_mg),
        "first_mg": None if dosing.first_mg is None else str(dosing.first_mg),
        "steps": len(dosing.steps),
        "why_not": dosing.why_not,
        "when": sorted(time.value for time in dosing.when),
        "reasons": sorted(group.value for group in what.reasons),
        "supply_days": what.supply_days,
        "refills": what.refills,
    }
    if isinstance(what, Order):
        facts |= {"is_compounded": what.is_compounded, "is_being_started": what.is_being_started}
    else:
        days = {"began": what.began, "ended": what.ended, "changed": what.changed}
        facts |= {name: None if day is None else day.isoformat() for name, day in days.items()}
        facts["course_days"] = what.course_days
    return {name: facts[name] for name in expected if name in facts}


def _as_numbers(facts: dict[str, Any]) -> dict[str, Any]:
    return {
        name: Decimal(value) if name.endswith("_mg") and value is not None else value for name, value in facts.items()
    }


@_of("order")
def test_a_draft_is_understood(shape: Shape) -> None:
    body = json.loads(shape.body, parse_float=Decimal)
    entries = body["entry"] if body["resourceType"] == "Bundle" else [{"resource": body}]
    chart = _read({"draftOrders": {"resourceType": "Bundle", "entry": entries}}, {}, {})
    assert len(chart.orders) == shape.expected.get("orders", 1)
    if not chart.orders:
        return
    (order,) = chart.orders
    expected = {name: value for name, value in shape.expected.items() if name != "what"}
    understood = _understood(order, expected)
    assert _as_numbers(understood) == _as_numbers({name: expected[name] for name in understood}), shape.expected["what"]
    if "supply_days_from" in expected:
        assert order.supply_days is not None
        assert expected["supply_days_from"] <= order.supply_days <= expected["supply_days_to"]


@_of("entry")
def test_an_entry_of_a_list_is_understood(shape: Shape) -> None:
    body = json.loads(shape.body)
    answer = {"resourceType": "Bundle", "type": "searchset", "total": 1, "entry": [{"resource": body}]}
    kind = _KINDS[body["resourceType"]]
    chart = _read({}, {"list": json.dumps(answer).encode()}, {"list": kind})
    (medication,) = chart.medications
    expected = {name: value for name, value in shape.expected.items() if name not in ("what", "as")}
    understood = _understood(medication, expected)
    assert _as_numbers(understood) == _as_numbers({name: expected[name] for name in understood}), shape.expected["what"]
    states = [exposure.state.value for exposure in chart.exposures]
    assert states == ([] if expected["exposure"] is None else [expected["exposure"]])
    if "last_day" in expected:
        assert [str(exposure.last_day) for exposure in chart.exposures] == [expected["last_day"]]


@_of("list")
def test_a_list_is_understood(shape: Shape) -> None:
    chart = _read({}, {"list": shape.body}, {"list": Kind.MEDICATION_REQUESTS})
    assert chart.state_of(Kind.MEDICATION_REQUESTS).value == shape.expected["state"], shape.expected["what"]
    assert len(chart.medications) == shape.expected["entries"]


def test_every_file_has_an_expectation_and_every_expectation_a_file() -> None:
    known = json.loads((SHAPES[0].path.parent / "expected.json").read_text("utf-8"))
    assert sorted(known) == [shape.name for shape in SHAPES]
    assert all(known[shape.name]["what"] for shape in SHAPES)
