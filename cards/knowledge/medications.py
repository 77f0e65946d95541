"""Recognising a medicine from its codes and its words.

``Formulary.load()`` reads five files that stand beside this one: ``medications.toml`` (what our medicines are and what
they are called), ``brands.tsv`` (more brands, of many countries), ``rxnorm.tsv`` and ``other_codes.tsv`` (which code is
which product) and ``dose_forms.tsv``. Nothing is read at import.

What decides when several things are told:

1. Codes come before words. All codings of a concept are read together, and what they name is added up. Codes we do not
   know are passed over.
2. A code of a product tells strength, form and brand; a code of an ingredient tells the ingredient only.
3. A code whose system is missing or foreign counts only when the words name the same medicine.
4. Words that name another medicine than the codes are not ignored: the more dangerous of the two is returned, and
   ``Drug.contradicted_by`` names the other.
5. A product with an opioid in it is an opioid, whatever antagonist is packed with it.
6. Words that plainly name something, and nothing in our tables, are a medicine of no interest. Where no word names
   anything ("see list"), or a code we do not know comes without words, the medicine is not identified.
7. A code that a site's own table knows as another medicine counts only where no code of ours stands beside it: the
   fillers of a compounded capsule have codes too.

>>> formulary = Formulary.load()
>>> rxnorm = "http://www.nlm.nih.gov/research/umls/rxnorm"
>>> formulary.recognise(((rxnorm, "1483744", None),), None).name
'naltrexone'
>>> formulary.recognise((), "oxyCODONE-acetaminophen 5 mg-325 mg tablet").name
'oxycodone/acetaminophen'
>>> formulary.recognise((), "Embeda").opioid_kind
<OpioidKind.EXTENDED: 'extended'>
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from cards.drugs import IN_DOUBT, UNIDENTIFIED, UNLISTED, Certainty, Drug, Form, OpioidKind, Release, Role, Strength
from cards.findings import HouseError
from cards.knowledge.editions import Edition, OtherCodes
from cards.knowledge.medication_amounts import assigned
from cards.knowledge.medication_codes import (
    FORM_SYSTEMS,
    CodeTables,
    Row,
    plain_system,
    read_by_system,
    read_rxnorm,
    strengths_of,
    system_of,
)
from cards.knowledge.medication_evidence import Codings, Evidence, evidence_of
from cards.knowledge.medication_facts import Product, agreed, called, read_brand, read_ingredients, read_products
from cards.knowledge.medication_names import MOST_WORDS_GUESSED, Names
from cards.knowledge.medication_told import Told, filled, is_the_same_brand
from cards.knowledge.medication_words import (
    amounts_in,
    form_in,
    phrase_of,
    release_in,
    words_of,
)
from cards.knowledge.opioid_kinds import OpioidKinds, most_cautious

_HERE = Path(__file__).parent

# Levels whose code stands for a product one can dispense, best first; the others name a group, a component or an
# ingredient. A strength component (SCDC) is part of several products and never says which.
_DISPENSABLE = frozenset({"SCD", "SBD", "GPCK", "BPCK", "NDC"})
_BRANDED = frozenset({"BN", "SBDC", "SBDF", "SBDFP", "SBDG"})
_NAMES_A_FORM = frozenset({"SCDF", "SCDFP", "SCDG", "SCDGP", "atom"})

_MEMORY = 65_536
# Longer texts are read each time: remembering them would let one client fill the memory.
_MEMORY_OF_LISTS = 4096
_LONGEST_REMEMBERED = 500
# Around a name, so many words are searched for strengths and forms; a longer text is a letter, not a prescription line.
_WORDS_BEFORE, _WORDS_AFTER = 16, 64
_SHORTEST_NAME = 3
_IS_LATIN = re.compile("[a-z]")
_NONE = frozenset({"no", "none", "nil", "denies"})

_ANOTHER = "another medicine"


class CodeMeaning(NamedTuple):
    """What somebody trustworthy calls a code that the tables do not know.

    ``is_exhaustive``: the name lists all that is in it, so a name without a medicine of ours is none of ours.
    """

    name: str
    is_exhaustive: bool = False


class Formulary:
    """Every medicine the service can recognise, by code and by name."""

    def __init__(
        self,
        page: Mapping[str, Any],
        rows: Mapping[str, Mapping[str, str]],
        dose_forms: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
        others: Mapping[str, OtherCodes] = MappingProxyType({}),
        brands: Sequence[str] = (),
        own_label: str = "",
    ) -> None:
        """Take the parsed ``medications.toml`` and, by code system and code, the lines of the code tables.

        ``brands`` are the lines of ``brands.tsv``, ``others`` are the codes known to be medicines of no interest here.
        ``own_label`` is the source of the lines that come from an edition of the site's own.
        """
        self._codes = CodeTables(rows, others, own_label)
        self._meanings: Mapping[tuple[str, str], CodeMeaning] = MappingProxyType({})
        self._dose_forms = dose_forms
        try:
            self._ingredients, self._products = read_ingredients(page), read_products(page)
            self._brands = [read_brand(line) for line in brands]
        except (KeyError, ValueError) as problem:
            raise HouseError(
                f"cards/knowledge/medications.toml: {problem}. Write it as medications.schema.json describes."
            ) from problem
        self._check_names()
        self._kinds = OpioidKinds(self._ingredients, page["cough"], page["gut"])
        self._names = Names(page, self._ingredients, self._products, self._brands, rows["RxNorm"].values())
        self._components = {code: tuple(of) for code, of in page["components"].items()}
        self._says_nothing = frozenset(page["words"]["says_nothing"])
        self._remembered = lru_cache(_MEMORY)(self._recognise)
        self._remembered_lists = lru_cache(maxsize=_MEMORY_OF_LISTS)(self._recognise_ingredients)
        self._remembered_forms = lru_cache(maxsize=_MEMORY_OF_LISTS)(self._form_of)
        self._remembered_text = lru_cache(_MEMORY)(self._read_text)

    @classmethod
    def load(cls, rxnorm: Edition | None = None) -> Formulary:
        """Read the shipped tables; raises ``HouseError`` when the page of medicines is not sound.

        An edition of the site's own takes the place of the shipped RxNorm and NDC tables, which then answer only for
        codes it does not know as a medicine of ours: EHRs go on sending codes that a release has dropped.
        """
        page = tomllib.loads((_HERE / "medications.toml").read_text("utf-8"))
        rows = {"RxNorm": read_rxnorm(_HERE / "rxnorm.tsv"), **read_by_system(_HERE / "other_codes.tsv")}
        dose_forms = read_by_system(_HERE / "dose_forms.tsv")
        brands = (_HERE / "brands.tsv").read_text("utf-8").splitlines()[1:]
        if rxnorm is None:
            return cls(page, rows, dose_forms, brands=brands)
        rows["RxNorm"].update(rxnorm.rxnorm)
        rows["NDC"].update(rxnorm.ndc)
        return cls(page, rows, dose_forms, rxnorm.others, brands, rxnorm.label)

    def knowing(self, meanings: Mapping[tuple[str, str], CodeMeaning]) -> Formulary:
        """This formulary with more codes, by the house's name of their system and the code as it is sent.

        What such a code is called counts as words: the medicine is recognised by name.
        """
        wiser = copy(self)
        wiser._learn_meanings(meanings)  # noqa: SLF001 - it is one of ours
        return wiser

    def _learn_meanings(self, meanings: Mapping[tuple[str, str], CodeMeaning]) -> None:
        self._meanings = MappingProxyType({**self._meanings, **meanings})
        self._remembered = lru_cache(_MEMORY)(self._recognise)
        self._remembered_lists = lru_cache(maxsize=_MEMORY_OF_LISTS)(self._recognise_ingredients)

    def unknown_codes(self, codings: Codings) -> tuple[tuple[str, str], ...]:
        """The codes among these whose system is one of medicines and that no table knows, as ``knowing`` takes them."""
        told = ((system_of(system), (code or "").strip()) for system, code, _ in codings)
        return tuple(
            dict.fromkeys(
                (system, code)
                for system, code in told
                if system
                and code
                and self._codes.row(system, code) is None
                and self._codes.other_name(system, code) is None
            )
        )

    def recognise(self, codings: Codings, text: str | None) -> Drug:
        """Say what medicine a concept names; each coding is (system, code, display)."""
        if text is not None and len(text) > _LONGEST_REMEMBERED:
            return self._recognise(codings, text)
        return self._remembered(codings, text)

    def recognise_ingredients(
        self, parts: tuple[tuple[Codings, str | None, Strength | None], ...], whole_text: str | None
    ) -> Drug:
        """Say what a compounded medicine is whose ingredients are listed one by one.

        A part that nobody can name (a filler, mostly) is passed over. The text of the whole tells the form, and is
        heard when it names something that no part does.
        """
        return self._remembered_lists(parts, whole_text)

    def _recognise_ingredients(
        self, parts: tuple[tuple[Codings, str | None, Strength | None], ...], whole_text: str | None
    ) -> Drug:
        known = [
            (drug, strength) for codings, text, strength in parts if (drug := self.recognise(codings, text)).ingredients
        ]
        whole = self._text(whole_text)
        if not known:
            named = (self.recognise(codings, text) for codings, text, _ in parts)
            other = next((drug for drug in named if drug.is_identified), None)
            return self._drug(whole) if whole else other or self._named_or_not((whole_text, *map(_words_for, parts)))
        strengths: dict[str, Strength] = {}
        for drug, strength in known:
            if strength is not None:
                strengths.setdefault(drug.ingredients[0], strength)
            else:
                strengths.update({name: told for name, told in drug.strengths if name not in strengths})
        is_coded = all(drug.recognised_by in (Certainty.PRODUCT_CODE, Certainty.INGREDIENT_CODE) for drug, _ in known)
        doubted = next((drug for drug, _ in known if drug.is_possible), None)
        certainty = Certainty.INGREDIENT_CODE if is_coded else Certainty.NAME
        told = Told(
            ingredients=tuple(dict.fromkeys(name for drug, _ in known for name in drug.ingredients)),
            certainty=doubted.recognised_by if doubted else certainty,
            form=agreed((drug.form for drug, _ in known), Form.UNKNOWN),
            release=agreed((drug.release for drug, _ in known), Release.UNKNOWN),
            strengths=strengths,
            opioid_kind=known[0][0].opioid_kind if len(known) == 1 else None,
            meant=doubted.meant if doubted else None,
        )
        if whole and whole.form is not Form.UNKNOWN:
            told = told._replace(form=whole.form)
        return self._weigh(told, [whole] if whole else [], is_product=False)

    def form_of(self, codings: Codings, text: str | None) -> tuple[Form, Release]:
        """The dose form a concept states, and whether it releases slowly. Codes come before words.

        >>> Formulary.load().form_of(((None, None, "Extended Release Oral Tablet"),), None)
        (<Form.TABLET: 'tablet'>, <Release.EXTENDED: 'extended'>)
        """
        return self._remembered_forms(codings, text)

    def _form_of(self, codings: Codings, text: str | None) -> tuple[Form, Release]:
        for system, code, _ in codings:
            forms = self._dose_forms.get(FORM_SYSTEMS.get(plain_system(system)) or system_of(system) or "", {})
            if (line := forms.get((code or "").strip())) is not None:
                _, form, release = line.split("\t")
                return Form(form), Release(release or "unknown")
        said = " ".join(filter(None, [text, *(display for _, _, display in codings)]))[:_LONGEST_REMEMBERED]
        words = words_of(said)
        form = form_in(words)
        return form, release_in(words, form)

    # ------------------------------------------------------------------------------------------------------------------
    # From what is told to one drug

    def _recognise(self, codings: Codings, text: str | None) -> Drug:
        meanings = self._meanings_of(codings) if self._meanings else ()
        names = (text, *(display for _, _, display in codings))
        spoken = [told for told in map(self._text, (*names, *(meaning.name for meaning in meanings))) if told]
        rows = self._coded(codings, spoken)
        if not rows:
            plain = [said for said in spoken if said.certainty is Certainty.NAME] or spoken
            drug = self._weigh(plain[0], plain[1:], is_product=False) if plain else self._named_or_not(names)
            return self._beside_other_medicine(drug, codings, meanings)
        told = self._told_by_codes(rows)
        if told.is_bare_component and any(said.form is not Form.UNKNOWN or said.brand for said in spoken):
            # The words tell more than the component's own name: they say what was ordered.
            own = tuple(dict.fromkeys(name for _, row in rows for name in row[1].split("; ")))
            told = told._replace(ingredients=own, is_bare_component=False)
        is_product = told.certainty is Certainty.PRODUCT_CODE
        return self._weigh(told, spoken, is_product=is_product)

    def _named_or_not(self, names: Iterable[str | None]) -> Drug:
        """What it is when none of its names is known: some other medicine, or nothing that anybody could tell.

        A name in letters that the tables do not use may be any medicine, and is not identified.
        "None" and "no medicines" say that there is none, which is no unknown medicine.
        """
        words = {word for name in names if name for word in words_of(name[:_LONGEST_REMEMBERED])}
        if not words.isdisjoint(_NONE) or any(
            len(word) >= _SHORTEST_NAME and word.isalpha() and _IS_LATIN.search(word) and word not in self._says_nothing
            for word in words
        ):
            return UNLISTED
        return UNIDENTIFIED

    def _weigh(self, told: Told, spoken: Sequence[Told], *, is_product: bool) -> Drug:
        """Set what the codes tell beside what the words say."""
        own = frozenset(told.ingredients)
        contradiction: Told | None = None
        for said in spoken:
            others = frozenset(said.ingredients)
            if others <= own:
                told = filled(told, said)
            elif said.certainty in IN_DOUBT:
                continue
            elif own < others and not is_product:
                told = filled(told._replace(ingredients=(*told.ingredients, *others - own)), said)
                own = others
            elif self._only_adds_a_partner(said, own) or is_the_same_brand(told, said):
                told = filled(told, said)
            elif contradiction is None or self._danger(said) > self._danger(contradiction):
                contradiction = said
        drug = self._drug(told)
        if contradiction is None:
            return drug
        other = self._drug(contradiction)
        if self._danger(contradiction) > self._danger(told):
            return replace(other, contradicted_by=drug.name)
        return replace(drug, contradicted_by=other.name)

    def _only_adds_a_partner(self, said: Told, own: frozenset[str]) -> bool:
        """Whether words name the same medicine and mention another of no interest besides ("take with ibuprofen")."""
        others = frozenset(said.ingredients)
        if own.isdisjoint(others) or (said.product and not own.issuperset(said.product.of)):
            return False
        return not any(self._ingredients[name].roles for name in others - own)

    def _drug(self, told: Told) -> Drug:
        """Build the drug from what is told."""
        names = sorted(dict.fromkeys(told.ingredients), key=lambda name: (self._order(name), name))
        facts = [self._ingredients[name] for name in names if name in self._ingredients]
        form = told.form
        if form is Form.UNKNOWN and any(strength.per == "h" for strength in told.strengths.values()):
            form = Form.PATCH  # an infusion would have been called one
        if form is Form.INJECTION and any(
            fact.injection_is_depot or (fact.extended_injection_is_depot and told.release is Release.EXTENDED)
            for fact in facts
        ):
            form = Form.DEPOT
        roles = frozenset[Role]().union(*(fact.roles for fact in facts if form not in fact.not_as))
        if told.product and told.product.roles is not None and len(names) == len(told.product.of):
            roles = told.product.roles
        kind = None
        if Role.OPIOID in roles:
            roles = frozenset({Role.OPIOID})
            kind = told.opioid_kind or self._kinds.kind_of(names, form, told.release, told.strengths, told.product)
            if kind.is_depot and form in (Form.UNKNOWN, Form.INJECTION):
                form = Form.IMPLANT if kind is OpioidKind.IMPLANT else Form.DEPOT
        return Drug(
            name="/".join(names),
            ingredients=tuple(names),
            roles=roles,
            opioid_kind=kind,
            form=form,
            release=told.release,
            strengths=tuple((name, told.strengths[name]) for name in names if name in told.strengths),
            brand=told.brand,
            recognised_by=told.certainty,
            meant=told.meant,
            is_marketed_product=told.is_marketed or self._is_marketed_strength(names, form, told),
        )

    def _is_marketed_strength(self, names: Sequence[str], form: Form, told: Told) -> bool:
        """Whether words alone name a strength that is on the market, and no brand that is not."""
        fact = self._ingredients.get(names[0]) if len(names) == 1 else None
        strength = told.strengths.get(names[0])
        if fact is None or strength is None or fact.marketed_form is not form or strength.per != "unit":
            return False
        is_compounded = told.product is not None and not told.product.is_marketed
        return strength.mg in fact.marketed_mg and not is_compounded and told.certainty not in IN_DOUBT

    def _order(self, name: str) -> int:
        fact = self._ingredients.get(name)
        return fact.order if fact else len(self._ingredients)

    def _danger(self, told: Told) -> int:
        """How much harm it does to overlook this medicine."""
        return max(map(self._names.danger_of.__getitem__, told.ingredients), default=0)

    # ------------------------------------------------------------------------------------------------------------------
    # Codes

    def _coded(self, codings: Codings, spoken: Sequence[Told]) -> list[tuple[str, Row]]:
        """The rows of all codes we know. A code without its proper system must find its medicine in the words."""
        rows: dict[str, Row] = {}
        said = {name for told in spoken for name in told.ingredients}
        for system, told_code, _ in codings:
            code = (told_code or "").strip()
            if not code:
                continue
            known = system_of(system)
            row = self._codes.row(known, code) if known else None
            if row is None and known is None and said:
                row = next((found for name in self._codes.lines if (found := self._codes.row(name, code))), None)
                if row is not None and said.isdisjoint(row[1].split("; ")):
                    row = None
            if row is not None:
                rows[code] = row
        return list(rows.items())

    def _beside_other_medicine(self, drug: Drug, codings: Codings, meanings: Sequence[CodeMeaning]) -> Drug:
        """The drug that the words name, unless a code stands for one of no interest here and the words agree.

        That drug has no ingredients: a filler with a code must not turn what it is mixed with into a combination.
        """
        if not self._codes.others and not meanings:
            return drug
        codes = ((system_of(system) or "", (code or "").strip()) for system, code, _ in codings)
        other = next(filter(None, (self._codes.other_name(system, code) for system, code in codes)), None)
        if other is None:
            is_another = not drug.is_identified and any(meaning.is_exhaustive for meaning in meanings)
            return Drug(_ANOTHER, recognised_by=Certainty.NAME) if is_another else drug
        if drug.roles and not drug.is_possible:
            return replace(drug, contradicted_by=drug.contradicted_by or other)
        return Drug(other, recognised_by=Certainty.INGREDIENT_CODE)

    def _meanings_of(self, codings: Codings) -> list[CodeMeaning]:
        """What the codes are called that only somebody else knows."""
        told = (self._meanings.get((system_of(system) or "", (code or "").strip())) for system, code, _ in codings)
        return [meaning for meaning in told if meaning]

    def _told_by_codes(self, rows: Sequence[tuple[str, Row]]) -> Told:
        """Add up what all codes of one concept tell."""
        ingredients = tuple(dict.fromkeys(name for _, row in rows for name in row[1].split("; ")))
        best = [row for _, row in rows if row[6] in _DISPENSABLE]
        branded = [row for _, row in rows if row[6] in _BRANDED]
        formed = [row for _, row in rows if row[6] in _NAMES_A_FORM]
        named = best or branded or formed
        tells_a_product = any(row[6] in _DISPENSABLE | _BRANDED or row[3] or row[5] for row in named)
        bare_components = not named and all(code in self._components for code, _ in rows)
        if bare_components:
            ingredients = tuple(dict.fromkeys(name for code, _ in rows for name in self._components[code]))
        strengths = {} if bare_components else self._agreed_strengths(best or [row for _, row in rows], rows)
        brands = {row[5].casefold(): row[5] for _, row in rows if row[5]}
        brand = next(iter(brands.values())) if len(brands) == 1 else None
        product = self._products.get(" ".join(phrase_of(brand))) if brand else None
        form = agreed((Form(row[3]) for row in named or [row for _, row in rows] if row[3]), Form.UNKNOWN)
        slow = any(row[4] == Release.EXTENDED for row in named)
        release = Release.EXTENDED if slow else agreed((Release(row[4]) for row in named if row[4]), Release.UNKNOWN)
        if product and not best:
            form = product.form if form is Form.UNKNOWN else form
            release = product.release if release is Release.UNKNOWN else release
        told = Told(
            ingredients=ingredients,
            certainty=Certainty.PRODUCT_CODE if named and tells_a_product else Certainty.INGREDIENT_CODE,
            form=form,
            release=Release.EXTENDED if bare_components else release,
            strengths=strengths,
            product=product,
            brand=product.brand if product else brand,
            is_marketed=bool(best or branded) and not (product and not product.is_marketed),
            is_bare_component=bare_components,
        )
        return told._replace(opioid_kind=self._kind_by_codes(told, named))

    def _kind_by_codes(self, told: Told, named: Sequence[Row]) -> OpioidKind | None:
        """The most cautious kind among the products the codes name; nothing when the brand or the words must decide."""
        if len({row[2:5] for row in named}) < 2 or (told.product and told.product.opioid_kind):
            return None
        kinds = []
        for row in named:
            names = row[1].split("; ")
            if any(map(self._kinds.is_opioid, names)):
                strengths = dict(strengths_of(row))
                form, release = Form(row[3] or "unknown"), Release(row[4] or "unknown")
                kinds.append(self._kinds.kind_of(names, form, release, strengths, None))
        return most_cautious(kinds)

    def _agreed_strengths(self, rows: Iterable[Row], coded: Sequence[tuple[str, Row]]) -> dict[str, Strength]:
        """The strengths on which all codes agree. Those of a component made for another product do not count."""
        of_others = {row for code, row in coded if code in self._components}
        told: dict[str, set[Strength]] = {}
        for row in rows:
            if row in of_others:
                continue
            for name, strength in strengths_of(row):
                told.setdefault(name, set()).add(strength)
        return {name: next(iter(strengths)) for name, strengths in told.items() if len(strengths) == 1}

    # ------------------------------------------------------------------------------------------------------------------
    # Words

    def _text(self, text: str | None) -> Told | None:
        if not text:
            return None
        return self._read_text(text) if len(text) > _LONGEST_REMEMBERED else self._remembered_text(text)

    def _read_text(self, text: str) -> Told | None:
        words = words_of(text)
        # is_word, inlined: a sign is one letter long
        kept = [place for place, word in enumerate(words) if len(word) > 1 or word.isalnum() or word == "#"]
        hits, was_denied = self._names.hits(words, kept)
        guess = self._names.guess(words, kept, hits) if len(kept) <= MOST_WORDS_GUESSED and not was_denied else None
        if not hits and guess is None:
            return None
        hits, doubted = self._names.sifted(hits)
        named = sorted([*hits, guess], key=lambda hit: hit.begins) if guess else hits
        window = words[max(0, named[0].begins - _WORDS_BEFORE) : named[-1].ends + _WORDS_AFTER]
        if len(window) > 2 * (_WORDS_BEFORE + _WORDS_AFTER):  # names scattered over a letter
            window = words[max(0, named[0].begins - _WORDS_BEFORE) : named[0].ends + _WORDS_AFTER]
        offset = max(0, named[0].begins - _WORDS_BEFORE)
        products = list({hit.product.brand: hit.product for hit in named if hit.product}.values())
        product = products[0] if products else None
        form = form_in(window)
        release = release_in(window, form)
        brand = product.brand if product and len({found.brand for found in products}) == 1 else None
        told = Told(
            ingredients=tuple(dict.fromkeys(name for hit in named for name in hit.of)),
            certainty=Certainty.POSSIBLE if guess else Certainty.UNCONFIRMED if doubted else Certainty.NAME,
            form=form,
            release=release,
            strengths=assigned(named, amounts_in(window), offset),
            product=product if len(products) == 1 else None,
            brand=brand,
            is_marketed=any(found.is_marketed for found in products) and not (guess or doubted),
            meant=called(guess.product or guess.of[0]) if guess else "/".join(doubted.of) if doubted else None,
        )
        return self._with_product_facts(told, products, window)

    def _with_product_facts(self, told: Told, products: Sequence[Product], words: Sequence[str]) -> Told:
        """Fill form and release from the product named, and find out which of its kinds was meant."""
        for product in products:
            if told.form is Form.UNKNOWN or (told.form is Form.INJECTION and product.form is Form.DEPOT):
                told = told._replace(form=product.form)
            if told.release is Release.UNKNOWN:
                told = told._replace(release=product.release)
            if product.kind_by_word:
                by_concentration = self._kinds.by_concentration(product.of, told.strengths)
                mg = [told.strengths[name].mg for name in product.of if name in told.strengths]
                by_mg = next((product.kind_by_mg[amount] for amount in mg if amount in product.kind_by_mg), None)
                by_word = next((product.kind_by_word[word] for word in words if word in product.kind_by_word), None)
                told = told._replace(opioid_kind=by_word or by_concentration or by_mg or product.opioid_kind)
        if not products and len(told.ingredients) == 1 and (fact := self._ingredients.get(told.ingredients[0])):
            by_word = next((fact.kind_by_word[word] for word in words if word in fact.kind_by_word), None)
            told = told._replace(opioid_kind=by_word) if by_word else told
        if len(products) > 1:
            told = told._replace(opioid_kind=most_cautious([told.opioid_kind, *(p.opioid_kind for p in products)]))
        return told

    # ------------------------------------------------------------------------------------------------------------------
    # Where it comes from

    def systems_of(self, code: str) -> tuple[str, ...]:
        """The code systems that know a code, each by its address, for a code of which nobody told the system.

        >>> Formulary.load().systems_of("N07BB04")
        ('http://www.whocc.no/atc',)
        """
        return self._codes.systems_of(code)

    def explain(self, codings: Codings, text: str | None) -> tuple[Evidence, ...]:
        """The rows of the tables and the lines of the page on which it rests what a concept is recognised as.

        >>> formulary = Formulary.load()
        >>> [(found.entry, found.says, found.file) for found in formulary.explain((), "Percocet 5/325")]
        [('[products."Percocet"]', '"percocet" names oxycodone/acetaminophen', 'medications.toml')]
        """
        return evidence_of(self._codes, self._names, self._ingredients, self._products, codings, text)

    def _check_names(self) -> None:
        """Refuse a page whose products are made of ingredients it does not list."""
        unknown = sorted(
            {
                name
                for product in (*self._products.values(), *self._brands)
                for name in product.of
                if name not in self._ingredients
            }
        )
        if unknown:
            raise HouseError(
                f"cards/knowledge/medications.toml: a product is made of {', '.join(unknown)}, no ingredient there. "
                "Add it under [ingredients] or to the names of [others]."
            )


def _words_for(part: tuple[Codings, str | None, Strength | None]) -> str:
    codings, text, _ = part
    return " ".join(filter(None, (text, *(display for _, _, display in codings))))
