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
6. A code that a site's own table knows as another medicine counts only where no code of ours stands beside it: the
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

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from cards.drugs import UNIDENTIFIED, UNLISTED, Certainty, Drug, Form, OpioidKind, Release, Role, Strength
from cards.findings import HouseError
from cards.knowledge.editions import NO_OTHERS, Edition, OtherCodes
from cards.knowledge.medication_words import (
    Amount,
    amounts_in,
    continues_list,
    denied,
    differs_by_one_edit,
    form_in,
    is_word,
    number_in,
    phrase_of,
    release_in,
    words_of,
)

Coding = tuple[str | None, str | None, str | None]
Codings = tuple[Coding, ...]

_T = TypeVar("_T")

_HERE = Path(__file__).parent

# The addresses and identifiers by which clients name a code system of medicines.
_SYSTEMS = {
    "http://www.nlm.nih.gov/research/umls/rxnorm": "RxNorm",
    "2.16.840.1.113883.6.88": "RxNorm",
    "http://snomed.info/sct": "SNOMED CT",
    "2.16.840.1.113883.6.96": "SNOMED CT",
    "http://dmd.nhs.uk": "SNOMED CT",  # the UK's medicines are SNOMED CT concepts
    "http://hl7.org/fhir/sid/ndc": "NDC",
    "2.16.840.1.113883.6.69": "NDC",
    "http://www.whocc.no/atc": "ATC",
    "2.16.840.1.113883.6.73": "ATC",
    "http://fdasis.nlm.nih.gov": "UNII",
    "2.16.840.1.113883.4.9": "UNII",
}
_FORM_SYSTEMS = {"http://standardterms.edqm.eu": "EDQM", "0.4.0.127.0.16.1.1.2.1": "EDQM"}
_SNOMED_EDITIONS = "http://snomed.info/sct/"

# Levels whose code stands for a product one can dispense, best first; the others name a group, a component or an
# ingredient. A strength component (SCDC) is part of several products and never says which.
_DISPENSABLE = frozenset({"SCD", "SBD", "GPCK", "BPCK", "NDC"})
_BRANDED = frozenset({"BN", "SBDC", "SBDF", "SBDFP", "SBDG"})
_NAMES_A_FORM = frozenset({"SCDF", "SCDFP", "SCDG", "SCDGP", "atom"})
_COMPONENT = "SCDC"

# More dangerous kinds first: where codes leave it open which product was meant, the longest washout is assumed.
_CAUTIOUS_FIRST = (
    OpioidKind.SUBLOCADE,
    OpioidKind.BRIXADI_MONTHLY,
    OpioidKind.IMPLANT,
    OpioidKind.BRIXADI_WEEKLY,
    OpioidKind.MAINTENANCE,
    OpioidKind.PATCH,
    OpioidKind.LONG,
    OpioidKind.INJECTED_BUPRENORPHINE,
    OpioidKind.EXTENDED,
    OpioidKind.UNREGULATED,
    OpioidKind.SHORT,
    OpioidKind.COUGH,
    OpioidKind.GUT,
    OpioidKind.RESTRICTED,
)

_MEMORY = 65_536
# Longer texts are read each time: remembering them would let one client fill the memory.
_MEMORY_OF_LISTS = 4096
_LONGEST_REMEMBERED = 500
# Around a name, so many words are searched for strengths and forms; a longer text is a letter, not a prescription line.
_WORDS_BEFORE, _WORDS_AFTER = 16, 64
# Names shorter than this have too many neighbours to guess from a misspelling.
_SHORTEST_GUESSED = 8
_MOST_WORDS_GUESSED = 64
# Words that tell what an ambiguous abbreviation means stand this near to it.
_NEARBY = 4
_CATALOGUE_NUMBER = 5
_SHORTEST_BRAND = 4
_SHORTEST_NAME = 3
_NONE = frozenset({"no", "none", "nil", "denies"})
# Strengths are compared to a billionth of a gram.
_DECIMALS = 6


_NOTHING: Mapping[str, Strength] = MappingProxyType({})
_ANOTHER = "another medicine"


@dataclass(frozen=True, slots=True)
class _Ingredient:
    """What ``medications.toml`` says about one ingredient."""

    name: str
    order: int
    roles: frozenset[Role] = frozenset()
    opioid_kind: OpioidKind | None = None
    keeps_kind: bool = False
    kind_by_form: Mapping[Form, OpioidKind] = field(default_factory=dict)
    kind_by_concentration: Mapping[Decimal, OpioidKind] = field(default_factory=dict)
    kind_by_word: Mapping[str, OpioidKind] = field(default_factory=dict)
    injection_is_depot: bool = False
    extended_injection_is_depot: bool = False
    not_as: frozenset[Form] = frozenset()
    marketed_form: Form | None = None
    marketed_mg: frozenset[Decimal] = frozenset()


@dataclass(frozen=True, slots=True)
class _Product:
    """What a name of a product tells. ``of`` is in the order in which the label prints strengths."""

    brand: str
    of: tuple[str, ...]
    form: Form = Form.UNKNOWN
    release: Release = Release.UNKNOWN
    opioid_kind: OpioidKind | None = None
    kind_by_mg: Mapping[Decimal, OpioidKind] = field(default_factory=dict)
    kind_by_word: Mapping[str, OpioidKind] = field(default_factory=dict)
    roles: frozenset[Role] | None = None
    is_marketed: bool = True
    needs: frozenset[str] = frozenset()
    dose_to: Decimal | None = None
    may_stand_alone: bool = False
    unless: frozenset[str] = frozenset()
    register: str = ""


