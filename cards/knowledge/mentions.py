"""What the free text of an order mentions: whole words and phrases from ``mentions.toml``, in linear time."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.resources import files

from cards.chart import Mention
from cards.findings import HouseError

_LONGEST_TEXT = 20_000
_DENIALS = frozenset(
    ["no", "not", "non", "never", "without", "avoid", "avoiding", "cannot", "dont", "t", "free"]
)  # "don't" is cut in two
_BETWEEN_DENIAL_AND_PHRASE = frozenset(
    ["a", "an", "any", "the", "of", "use", "using", "add", "adding", "added", "contain", "containing", "be"]
)
_SPLIT = str.maketrans(dict.fromkeys("\t\n\r\xa0\u202f/-–—,;:()[]{}\"'’+=*|", " "))


class Mentions:
    """The phrases of each mention, ready to be found."""

    def __init__(self, phrases: Mapping[str, Iterable[str]]) -> None:
        """Take phrases by mention; a phrase that ends with ``*`` matches words that begin so."""
        self._whole: dict[str, list[tuple[tuple[str, ...], Mention]]] = {}
        self._prefixes: list[tuple[str, Mention]] = []
        for name, listed in phrases.items():
            try:
                mention = Mention(name)
            except ValueError:
                raise HouseError(
                    f"cards/knowledge/mentions.toml: {name} is no mention. Known: {', '.join(Mention)}."
                ) from None
            for phrase in listed:
                words = tuple(_words(phrase.rstrip("*")))
                if phrase.endswith("*") and len(words) == 1:
                    self._prefixes.append((words[0], mention))
                else:
                    self._whole.setdefault(words[0], []).append((words, mention))
        self.found_in = lru_cache(maxsize=4096)(self._find)

    @classmethod
    def load(cls) -> Mentions:
        """Read the table the package ships."""
        text = (files("cards.knowledge") / "mentions.toml").read_text("utf-8")
        return cls({name: entry["phrases"] for name, entry in tomllib.loads(text).items()})

    def _find(self, text: str) -> frozenset[Mention]:
        words = _words(text[:_LONGEST_TEXT])
        found = set()
        for at, word in enumerate(words):
            for phrase, mention in self._whole.get(word, ()):
                end = at + len(phrase)
                if tuple(words[at:end]) == phrase and not _is_denied(words, at, end):
                    found.add(mention)
            for prefix, mention in self._prefixes:
                if word.startswith(prefix) and not _is_denied(words, at, at + 1):
                    found.add(mention)
        return frozenset(found)


def _is_denied(words: list[str], start: int, end: int) -> bool:
    """Whether the words ask for the opposite: "no calcium carbonate", "do not crush", "lactose-free".

    >>> _is_denied("no refills ldn".split(), 2, 3), _is_denied("avoid any slow release agent".split(), 2, 4)
    (False, True)
    """
    before = start - 1
    while before >= 0 and words[before] in _BETWEEN_DENIAL_AND_PHRASE:
        before -= 1
    is_free_of = words[end : end + 1] == ["free"]
    return is_free_of or (before >= 0 and words[before] in _DENIALS)


def _words(text: str) -> list[str]:
    return [w for w in (word.strip(".") for word in text.casefold().translate(_SPLIT).split()) if w]
