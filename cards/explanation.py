"""Why these cards and no others: every rule with what it asked, what was silenced and by what, and where each went.

``explain`` asks every rule once more, on the same chart, through stand-ins that remember (``trace``). What comes of it
is the same as in the review itself; a test holds that over every made-up patient. It is data first: ``Trace.to_json``
keeps its keys (``cds_hooks/schemas/trace.json``), ``Trace.to_text`` is the same for a person to read.

A condition says something that is true when it is *met*. Rules are plain functions, so that a condition which is met
may keep a rule silent as well as let it speak; which one decided is the best guess of whoever reads the record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from cards import questions
from cards.chart import Chart, Kind, Order, Unanswered
from cards.findings import Finding
from cards.numbers import Quantity
from cards.pages import Indicator, Page, Rule, RuleBook
from cards.phrasing import number
from cards.review import (
    EVERYTHING_IS_SAID,
    UNSAID,
    Judged,
    Review,
    Silencing,
    Unsaid,
    is_news,
    judge,
    settle,
    subjects_of,
)
from cards.trace import (
    About,
    Answered,
    Compared,
    Condition,
    Record,
    Recorder,
    TracedChart,
    TracedNumbers,
    order_line,
    original_of,
)
from cards.traits import Trait
from cards.wordings import dosing_facts
from cards.writing import Dialect, fill, places

FORMAT: Final = 1
"""Rises when a key of the JSON changes its meaning or goes away."""

Json = dict[str, Any]
_PLAIN: Final = Dialect()


class Outcome(StrEnum):
    """What became of a rule."""

    SHOWN = "shown"
    SUPPRESSES = "suppresses"  # it spoke, and keeps others silent instead of making a card
    SILENCED = "silenced"
    NOT_SHOWN = "not shown"  # it spoke, and no card had room for it
    UNKNOWN = "unknown"  # it could not be decided, for data that nobody told
    SILENT = "silent"
    NOT_ASKED = "not asked"


class WhyNotAsked(StrEnum):
    """Why a rule was not asked."""

    OFF = "switched off"
    OTHER_HOOK = "another moment of care"
    NO_SUCH_ORDER = "no such order"


_SUBJECTS: Final = {
    "any-order": "no order is being signed",
    "naltrexone-order": "no naltrexone is being ordered",
    "opioid-order": "no opioid is being ordered",
    "naltrexone-or-opioid-order": "neither naltrexone nor an opioid is being ordered",
}


@dataclass(frozen=True, slots=True)
class Said:
    """One finding of a rule and what became of it.

    ``card`` is the number of its card, counted from 1. ``wanted`` is the topic of the card of its own that it would
    have; empty where it belongs on the review card. ``is_moved``: there was no room for it.
    """

    judged: Judged
    card: int | None = None
    wanted: str = ""
    is_moved: bool = False
    is_over: bool = False
    silenced_by: str = ""
    way: Silencing | None = None
    told: str = ""
    offers_withheld: bool = False

    @property
    def words(self) -> str:
        """What it says, its blanks filled; empty where it only suppresses."""
        return "" if self.judged.indicator is Indicator.NONE else fill(self.judged.saying.summary, self.judged)

    @property
    def place(self) -> str:
        """Where it went, in words."""
        if self.judged.indicator is Indicator.NONE:
            return "keeps others silent, makes no card"
        if self.way is not None:
            by = "" if self.way in UNSAID else f", {self.silenced_by}"
            return f"not said: {self.told or self.way.value}{by}"
        if self.is_over:
            return "on no card: the client takes no more cards"
        if self.card is None:
            return "on no card: it only accompanies others, and there are none it may join"
        if self.is_moved:
            return f"card {self.card}: no room for a card of its own ({self.wanted})"
        return f"card {self.card}" + ("" if self.wanted else ": merged into the review card")


@dataclass(frozen=True, slots=True)
class Asked:
    """One rule: whether it was asked, what it asked, and what it said.

    ``reason`` is why it was not asked, or the last thing a silent rule looked at. ``looked_for`` is what a silent rule
    is about where nothing at all is told of it.
    """

    page: Page
    outcome: Outcome
    why_not_asked: WhyNotAsked | None = None
    reason: str = ""
    record: Record | None = None
    said: tuple[Said, ...] = ()
    missing: tuple[Kind, ...] = ()
    looked_for: str = ""


@dataclass(frozen=True)
class Trace:
    """The explanation of one review."""

    chart: Chart
    review: Review
    rules: tuple[Asked, ...]
    cards: Sequence[Mapping[str, Any]] = field(default=(), repr=False)

    def rule(self, name: str) -> Asked:
        """What became of one rule, by its id."""
        return next(asked for asked in self.rules if asked.page.rule == name)

    def with_outcome(self, *outcomes: Outcome) -> list[Asked]:
        """The rules that ended so."""
        return [asked for asked in self.rules if asked.outcome in outcomes]

    def to_json(self) -> Json:
        """The whole of it as data, keys as in the schema."""
        return {
            "format": FORMAT,
            "today": self.chart.today.isoformat(),
            "hook": self.chart.hook.value,
            "orders": [_order_json(order) for order in self.chart.orders],
            "data": [{"kind": kind.value, "state": state.value} for kind, state in self.chart.states.items()],
            "rules": [_asked_json(asked, self.chart) for asked in self.rules],
            "cards": [
                _card_json(at, card, [said for said in self._said if said.card == at])
                for at, card in enumerate(self.cards, 1)
            ],
        }

    def to_text(self) -> str:
        """The whole of it for a person."""
        from cards.explanation_text import text_of

        return text_of(self)

    def why_silent(self) -> str:
        """What was checked and why nothing spoke, in one sentence; of use where there is no card."""
        from cards.silence import why_silent

        return why_silent(self)

    @property
    def _said(self) -> list[Said]:
        return [said for asked in self.rules for said in asked.said]


def explain(
    chart: Chart,
    book: RuleBook,
    *,
    dialect: Dialect = _PLAIN,
    cards: Sequence[Mapping[str, Any]] = (),
    unsaid: Unsaid = EVERYTHING_IS_SAID,
) -> Trace:
    """Ask every rule of the book about a chart once more and tell what each of them asked.

    ``dialect`` is the client's, for where its findings went. ``cards`` are those that were sent, in their order.
    ``unsaid`` is what people kept unsaid in it.
    """
    recorder = Recorder(chart)
    judged: list[Judged] = []
    records: dict[str, Record] = {}
    unanswered: dict[str, tuple[Kind, ...]] = {}
    for rule in book.to_ask(chart.hook, subjects_of(chart)):
        found, missing = _ask(rule, chart, recorder)
        record = recorder.record
        if rule.has_nothing_to_look_at(chart):
            found, missing = [], ()
        records[rule.page.rule] = _with_what_it_looks_for(record, rule, chart)
        judged.extend(judge(one, rule.page, chart) for one in found if is_news(one, rule.page, chart))
        if missing:
            unanswered[rule.page.rule] = missing
    kept, silenced = settle(judged, unsaid, chart)
    review = Review(tuple(kept), tuple(silenced), tuple(unanswered.items()), tuple(judged))
    said = _said_by_rule(review, judged, dialect)
    rules = tuple(_asked(rule, chart, records.get(rule.page.rule), said, unanswered) for rule in book.rules)
    return Trace(chart, review, rules, tuple(cards))


def _ask(rule: Rule, chart: Chart, recorder: Recorder) -> tuple[list[Finding], tuple[Kind, ...]]:
    """What a rule finds when a stand-in is put before it, and what it could not be told."""
    found: list[Finding] = []
    asked = TracedChart(chart, recorder).as_chart
    with recorder.asking(rule.judge.__module__):
        try:
            for one in rule.judge(asked, TracedNumbers(rule.numbers, recorder)):
                found.append(replace(one, order=original_of(one.order)))
        except Unanswered as silence:
            return found, silence.kinds
    return found, ()


def _with_what_it_looks_for(record: Record, rule: Rule, chart: Chart) -> Record:
    """Before anything else: whether the chart tells of anything at all that the rule looks for.

    What a draft must be like the rule asks by itself, in better words.
    """
    if rule.looks_for is None or _looks_for_traits(rule):
        return record
    missing = tuple(kind for kind in Kind if kind in rule.needs & chart.unanswerable)
    if not rule.looks_for:
        says = f"{questions.any_of(kind.value for kind in Kind if kind in rule.needs)} are not known"
        first = Condition(says, Answered.MET if missing else Answered.NOT_MET)
    else:
        says = f"the lists or another draft tell of {questions.names_of(rule.looks_for)}"
        is_told = not rule.looks_for.isdisjoint(chart.told)
        answer = Answered.MET if is_told else Answered.UNKNOWN if missing else Answered.NOT_MET
        first = Condition(says, answer, missing=() if is_told else missing)
    last = first if first.answer is Answered.NOT_MET else record.last or first
    return replace(record, conditions=(first, *record.conditions), last=last)


def _looks_for_traits(rule: Rule) -> bool:
    return rule.looks_for is not None and any(isinstance(one, Trait) for one in rule.looks_for)


def _said_by_rule(review: Review, judged: Iterable[Judged], dialect: Dialect) -> dict[str, list[Said]]:
    found: dict[str, list[Said]] = {}
    had_offers = {_key(one) for one in judged if one.finding.offers}
    for place in places(review, dialect):
        is_withheld = _key(place.judged) in had_offers and not place.judged.finding.offers
        card = None if place.card is None else place.card + 1
        found.setdefault(place.judged.page.rule, []).append(
            Said(place.judged, card, place.wanted, place.is_moved, place.is_over, offers_withheld=is_withheld)
        )
    for silenced in review.silenced:
        if silenced.judged.indicator is not Indicator.NONE:
            found.setdefault(silenced.judged.page.rule, []).append(
                Said(silenced.judged, silenced_by=silenced.because, way=silenced.way, told=silenced.told)
            )
    for one in judged:
        if one.indicator is Indicator.NONE:
            found.setdefault(one.page.rule, []).append(Said(one))
    return found


def _key(one: Judged) -> tuple[str, str, str, tuple[str, ...]]:
    finding = one.finding
    return (one.page.rule, finding.circumstance, one.about, finding.evidence)


def _asked(
    rule: Rule,
    chart: Chart,
    record: Record | None,
    said: Mapping[str, list[Said]],
    unanswered: Mapping[str, tuple[Kind, ...]],
) -> Asked:
    page = rule.page
    if record is None:
        why, reason = _why_not_asked(page, chart)
        return Asked(page, Outcome.NOT_ASKED, why, reason)
    mine, missing = tuple(said.get(page.rule, ())), unanswered.get(page.rule, ())
    outcome = _outcome(mine, missing)
    if outcome is not Outcome.SILENT:
        return Asked(page, outcome, None, "", record, mine, missing)
    is_passed_over = rule.looks_for and not _looks_for_traits(rule) and rule.has_nothing_to_look_at(chart)
    looked_for = questions.names_of(rule.looks_for) if rule.looks_for and is_passed_over else ""
    return Asked(page, outcome, None, _reason(record), record, looked_for=looked_for)


def _why_not_asked(page: Page, chart: Chart) -> tuple[WhyNotAsked, str]:
    if not page.is_on:
        by_whom = "by this site" if page.is_on_as_delivered else "as delivered"
        return WhyNotAsked.OFF, f"switched off {by_whom}"
    if chart.hook not in page.hooks:
        hooks = questions.any_of(sorted(hook.value for hook in page.hooks))
        return WhyNotAsked.OTHER_HOOK, f"it is asked at {hooks} only"
    return WhyNotAsked.NO_SUCH_ORDER, _SUBJECTS.get(page.about, f"nothing of its kind ({page.about})")


def _outcome(said: Sequence[Said], missing: tuple[Kind, ...]) -> Outcome:
    if any(one.card is not None for one in said):
        return Outcome.SHOWN
    if any(one.judged.indicator is Indicator.NONE for one in said):
        return Outcome.SUPPRESSES
    if said:
        return Outcome.SILENCED if any(one.way is not None for one in said) else Outcome.NOT_SHOWN
    return Outcome.UNKNOWN if missing else Outcome.SILENT


def _reason(record: Record) -> str:
    """The last thing a silent rule looked at."""
    last = record.last
    if isinstance(last, str):
        return f"read: {last}" if last else "there was nothing to look at"
    return f"{last.answer.value}: {last.says}"


# --- as data ---------------------------------------------------------------------------------------------------------


def _order_json(order: Order) -> Json:
    return {
        "from": order.reference,
        "what": order_line(order),
        "is_judged": order.is_judged,
        "is_being_started": order.is_being_started,
        "values": dict(order_values(order)),
        "read": dosing_facts(order),
    }


def order_values(order: Order) -> list[tuple[str, str]]:
    """What was understood of a draft beyond its directions, piece by piece."""
    told: list[tuple[str, str]] = [("recognised by", order.drug.recognised_by.value)]
    if order.drug.is_naltrexone:
        told.append(("dose band", order.band.value))
    told.append(("form", order.form.value))
    if order.is_compounded:
        told.append(("compounded", "yes"))
    if order.dosing.when:
        told.append(("time of day", questions.all_of(sorted(order.dosing.when))))
    if order.supply_days is not None:
        told.append(("supply", f"{order.supply_days} days"))
    if order.refills is not None:
        told.append(("refills", number(order.refills)))
    if order.reasons:
        told.append(("reasons", questions.all_of(sorted(group.label for group in order.reasons))))
    elif order.has_reason:
        told.append(("reasons", "one that belongs to no group here"))
    if order.mentions:
        told.append(("its words speak of", questions.all_of(sorted(map(questions.mention_words, order.mentions)))))
    return told


def _asked_json(asked: Asked, chart: Chart) -> Json:
    page = asked.page
    told: Json = {
        "rule": page.rule,
        "title": page.title,
        "version": page.version,
        "group": page.group,
        "outcome": asked.outcome.value,
        "reason": asked.reason,
        "why_not_asked": None if asked.why_not_asked is None else asked.why_not_asked.value,
        "missing": _missing_json(asked.missing, chart),
        "conditions": [],
        "looked_at": [],
        "numbers": [],
        "findings": [_said_json(said) for said in asked.said],
    }
    if asked.record is not None:
        told["conditions"] = [_condition_json(one, chart) for one in asked.record.conditions]
        told["looked_at"] = [_about_json(one) for one in asked.record.looked_at]
        told["numbers"] = [_number_json(page, name, one) for name, one in asked.record.numbers]
    return told


def _condition_json(condition: Condition, chart: Chart) -> Json:
    return {
        "says": condition.says,
        "answer": condition.answer.value,
        "about": [_about_json(one) for one in condition.about],
        "more": condition.more,
        "compared": None if condition.compared is None else _compared_json(condition.compared),
        "missing": _missing_json(condition.missing, chart),
        "parts": [_condition_json(part, chart) for part in condition.parts],
    }


def _about_json(about: About) -> Json:
    return {"what": about.what, "from": list(about.references), "values": dict(about.values)}


def _compared_json(compared: Compared) -> Json:
    return {
        "value": compared.value,
        "what": compared.name,
        "is": compared.how,
        "number": compared.number,
        "limit": compared.limit,
    }


def _missing_json(kinds: Iterable[Kind], chart: Chart) -> list[Json]:
    return [{"kind": kind.value, "state": chart.state_of(kind).value} for kind in kinds]


def _number_json(page: Page, name: str, quantity: Quantity) -> Json:
    setting = f"{page.rule}.{name}" if name in page.numbers else name
    return {
        "name": name,
        "value": format(quantity, "f"),
        "unit": quantity.unit,
        "source": quantity.source,
        "meaning": quantity.meaning,
        "set_by": "site" if quantity.is_changed else "default",
        "setting": setting if quantity.allowed is not None else None,
    }


def _said_json(said: Said) -> Json:
    finding = said.judged.finding
    return {
        "circumstance": finding.circumstance,
        "level": said.judged.indicator.wire,
        "about": said.judged.about,
        "says": said.words,
        "facts": list(finding.facts),
        "from": list(finding.evidence),
        "offers": [change.key for change in finding.offers],
        "offers_withheld": said.offers_withheld,
        "card": said.card,
        "place": said.place,
        "wanted": said.wanted or "review",
        "is_moved": said.is_moved,
        "silenced_by": said.silenced_by or None,
        "way": None if said.way is None else said.way.value,
    }


def _card_json(at: int, card: Mapping[str, Any], said: Iterable[Said]) -> Json:
    return {
        "number": at,
        "uuid": card["uuid"],
        "indicator": card["indicator"],
        "summary": card["summary"],
        "findings": [
            {
                "rule": one.judged.page.rule,
                "circumstance": one.judged.finding.circumstance,
                "about": one.judged.about,
                "wanted": one.wanted or "review",
                "is_moved": one.is_moved,
            }
            for one in said
        ],
    }
