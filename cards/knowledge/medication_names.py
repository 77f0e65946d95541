"""Finding the names of medicines in a text: the longest at each place, denials heard, one wrong letter asked about.

All names lie in tables by their first word, so that time grows with the length of the text and with nothing else.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

from cards.drugs import Role
from cards.knowledge.medication_facts import Ingredient, Product, brands_of, called, made_of, product_of
from cards.knowledge.medication_words import continues_list, denied, differs_by_one_edit, may_deny, number_in, phrase_of

# Names shorter than this have too many neighbours to guess from a misspelling.
_SHORTEST_GUESSED = 8
MOST_WORDS_GUESSED = 64
# Words that tell what an ambiguous abbreviation means stand this near to it.
_NEARBY = 4
_CATALOGUE_NUMBER = 5
_SHORTEST_BRAND = 4
_MEMORY_OF_GUESSES = 16_384
# A text of more names than this is no prescription; there a name that was found before is not noted again.
_MOST_HITS = 256


class Hit(NamedTuple):
    """A name found in a text: which ingredients, and from which to which word."""

    of: tuple[str, ...]
    product: Product | None
    begins: int
    ends: int


class Entry(NamedTuple):
    """A name by which something can be told, word by word: what it is, and whether the words around must bear it out."""

    length: int
    words: tuple[str, ...]
    of: tuple[str, ...]
    product: Product | None
    is_ambiguous: bool


class Names:
    """Every name by which a medicine can be told, and the words that are nearly one."""

    def __init__(
        self,
        page: Mapping[str, Any],
        ingredients: Mapping[str, Ingredient],
        products: Mapping[str, Product],
        brands: Sequence[Product],
        coded_brands: Iterable[str],
    ) -> None:
        """Take the page and what was read from it, the brands of many countries, and lines of codes that name more."""
        self._products = products
        self.danger_of = _Dangers({name: _danger(fact.roles) for name, fact in ingredients.items()})
        # By the first word and the second, which is "" for names of one word; the longest of each come first.
        self._phrases: dict[str, dict[str, tuple[Entry, ...]]] = {}
        self._single: dict[str, str] = {}
        self._learn_names(page, brands, coded_brands)
        self._halves = frozenset(name[:length] for name in self._single for length in range(1, len(name)))
        self._beginnings = self._halves | self._phrases.keys()
        self._greatest_danger = max(self.danger_of.values(), default=0)
        self._guessed = self._long_names()
        self._deletions = _one_letter_less(self._guessed)
        self._anagrams = _same_letters(self._guessed)
        self._longest_guessed = 1 + max(map(len, self._guessed))
        self._look_alikes = [frozenset(group) for group in page["words"]["look_alikes"]]
        self._meant_by = lru_cache(_MEMORY_OF_GUESSES)(self._one_edit_from)

    def hits(self, words: Sequence[str], kept: Sequence[int]) -> tuple[list[Hit], bool]:
        """Every name in a text, the longest at each place, without those that are denied."""
        hits: list[Hit] = []
        noted: set[tuple[str, ...]] = set()
        full: Container[tuple[str, ...]] = ()  # the names that need no look around any more
        was_denied = last_was_denied = False
        last_end = free = 0
        spoken = [words[at] for at in kept]
        end = len(spoken)
        hears_denials = may_deny(spoken)
        beginnings, halves, single, by_first = self._beginnings, self._halves, self._single, self._phrases
        for place in [at for at, word in enumerate(spoken) if word in beginnings]:
            if place < free:
                continue
            word = spoken[place]
            after = spoken[place + 1] if place + 1 < end else ""
            found: Entry | None = None
            if word in halves and (joined := single.get(word + after)) is not None and after:
                found = Entry(2, (word, after), (joined,), None, is_ambiguous=False)
            elif (by_second := by_first.get(word)) is not None:
                if (entries := by_second.get(after)) is not None:
                    found = self._longest(entries, spoken, place, full)
                if found is None and (entries := by_second.get("")) is not None:
                    found = self._longest(entries, spoken, place, full)
            if found is None:
                continue
            length = found.length
            if hears_denials:
                begins, ends = kept[place], kept[place + length - 1] + 1
                last_was_denied = denied(words, kept, spoken, place, place + length - 1) or (
                    last_was_denied
                    and continues_list(words[last_end:begins])
                    and (place + length >= end or not spoken[place + length][0].isdigit())
                )
                last_end = ends
            if last_was_denied:
                was_denied = True
            elif len(hits) < _MOST_HITS or found.words not in noted:
                hits.append(Hit(found.of, found.product, kept[place], kept[place + length - 1] + 1))
                noted.add(found.words)
                if len(hits) >= _MOST_HITS and not hears_denials:
                    full = noted
            free = place + length
        return hits, was_denied

    def _longest(
        self, entries: Iterable[Entry], spoken: Sequence[str], place: int, noted: Container[tuple[str, ...]]
    ) -> Entry | None:
        """The longest that stands here and is meant, of some names whose first two words do.

        One that was noted before is not looked at again: to note it once more would tell nothing.
        """
        for entry in entries:
            length, words, _, product, is_ambiguous = entry
            if length > 2 and words != tuple(spoken[place : place + length]):
                continue
            if not is_ambiguous or product is None or words in noted or self._is_meant(product, spoken, place, length):
                return entry
        return None

    @staticmethod
    def _is_meant(found: Product, spoken: Sequence[str], place: int, length: int) -> bool:
        """Whether the words around an ambiguous abbreviation bear it out. LDN-193189 is a laboratory compound."""
        around = spoken[place - _NEARBY if place > _NEARBY else 0 : place + length + _NEARBY]
        if found.unless and not found.unless.isdisjoint(around):
            return False
        if not found.needs or (found.may_stand_alone and length == len(spoken)):
            return True
        after = spoken[place + length] if place + length < len(spoken) else ""
        if after[-1:].isdigit():
            if after.isdigit() and len(after) >= _CATALOGUE_NUMBER:
                return False
            if found.dose_to is not None and 0 < (number_in(after) or 0) <= found.dose_to:
                return True  # "LDN 4.5": of what unit nobody said, so it is no strength
        return not found.needs.isdisjoint(around)

    def sifted(self, hits: list[Hit]) -> tuple[list[Hit], Hit | None]:
        """The names that count, and the one of them that makes the whole doubtful: the brand nobody has confirmed.

        Such a brand adds nothing to a medicine as dangerous that is named plainly beside it.
        """
        doubted = [hit for hit in hits if hit.product is not None and hit.product.seen_in == ""]
        if not doubted:
            return hits, None
        plain = [hit for hit in hits if hit.product is None or hit.product.seen_in != ""]
        if plain and self._danger_in(plain) >= self._danger_in(doubted):
            return plain, None
        return hits, max(doubted, key=lambda hit: self._danger_in([hit]))

    def _danger_in(self, hits: Iterable[Hit]) -> int:
        return max((self.danger_of[name] for hit in hits for name in hit.of), default=0)

    def guess(self, words: Sequence[str], kept: Sequence[int], hits: Sequence[Hit]) -> Hit | None:
        """The most dangerous medicine one edit away from a word, unless something as dangerous is named plainly."""
        named = self._danger_in(hits)
        if named == self._greatest_danger:
            return None
        best: Hit | None = None
        for place in kept:
            word = words[place]
            if not _SHORTEST_GUESSED - 1 <= len(word) <= self._longest_guessed or word in self._phrases:
                continue
            meant = self._meant_by(word)
            if meant is None:
                continue
            names = made_of(meant)
            danger = max(self.danger_of[name] for name in names)
            if danger > named or (danger == named == 0 and not hits and best is None):
                named, best = danger, Hit(names, product_of(meant), place, place + 1)
        return best

    def _one_edit_from(self, word: str) -> Product | str | None:
        """The one medicine of which this word is a misspelling; nothing when two would do, or look-alikes are near."""
        shorter = [word[:at] + word[at + 1 :] for at in range(len(word))]
        near = {name for form in (word, *shorter) for name in self._deletions.get(form, ())}
        near.update(self._anagrams.get("".join(sorted(word)), ()))
        meant = [self._guessed[name] for name in near if differs_by_one_edit(word, name)]
        if len({made_of(found) for found in meant}) != 1:
            return None
        found = min(meant, key=lambda found: (isinstance(found, Product), called(found)))
        name = called(found)
        for group in self._look_alikes:
            if name in group and any(differs_by_one_edit(word, other) for other in group - {name}):
                return None
        return found

    def _long_names(self) -> dict[str, Product | str]:
        """The single words long enough to be told when misspelled: ingredients, and brands of dangerous medicines."""
        names: dict[str, Product | str] = {
            word: name for word, name in self._single.items() if len(word) >= _SHORTEST_GUESSED
        }
        for word, product in self._products.items():
            is_long = len(word) >= _SHORTEST_GUESSED and word.isalpha()
            if is_long and not product.needs and any(self.danger_of[name] for name in product.of):
                names.setdefault(word, product)
        return names

    def _learn_names(self, page: Mapping[str, Any], brands: Sequence[Product], coded_brands: Iterable[str]) -> None:
        """Gather every name by its first word: our own list first, then the brands of the code table."""
        plain = {phrase_of(name) for name in page["words"]["plain_brands"]}
        company = frozenset(page["words"]["beside"])
        learned: dict[tuple[str, ...], Product | str] = {}
        for name, facts in page["ingredients"].items():
            learned |= {phrase_of(other): name for other in (name, *facts.get("names", ()))}
        learned |= {phrase_of(name): name for name in page["others"]["names"]}
        learned |= {phrase_of(other): name for other, name in page["others"]["also_called"].items()}
        self._single = {
            phrase[0]: name for phrase, name in learned.items() if len(phrase) == 1 and isinstance(name, str)
        }
        for name, facts in page["products"].items():
            for other in (name, *facts.get("also", ()), *facts.get("sisters", ())):
                phrase = phrase_of(other)
                product = self._products[" ".join(phrase)]
                # A nickname needs company; "low dose naltrexone" does not, for it holds a name.
                holds_a_name = len(phrase) > 1 and any(word in self._single for word in phrase)
                learned[phrase] = replace(product, needs=frozenset()) if holds_a_name else product
        listed = [(phrase_of(product.brand), product) for product in brands]
        for phrase, product in [*listed, *brands_of(coded_brands)]:
            is_plain = phrase in plain or len("".join(phrase)) < _SHORTEST_BRAND
            learned.setdefault(phrase, replace(product, needs=company, may_stand_alone=True) if is_plain else product)
        for phrase in sorted(learned, key=len, reverse=True):
            told = product_of(learned[phrase])
            is_ambiguous = told is not None and bool(told.needs or told.unless)
            entry = Entry(len(phrase), phrase, made_of(learned[phrase]), told, is_ambiguous)
            by_second = self._phrases.setdefault(phrase[0], {})
            second = phrase[1] if len(phrase) > 1 else ""
            by_second[second] = (*by_second.get(second, ()), entry)


class _Dangers(dict[str, int]):
    """How dangerous each ingredient is to overlook; one we do not know is not dangerous."""

    def __missing__(self, name: str) -> int:
        return 0


def _danger(roles: frozenset[Role]) -> int:
    """How much harm it does to overlook a role: opioid, naltrexone, another antagonist, any other, none."""
    antagonists = {Role.NALOXONE, Role.OTHER_ANTAGONIST, Role.PERIPHERAL_ANTAGONIST}
    ranks = (set(Role), antagonists, {Role.NALTREXONE}, {Role.OPIOID})
    return max((rank for rank, of in enumerate(ranks, start=1) if roles & of), default=0)


def _one_letter_less(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Every name, and every name without one of its letters, with the names it may have come from."""
    found: dict[str, tuple[str, ...]] = {}
    for name in names:
        for form in {name, *(name[:at] + name[at + 1 :] for at in range(len(name)))}:
            found[form] = (*found.get(form, ()), name)
    return found


def _same_letters(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The names by their letters in the order of the alphabet."""
    found: dict[str, tuple[str, ...]] = {}
    for name in names:
        letters = "".join(sorted(name))
        found[letters] = (*found.get(letters, ()), name)
    return found
