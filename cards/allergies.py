"""What the patient does not tolerate, as far as a rule asks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cards.drugs import Drug


class Excipient(StrEnum):
    """What naltrexone products are made of besides naltrexone; the value is the word a card may show."""

    LACTOSE = "lactose"
    GELATIN = "gelatin"
    DYE = "dye"
    PARABEN = "paraben"
    BENZOATE = "benzoate"
    CELLULOSE = "cellulose"
    SUCROSE = "sucrose"
    DEPOT_POLYMER = "polylactide-co-glycolide"
    CARMELLOSE = "carboxymethylcellulose"

    @property
    def is_in_depot(self) -> bool:
        """Whether the monthly injection holds it."""
        return self in (Excipient.DEPOT_POLYMER, Excipient.CARMELLOSE)

    @property
    def is_in_oral_products(self) -> bool:
        """Whether tablets, compounded capsules or liquids may hold it."""
        return self is not Excipient.DEPOT_POLYMER and self is not Excipient.CARMELLOSE


class AllergyKind(StrEnum):
    """Whether it is an allergy or a side effect; lists that do not tell are ``UNKNOWN``."""

    ALLERGY = "allergy"
    INTOLERANCE = "intolerance"
    UNKNOWN = "unknown"


class Reaction(StrEnum):
    """What happened, as coarse as the rules need it; the value is the phrase a card may show."""

    SLEEP = "vivid dreams or poor sleep"
    NAUSEA = "nausea"
    OTHER = "a reaction"


@dataclass(frozen=True, slots=True)
class Allergy:
    """One entry of the allergy list.

    ``substance_drug`` is a medicine, ``excipient`` a part of a product; at most one of them is set. ``is_active`` is
    false for an entry that is resolved, inactive or refuted; a status that nobody told counts as active.
    """

    substance_drug: Drug | None = None
    excipient: Excipient | None = None
    kind: AllergyKind = AllergyKind.UNKNOWN
    is_anaphylaxis: bool = False
    is_high_criticality: bool = False
    reactions: frozenset[Reaction] = frozenset()
    is_active: bool = True
    reference: str = ""

    @property
    def label(self) -> str:
        """What it is against, in the house's words."""
        if self.excipient is not None:
            return self.excipient.value
        return self.substance_drug.name if self.substance_drug is not None else "an unnamed substance"

    @property
    def is_side_effect_only(self) -> bool:
        """Whether nothing but sleep trouble or nausea is told, whatever the entry calls itself."""
        if self.is_anaphylaxis or Reaction.OTHER in self.reactions:
            return False
        return bool(self.reactions) or self.kind is AllergyKind.INTOLERANCE
