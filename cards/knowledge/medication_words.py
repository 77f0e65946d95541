"""Reading the words that name a medicine: names, strengths, dose forms.

The reader works on whole words. ``methylnaltrexone`` is one word and so never naltrexone; ``methyl-naltrexone`` is
joined before either half is looked up. Time grows with the length of the text and with nothing else, so a text of a
hundred thousand letters is no weapon.

>>> words_of("oxyCODONE-Acetaminophen 5 mg-325mg")
['oxycodone', '-', 'acetaminophen', '5', 'mg', '-', '325', 'mg']
>>> [str(amount.values[0]) for amount in amounts_in(words_of("10 mg/5 mL"))]
['2']
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from cards.drugs import Form, Release


def _these(words: str) -> frozenset[str]:
    """A set of words, written in a line."""
    return frozenset(words.split())


# Letters without digits, numbers with their separators, a bare decimal ".5" or ",5", or one other sign. No branch can
# begin where another has failed half-way, so nothing is ever read twice.
_WORD = re.compile(r"[^\W\d_]+|\d+(?:[.,]\d+)*|[.]\d+|(?<!\S),\d+|[^\s\w]|_")
# Signs that stand inside a word without meaning: registered, trade and service marks, soft hyphen, zero-width signs.
_REPLACED = {
    "\u2019": "'",
    **dict.fromkeys("\u00ae\u2122\u2120\u00a9\u00ad\u200b\u200c\u200d\u2060\ufeff", ""),
    # Dashes and minus signs, also those that only their plain form shows to be one (raised, lowered, small, upright).
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\u207b\u208b\ufe58\ufe31\ufe32", "-"),
}
_FEW_SIGNS = 8

_MILLIGRAMS = {
    **dict.fromkeys(("mg", "mgs", "milligram", "milligrams", "milligramme", "milligrammes", "мг"), Decimal(1)),
    **dict.fromkeys(
        (
            "mcg",
            "mcgs",
            "ug",
            "\u03bcg",
            "microgram",
            "micrograms",
            "microgrammes",
            "microg",
            "mikrogramm",
            "microgramos",
            "microgrammi",
            "microgramas",
            "мкг",
        ),
        Decimal("0.001"),
    ),
    **dict.fromkeys(("g", "gm", "gram", "grams"), Decimal(1000)),
}
_PER = {
    **dict.fromkeys(("ml", "mls", "milliliter", "milliliters", "millilitre", "millilitres", "cc", "мл"), "mL"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "hora", "ora", "heure", "stunde", "std", "час", "ч"), "h"),
    **dict.fromkeys(
        ("tab", "tablet", "cap", "capsule", "actuat", "actuation", "spray", "dose", "patch", "film"), "unit"
    ),
}
# A number with more digits than this is an identifier.
_LONGEST_NUMBER = 12

# The first that occurs decides: a suspension for injection is an injection.
_FORMS: tuple[tuple[Form, frozenset[str]], ...] = (
    (Form.IMPLANT, frozenset({"implant", "implants", "pellet", "pellets"})),
    (
        Form.PATCH,
        _these(
            "patch patches transdermal td ptch pt72 ptwk ptmk parche parches pflaster matrixpflaster cerotto cerotti adesivo"
            " transdermico transdermique plaster plastre depotplaster depotplastre depotlaastari laastari pleister pleisters"
            " пластырь пластыря"
        ),
    ),
    (
        Form.INJECTION,
        _these(
            "injection injections inj injectable subq subcut subcutaneous subcutaneously intramuscular intravenous"
            " syringe syringes vial vials ampoule ampul ampule cartridge autoinjector injector pca infusion intrathecal"
            " epidural drip ampulle ampullen ampolla ampollas fiala fiale inyeccion iniezione injektion injektionslosung"
            " injeksjon injeksjonsv\u00e6ske injektionsv\u00e6ske injektionsvatska injektioneste injectievloeistof infusjon"
            " раствор"
        ),
    ),
    (Form.NASAL, _these("nasal intranasal nostril nares nesespray nasenspray neusspray nenasumute")),
    (
        Form.RECTAL,
        _these(
            "rectal rectally suppository suppositories supp suppos supprettes stikkpille stikkpiller stolpiller zetpil"
            " zetpillen zapfchen supposta supposte supositorio supositorios suppositoire suppositoires perapuikko"
        ),
    ),
    (Form.FILM, _these("film films strip strips sublingvalfilm schmelzfilm")),
    (Form.LOZENGE, _these("lozenge lozenges troche troches lollipop lpop loz")),
    (
        Form.TABLET,
        _these(
            "tablet tablets tab tabs tb tbec tabl caplet caplets odt comprimido comprimidos comprime comprimes compressa"
            " compresse tablette tabletten tablett tabletter tabletti tabletit filmtablette filmtabletten retardtablette"
            " retardtabletten sublingualtablette sublingualtabletten brausetablette brausetabletten bruistablet"
            " bruistabletten depottablet depottablett depottabletten depottabletter depottabletti brusetablett"
            " brusetabletter brustablett brustabletter brustabl sublingvaltablett sublingvaltabletter resoriblett"
            " resoribletter smeltetablett smeltetabletter lyofilisattablett"
            " таблетка таблетки таблеток табл δισκιο δισκια"
        ),
    ),
    (
        Form.CAPSULE,
        _these(
            "capsule capsules cap caps gelcap gelcaps softgel softgels kapsel kapseln kapsler kapslar kapseli retardkapsel"
            " retardkapseln depotkapsel depotkapsler depotkapslar depotkapseli gelule gelules capsula capsulas"
            " капсула капсулы капсул капс καψακιο καψακια"
        ),
    ),
    (Form.TOPICAL, _these("cream ointment oint gel lotion topical ophthalmic ophth eye emulsion")),
    # A route, or the schedule of a controlled drug ("C-IV"): it decides only where no solid form is named.
    (Form.INJECTION, frozenset({"im", "iv", "sc"})),
    (
        Form.LIQUID,
        _these(
            "solution soln sol liquid liqd suspension susp syrup syrp syr elixir elix drops linctus concentrate conc"
            " tincture tinct mixture solr tropfen sirup sirop jarabe gotas gocce gouttes losung"
            " solucion soluzione sospensione mikstur draper draber droppar druppels drank liuos tipat сироп капли σιροπι"
        ),
    ),
    (Form.POWDER, frozenset({"powder", "powd", "bulk"})),
)
_FORM_OF = {word: rank for rank, (_, words) in enumerate(_FORMS) for word in words}
_SLOW = _these(
    "er xr xl sr cr la mr lp rp ret prol depot depottabl tbcr cpcr prolonged sustained retard retardtabl retardkps contin"
    " continus retardtablette retardtabletten retardkapsel retardkapseln prolongada prolongado prolungato prolungata"
    " prolongee depottablet depottablett depottabletten depottabletter depottabletti depotkapsel depotkapsler depotkapslar"
    " depotkapseli"
)
_SLOW_BEFORE_RELEASE = frozenset({"extended", "extend", "ext", "controlled", "modified", "slow", "long"})
_AT_ONCE_BEFORE_RELEASE = frozenset({"immediate", "immed", "conventional", "instant"})
_RELEASE = frozenset({"release", "rel", "rls", "acting", "releasing"})
_HOURS = frozenset({"hr", "hrs", "hour", "h"})
_SLOW_HOURS = frozenset({"12", "24"})
_TELLS_RELEASE = _SLOW | _SLOW_BEFORE_RELEASE | _AT_ONCE_BEFORE_RELEASE | _SLOW_HOURS | {"pr", "ir"}
# "every 12 hours" says when to take it, not how it is made.
_INTERVAL = frozenset({"every", "q", "each", "x", "for", "within", "in", "after"})

_DENIES = _these(
    "no not without non never declines declined declining decline refuses refused refusing avoid avoids avoiding denies"
    " denied allergic allergy allergies intolerant intolerance intolerances sensitivity hypersensitivity reaction"
    " reactions contraindicated adr adrs fhx sin sans ohne kein keine senza alergia allergia allergie alergico allergico"
    " нет не без аллергия аллергии αλλεργια οχι χωρις"
)
_BETWEEN_DENIAL_AND_NAME = _these(
    "to any more further of the on with or be been taking take taken took use using used tried give given giving combine"
    " combined other all prior previous known current currently include includes including incl opioid opioids a al alla"
    " на к στην σε"
)
_DENIES_AFTER = _these(
    "free allergy allergies allergic intolerance intolerant declined refused contraindicated naive metabolite metabolites"
    " level levels screen screening"
)
# What somebody else takes: "family history of heroin use", "mother takes oxycodone". A relative needs a verb, for
# "his mother's oxycodone" was taken by him.
_KIN = _these(
    "mother father mom dad brother sister son daughter husband wife spouse partner parent parents sibling siblings"
    " grandmother grandfather uncle aunt roommate"
)
_KIN_DOES = _these("takes took taking on is was were uses used using has had died overdosed abused abuses prescribed")
_FAMILY = _KIN | {"family"}
_SAYS_NO = _DENIES | _DENIES_AFTER | _FAMILY
_HISTORY = frozenset({"history", "hx"})
_OF_FAMILY = 8
# Between a denial and a name stand no more words than this; a text that is nothing else would be read again and again.
_LONGEST_DENIAL = 64
_JOINS = frozenset({"or", "nor", "and"})
_ENDS = frozenset({";", ".", ")", "]", "|", "("})
_STOPS = frozenset({";", ".", "|"})


def words_of(text: str) -> list[str]:
    """The words, numbers and signs of a text, without case, accents and marks."""
    if text.isascii():
        return _WORD.findall(text.lower())
    for sign in _REPLACED.keys() & set(text):
        text = text.replace(sign, _REPLACED[sign])
    plain = unicodedata.normalize("NFKD", text)
    signs = {sign: _plain_sign(sign) for sign in set(plain) if not (sign.isascii() or sign.isalnum() or sign.isspace())}
    if len(signs) > _FEW_SIGNS:
        plain = plain.translate({ord(sign): instead for sign, instead in signs.items()})
    else:  # quicker than looking at every letter
        for sign, instead in signs.items():
            plain = plain.replace(sign, instead)
    return _WORD.findall(plain.casefold())


def _plain_sign(sign: str) -> str:
    """Nothing for the mark over a letter; for any other sign beyond ASCII one that means as little."""
    return "" if unicodedata.combining(sign) else "~"


def phrase_of(name: str) -> tuple[str, ...]:
    """A name as the words that must follow one another; signs between them do not matter, but ``#`` does."""
    return tuple(word for word in words_of(name) if is_word(word))


