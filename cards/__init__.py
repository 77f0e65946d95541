"""The clinic: reads FHIR, asks the rules, writes cards.

Three verbs carry everything: ``read_chart``, ``review``, ``write_cards``. :class:`Clinic` opens the house once (tables,
rules, pages) and answers requests with them; every door of ``cds_hooks`` uses it. Nothing here does input or output, or
asks a clock or a random source.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, Any

from cards.chart import MEDICATION_LISTS, Chart, DataState, Hook, Kind
from cards.conditions import ConditionGroup
from cards.findings import HouseError
from cards.knowledge.editions import Edition
from cards.knowledge.loading import Knowledge
from cards.knowledge.medications import CodeMeaning
from cards.opening import open_rules
from cards.pages import Reason, RuleBook
from cards.reading.charts import Told, read_chart
from cards.reading.sieve import Sieve
from cards.reading.unknown import UnknownCodes, find_unknown_codes
from cards.records import once, record_with_room
from cards.review import EVERYTHING_IS_SAID, UNSAID, Review, Silencing, Unsaid, leaving_unsaid, review
from cards.writing import Dialect, originals_of, write_cards

if TYPE_CHECKING:
    from cards.explanation import Trace

__all__ = [
    "Answer",
    "Chart",
    "Clinic",
    "CodeMeaning",
    "ConditionGroup",
    "DataState",
    "Dialect",
    "Hook",
    "HouseError",
    "Kind",
    "Review",
    "Told",
    "UnknownCodes",
    "Unsaid",
    "read_chart",
    "review",
    "write_cards",
]


@record_with_room
class Answer:
    """The cards of one request, ready for the wire, and what they rest on."""

    cards: list[dict[str, Any]]
    review: Review
    chart: Chart
    book: RuleBook = field(repr=False)
    dialect: Dialect = field(repr=False)
    common_reasons: tuple[Reason, ...] = field(default=(), repr=False)
    unsaid: Unsaid = EVERYTHING_IS_SAID
    kept_back: Mapping[Silencing, list[dict[str, Any]]] = field(default_factory=dict, repr=False)
    """The cards that would have been, of what people keep unsaid."""

    @once
    def originals(self) -> Mapping[str, Mapping[str, Any]]:
        """The client's own resource for every update a card offers, by ``Type/id``."""
        return originals_of(self.chart, self.cards)

    def leaving_unsaid(self, unsaid: Unsaid, new_uuid: Callable[[], str]) -> Answer:
        """The answer without what people keep unsaid; itself when there is nothing of that in it."""
        settled = leaving_unsaid(self.review, unsaid, self.chart)
        if not settled.unsaid:
            return self

        def written(found: Review) -> list[dict[str, Any]]:
            reasons = self.common_reasons
            return write_cards(found, self.chart, new_uuid, common_reasons=reasons, dialect=self.dialect)

        cards = written(settled)
        kept_back = {
            way: written(Review(tuple(one.judged for one in settled.unsaid if one.way is way)))
            for way in Silencing
            if way in UNSAID
        }
        return replace(self, cards=cards, review=settled, unsaid=unsaid, kept_back=kept_back)

    @property
    def lacks_medications(self) -> bool:
        """Whether no medication list at all could be read, not even in part, and something was to be looked up in one."""
        if self.chart.hook is Hook.ORDER_DISPATCH and not self.chart.unread_orders:
            return False
        unread = (DataState.NOT_SENT, DataState.FAILED)
        return all(self.chart.state_of(kind) in unread for kind in MEDICATION_LISTS)

    @property
    def wants(self) -> frozenset[Kind]:
        """The kinds of data that a rule looked for and that were not sent, or only in part: reading them may tell more."""
        is_about_an_order = self.chart.hook in (Hook.ORDER_SIGN, Hook.ORDER_SELECT)
        looked_for = {
            kind
            for rule, kinds in self.review.not_checked
            # A rule about the patient alone would have the chart read for every order of anything.
            if not (is_about_an_order and self.book.page(rule).about == "chart")
            for kind in kinds
        }
        if self.lacks_medications and self.chart.hook in (Hook.PATIENT_VIEW, Hook.ORDER_DISPATCH):
            # No order in the context that would tell whether there is anything to look for.
            looked_for.update(MEDICATION_LISTS)
        missing = (DataState.NOT_SENT, DataState.PARTIAL)
        return frozenset(kind for kind in looked_for if self.chart.state_of(kind) in missing)

    def explain(self) -> Trace:
        """Why these cards and no others: every rule is asked once more, of a chart that remembers."""
        from cards.explanation import explain  # here, so that no answer waits for what few ask for

        return explain(self.chart, self.book, dialect=self.dialect, cards=self.cards, unsaid=self.unsaid)


@dataclass(frozen=True)
class Clinic:
    """The house, opened: tables, rules and the reasons common to all cards."""

    sieve: Sieve
    book: RuleBook
    common_reasons: tuple[Reason, ...]

    @classmethod
    def open(
        cls,
        overrides: Mapping[str, Decimal] | None = None,
        rxnorm: Edition | None = None,
        switches: Mapping[str, bool | str] | None = None,
        rules: Traversable | None = None,
    ) -> Clinic:
        """Load everything; raises :class:`HouseError` with every problem found, before any patient is seen.

        ``rxnorm`` is a drug table that the site brought itself, ``overrides`` are its numbers, ``switches`` the rules
        it turned on or off, or on at another level. ``rules`` is a folder of rules instead of the house's own.
        """
        words = tomllib.loads((files("cards.knowledge") / "override_reasons.toml").read_text("utf-8"))
        common = tuple(
            Reason(code, entry["system"], entry["display"]) for code, entry in words.items() if entry.get("common")
        )
        return cls(Sieve(Knowledge.load(rxnorm)), open_rules(overrides, rules, switches), common)

    @property
    def condition_roots(self) -> Mapping[str, frozenset[ConditionGroup]]:
        """The SNOMED CT codes whose descendants mean the same as they do, and what that is."""
        return self.sieve.knowledge.conditions.roots

    def unknown_codes(self, context: Mapping[str, Any], prefetch: Mapping[str, bytes | None]) -> UnknownCodes:
        """The codes in a request that the tables do not know, of entries that nothing else tells."""
        return find_unknown_codes(context, prefetch, self.sieve.knowledge)

    def knowing(
        self,
        medicines: Mapping[tuple[str, str], CodeMeaning],
        conditions: Mapping[str, frozenset[ConditionGroup]],
    ) -> Clinic:
        """This clinic with more codes, as somebody trustworthy explained them."""
        knowledge = self.sieve.knowledge
        wiser = replace(
            knowledge,
            formulary=knowledge.formulary.knowing(medicines),
            conditions=knowledge.conditions.knowing(conditions),
        )
        return replace(self, sieve=Sieve(wiser))

    def answer(
        self,
        hook: Hook,
        context: Mapping[str, Any],
        prefetch: Mapping[str, bytes | None],
        asked: Mapping[str, Kind],
        today: date,
        new_uuid: Callable[[], str],
        dialect: Dialect | None = None,
    ) -> Answer:
        """Read, review, write: the answer to one request on one day."""
        dialect = dialect or Dialect()
        told = Told(hook, context, prefetch, asked)
        numbers = self.book.shared
        chart = read_chart(told, today, self.sieve, numbers, lists_not_kept=dialect.lists_not_kept)
        found = review(chart, self.book)
        cards = write_cards(found, chart, new_uuid, common_reasons=self.common_reasons, dialect=dialect)
        return Answer(cards, found, chart, self.book, dialect, self.common_reasons)
