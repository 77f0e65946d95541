"""When naltrexone is ordered and the allergy list names it, then stop the prescriber, because a former allergic

reaction is a contraindication on its label; a side effect on that list is only told.
"""

from collections.abc import Iterator

from cards.allergies import Allergy, AllergyKind
from cards.chart import Band, Chart, Kind, Order
from cards.conditions import ConditionGroup
from cards.drugs import Form, Role
from cards.findings import Finding, looks_for, says
from cards.numbers import Numbers
from cards.suggestions import withdraw
from cards.wordings import condition_fact

RELATED = frozenset({"naloxone", "nalmefene"})
ORDER_OF_GRAVITY = ("allergy", "related", "depot_part", "side_effect")


@looks_for(Kind.ALLERGIES, ConditionGroup.NALTREXONE_ALLERGY, needs=(Kind.ALLERGIES,))
def naltrexone_allergy(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per naltrexone order, of the gravest entry."""
    recorded = chart.told_conditions(ConditionGroup.NALTREXONE_ALLERGY)
    for order in chart.ordering(Role.NALTREXONE):
        if recorded:
            yield says(
                "allergy",
                order,
                substance="naltrexone",
                reaction="an allergy",
                facts=map(condition_fact, recorded),
                offers=[withdraw(order, recommended=True)],
                evidence=[condition.reference for condition in recorded],
            )
            continue
        told = [
            (circumstance, a) for a in chart.allergic() for circumstance in [_circumstance(a, order)] if circumstance
        ]
        for circumstance, allergy in sorted(told, key=lambda one: ORDER_OF_GRAVITY.index(one[0]))[:1]:
            yield says(
                circumstance,
                order,
                substance=allergy.label,
                reaction=_reaction(allergy),
                facts=[f"on the allergy list: {a.label}, {_reaction(a)}" for _, a in told],
                offers=[]
                if circumstance == "side_effect"
                else [withdraw(order, recommended=circumstance == "allergy")],
                evidence=[a.reference for _, a in told],
            )


def _circumstance(allergy: Allergy, order: Order) -> str:
    """What an entry means for this order; empty when it means nothing."""
    drug = allergy.substance_drug
    if drug is not None and drug.is_naltrexone:
        return "allergy" if _is_allergy(allergy) else "side_effect"
    if drug is not None and drug.ingredients and RELATED.issuperset(drug.ingredients):
        return "related" if _is_allergy(allergy) else "side_effect"
    is_depot = order.band is Band.DEPOT or order.form is Form.DEPOT
    return "depot_part" if is_depot and allergy.excipient is not None and allergy.excipient.is_in_depot else ""


def _is_allergy(allergy: Allergy) -> bool:
    """Whether it is an allergy: by its kind; where none is told, unless only side effects are."""
    if allergy.is_anaphylaxis or allergy.kind is AllergyKind.ALLERGY:
        return True
    return allergy.kind is AllergyKind.UNKNOWN and not allergy.is_side_effect_only


def _reaction(allergy: Allergy) -> str:
    if allergy.is_anaphylaxis:
        return "anaphylaxis"
    if allergy.reactions:
        return " and ".join(sorted(allergy.reactions))
    return "a reaction that is not told" if allergy.kind is AllergyKind.UNKNOWN else allergy.kind.value
