"""Which amount in a text belongs to which name."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from cards.drugs import Strength
from cards.knowledge.medication_names import Hit
from cards.knowledge.medication_words import Amount

# Strengths are compared to a billionth of a gram.
_DECIMALS = 6


def assigned(hits: Sequence[Hit], amounts: Sequence[Amount], offset: int) -> dict[str, Strength]:
    """Which amount belongs to which ingredient.

    An amount belongs to the names that stand before it, back to the amount before; one at the very beginning belongs to
    the name that follows. Several joined amounts ("5-325") are shared out in order, if there are as many names.
    """
    strengths: dict[str, Strength] = {}
    waiting: Amount | None = None
    since = 0
    for amount in amounts:
        begins, ends = amount.begins + offset, amount.ends + offset
        before = [hit for hit in hits if since <= hit.begins and hit.ends <= begins]
        since = ends
        if amount.per is None:
            continue
        if not before:
            waiting = waiting or (amount if not strengths and hits[0].begins >= ends else None)
            continue
        names = list(dict.fromkeys(name for hit in before for name in hit.of))
        of = next((hit.of for hit in before if len(hit.of) == len(names)), tuple(names))
        if len(amount.values) == 1 and len(of) > 1 and before[-1].product:
            of = before[-1].of[:1]  # "Suboxone 8 mg" tells the first of its two
        if len(of) == len(amount.values):
            for name, mg in zip(of, amount.values, strict=True):
                strengths.setdefault(name, Strength(_tidy(mg), amount.per))
    if waiting and not strengths and len(waiting.values) == len(hits[0].of):
        strengths = {
            name: Strength(_tidy(mg), waiting.per or "unit")
            for name, mg in zip(hits[0].of, waiting.values, strict=True)
        }
    return strengths


def _tidy(mg: Decimal) -> Decimal:
    """An amount without the zeros that arithmetic leaves behind."""
    mg = round(mg, _DECIMALS)
    return mg.quantize(Decimal(1)) if mg == mg.to_integral_value() else mg.normalize()
