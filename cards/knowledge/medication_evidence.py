"""On which rows of the tables and lines of the page it rests what a medicine is recognised as."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from cards.knowledge.medication_codes import CodeTables, system_of
from cards.knowledge.medication_facts import Ingredient, Product, called
from cards.knowledge.medication_names import MOST_WORDS_GUESSED, Hit, Names
from cards.knowledge.medication_words import is_word, phrase_of, words_of

Coding = tuple[str | None, str | None, str | None]
Codings = tuple[Coding, ...]


_OWN_TABLE = "the site's own drug table"


class Evidence(NamedTuple):
    """What one table or page tells: the file, the row or line in it, what it says, and its source where it names one."""

    file: str
    entry: str
    says: str
    source: str = ""


def evidence_of(
    codes: CodeTables,
    names: Names,
    ingredients: Mapping[str, Ingredient],
    products: Mapping[str, Product],
    codings: Codings,
    text: str | None,
) -> tuple[Evidence, ...]:
    """The rows behind the codes, then what each text names."""
    found: list[Evidence] = []
    for system, told, _ in codings:
        name, code = system_of(system), (told or "").strip()
        line = codes.line(name, code) if name and code else None
        if name and line is not None:
            cells = line.split("\t")
            shipped = "rxnorm.tsv" if name == "RxNorm" else "other_codes.tsv"
            file = _OWN_TABLE if cells[7] == codes.own_label else shipped
            found.append(Evidence(file, f"{name} {code}", f"{cells[0]} ({cells[6] or 'no level'})", cells[7]))
        elif name and (other := codes.other_name(name, code)):
            found.append(Evidence(_OWN_TABLE, f"{name} {code}", other))
    for said in dict.fromkeys(filter(None, (text, *(display for _, _, display in codings)))):
        found.extend(_evidence_in(said, names, ingredients, products))
    return tuple(dict.fromkeys(found))


def _evidence_in(
    text: str, names: Names, ingredients: Mapping[str, Ingredient], products: Mapping[str, Product]
) -> Iterator[Evidence]:
    words = words_of(text)
    kept = [place for place, word in enumerate(words) if is_word(word)]
    hits, was_denied = names.hits(words, kept)
    guess = names.guess(words, kept, hits) if len(kept) <= MOST_WORDS_GUESSED and not was_denied else None
    for hit in hits:
        says = f'"{" ".join(words[hit.begins : hit.ends])}" names {"/".join(hit.of)}'
        yield _page_of(hit, says, ingredients, products)
    if guess is not None:
        says = f'"{words[guess.begins]}" is one slip away from {called(guess.product or guess.of[0])}'
        yield _page_of(guess, says, ingredients, products)
    if was_denied:
        yield Evidence("the words", "", "a name in them is denied, or somebody else's, and does not count")


def _page_of(hit: Hit, says: str, ingredients: Mapping[str, Ingredient], products: Mapping[str, Product]) -> Evidence:
    page = "medications.toml"
    if hit.product is None:
        table = "ingredients" if ingredients[hit.of[0]].roles else "others"
        return Evidence(page, f'[{table}."{hit.of[0]}"]', says)
    brand = hit.product.brand
    if " ".join(phrase_of(brand)) in products:
        return Evidence(page, f'[products."{brand}"]', says)
    if hit.product.register:
        seen = hit.product.seen_in or "not seen in public text, so it is asked about"
        return Evidence("brands.tsv", f"brand {brand}", says, f"{hit.product.register}; {seen}")
    return Evidence("rxnorm.tsv", f"brand {brand}", says)
