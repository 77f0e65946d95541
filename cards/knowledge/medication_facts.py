"""What the page of medicines and the table of brands say of an ingredient, a product and a brand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, TypeVar

from cards.drugs import Form, OpioidKind, Release, Role
from cards.knowledge.medication_words import phrase_of

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Ingredient:
    """What ``medications.toml`` says about one ingredient."""

    name: str
    order: int
    roles: frozenset[Role] = frozenset()
    opioid_kind: OpioidKind | None = None
    keeps_kind: bool = False
    kind_by_form: Mapping[Form, OpioidKind] = field(default_factory=dict)
    kind_by_concentration: Mapping[Decimal, OpioidKind] = field(default_factory=dict)
    kind_by_word: Mapping[str, OpioidKind] = field(default_factory=dict)
    injection_is_depot: bool = False
    extended_injection_is_depot: bool = False
    not_as: frozenset[Form] = frozenset()
    marketed_form: Form | None = None
    marketed_mg: frozenset[Decimal] = frozenset()


@dataclass(frozen=True, slots=True)
class Product:
    """What a name of a product tells. ``of`` is in the order in which the label prints strengths."""

    brand: str
    of: tuple[str, ...]
    form: Form = Form.UNKNOWN
    release: Release = Release.UNKNOWN
    opioid_kind: OpioidKind | None = None
    kind_by_mg: Mapping[Decimal, OpioidKind] = field(default_factory=dict)
    kind_by_word: Mapping[str, OpioidKind] = field(default_factory=dict)
    roles: frozenset[Role] | None = None
    is_marketed: bool = True
    needs: frozenset[str] = frozenset()
    dose_to: Decimal | None = None
    may_stand_alone: bool = False
    unless: frozenset[str] = frozenset()
    register: str = ""
    seen_in: str | None = None
    """Where a brand of ``brands.tsv`` was seen beside its ingredients. One seen nowhere, ``""``, never decides alone;
    ``None`` is a product of another table."""


def product_of(found: Product | str) -> Product | None:
    """The product found, if it is one rather than the name of an ingredient."""
    return found if isinstance(found, Product) else None


def called(found: Product | str) -> str:
    """How what was found is called."""
    return found.brand if isinstance(found, Product) else found


def made_of(found: Product | str) -> tuple[str, ...]:
    """The ingredients of what was found."""
    return found.of if isinstance(found, Product) else (found,)


def read_ingredients(page: Mapping[str, Any]) -> dict[str, Ingredient]:
    """All ingredients in the order in which a combination names them."""
    ingredients = {}
    for order, (name, facts) in enumerate(page["ingredients"].items()):
        marketed = facts.get("marketed", {})
        ingredients[name] = Ingredient(
            name=name,
            order=order,
            roles=frozenset(map(Role, facts["roles"])),
            opioid_kind=OpioidKind(facts["opioid_kind"]) if "opioid_kind" in facts else None,
            keeps_kind=facts.get("keeps_kind", False),
            kind_by_form={Form(form): OpioidKind(kind) for form, kind in facts.get("kind_by_form", {}).items()},
            kind_by_concentration=_kinds_by_amount(facts.get("kind_by_concentration", {})),
            kind_by_word={word: OpioidKind(kind) for word, kind in facts.get("kind_by_word", {}).items()},
            injection_is_depot=facts.get("injection_is_depot", False),
            extended_injection_is_depot=facts.get("extended_injection_is_depot", False),
            not_as=frozenset(map(Form, facts.get("not_as", ()))),
            marketed_form=Form(marketed["form"]) if marketed else None,
            marketed_mg=frozenset(map(Decimal, marketed.get("mg", ()))),
        )
    for name in page["others"]["names"]:
        ingredients.setdefault(name, Ingredient(name, len(ingredients)))
    return ingredients


def read_products(page: Mapping[str, Any]) -> dict[str, Product]:
    """Every product by every spelling of its name; a sister brand keeps its own name."""
    products = {}
    for name, facts in page["products"].items():
        product = _read_product(name, facts)
        for spelling in (name, *facts.get("also", ())):
            products[" ".join(phrase_of(spelling))] = product
        for sister in facts.get("sisters", ()):
            products[" ".join(phrase_of(sister))] = replace(product, brand=sister)
    return products


def _read_product(name: str, facts: Mapping[str, Any]) -> Product:
    return Product(
        brand=name,
        of=tuple(facts["of"]),
        form=Form(facts.get("form", "unknown")),
        release=Release(facts.get("release", "unknown")),
        opioid_kind=OpioidKind(facts["opioid_kind"]) if "opioid_kind" in facts else None,
        kind_by_mg=_kinds_by_amount(facts.get("kind_by_mg", {})),
        kind_by_word={word: OpioidKind(kind) for word, kind in facts.get("kind_by_word", {}).items()},
        roles=frozenset(map(Role, facts["roles"])) if "roles" in facts else None,
        is_marketed=facts.get("marketed", True),
        needs=frozenset(facts.get("alone_needs", ())),
        unless=frozenset(facts.get("alone_unless", ())),
        dose_to=Decimal(facts["alone_dose_to"]) if "alone_dose_to" in facts else None,
    )


def read_brand(line: str) -> Product:
    """One line of ``brands.tsv``."""
    brand, ingredients, form, release, kind, _, register, seen_in = line.split("\t")
    return Product(
        brand=brand,
        of=tuple(ingredients.split("; ")),
        form=Form(form or "unknown"),
        release=Release(release or "unknown"),
        opioid_kind=OpioidKind(kind) if kind else None,
        register=register,
        seen_in=seen_in,
    )


def _kinds_by_amount(told: Mapping[str, str]) -> dict[Decimal, OpioidKind]:
    return {Decimal(amount): OpioidKind(kind) for amount, kind in told.items()}


def brands_of(lines: Iterable[str]) -> list[tuple[tuple[str, ...], Product]]:
    """The brands the code table knows, each with what all its products share.

    One brand may have been several products over the years; then the one with most codes is meant, and form or release
    stay open where its products differ.
    """
    compositions: dict[str, dict[str, int]] = {}
    makes: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for line in lines:
        _, ingredients, _, form, release, brand, _, _ = line.split("\t")
        if brand:
            counts = compositions.setdefault(brand, {})
            counts[ingredients] = counts.get(ingredients, 0) + 1
            if form:
                makes.setdefault((brand, ingredients), set()).add((form, release))
    found = []
    for brand, counts in compositions.items():
        ingredients = max(counts, key=lambda told: counts[told])
        shared = makes.get((brand, ingredients), set())
        form = agreed((Form(form) for form, _ in shared), Form.UNKNOWN)
        release = agreed((Release(release) for _, release in shared if release), Release.UNKNOWN)
        found.append((phrase_of(brand), Product(brand, tuple(ingredients.split("; ")), form, release)))
    return found


def agreed(told: Iterable[_T], otherwise: _T) -> _T:
    """What all say who say anything."""
    said = {value for value in told if value is not otherwise}
    return said.pop() if len(said) == 1 else otherwise
