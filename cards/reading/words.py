"""The vocabulary of sigs: how a text is cut into words, numbers and marks, and what single words mean.

English, with the usual Latin abbreviations. What several words mean together is for ``sigs`` to say.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from cards.dosing import TimeOfDay
from cards.reading.amounts import divide


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


NUMBER, WORD, MARK = 0, 1, 2

# Every alternative is a run of characters or a short fixed shape, so that cutting takes time in step with the length.
_TOKEN = re.compile(
    r"""
      ( [1-9][0-9]{0,2} (?:,[0-9]{3})+ (?:\.[0-9]+)? (?![0-9])    # 1,500
      | [0-9]+ (?:[.,][0-9]+)?                                    # 4.5 and 4,5
      | (?<![0-9a-zA-Z]) \.[0-9]+ )                               # .5
    | ( [½¼¾⅓⅔⅛] )                                                # before words: to re they are letters
    | ( (?<![a-zA-Z]) (?:[a-zA-Z]\.)+ [a-zA-Z] (?![a-zA-Z]) \.?   # q.h.s.
      | [^\W\d_½¼¾⅓⅔⅛]+ )
    | -> | => | [→()\[\]:;,./=+&%\#–—×*-] | \n
    """,
    re.VERBOSE,
)
_THIRD = divide(Decimal(1), Decimal(3))
VULGAR = {
    "½": Decimal("0.5"),
    "¼": Decimal("0.25"),
    "¾": Decimal("0.75"),
    "⅓": _THIRD,
    "⅔": divide(Decimal(2), Decimal(3)),
    "⅛": Decimal("0.125"),
}


class Token(NamedTuple):
    """A piece of text; ``text`` is in lower case, ``value`` that of a number, the rest its place."""

    kind: int
    text: str
    value: Decimal | None
    start: int
    end: int


END = Token(MARK, "", None, 0, 0)
# Readers look a few tokens ahead; with as many at the end they need not ask whether there are any.
_AHEAD = [END] * 8


def tokens_of(text: str) -> list[Token]:
    """Cut a text into tokens, with some empty ones behind them; what is neither word, number nor mark is left out.

    >>> [token.text for token in tokens_of("Take .5mg q.h.s. x14d") if token.text]
    ['take', '.5', 'mg', 'qhs', 'x', '14', 'd']
    """
    found = []
    for match in _TOKEN.finditer(text):
        which, raw = match.lastindex, match[0]
        if which == 3:
            word = raw.lower()
            found.append(Token(WORD, word.replace(".", "") if "." in word else word, None, match.start(), match.end()))
        elif which == 1:
            found.append(Token(NUMBER, raw, decimal_of(raw), match.start(), match.end()))
        elif which == 2:
            found.append(Token(NUMBER, raw, VULGAR[raw], match.start(), match.end()))
        else:
            found.append(Token(MARK, raw, None, match.start(), match.end()))
    return found + _AHEAD


@lru_cache(maxsize=512)
def decimal_of(raw: str) -> Decimal | None:
    """Give the value of digits; a comma groups thousands where three digits follow it, and else marks the decimals.

    >>> decimal_of("1,5"), decimal_of("1,500"), decimal_of("0,125"), decimal_of(".5"), decimal_of("9" * 40)
    (Decimal('1.5'), Decimal('1500'), Decimal('0.125'), Decimal('0.5'), None)
    """
    if len(raw) > 14:
        return None
    head, comma, tail = raw.partition(",")
    if comma:
        is_grouped = "," in tail or (len(tail.partition(".")[0]) == 3 and not head.startswith("0"))
        raw = raw.replace(",", "") if is_grouped else f"{head}.{tail}"
    return Decimal(raw)


def time_of_hour(hour: int) -> TimeOfDay:
    """Give the time of day of an hour: before 11 morning, from 17 evening, from 20 bedtime, else another time.

    >>> [time_of_hour(hour).name for hour in (10, 11, 16, 17, 19, 20)]
    ['MORNING', 'OTHER', 'OTHER', 'EVENING', 'EVENING', 'BEDTIME']
    """
    if hour < 3 or hour >= 20:
        return TimeOfDay.BEDTIME  # what is taken at half past midnight was meant for the night
    if hour < 11:
        return TimeOfDay.MORNING
    return TimeOfDay.OTHER if hour < 17 else TimeOfDay.EVENING


_ONE = Decimal(1)
NUMBER_WORDS = {
    **{
        word: Decimal(value)
        for value, word in enumerate(
            (
                *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
                *("thirteen", "fourteen", "fifteen"),
            ),
            start=1,
        )
    },
    "twenty": Decimal(20),
    "thirty": Decimal(30),
    "half": Decimal("0.5"),
    "quarter": Decimal("0.25"),
}
PARTS = {"half": Decimal("0.5"), "quarter": Decimal("0.25"), "quarters": Decimal("0.25"), "third": _THIRD}
ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6}
ONCE = {"once": _ONE, "twice": Decimal(2), "thrice": Decimal(3)}

# Days in what comes after "times a …".
PER = {
    **dict.fromkeys(("day", "d", "night", "evening", "morning", "bedtime"), _ONE),
    **dict.fromkeys(("week", "wk"), Decimal(7)),
    **dict.fromkeys(("month", "mo"), Decimal(30)),
    "hour": divide(_ONE, Decimal(24)),
}

_BEDTIME, _EVENING, _MORNING, _OTHER = TimeOfDay.BEDTIME, TimeOfDay.EVENING, TimeOfDay.MORNING, TimeOfDay.OTHER

# Frequencies that are one word, with the time of day they carry.
FREQUENCIES: dict[str, tuple[Decimal, TimeOfDay | None]] = {
    **dict.fromkeys(("daily", "qd", "od", "everyday"), (_ONE, None)),
    **dict.fromkeys(("nightly", "qhs", "qnight", "qbedtime"), (_ONE, _BEDTIME)),
    **dict.fromkeys(("qam", "qmorning"), (_ONE, _MORNING)),
    **dict.fromkeys(("qpm", "qevening"), (_ONE, _EVENING)),
    "bid": (Decimal(2), None),
    "tid": (Decimal(3), None),
    "qid": (Decimal(4), None),
    "qod": (Decimal("0.5"), None),
    "hourly": (Decimal(24), None),
    **dict.fromkeys(("weekly", "qw", "qwk", "qweek"), (divide(_ONE, Decimal(7)), None)),
    "fortnightly": (divide(_ONE, Decimal(14)), None),
    **dict.fromkeys(("monthly", "qmonth"), (divide(_ONE, Decimal(30)), None)),
}
# Words that are a time of day whatever stands around them.
TIMES: dict[str, TimeOfDay] = {
    **dict.fromkeys(("bedtime", "hs", "nocte", "bed"), _BEDTIME),
    **dict.fromkeys(("evening", "evenings", "dinner", "supper", "eve"), _EVENING),
    **dict.fromkeys(("morning", "mornings", "breakfast", "mane", "wakening", "awakening", "waking"), _MORNING),
    **dict.fromkeys(("noon", "midday", "lunch", "lunchtime", "afternoon", "meal", "meals", "food"), _OTHER),
}
# The same behind "every" and "each".
EVERY_TIMES: dict[str, TimeOfDay] = {
    **TIMES,
    **dict.fromkeys(("night", "nights"), _BEDTIME),
    "am": _MORNING,
    "pm": _EVENING,
}
MEALS = _set("meal meals food")  # "with meals" says when, not how often
WEEKDAYS = {
    word: place
    for place, words in enumerate(
        (
            ("monday", "mondays", "mon"),
            ("tuesday", "tuesdays", "tue", "tues"),
            ("wednesday", "wednesdays", "wed"),
            ("thursday", "thursdays", "thu", "thur", "thurs"),
            ("friday", "fridays", "fri"),
            ("saturday", "saturdays", "sat"),
            ("sunday", "sundays", "sun"),
        )
    )
    for word in words
}

BEFORE_NIGHT = _set("at every each per a the q in and other last or")
BEFORE_AM = {""} | _set(
    """
    in the every each q at and or , ; : / - + & ( tablet tablets tab tabs capsule capsules cap caps mg ml po mouth
    daily
    """
)
VERBS = _set(
    """
    take takes taking give given use swallow drink administer chew place put inject apply measure start begin
    continue resume
    """
)
LIMITS = _set("max maximum exceed exceeding limit")
SUPPLY = _set("disp dispense dispensed dispensing qty quantity refill refills supply")
DISSOLVE = _set("dissolve crush mix dilute suspend")
DISSOLVED = _set("dissolved crushed mixed diluted suspended")
SPLIT = _set("split cut break halve")
PAST = _set("previously previous prior formerly was were past history stopped discontinued failed tried instead")
CLIMBS = _set(
    """
    increase increases increasing titrate titrating titration raise uptitrate escalate advance decrease decreasing
    reduce reducing taper tapering lower wean
    """
)
TARGETS = _set("target goal")
THEN = _set("then thereafter followed afterwards afterward subsequently")
OPEN_ENDS = _set("+ onward onwards on thereafter forward")
BEYOND = _set("after beyond on onward onwards thereafter later up forward")
# Words that describe a product between its strength and the word for a piece.
DESCRIBING = _set(
    """
    oral orally po whole full naltrexone ldn hcl hydrochloride compounded immediate release ir er sr xr extended
    strength small slow sublingual sl dispersible film coated
    """
)
STRETCHES = _set("day days night nights week weeks month months d wk wks mo")
# Words that may stand before an amount without naming another medicine.
FILLERS = _set(
    """
    about again also approx approximately are at be been before after capsule beginning capsules continued current
    currently directed dosage dose doses dosing contains eg equals equal final finally for from full have hcl
    hydrochloride ie initial initially is it just keep low ldn maintenance medication mouth naltrexone needed new
    now of on onward onwards only oral orally order ordered patient please po prescribed remain rx sig should
    started starting stay strength tablet tablets than that the therapy this treatment up usual via water we when
    will with your
    """
)
