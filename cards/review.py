"""Asking every rule: chart in, findings out, with precedence between them (catalogue §2.4).

A rule that needs what nobody told us raises ``Unanswered``; that is recorded once, and the data rules turn it into
words. An error in a rule is ours and goes up: it must never look like an all-clear.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from cards.budgets import Budget, Per, Spent
from cards.chart import Chart, Kind, Unanswered
from cards.drugs import Role
from cards.evidence import evidence_of
from cards.findings import Finding
from cards.pages import Indicator, Page, RuleBook, Saying
from cards.records import record

WITHHELD_BY_A_CRITICAL_CONFLICT = frozenset({"classification", "dose", "titration", "timing", "evidence"})
"""Groups that say nothing about a naltrexone order while a critical opioid conflict stands: advice on dose, steps, time
and evidence invites mending an order that should not go ahead. Formulation warnings stay, its information goes."""


_Key = tuple[str, str, str, tuple[str, ...], tuple[str, ...]]
_PALLIATIVE = "palliative care is recorded: pain relief comes first, so this is a warning and no more"


@record
class Judged:
    """A finding with the page it speaks from: what the page says in its circumstance, and how urgently.

    ``about`` is the reference of the order it is about; empty when it is about the patient.
    """

    finding: Finding
    page: Page
    saying: Saying
    indicator: Indicator
    about: str

    @property
    def key(self) -> _Key:
        """What makes it the same finding when its buttons are taken away."""
        finding = self.finding
        return (self.page.rule, finding.circumstance, self.about, finding.evidence, finding.facts)

    def evidence_in(self, chart: Chart) -> str:
        """On what it rests, as one text that stays the same while nothing changes."""
        return evidence_of(self.finding, self.page, self.indicator.wire, chart)

    @property
    def budget(self) -> Budget | None:
        """How often it is said; ``None`` for what is said each time, as all that is about an order is."""
        return self.page.budget if self.finding.order is None else None


class Silencing(StrEnum):
    """By which way a finding was silenced; the values are words for an explanation.

    The first three are settled between the rules; the others were chosen by people, before.
    """

    LABELLED_USE = "labelled use"
    CRITICAL_CONFLICT = "a critical conflict"
    PRECEDENCE = "precedence"
    SILENT_MODE = "the rule is asked and not heard"
    OVERRIDDEN = "overridden before on the same evidence"
    SAID_BEFORE = "said before on the same evidence"
    NOT_DUE = "said lately and not due again"


UNSAID = frozenset({Silencing.SILENT_MODE, Silencing.OVERRIDDEN, Silencing.SAID_BEFORE, Silencing.NOT_DUE})
"""The ways by which people keep a finding unsaid that the rules would have said."""


@record
class Silenced:
    """A finding that was not shown, what rule silenced it, and by which way; ``told`` is more of that, in words."""

    judged: Judged
    because: str
    way: Silencing
    told: str = ""


@record
class Review:
    """What was found, what was silenced and why, and which rules could not look at what."""

    found: tuple[Judged, ...]
    silenced: tuple[Silenced, ...] = ()
    not_checked: tuple[tuple[str, tuple[Kind, ...]], ...] = ()
    judged: tuple[Judged, ...] = ()
    """All that the rules said, before it was settled who speaks."""

    @property
    def unsaid(self) -> tuple[Silenced, ...]:
        """What people keep unsaid."""
        return tuple(one for one in self.silenced if one.way in UNSAID)


@dataclass(frozen=True, slots=True)
class Unsaid:
    """What is found all the same and not said: rules that are not heard, and findings by their rule and evidence.

    ``spent`` are findings whose budget is used up, by their rule and what tells its findings apart (``budgets.spent``).
    """

    silent: frozenset[str] = frozenset()
    overridden: frozenset[tuple[str, str]] = frozenset()
    said: frozenset[tuple[str, str]] = frozenset()
    spent: Mapping[tuple[str, str], Spent] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.silent or self.overridden or self.said or self.spent)

    def way_of(self, one: Judged, chart: Chart) -> Silencing | None:
        """Why a finding is not said; nothing for one that is, and for a rule that must always be heard."""
        if one.page.stays_on:
            return None
        if one.page.rule in self.silent:
            return Silencing.SILENT_MODE
        if self.overridden or self.said:
            key = (one.page.rule, one.evidence_in(chart))
            if key in self.overridden:
                return Silencing.OVERRIDDEN
            # At signing it can still be prevented: what is critical is said at each occasion.
            if key in self.said and one.indicator is not Indicator.CRITICAL:
                return Silencing.SAID_BEFORE
        return Silencing.NOT_DUE if self.spent and self.spent_on(one, chart) is not None else None

    def spent_on(self, one: Judged, chart: Chart) -> Spent | None:
        """When a finding was said that is not due again yet; nothing where it is due."""
        budget = one.budget
        if budget is None:
            return None
        evidence = one.evidence_in(chart) if budget.per is Per.EVIDENCE else ""
        return self.spent.get((one.page.rule, budget.key(one.finding.occasion, evidence)))

    def told_of(self, one: Judged, chart: Chart) -> str:
        """What else is to be said of a finding that is not said; mostly nothing."""
        spent = self.spent_on(one, chart)
        return spent.words if spent is not None else ""


EVERYTHING_IS_SAID = Unsaid()


def review(chart: Chart, book: RuleBook) -> Review:
    """Ask every rule of this hook and settle who speaks."""
    judged: list[Judged] = []
    unanswered: list[tuple[str, tuple[Kind, ...]]] = []
    for rule in book.worth_asking(chart, subjects_of(chart)):
        try:
            for finding in rule.judge(chart, rule.numbers):
                if is_news(finding, rule.page, chart):
                    judged.append(judge(finding, rule.page, chart))
        except Unanswered as silence:
            unanswered.append((rule.page.rule, silence.kinds))
    kept, silenced = settle(judged)
    return Review(tuple(kept), tuple(silenced), tuple(unanswered), tuple(judged))


def leaving_unsaid(found: Review, unsaid: Unsaid, chart: Chart) -> Review:
    """The same review, settled anew without what people keep unsaid."""
    kept, silenced = settle(found.judged, unsaid, chart)
    return replace(found, found=tuple(kept), silenced=tuple(silenced))


def is_news(finding: Finding, page: Page, chart: Chart) -> bool:
    """Whether there is something in a finding that whoever reads it does not know yet."""
    if finding.known_since is None:
        return True
    changed = page.sayings[finding.circumstance].changed
    return changed is not None and finding.known_since < changed <= chart.today


def judge(finding: Finding, page: Page, chart: Chart) -> Judged:
    """A finding as it stands in this chart: in palliative care some pages say less urgently what they say."""
    saying, cap = page.sayings[finding.circumstance], page.most_in_palliative_care
    about = finding.order.reference if finding.order is not None else ""
    if cap is None or saying.indicator <= cap or not chart.is_palliative:
        return Judged(finding, page, saying, saying.indicator, about)
    return Judged(replace(finding, facts=(*finding.facts, _PALLIATIVE)), page, saying, cap, about)


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


def settle(
    judged: Iterable[Judged], unsaid: Unsaid = EVERYTHING_IS_SAID, chart: Chart | None = None
) -> tuple[list[Judged], list[Silenced]]:
    """Who speaks: protection of labelled use, a critical opioid conflict, then precedence between rules.

    A rule that is not heard silences nobody: what yields to it is said instead. What was overridden or said before
    still has precedence over what tells of the same matter, but withholds no advice on dose or time any more: the
    order goes ahead.
    """
    by_order: dict[str, list[Judged]] = defaultdict(list)
    silenced: list[Silenced] = []
    known: dict[_Key, Silencing] = {}
    told: dict[_Key, str] = {}
    for one in judged:
        way = unsaid.way_of(one, chart) if unsaid and chart is not None else None
        if way is Silencing.SILENT_MODE:
            silenced.append(Silenced(one, one.page.rule, way))
            continue
        if way is not None:
            known[one.key] = way
            if way is Silencing.NOT_DUE and chart is not None:
                told[one.key] = unsaid.told_of(one, chart)
        by_order[one.about].append(one)
    kept: list[Judged] = []
    for group in by_order.values():
        speaking = _by_labelled_use(group, silenced)
        speaking = _by_a_critical_conflict(speaking, silenced, frozenset(known))
        for one in _by_precedence(speaking, silenced):
            if one.key in known:
                silenced.append(Silenced(one, one.page.rule, known[one.key], told.get(one.key, "")))
            elif one.indicator is not Indicator.NONE:
                kept.append(one)
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


def _by_a_critical_conflict(group: list[Judged], silenced: list[Silenced], known: frozenset[_Key]) -> list[Judged]:
    critical = [one for one in group if one.indicator is Indicator.CRITICAL and one.page.group == "opioid-conflict"]
    conflict = next((one for one in critical if one.key not in known), None)
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
    if len(group) == 1:
        return group
    levels: dict[str, Indicator] = {}
    for one in group:
        levels[one.page.rule] = max(one.indicator, levels.get(one.page.rule, Indicator.NONE))
    speaking = []
    for one in group:
        told = one.page.yields_to.intersection(levels)
        stronger = sorted(rule for rule in told if levels[rule] >= one.indicator) if told else ()
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
