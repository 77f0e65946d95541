"""What a client may send to a service, from bytes to a :class:`HookRequest`.

What the answer needs is demanded: ``hook``, ``context`` and in it what the hook is about. What it does not need may be
missing, or ``null``, or oddly written – a patient written ``Patient/1``, a ``hookInstance`` that is no UUID, the root
members of the drafts before 1.0 – and is told in ``notes`` for the log. What is there must have the type that CDS Hooks
gives it.

A good request is decoded once, into types that demand what the schemas in ``schemas/`` demand; the prefetched data is
not decoded here at all, only cut apart, for the clinic reads each resource in its own way. A bad one is decoded
again, slowly, and held against its schema, so that the answer can name every place at once. A test holds the two
together.

Left unchecked on purpose: members named twice deep inside prefetched data. To find them costs twice what reading a
request costs; what is ordered now (``context``), the request itself and the keys of ``prefetch`` are checked exactly.
"""

# ruff: noqa: N815 - what is on the wire is spelled as CDS Hooks spells it

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final, Literal

import msgspec
from msgspec import UNSET, Raw, UnsetType

from cards.chart import Hook
from cards.records import record
from cds_hooks import contracts, syntax
from cds_hooks.problems import Issue, Refusal
from cds_hooks.wire import Json, encode, exact_number

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
_ABSENT: Final = Raw()


class Secret(str):
    """A token. Printing, formatting or logging what holds it shows that there is one, never which; ``reveal`` does."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Secret(…)"

    def __str__(self) -> str:
        return "…"

    def __format__(self, spec: str) -> str:
        return "…"

    def reveal(self) -> str:
        """The token itself, for the one header it belongs in."""
        return str.__getitem__(self, slice(None))


@dataclass(frozen=True, slots=True)
class FhirAuthorization:
    """The client's leave to read more from its FHIR server; ``scope`` is opaque, vendors write it as they like."""

    access_token: Secret
    expires_in: int | None = None
    scope: str = ""
    patient: str = field(default="", repr=False)


@record
class HookRequest:
    """One call of a service, read.

    ``context`` holds the hook's context with exact numbers, ``prefetch`` the JSON text of every key that came, ``None``
    where that was ``null``; a key that did not come is absent. ``notes`` say what was odd but did no harm.
    """

    hook: str
    hook_instance: str | None
    context: Json = field(repr=False)
    prefetch: Mapping[str, bytes | None] = field(repr=False)
    fhir_server: str | None = field(default=None, repr=False)
    fhir_authorization: FhirAuthorization | None = None
    extension: Json = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = ()

    @property
    def instance_for_logs(self) -> str | None:
        """The hook instance where it is a UUID; anything else may be anything, and stays out of a log."""
        return self.hook_instance if self.hook_instance and _UUID.match(self.hook_instance) else None


# What follows spells the wire. schemas/request.json and schemas/context-*.json say the same for people and for clients.


class _Envelope(msgspec.Struct, omit_defaults=True):
    hook: Annotated[str, msgspec.Meta(min_length=1)]
    context: Raw
    hookInstance: str | None = None
    fhirServer: str | None = None
    fhirAuthorization: Raw = _ABSENT
    prefetch: dict[str, Raw] | None = None
    extension: Raw = _ABSENT


class _FhirAuthorization(msgspec.Struct):
    access_token: str | None = None
    token_type: str | None = None
    expires_in: Raw = _ABSENT
    scope: str | None = None
    subject: str | None = None
    patient: str | None = None


class _Anything(msgspec.Struct):
    """An object, whatever is in it."""


class _Entry(msgspec.Struct):
    resource: _Anything | UnsetType = UNSET


class _DraftOrders(msgspec.Struct):
    resourceType: Literal["Bundle"] | UnsetType = UNSET
    entry: list[_Entry] | None = None


class _OrderSignContext(msgspec.Struct):
    draftOrders: _DraftOrders
    userId: str | None = None
    patientId: str | None = None
    encounterId: str | None = None


class _PatientViewContext(msgspec.Struct):
    patientId: str
    userId: str | None = None
    encounterId: str | None = None


class _OrderSelectContext(_OrderSignContext):
    selections: list[str] | None = None


class _OrderDispatchContext(msgspec.Struct):
    """Both published shapes; one of them must say which orders."""

    dispatchedOrders: list[str] | None = None
    order: str | None = None
    performer: str | None = None
    fulfillmentTasks: list[_Anything] | None = None
    misspelled_tasks: list[_Anything] | None = msgspec.field(default=None, name="fulfillment-tasks")
    task: _Anything | None = None
    userId: str | None = None
    patientId: str | None = None
    encounterId: str | None = None

    def __post_init__(self) -> None:
        """Refuse what names no order at all."""
        if self.dispatchedOrders is None and self.order is None:
            raise ValueError("dispatchedOrders")


class _MedicationRefillContext(msgspec.Struct):
    medications: _DraftOrders
    userId: str | None = None
    patientId: str | None = None
    encounterId: str | None = None


