"""The beginning of a rule: the sentence, its page and its test. They run, say nothing, and are told to be unwritten."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from string import Template
from typing import Final

from cards.house import PLACEHOLDER
from cards.shelves import HAZARD_OF

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*\Z", re.ASCII)
_REVIEWED_FOR: Final = timedelta(days=181)


class SketchError(Exception):
    """A rule that cannot be begun, and what to do."""


def file_name_of(name: str) -> str:
    """The name of a rule as its files have it, however it was written.

    >>> file_name_of("My-New-Hazard")
    'my_new_hazard'
    """
    plain = name.strip().lower().replace("-", "_")
    if not _NAME.match(plain) or plain.startswith("test_"):
        raise SketchError(f"{name} is no name of a rule. Letters, digits and hyphens, such as ldn-my-hazard.")
    return plain


def sketch(name: str, rules: Path, tests: Path, day: date, hazard: str | None = None) -> list[Path]:
    """Write the three files; raises :class:`SketchError`, and writes nothing, where one of them is there already.

    Its page begins in the first group of a hazard, or among the rules about patients.
    """
    file = file_name_of(name)
    made = {
        rules / f"{file}.py": _SENTENCE,
        rules / f"{file}.toml": _PAGE,
        tests / f"test_{file}.py": _TEST,
    }
    there = [path for path in made if path.exists()]
    if there:
        raise SketchError("\n".join(f"{path} is there already." for path in there))
    words = {
        "name": file,
        "rule": file.replace("_", "-"),
        "group": next(group for group, folder in HAZARD_OF.items() if folder == (hazard or "patient")),
        "todo": PLACEHOLDER,
        "day": day.isoformat(),
        "until": (day + _REVIEWED_FOR).isoformat(),
    }
    for path, text in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(Template(text).substitute(words), "utf-8")
    return list(made)


_SENTENCE: Final = '''\
"""$todo: When … is ordered and …, then …, because …."""

from collections.abc import Iterator

from cards.chart import Chart
from cards.drugs import Role
from cards.findings import Finding, says
from cards.numbers import Numbers


def $name(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Say nothing until it is written: for each naltrexone order, whether it is the hazard this rule is about."""
    for order in chart.ordering(Role.NALTREXONE):
        is_hazard = False
        if is_hazard:
            yield says("found", order, evidence=[order.reference])
'''

_PAGE: Final = '''\
title = "$todo"
version = "0.1.0"
group = "$group"
topic = "review"
about = "naltrexone-order"
hooks = ["order-sign"]
precedence = 100
evidence = "author"
sources = []
override_reasons = []
why = """
$todo: why this matters to a prescriber, what was left out, and known false alarms.
"""
works = """
$todo: in plain words, when it speaks and at which level.
"""

[says.found]
indicator = "info"
delivery = "merged"
summary = "Review: $todo."
detail = """
**Risk:** $todo. **Do:** $todo.
"""

[review]
written_by = "$todo"
checked_by = "nobody yet"
reviewed = $day
review_by = $until
'''

_TEST: Final = '''\
"""$rule: it speaks, it stays silent, it was not told. Boundaries come in pairs."""

from pathlib import Path

from cards.opening import open_rules

RULE = "$rule"


def test_is_found_and_says_nothing_yet() -> None:
    folder = Path(__file__).parent
    rule = open_rules(folder=folder).rule(RULE) if (folder / "$name.toml").is_file() else open_rules().rule(RULE)
    assert rule is not None
    assert set(rule.page.sayings) == {"found"}
'''
