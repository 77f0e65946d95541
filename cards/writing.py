"""Findings become cards (design §3 "Card plan", catalogue §2.4; CDS Hooks 2.0.1 "Card Attributes").

For one order the opioid conflict, the dose, the timing and the formulation each speak on a card of their own, a
warning about the patient or about missing data on its own card too; everything else joins the review card. At most four
cards an order, among them one critical and two warnings: what does not fit joins the review card, whose level is the
highest of its items. Wire names stand here once.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from cards.changes import Action, Change, Offer
from cards.chart import Chart, Kind
from cards.pages import Indicator, Page, Reason, Source
from cards.phrasing import NBSP, bullets, day
from cards.review import Judged, Review
from cards.wordings import doubt

REVIEW_RULE = "ldn-order-review"
REVIEW_TITLE = "Low-dose naltrexone order review"
TOPIC_SYSTEM = "urn:ldn-cds:rule"
FINDINGS_EXTENSION = "ldn-cds.findings"
SOURCE_LABEL = "ldn-cds: naltrexone checks"
SUMMARY_LIMIT = 139
OWN_CARD_TOPICS = ("opioid", "data", "dose", "formulation", "patient", "timing")
"""Topics that speak on their own card, the most pressing first."""

ALWAYS_OWN_TOPICS = frozenset({"dose", "timing", "formulation"})
"""Topics whose informational findings have a card of their own too, so that an override is remembered per topic."""

_CRITICAL_CARDS, _WARNING_CARDS, _CARDS = 1, 2, 4
_SUGGESTIONS, _REVIEW_SUGGESTIONS = 3, 6
_SITE_SETTINGS = 3


@dataclass(frozen=True, slots=True)
class Dialect:
    """What one client can take; the defaults are CDS Hooks 2.0.1."""

    actions: frozenset[str] = frozenset({"create", "update", "delete"})
    selection_behaviors: frozenset[str] = frozenset({"at-most-one", "any"})
    one_action_per_suggestion: bool = True
    most_cards: int | None = None
    merges_topics: bool = False
    lists_not_kept: frozenset[Kind] = frozenset()
    rule_page_base: str | None = None
    """The address under which this service shows its rules to that client; ``None`` where it has none of its own."""
    plan_page_base: str | None = None
    """The same for the titration schedules."""
    repeats_at_sign: bool = True
    """Whether what was said while the order was being chosen is said again when it is signed, though nothing changed."""
    allowed_links: tuple[str, ...] = ()
    """How the addresses begin that this client's EHR lets through; empty: all of them."""

    def lets_through(self, address: str) -> bool:
        """Whether a card for this client may lead to an address."""
        return not self.allowed_links or address.startswith(self.allowed_links)


@dataclass
class _Draft:
    """A card being put together: its findings, the leading one first."""

    topic: str
    judged: list[Judged]
    is_review: bool = False

    @property
    def speaking(self) -> list[Judged]:
        """The findings that make the card; those that only accompany them are not counted."""
        return [one for one in self.judged if not one.page.accompanies]

    @property
    def indicator(self) -> Indicator:
        return max(one.indicator for one in self.judged)

    @property
    def rank(self) -> tuple[int, int, int]:
        topic = len(OWN_CARD_TOPICS) if self.is_review else OWN_CARD_TOPICS.index(self.topic)
        return (-self.indicator, topic, min(one.page.precedence for one in self.judged))


@dataclass
class _Plan:
    """The cards of one order."""

    own: list[_Draft] = field(default_factory=list)
    review: list[Judged] = field(default_factory=list)


def write_cards(
    review: Review,
    chart: Chart,
    new_uuid: Callable[[], str],
    *,
    common_reasons: Sequence[Reason] = (),
    dialect: Dialect = Dialect(),
) -> list[dict[str, Any]]:
    """The cards of an answer, the most urgent first; an empty list when there is nothing to say."""
    drafts = _laid_out(review, dialect)[: dialect.most_cards]
    return [_card(draft, chart, new_uuid, common_reasons, dialect) for draft in drafts]


def _laid_out(review: Review, dialect: Dialect) -> list[_Draft]:
    return _in_order(_plan(group, dialect) for group in _by_order(review.found))


