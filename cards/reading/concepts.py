"""CodeableConcepts as the plain tuples that the tables take."""

from __future__ import annotations

from cards.reading import shapes

Codings = tuple[tuple[str | None, str | None, str | None], ...]


def codings_of(concept: shapes.Concept | None) -> Codings:
    """The codings of a concept: (system, code, display) each."""
    return tuple([(c.system, c.code, c.display) for c in concept.coding]) if concept is not None else ()
