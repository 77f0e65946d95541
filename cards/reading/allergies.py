"""AllergyIntolerance resources become entries of the allergy list.

Accepted shapes (http://hl7.org/fhir/R4/allergyintolerance.html and its neighbours): the substance as ``substance``
(DSTU2) or ``code`` (STU3 to R5), or only within ``reaction``; ``status`` (DSTU2), or ``clinicalStatus`` and
``verificationStatus`` as a code (STU3) or a CodeableConcept; ``criticality`` as ``CRITH`` (DSTU2) or ``high``; ``type``
as a code or a CodeableConcept (R5); ``manifestation`` as a CodeableConcept or a CodeableReference (R5). Left unread on
purpose: dates and severity, which no rule asks for.
"""

from __future__ import annotations

from collections.abc import Iterable

from cards.allergies import Allergy, AllergyKind, Reaction
from cards.conditions import Verification
from cards.drugs import Drug
from cards.knowledge.loading import Knowledge
from cards.reading import shapes
from cards.reading.concepts import Codings, codings_of
from cards.reading.conditions import verification_of, words_of

_DROPPED = frozenset({Verification.REFUTED, Verification.ENTERED_IN_ERROR})
_OVER = frozenset({"inactive", "resolved"})
_HIGH = frozenset({"high", "crith"})
# Words an entry wraps around its substance. The formulary reads "naltrexone allergy" as "not to be given".
_WRAPPING = frozenset(
    {"allergy", "allergies", "allergic", "intolerance", "intolerant", "hypersensitivity", "sensitivity", "adverse"}
    | {"reaction", "reactions", "propensity", "anaphylaxis", "drug", "substance", "caused", "by", "due", "to"}
)


def read_allergy(resource: shapes.AllergyIntolerance, knowledge: Knowledge) -> Allergy | None:
    """One entry; ``None`` for what is refuted, entered in error, denied, or of no interest to any rule."""
    if verification_of(resource.verificationStatus) in _DROPPED or verification_of(resource.status) in _DROPPED:
        return None
    substances = [resource.code, resource.substance, *(reaction.substance for reaction in resource.reaction)]
    for concept in substances:
        if concept is None or knowledge.excipients.denies(codings_of(concept), concept.text):
            continue
        drug = _drug(concept, knowledge)
        excipient = knowledge.excipients.excipient_of(codings_of(concept), concept.text) if drug is None else None
        if drug is not None or excipient is not None:
            reactions = _reactions(resource, concept, knowledge)
            return Allergy(
                substance_drug=drug,
                excipient=excipient,
                kind=_kind(resource.type),
                is_anaphylaxis=_is_anaphylaxis(resource, concept, knowledge),
                is_high_criticality=(resource.criticality or "").strip().casefold() in _HIGH,
                reactions=reactions,
                is_active=not _OVER.intersection((*words_of(resource.clinicalStatus), *words_of(resource.status))),
                reference=f"AllergyIntolerance/{resource.id}" if resource.id else "",
            )
    return None


def _drug(concept: shapes.Concept, knowledge: Knowledge) -> Drug | None:
    """The medicine it is against, when it is one a rule asks about."""
    codings = codings_of(concept)
    medicine = knowledge.excipients.medicine_of(codings)
    if medicine is not None:
        return knowledge.formulary.recognise((), medicine)
    bare: Codings = tuple((system, code, _bare(display)) for system, code, display in codings)
    drug = knowledge.formulary.recognise(bare, _bare(concept.text))
    return drug if drug.is_identified and drug.roles else None


def _bare(text: str | None) -> str | None:
    """A text without the words that only say that it is about an allergy."""
    if not text:
        return text
    return " ".join(word for word in text.split() if word.strip(".,:;()[]").casefold() not in _WRAPPING)


def _kind(told: shapes.Concept | str | None) -> AllergyKind:
    words = words_of(told)
    return next((kind for kind in (AllergyKind.ALLERGY, AllergyKind.INTOLERANCE) if kind in words), AllergyKind.UNKNOWN)


def _manifestations(resource: shapes.AllergyIntolerance) -> Iterable[tuple[Codings, str | None]]:
    """Everything the reactions are said to have been."""
    for reaction in resource.reaction:
        for manifestation in reaction.manifestation:
            if manifestation is None:
                continue
            own = tuple((c.system, c.code, c.display) for c in manifestation.coding)
            concept = manifestation.concept
            yield own + codings_of(concept), manifestation.text or (concept.text if concept is not None else None)
        if reaction.description:
            yield (), reaction.description


def _reactions(
    resource: shapes.AllergyIntolerance, concept: shapes.Concept, knowledge: Knowledge
) -> frozenset[Reaction]:
    found = [knowledge.excipients.reactions_of(*told) for told in _manifestations(resource)]
    # "naltrexone - vivid dreams" as the whole entry; that a name holds no reaction says nothing.
    found.append(knowledge.excipients.reactions_of(codings_of(concept), concept.text) - {Reaction.OTHER})
    return frozenset().union(*found)


def _is_anaphylaxis(resource: shapes.AllergyIntolerance, concept: shapes.Concept, knowledge: Knowledge) -> bool:
    told = [*_manifestations(resource), (codings_of(concept), concept.text)]
    return any(knowledge.excipients.is_anaphylaxis(*one) for one in told)