def _in_order(plans: Iterable[_Plan]) -> list[_Draft]:
    """The cards of all orders, the most urgent first."""
    drafts = [draft for plan in plans for draft in _settle(plan)]
    if len(drafts) > 1:
        drafts.sort(key=lambda draft: draft.rank)
    return drafts


@dataclass(frozen=True, slots=True)
class Place:
    """Where one finding went: on which card of the answer, counted from 0, ``None`` when on none.

    ``wanted`` is the topic of the card of its own that it would have had, empty where the review card is its place;
    ``is_moved``: there was no room for that card. ``is_over``: the client takes fewer cards.
    """

    judged: Judged
    card: int | None
    wanted: str = ""
    is_moved: bool = False
    is_over: bool = False


def places(review: Review, dialect: Dialect) -> list[Place]:
    """Where each finding of a review went, for whoever explains an answer; in the order of the cards."""
    plans = [_plan(group, dialect) for group in _by_order(review.found)]
    own: dict[int, tuple[int, str]] = {}
    for plan in plans:
        for draft in plan.own:
            own.update({id(one): (id(draft.judged[0]), draft.topic) for one in draft.judged})
    found, placed = [], set()
    for at, draft in enumerate(_in_order(plans)):
        is_over = dialect.most_cards is not None and at >= dialect.most_cards
        for one in draft.judged:
            leader, topic = own.get(id(one), (0, ""))
            is_moved = bool(topic) and (draft.is_review or leader != own[id(draft.judged[0])][0])
            found.append(Place(one, None if is_over else at, topic, is_moved, is_over))
            placed.add(id(one))
    return found + [Place(one, None) for one in review.found if id(one) not in placed]


def _by_order(found: Iterable[Judged]) -> list[list[Judged]]:
    """Findings by the order they are about; a conflict between two drafts of one session is one matter."""
    groups: dict[str, list[Judged]] = defaultdict(list)
    for one in found:
        groups[one.about].append(one)
    if len(groups) < 2:
        return list(groups.values())
    together = [key for key, group in groups.items() if any(_is_together(one) for one in group)]
    for key in together[1:]:
        moved = [one for one in groups[key] if _is_together(one)]
        groups[together[0]].extend(moved)
        groups[key] = [one for one in groups[key] if not _is_together(one)]
    return [group for group in groups.values() if group]


def _is_together(one: Judged) -> bool:
    return one.finding.circumstance.startswith("ordered_together")


def _plan(group: Sequence[Judged], dialect: Dialect) -> _Plan:
    plan = _Plan()
    topics: dict[str, list[Judged]] = defaultdict(list)
    for one in group:
        page = one.page
        speaks_alone = one.saying.delivery == "own" or (page.topic in ALWAYS_OWN_TOPICS and not dialect.merges_topics)
        if page.topic == "review" and one.saying.delivery == "merged":
            speaks_alone = False
        if not speaks_alone:
            plan.review.append(one)
        elif page.topic in ("opioid", *ALWAYS_OWN_TOPICS):
            topics[page.topic].append(one)
        else:
            topic = page.topic if page.topic in OWN_CARD_TOPICS else "patient"
            plan.own.append(_Draft(topic, [one]))
    for topic, judged in topics.items():
        leading = sorted(judged, key=lambda one: (-one.indicator, one.page.precedence)) if len(judged) > 1 else judged
        plan.own.append(_Draft(topic, leading))
    plan.review = _with_company(plan.review, group)
    return plan


def _with_company(review: list[Judged], group: Sequence[Judged]) -> list[Judged]:
    """What accompanies others stays only where there is information to join and nobody warns about the order."""
    others = [one for one in review if not one.page.accompanies]
    return review if others and all(one.indicator <= Indicator.INFO for one in group) else others


def _settle(plan: _Plan) -> list[_Draft]:
    """Keep within the budget; what does not fit joins the review card."""
    if not plan.review and len(plan.own) < 2:
        return plan.own
    kept: list[_Draft] = []
    spent = {Indicator.CRITICAL: 0, Indicator.WARNING: 0}
    limits = {Indicator.CRITICAL: _CRITICAL_CARDS, Indicator.WARNING: _WARNING_CARDS}
    for draft in sorted(plan.own, key=lambda d: d.rank):
        level = draft.indicator
        room = len(kept) < _CARDS - bool(plan.review) and spent.get(level, 0) < limits.get(level, _CARDS)
        if room:
            kept.append(draft)
            if level in spent:
                spent[level] += 1
        elif level is Indicator.CRITICAL and kept:
            kept[0].judged.extend(draft.judged)
        else:
            plan.review.extend(draft.judged)
    if len(kept) == _CARDS and plan.review:
        plan.review.extend(kept.pop().judged)
    if plan.review:
        kept.append(_Draft("review", sorted(plan.review, key=_place), is_review=True))
    return kept