def is_word(word: str) -> bool:
    """Whether this is a word or number rather than a sign."""
    return word[-1].isalnum() or word == "#"


class Amount(NamedTuple):
    """One strength as written, or several joined by a hyphen or slash, in milligrams.

    ``per`` is what one amount is contained in; ``None`` when the text relates it to something that makes no strength,
    such as a day. ``begins`` and ``ends`` are places in the list of words.
    """

    values: tuple[Decimal, ...]
    per: str | None
    begins: int
    ends: int


def amounts_in(words: Sequence[str]) -> list[Amount]:
    """Every strength in a text, in order.

    ``5-325`` counts as two amounts in milligrams although it names no unit; a single number without a unit is none.
    """
    found = []
    place, end = 0, len(words)
    while place < end:
        if not words[place][-1].isdigit():
            place += 1
            continue
        amount, place = _amount_at(words, place)
        if amount:
            found.append(amount)
    return found


def form_in(words: Iterable[str]) -> Form:
    """The dose form a text speaks of."""
    ranks = [rank for word in words if (rank := _FORM_OF.get(word)) is not None]
    return _FORMS[min(ranks)][0] if ranks else Form.UNKNOWN


def release_in(words: Sequence[str], form: Form) -> Release:
    """Whether a text says that the form releases slowly or at once."""
    slow = immediate = False
    last = len(words) - 1
    for place, word in enumerate(words):
        if word not in _TELLS_RELEASE:
            continue
        after = words[place + 1] if place < last else ""
        if after == "-" and place + 1 < last:
            after = words[place + 2]
        if word in _SLOW or (word in _SLOW_BEFORE_RELEASE and after in _RELEASE):
            slow = True
        elif word in _SLOW_HOURS and after in _HOURS:
            slow |= place == 0 or words[place - 1] not in _INTERVAL
        elif word == "pr":  # prolonged release on a British tablet; by rectum elsewhere
            slow |= form in (Form.TABLET, Form.CAPSULE)
        elif word == "ir" or (word in _AT_ONCE_BEFORE_RELEASE and after in _RELEASE):
            immediate = True
    if slow:
        return Release.EXTENDED
    return Release.IMMEDIATE if immediate else Release.UNKNOWN


