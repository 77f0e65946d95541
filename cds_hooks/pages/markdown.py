"""A card's Markdown on our own pages: HTML of which only harmless marks stay, or plain text."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import nh3
from markupsafe import Markup

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_TAGS: Final = {
    *("p", "br", "hr", "ul", "ol", "li", "strong", "em", "s", "code", "pre", "blockquote", "a"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES: Final[dict[str, set[str]]] = {"a": {"href", "title"}, "ol": {"start"}}
_ITEM: Final = "list_item_open"


@cache
def _reader() -> MarkdownIt:
    from markdown_it import MarkdownIt  # here: no call of an EHR needs it, and a start would wait for it

    # html=False: a tag in the text stays text. nh3 then goes over what came out, for two locks hold better than one.
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def to_html(text: str) -> Markup:
    r"""Markdown as HTML: no images, no raw tags, links to http and https alone.

    >>> to_html("**stop** <b onclick=x>")
    Markup('<p><strong>stop</strong> &lt;b onclick=x&gt;</p>\n')
    >>> to_html("[here](javascript:alert(1)) ![x](https://example.org/x.png)")
    Markup('<p>[here](javascript:alert(1)) </p>\n')
    """
    clean = nh3.clean(
        _reader().render(text),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https"},
        attribute_filter=_only_full_addresses,
        link_rel="noopener noreferrer",
    )
    return Markup(clean)  # noqa: S704 (cleaned in the line above)


def to_text(text: str) -> str:
    r"""Markdown as plain text, a bullet for each item of a list.

    >>> to_text("Take **4.5 mg**.\n\n- at bedtime\n- or earlier")
    'Take 4.5 mg.\n- at bedtime\n- or earlier'
    """
    lines: list[str] = []
    is_item = False
    for token in _reader().parse(text):
        if token.type == _ITEM:
            is_item = True
        elif token.type == "inline":
            said = "".join(" " if one.type == "softbreak" else one.content for one in token.children or ())
            lines.append(f"- {said}" if is_item else said)
            is_item = False
        elif token.content:
            lines.append(token.content.rstrip())
    return "\n".join(lines)


def _only_full_addresses(tag: str, attribute: str, value: str) -> str | None:
    return value if (tag, attribute) != ("a", "href") or is_web_address(value) else None


def card_as_text(card: Mapping[str, Any]) -> str:
    """A card as a client shows it that knows text alone: level, summary, detail, suggestions, links, source."""
    lines = [f"{str(card.get('indicator', '')).upper()}: {card.get('summary', '')}"]
    if detail := card.get("detail"):
        lines += ["", to_text(str(detail))]
    if suggestions := card.get("suggestions"):
        lines += ["", *(f"[ ] {one.get('label', '')}" for one in suggestions)]
    if links := card.get("links"):
        lines += ["", *(f"{one.get('label', '')}: {one.get('url', '')}" for one in links)]
    lines += ["", f"Source: {card.get('source', {}).get('label', '')}"]
    return "\n".join(lines)


def is_web_address(text: object) -> bool:
    """Whether a link may lead there: http or https, with a host.

    >>> is_web_address("https://example.org/x"), is_web_address("javascript:alert(1)")
    (True, False)
    """
    if not isinstance(text, str):
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)
