"""What one source tells about a medicine, and how two that agree are put together."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from cards.drugs import Certainty, Form, OpioidKind, Release, Strength
from cards.knowledge.medication_facts import Product
from cards.knowledge.medication_words import phrase_of

_NOTHING: Mapping[str, Strength] = MappingProxyType({})


class Told(NamedTuple):
    """What one source, a code or a text, tells about a medicine."""

    ingredients: tuple[str, ...]
    certainty: Certainty
    form: Form = Form.UNKNOWN
    release: Release = Release.UNKNOWN
    strengths: Mapping[str, Strength] = _NOTHING
    product: Product | None = None
    brand: str | None = None
    opioid_kind: OpioidKind | None = None
    is_marketed: bool = False
    meant: str | None = None
    is_bare_component: bool = False


def is_the_same_brand(told: Told, said: Told) -> bool:
    """Whether codes and words agree on the brand; what it is made of has changed over the years for some."""
    return bool(told.brand and said.brand) and phrase_of(told.brand or "") == phrase_of(said.brand or "")


def filled(told: Told, said: Told) -> Told:
    """What is told, with gaps filled from what else is said about the same medicine."""
    strengths = {**said.strengths, **told.strengths} if said.strengths else told.strengths
    opens = told.form is Form.UNKNOWN
    kind = told.opioid_kind
    if kind is None and (opens or told.product is None) and said.opioid_kind and said.product:
        kind = said.opioid_kind if told.certainty is not Certainty.PRODUCT_CODE or opens else None
    return told._replace(
        form=said.form if opens else told.form,
        release=said.release if told.release is Release.UNKNOWN else told.release,
        strengths=strengths,
        product=told.product or said.product,
        brand=told.brand or said.brand,
        opioid_kind=kind,
        is_marketed=told.is_marketed or said.is_marketed,
    )