def may_deny(spoken: Sequence[str]) -> bool:
    """Whether any of these words can deny a name, or tell that it is somebody else's; most lines have none."""
    return not _SAYS_NO.isdisjoint(spoken)


def denied(words: Sequence[str], kept: Sequence[int], spoken: Sequence[str], first: int, last: int) -> bool:
    """Whether a name is mentioned as something the patient is not to have.

    ``spoken`` are the words without signs, ``kept`` tells where in ``words`` they stand; ``first`` and ``last`` are
    places in both. A full stop or a bracket ends what a denial reaches: "No. 12; morphine" denies nothing.
    """
    before = first - 1
    lowest = max(-1, before - _LONGEST_DENIAL)
    while before > lowest and spoken[before] in _BETWEEN_DENIAL_AND_NAME:
        before -= 1
    if before >= 0 and spoken[before] in _DENIES:
        return _ENDS.isdisjoint(words[kept[before] : kept[first]])
    after = last + 1
    if after < len(spoken) and spoken[after] in _DENIES_AFTER and _STOPS.isdisjoint(words[kept[last] : kept[after]]):
        return True
    nearby = spoken[max(0, first - _OF_FAMILY) : first]
    return not _FAMILY.isdisjoint(nearby) and _is_of_family(words, kept, nearby, first)


