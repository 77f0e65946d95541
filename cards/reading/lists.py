"""What a client sent for each thing we asked: Bundles, single resources, nothing, or an error in a resource's clothes.

Each answer becomes the resources in it and one of the data states (CDS Hooks "Prefetch Template"; reference table of
clients' ways):

- key absent: *not sent*; ``null``, or a Bundle without a match: *there is none*;
- an OperationOutcome: *could not be read*. Epic's empty search is a Bundle whose only entry is an OperationOutcome with
  ``search.mode`` *outcome* and a mild severity: *there is none*;
- a Bundle with a ``next`` link, or with fewer entries than its ``total``: *only partly received*;
- anything else (a string with an HTML page, a resource of another type): *could not be read*.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Union

import msgspec

from cards.chart import DataState, Kind
from cards.reading import shapes
from cards.reading.tolerant import read_tolerantly

KNOWN: dict[str, type[shapes.Resource]] = {
    shape.__name__: shape
    for shape in (
        shapes.MedicationRequest,
        shapes.MedicationOrder,
        shapes.MedicationStatement,
        shapes.MedicationUsage,
        shapes.MedicationDispense,
        shapes.MedicationAdministration,
        shapes.Medication,
        shapes.Condition,
        shapes.AllergyIntolerance,
        shapes.Observation,
        shapes.Patient,
        shapes.Encounter,
        shapes.OperationOutcome,
    )
}
"""The resource types this service reads; every other is passed over."""

_TYPES_OF: dict[Kind, tuple[type[shapes.Resource], ...]] = {
    Kind.MEDICATION_REQUESTS: (shapes.MedicationRequest, shapes.MedicationOrder),
    Kind.MEDICATION_STATEMENTS: (shapes.MedicationStatement, shapes.MedicationUsage),
    Kind.MEDICATION_DISPENSES: (shapes.MedicationDispense,),
    Kind.MEDICATION_ADMINISTRATIONS: (shapes.MedicationAdministration,),
    Kind.CONDITIONS: (shapes.Condition,),
    Kind.ALLERGIES: (shapes.AllergyIntolerance,),
    Kind.LABORATORY: (shapes.Observation,),
    Kind.SURVEYS: (shapes.Observation,),
    Kind.PATIENT: (shapes.Patient,),
    Kind.ENCOUNTER: (shapes.Encounter,),
}

_AnyKnown = Union[tuple(KNOWN.values())]  # noqa: UP007  (the table decides, not a hand-written list)


class _Link(msgspec.Struct, gc=False):
    relation: str | None = None
    url: str | None = None


class _Search(msgspec.Struct, gc=False):
    mode: str | None = None


class _TypedEntry(msgspec.Struct, gc=False):
    resource: _AnyKnown | None = None  # type: ignore[valid-type]
    search: _Search | None = None


class _TypedBundle(msgspec.Struct, gc=False, tag_field="resourceType", tag="Bundle"):
    total: int | None = None
    link: list[_Link] = []
    entry: list[_TypedEntry] = []


_read_bundle = msgspec.json.Decoder(_TypedBundle).decode
_read_one = {shape: msgspec.json.Decoder(shape).decode for shape in KNOWN.values()}
_read_any = msgspec.json.Decoder(float_hook=Decimal).decode
_write_any = msgspec.json.Encoder(decimal_format="number").encode


@dataclass
class Received:
    """Everything that was sent, by resource type, and what became of each kind of data."""

    resources: dict[type[shapes.Resource], list[Any]] = field(default_factory=dict)
    states: dict[Kind, DataState] = field(default_factory=dict)
    answers: list[bytes] = field(default_factory=list)

    def of(self, shape: type[shapes.Resource]) -> list[Any]:
        """The resources of one type, in the order they came."""
        return self.resources.get(shape, [])

    def add(self, resource: shapes.Resource) -> None:
        """Put a resource with its like."""
        self.resources.setdefault(type(resource), []).append(resource)

    def original(self, reference: str) -> dict[str, Any] | None:
        """The client's own JSON of a resource, numbers exact, decoded only when a suggestion needs it."""
        kind, _, wanted = reference.partition("/")
        for raw in self.answers:
            if kind.encode() not in raw:
                continue
            answer = _read_any(raw)
            entries = answer.get("entry") if isinstance(answer, dict) else None
            bodies = (
                [e.get("resource") for e in entries if isinstance(e, dict)] if isinstance(entries, list) else [answer]
            )
            for body in bodies:
                if isinstance(body, dict) and body.get("resourceType") == kind and body.get("id") == wanted:
                    return body
        return None


def read_lists(prefetch: Mapping[str, bytes | None], asked: Mapping[str, Kind]) -> Received:
    """Read every answer. ``asked`` maps the keys of our templates to the kinds of data they stand for.

    Answers under keys of the client's own choosing are read too: what they hold counts, and a kind we asked for that
    arrives under another key is received.
    """
    received = Received()
    for key, raw in prefetch.items():
        kind = asked.get(key)
        found, state = read_answer(raw)
        if raw is not None:
            received.answers.append(raw)
        wanted = _TYPES_OF.get(kind, ()) if kind is not None else ()
        for resource in found:
            received.add(resource)
        if kind is None:
            _credit_foreign_key(received, found, state, asked)
            continue
        if state is DataState.RECEIVED and not any(isinstance(r, wanted) for r in found):
            # Entries came, but none of the kind asked for, as when a proxy answers with something else altogether.
            state = DataState.NONE if _is_by_the_way(found) else DataState.FAILED
        received.states[kind] = _worse(received.states.get(kind), state)
    for kind in asked.values():
        received.states.setdefault(kind, DataState.NOT_SENT)
    return received


