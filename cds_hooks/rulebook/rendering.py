"""The pages about rules as HTML: one environment for what is served and for what is exported."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from cds_hooks.report import paragraphs
from cds_hooks.rulebook.telling import ABOUT, GROUP_TITLES, LEVELS, in_groups

STYLE_FILE: Final = "rules.css"


@cache
def css() -> str:
    """How the pages look."""
    return (files("cds_hooks") / "static" / STYLE_FILE).read_text("utf-8")


@cache
def style_name() -> str:
    """The name under which that is served: another one whenever its content is another."""
    digest = sha256(css().encode()).hexdigest()[:12]
    return f"rules.{digest}.css"


@cache
def _environment() -> Environment:
    pages = Environment(
        loader=PackageLoader("cds_hooks"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters["paragraphs"] = paragraphs
    pages.filters["in_groups"] = in_groups
    pages.globals.update(
        group_titles=GROUP_TITLES,
        about=ABOUT,
        level_words={level.name.lower(): words for level, words in LEVELS.items()},
        css=Markup(css()),  # noqa: S704 (a file of ours, without a closing tag)
    )
    return pages


def rendered(template: str, link: Callable[[str], str], **told: Any) -> str:
    """A page; ``link`` gives the address of a rule on it."""
    return _environment().get_template(template).render(link=link, **told)