def _is_of_family(words: Sequence[str], kept: Sequence[int], before: Sequence[str], first: int) -> bool:
    """Whether somebody else is said to take what is named after these words; a full stop ends what that reaches."""
    for place in range(len(before) - 2, -1, -1):
        word, then = before[place], before[place + 1]
        if (word == "family" and then in _HISTORY) or (word in _KIN and then in _KIN_DOES):
            return _STOPS.isdisjoint(words[kept[first - len(before) + place] : kept[first]])
    return False


def continues_list(between: Sequence[str]) -> bool:
    """Whether these words only join one name to the next, as in "no codeine, morphine or tramadol"."""
    return all(word in _JOINS or (not is_word(word) and word not in _ENDS) for word in between)


def differs_by_one_edit(told: str, meant: str) -> bool:
    """Whether one letter was left out, added or changed, or two changed places.

    >>> differs_by_one_edit("fentynal", "fentanyl"), differs_by_one_edit("fentynel", "fentanyl")
    (True, False)
    """
    if abs(len(told) - len(meant)) > 1 or told == meant:
        return False
    if len(told) == len(meant):
        differ = [(one, other) for one, other in zip(told, meant, strict=True) if one != other]
        return len(differ) == 1 or (len(differ) == 2 and differ[0] == differ[1][::-1])
    start = 0
    while start < min(len(told), len(meant)) and told[start] == meant[start]:
        start += 1
    rest, other = told[start:], meant[start:]
    return rest[1:] == other or rest == other[1:]


def _amount_at(words: Sequence[str], begins: int) -> tuple[Amount | None, int]:
    """The amount that begins here, and where to read on."""
    told: list[tuple[Decimal, Decimal | None]] = []
    place, end = begins, len(words)
    while True:
        number = number_in(words[place])
        if number is None:
            break
        place += 1
        unit = _MILLIGRAMS.get(words[place]) if place < end else None
        if unit is None and place + 1 < end and words[place] == "-":  # "naltrexone-4.5-mg"
            unit = _MILLIGRAMS.get(words[place + 1])
            place += unit is not None
        place += unit is not None
        told.append((number, unit))
        if not (place + 1 < end and words[place] in ("-", "/") and number_in(words[place + 1]) is not None):
            break
        if words[place] == "/" and place + 2 < end and words[place + 2] in _PER:
            break  # "10 mg/5 mL": what follows is what it is dissolved in
        place += 1
    if not told:
        return None, begins + 1
    per: str | None = "unit"
    share = Decimal(1)
    if place + 1 < end and words[place] in ("/", "per") and any(unit for _, unit in told):
        unit_at = place + 1
        number = number_in(words[unit_at])
        if number is not None and unit_at + 1 < end:
            share, unit_at = number, unit_at + 1
        if words[unit_at] in _PER or number is not None or words[unit_at] in ("day", "kg", "d", "week", "m"):
            per = _PER.get(words[unit_at])
            place = unit_at + 1
    factor = next((unit for _, unit in reversed(told) if unit), None)
    if (factor is None and len(told) == 1) or share <= 0:
        return None, max(place, begins + 1)
    values = tuple(number * (unit or factor or Decimal(1)) / share for number, unit in told)
    return Amount(values, per, begins, place), max(place, begins + 1)


def number_in(word: str) -> Decimal | None:
    """A number with decimal point or decimal comma; a comma before three digits separates thousands."""
    if not word[-1:].isdigit() or len(word) > _LONGEST_NUMBER or not word.isascii():
        return None
    whole, comma, rest = word.rpartition(",")
    if comma:
        separates_thousands = "." in rest or (len(rest) == 3 and not whole.startswith("0"))
        word = word.replace(",", "") if separates_thousands else f"{whole.replace(',', '')}.{rest}"
    if word.count(".") > 1:
        return None
    return Decimal(word)