def _is_by_the_way(found: Iterable[shapes.Resource]) -> bool:
    return all(isinstance(r, shapes.OperationOutcome | shapes.Medication) for r in found)


def _credit_foreign_key(
    received: Received, found: list[shapes.Resource], state: DataState, asked: Mapping[str, Kind]
) -> None:
    for kind in asked.values():
        if any(isinstance(r, _TYPES_OF[kind]) for r in found):
            received.states[kind] = _worse(received.states.get(kind), state)


_BADNESS = {
    DataState.RECEIVED: 1,
    DataState.NONE: 0,
    DataState.NOT_SENT: -1,
    DataState.PARTIAL: 2,
    DataState.FAILED: 3,
    DataState.NOT_ASKED: -2,
}


def _worse(one: DataState | None, other: DataState) -> DataState:
    """The state of a kind of data that came in two answers."""
    return other if one is None or _BADNESS[other] > _BADNESS[one] else one


def read_answer(raw: bytes | None) -> tuple[list[shapes.Resource], DataState]:
    """The resources of one answer, and its state."""
    if raw is None or raw == b"null":
        return [], DataState.NONE
    try:
        bundle = _read_bundle(raw)
    except (msgspec.ValidationError, msgspec.DecodeError, RecursionError):
        return _read_slowly(raw)
    outcomes = [e for e in bundle.entry if isinstance(e.resource, shapes.OperationOutcome)]
    found = [
        e.resource
        for e in bundle.entry
        if e.resource is not None and not isinstance(e.resource, shapes.OperationOutcome)
    ]
    has_next = any(link.relation == "next" for link in bundle.link)
    failed = any(_is_failure(e.resource) for e in outcomes)
    included = sum(1 for e in bundle.entry if e.search is not None and e.search.mode in ("include", "outcome"))
    counted = len(bundle.entry) - included
    return found, _bundle_state(found, failed, has_next, bundle.total, counted)


def _bundle_state(
    found: list[shapes.Resource], failed: bool, has_next: bool, total: int | None, counted: int
) -> DataState:
    if failed:
        return DataState.PARTIAL if found else DataState.FAILED
    if has_next or (total is not None and total > counted):
        return DataState.PARTIAL
    return DataState.RECEIVED if found else DataState.NONE


def _is_failure(outcome: Any) -> bool:
    return not outcome.issue or any(issue.severity in ("error", "fatal", None) for issue in outcome.issue)


def _read_slowly(raw: bytes) -> tuple[list[shapes.Resource], DataState]:
    """An answer that is no regular Bundle: resource by resource, leaving out nothing that can be read."""
    try:
        answer = _read_any(raw)
    except (msgspec.DecodeError, RecursionError):
        return [], DataState.FAILED
    if not isinstance(answer, dict):
        return [], DataState.FAILED
    if answer.get("resourceType") != "Bundle":
        resource = read_resource(answer)
        if isinstance(resource, shapes.OperationOutcome):
            return [], DataState.FAILED
        return ([resource], DataState.RECEIVED) if resource is not None else ([], DataState.FAILED)
    entries = answer.get("entry")
    entries = [e for e in (entries if isinstance(entries, list) else [entries]) if isinstance(e, dict)]
    found, failed, counted, unreadable = [], False, 0, 0
    for entry in entries:
        search = entry.get("search")
        mode = search.get("mode") if isinstance(search, dict) else None
        counted += mode not in ("include", "outcome")
        body = entry.get("resource")
        if not isinstance(body, dict):
            unreadable += body is not None
            continue
        resource = read_resource(body)
        if isinstance(resource, shapes.OperationOutcome):
            failed = failed or _is_failure(resource)
        elif resource is not None:
            found.append(resource)
    links = answer.get("link")
    links = links if isinstance(links, list) else [links]
    has_next = any(isinstance(link, dict) and link.get("relation") == "next" for link in links)
    total = answer.get("total")
    state = _bundle_state(
        found, failed or (unreadable > 0 and not found), has_next, total if isinstance(total, int) else None, counted
    )
    if unreadable and state is DataState.RECEIVED:
        state = DataState.PARTIAL
    return found, state


def read_resource(body: Mapping[str, Any]) -> shapes.Resource | None:
    """One decoded resource as its struct; ``None`` for a type we do not read."""
    kind = body.get("resourceType")
    shape = KNOWN.get(kind) if isinstance(kind, str) else None
    if shape is None:
        return None
    try:
        return _read_one[shape](_write_any(body))
    except (msgspec.ValidationError, msgspec.DecodeError, RecursionError):
        return read_tolerantly(shape, body)


def read_raw(raw: bytes) -> shapes.Resource | None:
    """One resource still in JSON (a contained one) as its struct; ``None`` when it is nothing we read."""
    try:
        body = _read_any(raw)
    except (msgspec.DecodeError, RecursionError):
        return None
    return read_resource(body) if isinstance(body, dict) else None
