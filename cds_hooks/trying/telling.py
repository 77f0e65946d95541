"""What stands beside the cards: the facts of the chart, why each rule spoke or did not, and a line to copy."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cds_hooks.wire import Json, encode

if TYPE_CHECKING:
    from cards.explanation import Trace

GROUPS: Final = (
    ("shown", "Spoke, and stands on a card"),
    ("suppresses", "Spoke, and keeps others silent"),
    ("silenced", "Would have spoken, and was silenced"),
    ("not shown", "Spoke, and no card had room or need for it"),
    ("unknown", "Could not be decided, for want of data"),
    ("silent", "Was asked, and found nothing"),
    ("not asked", "Was not asked"),
)
MOST_IN_A_LINE: Final = 60_000
"""A longer request does not fit into a line of a shell everywhere; it is to be kept in a file."""

KINDS: Final = {
    "MedicationRequest": "Ordered",
    "MedicationStatement": "Reported",
    "MedicationDispense": "Dispensed",
    "MedicationAdministration": "Given",
    "Condition": "Problem",
    "AllergyIntolerance": "Allergy",
    "Observation": "Result",
    "ServiceRequest": "Requested",
    "Procedure": "Procedure",
    "Appointment": "Appointment",
    "OperationOutcome": "Failed",
}
"""How a line of the chart begins."""

_DATES: Final = (
    *("authoredOn", "whenHandedOver", "effectiveDateTime", "dateAsserted", "recordedDate", "onsetDateTime"),
    *("occurrenceDateTime", "performedDateTime", "start", "birthDate"),
)


def facts_in(request: Mapping[str, Any]) -> list[dict[str, str]]:
    """What lies on the chart, a line each: what, when, with which status, from which prefetch key."""
    prefetch = request.get("prefetch")
    facts = []
    for key, value in prefetch.items() if isinstance(prefetch, dict) else ():
        for resource in _resources(value):
            facts.append(
                {
                    "what": what_it_is(resource),
                    "amount": _amount(resource),
                    "day": next((str(resource[name])[:10] for name in _DATES if resource.get(name)), ""),
                    "status": _status(resource),
                    "kind": str(resource.get("resourceType", "")),
                    "word": KINDS.get(str(resource.get("resourceType")), "Also"),
                    "from": str(key),
                }
            )
    return facts


def _resources(value: Any) -> Iterator[Mapping[str, Any]]:
    if not isinstance(value, dict):
        return
    if value.get("resourceType") != "Bundle":
        yield value
        return
    entries = value.get("entry")
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("resource"), dict):
            yield entry["resource"]


def what_it_is(resource: Mapping[str, Any]) -> str:
    """What a resource is about, in its own words."""
    for name in ("medicationCodeableConcept", "code", "vaccineCode", "serviceType", "type"):
        if words := _words(resource.get(name)):
            return words
    contained = resource.get("contained")
    for one in contained if isinstance(contained, list) else ():
        if isinstance(one, dict) and (words := _words(one.get("code"))):
            return words
    kind = resource.get("resourceType")
    if kind == "Patient":
        return f"The patient, {resource.get('gender', 'gender not told')}"
    if kind == "OperationOutcome":
        return "The health record answered with an error"
    return str(resource.get("description") or kind or "something without a type")


def _words(concept: Any) -> str:
    if not isinstance(concept, dict):
        return ""
    coding = concept.get("coding")
    first = coding[0] if isinstance(coding, list) and coding and isinstance(coding[0], dict) else {}
    return str(concept.get("text") or first.get("display") or first.get("code") or "")


def _amount(resource: Mapping[str, Any]) -> str:
    quantity = resource.get("valueQuantity")
    if isinstance(quantity, dict):
        return f"{quantity.get('value', '')} {quantity.get('unit', '')}".strip()
    dosages = resource.get("dosageInstruction") or resource.get("dosage")
    listed = dosages if isinstance(dosages, list) else [dosages]
    return "; ".join(str(one["text"]) for one in listed if isinstance(one, dict) and one.get("text"))


def _status(resource: Mapping[str, Any]) -> str:
    return str(resource.get("status") or _words(resource.get("clinicalStatus")) or "")


def why(trace: Trace) -> list[tuple[str, str, list[Json]]]:
    """The rules of a review by what became of them: heading, key and the rules; groups without a rule are left out."""
    rules = trace.to_json()["rules"]
    grouped = [(words, key, [one for one in rules if one["outcome"] == key]) for key, words in GROUPS]
    return [group for group in grouped if group[2]]


def readable(value: object) -> str:
    """JSON for a person to read, numbers as they were written."""
    return msgspec.json.format(encode(value), indent=2).decode()


def curl_line(address: str, request: bytes, *, needs_token: bool = False) -> str:
    """A command that sends this request; it works as it is, or with a client's token in ``TOKEN`` where one is needed."""
    token = ' -H "Authorization: Bearer $TOKEN"' if needs_token else ""
    return (
        f"curl -s {shlex.quote(address)} -H 'Content-Type: application/json'{token} -d {shlex.quote(request.decode())}"
    )


def feedback_body(card: str, *, accepted: str = "", reason: Json | None = None, comment: str = "", at: str) -> bytes:
    """What an EHR sends about a card: the suggestion that was accepted, or why it was set aside."""
    item: Json = {"card": card, "outcome": "accepted" if accepted else "overridden", "outcomeTimestamp": at}
    if accepted:
        item["acceptedSuggestions"] = [{"id": accepted}]
    else:
        override: Json = {"reason": reason} if reason else {}
        if comment:
            override["userComment"] = comment
        if override:
            item["overrideReason"] = override
    return encode({"feedback": [item]})
