"""How naltrexone on the chart meets an opioid that is being ordered (catalogue §2.1, §3.4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import TYPE_CHECKING

from cards.changes import Change
from cards.chart import Band, Chart, NaltrexoneUse, Order, UseState
from cards.chart_suggestions import hold_naltrexone, task
from cards.drugs import OpioidKind, Role
from cards.opioids import kind_of
from cards.suggestions import withdraw

if TYPE_CHECKING:
    from cards.numbers import Numbers

COUGH_OR_GUT = frozenset({OpioidKind.COUGH, OpioidKind.GUT, OpioidKind.RESTRICTED})
"""Opioids that are not taken for pain: naltrexone makes them fail, which is seldom dangerous."""


class Block(IntEnum):
    """What naltrexone does to an opioid today, rising.

    ``FADING`` is a low dose that was stopped one to three days ago; ``FULL`` a full dose by mouth, naltrexone with
    bupropion, or naltrexone at a dose nobody told.
    """

    NONE = 0
    FADING = 1
    LOW = 2
    FULL = 3
    DEPOT = 4


@dataclass(frozen=True, slots=True)
class Blockade:
    """The strongest block of any naltrexone entry, and the entries it comes from, those with a known dose first."""

    block: Block
    uses: tuple[NaltrexoneUse, ...] = ()

    @property
    def use(self) -> NaltrexoneUse:
        """The entry to name; there is none where nothing blocks."""
        return self.uses[0]


def blockade(chart: Chart, numbers: Numbers) -> Blockade:
    """How naltrexone blocks an opioid today; raises ``Unanswered`` when none is found and lists are missing."""
    blocks = [(_block(use, chart.today, numbers), use) for use in chart.naltrexone()]
    strongest = max((block for block, _ in blocks), default=Block.NONE)
    if strongest is Block.NONE:
        return Blockade(Block.NONE)
    uses = (use for block, use in blocks if block is strongest)
    return Blockade(strongest, tuple(sorted(uses, key=lambda use: use.daily_mg is None)))


def _block(use: NaltrexoneUse, today: date, numbers: Numbers) -> Block:
    if use.band is Band.DEPOT:
        return Block.DEPOT if use.is_active else Block.NONE
    since = use.days_since(today)
    if since is None:
        # An entry on hold of which nobody knows the last dose may have been held this morning; one that ended may not.
        if use.state is not UseState.HELD:
            return Block.NONE
        since = 0
    if not is_low(use, numbers):
        return Block.FULL if since < numbers.full_dose_block else Block.NONE
    if since <= numbers.low_dose_on_board:
        return Block.LOW
    return Block.FADING if since <= numbers.low_dose_tail else Block.NONE


def is_low(use: NaltrexoneUse, numbers: Numbers) -> bool:
    """Whether an entry is low-dose naltrexone: by its daily dose, else by an amount per intake or a strength that low.

    Doses between the low and the labelled ones count as low here. A bare "naltrexone" without any amount does not.
    """
    if use.band is Band.UNKNOWN:
        entry = use.medication
        told = [step.dose_mg for step in entry.dosing.steps if step.dose_mg is not None]
        if entry.strength is not None:
            told.append(entry.strength.mg)
        return bool(told) and max(told) <= numbers.low_to
    return use.band.is_low or use.band is Band.BETWEEN


def is_low_order(order: Order) -> bool:
    """Whether a naltrexone draft is low-dose, those between the low and the labelled doses included."""
    return order.is_low_dose or (order.band is Band.BETWEEN and order.is_oral)


def strong_opioids_ordered(chart: Chart, numbers: Numbers) -> tuple[Order, ...]:
    """The opioid drafts to be judged that are not cough or gut medicines; a name in doubt is asked about instead."""
    drafts = chart.ordering(Role.OPIOID)
    return tuple(o for o in drafts if kind_of(o, numbers) not in COUGH_OR_GUT and not o.drug.is_possible)


def strong_opioids_possibly_ordered(chart: Chart, numbers: Numbers) -> tuple[Order, ...]:
    """The drafts to be judged whose name is in doubt and may mean an opioid that is not a cough or gut medicine."""
    drafts = chart.ordering(Role.OPIOID)
    return tuple(o for o in drafts if kind_of(o, numbers) not in COUGH_OR_GUT and o.drug.is_possible)


def cough_or_gut_opioids_ordered(chart: Chart, numbers: Numbers) -> tuple[Order, ...]:
    """The opioid drafts to be judged that are cough or gut medicines."""
    return tuple(o for o in chart.ordering(Role.OPIOID) if kind_of(o, numbers) in COUGH_OR_GUT)


def is_agonist_treatment(order: Order, numbers: Numbers) -> bool:
    """Whether a draft treats opioid use disorder, or may: methadone, most forms of buprenorphine."""
    kind = kind_of(order, numbers)
    return kind is not None and (kind is OpioidKind.MAINTENANCE or kind.is_depot)


def choosing_another(order: Order, numbers: Numbers) -> tuple[Change, ...]:
    """The offer to take an opioid draft back for another medicine; none where it treats opioid use disorder."""
    if is_agonist_treatment(order, numbers):
        return ()
    return (withdraw(order, key="choose-another", recommended=True),)


def choosing_one(order: Order, naltrexone: Iterable[Order], numbers: Numbers) -> tuple[Change, ...]:
    """The offers when naltrexone and an opioid are drafted together: take back the one or the other."""
    either = [withdraw(draft) for draft in naltrexone]
    if not is_agonist_treatment(order, numbers):
        either.append(withdraw(order, key="withdraw-opioid"))
    return tuple(either)


def holding(uses: Iterable[NaltrexoneUse], today: date) -> Change:
    """The offer to hold low-dose naltrexone, or to have somebody see to it when the chart has no order to be held."""
    for use in uses:
        held = hold_naltrexone(use, today) if use.is_active else None
        if held is not None:
            return held
    return task(key="ask-to-hold")
