"""What a rule may say, and how the house says that it is itself in disorder."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from cards.records import record

if TYPE_CHECKING:
    from cards.changes import Change
    from cards.chart import Kind, Order


class HouseError(Exception):
    """A rule, page, table or setting of ours is wrong: which, what is missing, what to write.

    Raised before any patient is seen. ``problems`` holds all that were found, so that they can be mended at once.
    """

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@record
class Finding:
    """One thing a rule has to say about one order (or about the patient, when ``order`` is ``None``).

    ``circumstance`` names the saying on the rule's page. ``blanks`` fill its words; ``facts`` are this patient's facts,
    one short line each, with dates; ``offers`` are the changes that would mend it, best first. ``occasion`` tells apart
    what is said once each (the supply that ends), where the page's budget asks so. ``known_since`` is the day since
    which whoever reads it knows what the page said then: it is said only where the page's words changed after that day.
    """

    circumstance: str
    order: Order | None = None
    blanks: tuple[tuple[str, str], ...] = ()
    facts: tuple[str, ...] = ()
    offers: tuple[Change, ...] = ()
    evidence: tuple[str, ...] = ()
    occasion: str = ""
    known_since: date | None = None


_Rule = TypeVar("_Rule", bound=Callable[..., object])


def looks_for(*told: StrEnum, needs: Iterable[Kind] = ()) -> Callable[[_Rule], _Rule]:
    """Ask a rule only where the chart or another draft tells of one of these, or where one of ``needs`` is not known.

    Most charts tell of nothing that most rules look for, and finding that out in one place costs a tenth of asking each.
    ``told`` are roles, condition groups, tests, mentions and traits; a :class:`Kind` stands for anything of that kind. A
    rule without this line is always asked. While tests run, a rule that is passed over is asked all the same, and must have
    nothing to say.
    """

    def mark(rule: _Rule) -> _Rule:
        rule.looks_for = frozenset(told)  # type: ignore[attr-defined]
        rule.needs = frozenset(needs)  # type: ignore[attr-defined]
        return rule

    return mark


def says(
    circumstance: str,
    about: Order | None = None,
    *,
    facts: Iterable[str] = (),
    offers: Iterable[Change] = (),
    evidence: Iterable[str] = (),
    occasion: date | str = "",
    known_since: date | None = None,
    **blanks: str,
) -> Finding:
    """Say what stands under ``[says.<circumstance>]`` on the rule's page, about that order.

    ``evidence`` are the references of the resources it rests on, ``occasion`` what it is said once for,
    ``known_since`` the day since which it is known but for what changed on the page.
    """
    return Finding(
        circumstance=circumstance,
        order=about,
        blanks=tuple(sorted(blanks.items())),
        facts=tuple(facts),
        offers=tuple(offers),
        evidence=tuple(evidence),
        occasion=occasion if isinstance(occasion, str) else occasion.isoformat(),
        known_since=known_since,
    )