def _place(one: Judged) -> tuple[bool, int, int, str]:
    """Where a finding stands on the review card: what warns first, what only accompanies last."""
    return (one.page.accompanies, -one.indicator, one.page.precedence, one.page.rule)


# --- one card --------------------------------------------------------------------------------------------------------


def _card(
    draft: _Draft, chart: Chart, new_uuid: Callable[[], str], common_reasons: Sequence[Reason], dialect: Dialect
) -> dict[str, Any]:
    lead = draft.judged[0]
    card: dict[str, Any] = {
        "uuid": new_uuid(),
        "summary": _review_summary(draft) if draft.is_review else fill(lead.saying.summary, lead),
        "indicator": draft.indicator.wire,
        "detail": _review_detail(draft) if draft.is_review else _detail(draft),
        "source": _source(draft, dialect),
    }
    suggestions = _suggestions(draft, chart, new_uuid, dialect)
    if suggestions:
        card["suggestions"] = suggestions
        card["selectionBehavior"] = _selection(draft, dialect)
        if card["selectionBehavior"] == "at-most-one":
            _recommend_one(suggestions)
    links = [*_links(draft, dialect), *_calendars(draft, chart, dialect)]
    if links:
        card["links"] = links
    reasons = _reasons(draft, common_reasons)
    if reasons:
        card["overrideReasons"] = reasons
    card["extension"] = {FINDINGS_EXTENSION: _findings(draft)}
    return card


def fill(template: str, one: Judged) -> str:
    """The words of a page with this finding's blanks in them."""
    blanks = dict(one.finding.blanks)
    if one.saying.reviewed is not None:
        blanks["reviewed"] = day(one.saying.reviewed)
    return template.format_map(blanks)


def _detail(draft: _Draft) -> str:
    """This patient's facts, what can happen and what to do, the other findings, and what it rests on."""
    lead = draft.judged[0]
    parts = []
    facts = list(dict.fromkeys(fact for one in draft.judged for fact in one.finding.facts))
    facts = _doubts(draft) + facts
    if facts:
        parts.append(bullets(facts))
    parts.extend(_told_in_full(lead))
    told = _is_together(lead)
    others = [fill(one.saying.summary, one) for one in draft.speaking[1:] if not (told and _is_together(one))]
    if others:
        parts.append("**Also:**\n" + bullets(others))
    parts.extend(_accompanying(draft))
    parts.append(_basis(draft))
    return "\n\n".join(part for part in parts if part)


def _accompanying(draft: _Draft) -> list[str]:
    """The paragraphs of what only accompanies the other findings."""
    return [part for one in draft.judged if one.page.accompanies for part in _told_in_full(one)]


_LEAD_WORD = re.compile(r"\*\*[A-Z][a-z]+:\*\*")


def _told_in_full(one: Judged) -> list[str]:
    """The paragraphs of what a page has to say in detail, with this finding's blanks in them."""
    return [told for part in _paragraphs(one.saying.detail) if (told := fill(part, one).strip())]


@lru_cache(maxsize=1024)
def _paragraphs(text: str) -> tuple[str, ...]:
    """The paragraphs of a page's detail: each lead word (**Risk:**, **Do:**) opens one, line ends are white space."""
    text = text.replace("\n", " ")
    begins = [0, *(word.start() for word in _LEAD_WORD.finditer(text))]
    return tuple(text[begin:end] for begin, end in zip(begins, [*begins[1:], None], strict=True))


def _review_summary(draft: _Draft) -> str:
    points = len(_by_page(draft.speaking))
    if points == 1:
        return fill(draft.speaking[0].saying.summary, draft.speaking[0])
    return f"Review naltrexone order: {points} points (see details)."


