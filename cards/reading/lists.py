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

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple, Union

import msgspec

from cards.chart import DataState, Kind
from cards.reading import shapes
from cards.reading.sieve import Sieve, Verdict
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
        shapes.ServiceRequest,
        shapes.Procedure,
        shapes.Appointment,
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
    Kind.VITAL_SIGNS: (shapes.Observation,),
    Kind.SERVICE_REQUESTS: (shapes.ServiceRequest,),
    Kind.PROCEDURES: (shapes.Procedure,),
    Kind.APPOINTMENTS: (shapes.Appointment,),
    Kind.PATIENT: (shapes.Patient,),
    Kind.ENCOUNTER: (shapes.Encounter,),
}

_AnyKnown: Any = Union[tuple(KNOWN.values())]  # noqa: UP007  (the table decides, not a hand-written list)


class _Link(msgspec.Struct, gc=False):
    relation: str | None = None
    url: str | None = None


class _Search(msgspec.Struct, gc=False):
    mode: str | None = None


class _RawEntry(msgspec.Struct, gc=False):
    resource: msgspec.Raw = msgspec.Raw(b"null")


class _RawBundle(msgspec.Struct, gc=False):
    entry: list[_RawEntry] = []


_UNTOLD = msgspec.Raw(b"")


class _Glance(msgspec.Struct, gc=False, tag_field="resourceType"):
    """As much of a resource as tells whether it is worth reading."""


class _MedicineGlance(_Glance):
    medicationCodeableConcept: msgspec.Raw = _UNTOLD
    medicationReference: msgspec.Raw = _UNTOLD
    medication: msgspec.Raw = _UNTOLD


class _MedicationRequest(_MedicineGlance, tag="MedicationRequest"):
    pass


class _MedicationOrder(_MedicineGlance, tag="MedicationOrder"):
    pass


class _MedicationStatement(_MedicineGlance, tag="MedicationStatement"):
    pass


class _MedicationUsage(_MedicineGlance, tag="MedicationUsage"):
    pass


class _MedicationDispense(_MedicineGlance, tag="MedicationDispense"):
    pass


class _MedicationAdministration(_MedicineGlance, tag="MedicationAdministration"):
    pass


class _Condition(_Glance, tag="Condition"):
    code: msgspec.Raw = _UNTOLD


class _Observation(_Glance, tag="Observation"):
    code: msgspec.Raw = _UNTOLD
    component: msgspec.Raw = _UNTOLD


class _ServiceRequest(_Glance, tag="ServiceRequest"):
    code: msgspec.Raw = _UNTOLD
    category: msgspec.Raw = _UNTOLD


class _Procedure(_Glance, tag="Procedure"):
    status: msgspec.Raw = _UNTOLD


class _Appointment(_Glance, tag="Appointment"):
    pass


class _Medication(_Glance, tag="Medication"):
    pass


class _AllergyIntolerance(_Glance, tag="AllergyIntolerance"):
    pass


class _Patient(_Glance, tag="Patient"):
    pass


class _Encounter(_Glance, tag="Encounter"):
    pass


_GLANCES: dict[type[_Glance], type[shapes.Resource]] = {
    _MedicationRequest: shapes.MedicationRequest,
    _MedicationOrder: shapes.MedicationOrder,
    _MedicationStatement: shapes.MedicationStatement,
    _MedicationUsage: shapes.MedicationUsage,
    _MedicationDispense: shapes.MedicationDispense,
    _MedicationAdministration: shapes.MedicationAdministration,
    _Condition: shapes.Condition,
    _Observation: shapes.Observation,
    _ServiceRequest: shapes.ServiceRequest,
    _Procedure: shapes.Procedure,
    _Appointment: shapes.Appointment,
    _Medication: shapes.Medication,
    _AllergyIntolerance: shapes.AllergyIntolerance,
    _Patient: shapes.Patient,
    _Encounter: shapes.Encounter,
}
_MEDICINES = frozenset(kind for kind in _GLANCES if issubclass(kind, _MedicineGlance))
_AnyGlance: Any = Union[(*_GLANCES, shapes.OperationOutcome)]


