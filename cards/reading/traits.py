"""Which traits a naltrexone draft has, by what it says (``cards.traits``)."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from cards.chart import Band, Mention
from cards.dosing import MICROGRAMS
from cards.drugs import Form, Release
from cards.traits import Trait

if TYPE_CHECKING:
    from cards.conditions import ConditionGroup
    from cards.dosing import Dosing
    from cards.numbers import Numbers


def of_naltrexone(
    dosing: Dosing,
    band: Band,
    form: Form,
    release: Release,
    mentions: Collection[Mention],
    numbers: Numbers,
    *,
    is_compounded: bool,
) -> frozenset[Trait]:
    """The traits of a naltrexone draft but for its name and its reason."""
    lowest, most = dosing.lowest_mg, dosing.most_per_day
    has = {
        Trait.UNCLEAR_DOSE: not dosing.is_computable,
        Trait.NOT_LOW: not band.is_low,
        Trait.TWO_AMOUNTS: dosing.conflict is not None or dosing.unit_conflict,
        Trait.MISREADABLE: bool(dosing.zero_slip),
        Trait.VERY_SMALL: (lowest is not None and lowest < numbers.low_from)
        or any(step.unit == MICROGRAMS for step in dosing.steps),
        Trait.SEVERAL_A_DAY: most is not None and most > 1,
        Trait.SEVERAL_STEPS: len(dosing.steps) > 1,
        Trait.NO_TIME: not dosing.when,
        Trait.SLOW_RELEASE: release is Release.EXTENDED or Mention.SLOW_RELEASE in mentions,
        Trait.LIQUID: form is Form.LIQUID,
        Trait.COMPOUNDED: is_compounded,
        Trait.NOT_COMPOUNDED: not is_compounded,
    }
    return frozenset(trait for trait, is_so in has.items() if is_so)


def of_the_reason(reasons: Collection[ConditionGroup], *, has_reason: bool) -> frozenset[Trait]:
    """The traits of the reason that a naltrexone draft gives, if any."""
    if not has_reason:
        return _NO_REASON
    return _FOR_A_USE_DISORDER if any(reason.is_substance_use_disorder for reason in reasons) else _NONE


_NONE: frozenset[Trait] = frozenset()
_NO_REASON = frozenset({Trait.NO_REASON})
_FOR_A_USE_DISORDER = frozenset({Trait.FOR_A_USE_DISORDER})