_decode_envelope: Final = msgspec.json.Decoder(_Envelope).decode
_decode_authorization: Final = msgspec.json.Decoder(_FhirAuthorization | None).decode
_decode_exactly: Final = msgspec.json.Decoder(float_hook=exact_number).decode
_check_context: Final[Mapping[Hook, Callable[[Raw], object]]] = {
    Hook.ORDER_SIGN: msgspec.json.Decoder(_OrderSignContext).decode,
    Hook.ORDER_SELECT: msgspec.json.Decoder(_OrderSelectContext).decode,
    Hook.PATIENT_VIEW: msgspec.json.Decoder(_PatientViewContext).decode,
    Hook.ORDER_DISPATCH: msgspec.json.Decoder(_OrderDispatchContext).decode,
    Hook.MEDICATION_REFILL: msgspec.json.Decoder(_MedicationRefillContext).decode,
}
_REQUIRED_BY_THE_HOOK: Final[Mapping[Hook, tuple[str, ...]]] = {
    Hook.ORDER_DISPATCH: ("patientId", "performer"),
    Hook.MEDICATION_REFILL: ("patientId",),
}
"""What the definition of a hook requires and the answer can do without, where it is not the usual pair."""


def read_hook_request(body: bytes, hook: Hook) -> HookRequest:
    """Read the body of a call to a service for that hook; raise ``Refusal`` (400) when it cannot be answered.

    The service decides which context is demanded, not the ``hook`` in the body: clients have been seen to send another
    hook's name with the right drafts.
    """
    body = syntax.without_byte_order_mark(body)
    try:
        envelope, authorization = _read_envelope(body)
        context = _read_context(envelope.context, hook)
        extension = _decode_exactly(envelope.extension) if bytes(envelope.extension) else {}
    # RecursionError: deeper than the decoder goes. ValueError: not UTF-8, not JSON, or not of these types.
    except (ValueError, ArithmeticError, RecursionError):
        raise explain(body, hook) from None
    texts = {key: bytes(value) for key, value in (envelope.prefetch or {}).items()}
    prefetch = {key: None if text == b"null" else text for key, text in texts.items()}
    if _is_suspicious(body, envelope, context, prefetch):
        syntax.decode_strictly(body)
    return HookRequest(
        hook=envelope.hook,
        hook_instance=envelope.hookInstance,
        context=context,
        prefetch=prefetch,
        fhir_server=envelope.fhirServer,
        fhir_authorization=_authorization(authorization),
        extension=extension if isinstance(extension, dict) else {},
        notes=tuple(_notes(envelope, context, hook)),
    )


def explain(body: bytes, hook: Hook) -> Refusal:
    """Everything that is wrong with a body that the types above refused."""
    try:
        decoded = syntax.decode_strictly(body)
    except Refusal as refusal:
        return refusal
    issues = contracts.problems_of(decoded, "request")
    if isinstance(decoded, dict) and isinstance(decoded.get("context"), dict):
        issues += contracts.problems_of(decoded["context"], f"context-{hook}", at="context")
    if not issues:  # the types and the schemas disagree: an error of ours, but the client is owed an answer
        issues = [Issue("structure", "The body cannot be read as a CDS Hooks request.")]
    return Refusal(400, *issues)


def _read_envelope(body: bytes) -> tuple[_Envelope, _FhirAuthorization | None]:
    if not body.isascii():
        body.decode()  # the decoder steps over what it does not keep without looking whether that is UTF-8
    envelope = _decode_envelope(body)
    authorization = bytes(envelope.fhirAuthorization)
    return envelope, _decode_authorization(authorization) if authorization else None


def _read_context(raw: Raw, hook: Hook) -> Json:
    _check_context[hook](raw)
    text = bytes(raw)
    if not syntax.nests_within_bounds(text):
        raise RecursionError
    context: Json = _decode_exactly(text)
    return context


def _is_suspicious(body: bytes, envelope: _Envelope, context: Json, prefetch: Mapping[str, bytes | None]) -> bool:
    """Whether a member may be named twice, or half a character may stand somewhere; often a false alarm."""
    text = bytes(envelope.context)
    if syntax.may_hold_half_pair(body) or not syntax.names_each_once(text, context):
        return True
    # What was kept, written again, is never longer than the body, and shorter by a member that was lost. Where clients
    # put no spaces between members it is as long, which takes 3 µs to see; walking from member to member takes 30.
    if len(encode(envelope)) == len(body):
        return False
    kept: dict[str, bytes | Mapping[str, bytes | None] | None] = {
        "context": text,
        "fhirAuthorization": bytes(envelope.fhirAuthorization),
        "extension": bytes(envelope.extension),
        "prefetch": prefetch,
    }
    return syntax.names_members_once(body, body.index(b"{"), kept) < 0


def _authorization(sent: _FhirAuthorization | None) -> FhirAuthorization | None:
    """The leave to read, or none: a client without a key pair has been seen to send an empty token."""
    if sent is None or not sent.access_token:
        return None
    expires_in = bytes(sent.expires_in)
    return FhirAuthorization(
        access_token=Secret(sent.access_token),
        expires_in=int(expires_in) if expires_in.isdigit() and len(expires_in) < 10 else None,
        scope=sent.scope or "",
        patient=sent.patient or "",
    )


def _notes(envelope: _Envelope, context: Json, hook: Hook) -> list[str]:
    notes = []
    if envelope.hook != hook:
        notes.append("hook is another than the service's")
    if not envelope.hookInstance:
        notes.append("hookInstance is missing")
    elif not _UUID.match(envelope.hookInstance):
        notes.append("hookInstance is no UUID")
    for name in _REQUIRED_BY_THE_HOOK.get(hook, ("userId", "patientId")):
        if not context.get(name):
            notes.append(f"context.{name} is missing")
    if "/" in (context.get("patientId") or ""):
        notes.append("context.patientId names a type")
    if hook is Hook.ORDER_SELECT and not context.get("selections"):
        notes.append("context.selections is missing")
    return notes
