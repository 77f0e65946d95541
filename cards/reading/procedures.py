"""ServiceRequest, Procedure and Appointment resources become what is planned, and drafts of services.

Accepted shapes: ServiceRequest of R4 and R5 (``code`` as a CodeableReference,
http://hl7.org/fhir/R4/servicerequest.html); Procedure with ``performed[x]`` (up to R4) or ``occurrence[x]`` (R5) and
the status *preparation*; Appointment with ``start``, else the first requested period. Left unread on purpose: the
requests of STU3 and DSTU2 (ProcedureRequest, DiagnosticOrder), which hardly any client sends; the specialty of an
appointment, since a visit to a surgeon is no operation; comments and notes, which tell of anything, except that the
notes of a drug test may ask for confirmation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from cards.knowledge.labs import LabTable
from cards.knowledge.loading import Knowledge
from cards.knowledge.procedures import Coding, ProcedureTable
from cards.procedures import PlannedProcedure, ServiceDraft
from cards.reading import shapes
from cards.reading.dates import first_day

PLANNED = frozenset({"preparation", "not-started"})
"""The states of a Procedure that is still to come."""

_ASKED_FOR = frozenset({"draft", "active", "unknown", ""})
_BOOKED = frozenset({"proposed", "pending", "booked", "arrived", "checked-in", "waitlist", ""})

_Concept = shapes.Concept | shapes.Named | None


def read_planned(
    resource: shapes.Resource, table: ProcedureTable, *, is_drafted: bool = False
) -> PlannedProcedure | None:
    """What is planned, with its day; ``None`` for what is over, revoked, without a day, or of another type."""
    match resource:
        case shapes.ServiceRequest():
            state, states, concepts = resource.status, _ASKED_FOR, [*_several(resource.category), resource.code]
            if resource.doNotPerform:
                return None
            texts: list[str | None] = []
        case shapes.Procedure():
            state, states, concepts = resource.status, PLANNED, [*_several(resource.category), resource.code]
            texts = []
        case shapes.Appointment():
            state, states = resource.status, _BOOKED
            concepts = [
                *_several(resource.serviceCategory), *resource.serviceType, resource.appointmentType,
                *_several(resource.reasonCode), *_several(resource.reason),
            ]  # fmt: skip
            texts = [resource.description]
        case _:
            return None
    day = _day_of(resource)
    if (state or "").strip().casefold() not in states or day is None:
        return None
    codings, named = _told(concepts)
    reference = f"{type(resource).__name__}/{resource.id}" if resource.id else ""
    return PlannedProcedure(day, table.is_surgical(codings, [*texts, *named]), reference, is_drafted)


def names_an_operation(concepts: Iterable[_Concept], table: ProcedureTable) -> bool:
    """Whether concepts name an operation: what the sieve asks before a resource is read in full."""
    return table.is_surgical(*_told(concepts))


def read_service_draft(
    body: Mapping[str, Any], resource: shapes.ServiceRequest, knowledge: Knowledge, *, is_judged: bool
) -> ServiceDraft:
    """One service being ordered."""
    codings, texts = _told([resource.code, *resource.orderDetail])
    named = next(iter(texts), None)
    labs: LabTable = knowledge.labs
    notes = [note.text for note in resource.note]
    return ServiceDraft(
        reference=f"ServiceRequest/{resource.id}" if resource.id else "ServiceRequest",
        resource=body,
        screens=labs.opioids_looked_for(codings, named) | labs.opioids_looked_for((), " ".join(filter(None, texts))),
        is_immunoassay=labs.is_immunoassay(codings, " ".join(filter(None, texts))),
        is_confirmed=knowledge.procedures.asks_for_confirmation([*texts, *(c[2] for c in codings), *notes]),
        is_judged=is_judged and not resource.doNotPerform,
    )


def _told(concepts: Iterable[_Concept]) -> tuple[tuple[Coding, ...], list[str | None]]:
    """The codings and the texts of concepts; R5 wraps a concept once more."""
    codings: list[Coding] = []
    texts: list[str | None] = []
    for one in concepts:
        if one is None:
            continue
        inner = [one, one.concept] if isinstance(one, shapes.Named) else [one]
        for concept in inner:
            if concept is not None:
                codings.extend((c.system, c.code, c.display) for c in concept.coding)
                texts.append(concept.text)
    return tuple(codings), texts


def _several(told: list[Any] | Any) -> list[Any]:
    return told if isinstance(told, list) else [told]


def _day_of(resource: shapes.ServiceRequest | shapes.Procedure | shapes.Appointment) -> date | None:
    """The earliest day it may be: a day too early is heard before the operation, one too late is not."""
    match resource:
        case shapes.ServiceRequest():
            period, timing = resource.occurrencePeriod, resource.occurrenceTiming
            told = [resource.occurrenceDateTime, period and period.start, *(timing.event if timing else ())]
        case shapes.Procedure():
            periods = (resource.performedPeriod, resource.occurrencePeriod)
            told = [resource.performedDateTime, resource.occurrenceDateTime, *(p.start for p in periods if p)]
        case _:
            told = [resource.start, *(period.start for period in resource.requestedPeriod)]
    return next((day for day in map(first_day, told) if day is not None), None)
