"""The first of the three verbs: FHIR JSON becomes a chart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from cards.chart import Chart, Hook, Kind, Medication
from cards.drugs import Role
from cards.exposure import is_current, naltrexone_uses, opioid_exposures
from cards.knowledge.loading import Knowledge
from cards.labs import LabResult
from cards.numbers import Numbers
from cards.procedures import PlannedProcedure
from cards.reading import shapes
from cards.reading.allergies import read_allergy
from cards.reading.conditions import read_condition
from cards.reading.lists import Received, read_lists, read_resource
from cards.reading.medications import Reader, medications_beside, read_medications, read_order
from cards.reading.observations import read_observation
from cards.reading.patients import read_encounter, read_patient, read_visit_reasons
from cards.reading.procedures import read_planned, read_service_draft
from cards.reading.sieve import Sieve
from cards.records import record

_MOST_DRAFTS = 200
_OBJECT = (dict, Mapping)  # what is decoded is a dict, and is recognised as one at once
_ARRAY = (list, Sequence)
_PRESCRIPTIONS = ("MedicationRequest/", "MedicationOrder/")
"""How the references of medication orders begin; orders of other things are none of ours."""


@record
class Told:
    """What a client told: the hook's context with exact numbers, and the JSON of each answer as it came.

    ``asked`` says which kind of data each of our prefetch keys stands for.
    """

    hook: Hook
    context: Mapping[str, Any]
    prefetch: Mapping[str, bytes | None]
    asked: Mapping[str, Kind]


def read_chart(
    told: Told,
    today: date,
    sieve: Sieve,
    numbers: Numbers,
    *,
    lists_not_kept: frozenset[Kind] = frozenset(),
) -> Chart:
    """Read one request.

    Drafts are taken from ``draftOrders`` (a Bundle with or without a type, or a bare list); ``selections`` limits which
    of them are judged at order-select. At order-dispatch the context only names signed orders: they are looked for in
    what was sent, and judged like drafts. ``lists_not_kept`` are the medication lists this client's EHR does not have.
    Nothing a client sent raises.
    """
    hook, context, knowledge = told.hook, told.context, sieve.knowledge
    received = read_lists(told.prefetch, told.asked, sieve)
    dispatched = _dispatched(context) if hook is Hook.ORDER_DISPATCH else ()
    signed = received.originals(frozenset(dispatched)) if dispatched else {}
    bodies = list(signed.values()) if hook is Hook.ORDER_DISPATCH else draft_bodies(context)
    drafts = [(body, read_resource(body)) for body in bodies]
    problems = [read_condition(entry, knowledge.conditions) for entry in received.of(shapes.Condition)]
    conditions = tuple([condition for condition in problems if condition is not None])
    reader = Reader(
        knowledge=knowledge,
        numbers=numbers,
        today=today,
        beside=medications_beside(received, [r for _, r in drafts if r is not None]),
        condition_groups={c.reference: c.groups for c in conditions if c.reference},
        original=received.original,
        drafts=sieve.drafts,
    )
    selected = _selected(hook, context)
    orders = []
    services = []
    for body, resource in drafts:
        if isinstance(resource, shapes.Prescription):
            judged = selected is None or _reference(body) in selected
            order = read_order(body, resource, reader, is_judged=judged)
            if order is not None:
                orders.append(replace(order, is_signed=True) if dispatched else order)
        elif isinstance(resource, shapes.ServiceRequest):
            judged = selected is None or _reference(body) in selected
            services.append(read_service_draft(body, resource, knowledge, is_judged=judged))
    if any(Role.THYROID_HORMONE in order.drug.roles for order in orders):
        # What is taken of it matters only now: for nearly every call the lists need not be read for that.
        received = read_lists(told.prefetch, told.asked, sieve, compares=True)
        reader = replace(reader, compares_thyroid_doses=True, original=received.original)
    medications = read_medications(received, reader, frozenset(order.reference for order in orders))
    exposures, past_courses = opioid_exposures(medications, today, numbers)
    return Chart(
        today=today,
        hook=hook,
        orders=tuple(orders),
        medications=medications,
        exposures=tuple(exposure for exposure in exposures if not exposure.is_possible),
        possible_exposures=tuple(exposure for exposure in exposures if exposure.is_possible),
        past_courses=tuple(course for course in past_courses if not course.is_possible),
        naltrexone_uses=naltrexone_uses(medications, today, numbers),
        conditions=conditions,
        allergies=tuple(
            a for a in (read_allergy(r, knowledge) for r in received.of(shapes.AllergyIntolerance)) if a is not None
        ),
        labs=_labs(received, knowledge),
        procedures=_planned(received, [r for _, r in drafts if r is not None], knowledge),
        service_drafts=tuple(services),
        patient=next((read_patient(p) for p in received.of(shapes.Patient)), None),
        setting=next((read_encounter(e) for e in received.of(shapes.Encounter)), None),
        visit_reasons=next(
            (read_visit_reasons(e, knowledge.conditions) for e in received.of(shapes.Encounter)), frozenset()
        ),
        patient_reference=_patient_reference(context),
        unread_orders=tuple(one for one in dispatched if one not in signed and one.startswith(_PRESCRIPTIONS)),
        states=received.states,
        lists_not_kept=lists_not_kept,
        counts_as_taken=taken_on(today, numbers),
    )


def taken_on(today: date, numbers: Numbers) -> Callable[[Medication], bool]:
    """Whether a medication counts as taken on that day by these numbers; what a chart is asked by."""
    return lambda medication: is_current(medication, today, numbers)


def draft_bodies(context: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The resources in ``draftOrders`` (``medications``, ``orders`` in older hooks), as they came."""
    for key in ("draftOrders", "medications", "orders", "dispatchedOrders"):
        bundle = context.get(key)
        if isinstance(bundle, _OBJECT):
            entries = bundle.get("entry")
            if entries is None and isinstance(bundle.get("resourceType"), str) and bundle["resourceType"] != "Bundle":
                return [bundle]
        else:
            entries = bundle
        if isinstance(entries, _OBJECT):
            entries = [entries]
        if isinstance(entries, _ARRAY) and not isinstance(entries, str):
            found = [e.get("resource", e) for e in entries[:_MOST_DRAFTS] if isinstance(e, _OBJECT)]
            return [body for body in found if isinstance(body, _OBJECT)]
    return []


