"""Which resources are worth reading in full: most of a chart concerns no rule, and reading it would cost what matters.

A resource is passed over by the one element that says what it is about – the medicine, the diagnosis, the test – and
only if the tables are sure that no rule asks about it; of some a rule asks only where their like is ordered. A medicine
that nobody can name is never passed over: that there is one is a fact about the list. The verdict on an element is
remembered by its JSON text.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

import msgspec

from cards.drugs import Certainty, Role
from cards.knowledge.loading import Knowledge
from cards.reading import shapes
from cards.reading.concepts import codings_of
from cards.reading.procedures import PLANNED, names_an_operation

_REMEMBERED = 65_536
_NOTHING = b""

_read_concept = msgspec.json.Decoder(shapes.Concept).decode
_read_concepts = msgspec.json.Decoder(list[shapes.Named | list[shapes.Named] | None]).decode
_STILL_TO_COME = frozenset(f'"{status}"'.encode() for status in PLANNED)
_read_reference = msgspec.json.Decoder(shapes.Reference).decode


class Verdict(Enum):
    """What becomes of a resource."""

    READ = "read"
    COMPARE = "read where a draft of its like is compared with it"
    PASS_OVER = "pass over"  # noqa: S105  (a verdict, not a password)


class Sieve:
    """Verdicts of one house's tables; safe to share between threads, since a lost entry is only worked out again."""

    def __init__(self, knowledge: Knowledge) -> None:
        """Take the tables to ask."""
        self.knowledge = knowledge
        self.medicines: dict[bytes, Verdict] = {}
        self._references: dict[bytes, Verdict] = {}
        self.conditions: dict[bytes, Verdict] = {}
        self.tests: dict[bytes, Verdict] = {}
        self.drafts: dict[bytes, Any] = {}
        self._services: dict[bytes, Verdict] = {}

    def medicine(self, concept: msgspec.Raw, reference: msgspec.Raw, either: msgspec.Raw) -> Verdict:
        """The verdict on a medication entry by its concept; R5's element that may be either is always read."""
        if len(concept):
            return _remembered(self.medicines, bytes(concept), self._judge_medicine)
        if len(either):
            return Verdict.READ
        if len(reference):
            return _remembered(self._references, bytes(reference), self._judge_reference)
        return Verdict.PASS_OVER

    def condition(self, code: msgspec.Raw) -> Verdict:
        """The verdict on a problem-list entry by its code."""
        return _remembered(self.conditions, bytes(code), self._judge_condition) if len(code) else Verdict.PASS_OVER

    def test(self, code: msgspec.Raw, component: msgspec.Raw) -> Verdict:
        """The verdict on an observation by its code; a panel is always read."""
        if len(component):
            return Verdict.READ
        return _remembered(self.tests, bytes(code), self._judge_test) if len(code) else Verdict.PASS_OVER

    def service(self, code: msgspec.Raw, category: msgspec.Raw) -> Verdict:
        """The verdict on a requested service by its code and category: only operations are read."""
        told = b"[" + b",".join(bytes(raw) for raw in (code, category) if len(raw)) + b"]"
        return _remembered(self._services, told, self._judge_service)

    def procedure(self, status: msgspec.Raw) -> Verdict:
        """The verdict on a procedure by its status: most of them are over."""
        return Verdict.READ if bytes(status) in _STILL_TO_COME else Verdict.PASS_OVER

    def _judge_medicine(self, raw: bytes) -> Verdict:
        """A medicine that nobody could name is read too: when it was taken tells whether it matters."""
        concept = _read_concept(raw)
        drug = self.knowledge.formulary.recognise(codings_of(concept), concept.text)
        is_named = drug.recognised_by is not Certainty.NOT_IDENTIFIED
        return _verdict_by(drug.roles) if is_named else Verdict.READ

    def _judge_reference(self, raw: bytes) -> Verdict:
        """A reference with words is judged by them; one without words, or into the resource itself, is followed."""
        reference = _read_reference(raw)
        if not reference.display or (reference.reference or "").startswith("#"):
            return Verdict.READ
        # The Medication it points to may say more than the words do, so only a name we know may be passed over.
        drug = self.knowledge.formulary.recognise((), reference.display)
        return _verdict_by(drug.roles) if drug.is_identified else Verdict.READ

    def _judge_condition(self, raw: bytes) -> Verdict:
        concept = _read_concept(raw)
        groups = self.knowledge.conditions.groups_of(codings_of(concept), concept.text)
        return Verdict.READ if groups else Verdict.PASS_OVER

    def _judge_service(self, raw: bytes) -> Verdict:
        concepts = [one for told in _read_concepts(raw) for one in (told if isinstance(told, list) else [told])]
        return Verdict.READ if names_an_operation(concepts, self.knowledge.procedures) else Verdict.PASS_OVER

    def _judge_test(self, raw: bytes) -> Verdict:
        concept = _read_concept(raw)
        name = self.knowledge.labs.test_of(codings_of(concept), concept.text)
        return Verdict.PASS_OVER if name is None else Verdict.READ


_COMPARED_ONLY = frozenset({Role.THYROID_HORMONE})
"""Many take a thyroid hormone, and what they take matters only where one is being ordered."""


def _verdict_by(roles: frozenset[Role]) -> Verdict:
    if roles == _COMPARED_ONLY:
        return Verdict.COMPARE
    return Verdict.READ if roles else Verdict.PASS_OVER


def _remembered(memory: dict[bytes, Verdict], raw: bytes, judge: Callable[[bytes], Verdict]) -> Verdict:
    verdict = memory.get(raw)
    if verdict is None:
        try:
            verdict = judge(raw)
        except (msgspec.ValidationError, msgspec.DecodeError, RecursionError):
            verdict = Verdict.READ  # the tolerant reader will make of it what it can
        if len(memory) >= _REMEMBERED:
            memory.clear()
        memory[raw] = verdict
    return verdict
