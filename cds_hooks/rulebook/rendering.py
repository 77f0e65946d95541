"""The pages about rules as HTML: one environment for what is served and for what is exported."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from cards.pages import Indicator
from cds_hooks.pages.assets import css
from cds_hooks.pages.rendering import LEVEL_WORDS, make_environment
from cds_hooks.report import paragraphs
from cds_hooks.rulebook.telling import ABOUT, GROUP_TITLES, LEVELS, in_groups


@cache
def _environment() -> Environment:
    pages = make_environment()
    pages.filters["paragraphs"] = paragraphs
    pages.filters["in_groups"] = in_groups
    pages.globals.update(
        group_titles=GROUP_TITLES,
        about=ABOUT,
        level_words=LEVEL_WORDS | {"none": LEVELS[Indicator.NONE]},
        css=Markup(css()),  # noqa: S704 (a file of ours, without a closing tag)
    )
    return pages


def rendered(template: str, link: Callable[[str], str], **told: Any) -> str:
    """A page; ``link`` gives the address of a rule on it."""
    return _environment().get_template(template).render(link=link, **told)
