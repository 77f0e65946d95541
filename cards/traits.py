"""What a draft or an entry of the lists can be like that only some rules look at.

A rule that speaks of liquids alone need not be asked about a capsule. Which traits a draft has follows from what it says
and from nothing else of the chart, so that they are worked out once and remembered with it (``reading.traits``). A draft
may have a trait that a rule then does not count, and never lacks one that it would.
"""

from __future__ import annotations

from enum import StrEnum

from cards.drugs import IN_DOUBT, Certainty, Drug


class Trait(StrEnum):
    """One of them. Those of the dose are of naltrexone drafts, those of the name of any draft or entry."""

    TWO_NAMES = "code and words name two medicines"
    NAMELESS = "nothing names a medicine"
    IN_DOUBT = "a name in doubt"
    UNCLEAR_DOSE = "a dose that cannot be worked out"
    NOT_LOW = "a dose that is not low, or not known"
    TWO_AMOUNTS = "two amounts, or two units"
    MISREADABLE = "an amount that is easily misread"
    VERY_SMALL = "micrograms, or less than a low dose"
    SEVERAL_A_DAY = "several doses a day"
    SEVERAL_STEPS = "several steps"
    NO_TIME = "no time of day"
    NO_REASON = "no reason"
    FOR_A_USE_DISORDER = "a use disorder as its reason"
    SLOW_RELEASE = "slow release"
    LIQUID = "a liquid"
    COMPOUNDED = "compounded"
    NOT_COMPOUNDED = "not compounded"


def of_the_name(drug: Drug) -> frozenset[Trait]:
    """The traits of how a medicine is named; most names have none."""
    if drug.contradicted_by is None and drug.recognised_by in _PLAIN:
        return _NONE
    found = {Trait.TWO_NAMES} if drug.contradicted_by is not None else set()
    if drug.recognised_by is Certainty.NOT_IDENTIFIED:
        found.add(Trait.NAMELESS)
    if drug.recognised_by in IN_DOUBT:
        found.add(Trait.IN_DOUBT)
    return frozenset(found)


_PLAIN = frozenset(Certainty) - IN_DOUBT - {Certainty.NOT_IDENTIFIED}
_NONE: frozenset[Trait] = frozenset()
