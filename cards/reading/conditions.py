"""Condition resources become entries of the problem list.

Accepted shapes: ``clinicalStatus`` and ``verificationStatus`` as a code (DSTU2, STU3) or a CodeableConcept (R4 to R5,
http://hl7.org/fhir/R4/condition.html); the day it was written down as ``dateRecorded`` (DSTU2), ``assertedDate`` (STU3)
or ``recordedDate`` (R4 to R5). Left unread on purpose: severity and stage, which rules take from the code alone; notes,
which tell of anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from cards.conditions import ClinicalStatus, Condition, Verification
from cards.knowledge.conditions import ConditionTable
from cards.reading import shapes
from cards.reading.concepts import codings_of
from cards.reading.dates import first_day, last_day

_CLINICAL = {
    "active": ClinicalStatus.ACTIVE,
    "recurrence": ClinicalStatus.ACTIVE,
    "relapse": ClinicalStatus.ACTIVE,
    "remission": ClinicalStatus.REMISSION,
    "resolved": ClinicalStatus.RESOLVED,
    "inactive": ClinicalStatus.RESOLVED,
}
_VERIFICATION = {
    "confirmed": Verification.CONFIRMED,
    "provisional": Verification.PROVISIONAL,
    "differential": Verification.PROVISIONAL,
    "unconfirmed": Verification.PROVISIONAL,
    "refuted": Verification.REFUTED,
    "entered-in-error": Verification.ENTERED_IN_ERROR,
}
_DROPPED = frozenset({Verification.REFUTED, Verification.ENTERED_IN_ERROR})


def read_condition(resource: shapes.Condition, table: ConditionTable) -> Condition | None:
    """One entry; ``None`` for what is refuted, entered in error, about a relative, or of no interest to any rule.

    *Inactive* is resolved, except for a use disorder: nobody is cured of one, so it is in remission.
    """
    verification = verification_of(resource.verificationStatus)
    if verification in _DROPPED or resource.code is None or _is_family_history(resource.category):
        return None
    groups = table.groups_of(codings_of(resource.code), resource.code.text)
    if not groups:
        return None
    words = words_of(resource.clinicalStatus)
    status = _status(resource, words)
    if words == ("inactive",) and any(g.is_substance_use_disorder for g in groups):
        status = ClinicalStatus.REMISSION
    if status is ClinicalStatus.REMISSION:
        groups = frozenset(group.in_remission for group in groups)
    recorded = resource.recordedDate or resource.assertedDate or resource.dateRecorded
    return Condition(
        groups=groups,
        status=status,
        verification=verification,
        onset=first_day(resource.onsetDateTime or (resource.onsetPeriod.start if resource.onsetPeriod else None)),
        recorded=last_day(recorded),
        ended=_ended(resource),
        reference=f"Condition/{resource.id}" if resource.id else "",
    )


def words_of(status: shapes.Concept | str | None) -> tuple[str, ...]:
    """What a status says, as a bare code or as a CodeableConcept, in small letters."""
    if status is None:
        return ()
    if isinstance(status, str):
        return (status.strip().casefold(),)
    words = [coding.code.strip().casefold() for coding in status.coding if coding.code]
    if status.text:
        words.append(status.text.strip().casefold())
    return tuple(dict.fromkeys(words)) if len(words) > 1 else tuple(words)


def verification_of(status: shapes.Concept | str | None) -> Verification:
    """How sure an entry is; what we do not know is ``UNKNOWN``."""
    for word in words_of(status):
        if word in _VERIFICATION:
            return _VERIFICATION[word]
    return Verification.UNKNOWN


def _status(resource: shapes.Condition, words: Iterable[str]) -> ClinicalStatus:
    """The clinical status; where none is told, an end that is told says that it is over."""
    for word in words:
        if word in _CLINICAL:
            return _CLINICAL[word]
    if resource.abatementBoolean or resource.abatementDateTime or resource.abatementPeriod is not None:
        return ClinicalStatus.RESOLVED
    return ClinicalStatus.UNKNOWN


def _ended(resource: shapes.Condition) -> date | None:
    period = resource.abatementPeriod
    return last_day(resource.abatementDateTime or (period.end or period.start if period else None))


def _is_family_history(category: list[shapes.Concept] | shapes.Concept) -> bool:
    for concept in category if isinstance(category, list) else [category]:
        if concept.text and "family" in concept.text.casefold():
            return True
        for coding in concept.coding:
            if (coding.code and "family" in coding.code.casefold()) or (
                coding.display and "family" in coding.display.casefold()
            ):
                return True
    return False
