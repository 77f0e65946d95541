"""An explanation for a person: what was read, who spoke and why, who stayed silent and for what reason, where all went.

Plain text of at most eighty columns. References and everything else that came from a client stand in code spans.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from cards import questions
from cards.explanation import Asked, Outcome, Said, Trace, order_values
from cards.numbers import Quantity
from cards.pages import Indicator
from cards.phrasing import day, quoted
from cards.trace import About, Answered, Condition, order_line
from cards.wordings import dosing_facts

if TYPE_CHECKING:
    from cards.chart import Chart, Kind

WIDTH: Final = 80
_MARKS: Final = {Answered.MET: "[met]", Answered.NOT_MET: "[not met]", Answered.UNKNOWN: "[unknown]"}
_SPOKE: Final = (Outcome.SHOWN, Outcome.SUPPRESSES, Outcome.NOT_SHOWN, Outcome.SILENCED)


def text_of(trace: Trace) -> str:
    """The explanation of one review."""
    chart = trace.chart
    blocks = [
        [f"Review at {chart.hook.value} on {day(chart.today)}"],
        *_orders(chart),
        _data(chart),
        _cards(trace),
        *(_spoke(asked) for outcome in _SPOKE for asked in trace.with_outcome(outcome)),
        _unknown(trace),
        _silent(trace),
        _not_asked(trace),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _orders(chart: Chart) -> Iterator[list[str]]:
    for order in chart.orders:
        lines = [*_wrapped(f"Read: {order_line(order)}, from {_from([order.reference])}", 0)]
        for fact in dosing_facts(order):
            lines.extend(_wrapped(fact, 2))
        values = "; ".join(f"{name}: {words}" for name, words in order_values(order))
        lines.extend(_wrapped(values, 2))
        if not order.is_being_started:
            lines.extend(_wrapped("not being started, so that no rule judges it", 2))
        elif not order.is_judged:
            lines.extend(_wrapped("not among the orders to be judged", 2))
        yield lines


def _data(chart: Chart) -> list[str]:
    states: dict[str, list[str]] = {}
    for kind, state in chart.states.items():
        states.setdefault(state.value, []).append(kind.value)
    return ["Data"] + [line for state, kinds in states.items() for line in _wrapped(f"{state}: {', '.join(kinds)}", 2)]


def _cards(trace: Trace) -> list[str]:
    if not trace.cards:
        return ["Cards: none. That is no clearance.", *_wrapped(trace.why_silent(), 2)]
    lines = ["Cards"]
    for at, card in enumerate(trace.cards, 1):
        lines.extend(_wrapped(f"{at}. {card['indicator']}: {card['summary']}", 2, 5))
        for asked in trace.rules:
            for said in asked.said:
                if said.card == at:
                    lines.extend(_wrapped(f"{asked.page.rule}{_how(said)}", 5, 7))
    return lines


def _how(said: Said) -> str:
    if said.is_moved:
        return f" – no room for a card of its own ({said.wanted})"
    return "" if said.wanted else " – merged"


def _spoke(asked: Asked) -> list[str]:
    page = asked.page
    lines = _wrapped(f"{asked.outcome.value.capitalize()}: {page.rule} {page.version} – {page.title}", 0, 2)
    for said in asked.said:
        level = "" if said.judged.indicator is Indicator.NONE else f"{said.judged.indicator.wire}, "
        about = f", about {_from([said.judged.about])}" if said.judged.about else ""
        lines.extend(_wrapped(f"says “{said.judged.finding.circumstance}” ({level}{said.place}){about}", 2, 4))
        if said.offers_withheld:
            lines.extend(_wrapped("its offers are withheld: nothing is to mend an order in conflict", 4))
    if asked.record is not None:
        told: set[str] = set()
        lines.extend(_conditions(asked.record.conditions, 2, told))
        lines.extend(line for one in asked.record.looked_at for line in _looked_at(one, told))
        lines.extend(_numbers(asked.record.numbers))
    return lines


def _conditions(conditions: Iterable[Condition], indent: int, told: set[str]) -> list[str]:
    """Each condition on a line of its own; a thing is told in full once in a rule, then by its reference."""
    lines = []
    for one in conditions:
        missing = f" – {questions.all_of(kind.value for kind in one.missing)} not known" if one.missing else ""
        inline = ", ".join(_again(about) for about in one.about if about.what in told)
        shown = f" – {inline}" if inline else ""
        lines.extend(_wrapped(f"{_MARKS[one.answer]} {one.says}{missing}{shown}", indent, indent + 4))
        for about in one.about:
            if about.what not in told:
                told.add(about.what)
                lines.extend(_wrapped(f"- {_line(about)}", indent + 4, indent + 6))
        if one.more:
            lines.extend(_wrapped(f"- and {one.more} more", indent + 4))
        lines.extend(_conditions(one.parts, indent + 4, told))
    return lines


def _line(about: About) -> str:
    return " ".join(part for part in (about.what, _from(about.references), _values(about)) if part)


def _again(about: About) -> str:
    return " ".join(part for part in (_from(about.references) or about.what, _values(about)) if part)


def _values(about: About) -> str:
    values = "; ".join(f"{name}: {words}" for name, words in about.values)
    return f"({values})" if values else ""


def _looked_at(about: About, told: set[str]) -> list[str]:
    return _wrapped(f"read: {_again(about) if about.what in told else _line(about)}", 2, 4)


def _numbers(numbers: Sequence[tuple[str, Quantity]]) -> list[str]:
    told = [
        f"{name.replace('_', '-')} {questions.with_unit(one, one.unit)}{' (site)' if one.is_changed else ''}"
        for name, one in numbers
    ]
    return _wrapped(f"numbers: {'; '.join(told)}", 2, 4) if told else []


def _unknown(trace: Trace) -> list[str]:
    lines = []
    for asked in trace.rules:
        if asked.missing:
            lines.extend(_wrapped(f"{asked.page.rule}: {_missing(asked.missing, trace.chart)}", 2, 4))
    return ["Could not be decided, for data that nobody told", *lines] if lines else []


def _missing(kinds: Iterable[Kind], chart: Chart) -> str:
    return "; ".join(f"{kind.value} {chart.state_of(kind).value}" for kind in kinds)


def _silent(trace: Trace) -> list[str]:
    """Silent rules by the last thing they looked at; first those of which nothing at all is told."""
    silent = trace.with_outcome(Outcome.SILENT)
    lines = []
    idle = [asked for asked in silent if asked.looked_for]
    if idle:
        lines.append("  nothing is told of what they look for")
        for asked in idle:
            lines.extend(_wrapped(f"{asked.page.rule}: {asked.looked_for}", 6, 8))
    lines.extend(_grouped([asked for asked in silent if not asked.looked_for]))
    return [f"Silent ({len(silent)} rules), by the last thing each looked at", *lines] if silent else []


def _not_asked(trace: Trace) -> list[str]:
    rules = trace.with_outcome(Outcome.NOT_ASKED)
    return [f"Not asked ({len(rules)} rules)", *_grouped(rules)] if rules else []


def _grouped(rules: Iterable[Asked]) -> list[str]:
    groups: dict[str, list[str]] = {}
    for asked in rules:
        groups.setdefault(asked.reason, []).append(asked.page.rule)
    lines = []
    for reason, names in groups.items():
        lines.extend(_wrapped(reason, 2, 4))
        lines.extend(_wrapped(", ".join(names), 6, 6))
    return lines


def _from(references: Iterable[str]) -> str:
    return ", ".join(quoted(reference) for reference in references)


def _wrapped(text: str, indent: int, further: int | None = None) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + 2 if further is None else further),
        break_long_words=False,
        break_on_hyphens=False,
    )