class _GlanceEntry(msgspec.Struct, gc=False):
    resource: _AnyGlance | None = None
    search: _Search | None = None


class _GlanceBundle(msgspec.Struct, gc=False, tag_field="resourceType", tag="Bundle"):
    total: int | None = None
    link: list[_Link] = []
    entry: list[_GlanceEntry] = []


_AnyAnswer: Any = Union[(_GlanceBundle, *KNOWN.values())]
_glance_at = msgspec.json.Decoder(_AnyAnswer).decode
_cut_apart = msgspec.json.Decoder(_RawBundle).decode
_read_known = msgspec.json.Decoder(_AnyKnown).decode
_read_one = {shape: msgspec.json.Decoder(shape).decode for shape in KNOWN.values()}
_read_any = msgspec.json.Decoder(float_hook=Decimal).decode


def _plain(value: object) -> Decimal:
    """A number that remembers how it was written (``1e2``) as the number it is."""
    if isinstance(value, Decimal):
        return Decimal(value)
    raise TypeError(type(value).__name__)


write_exactly = msgspec.json.Encoder(decimal_format="number", enc_hook=_plain).encode
"""JSON from what was decoded, numbers exact."""


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
        return self.originals({reference}).get(reference)

    def originals(self, references: AbstractSet[str]) -> dict[str, dict[str, Any]]:
        """The same of several resources, by their references; what is nowhere is left out."""
        found: dict[str, dict[str, Any]] = {}
        kinds = {reference.partition("/")[0].encode() for reference in references}
        for raw in self.answers:
            if len(found) == len(references):
                break
            if not any(kind in raw for kind in kinds):
                continue
            try:
                answer = _read_any(raw)
            except (ValueError, ArithmeticError, RecursionError):  # it was taken for a list that could not be read
                continue
            entries = answer.get("entry") if isinstance(answer, dict) else None
            bodies = (
                [e.get("resource") for e in entries if isinstance(e, dict)] if isinstance(entries, list) else [answer]
            )
            for body in bodies:
                if isinstance(body, dict):
                    reference = f"{body.get('resourceType')}/{body.get('id')}"
                    if reference in references:
                        found.setdefault(reference, body)
        return found


def read_lists(
    prefetch: Mapping[str, bytes | None], asked: Mapping[str, Kind], sieve: Sieve, *, compares: bool = False
) -> Received:
    """Read every answer. ``asked`` maps the keys of our templates to the kinds of data they stand for.

    ``compares``: also what is of no interest but where a draft is compared with it.

    Answers under keys of the client's own choosing are read too: what they hold counts, and a kind we asked for that
    arrives under another key is received.
    """
    received = Received()
    states = received.states
    for key, raw in prefetch.items():
        answer = read_answer(raw, sieve, compares=compares)
        if raw is not None:
            received.answers.append(raw)
        for resource in answer.found:
            received.add(resource)
        kind = asked.get(key)
        if kind is None:
            _credit_foreign_key(received, answer, asked)
            continue
        if answer is _NOTHING:
            states.setdefault(kind, DataState.NONE)
            continue
        state = answer.state
        if state is DataState.RECEIVED and answer.told.isdisjoint(_TYPES_OF[kind]):
            # Entries came, but none of the kind asked for, as when a proxy answers with something else altogether.
            state = DataState.NONE if answer.told <= _BY_THE_WAY else DataState.FAILED
        states[kind] = _worse(states[kind], state) if kind in states else state
    for kind in asked.values():
        states.setdefault(kind, DataState.NOT_SENT)
    return received


_BY_THE_WAY = frozenset({shapes.Medication, shapes.OperationOutcome})


def _credit_foreign_key(received: Received, answer: Answered, asked: Mapping[str, Kind]) -> None:
    for kind in asked.values():
        if not answer.told.isdisjoint(_TYPES_OF[kind]):
            known = received.states.get(kind)
            received.states[kind] = answer.state if known is None else _worse(known, answer.state)