def _dispatched(context: Mapping[str, Any]) -> tuple[str, ...]:
    """The orders being dispatched, as ``Type/id``: ``dispatchedOrders`` of the hook's 1.1, ``order`` of its 1.0."""
    named = context.get("dispatchedOrders")
    references = named if isinstance(named, Sequence) and not isinstance(named, str) else [context.get("order")]
    told = [_local(reference) for reference in references[:_MOST_DRAFTS] if isinstance(reference, str)]
    return tuple(dict.fromkeys(told))


def _local(reference: str) -> str:
    """A reference without its server and version.

    >>> _local("https://ehr.example/fhir/MedicationRequest/12/_history/3")
    'MedicationRequest/12'
    """
    return "/".join(reference.split("/_history/", maxsplit=1)[0].split("/")[-2:])


def _selected(hook: Hook, context: Mapping[str, Any]) -> frozenset[str] | None:
    """The selected drafts; ``None`` when all are to be judged, also when the selections name no draft at all."""
    selections = context.get("selections")
    if hook is not Hook.ORDER_SELECT or not isinstance(selections, Sequence) or isinstance(selections, str):
        return None
    chosen = frozenset(_local(s) for s in selections if isinstance(s, str))
    known = {_reference(body) for body in draft_bodies(context)}
    return chosen & known or None


def _reference(body: Mapping[str, Any]) -> str:
    return f"{body.get('resourceType')}/{body.get('id')}" if body.get("id") else str(body.get("resourceType"))


def _labs(received: Received, knowledge: Knowledge) -> tuple[LabResult, ...]:
    seen: set[str] = set()
    found: list[LabResult] = []
    for resource in received.of(shapes.Observation):
        if resource.id:
            if resource.id in seen:
                continue
            seen.add(resource.id)
        found.extend(read_observation(resource, knowledge.labs))
    return tuple(sorted(found, key=lambda lab: lab.taken or date.min, reverse=True))


def _planned(
    received: Received, drafts: Iterable[shapes.Resource], knowledge: Knowledge
) -> tuple[PlannedProcedure, ...]:
    kinds = (shapes.ServiceRequest, shapes.Procedure, shapes.Appointment)
    told = [read_planned(r, knowledge.procedures) for kind in kinds for r in received.of(kind)]
    drafted = [read_planned(r, knowledge.procedures, is_drafted=True) for r in drafts]
    return tuple(planned for planned in (*drafted, *told) if planned is not None)


def _patient_reference(context: Mapping[str, Any]) -> str:
    patient = context.get("patientId")
    if not isinstance(patient, str) or not patient:
        return ""
    return f"Patient/{patient.rsplit('/', 1)[-1]}"