class _Told(NamedTuple):
    """What one source, a code or a text, tells about a medicine."""

    ingredients: tuple[str, ...]
    certainty: Certainty
    form: Form = Form.UNKNOWN
    release: Release = Release.UNKNOWN
    strengths: Mapping[str, Strength] = _NOTHING
    product: _Product | None = None
    brand: str | None = None
    opioid_kind: OpioidKind | None = None
    is_marketed: bool = False
    meant: str | None = None
    is_bare_component: bool = False


class CodeMeaning(NamedTuple):
    """What somebody trustworthy calls a code that the tables do not know.

    ``is_exhaustive``: the name lists all that is in it, so a name without a medicine of ours is none of ours.
    """

    name: str
    is_exhaustive: bool = False


class Evidence(NamedTuple):
    """What one table or page tells: the file, the row or line in it, what it says, and its source where it names one."""

    file: str
    entry: str
    says: str
    source: str = ""


class _Hit(NamedTuple):
    """A name found in a text: which ingredients, and from which to which word."""

    of: tuple[str, ...]
    product: _Product | None
    begins: int
    ends: int


_Row = tuple[str, ...]  # name, ingredients, strengths, form, release, brand, level


class Formulary:
    """Every medicine the service can recognise, by code and by name."""

    def __init__(
        self,
        page: Mapping[str, Any],
        rows: Mapping[str, Mapping[str, str]],
        dose_forms: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
        others: Mapping[str, OtherCodes] = MappingProxyType({}),
        brands: Sequence[str] = (),
    ) -> None:
        """Take the parsed ``medications.toml`` and, by code system and code, the lines of the code tables.

        ``brands`` are the lines of ``brands.tsv``, ``others`` are the codes known to be medicines of no interest here.
        """
        self._rows = rows
        self._others = others
        self._meanings: Mapping[tuple[str, str], CodeMeaning] = MappingProxyType({})
        self._dose_forms = dose_forms
        try:
            self._ingredients, self._products = _read_ingredients(page), _read_products(page)
            self._brands = [_read_brand(line) for line in brands]
        except (KeyError, ValueError) as problem:
            raise HouseError(
                f"cards/knowledge/medications.toml: {problem}. Write it as medications.schema.json describes."
            ) from problem
        self._danger_of = _Dangers({name: _danger(fact.roles) for name, fact in self._ingredients.items()})
        self._components = {code: tuple(of) for code, of in page["components"].items()}
        self._cough, self._gut = page["cough"], page["gut"]
        self._says_nothing = frozenset(page["words"]["says_nothing"])
        self._check_names()
        self._phrases: dict[str, dict[tuple[str, ...], _Product | str]] = {}
        self._single: dict[str, str] = {}
        self._learn_names(page)
        self._greatest_danger = max(self._danger_of.values(), default=0)
        self._guessed = self._long_names()
        self._deletions = _one_letter_less(self._guessed)
        self._anagrams = _same_letters(self._guessed)
        self._longest_guessed = 1 + max(map(len, self._guessed))
        self._look_alikes = [frozenset(group) for group in page["words"]["look_alikes"]]
        self._remembered = lru_cache(_MEMORY)(self._recognise)
        self._remembered_lists = lru_cache(maxsize=_MEMORY_OF_LISTS)(self._recognise_ingredients)
        self._remembered_forms = lru_cache(maxsize=_MEMORY_OF_LISTS)(self._form_of)
        self._remembered_text = lru_cache(_MEMORY)(self._read_text)
        self._meant_by = lru_cache(_MEMORY // 4)(self._one_edit_from)

    @classmethod
    def load(cls, rxnorm: Edition | None = None) -> Formulary:
        """Read the shipped tables; raises ``HouseError`` when the page of medicines is not sound.

        An edition of the site's own takes the place of the shipped RxNorm and NDC tables, which then answer only for
        codes it does not know as a medicine of ours: EHRs go on sending codes that a release has dropped.
        """
        page = tomllib.loads((_HERE / "medications.toml").read_text("utf-8"))
        rows = {"RxNorm": _read_rxnorm(_HERE / "rxnorm.tsv"), **_read_by_system(_HERE / "other_codes.tsv")}
        dose_forms = _read_by_system(_HERE / "dose_forms.tsv")
        brands = (_HERE / "brands.tsv").read_text("utf-8").splitlines()[1:]
        if rxnorm is None:
            return cls(page, rows, dose_forms, brands=brands)
        rows["RxNorm"].update(rxnorm.rxnorm)
        rows["NDC"].update(rxnorm.ndc)
        return cls(page, rows, dose_forms, rxnorm.others, brands)

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
        told = ((_system_of(system), (code or "").strip()) for system, code, _ in codings)
        return tuple(
            dict.fromkeys(
                (system, code)
                for system, code in told
                if system and code and self._row(system, code) is None and self._other_name(system, code) is None
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
        guesses = [drug.meant for drug, _ in known if drug.meant]
        certainty = Certainty.INGREDIENT_CODE if is_coded else Certainty.NAME
        told = _Told(
            ingredients=tuple(dict.fromkeys(name for drug, _ in known for name in drug.ingredients)),
            certainty=Certainty.POSSIBLE if guesses else certainty,
            form=_agreed((drug.form for drug, _ in known), Form.UNKNOWN),
            release=_agreed((drug.release for drug, _ in known), Release.UNKNOWN),
            strengths=strengths,
            opioid_kind=known[0][0].opioid_kind if len(known) == 1 else None,
            meant=guesses[0] if guesses else None,
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
            forms = self._dose_forms.get(_FORM_SYSTEMS.get(_plain(system)) or _system_of(system) or "", {})
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

        "None" and "no medicines" say that there is none, which is no unknown medicine.
        """
        words = {word for name in names if name for word in words_of(name[:_LONGEST_REMEMBERED])}
        if not words.isdisjoint(_NONE) or any(
            len(word) >= _SHORTEST_NAME and word.isalpha() and word not in self._says_nothing for word in words
        ):
            return UNLISTED
        return UNIDENTIFIED

    def _weigh(self, told: _Told, spoken: Sequence[_Told], *, is_product: bool) -> Drug:
        """Set what the codes tell beside what the words say."""
        own = frozenset(told.ingredients)
        contradiction: _Told | None = None
        for said in spoken:
            others = frozenset(said.ingredients)
            if others <= own:
                told = _filled(told, said)
            elif said.certainty is Certainty.POSSIBLE:
                continue
            elif own < others and not is_product:
                told = _filled(told._replace(ingredients=(*told.ingredients, *others - own)), said)
                own = others
            elif self._only_adds_a_partner(said, own) or _is_the_same_brand(told, said):
                told = _filled(told, said)
            elif contradiction is None or self._danger(said) > self._danger(contradiction):
                contradiction = said
        drug = self._drug(told)
        if contradiction is None:
            return drug
        other = self._drug(contradiction)
        if self._danger(contradiction) > self._danger(told):
            return replace(other, contradicted_by=drug.name)
        return replace(drug, contradicted_by=other.name)

    def _only_adds_a_partner(self, said: _Told, own: frozenset[str]) -> bool:
        """Whether words name the same medicine and mention another of no interest besides ("take with ibuprofen")."""
        others = frozenset(said.ingredients)
        if own.isdisjoint(others) or (said.product and not own.issuperset(said.product.of)):
            return False
        return not any(self._ingredients[name].roles for name in others - own)

    def _drug(self, told: _Told) -> Drug:
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
            kind = told.opioid_kind or self._opioid_kind(names, form, told.release, told.strengths, told.product)
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

    def _opioid_kind(
        self,
        names: Sequence[str],
        form: Form,
        release: Release,
        strengths: Mapping[str, Strength],
        product: _Product | None,
    ) -> OpioidKind:
        """How an opioid of this form and release leaves the body."""
        if product and product.opioid_kind and set(product.of) >= {n for n in names if self._is_opioid(n)}:
            mg = [strengths[name].mg for name in product.of if name in strengths and strengths[name].per == "unit"]
            by_mg = next((product.kind_by_mg[amount] for amount in mg if amount in product.kind_by_mg), None)
            return by_mg or self._kind_by_concentration(product.of, strengths) or product.opioid_kind
        kinds = [
            self._kind_by_concentration([name], strengths)
            or self._kind_of(self._ingredients[name], names, form, release)
            for name in names
            if self._is_opioid(name)
        ]
        return _most_cautious(kinds) or OpioidKind.SHORT

    def _kind_by_concentration(self, names: Iterable[str], strengths: Mapping[str, Strength]) -> OpioidKind | None:
        """The kind that only one product of this concentration has."""
        for name in names:
            strength = strengths.get(name)
            if (
                strength
                and strength.per == "mL"
                and (kind := self._ingredients[name].kind_by_concentration.get(strength.mg))
            ):
                return kind
        return None

    def _kind_of(self, fact: _Ingredient, names: Sequence[str], form: Form, release: Release) -> OpioidKind:
        """What kind one opioid is in this form and company."""
        kind = fact.opioid_kind or OpioidKind.SHORT
        if form in fact.kind_by_form:
            return fact.kind_by_form[form]
        if fact.keeps_kind:
            return kind
        with_it = set(names) - {fact.name}
        if self._is_for(self._cough, fact.name, with_it) and with_it.isdisjoint(self._cough["never_with"]):
            return OpioidKind.COUGH
        if self._is_for(self._gut, fact.name, with_it):
            return OpioidKind.GUT
        if form is Form.PATCH:
            return OpioidKind.PATCH
        return OpioidKind.EXTENDED if release is Release.EXTENDED and kind is OpioidKind.SHORT else kind

    @staticmethod
    def _is_for(use: Mapping[str, Sequence[str]], name: str, with_it: set[str]) -> bool:
        """Whether an opioid in this company is a medicine for cough, or for the gut."""
        return name in use["opioids"] and not with_it.isdisjoint(use["with"])

    def _is_marketed_strength(self, names: Sequence[str], form: Form, told: _Told) -> bool:
        """Whether words alone name a strength that is on the market, and no brand that is not."""
        fact = self._ingredients.get(names[0]) if len(names) == 1 else None
        strength = told.strengths.get(names[0])
        if fact is None or strength is None or fact.marketed_form is not form or strength.per != "unit":
            return False
        is_compounded = told.product is not None and not told.product.is_marketed
        return strength.mg in fact.marketed_mg and not is_compounded and told.certainty is not Certainty.POSSIBLE

    def _order(self, name: str) -> int:
        fact = self._ingredients.get(name)
        return fact.order if fact else len(self._ingredients)

    def _is_opioid(self, name: str) -> bool:
        fact = self._ingredients.get(name)
        return fact is not None and Role.OPIOID in fact.roles

    def _danger(self, told: _Told) -> int:
        """How much harm it does to overlook this medicine."""
        return max(map(self._danger_of.__getitem__, told.ingredients), default=0)

    # ------------------------------------------------------------------------------------------------------------------
    # Codes

    def _coded(self, codings: Codings, spoken: Sequence[_Told]) -> list[tuple[str, _Row]]:
        """The rows of all codes we know. A code without its proper system must find its medicine in the words."""
        rows: dict[str, _Row] = {}
        said = {name for told in spoken for name in told.ingredients}
        for system, told_code, _ in codings:
            code = (told_code or "").strip()
            if not code:
                continue
            known = _system_of(system)
            row = self._row(known, code) if known else None
            if row is None and known is None and said:
                row = next((found for name in self._rows if (found := self._row(name, code))), None)
                if row is not None and said.isdisjoint(row[1].split("; ")):
                    row = None
            if row is not None:
                rows[code] = row
        return list(rows.items())

    def _beside_other_medicine(self, drug: Drug, codings: Codings, meanings: Sequence[CodeMeaning]) -> Drug:
        """The drug that the words name, unless a code stands for one of no interest here and the words agree.

        That drug has no ingredients: a filler with a code must not turn what it is mixed with into a combination.
        """
        if not self._others and not meanings:
            return drug
        codes = ((_system_of(system) or "", (code or "").strip()) for system, code, _ in codings)
        other = next(filter(None, (self._other_name(system, code) for system, code in codes)), None)
        if other is None:
            is_another = not drug.is_identified and any(meaning.is_exhaustive for meaning in meanings)
            return Drug(_ANOTHER, recognised_by=Certainty.NAME) if is_another else drug
        if drug.roles and drug.recognised_by is not Certainty.POSSIBLE:
            return replace(drug, contradicted_by=drug.contradicted_by or other)
        return Drug(other, recognised_by=Certainty.INGREDIENT_CODE)

    def _meanings_of(self, codings: Codings) -> list[CodeMeaning]:
        """What the codes are called that only somebody else knows."""
        told = (self._meanings.get((_system_of(system) or "", (code or "").strip())) for system, code, _ in codings)
        return [meaning for meaning in told if meaning]

    def _other_name(self, system: str, code: str) -> str | None:
        """The ingredients of a code that is known and of no interest here."""
        others = self._others.get(system)
        if others is None:
            return None
        if system == "NDC":
            known = self._known_ndcs(code)
            return others.name_of(known[0]) if len(known) == 1 else None
        return others.name_of(code)

    def _known_ndcs(self, code: str) -> list[str]:
        """The NDCs that a code may stand for and that some table has; when there are two, nobody can tell which."""
        rows, others = self._rows.get("NDC", {}), self._others.get("NDC", NO_OTHERS)
        return [ndc for ndc in _eleven_digits(code) if ndc in rows or others.name_of(ndc) is not None]

    def _row(self, system: str, code: str) -> _Row | None:
        line = self._line(system, code)
        return None if line is None else _row_of(line)

    def _line(self, system: str, code: str) -> str | None:
        rows = self._rows.get(system)
        if rows is None:
            return None
        if system == "NDC":
            known = self._known_ndcs(code)
            return rows.get(known[0]) if len(known) == 1 else None
        return rows.get(code.upper() if system in ("ATC", "UNII") else code)

    def _told_by_codes(self, rows: Sequence[tuple[str, _Row]]) -> _Told:
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
        form = _agreed((Form(row[3]) for row in named or [row for _, row in rows] if row[3]), Form.UNKNOWN)
        slow = any(row[4] == Release.EXTENDED for row in named)
        release = Release.EXTENDED if slow else _agreed((Release(row[4]) for row in named if row[4]), Release.UNKNOWN)
        if product and not best:
            form = product.form if form is Form.UNKNOWN else form
            release = product.release if release is Release.UNKNOWN else release
        told = _Told(
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

    def _kind_by_codes(self, told: _Told, named: Sequence[_Row]) -> OpioidKind | None:
        """The most cautious kind among the products the codes name; nothing when the brand or the words must decide."""
        if len({row[2:5] for row in named}) < 2 or (told.product and told.product.opioid_kind):
            return None
        kinds = []
        for row in named:
            names = row[1].split("; ")
            if any(map(self._is_opioid, names)):
                strengths = dict(_strengths_of(row))
                form, release = Form(row[3] or "unknown"), Release(row[4] or "unknown")
                kinds.append(self._opioid_kind(names, form, release, strengths, None))
        return _most_cautious(kinds)

    def _agreed_strengths(self, rows: Iterable[_Row], coded: Sequence[tuple[str, _Row]]) -> dict[str, Strength]:
        """The strengths on which all codes agree. Those of a component made for another product do not count."""
        of_others = {row for code, row in coded if code in self._components}
        told: dict[str, set[Strength]] = {}
        for row in rows:
            if row in of_others:
                continue
            for name, strength in _strengths_of(row):
                told.setdefault(name, set()).add(strength)
        return {name: next(iter(strengths)) for name, strengths in told.items() if len(strengths) == 1}

    # ------------------------------------------------------------------------------------------------------------------
    # Words

    def _text(self, text: str | None) -> _Told | None:
        if not text:
            return None
        return self._read_text(text) if len(text) > _LONGEST_REMEMBERED else self._remembered_text(text)

    def _read_text(self, text: str) -> _Told | None:
        words = words_of(text)
        kept = [place for place, word in enumerate(words) if word[-1].isalnum() or word == "#"]  # is_word, inlined
        hits, was_denied = self._hits(words, kept)
        guess = self._guess(words, kept, hits) if len(kept) <= _MOST_WORDS_GUESSED and not was_denied else None
        if not hits and guess is None:
            return None
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
        told = _Told(
            ingredients=tuple(dict.fromkeys(name for hit in named for name in hit.of)),
            certainty=Certainty.POSSIBLE if guess else Certainty.NAME,
            form=form,
            release=release,
            strengths=_assigned(named, amounts_in(window), offset),
            product=product if len(products) == 1 else None,
            brand=brand,
            is_marketed=any(found.is_marketed for found in products) and guess is None,
            meant=_called(guess.product or guess.of[0]) if guess else None,
        )
        return self._with_product_facts(told, products, window)

    def _with_product_facts(self, told: _Told, products: Sequence[_Product], words: Sequence[str]) -> _Told:
        """Fill form and release from the product named, and find out which of its kinds was meant."""
        for product in products:
            if told.form is Form.UNKNOWN or (told.form is Form.INJECTION and product.form is Form.DEPOT):
                told = told._replace(form=product.form)
            if told.release is Release.UNKNOWN:
                told = told._replace(release=product.release)
            if product.kind_by_word:
                by_concentration = self._kind_by_concentration(product.of, told.strengths)
                mg = [told.strengths[name].mg for name in product.of if name in told.strengths]
                by_mg = next((product.kind_by_mg[amount] for amount in mg if amount in product.kind_by_mg), None)
                by_word = next((product.kind_by_word[word] for word in words if word in product.kind_by_word), None)
                told = told._replace(opioid_kind=by_word or by_concentration or by_mg or product.opioid_kind)
        if not products and len(told.ingredients) == 1 and (fact := self._ingredients.get(told.ingredients[0])):
            by_word = next((fact.kind_by_word[word] for word in words if word in fact.kind_by_word), None)
            told = told._replace(opioid_kind=by_word) if by_word else told
        if len(products) > 1:
            told = told._replace(opioid_kind=_most_cautious([told.opioid_kind, *(p.opioid_kind for p in products)]))
        return told

    def _hits(self, words: Sequence[str], kept: Sequence[int]) -> tuple[list[_Hit], bool]:
        """Every name in a text, the longest at each place, without those that are denied."""
        hits: list[_Hit] = []
        was_denied = last_was_denied = False
        last_end = place = 0
        end = len(kept)
        while place < end:
            word = words[kept[place]]
            after = words[kept[place + 1]] if place + 1 < end else ""
            found: _Product | str | None = None
            length = 1
            if after and (joined := self._single.get(word + after)) is not None:
                found, length = joined, 2
            elif (phrases := self._phrases.get(word)) is not None:
                found, length = self._longest(phrases, words, kept, place)
            if found is None:
                place += 1
                continue
            begins, ends = kept[place], kept[place + length - 1] + 1
            is_denied = denied(words, kept, place, place + length - 1) or (
                last_was_denied
                and continues_list(words[last_end:begins])
                and (place + length >= end or not words[kept[place + length]][0].isdigit())
            )
            if is_denied:
                was_denied = True
            else:
                hits.append(_Hit(_made_of(found), _product(found), begins, ends))
            last_was_denied, last_end = is_denied, ends
            place += length
        return hits, was_denied

    def _longest(
        self, phrases: Mapping[tuple[str, ...], _Product | str], words: Sequence[str], kept: Sequence[int], place: int
    ) -> tuple[_Product | str | None, int]:
        """The longest of some phrases that stands here and is meant."""
        for phrase, found in phrases.items():  # longest first
            length = len(phrase)
            if length > 1 and phrase != tuple(words[at] for at in kept[place : place + length]):
                continue
            if isinstance(found, str) or self._is_meant(found, words, kept, place, length):
                return found, length
        return None, 1

    @staticmethod
    def _is_meant(found: _Product, words: Sequence[str], kept: Sequence[int], place: int, length: int) -> bool:
        """Whether the words around an ambiguous abbreviation bear it out. LDN-193189 is a laboratory compound."""
        if not (found.needs or found.unless):
            return True
        around = [words[at] for at in kept[max(0, place - _NEARBY) : place + length + _NEARBY]]
        if found.unless and not found.unless.isdisjoint(around):
            return False
        if not found.needs or (found.may_stand_alone and length == len(kept)):
            return True
        after = words[kept[place + length]] if place + length < len(kept) else ""
        if after.isdigit() and len(after) >= _CATALOGUE_NUMBER:
            return False
        if found.dose_to is not None and 0 < (number_in(after) or 0) <= found.dose_to:
            return True  # "LDN 4.5": of what unit nobody said, so it is no strength
        return not found.needs.isdisjoint(around)

    def _guess(self, words: Sequence[str], kept: Sequence[int], hits: Sequence[_Hit]) -> _Hit | None:
        """The most dangerous medicine one edit away from a word, unless something as dangerous is named plainly."""
        named = max((self._danger_of[name] for hit in hits for name in hit.of), default=0)
        if named == self._greatest_danger:
            return None
        best: _Hit | None = None
        for place in kept:
            word = words[place]
            if not _SHORTEST_GUESSED - 1 <= len(word) <= self._longest_guessed or word in self._phrases:
                continue
            meant = self._meant_by(word)
            if meant is None:
                continue
            names = _made_of(meant)
            danger = max(self._danger_of[name] for name in names)
            if danger > named or (danger == named == 0 and not hits and best is None):
                named, best = danger, _Hit(names, _product(meant), place, place + 1)
        return best

    def _one_edit_from(self, word: str) -> _Product | str | None:
        """The one medicine of which this word is a misspelling; nothing when two would do, or look-alikes are near."""
        shorter = [word[:at] + word[at + 1 :] for at in range(len(word))]
        near = {name for form in (word, *shorter) for name in self._deletions.get(form, ())}
        near.update(self._anagrams.get("".join(sorted(word)), ()))
        meant = [self._guessed[name] for name in near if differs_by_one_edit(word, name)]
        if len({_made_of(found) for found in meant}) != 1:
            return None
        found = min(meant, key=lambda found: (isinstance(found, _Product), _called(found)))
        name = _called(found)
        for group in self._look_alikes:
            if name in group and any(differs_by_one_edit(word, other) for other in group - {name}):
                return None
        return found

    def _long_names(self) -> dict[str, _Product | str]:
        """The single words long enough to be told when misspelled: ingredients, and brands of dangerous medicines."""
        names: dict[str, _Product | str] = {
            word: name for word, name in self._single.items() if len(word) >= _SHORTEST_GUESSED
        }
        for word, product in self._products.items():
            is_long = len(word) >= _SHORTEST_GUESSED and word.isalpha()
            if is_long and not product.needs and any(self._danger_of[name] for name in product.of):
                names.setdefault(word, product)
        return names

    def _learn_names(self, page: Mapping[str, Any]) -> None:
        """Gather every name by its first word: our own list first, then the brands of the code table."""
        plain = {phrase_of(name) for name in page["words"]["plain_brands"]}
        company = frozenset(page["words"]["beside"])
        learned: dict[tuple[str, ...], _Product | str] = {}
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
        brands = [(phrase_of(product.brand), product) for product in self._brands]
        for phrase, product in [*brands, *_brands_of(self._rows["RxNorm"].values())]:
            is_plain = phrase in plain or len("".join(phrase)) < _SHORTEST_BRAND
            learned.setdefault(phrase, replace(product, needs=company, may_stand_alone=True) if is_plain else product)
        for phrase in sorted(learned, key=len, reverse=True):
            self._phrases.setdefault(phrase[0], {})[phrase] = learned[phrase]

    # ------------------------------------------------------------------------------------------------------------------
    # Where it comes from

    def systems_of(self, code: str) -> tuple[str, ...]:
        """The code systems that know a code, each by its address, for a code of which nobody told the system.

        >>> Formulary.load().systems_of("N07BB04")
        ('http://www.whocc.no/atc',)
        """
        known = [name for name in self._rows if self._line(name, code) or self._other_name(name, code)]
        return tuple(next(address for address, name in _SYSTEMS.items() if name == system) for system in known)

    def explain(self, codings: Codings, text: str | None) -> tuple[Evidence, ...]:
        """The rows of the tables and the lines of the page on which it rests what a concept is recognised as.

        >>> formulary = Formulary.load()
        >>> [(found.entry, found.says, found.file) for found in formulary.explain((), "Percocet 5/325")]
        [('[products."Percocet"]', '"percocet" names oxycodone/acetaminophen', 'medications.toml')]
        """
        found: list[Evidence] = []
        for system, told, _ in codings:
            name, code = _system_of(system), (told or "").strip()
            line = self._line(name, code) if name and code else None
            if name and line is not None:
                cells = line.split("\t")
                file = "rxnorm.tsv" if name == "RxNorm" else "other_codes.tsv"
                found.append(Evidence(file, f"{name} {code}", f"{cells[0]} ({cells[6] or 'no level'})", cells[7]))
            elif name and (other := self._other_name(name, code)):
                found.append(Evidence("the site's own drug table", f"{name} {code}", other))
        for said in dict.fromkeys(filter(None, (text, *(display for _, _, display in codings)))):
            found.extend(self._evidence_in(said))
        return tuple(dict.fromkeys(found))

    def _evidence_in(self, text: str) -> Iterator[Evidence]:
        words = words_of(text)
        kept = [place for place, word in enumerate(words) if is_word(word)]
        hits, was_denied = self._hits(words, kept)
        guess = self._guess(words, kept, hits) if len(kept) <= _MOST_WORDS_GUESSED and not was_denied else None
        for hit in hits:
            names = "/".join(hit.of)
            yield self._page_of(hit, f'"{" ".join(words[hit.begins : hit.ends])}" names {names}')
        if guess is not None:
            meant = _called(guess.product or guess.of[0])
            yield self._page_of(guess, f'"{words[guess.begins]}" is one letter away from {meant}')
        if was_denied:
            yield Evidence("the words", "", "a name in them is denied, or somebody else's, and does not count")

    def _page_of(self, hit: _Hit, says: str) -> Evidence:
        page = "medications.toml"
        if hit.product is None:
            table = "ingredients" if self._ingredients[hit.of[0]].roles else "others"
            return Evidence(page, f'[{table}."{hit.of[0]}"]', says)
        brand = hit.product.brand
        if " ".join(phrase_of(brand)) in self._products:
            return Evidence(page, f'[products."{brand}"]', says)
        if hit.product.register:
            return Evidence("brands.tsv", f"brand {brand}", says, hit.product.register)
        return Evidence("rxnorm.tsv", f"brand {brand}", says)

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


def _strengths_of(row: _Row) -> list[tuple[str, Strength]]:
    """The strengths in one row of a code table."""
    told = []
    for part in filter(None, row[2].split("; ")):
        name, _, amount = part.partition("=")
        mg, _, per = amount.partition("/")
        told.append((name, Strength(Decimal(mg), per or "unit")))
    return told


def _product(found: _Product | str) -> _Product | None:
    return found if isinstance(found, _Product) else None


def _words_for(part: tuple[Codings, str | None, Strength | None]) -> str:
    codings, text, _ = part
    return " ".join(filter(None, (text, *(display for _, _, display in codings))))


def _called(found: _Product | str) -> str:
    return found.brand if isinstance(found, _Product) else found


def _made_of(found: _Product | str) -> tuple[str, ...]:
    return found.of if isinstance(found, _Product) else (found,)


class _Dangers(dict[str, int]):
    """How dangerous each ingredient is to overlook; one we do not know is not dangerous."""

    def __missing__(self, name: str) -> int:
        return 0


def _danger(roles: frozenset[Role]) -> int:
    """How much harm it does to overlook a role: opioid, naltrexone, another antagonist, any other, none."""
    antagonists = {Role.NALOXONE, Role.OTHER_ANTAGONIST, Role.PERIPHERAL_ANTAGONIST}
    ranks = (set(Role), antagonists, {Role.NALTREXONE}, {Role.OPIOID})
    return max((rank for rank, of in enumerate(ranks, start=1) if roles & of), default=0)


def _is_the_same_brand(told: _Told, said: _Told) -> bool:
    """Whether codes and words agree on the brand; what it is made of has changed over the years for some."""
    return bool(told.brand and said.brand) and phrase_of(told.brand or "") == phrase_of(said.brand or "")


def _filled(told: _Told, said: _Told) -> _Told:
    """What is told, with gaps filled from what else is said about the same medicine."""
    strengths = {**said.strengths, **told.strengths} if said.strengths else told.strengths
    opens = told.form is Form.UNKNOWN
    kind = told.opioid_kind
    if kind is None and (opens or told.product is None) and said.opioid_kind and said.product:
        kind = said.opioid_kind if told.certainty is not Certainty.PRODUCT_CODE or opens else None
    return told._replace(
        form=said.form if opens else told.form,
        release=said.release if told.release is Release.UNKNOWN else told.release,
        strengths=strengths,
        product=told.product or said.product,
        brand=told.brand or said.brand,
        opioid_kind=kind,
        is_marketed=told.is_marketed or said.is_marketed,
    )


def _assigned(hits: Sequence[_Hit], amounts: Sequence[Amount], offset: int) -> dict[str, Strength]:
    """Which amount belongs to which ingredient.

    An amount belongs to the names that stand before it, back to the amount before; one at the very beginning belongs to
    the name that follows. Several joined amounts ("5-325") are shared out in order, if there are as many names.
    """
    strengths: dict[str, Strength] = {}
    waiting: Amount | None = None
    since = 0
    for amount in amounts:
        begins, ends = amount.begins + offset, amount.ends + offset
        before = [hit for hit in hits if since <= hit.begins and hit.ends <= begins]
        since = ends
        if amount.per is None:
            continue
        if not before:
            waiting = waiting or (amount if not strengths and hits[0].begins >= ends else None)
            continue
        names = list(dict.fromkeys(name for hit in before for name in hit.of))
        of = next((hit.of for hit in before if len(hit.of) == len(names)), tuple(names))
        if len(amount.values) == 1 and len(of) > 1 and before[-1].product:
            of = before[-1].of[:1]  # "Suboxone 8 mg" tells the first of its two
        if len(of) == len(amount.values):
            for name, mg in zip(of, amount.values, strict=True):
                strengths.setdefault(name, Strength(_tidy(mg), amount.per))
    if waiting and not strengths and len(waiting.values) == len(hits[0].of):
        strengths = {
            name: Strength(_tidy(mg), waiting.per or "unit")
            for name, mg in zip(hits[0].of, waiting.values, strict=True)
        }
    return strengths


def _tidy(mg: Decimal) -> Decimal:
    """An amount without the zeros that arithmetic leaves behind."""
    mg = round(mg, _DECIMALS)
    return mg.quantize(Decimal(1)) if mg == mg.to_integral_value() else mg.normalize()


def _agreed(told: Iterable[_T], otherwise: _T) -> _T:
    """What all say who say anything."""
    said = {value for value in told if value is not otherwise}
    return said.pop() if len(said) == 1 else otherwise


def _most_cautious(kinds: Iterable[OpioidKind | None]) -> OpioidKind | None:
    """The kind with the longest washout."""
    return min((kind for kind in kinds if kind), key=_CAUTIOUS_FIRST.index, default=None)


def _system_of(system: str | None) -> str | None:
    """The code system of medicines meant: clients write https, a closing slash, a bare identifier, or an edition."""
    plain = _plain(system)
    return "SNOMED CT" if plain.startswith(_SNOMED_EDITIONS) else _SYSTEMS.get(plain)


def _plain(system: str | None) -> str:
    """The name of a code system in the one spelling our tables use."""
    return (system or "").strip().casefold().removeprefix("urn:oid:").rstrip("/").replace("https://", "http://", 1)


def _eleven_digits(code: str) -> tuple[str, ...]:
    """The eleven-digit forms an NDC may stand for; ten digits without hyphens leave three."""
    parts = code.split("-")
    if len(parts) == 3 and all(part.isdigit() for part in parts):
        return (f"{parts[0]:0>5}{parts[1]:0>4}{parts[2]:0>2}",)
    digits = "".join(parts)
    if len(digits) == 10 and digits.isdigit():
        return (f"0{digits}", f"{digits[:5]}0{digits[5:]}", f"{digits[:9]}0{digits[9:]}")
    return (digits,)


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


def _read_ingredients(page: Mapping[str, Any]) -> dict[str, _Ingredient]:
    """All ingredients in the order in which a combination names them."""
    ingredients = {}
    for order, (name, facts) in enumerate(page["ingredients"].items()):
        marketed = facts.get("marketed", {})
        ingredients[name] = _Ingredient(
            name=name,
            order=order,
            roles=frozenset(map(Role, facts["roles"])),
            opioid_kind=OpioidKind(facts["opioid_kind"]) if "opioid_kind" in facts else None,
            keeps_kind=facts.get("keeps_kind", False),
            kind_by_form={Form(form): OpioidKind(kind) for form, kind in facts.get("kind_by_form", {}).items()},
            kind_by_concentration=_kinds_by_amount(facts.get("kind_by_concentration", {})),
            kind_by_word={word: OpioidKind(kind) for word, kind in facts.get("kind_by_word", {}).items()},
            injection_is_depot=facts.get("injection_is_depot", False),
            extended_injection_is_depot=facts.get("extended_injection_is_depot", False),
            not_as=frozenset(map(Form, facts.get("not_as", ()))),
            marketed_form=Form(marketed["form"]) if marketed else None,
            marketed_mg=frozenset(map(Decimal, marketed.get("mg", ()))),
        )
    for name in page["others"]["names"]:
        ingredients.setdefault(name, _Ingredient(name, len(ingredients)))
    return ingredients


def _read_products(page: Mapping[str, Any]) -> dict[str, _Product]:
    """Every product by every spelling of its name; a sister brand keeps its own name."""
    products = {}
    for name, facts in page["products"].items():
        product = _read_product(name, facts)
        for spelling in (name, *facts.get("also", ())):
            products[" ".join(phrase_of(spelling))] = product
        for sister in facts.get("sisters", ()):
            products[" ".join(phrase_of(sister))] = replace(product, brand=sister)
    return products


def _read_product(name: str, facts: Mapping[str, Any]) -> _Product:
    return _Product(
        brand=name,
        of=tuple(facts["of"]),
        form=Form(facts.get("form", "unknown")),
        release=Release(facts.get("release", "unknown")),
        opioid_kind=OpioidKind(facts["opioid_kind"]) if "opioid_kind" in facts else None,
        kind_by_mg=_kinds_by_amount(facts.get("kind_by_mg", {})),
        kind_by_word={word: OpioidKind(kind) for word, kind in facts.get("kind_by_word", {}).items()},
        roles=frozenset(map(Role, facts["roles"])) if "roles" in facts else None,
        is_marketed=facts.get("marketed", True),
        needs=frozenset(facts.get("alone_needs", ())),
        unless=frozenset(facts.get("alone_unless", ())),
        dose_to=Decimal(facts["alone_dose_to"]) if "alone_dose_to" in facts else None,
    )


def _read_brand(line: str) -> _Product:
    """One line of ``brands.tsv``."""
    brand, ingredients, form, release, kind, _, register = line.split("\t")
    return _Product(
        brand=brand,
        of=tuple(ingredients.split("; ")),
        form=Form(form or "unknown"),
        release=Release(release or "unknown"),
        opioid_kind=OpioidKind(kind) if kind else None,
        register=register,
    )


def _kinds_by_amount(told: Mapping[str, str]) -> dict[Decimal, OpioidKind]:
    return {Decimal(amount): OpioidKind(kind) for amount, kind in told.items()}


def _read_rxnorm(path: Path) -> dict[str, str]:
    """The lines of ``rxnorm.tsv`` by code. A line is taken apart when its code is asked for: few ever are."""
    lines = (line.partition("\t") for line in path.read_text("utf-8").splitlines()[1:])
    return {code: cells for code, _, cells in lines}


def _read_by_system(path: Path) -> dict[str, dict[str, str]]:
    """The lines of a table by code system and code."""
    systems: dict[str, dict[str, str]] = {}
    for line in path.read_text("utf-8").splitlines()[1:]:
        system, code, cells = line.split("\t", 2)
        systems.setdefault(system, {})[code] = cells
    return systems


def _row_of(cells: str) -> _Row:
    """One line of a code table, without its code and source."""
    return tuple(cells.split("\t")[:7])


def _brands_of(lines: Iterable[str]) -> list[tuple[tuple[str, ...], _Product]]:
    """The brands the code table knows, each with what all its products share.

    One brand may have been several products over the years; then the one with most codes is meant, and form or release
    stay open where its products differ.
    """
    compositions: dict[str, dict[str, int]] = {}
    makes: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for line in lines:
        _, ingredients, _, form, release, brand, _, _ = line.split("\t")
        if brand:
            counts = compositions.setdefault(brand, {})
            counts[ingredients] = counts.get(ingredients, 0) + 1
            if form:
                makes.setdefault((brand, ingredients), set()).add((form, release))
    found = []
    for brand, counts in compositions.items():
        ingredients = max(counts, key=lambda told: counts[told])
        shared = makes.get((brand, ingredients), set())
        form = _agreed((Form(form) for form, _ in shared), Form.UNKNOWN)
        release = _agreed((Release(release) for _, release in shared if release), Release.UNKNOWN)
        found.append((phrase_of(brand), _Product(brand, tuple(ingredients.split("; ")), form, release)))
    return found