_BADNESS = {
    DataState.RECEIVED: 1,
    DataState.NONE: 0,
    DataState.NOT_SENT: -1,
    DataState.PARTIAL: 2,
    DataState.FAILED: 3,
    DataState.NOT_ASKED: -2,
}


def _worse(one: DataState, other: DataState) -> DataState:
    """The state of a kind of data that came in two answers."""
    return other if _BADNESS[other] > _BADNESS[one] else one


class Answered(NamedTuple):
    """One answer: the resources worth reading, the types that came, the state."""

    found: Sequence[Any]
    state: DataState
    told: AbstractSet[type[shapes.Resource]] = frozenset()


_NOTHING = Answered((), DataState.NONE)
_NOTHING_READABLE = Answered((), DataState.FAILED)


def read_answer(raw: bytes | None, sieve: Sieve, *, compares: bool = False) -> Answered:
    """Read one answer: a glance at every resource, and in full only those that a rule may ask about."""
    if raw is None or raw == b"null":
        return _NOTHING
    try:
        bundle: Any = _glance_at(raw)
        if not isinstance(bundle, _GlanceBundle):
            return _single(bundle)
        if not bundle.entry and not bundle.link:
            return Answered((), DataState.PARTIAL) if bundle.total else _NOTHING
        wanted, told, outcomes = _sift(bundle, sieve, Verdict.COMPARE if compares else Verdict.READ)
        found = [_read_typed(e.resource) for e in _entries_at(raw, wanted)] if wanted else []
    except (msgspec.ValidationError, msgspec.DecodeError, RecursionError):
        return _read_slowly(raw)
    has_next = bool(bundle.link) and any(link.relation == "next" for link in bundle.link)
    failed = bool(outcomes) and any(_is_failure(outcome) for outcome in outcomes)
    counted = _matches_in(bundle) if bundle.total else 0
    state = _bundle_state(bool(told), failed, has_next, bundle.total, counted)
    return Answered(found, state, told)


def _single(resource: shapes.Resource) -> Answered:
    if isinstance(resource, shapes.OperationOutcome):
        return _NOTHING_READABLE
    return Answered([resource], DataState.RECEIVED, frozenset({type(resource)}))


def _matches_in(bundle: _GlanceBundle) -> int:
    """How many entries are matches of the search; what came along does not count towards the total."""
    searches = [e.search for e in bundle.entry if e.search is not None]
    return len(bundle.entry) - sum(1 for search in searches if search.mode in ("include", "outcome"))


def _entries_at(raw: bytes, wanted: list[int]) -> list[_RawEntry]:
    entries = _cut_apart(raw).entry
    return [entries[at] for at in wanted]


def _read_typed(raw: msgspec.Raw) -> shapes.Resource:
    """One resource in full; a wrong type in it makes the tolerant reader take that resource alone."""
    try:
        resource: shapes.Resource = _read_known(raw)
    except msgspec.ValidationError:
        body = _read_any(raw)
        return read_tolerantly(KNOWN[body["resourceType"]], body)
    return resource


def _sift(
    bundle: _GlanceBundle, sieve: Sieve, as_well: Verdict
) -> tuple[list[int], set[type[shapes.Resource]], list[Any]]:
    """Which entries to read, which types came, and any OperationOutcomes.

    This loop runs for every resource of a chart, so it looks into the sieve's memory itself and asks only for what is
    not there.
    """
    wanted: list[int] = []
    outcomes: list[Any] = []
    kinds: set[type] = set()
    medicines, conditions, tests = sieve.medicines, sieve.conditions, sieve.tests
    for at, entry in enumerate(bundle.entry):
        glance: Any = entry.resource
        kind = type(glance)
        kinds.add(kind)
        if kind in _MEDICINES:
            verdict = medicines.get(bytes(glance.medicationCodeableConcept)) or sieve.medicine(
                glance.medicationCodeableConcept, glance.medicationReference, glance.medication
            )
        elif kind is _Observation:
            known = None if len(glance.component) else tests.get(bytes(glance.code))
            verdict = known or sieve.test(glance.code, glance.component)
        elif kind is _Condition:
            verdict = conditions.get(bytes(glance.code)) or sieve.condition(glance.code)
        elif kind is _ServiceRequest:
            verdict = sieve.service(glance.code, glance.category)
        elif kind is _Procedure:
            verdict = sieve.procedure(glance.status)
        elif kind is shapes.OperationOutcome:
            outcomes.append(glance)
            continue
        elif glance is None:
            continue
        else:
            verdict = Verdict.READ
        if verdict is Verdict.READ or verdict is as_well:
            wanted.append(at)
    return wanted, {_GLANCES[kind] for kind in kinds if kind in _GLANCES}, outcomes


