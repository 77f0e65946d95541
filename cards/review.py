"""Asking every rule: chart in, findings out, with precedence between them (catalogue §2.4).

A rule that needs what nobody told us raises ``Unanswered``; that is recorded once, and the data rules turn it into
words. An error in a rule is ours and goes up: it must never look like an all-clear.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from cards.chart import Chart, Kind, Unanswered
from cards.drugs import Role
from cards.findings import Finding
from cards.pages import Indicator, Page, RuleBook, Saying

WITHHELD_BY_A_CRITICAL_CONFLICT = frozenset({"classification", "dose", "titration", "timing", "evidence"})
"""Groups that say nothing about a naltrexone order while a critical opioid conflict stands: advice on dose, steps, time
and evidence invites mending an order that should not go ahead. Formulation warnings stay, its information goes."""


_PALLIATIVE = "palliative care is recorded: pain relief comes first, so this is a warning and no more"


@dataclass(frozen=True, slots=True)
class Judged:
    """A finding with the page it speaks from. ``is_capped``: the page's cap for palliative care holds for it."""

    finding: Finding
    page: Page
    is_capped: bool = False

    @property
    def saying(self) -> Saying:
        """What the page says in the finding's circumstance."""
        return self.page.sayings[self.finding.circumstance]

    @property
    def indicator(self) -> Indicator:
        """How urgent it is."""
        cap = self.page.most_in_palliative_care
        return min(self.saying.indicator, cap) if self.is_capped and cap is not None else self.saying.indicator

    @property
    def about(self) -> str:
        """The reference of the order it is about; empty when it is about the patient."""
        return self.finding.order.reference if self.finding.order is not None else ""


class Silencing(StrEnum):
    """By which of the three ways a finding was silenced; the values are words for an explanation."""

    LABELLED_USE = "labelled use"
    CRITICAL_CONFLICT = "a critical conflict"
    PRECEDENCE = "precedence"


@dataclass(frozen=True, slots=True)
class Silenced:
    """A finding that was not shown, what rule silenced it, and by which way."""

    judged: Judged
    because: str
    way: Silencing


@dataclass(frozen=True, slots=True)
class Review:
    """What was found, what was silenced and why, and which rules could not look at what."""

    found: tuple[Judged, ...]
    silenced: tuple[Silenced, ...] = ()
    not_checked: tuple[tuple[str, tuple[Kind, ...]], ...] = ()


def review(chart: Chart, book: RuleBook) -> Review:
    """Ask every rule of this hook and settle who speaks."""
    judged: list[Judged] = []
    unanswered: list[tuple[str, tuple[Kind, ...]]] = []
    subjects = subjects_of(chart)
    for rule in book.to_ask(chart.hook, subjects):
        if rule.has_nothing_to_look_at(chart):
            continue
        try:
            for finding in rule.judge(chart, rule.numbers):
                judged.append(judge(finding, rule.page, chart))
        except Unanswered as silence:
            unanswered.append((rule.page.rule, silence.kinds))
    kept, silenced = settle(judged)
    return Review(tuple(kept), tuple(silenced), tuple(unanswered))


def judge(finding: Finding, page: Page, chart: Chart) -> Judged:
    """A finding as it stands in this chart: in palliative care some pages say less urgently what they say."""
    finding = replace(finding, rule=page.rule)
    cap = page.most_in_palliative_care
    if cap is None or page.sayings[finding.circumstance].indicator <= cap or not chart.is_palliative:
        return Judged(finding, page)
    return Judged(replace(finding, facts=(*finding.facts, _PALLIATIVE)), page, is_capped=True)


def subjects_of(chart: Chart) -> frozenset[str]:
    """What there is to judge: a rule about opioid orders need not be asked when none is being written."""
    subjects = {"chart"}
    for order in chart.orders:
        if not (order.is_judged and order.is_being_started):
            continue
        subjects.add("any-order")
        if Role.NALTREXONE in order.drug.roles:
            subjects.add("naltrexone-order")
        if Role.OPIOID in order.drug.roles:
            subjects.add("opioid-order")
        if order.drug.roles & {Role.NALTREXONE, Role.OPIOID}:
            subjects.add("naltrexone-or-opioid-order")
    return frozenset(subjects)


def settle(judged: Iterable[Judged]) -> tuple[list[Judged], list[Silenced]]:
    """Who speaks: protection of labelled use, a critical opioid conflict, then precedence between rules."""
    by_order: dict[str, list[Judged]] = defaultdict(list)
    for one in judged:
        by_order[one.about].append(one)
    kept: list[Judged] = []
    silenced: list[Silenced] = []
    for group in by_order.values():
        speaking = group
        for silencer in (_by_labelled_use, _by_a_critical_conflict, _by_precedence):
            speaking = silencer(speaking, silenced)
        kept.extend(one for one in speaking if one.indicator is not Indicator.NONE)
    return kept, silenced


def _by_labelled_use(group: list[Judged], silenced: list[Silenced]) -> list[Judged]:
    suppressors = [one for one in group if one.indicator is Indicator.NONE]
    if not suppressors:
        return group
    return _without(
        group,
        silenced,
        (suppressors[0].page.rule, Silencing.LABELLED_USE),
        lambda one: one.page.group in suppressors[0].page.silences and not one.saying.stays_on_labelled_use,
    )


def _by_a_critical_conflict(group: list[Judged], silenced: list[Silenced]) -> list[Judged]:
    conflict = next(
        (one for one in group if one.page.group == "opioid-conflict" and one.indicator is Indicator.CRITICAL), None
    )
    if conflict is None:
        return group

    def invites_mending(one: Judged) -> bool:
        if one.indicator in (Indicator.CRITICAL, Indicator.NONE):
            return False
        if one.page.group in WITHHELD_BY_A_CRITICAL_CONFLICT:
            return True
        return one.page.group == "formulation" and one.indicator is Indicator.INFO

    left = _without(group, silenced, (conflict.page.rule, Silencing.CRITICAL_CONFLICT), invites_mending)
    return [one if one.page.group in _KEEPS_ITS_OFFERS else _without_offers(one) for one in left]


_KEEPS_ITS_OFFERS = frozenset({"opioid-conflict", "opioid-order", "data"})


def _without_offers(one: Judged) -> Judged:
    """The finding without its buttons: nothing is offered that would mend an order in conflict."""
    return replace(one, finding=replace(one.finding, offers=())) if one.finding.offers else one


def _by_precedence(group: list[Judged], silenced: list[Silenced]) -> list[Judged]:
    """A finding yields to those its page names, but never to a less urgent one: no warning is lost to information."""
    levels: dict[str, Indicator] = {}
    for one in group:
        levels[one.page.rule] = max(one.indicator, levels.get(one.page.rule, Indicator.NONE))
    speaking = []
    for one in group:
        stronger = sorted(r for r in one.page.yields_to if levels.get(r, Indicator.NONE) >= one.indicator)
        if stronger:
            silenced.append(Silenced(one, stronger[0], Silencing.PRECEDENCE))
        else:
            speaking.append(one)
    return speaking


def _without(
    group: list[Judged], silenced: list[Silenced], because: tuple[str, Silencing], drop: Callable[[Judged], bool]
) -> list[Judged]:
    kept = []
    for one in group:
        if drop(one):
            silenced.append(Silenced(one, *because))
        else:
            kept.append(one)
    return kept
