"""How an opioid leaves the body: which kind it is in a form, a release, a strength and a company."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from cards.drugs import Form, OpioidKind, Release, Role, Strength
from cards.knowledge.medication_facts import Ingredient, Product

# More dangerous kinds first: where codes leave it open which product was meant, the longest washout is assumed.
_CAUTIOUS_FIRST = (
    OpioidKind.SUBLOCADE,
    OpioidKind.BRIXADI_MONTHLY,
    OpioidKind.IMPLANT,
    OpioidKind.BRIXADI_WEEKLY,
    OpioidKind.MAINTENANCE,
    OpioidKind.PATCH,
    OpioidKind.LONG,
    OpioidKind.INJECTED_BUPRENORPHINE,
    OpioidKind.EXTENDED,
    OpioidKind.UNREGULATED,
    OpioidKind.SHORT,
    OpioidKind.COUGH,
    OpioidKind.GUT,
    OpioidKind.RESTRICTED,
)


class OpioidKinds:
    """What the page says of opioids, and of what makes one a medicine for cough or for the gut."""

    def __init__(
        self,
        ingredients: Mapping[str, Ingredient],
        cough: Mapping[str, Sequence[str]],
        gut: Mapping[str, Sequence[str]],
    ) -> None:
        self._ingredients = ingredients
        self._cough, self._gut = cough, gut

    def is_opioid(self, name: str) -> bool:
        """Whether an ingredient is an opioid."""
        fact = self._ingredients.get(name)
        return fact is not None and Role.OPIOID in fact.roles

    def kind_of(
        self,
        names: Sequence[str],
        form: Form,
        release: Release,
        strengths: Mapping[str, Strength],
        product: Product | None,
    ) -> OpioidKind:
        """How an opioid of this form and release leaves the body."""
        if product and product.opioid_kind and set(product.of) >= {n for n in names if self.is_opioid(n)}:
            mg = [strengths[name].mg for name in product.of if name in strengths and strengths[name].per == "unit"]
            by_mg = next((product.kind_by_mg[amount] for amount in mg if amount in product.kind_by_mg), None)
            return by_mg or self.by_concentration(product.of, strengths) or product.opioid_kind
        kinds = [
            self.by_concentration([name], strengths) or self._alone(self._ingredients[name], names, form, release)
            for name in names
            if self.is_opioid(name)
        ]
        return most_cautious(kinds) or OpioidKind.SHORT

    def by_concentration(self, names: Iterable[str], strengths: Mapping[str, Strength]) -> OpioidKind | None:
        """The kind that only one product of this concentration has."""
        for name in names:
            strength = strengths.get(name)
            if (
                strength
                and strength.per == "mL"
                and (kind := self._ingredients[name].kind_by_concentration.get(strength.mg))
            ):
                return kind
        return None

    def _alone(self, fact: Ingredient, names: Sequence[str], form: Form, release: Release) -> OpioidKind:
        """What kind one opioid is in this form and company."""
        kind = fact.opioid_kind or OpioidKind.SHORT
        if form in fact.kind_by_form:
            return fact.kind_by_form[form]
        if fact.keeps_kind:
            return kind
        with_it = set(names) - {fact.name}
        if self._is_for(self._cough, fact.name, with_it) and with_it.isdisjoint(self._cough["never_with"]):
            return OpioidKind.COUGH
        if self._is_for(self._gut, fact.name, with_it):
            return OpioidKind.GUT
        if form is Form.PATCH:
            return OpioidKind.PATCH
        return OpioidKind.EXTENDED if release is Release.EXTENDED and kind is OpioidKind.SHORT else kind

    @staticmethod
    def _is_for(use: Mapping[str, Sequence[str]], name: str, with_it: set[str]) -> bool:
        """Whether an opioid in this company is a medicine for cough, or for the gut."""
        return name in use["opioids"] and not with_it.isdisjoint(use["with"])


def most_cautious(kinds: Iterable[OpioidKind | None]) -> OpioidKind | None:
    """The kind with the longest washout."""
    return min((kind for kind in kinds if kind), key=_CAUTIOUS_FIRST.index, default=None)
