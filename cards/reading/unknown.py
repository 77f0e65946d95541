"""The codes in a request by which nothing is known, for somebody who may be asked about them before it is read.

Of medicines: RxNorm, SNOMED CT, NDC, ATC and UNII codes of entries that neither code nor words identify, wherever a
medicine is named (the concept, R5's ``medication.concept``, a contained Medication, one beside). Of conditions: SNOMED
CT codes of entries that say nothing to us. Only a glance is taken: what is oddly shaped is left to the reader alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from cards.knowledge.loading import Knowledge
from cards.reading import shapes
from cards.reading.charts import draft_bodies
from cards.reading.concepts import codings_of


@dataclass(frozen=True, slots=True)
class UnknownCodes:
    """Codes of medicines, each with the house's name of its system, and SNOMED CT codes of conditions."""

    medicines: tuple[tuple[str, str], ...] = ()
    conditions: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.medicines or self.conditions)


class _Either(msgspec.Struct):
    concept: shapes.Concept | None = None


class _Resource(msgspec.Struct):
    type: str | None = msgspec.field(name="resourceType", default=None)
    concept: shapes.Concept | None = msgspec.field(name="medicationCodeableConcept", default=None)
    medication: _Either | None = None
    code: msgspec.Raw = msgspec.Raw(b"")
    contained: list[_Resource] | None = None


class _Entry(msgspec.Struct):
    resource: _Resource | None = None


class _Bundle(msgspec.Struct):
    entry: list[_Entry | None] | None = None


_read_bundle = msgspec.json.Decoder(_Bundle).decode
_read_resource = msgspec.json.Decoder(_Resource).decode
_read_concept = msgspec.json.Decoder(shapes.Concept).decode
_write = msgspec.json.Encoder(decimal_format="number").encode


def find_unknown_codes(
    context: Mapping[str, Any], prefetch: Mapping[str, bytes | None], knowledge: Knowledge
) -> UnknownCodes:
    """Every code of a medicine or a condition that the tables do not know, of entries that nothing else tells."""
    medicines: dict[tuple[str, str], None] = {}
    conditions: dict[str, None] = {}
    for resource in _resources(context, prefetch):
        for concept in _medicines_in(resource):
            codings = codings_of(concept)
            if codings and not knowledge.formulary.recognise(codings, concept.text).is_identified:
                medicines.update(dict.fromkeys(knowledge.formulary.unknown_codes(codings)))
        if resource.type == "Condition" and (condition := _concept(resource.code)) is not None:
            codings = codings_of(condition)
            if codings and not knowledge.conditions.groups_of(codings, condition.text):
                conditions.update(dict.fromkeys(knowledge.conditions.unknown_codes(codings)))
    return UnknownCodes(tuple(medicines), tuple(conditions))


def _resources(context: Mapping[str, Any], prefetch: Mapping[str, bytes | None]) -> Iterator[_Resource]:
    for body in draft_bodies(context):
        try:
            yield _read_resource(_write(body))
        except (msgspec.MsgspecError, RecursionError):
            continue
    for raw in prefetch.values():
        try:
            bundle = _read_bundle(raw or b"{}")
        except (msgspec.MsgspecError, RecursionError):
            continue
        yield from (entry.resource for entry in bundle.entry or () if entry is not None and entry.resource is not None)


def _medicines_in(resource: _Resource) -> Iterator[shapes.Concept]:
    if resource.concept is not None:
        yield resource.concept
    if resource.medication is not None and resource.medication.concept is not None:
        yield resource.medication.concept
    for part in (resource, *(resource.contained or ())):
        if part.type == "Medication" and (concept := _concept(part.code)) is not None:
            yield concept


def _concept(raw: msgspec.Raw) -> shapes.Concept | None:
    try:
        return _read_concept(raw) if len(raw) else None
    except (msgspec.MsgspecError, RecursionError):
        return None