def _review_detail(draft: _Draft) -> str:
    """A point for each rule; what one rule has to say several times stands together."""
    if len(draft.speaking) == 1:
        return _detail(draft)
    points = []
    for said in _by_page(draft.speaking):
        told: list[str] = []
        for one in said:
            told.append(fill(one.saying.summary, one))
            if one.saying.is_told_in_full:
                told.extend(_told_in_full(one))
        facts = list(dict.fromkeys(fact for one in said for fact in one.finding.facts))
        shown = f" ({'; '.join(facts)})" if facts else ""
        points.append(f"**{said[0].page.title}:** {' '.join(dict.fromkeys(told))}{shown}")
    points = _doubts(draft) + points
    return "\n\n".join((bullets(points), *_accompanying(draft), _basis(draft)))


def _doubts(draft: _Draft) -> list[str]:
    """What an order was taken to mean whose name is misspelled, once per order."""
    orders = (one.finding.order for one in draft.judged if one.finding.order is not None)
    return list(dict.fromkeys(filter(None, map(doubt, orders))))


def _by_page(judged: Iterable[Judged]) -> list[list[Judged]]:
    """Findings by the rule that speaks, in the order in which the rules speak first."""
    groups: dict[str, list[Judged]] = {}
    for one in judged:
        groups.setdefault(one.page.rule, []).append(one)
    return list(groups.values())


def _basis(draft: _Draft) -> str:
    pages = _pages(draft)
    titles = list(dict.fromkeys(source.title for one in draft.judged for source in _sources_of(one)[:2]))
    rules = ", ".join(f"{page.rule} {page.version}" for page in pages[:3])
    rest = f" and {len(pages) - 3} more" if len(pages) > 3 else ""
    basis = f"Basis: {'; '.join(titles[:2])}. " if titles else ""
    return f"_{basis}Rule {rules}{rest}.{_site_settings(pages)}_"


def _site_settings(pages: Iterable[Page]) -> str:
    """The numbers and levels behind a card that are this site's own choice."""
    seen = list(pages)
    chosen = {name: number for page in seen for name, number in page.site_numbers}
    told = [f"{page.rule} as {page.level_at_site.wire}" for page in seen if page.level_at_site is not None]
    told += [f"{name.replace('_', '-')} {number.words.replace(' ', NBSP)}" for name, number in chosen.items()]
    if not told:
        return ""
    rest = f" and {len(told) - _SITE_SETTINGS} more" if len(told) > _SITE_SETTINGS else ""
    return f" Site setting{'s' if len(told) > 1 else ''}: {', '.join(told[:_SITE_SETTINGS])}{rest}."


def _pages(draft: _Draft) -> list[Page]:
    return list({one.page.rule: one.page for one in draft.judged}.values())


def _sources_of(one: Judged) -> tuple[Source, ...]:
    """What a finding rests on: the sources of its saying, else those of its page."""
    return one.saying.sources or one.page.sources


def _linkable(draft: _Draft, dialect: Dialect) -> list[Source]:
    """The sources with an address that the client lets through, those of the leading finding first."""
    return [
        source for one in draft.judged for source in _sources_of(one) if source.url and dialect.lets_through(source.url)
    ]


def _source(draft: _Draft, dialect: Dialect) -> dict[str, Any]:
    """Who says so: our own page of the rule where the client can reach it, else the first work cited that it can."""
    lead = draft.judged[0].page
    is_several = draft.is_review and len(_by_page(draft.speaking)) > 1
    rule, title = (REVIEW_RULE, REVIEW_TITLE) if is_several else (lead.rule, lead.title)
    source: dict[str, Any] = {"label": SOURCE_LABEL}
    cited = _linkable(draft, dialect)
    base = dialect.rule_page_base
    own = base if base is None or is_several else f"{base}/{rule}"
    if own is not None and dialect.lets_through(own):
        source["url"] = own
    elif cited:
        source["url"] = cited[0].url
    source["topic"] = {"code": rule.replace("-", ""), "system": TOPIC_SYSTEM, "display": title}
    return source


def _links(draft: _Draft, dialect: Dialect) -> list[dict[str, Any]]:
    cited = {source.url: source for source in _linkable(draft, dialect)}
    ranked = sorted(cited.values(), key=lambda s: not s.key.startswith("label_"))
    return [{"label": source.title, "url": source.url, "type": "absolute"} for source in ranked[:2]]


