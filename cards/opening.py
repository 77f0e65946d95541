"""Opening the rules: words, numbers, sources and governance of each, from one TOML file beside it.

``open_rules`` reads every pair that ``shelves`` finds in ``cards/rules``, or in another folder, checks all of it and
raises one :class:`HouseError` that names every problem found. What only whoever writes a rule has to know – blanks,
lengths, wording – is ``house``'s to check, not done at every start.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from cards.budgets import Budget, read_budget
from cards.changes import Offer
from cards.chart import Hook, Kind
from cards.findings import HouseError
from cards.numbers import Numbers, Quantity, numbers_from
from cards.page_shape import shape_problems
from cards.page_words import is_broken, meant, numbers_in, with_numbers
from cards.pages import ATTRIBUTES, SUBJECTS, TOPICS, Indicator, Page, Reason, Rule, RuleBook, Saying, Source
from cards.shelves import HAZARD_OF, Place, rules_in
from cards.titration import problems_in as problems_in_schedules
from cards.titration import schedules

_NUMBER = ("value", "unit", "source", "meaning", "range", "not_above")
_PROSE = ("why", "works")
"""What a page tells in prose, with blanks for its numbers."""


@dataclass
class _Shelf:
    """What opening a page needs from outside it, and where its problems are gathered."""

    shared: Mapping[str, Quantity]
    sources: Mapping[str, Source]
    words: Mapping[str, Any]
    overrides: dict[str, Decimal]
    switches: dict[str, bool | str]
    numbers: set[str] = field(default_factory=set)
    lasting: dict[str, str] = field(default_factory=dict)
    """The rules that no site may switch off, and why."""
    problems: list[str] = field(default_factory=list)


def open_rules(
    overrides: Mapping[str, Decimal] | None = None,
    folder: Traversable | None = None,
    switches: Mapping[str, bool | str] | None = None,
) -> RuleBook:
    """Read every rule and page; raises :class:`HouseError` with every problem at once.

    ``overrides`` sets numbers for this site: ``{"washout_short": Decimal(14), "ldn-start-dose-high.start_max": …}``.
    ``switches`` turns rules on or off by their id, or on at a level that their page allows. ``folder`` holds the rules
    instead of ``cards/rules``.
    """
    knowledge = files("cards.knowledge")
    problems: list[str] = []
    written = tomllib.loads((knowledge / "numbers.toml").read_text("utf-8"), parse_float=Decimal)
    shelf = _Shelf(
        shared=_numbers(written, "cards/knowledge/numbers.toml", problems),
        sources=_read_sources(tomllib.loads((knowledge / "sources.toml").read_text("utf-8")), problems),
        words=tomllib.loads((knowledge / "override_reasons.toml").read_text("utf-8")),
        overrides=dict(overrides or {}),
        switches=dict(switches or {}),
        problems=problems,
    )
    shelf.shared = _overridden(shelf.shared, "", shelf)
    _check_order(written, shelf)
    for name, number in shelf.shared.items():
        _check_source(number.source, f"cards/knowledge/numbers.toml: {name}", shelf.sources, problems)
    _check_schedules(shelf)
    places, misplaced = rules_in(folder)
    problems += misplaced
    rules = [rule for place in places if (rule := _open_rule(place, shelf)) is not None]
    known = {place.rule for place in places}
    _check_what_is_left(shelf, known)
    for rule in rules:
        for other in sorted(rule.page.yields_to - known):
            problems.append(f"{rule.place.shown('toml')}: yields_to names {other}, which is no rule.")
    if problems:
        raise HouseError(*problems)
    ordered = tuple(sorted(rules, key=lambda rule: (rule.page.precedence, rule.page.rule)))
    by_hook = {hook: tuple(rule for rule in ordered if hook in rule.page.hooks and rule.page.is_on) for hook in Hook}
    return RuleBook(ordered, Numbers(shelf.shared), shelf.sources, by_hook)


def _numbers(written: Mapping[str, Any], where: str, problems: list[str]) -> dict[str, Quantity]:
    """The numbers that are complete; what is wrong with the others joins the problems."""
    for name, entry in written.items():
        unknown = [key for key in entry if key not in _NUMBER] if isinstance(entry, Mapping) else []
        problems += [
            f"{where}: the number {name}: {key} is nothing a number has.{meant(key, _NUMBER)}" for key in unknown
        ]
    found = _complete_numbers(written, where, problems)
    for name, number in found.items():
        if number.allowed is not None and not number.allowed[0] <= number <= number.allowed[1]:
            problems.append(f"{where}: the number {name} = {number.words} lies outside its own range.")
    return found


def _complete_numbers(written: Mapping[str, Any], where: str, problems: list[str]) -> dict[str, Quantity]:
    try:
        return numbers_from(written, where)
    except HouseError as error:
        problems.extend(error.problems)
        named = "\n".join(error.problems)
        return numbers_from({k: v for k, v in written.items() if f"the number {k} needs" not in named}, where)


def _check_order(written: Mapping[str, Any], shelf: _Shelf) -> None:
    """A number that is the lower end of a span stays below its upper end, whichever of the two a site changes."""
    for name, entry in written.items():
        upper = entry.get("not_above")
        if upper is None or name not in shelf.shared:
            continue
        if upper not in shelf.shared:
            shelf.problems.append(f"cards/knowledge/numbers.toml: {name} names {upper}, which is no number.")
        elif shelf.shared[name] > shelf.shared[upper]:
            low, high = shelf.shared[name], shelf.shared[upper]
            shelf.problems.append(f"settings: {name} ({low.words}) may not be above {upper} ({high.words}).")


def _check_schedules(shelf: _Shelf) -> None:
    """The titration schedules, held against the numbers and the bibliography."""
    try:
        shelf.problems += problems_in_schedules(schedules(), Numbers(shelf.shared), shelf.sources)
    except HouseError as error:
        shelf.problems += error.problems


def _check_what_is_left(shelf: _Shelf, rules: Iterable[str]) -> None:
    """Settings for numbers and rules that nobody has."""
    for name in shelf.overrides:
        shelf.problems.append(f"settings: there is no number called {name}.{meant(name, shelf.numbers)}")
    for name in shelf.switches:
        if name not in rules:
            shelf.problems.append(f"settings: there is no rule called {name}.{meant(name, rules)}")
        elif name in shelf.lasting and not shelf.switches[name]:
            shelf.problems.append(f"settings: {name} may not be switched off. {shelf.lasting[name]}")


def _open_rule(place: Place, shelf: _Shelf) -> Rule | None:
    where, problems = place.shown("toml"), shelf.problems
    if not place.page.is_file():
        problems.append(f"{place.shown('py')} has no page of words. Write {where} beside it.")
        return None
    try:
        written = tomllib.loads(place.page.read_text("utf-8"), parse_float=Decimal)
    except ValueError as problem:  # not TOML, or not UTF-8
        problems.append(f"{where} is not TOML: {problem}.")
        return None
    judge = getattr(place.load(), place.name, None)
    if judge is None:
        problems.append(f"{place.shown('py')} has no function {place.name}(chart, numbers).")
        return None
    misshapen, can_be_read = shape_problems(written, where)
    problems += misshapen
    if not can_be_read:
        return None
    try:
        page = _read_page(place.rule, written, where, shelf)
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        problems.append(f"{where} lacks or misspells {problem}.")
        return None
    numbers = Numbers({**shelf.shared, **page.numbers}, where)
    looks_for: frozenset[str] | None = getattr(judge, "looks_for", None)
    needs: frozenset[Kind] = getattr(judge, "needs", frozenset())
    return Rule(page, judge, numbers, place, looks_for, needs)


def _read_page(rule: str, written: Mapping[str, Any], where: str, shelf: _Shelf) -> Page:
    problems = shelf.problems
    _check_names(written, where, shelf)
    numbers = _numbers(written.get("numbers", {}), where, problems)
    for number_name, number in numbers.items():
        _check_source(number.source, f"{where}: {number_name}", shelf.sources, problems)
    reasons = []
    for code in written.get("override_reasons", ()):
        entry = shelf.words.get(code)
        if entry is None:
            problems.append(f"{where}: override reason {code} is not in cards/knowledge/override_reasons.toml.")
        else:
            reasons.append(Reason(code, entry["system"], entry["display"]))
    _check_review(written["review"], where, problems)
    for key in written.get("attributes", {}):
        if key not in ATTRIBUTES:
            problems.append(f"{where}: [attributes] {key} must be one of {', '.join(ATTRIBUTES)}.")
    own, used = _overridden(numbers, f"{rule}.", shelf), _used(written.get("uses", ()), where, shelf)
    in_force = {**used, **own}
    sayings = {
        circumstance: _read_saying(circumstance, said, in_force, shelf.sources, where, problems)
        for circumstance, said in written["says"].items()
    }
    at_a_site = tuple(level for one in written.get("at_a_site", ()) if (level := _level(one, where, problems)))
    chosen = _chosen_level(rule, at_a_site, shelf)
    if chosen is not None:
        sayings = _at_level(chosen, sayings)
    prose = {key: with_numbers(written.get(key, ""), in_force, f"{where}: {key}", problems) for key in _PROSE}
    is_on = written.get("on", True)
    if "stays_on" in written:
        shelf.lasting[rule] = str(written["stays_on"])
    return Page(
        rule=rule,
        title=written["title"],
        version=written["version"],
        group=written["group"],
        topic=written["topic"],
        about=written["about"],
        hooks=frozenset(hook for hook in Hook if hook in written["hooks"]),
        evidence=written["evidence"],
        why=prose["why"],
        sources=tuple(shelf.sources[key] for key in written.get("sources", ()) if key in shelf.sources),
        sayings=sayings,
        offers={
            key: _read_offer(offer, in_force, f"{where}: [offers.{key}]", problems)
            for key, offer in written.get("offers", {}).items()
        },
        reasons=tuple(reasons),
        numbers=own,
        yields_to=frozenset(written.get("yields_to", ())),
        silences=frozenset(written.get("silences", ())),
        review=written["review"],
        is_on=bool(shelf.switches.get(rule, is_on)),
        at_a_site=at_a_site,
        level_at_site=chosen,
        precedence=written.get("precedence", 100),
        works=prose["works"],
        accompanies=written.get("accompanies", False),
        used=used,
        attributes=written.get("attributes", {}),
        is_on_as_delivered=is_on,
        stays_on=str(written.get("stays_on", "")),
        goes_on=written.get("goes_on", ""),
        most_in_palliative_care=_cap(written.get("most_in_palliative_care"), where, problems),
        budget=_budget(written, own, where, problems),
    )


def _check_names(written: Mapping[str, Any], where: str, shelf: _Shelf) -> None:
    """Whether what a page names is there: sources, hooks, topic, group, subject."""
    problems = shelf.problems
    for key in written.get("sources", ()):
        _check_source(key, where, shelf.sources, problems)
    for hook in written["hooks"]:
        if hook not in list(Hook):
            problems.append(f"{where}: hooks names {hook}, which is none.{meant(hook, list(Hook))}")
    for field_name, allowed in (("topic", TOPICS), ("group", tuple(HAZARD_OF)), ("about", SUBJECTS)):
        if written[field_name] not in allowed:
            problems.append(f"{where}: {field_name} must be one of {', '.join(allowed)}.")


def _budget(
    written: Mapping[str, Any], numbers: Mapping[str, Quantity], where: str, problems: list[str]
) -> Budget | None:
    if "budget" not in written:
        return None
    if "stays_on" in written:
        problems.append(f"{where}: a rule that stays on is heard each time. Remove [budget] or stays_on.")
    return read_budget(written["budget"], numbers, where, problems)


def _level(level: Any, where: str, problems: list[str]) -> Indicator | None:
    named = {one.wire: one for one in Indicator if one is not Indicator.NONE}
    if level not in named:
        problems.append(f"{where}: at_a_site must list levels: {', '.join(named)}.")
    return named.get(level)


def _chosen_level(rule: str, allowed: Iterable[Indicator], shelf: _Shelf) -> Indicator | None:
    """The level a site chose for a rule; one that its page does not allow joins the problems."""
    choice = shelf.switches.get(rule)
    if not isinstance(choice, str):
        return None
    levels = {one.wire: one for one in allowed}
    if choice not in levels:
        also = f" Its page allows {', '.join(levels)}." if levels else ""
        shelf.problems.append(f"settings: {rule} may not be said as {choice}.{also}")
    return levels.get(choice)


def _at_level(level: Indicator, sayings: Mapping[str, Saying]) -> dict[str, Saying]:
    """The sayings with the most urgent ones at another level."""
    top = max(saying.indicator for saying in sayings.values())
    return {
        name: replace(saying, indicator=level) if saying.indicator is top else saying
        for name, saying in sayings.items()
    }


def _cap(level: str | None, where: str, problems: list[str]) -> Indicator | None:
    if level is None:
        return None
    if level not in (Indicator.INFO.wire, Indicator.WARNING.wire):
        problems.append(f"{where}: most_in_palliative_care must be info or warning.")
        return None
    return Indicator[level.upper()]


def _used(names: Iterable[str], where: str, shelf: _Shelf) -> dict[str, Quantity]:
    """The shared numbers a page names; ``washout_*`` names all that begin so."""
    found = {}
    for name in names:
        fitting = [key for key in shelf.shared if key == name or (name.endswith("*") and key.startswith(name[:-1]))]
        if not fitting:
            shelf.problems.append(
                f"{where}: uses names {name}, which is not in cards/knowledge/numbers.toml.{meant(name, shelf.shared)}"
            )
        found.update({key: shelf.shared[key] for key in fitting})
    return found


def _check_review(review: Mapping[str, Any], where: str, problems: list[str]) -> None:
    for key in ("written_by", "checked_by", "reviewed", "review_by"):
        if key not in review:
            problems.append(f"{where}: [review] lacks {key}.")
    for key in ("reviewed", "review_by"):
        if key in review and not isinstance(review[key], date):
            problems.append(f"{where}: [review] {key} must be a date, such as 2026-11-24.")


def _read_offer(offer: Mapping[str, Any], numbers: Mapping[str, Quantity], where: str, problems: list[str]) -> Offer:
    words = offer["label"], offer.get("note", "")
    if any(is_broken(text, where, problems) for text in words):
        return Offer(*words)
    return Offer(*(numbers_in(text, numbers, where, problems) for text in words))


def _read_saying(
    name: str,
    said: Mapping[str, Any],
    numbers: Mapping[str, Quantity],
    sources: Mapping[str, Source],
    where: str,
    problems: list[str],
) -> Saying:
    if said["indicator"] not in [one.wire for one in Indicator]:
        problems.append(f"{where}: [says.{name}] indicator must be one of {', '.join(one.wire for one in Indicator)}.")
    delivery = said.get("delivery", "own")
    if delivery not in ("own", "merged"):
        problems.append(f"{where}: [says.{name}] delivery must be own or merged.")
    summary, detail = said["summary"].strip(), said.get("detail", "").strip()
    here = f"{where}: [says.{name}]"
    if not any(is_broken(text, here, problems) for text in (summary, detail)):
        summary, detail = (numbers_in(text, numbers, here, problems) for text in (summary, detail))
    for key in said.get("sources", ()):
        _check_source(key, here, sources, problems)
    for key in ("reviewed", "changed"):
        if key in said and not isinstance(said[key], date):
            problems.append(f"{here} {key} must be a date, such as 2026-11-24.")
    return Saying(
        name=name,
        indicator=next((one for one in Indicator if one.wire == said["indicator"]), Indicator.INFO),
        summary=summary,
        detail=detail,
        delivery=delivery,
        stays_on_labelled_use=said.get("stays_on_labelled_use", False),
        is_told_in_full=said.get("told_in_full", False),
        sources=tuple(sources[key] for key in said.get("sources", ()) if key in sources),
        reviewed=said.get("reviewed"),
        changed=said.get("changed"),
    )


def _read_sources(written: Mapping[str, Any], problems: list[str]) -> dict[str, Source]:
    found = {}
    for key, entry in written.items():
        try:
            found[key] = Source(key, entry["title"], entry.get("url"), entry["grade"], str(entry["seen"]))
        except (KeyError, TypeError) as problem:
            problems.append(f"cards/knowledge/sources.toml: {key} lacks {problem}.")
    return found


def _check_source(key: str, where: str, sources: Mapping[str, Source], problems: list[str]) -> None:
    if key not in sources:
        problems.append(f"{where}: source {key} is not in cards/knowledge/sources.toml.")


def _overridden(numbers: Mapping[str, Quantity], prefix: str, shelf: _Shelf) -> dict[str, Quantity]:
    """The numbers with the site's values where it chose some; what it may not choose joins the problems."""
    changed = dict(numbers)
    for name, number in numbers.items():
        shelf.numbers.add(prefix + name)
        wanted = shelf.overrides.pop(prefix + name, None)
        if wanted is None:
            continue
        why_not = number.why_not(wanted)
        if why_not:
            shelf.problems.append(f"settings: {prefix}{name} = {wanted} {why_not}.")
        else:
            changed[name] = number.at_a_site(wanted)
    return changed
