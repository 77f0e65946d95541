"""Opioids drafted beside naltrexone, and medicines that point to opioid use: what several opioid rules ask."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from cards.changes import Change
from cards.chart import Chart, Exposure, Medication, Order
from cards.conditions import ConditionGroup
from cards.drugs import OpioidKind, Role
from cards.numbers import Numbers
from cards.suggestions import withdraw

ANALGESIC = frozenset({OpioidKind.SHORT, OpioidKind.EXTENDED, OpioidKind.LONG, OpioidKind.INJECTED_BUPRENORPHINE})
"""The kinds that have no more specific rule of their own while they are taken."""

DEPOTS = frozenset(kind for kind in OpioidKind if kind.is_depot)
"""Buprenorphine under the skin."""

_MILD = frozenset({OpioidKind.COUGH, OpioidKind.GUT, OpioidKind.RESTRICTED})
_SHOWN = 2
"""A card has room for the naltrexone draft and so many others."""


def kind_of(draft: Order, numbers: Numbers) -> OpioidKind | None:
    """Which kind an opioid draft is of, with what its reason and its supply tell, as for opioids on the chart.

    A patch for opioid use disorder is maintenance treatment. A cough medicine for longer than a cough lasts, or with
    refills, is an analgesic.
    """
    kind = draft.drug.opioid_kind
    if kind is OpioidKind.PATCH and ConditionGroup.OPIOID_USE_DISORDER in draft.reasons:
        return OpioidKind.MAINTENANCE
    if kind is OpioidKind.COUGH:
        is_long = (draft.supply_days or 0) > numbers.cough_supply_promoted.days
        return OpioidKind.SHORT if is_long or draft.refills else kind
    return kind


def drafted_beside(chart: Chart, order: Order, kinds: Collection[OpioidKind], numbers: Numbers) -> list[Order]:
    """The opioid drafts of those kinds in the same session; what is taken already speaks as taken.

    A name in doubt never decides alone: see :func:`possibly_drafted_beside`.
    """
    return [
        draft
        for draft in chart.drafted_beside(order, Role.OPIOID)
        if kind_of(draft, numbers) in kinds
        and not draft.drug.is_possible
        and not any(_is_same(draft, e) for e in chart.exposures if e.is_active)
    ]


def possibly_drafted_beside(chart: Chart, order: Order) -> list[Order]:
    """The drafts in the same session whose name is in doubt and may mean an opioid."""
    return [draft for draft in chart.drafted_beside(order, Role.OPIOID) if draft.drug.is_possible]


def possibly_taken(chart: Chart) -> list[Exposure]:
    """The entries whose name is in doubt that may be an opioid, but for those of which the list tells plainly as well."""
    plain = {exposure.drug.ingredients[:1] for exposure in chart.exposures}
    return [exposure for exposure in chart.possible_exposures if exposure.drug.ingredients[:1] not in plain]


HARDLY_ABSORBED = frozenset({OpioidKind.GUT, OpioidKind.RESTRICTED})
"""Gut medicines do not bring on withdrawal; ordering naltrexone beside them has its own rule."""


def on_board(chart: Chart) -> list[Exposure]:
    """The opioids that are on board today: taken, or a depot inside its critical window; gut medicines are none."""
    return [e for e in chart.opioids() if e.kind not in HARDLY_ABSORBED and _is_on_board(e, chart)]


def _is_on_board(exposure: Exposure, chart: Chart) -> bool:
    return exposure.is_active or (exposure.kind.is_depot and exposure.is_critical_on(chart.today))


def regular(exposures: Iterable[Exposure]) -> list[Exposure]:
    """Those that are more than a brief course of a short-acting opioid, or than a cough medicine."""
    return [e for e in exposures if not (e.is_brief or e.kind is OpioidKind.COUGH)]


def _is_same(draft: Order, exposure: Exposure) -> bool:
    return bool(draft.drug.ingredients) and draft.drug.ingredients[:1] == exposure.drug.ingredients[:1]


def choosing(chart: Chart, order: Order, opioids: Sequence[Order]) -> list[Change]:
    """Take back the one draft or the other.

    Beside several opioid drafts, or an opioid that is taken already, only leaving naltrexone out mends it all: that is
    recommended then, and otherwise nothing is.
    """
    is_clear = len(opioids) > 1 or any(e.is_active and e.kind not in _MILD for e in chart.exposures)
    others = [replace(withdraw(o, key="withdraw-opioid"), values=(("opioid", o.drug.name),)) for o in opioids[:_SHOWN]]
    return [withdraw(order, recommended=is_clear), *others]


def told_as_taken(chart: Chart, role: Role) -> list[Medication]:
    """The entries of that role that count as taken today; reads only what was told: a missing list does not raise."""
    return [
        medication for medication in chart.medications if role in medication.drug.roles and chart.is_taken(medication)
    ]