def _calendars(draft: _Draft, chart: Chart, dialect: Dialect) -> list[dict[str, Any]]:
    """The page with the dated calendar of the schedule that the card's first stepped offer follows, begun today."""
    if dialect.plan_page_base is None:
        return []
    schedules = [change.schedule for one in draft.judged for change in one.finding.offers if change.schedule]
    addresses = {
        schedule: f"{dialect.plan_page_base}/{schedule}?start={chart.today.isoformat()}" for schedule in schedules[:1]
    }
    return [
        {
            "label": f"Dated calendar of the schedule {schedule} (for the prescriber)",
            "url": address,
            "type": "absolute",
        }
        for schedule, address in addresses.items()
        if dialect.lets_through(address)
    ]


def _reasons(draft: _Draft, common: Sequence[Reason]) -> list[dict[str, Any]]:
    specific = [reason for one in draft.judged for reason in one.page.reasons]
    unique = {reason.code: reason for reason in (*specific, *common)}
    return [{"code": r.code, "system": r.system, "display": r.display} for r in unique.values()]


def _findings(draft: _Draft) -> list[dict[str, Any]]:
    """One entry per rule that speaks in this card, each at its own level."""
    entries: dict[str, Judged] = {}
    for one in draft.judged:
        known = entries.get(one.page.rule)
        if known is None or one.indicator > known.indicator:
            entries[one.page.rule] = one
    return [
        {"rule": one.page.rule, "indicator": one.indicator.wire, "version": one.page.version}
        for one in entries.values()
    ]


# --- suggestions -----------------------------------------------------------------------------------------------------


def _suggestions(draft: _Draft, chart: Chart, new_uuid: Callable[[], str], dialect: Dialect) -> list[dict[str, Any]]:
    """The offers of all findings, each label once; of a merged card the leading finding's come first."""
    built: dict[str, dict[str, Any]] = {}
    limit = _REVIEW_SUGGESTIONS if draft.is_review else _SUGGESTIONS
    for one in draft.judged:
        for change in one.finding.offers:
            if len(built) == limit:
                break
            suggestion = _suggestion(one, change, chart, new_uuid, dialect)
            if suggestion is not None:
                built.setdefault(suggestion["label"], suggestion)
    return list(built.values())


def _suggestion(
    one: Judged, change: Change, chart: Chart, new_uuid: Callable[[], str], dialect: Dialect
) -> dict[str, Any] | None:
    written = one.page.offers[change.key]
    blanks = {**dict(one.finding.blanks), **dict(change.values)}
    offer = Offer(written.label.format_map(blanks), written.note.format_map(blanks))
    actions = change.make(chart.patient_reference, offer)
    if not actions or any(action.type not in dialect.actions for action in actions):
        return None
    suggestion: dict[str, Any] = {"label": offer.label, "uuid": new_uuid(), "actions": [_action(a) for a in actions]}
    if change.is_recommended:
        suggestion["isRecommended"] = True
    return suggestion


def _action(action: Action) -> dict[str, Any]:
    written: dict[str, Any] = {"type": action.type, "description": action.description}
    if action.resource is not None:
        written["resource"] = action.resource
    if action.resource_id is not None:
        written["resourceId"] = action.resource_id
    return written


def _selection(draft: _Draft, dialect: Dialect) -> str:
    wanted = "any" if draft.is_review and len(draft.speaking) > 1 else "at-most-one"
    return wanted if wanted in dialect.selection_behaviors else min(dialect.selection_behaviors)


def _recommend_one(suggestions: list[dict[str, Any]]) -> None:
    """Where one may be chosen, one may be recommended."""
    seen = False
    for suggestion in suggestions:
        if suggestion.get("isRecommended"):
            if seen:
                del suggestion["isRecommended"]
            seen = True


def originals_of(chart: Chart, cards: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The client's own resources that the cards' updates would change, by ``Type/id``."""
    known: dict[str, Callable[[], Mapping[str, Any] | None]] = {
        use.medication.reference: use.medication.original
        for use in chart.naltrexone_uses
        if use.medication.original is not None
    }
    found = {order.reference: order.resource for order in chart.orders}
    found.update((draft.reference, draft.resource) for draft in chart.service_drafts)
    for card in cards:
        for suggestion in card.get("suggestions", ()):
            for action in suggestion["actions"]:
                resource = action.get("resource")
                reference = f"{resource.get('resourceType')}/{resource.get('id')}" if resource is not None else ""
                original = known[reference]() if reference in known and reference not in found else None
                if original is not None:
                    found[reference] = original
    return found
