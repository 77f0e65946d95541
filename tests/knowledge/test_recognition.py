"""How well medicines are recognised: the same figures that ``tests/benchmarks/recognition.py`` prints."""

from __future__ import annotations

import statistics

import pytest

from cards.drugs import Certainty, OpioidKind
from tests.benchmarks.recognition import (
    CLASSES,
    Line,
    Told,
    by_code,
    by_line,
    by_name,
    cost_of_lines,
    costs,
    formulary,
    is_low,
    lines,
    page,
    sensitivity,
    specificity,
)

EXPECTED = {"ldn", "other", "none-said", *CLASSES}


def share(counted: tuple[int, int]) -> float:
    right, of = counted
    return right / of


def wrong(told: list[Told]) -> str:
    return (
        "; ".join(f"{one.what!r} is {one.expected}, read as {one.read}" for one in told if not one.is_right) or "none"
    )


def test_the_lines_are_many_each_told_once_and_in_known_words() -> None:
    texts = [line.text for line in lines()]
    assert len(texts) >= 650
    assert len(set(texts)) == len(texts)
    listed = {*page()["ingredients"], *page()["others"]["names"]}
    for line in lines():
        assert line.expected in EXPECTED, line
        assert line.ingredients <= listed, line
        assert line.kind in {"-", *OpioidKind}, line
        assert line.certainty in set(Certainty), line
        assert bool(line.ingredients) or line.expected in ("other", "none-said"), line
        assert (line.kind != "-") == (line.expected == "opioid"), line


@pytest.mark.parametrize("name", CLASSES)
def test_by_code_every_row_is_what_the_table_says(name: str) -> None:
    told = by_code()
    assert share(sensitivity(told, name)) == 1, wrong(told)
    assert share(specificity(told, name)) == 1, wrong(told)


@pytest.mark.parametrize("name", CLASSES)
def test_by_name_every_row_is_what_the_table_says(name: str) -> None:
    told = by_name()
    assert share(sensitivity(told, name)) >= 0.995, wrong(told)
    assert share(specificity(told, name)) >= 0.999, wrong(told)


@pytest.mark.parametrize("name", CLASSES)
def test_lines_as_people_write_them_are_read_as_what_they_say(name: str) -> None:
    told = by_line()
    assert share(sensitivity(told, name)) >= 0.995, wrong(told)
    assert share(specificity(told, name)) >= 0.999, wrong(told)


@pytest.mark.parametrize("about", sorted({line.about for line in lines()}))
def test_a_line_tells_its_ingredients_its_kind_and_how_sure_it_is(about: str) -> None:
    problems = [problem for line in lines() if line.about == about for problem in problems_of(line)]
    assert not problems, "\n".join(problems)


def problems_of(line: Line) -> list[str]:
    drug = formulary().recognise((), line.text)
    problems = []
    if line.ingredients and line.ingredients != frozenset(drug.ingredients):
        problems.append(f"names {drug.name}")
    if line.kind != (drug.opioid_kind or "-"):
        problems.append(f"is of kind {drug.opioid_kind}")
    if line.certainty != drug.recognised_by:
        problems.append(f"is {drug.recognised_by}")
    if line.expected in ("ldn", "naltrexone") and is_low(drug, line.text) != (line.expected == "ldn"):
        problems.append("is low-dose naltrexone" if line.expected == "naltrexone" else "is not low")
    return [f"{line.text}: {problem}" for problem in problems]


def test_reading_a_line_costs_thirty_microseconds_at_most() -> None:
    """On the machine the figures in the README come from, the yardstick takes 30 µs; a slower one is given more."""

    def yardstick(text: str) -> object:
        counts: dict[str, int] = {}
        for word in text.lower().split():
            counts[word] = counts.get(word, 0) + len(word)
        return sorted(counts.items())

    words = " ".join(f"word{n} of {n}" for n in range(60))
    allowed = statistics.median(costs([words] * 50, yardstick))
    hits, misses = cost_of_lines(rounds=4)
    assert statistics.median([*hits, *misses]) <= allowed