def _bundle_state(came: bool, failed: bool, has_next: bool, total: int | None, counted: int) -> DataState:
    if failed:
        return DataState.PARTIAL if came else DataState.FAILED
    if has_next or (total is not None and total > counted):
        return DataState.PARTIAL
    return DataState.RECEIVED if came else DataState.NONE


def _is_failure(outcome: Any) -> bool:
    return not outcome.issue or any(issue.severity in ("error", "fatal", None) for issue in outcome.issue)


def _read_slowly(raw: bytes) -> Answered:
    """An answer that is no regular Bundle: resource by resource, leaving out nothing that can be read."""
    try:
        answer = _read_any(raw)
    except (msgspec.DecodeError, RecursionError):
        return _NOTHING_READABLE
    if not isinstance(answer, dict):
        return _NOTHING_READABLE
    if answer.get("resourceType") != "Bundle":
        resource = read_resource(answer)
        return _single(resource) if resource is not None else _NOTHING_READABLE
    return _read_bundle_slowly(answer)


def _read_bundle_slowly(bundle: Mapping[str, Any]) -> Answered:
    entries = [e for e in _as_list(bundle.get("entry")) if isinstance(e, dict)]
    found: list[Any] = []
    failed, counted, unreadable = False, 0, 0
    for entry in entries:
        search = entry.get("search")
        counted += not (isinstance(search, dict) and search.get("mode") in ("include", "outcome"))
        body = entry.get("resource")
        if not isinstance(body, dict):
            unreadable += body is not None
            continue
        resource = read_resource(body)
        if isinstance(resource, shapes.OperationOutcome):
            failed = failed or _is_failure(resource)
        elif resource is not None:
            found.append(resource)
    has_next = any(isinstance(link, dict) and link.get("relation") == "next" for link in _as_list(bundle.get("link")))
    total = bundle.get("total")
    is_counted = isinstance(total, int) and not isinstance(total, bool)
    failed = failed or (unreadable > 0 and not found)
    state = _bundle_state(bool(found), failed, has_next, total if is_counted else None, counted)
    if unreadable and state is DataState.RECEIVED:
        state = DataState.PARTIAL
    return Answered(found, state, frozenset(type(r) for r in found))


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def read_resource(body: Mapping[str, Any]) -> shapes.Resource | None:
    """One decoded resource as its struct; ``None`` for a type we do not read."""
    kind = body.get("resourceType")
    shape = KNOWN.get(kind) if isinstance(kind, str) else None
    if shape is None:
        return None
    try:
        return _read_one[shape](write_exactly(body))
    except (msgspec.ValidationError, msgspec.DecodeError, RecursionError):
        return read_tolerantly(shape, body)


def read_raw(raw: bytes | msgspec.Raw) -> shapes.Resource | None:
    """One resource still in JSON (a contained one) as its struct; ``None`` when it is nothing we read."""
    try:
        known: shapes.Resource = _read_known(raw)
    except (msgspec.ValidationError, msgspec.DecodeError, RecursionError):
        return _read_raw_slowly(raw)
    return known


def _read_raw_slowly(raw: bytes | msgspec.Raw) -> shapes.Resource | None:
    try:
        body = _read_any(raw)
    except (msgspec.DecodeError, RecursionError):
        return None
    return read_resource(body) if isinstance(body, dict) else None
