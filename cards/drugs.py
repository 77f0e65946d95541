"""What a medicine is, once it has been recognised.

Vocabulary is code: a role or kind that is misspelled fails when the tables load, not at the bedside. Which medicine has
which role is data and lives in ``cards/knowledge``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum


class Role(StrEnum):
    """What a medicine means to this service.

    A combination product carries the roles of all its ingredients, with one exception: a product that holds an opioid
    agonist is an ``OPIOID`` and nothing else, whatever antagonist it is packed with (morphine/naltrexone,
    buprenorphine/naloxone).
    """

    NALTREXONE = "naltrexone"
    OPIOID = "opioid"
    NALOXONE = "naloxone"
    OTHER_ANTAGONIST = "other-antagonist"  # nalmefene, samidorphan, levallorphan
    PERIPHERAL_ANTAGONIST = "peripheral-antagonist"  # the PAMORAs: methylnaltrexone, naloxegol, naldemedine, alvimopan
    HYPNOTIC = "hypnotic"
    LOFEXIDINE = "lofexidine"
    ACAMPROSATE = "acamprosate"
    DISULFIRAM = "disulfiram"
    THIORIDAZINE = "thioridazine"
    THYROID_HORMONE = "thyroid-hormone"
    TRANSPLANT_IMMUNOSUPPRESSANT = "transplant-immunosuppressant"  # calcineurin and mTOR inhibitors


class OpioidKind(StrEnum):
    """How an opioid leaves the body, and so which washout and which rule it falls under (catalogue §2.1, §3.2)."""

    SHORT = "short"  # immediate release
    EXTENDED = "extended"  # oral extended release
    LONG = "long"  # levorphanol, diamorphine
    MAINTENANCE = "maintenance"  # methadone; buprenorphine by mouth
    INJECTED_BUPRENORPHINE = "injected-buprenorphine"  # short-acting, intramuscular or intravenous
    PATCH = "patch"
    SUBLOCADE = "sublocade"
    BRIXADI_WEEKLY = "brixadi-weekly"
    BRIXADI_MONTHLY = "brixadi-monthly"
    IMPLANT = "implant"
    COUGH = "cough"  # antitussive combinations, by product
    GUT = "gut"  # diphenoxylate, difenoxin, eluxadoline, belladonna and opium
    RESTRICTED = (
        "restricted"  # loperamide, difelikefalin: hardly leave the gut, or act at kappa receptors outside the brain
    )
    UNREGULATED = "unregulated"  # kratom, tianeptine

    @property
    def is_depot(self) -> bool:
        """Whether it was put under the skin to last for weeks or months."""
        return self in _DEPOTS

    @property
    def is_mild(self) -> bool:
        """Whether it is no medicine for pain: one for cough or for the gut, or one that hardly leaves the gut."""
        return self in _MILD


_MILD = frozenset({OpioidKind.COUGH, OpioidKind.GUT, OpioidKind.RESTRICTED})
_DEPOTS = frozenset({OpioidKind.SUBLOCADE, OpioidKind.BRIXADI_WEEKLY, OpioidKind.BRIXADI_MONTHLY, OpioidKind.IMPLANT})


class Form(StrEnum):
    """The dose form, as coarse as the rules need it."""

    TABLET = "tablet"
    CAPSULE = "capsule"
    LIQUID = "liquid"
    FILM = "film"
    LOZENGE = "lozenge"
    PATCH = "patch"
    INJECTION = "injection"
    DEPOT = "depot"
    IMPLANT = "implant"
    NASAL = "nasal"
    RECTAL = "rectal"
    TOPICAL = "topical"
    POWDER = "powder"
    UNKNOWN = "unknown"


class Release(StrEnum):
    """Whether the form releases at once or slowly; ``UNKNOWN`` when nothing says so."""

    IMMEDIATE = "immediate"
    EXTENDED = "extended"
    UNKNOWN = "unknown"


class Certainty(StrEnum):
    """How a medicine was recognised, best first."""

    PRODUCT_CODE = "product code"
    INGREDIENT_CODE = "ingredient code"
    NAME = "name only"
    POSSIBLE = "possible misspelling"
    UNCONFIRMED = "unconfirmed brand"  # a name that stands in our list of brands, and that no public text bears out
    UNLISTED = "in no table"  # plainly named, and the name is none of ours
    NOT_IDENTIFIED = "not identified"  # nothing in it names a medicine: no words at all, "see list"


IN_DOUBT = frozenset({Certainty.POSSIBLE, Certainty.UNCONFIRMED})
"""Readings that never decide alone: they are asked about, and an opioid so read counts as a possible exposure."""


@dataclass(frozen=True, slots=True)
class Strength:
    """Milligrams of one ingredient in one unit (``per="unit"``), in one millilitre (``"mL"``) or per hour (``"h"``)."""

    mg: Decimal
    per: str = "unit"


@dataclass(frozen=True, slots=True)
class Drug:
    """One medicine: what is in it, what that means here, and how sure we are.

    ``name`` is made of ingredient names (``hydrocodone/acetaminophen``), never of the client's display text, so it may
    be shown anywhere. ``strengths`` maps an ingredient to its strength where a code or a text told it.
    ``contradicted_by`` names what the text says when code and text name different medicines; the drug then is the more
    dangerous of the two. ``meant`` is what to ask about when the name is in doubt: the spelling of a near miss, or what
    an unconfirmed brand is thought to hold.
    """

    name: str
    ingredients: tuple[str, ...] = ()
    roles: frozenset[Role] = frozenset()
    opioid_kind: OpioidKind | None = None
    form: Form = Form.UNKNOWN
    release: Release = Release.UNKNOWN
    strengths: tuple[tuple[str, Strength], ...] = ()
    brand: str | None = None
    recognised_by: Certainty = Certainty.NOT_IDENTIFIED
    contradicted_by: str | None = None
    meant: str | None = None
    is_marketed_product: bool = field(default=False)

    @property
    def is_identified(self) -> bool:
        """Whether the medicine is one we know by code or name (also one of no interest to any rule)."""
        return self.recognised_by not in (Certainty.UNLISTED, Certainty.NOT_IDENTIFIED)

    @property
    def is_possible(self) -> bool:
        """Whether it rests on a name in doubt, which never decides alone: the card asks what was meant."""
        return self.recognised_by in IN_DOUBT

    @property
    def is_opioid(self) -> bool:
        """Whether it holds an opioid agonist, partial agonist or mixed agonist."""
        return Role.OPIOID in self.roles

    @property
    def is_naltrexone(self) -> bool:
        """Whether it is naltrexone, alone or with bupropion; never an opioid that is packed with naltrexone."""
        return Role.NALTREXONE in self.roles

    @property
    def is_single_ingredient(self) -> bool:
        """Whether there is one active ingredient only."""
        return len(self.ingredients) == 1

    def strength_of(self, ingredient: str) -> Strength | None:
        """The strength of one ingredient, or ``None`` when nobody told it."""
        for name, strength in self.strengths:
            if name == ingredient:
                return strength
        return None


UNIDENTIFIED = Drug(name="a medicine that could not be identified")
UNLISTED = Drug(name="a medicine in no table here", recognised_by=Certainty.UNLISTED)
