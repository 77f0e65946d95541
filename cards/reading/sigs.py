"""The words of a sig, or of a note beside it: what is taken, how much, how often, when and for how long.

Reads ``dosage.text``, ``patientInstruction``, ``timing.code.text`` and order notes of every FHIR version, in English
with the usual Latin abbreviations. A text is cut into tokens once and the tokens are walked once, so that the time
grows with the length and nothing backtracks. What is not understood is passed over; nothing raises.

Left unread on purpose: clauses that begin with "if" (apart from an increase they announce), quantities to dispense,
refills, limits ("no more than"), amounts per kilogram and per hour, and what was taken before.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from cards.dosing import TimeOfDay
from cards.reading import words
from cards.reading.amounts import ML, PIECE, Kind, Unit, days_in, divide, number, pace, unit_named, whole_days
from cards.reading.words import END, NUMBER, WORD, time_of_hour, tokens_of

_MOST_READ = 8_000  # characters; a prescription's sig has at most a thousand
_MOST_REMEMBERED = 1_000  # characters; longer texts are too rare to keep
_MOST_STEPS = 60
_ONE = Decimal(1)


class Amount(NamedTuple):
    """An amount in words: the number and unit as written, what it comes to, and the strength named beside it.

    Of a range ``value`` is the higher end and ``low`` the other. ``strength_mg`` is the strength of one piece.
    ``named`` is an unknown word right before the amount: perhaps the medicine it belongs to. ``is_implied`` marks a
    product's strength that was read as one piece of it.
    """

    value: Decimal
    unit: Unit
    strength_mg: Decimal | None = None
    low: Decimal | None = None
    named: str = ""
    is_daily_total: bool = False
    is_implied: bool = False

    @property
    def mg(self) -> Decimal | None:
        """Milligrams, where the words alone tell them."""
        if self.unit.kind is Kind.MASS:
            return self.value * self.unit.factor
        if self.unit.kind is Kind.PIECE and self.strength_mg is not None:
            return self.value * self.strength_mg
        return None


class Intake(NamedTuple):
    """One amount with its frequency and times; ``mass`` and ``counted``, where both are given, restate each other."""

    mass: Amount | None = None
    counted: Amount | None = None
    per_day: Decimal | None = None
    when: frozenset[TimeOfDay] = frozenset()


class SigStep(NamedTuple):
    """What is taken during one stretch of time; several intakes are taken on the same day."""

    intakes: tuple[Intake, ...]
    lasts_days: int | None = None
    as_needed: bool = False


class Climb(NamedTuple):
    """A dose that changes by ``by`` every ``every_days`` until it is ``to``, from a start that may stand elsewhere."""

    by: Amount
    to: Amount
    every_days: int | None


class Sig(NamedTuple):
    """All that was understood of a text.

    ``taken`` are the amounts of a single intake, ``totals`` those of a day. ``dissolved`` is what is dissolved at home,
    and ``dilution`` its pieces and the millilitres where the words do not tell the strength. ``begins_with_then``
    marks a text that goes on from another.
    """

    steps: tuple[SigStep, ...] = ()
    taken: tuple[Amount, ...] = ()
    totals: tuple[Amount, ...] = ()
    strength_mg: Decimal | None = None
    concentration: Decimal | None = None
    dilution: tuple[Decimal, Decimal] | None = None
    dissolved: Amount | None = None
    climb: Climb | None = None
    as_directed: bool = False
    zero_slip: str | None = None
    begins_with_then: bool = False


NOTHING_SAID = Sig()


def read_sig(text: object) -> Sig:
    """Read the words of a sig.

    Anything but text is an empty sig. Of an enormous text only the beginning is read.

    >>> intake = read_sig("4.5 mg at bedtime").steps[0].intakes[0]
    >>> intake.mass.mg, intake.per_day, [time.name for time in intake.when]
    (Decimal('4.5'), Decimal('1'), ['BEDTIME'])
    >>> [(step.intakes[0].mass.mg, step.lasts_days) for step in read_sig("1.5 mg x14 d, then 3 mg").steps]
    [(Decimal('1.5'), 14), (Decimal('3'), None)]
    >>> read_sig("dissolve one 50 mg tablet in 50 mL water, drink 1.5 mL").concentration
    Decimal('1')
    >>> read_sig("take .5 mg nightly").zero_slip, read_sig("4.0 mg capsule").zero_slip
    ('.5 mg', None)
    """
    if not isinstance(text, str) or not text or text.isspace():
        return NOTHING_SAID
    if len(text) <= _MOST_REMEMBERED:
        return _remembered(text)
    if len(text) > _MOST_READ:
        # A number cut in two would be another number.
        text = text[:_MOST_READ].rpartition(" ")[0]
    return _Reader(text).read()


@lru_cache(maxsize=2048)
def _remembered(text: str) -> Sig:
    return _Reader(text).read()


class _Sip:
    """An intake while it is read."""

    __slots__ = ("counted", "is_assumed", "is_equation", "mass", "parts", "per_day", "weekdays", "when")

    def __init__(self) -> None:
        self.mass: Amount | None = None
        self.counted: Amount | None = None
        self.per_day: Decimal | None = None
        self.is_assumed = False  # "9 mg/day" is once a day unless other words divide it
        self.is_equation = False  # "1 capsule = 1.5 mg", which may be a dose or only a strength
        self.when: set[TimeOfDay] = set()
        self.parts: set[str] = set()  # stretches of the day that count as an intake each
        self.weekdays: set[int] = set()

    @property
    def is_timed(self) -> bool:
        return self.per_day is not None or bool(self.when) or bool(self.weekdays)

    @property
    def is_empty(self) -> bool:
        return self.mass is None and self.counted is None

    @property
    def is_implied(self) -> bool:
        return self.mass is None and self.counted is not None and self.counted.is_implied

    def rate(self) -> Decimal | None:
        per_day = self.per_day
        if per_day is None:
            per_day = Decimal(len(self.parts)) if self.parts else None
        elif per_day >= 1:
            # "daily, in the morning and at bedtime" is twice; "twice daily, first at breakfast" stays twice.
            per_day = max(per_day, Decimal(len(self.parts)))
        if self.weekdays:
            return divide((per_day if per_day is not None and per_day >= 1 else _ONE) * len(self.weekdays), Decimal(7))
        return per_day

    def add(self, amount: Amount) -> None:
        if amount.unit.kind is Kind.MASS:
            self.mass = amount
        else:
            self.counted = amount

    def like(self, amount: Amount) -> Amount | None:
        """The amount of the same kind that is already here."""
        return self.mass if amount.unit.kind is Kind.MASS else self.counted

    def freeze(self) -> Intake:
        return Intake(self.mass, self.counted, self.rate(), frozenset(self.when))


class _Draft:
    """A step while it is read."""

    __slots__ = ("as_needed", "days", "intakes")

    def __init__(self) -> None:
        self.intakes: list[_Sip] = []
        self.days: int | None = None
        self.as_needed = False


class _Reader:
    """One walk over the tokens of a text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens_of(text)
        self.at = 0
        self.steps: list[_Draft] = [_Draft()]
        self.taken: list[Amount] = []
        self.totals: list[Amount] = []
        self.strength: Decimal | None = None
        self.concentration: Decimal | None = None
        self.dilution: tuple[Decimal, Decimal] | None = None
        self.solute: Amount | None = None
        self.as_directed = False
        self.zero_slip: str | None = None
        self.begins_with_then = False
        # What the words so far mean for the next amount:
        self.cue = ""  # limit, supply, past, total, split
        self.verb = False
        self.then = False
        self.linked = False  # a bracket or "=" behind an amount
        self.joined = False  # "and", "plus"
        self.either = False  # "or"
        self.conditional = False  # after "if"
        self.optional = False  # after "may"
        self.dissolving = False
        self.is_equation = False  # "1 capsule = 1.5 mg" has begun
        self.low: Decimal | None = None  # the lower end of the range being read
        # An increase:
        self.climbing = False
        self.has_by = self.has_to = False
        self.climb_by: Amount | None = None
        self.climb_to: Amount | None = None
        self.climb_every: int | None = None
        self.arrows = 0
        # What stands before the amount it belongs to:
        self.pending = _Sip()
        self.pending_days: int | None = None
        self.latest: _Sip | None = None  # the intake whose amount was just read

    # ---- the walk

    def read(self) -> Sig:
        tokens = self.tokens
        while (token := tokens[self.at]) is not END:
            if token.kind == WORD:
                act = _ACTS.get(token.text)
                if act is None or not act(self):
                    self.at += 1
            elif token.kind == NUMBER:
                if not self.on_number():
                    self.at += 1
            else:
                mark = _MARKS.get(token.text)
                if mark is not None:
                    mark(self)
                self.at += 1
        return self.finish()

    def peek(self, ahead: int = 1) -> str:
        """The text some tokens ahead, or back."""
        where = self.at + ahead
        return self.tokens[where].text if where >= 0 else ""

    @property
    def step(self) -> _Draft:
        return self.steps[-1]

    @property
    def sip(self) -> _Sip:
        """The intake that words about time belong to."""
        step = self.steps[-1]
        # After "then", and when a new sentence follows a step that has its length, they belong to what comes next.
        if not step.intakes or self.then or (self.verb and step.days is not None):
            return self.pending
        return step.intakes[-1]

    def has_amount(self) -> bool:
        return any(not sip.is_empty for sip in self.steps[0].intakes) or len(self.steps) > 1

    # ---- numbers

    def number_at(self, at: int) -> tuple[Decimal, int] | None:
        """A number in digits, words or fractions that begins at a token, and the token behind it."""
        tokens = self.tokens
        token = tokens[at]
        value = token.value if token.kind == NUMBER else words.NUMBER_WORDS.get(token.text)
        if value is None:
            part = words.PARTS.get(tokens[at + 1].text) if token.text in ("a", "an") else None
            return (part, at + 2) if part is not None else None
        if token.kind == NUMBER and (fraction := self.fraction_at(at)) is not None:
            return fraction
        at += 1
        mixed = self.mixed_at(value, at)
        if mixed is not None:
            return mixed
        # A number said twice, in digits and in words.
        if tokens[at].text == "(" and tokens[at + 2].text == ")":
            said = tokens[at + 1]
            if (said.value if said.kind == NUMBER else words.NUMBER_WORDS.get(said.text)) == value:
                at += 3
        return value, at

    def mixed_at(self, value: Decimal, at: int) -> tuple[Decimal, int] | None:
        """What a whole number becomes with a part behind it: "1 1/2", "one and a half", "three quarters"."""
        tokens = self.tokens
        if value < 1 or value != value.to_integral_value():
            return None
        joined = tokens[at].text in ("and", "&")
        behind = at + 1 if joined or tokens[at].text == "-" else at
        fraction = self.fraction_at(behind) if behind == at or joined else None
        if fraction is not None and fraction[0] < 1:
            return value + fraction[0], fraction[1]
        if joined and tokens[behind].text in ("a", "one"):
            behind += 1
        part = words.PARTS.get(tokens[behind].text)
        if part is None or (tokens[behind].text == "third" and not joined):
            return None
        return (value + part if joined else value * part), behind + 1

    def fraction_at(self, at: int) -> tuple[Decimal, int] | None:
        tokens = self.tokens
        token = tokens[at]
        if token.text in words.VULGAR:
            return words.VULGAR[token.text], at + 1
        if token.kind != NUMBER or tokens[at + 1].text != "/" or tokens[at + 2].kind != NUMBER:
            return None
        above, below = token.value, tokens[at + 2].value
        # "5/28/2019" is a date, "5/325 mg" two strengths.
        if above is None or below is None or not 0 < above < below <= 16 or tokens[at + 3].text == "/":
            return None
        return divide(above, below), at + 3

    def range_from(self, at: int) -> tuple[Decimal, int] | None:
        """The other end when a number goes on as a range: "-2", "to 2", "or 2"."""
        return self.number_at(at + 1) if self.tokens[at].text in ("-", "–", "—", "to", "or") else None

    def clock_at(self, value: Decimal, at: int) -> TimeOfDay | None:
        """A time of day in digits ("9 pm", "9:00 pm", "21:00", "at 0900"); moves on when it is one."""
        tokens = self.tokens
        text = tokens[at - 1].text
        if len(text) == 4 and text.isdigit() and self.peek(-1) == "at" and int(text) < 2400:
            self.at = at
            return time_of_hour(int(text) // 100)
        if value > 24 or value != value.to_integral_value():
            return None
        hour, end = int(value), at
        if tokens[end].text == ":" and tokens[end + 1].kind == NUMBER and len(tokens[end + 1].text) == 2:
            end += 2
        if tokens[end].text in ("am", "pm") and 1 <= hour <= 12:
            hour = hour % 12 + (12 if tokens[end].text == "pm" else 0)
            end += 1
        if end == at:
            return None
        self.at = end
        return time_of_hour(hour)

    def on_number(self) -> bool:
        """Read whatever begins with a number; whether anything was understood."""
        start, tokens = self.at, self.tokens
        read = self.number_at(start)
        before = tokens[start - 1] if start else END
        if read is None or (before.text == "e" and before.end == tokens[start].start):
            return False  # the exponent of "1e9"
        value, at = read
        clock = self.clock_at(value, at)
        if clock is not None:
            self.add_time(clock)
            return True
        self.low = None
        other = self.range_from(at)
        if other is not None:
            follows = tokens[other[1]].text
            if self.unit_at(other[1]) is not None or follows in words.STRETCHES or follows in ("times", "x"):
                if other[0] > 10 * value and self.piece_at(other[1] + 1) is not None:
                    # "5-325 mg tablet" is two strengths, and the words do not say whose.
                    self.at = other[1] + 1
                    return True
                self.low, value, at = min(value, other[0]), max(value, other[0]), other[1]
        if tokens[at].text in ("times", "time", "x") and self.times_per(value, at + 1):
            return True
        if tokens[at].text in ("more", "further", "additional", "consecutive"):
            at += 1
        return self.duration(value, at) or self.amount(value, at, start) or self.bare_count(value, at, start)

    def bare_count(self, value: Decimal, at: int, start: int) -> bool:
        """Read "take one at bedtime", "1 po qhs": pieces, although no word says so.

        Not "take 4.5 at bedtime", where the unit is missing, and not a number too large to swallow.
        """
        follows = self.tokens[at].text
        before = self.tokens[start - 1].text if start else ""
        leads = self.verb or not start or before in ("\n", ".", ";", ":") or before in words.VERBS
        is_count = value < 1 or (value <= 4 and value == value.to_integral_value())
        if not leads or not is_count or before == "#":
            return False
        if follows not in _BEHIND_A_COUNT and follows not in words.FREQUENCIES:
            return False
        self.at = at
        self.take(Amount(value, PIECE), start)
        return True

    def times_per(self, times: Decimal, at: int) -> bool:
        """Read "3 times a day", "2x/day", "3 times daily", "2 times per week"."""
        tokens = self.tokens
        while tokens[at].text in ("a", "per", "each", "every", "/", "in", "the"):
            at += 1
        word = tokens[at].text
        if word in words.FREQUENCIES:
            base, when = words.FREQUENCIES[word]
            if base > 1:
                return False
            times *= base
        elif word in words.PER:
            times = divide(times, words.PER[word])
            when = words.EVERY_TIMES.get(word)
        else:
            return False
        self.at = at + 1
        self.add_frequency(times)
        if when is not None:
            self.add_time(when, counts=False)
        return True

    # ---- how long

    def duration(self, value: Decimal, at: int) -> bool:
        """Read "14 d", "2 weeks", "14 nights": how long, or after which time."""
        tokens = self.tokens
        word = tokens[at].text
        if word not in words.STRETCHES:
            return False
        days = self.days_in(value, word)
        self.at = at + 1
        follows = tokens[at + 1].text
        if follows == "-":
            follows = tokens[at + 2].text
        # "30 day supply" and "2 days ago" are no stretch of treatment.
        if days and self.cue != "supply" and follows not in ("supply", "old", "ago", "prior", "before"):
            self.lasts(days)
        return True

    @staticmethod
    def days_in(value: Decimal, unit: str) -> int | None:
        days = days_in(value, unit)
        return whole_days(days) if days else None

    def lasts(self, days: int) -> None:
        step = self.step
        before = next((word for back in range(2, 7) if (word := self.peek(-back)) in _BEFORE_A_STRETCH), "")
        if before == "within" or (self.conditional and before != "after"):
            return
        if before in ("after", "in", "over"):
            # "after 2 weeks increase to 3 mg" and "increase to 3 mg after 2 weeks" both end the step before.
            if self.climbing and len(self.steps) > 1 and step.intakes and self.steps[-2].days is None:
                self.steps[-2].days = days
            elif step.days is None and step.intakes:
                step.days = days
                self.then = self.then or before == "after"
        elif not step.intakes or self.then:
            self.pending_days = days
        elif step.days is None:
            step.days = days

    def on_period(self) -> bool:
        """Read "week 1:", "weeks 3-4", "days 1-14", "day 15 onward", as a heading or behind its amount."""
        word, tokens = self.tokens[self.at].text, self.tokens
        low = self.whole_at(self.at + 1)
        before = self.peek(-1)
        if low is None or before in ("every", "each", "per", "a", "other") or before[:1].isdigit():
            return False
        at, high = self.at + 2, low
        if tokens[at].text in ("-", "–", "—", "to", "through", "and", "&", "thru", "until"):
            behind = at + 2 if tokens[at + 1].text in words.STRETCHES else at + 1
            last = self.whole_at(behind)
            if last is not None and last >= low and self.unit_at(behind + 1) is None:
                high, at = last, behind + 1
        is_open = tokens[at].text in words.OPEN_ENDS
        if is_open:
            at += 1
        elif tokens[at].text in ("and", "&") and tokens[at + 1].text in words.BEYOND:
            is_open, at = True, at + 2
        days = None if is_open else self.days_in(high - low + 1, word)
        follows = tokens[at]
        is_heading = follows.text in _BEHIND_A_HEADING or follows.kind == NUMBER or follows.text in _LEADING
        self.at = at + 1 if follows.text in _BEHIND_A_HEADING else at
        if not is_heading and self.step.intakes and not self.then and self.step.days is None:
            self.step.days = days
            return True
        self.head(days)
        return True

    def head(self, days: int | None) -> None:
        """A heading: what follows it is a step of so many days."""
        if self.has_amount():
            self.then = True
        self.pending_days = days
        self.conditional = self.climbing = self.linked = False
        self.latest = None

    def whole_at(self, at: int) -> Decimal | None:
        token = self.tokens[at]
        value = token.value if token.kind == NUMBER else words.NUMBER_WORDS.get(token.text)
        return value if value is not None and 0 < value < 1000 and value == value.to_integral_value() else None

    def on_ordinal(self) -> bool:
        """Read "first 2 weeks", "second week": a stretch by its place."""
        if self.peek(-1) in ("every", "each"):
            return False
        value, at = self.number_at(self.at + 1) or (_ONE, self.at + 1)
        unit = self.tokens[at].text
        if unit not in words.STRETCHES:
            return False
        days = self.days_in(value, unit)
        self.at = at + 1
        step = self.step
        if step.intakes and step.days is None and not self.then and self.peek(0) in (",", ";", ".", "", "then"):
            step.days = days
        else:
            self.head(days)
        return True

    def on_today(self) -> bool:
        if self.step.intakes and self.step.days is None:
            self.step.days = 1
        return False

    # ---- amounts

    def unit_at(self, at: int) -> Unit | None:
        token = self.tokens[at]
        if token.kind != WORD:
            return unit_named("%") if token.text == "%" else None
        unit = unit_named(token.text)
        # A single letter is a unit only right after its number: "1C" is, "vitamin C" is not.
        if unit is not None and len(token.text) == 1 and self.tokens[at - 1].kind != NUMBER:
            return None
        return unit

    def piece_at(self, at: int) -> int | None:
        """Where a piece is named within the next few words that only describe it: "mg oral tablet"."""
        for place in range(at, min(at + 5, len(self.tokens))):
            token = self.tokens[place]
            if token.kind == WORD:
                unit = unit_named(token.text)
                if unit is PIECE and len(token.text) > 1 and token.text not in ("each", "film"):
                    return place
                if token.text not in words.DESCRIBING:
                    return None
            elif token.text != "-":
                return None
        return None

    def amount(self, value: Decimal, at: int, start: int) -> bool:
        """Read an amount that begins at ``start``, its number read up to ``at``; whether there was a unit."""
        tokens = self.tokens
        if tokens[at].text in ("-", "–") and tokens[at + 1].kind == WORD:
            at += 1  # "50-mg"
        if self.pieces_of_strength(value, at, start) or self.divided(value, at):
            return True
        unit = self.unit_at(at)
        if unit is None:
            # "half a tablet", "three quarters of a tablet", "1 oral tablet"
            for _ in range(5):
                if tokens[at].text not in words.DESCRIBING and tokens[at].text not in _ARTICLES:
                    break
                at += 1
            unit = self.unit_at(at)
        if unit is None or tokens[at].text in ("dose", "doses"):
            return False
        at += 1
        if tokens[at].text == "(" and tokens[at + 1].text == "s" and tokens[at + 2].text == ")":
            at += 3  # "tablet(s)"
        # "1.5 mg to 3 mg": a range, unless the words climb from one to the other
        if not self.climbing and not (start and tokens[start - 1].text == "from"):
            other = self.range_from(at)
            if other is not None and self.unit_at(other[1]) == unit:
                self.low, value, at = min(value, other[0]), max(value, other[0]), other[1] + 1
        self.at = at
        amount = Amount(value, unit, low=self.low)
        if tokens[at].text not in _EQUALS or not self.equation(amount):
            _UNIT_ACTS[unit.kind](self, amount, start)
        return True

    def equation(self, amount: Amount) -> bool:
        """Learn a strength or concentration from "1 mL = 1 mg" and "2 cap = 3 mg"; whether that is all it says.

        In brackets behind an amount it is. Elsewhere it may be the dose as well.
        """
        other = self.amount_at(self.at + 1)
        if other is None:
            return False
        mass, counted = (amount, other[0]) if amount.unit.kind is Kind.MASS else (other[0], amount)
        if not self.learn(mass, counted):
            return False
        if self.linked:
            self.at = other[1]
            return True
        self.is_equation = counted.value == 1 and not self.verb
        return False

    def learn(self, mass: Amount, counted: Amount) -> bool:
        """Keep what a mass in some pieces or millilitres comes to in one; whether it is such a pair."""
        amount = counted.value * counted.unit.factor
        if mass.unit.kind is not Kind.MASS or mass.mg is None or amount <= 0:
            return False
        if counted.unit.kind is Kind.VOLUME:
            self.note_concentration(divide(mass.mg, amount))
        elif counted.unit.kind is Kind.PIECE:
            self.note_strength(divide(mass.mg, amount) + Decimal(0))
        return counted.unit.kind in (Kind.VOLUME, Kind.PIECE)

    def amount_at(self, at: int) -> tuple[Amount, int] | None:
        """A plain number with its unit, and the token behind it."""
        read = self.number_at(at)
        unit = self.unit_at(read[1]) if read is not None else None
        return (Amount(read[0], unit), read[1] + 1) if read is not None and unit is not None else None

    def pieces_of_strength(self, value: Decimal, at: int, start: int) -> bool:
        """Read "one 50 mg tablet", "1/4 of a 50 mg tablet", "2 x 1.5 mg"."""
        tokens = self.tokens
        is_multiple = tokens[at].text in ("x", "×", "*")
        inner = at + 1 if is_multiple else at
        while tokens[inner].text in _ARTICLES and inner - at < 3:
            inner += 1
        nested = self.number_at(inner)
        unit = self.unit_at(nested[1]) if nested is not None else None
        if nested is None or unit is None or unit.kind is not Kind.MASS:
            return False
        piece = self.piece_at(nested[1] + 1)
        if piece is None and not is_multiple:
            return False
        strength = nested[0] * unit.factor
        self.note_strength(strength)
        self.at = (piece if piece is not None else nested[1]) + 1
        self.take(Amount(value, PIECE, strength, self.low), start)
        return True

    def divided(self, value: Decimal, at: int) -> bool:
        """Read "in 2 divided doses" behind an amount for the whole day."""
        if self.tokens[at].text in ("divided", "equal", "separate"):
            at += 1
        mass = self.sip.mass
        if self.tokens[at].text != "doses" or mass is None or not mass.is_daily_total or value > 24:
            return False
        self.at = at + 1
        self.add_frequency(value)
        return True

    def on_mass(self, amount: Amount, start: int) -> None:
        """A mass may be a dose, a strength, a concentration or a rate; the words behind it tell."""
        tokens, at = self.tokens, self.at
        word = tokens[at].text
        if word in ("/", "per", "in") and self.per_something(amount, word, start):
            return
        if self.climbing and word in ("increment", "increments", "steps"):
            self.has_by = True
        if word == "each" or (word == "(" and tokens[at + 1].text == "each"):
            behind = tokens[at + 1 if word == "each" else at + 2].text
            if behind not in words.EVERY_TIMES and behind not in words.STRETCHES and behind != "time":
                self.strength_of_piece(amount, start)
                return
        piece = self.piece_at(at)
        if piece is not None:
            self.at = piece + 1
            self.strength_of_piece(amount, start, can_be_one=not tokens[piece].text.endswith("s"))
            return
        if start and not self.cue and self.strength_behind_piece(amount, start):
            return
        is_total = self.cue == "total" or (word == "total" and tokens[at + 1].text in ("daily", "per"))
        self.take(amount._replace(is_daily_total=is_total), start)

    def per_something(self, amount: Amount, word: str, start: int) -> bool:
        """Read "1 mg/mL", "5 mg/5 mL", "50 mg in 50 mL", "9 mg/day", "0.1 mg/kg", "1.5 mg/capsule"."""
        at = self.at + 1
        counted = self.number_at(at)
        value, behind = counted if counted is not None else (_ONE, at)
        unit = self.unit_at(behind) if counted is not None or word != "in" else None
        if unit is not None and unit.kind is Kind.VOLUME:
            self.at = behind + 1
            if word == "in":
                self.solute = amount
            self.note_concentration(divide(amount.value * amount.unit.factor, value * unit.factor) if value else None)
            return True
        name = self.tokens[behind].text
        if word == "in":
            return False
        if name in ("kg", "h", "hr", "hour", "m", "m2"):
            self.at = behind + 1
            return True
        if name in ("d", "day") or name == "24":
            self.at = behind + 1
            self.take(amount._replace(is_daily_total=True), start)
            return True
        if unit is PIECE and counted is None:
            self.at = behind + 1
            self.strength_of_piece(amount, start)
            return True
        if name in ("dose", "doses"):
            self.at = behind + 1
            self.take(amount, start)
            return True
        return False

    def strength_of_piece(self, amount: Amount, start: int, *, can_be_one: bool = False) -> None:
        """A product's strength; one piece of it when nothing else is counted: "take 4.5 mg capsule nightly"."""
        strength = amount.value * amount.unit.factor
        self.note_strength(strength)
        if self.linked and self.give_strength(strength):
            return
        if not can_be_one or self.cue or self.linked:
            return
        is_mixed = self.dissolving or self.tokens[self.at].text in words.DISSOLVED
        if is_mixed or self.verb or not self.has_amount():
            self.take(Amount(_ONE, PIECE, strength, is_implied=True), start)

    def strength_behind_piece(self, amount: Amount, start: int) -> bool:
        """Read "2 capsules 1.5 mg", "tablet 50 mg": a strength behind its piece, with nothing between."""
        before = self.tokens[start - 1]
        if before.kind != WORD or unit_named(before.text) is not PIECE or before.text == "each" or len(before.text) < 2:
            return False
        strength = amount.value * amount.unit.factor
        self.note_strength(strength)
        if not self.give_strength(strength) and not self.step.intakes:
            self.take(Amount(_ONE, PIECE, strength, is_implied=True), start)
        return True

    def give_strength(self, strength: Decimal) -> bool:
        """Let the pieces just counted have a strength; whether there are any."""
        sip = self.latest
        if sip is None or sip.counted is None or sip.counted.unit.kind is not Kind.PIECE:
            return False
        counted = sip.counted
        sip.counted = counted._replace(strength_mg=strength)
        if self.taken and self.taken[-1] is counted:
            self.taken[-1] = sip.counted
        return True

    def on_pieces(self, amount: Amount, start: int) -> None:
        tokens, at = self.tokens, self.at
        if tokens[at].text == "of" and (nested := self.number_at(at + 1)) is not None:
            unit = self.unit_at(nested[1])
            if unit is not None and unit.kind is Kind.MASS:  # "1 tablet of 50 mg"
                amount = amount._replace(strength_mg=nested[0] * unit.factor)
                self.note_strength(nested[0] * unit.factor)
                piece = self.piece_at(nested[1] + 1)
                self.at = (piece if piece is not None else nested[1]) + 1
        self.take(amount, start)
        if tokens[self.at].text == "/" and tokens[self.at + 1].text in ("d", "day"):
            self.at += 2
            self.add_frequency(_ONE)

    def on_volume(self, amount: Amount, start: int) -> None:
        """Millilitres taken, or the water a dose is dissolved in."""
        value, solute = amount.value * amount.unit.factor, self.solute
        if solute is not None and self.dissolving and value > 0:
            self.dissolving = False
            if solute.mg is not None:
                self.note_concentration(divide(solute.mg, value))
            elif solute.unit.kind is Kind.PIECE:
                self.dilution = (solute.value, value)
            return
        low = amount.low * amount.unit.factor if amount.low is not None else None
        self.take(Amount(value, ML, low=low), start)

    def on_other_unit(self, amount: Amount, start: int) -> None:
        self.take(amount, start)

    def note_strength(self, mg: Decimal) -> None:
        if self.strength is None:
            self.strength = mg

    def note_concentration(self, mg_per_ml: Decimal | None) -> None:
        if self.concentration is None and mg_per_ml is not None:
            self.concentration = mg_per_ml + Decimal(0)  # rounds to the usual digits, so that a whole number is one

    def take(self, amount: Amount, start: int) -> None:
        """Put an amount where it belongs: a dose, its restatement, the next step, a limit, a solute."""
        cue, self.cue = self.cue, ""
        linked, self.linked = self.linked, False
        joined, self.joined = self.joined, False
        verb, self.verb = self.verb, False
        if number(amount.value) is None or self.set_aside(amount, start, cue, linked=linked):
            return
        amount = amount._replace(named=self.unknown_word_before(start))
        step = self.step
        sip = step.intakes[-1] if step.intakes else None
        (self.totals if amount.is_daily_total else self.taken).append(amount)
        if sip is None:
            self.open_sip(amount)
        elif self.then or (step.days is not None and not linked):
            self.open_step(amount)
        elif not linked and amount.unit.kind is not Kind.MASS and (sip.is_implied or (sip.is_equation and verb)):
            self.stands_for(sip, amount)
        elif linked:
            self.restate(sip, amount)
        elif self.either and (other := sip.like(amount)) is not None and not sip.is_timed:
            sip.add(max(other, amount, key=_size))
        elif sip.like(amount) is None and not joined:
            sip.add(amount)
            self.latest = sip
        elif sip.is_timed or joined or verb:
            self.open_sip(amount)
        self.either = False

    def set_aside(self, amount: Amount, start: int, cue: str, *, linked: bool) -> bool:
        """Whether an amount is not taken: a limit, a quantity, an increment, a solute, a dose of the past."""
        if cue == "limit":
            self.cue = cue  # "max 2 tablets (9 mg) per day": until the clause ends
            if self.climbing and self.climb_by is not None and self.climb_to is None:
                self.climb_to = amount
            return True
        if cue in ("supply", "split") or self.tokens[self.at].text in words.SUPPLY:
            return True
        if self.climbing and not linked and self.climbs(amount, start):
            return True
        if self.dissolving and amount.unit.kind is not Kind.VOLUME:
            if self.solute is None:
                self.solute = amount
            elif self.solute.mg is None and amount.unit.kind is Kind.MASS:
                self.solute = amount  # "crush one tablet (50 mg)"
            return True
        if self.zero_slip is None:
            self.zero_slip = self.slip(amount, start)
        return cue == "past" or (self.conditional and not self.then)

    def stands_for(self, sip: _Sip, amount: Amount) -> None:
        """Let a count take the place of the one assumed: "naltrexone 50 mg tablet: take 2 tablets"."""
        implied = sip.counted
        self.taken = [other for other in self.taken if other is not implied and other is not sip.mass]
        if sip.is_equation:
            sip.mass, sip.is_equation = None, False
        if implied is not None and amount.unit.kind is Kind.PIECE and amount.strength_mg is None:
            self.taken.remove(amount)
            amount = amount._replace(strength_mg=implied.strength_mg)
            self.taken.append(amount)
        sip.counted = amount
        self.latest = sip

    def restate(self, sip: _Sip, amount: Amount) -> None:
        if sip.like(amount) is None:
            sip.add(amount)
            if amount.is_daily_total:
                self.assume_daily(sip)
        elif self.taken and self.taken[-1] is amount:
            self.taken.pop()
        self.latest = sip

    def climbs(self, amount: Amount, start: int) -> bool:
        """Whether an amount after "increase" is the increment, or the dose reached by increments."""
        before = self.tokens[start - 1].text if start else ""
        if before == "from":
            return False
        if self.climb_by is None and (self.has_by or before in words.CLIMBS or before in ("dose", "by")):
            self.climb_by, self.has_by = amount, False
            return True
        if self.climb_by is not None:
            if self.climb_to is None:
                self.climb_to = amount
            return True
        if self.has_to or self.then:
            # "increase to 3 mg": the next step
            self.has_to = False
            if self.step.intakes:
                self.then = True
                if self.step.days is None:
                    self.step.days = self.climb_every
        return False

    def open_sip(self, amount: Amount) -> None:
        step = self.step
        sip = _Sip()
        sip.is_equation, self.is_equation = self.is_equation, False
        step.intakes.append(sip)
        pending, self.pending = self.pending, _Sip()
        if pending.is_timed:
            sip.per_day, sip.when, sip.parts, sip.weekdays = (
                pending.per_day,
                pending.when,
                pending.parts,
                pending.weekdays,
            )
        sip.add(amount)
        if amount.is_daily_total:
            self.assume_daily(sip)
        if self.pending_days is not None:
            if step.days is None:
                step.days = self.pending_days
            self.pending_days = None
        self.then = False
        self.latest = sip

    def assume_daily(self, sip: _Sip) -> None:
        if sip.per_day is None:
            sip.per_day, sip.is_assumed = _ONE, True

    def open_step(self, amount: Amount) -> None:
        if len(self.steps) < _MOST_STEPS:
            self.steps.append(_Draft())
        self.open_sip(amount)

    def unknown_word_before(self, start: int) -> str:
        for place in range(start - 1, max(start - 3, -1), -1):
            token = self.tokens[place]
            word = token.text
            if token.kind == WORD:
                is_known = len(word) < 3 or word in words.FILLERS or word in _ACTS or unit_named(word) is not None
                return "" if is_known else word
            if token.kind == NUMBER or word in ("\n", ";", "."):
                return ""
        return ""

    def slip(self, amount: Amount, start: int) -> str | None:
        """The amount as written when a zero is missing before the point or stands needlessly behind it."""
        if amount.unit.kind not in (Kind.MASS, Kind.VOLUME):
            return None
        raw = self.tokens[start].text
        point = raw.find(".")
        if point < 0 or (point > 0 and raw[-1] != "0"):
            return None
        unit = self.at - 1
        return " ".join(self.text[self.tokens[start].start : self.tokens[unit].end].split())[:40]

    # ---- frequency and time of day

    def add_frequency(self, per_day: Decimal) -> None:
        if self.conditional or self.cue == "limit":
            return
        if self.climbing and per_day < 1:
            self.interval(per_day)
            return
        sip = self.sip
        if sip.per_day is None or sip.is_assumed:
            sip.per_day, sip.is_assumed = per_day, False

    def interval(self, per_day: Decimal) -> None:
        """Keep how long a step lasts: "every 2 weeks" after "increase"."""
        if self.climb_every is None:
            self.climb_every = _days_apart(per_day)
        if self.climb_by is None and len(self.steps) > 1 and self.steps[-2].days is None:
            self.steps[-2].days = self.climb_every

    def add_time(self, when: TimeOfDay, *, counts: bool = True) -> None:
        if self.conditional or self.cue == "limit":
            return
        sip = self.sip
        sip.when.add(when)
        if counts and not (self.either and sip.parts):
            is_night = when in (TimeOfDay.BEDTIME, TimeOfDay.EVENING)
            # "in the evening at bedtime" is one intake, "in the evening and at bedtime" are two.
            part = "night" if is_night and not self.joined else when.value
            sip.parts.add(f"{part} {len(sip.parts)}" if when is TimeOfDay.OTHER else part)
        self.joined = False

    def on_frequency(self) -> bool:
        word = self.tokens[self.at].text
        if word == "daily" and self.peek() in ("max", "maximum", "dose"):
            if self.peek() == "dose" and self.cue != "limit":
                self.cue = "total"
            return False
        per_day, when = words.FREQUENCIES[word]
        self.add_frequency(per_day)
        if when is not None:
            self.add_time(when, counts=False)
        return False

    def on_time(self) -> bool:
        word = self.tokens[self.at].text
        if word not in words.MEALS:
            self.add_time(words.TIMES[word])
        elif self.peek(-1) not in ("without", "no") and self.peek(-2) not in ("without", "no"):
            self.add_time(TimeOfDay.OTHER, counts=False)
        return False

    def on_night(self) -> bool:
        if self.on_period():
            return True
        word = self.tokens[self.at].text
        if word in ("tonight", "nighttime") or self.peek(-1) in words.BEFORE_NIGHT or self.peek() == "time":
            self.add_time(TimeOfDay.BEDTIME)
        return False

    def on_am_pm(self) -> bool:
        if self.peek(-1) in words.BEFORE_AM:
            self.add_time(words.EVERY_TIMES[self.tokens[self.at].text])
        return False

    def on_once(self) -> bool:
        word, step = self.tokens[self.at].text, self.step
        if self.times_per(words.ONCE[word], self.at + 1):
            return True
        # "12.5 mg once, then 25 mg daily"
        is_single = word == "once" and self.peek() in (",", ";", ".", "then", "on", "")
        if is_single and step.intakes and step.days is None and not step.intakes[-1].is_timed:
            step.days = 1
            self.add_frequency(_ONE)
        return False

    def on_every(self) -> bool:
        """Read "every other day", "every 4 to 6 hours", "q6h", "each night", "every 2 weeks"."""
        tokens = self.tokens
        piece = self.unit_at(self.at + 1)
        if piece is not None and tokens[self.at + 2].text in _EQUALS:
            mass = self.amount_at(self.at + 3)  # "each capsule contains 1.5 mg"
            if mass is not None and self.learn(mass[0], Amount(_ONE, piece)):
                self.at = mass[1]
                return True
        every, at = self.interval_at(self.at + 1)
        if tokens[at].text == "-":
            at += 1
        unit = tokens[at].text
        when = words.EVERY_TIMES.get(unit)
        if when is not None:
            self.at = at + 1
            if unit not in words.MEALS:
                self.add_frequency(divide(_ONE, every))
            self.add_time(when, counts=False)
            return True
        per_day = pace(_ONE, every, unit)
        if per_day is None:
            return False
        self.at = at + 1
        self.add_frequency(per_day)
        return True

    def interval_at(self, at: int) -> tuple[Decimal, int]:
        """How many of the unit that follows: "other", "third", "4 to 6" (the shorter is the most often), or one."""
        tokens = self.tokens
        if tokens[at].text == "-":
            at += 1
        word = tokens[at].text
        if word in ("other", "alternate"):
            return Decimal(2), at + 1
        if word in words.ORDINALS:
            return Decimal(words.ORDINALS[word]), at + 1
        read = self.number_at(at)
        if read is None:
            return _ONE, at
        value, at = read
        other = self.range_from(at)
        if other is not None:
            value, at = min(value, other[0]), other[1]
        elif tokens[at].text in ("st", "nd", "rd", "th"):
            at += 1
        return (value if value > 0 else _ONE), at

    def on_per(self) -> bool:
        """Read "4.5 mg per day", "1 tablet a day", "a tablet"."""
        word, after = self.tokens[self.at].text, self.peek()
        if after in ("day", "night", "evening", "morning", "bedtime") and self.peek(-1) not in (
            "in",
            "at",
            "for",
            "after",
        ):
            self.at += 2
            self.add_frequency(_ONE)
            if after != "day":
                self.add_time(words.EVERY_TIMES[after], counts=False)
            return True
        if after in ("protocol", "instructions"):
            self.as_directed = True
        if word == "per":
            return False
        if after in words.PARTS:
            return self.on_number()
        if after in ("week", "month") and self.peek(-1) in ("for", "after", "x"):
            return self.duration(_ONE, self.at + 1)
        if self.verb and self.unit_at(self.at + 1) is PIECE:
            start, self.at = self.at, self.at + 2
            self.on_pieces(Amount(_ONE, PIECE), start)
            return True
        # "dissolve a 50 mg tablet"
        return False

    def on_weekday(self) -> bool:
        """Read "on Monday and Wednesday", "Monday through Friday"; but not the date in "Starting Tue 5/28/2019"."""
        place = words.WEEKDAYS[self.tokens[self.at].text]
        if (
            self.peek(-1) in ("starting", "until", "start", "ending", "beginning")
            or self.tokens[self.at + 1].kind == NUMBER
        ):
            return False
        weekdays = self.sip.weekdays
        weekdays.add(place)
        if (
            self.peek() in ("through", "thru", "to", "-", "–")
            and (last := words.WEEKDAYS.get(self.peek(2))) is not None
        ):
            weekdays.update(range(place, last + 1))
        self.joined = False
        return False

    # ---- other words

    def on_then(self) -> bool:
        if self.tokens[self.at].text != "followed" or self.peek() == "by":
            self.go_on()
        return False

    def go_on(self) -> None:
        if self.has_amount():
            self.then = True
        elif not self.taken:
            self.begins_with_then = True
        self.conditional = self.dissolving = self.linked = False
        self.latest = None

    def on_verb(self) -> bool:
        self.verb = True
        self.dissolving = False
        self.latest = None
        if self.cue != "total":
            self.cue = ""
        return False

    def on_dissolve(self) -> bool:
        self.dissolving = True
        self.verb = False
        return False

    def on_dissolved(self) -> bool:
        """Take back what came before: "one 50 mg tablet dissolved in 50 mL" is not taken as it is."""
        intakes = self.step.intakes
        sip = intakes[-1] if intakes else None
        amount = sip.counted or sip.mass if sip is not None else None
        if sip is None or amount is None or self.solute is not None or amount.unit.kind is Kind.VOLUME:
            return False
        if sip.mass is not None and amount.mg is None:
            amount = sip.mass
        self.solute, self.dissolving, self.latest = amount, True, None
        self.taken = [other for other in self.taken if other is not sip.counted and other is not sip.mass]
        sip.mass = sip.counted = None
        self.pending = intakes.pop()
        return False

    def on_limit(self) -> bool:
        self.cue = "limit"
        return False

    def on_supply(self) -> bool:
        self.cue = "supply"
        return False

    def on_split(self) -> bool:
        self.cue = "split"
        return False

    def on_past(self) -> bool:
        self.cue = "past"
        return False

    def on_tolerated(self) -> bool:
        """Tell "tolerated 3 mg", which looks back, from "if tolerated" and "as tolerated"."""
        if self.peek(-1) not in ("if", "as", "when", "and", "once", "is", "well"):
            self.cue = "past"
        return False

    def on_now(self) -> bool:
        self.cue = ""
        return False

    def on_more(self) -> bool:
        if self.peek(-1) in ("no", "not") and self.peek() == "than":
            self.cue = "limit"
        return False

    def on_not(self) -> bool:
        if self.peek() in words.VERBS or self.peek() == "to":
            self.at += 2
            self.cue = "limit" if self.peek(0) in words.LIMITS else "past"
            return True
        return False

    def on_total(self) -> bool:
        """Read "total of 9 mg per day" and "total daily dose"; but "(50 mg total)" is one intake."""
        if self.peek() == "daily" or (self.peek() == "of" and self.tokens[self.at + 2].kind == NUMBER):
            self.cue = "total"
        return False

    def on_climb(self) -> bool:
        self.climbing = True
        self.cue = ""
        self.linked = False
        self.latest = None
        return False

    def on_by(self) -> bool:
        if self.climbing:
            self.has_by = self.peek() != "mouth"
        return False

    def on_to(self) -> bool:
        self.has_to = self.has_to or self.climbing
        return False

    def on_target(self) -> bool:
        if self.climbing or self.climb_by is not None:
            self.climbing = self.has_to = True
        else:
            self.cue = "past"  # a dose aimed at, not taken
        return False

    def on_if(self) -> bool:
        if self.peek() in ("needed", "required", "necessary"):
            # "then 4.5 mg if needed and tolerated" is a plan and not a dose as needed.
            if not (self.then or self.optional or self.begins_with_then or len(self.steps) > 1):
                self.step.as_needed = True
            self.at += 2
            return True
        self.conditional = not self.climbing
        return False

    def on_as(self) -> bool:
        after = self.peek()
        if after in ("needed", "required", "necessary"):
            self.step.as_needed = self.step.as_needed or not self.optional
        elif after in ("directed", "instructed", "prescribed", "advised"):
            self.as_directed = True
        else:
            return False
        self.at += 2
        return True

    def on_may(self) -> bool:
        self.optional = self.has_amount()
        return False

    def on_needed(self) -> bool:
        self.step.as_needed = True
        return False

    def on_directed(self) -> bool:
        self.as_directed = True
        return False

    def on_joined(self) -> bool:
        self.joined = self.peek() != "then"
        return False

    def on_or(self) -> bool:
        self.either = True
        return False

    # ---- marks

    def on_arrow(self) -> None:
        self.arrows += 1
        self.go_on()

    def on_link(self) -> None:
        self.linked = self.latest is not None

    def on_close(self) -> None:
        self.linked = False
        if self.cue == "limit":
            self.cue = ""

    def on_stop(self) -> None:
        """A sentence ends."""
        self.conditional = self.optional = self.linked = self.joined = self.either = self.verb = False
        self.cue = ""
        self.latest = None
        if self.climb_by is None or self.climb_to is not None:
            self.climbing = False

    def on_comma(self) -> None:
        if self.cue != "past":
            self.cue = ""
        self.either = self.linked = False

    def on_plus(self) -> None:
        self.joined = True

    # ---- the end

    def finish(self) -> Sig:
        if self.solute is not None and self.concentration is None and self.dilution is None and not self.has_amount():
            # "dissolve 1 capsule in water and drink": all of it is taken
            self.taken.append(self.solute)
            self.open_sip(self.solute)
        if self.pending.is_timed and not self.step.intakes:
            self.step.intakes.append(self.pending)
        if self.pending_days is not None and self.step.days is None:
            self.step.days = self.pending_days
        steps = [step for draft in self.steps if (step := _closed(draft)) is not None]
        if self.arrows:
            steps = _spread_over_arrows(steps)
        steps = _share_times(_same_day(steps))
        climb = None
        if self.climb_by is not None and self.climb_to is not None:
            climb = Climb(self.climb_by, self.climb_to, self.climb_every)
        return Sig(
            steps=tuple(steps),
            taken=tuple(self.taken),
            totals=tuple(self.totals),
            strength_mg=self.strength,
            concentration=self.concentration,
            dilution=self.dilution,
            dissolved=self.solute,
            climb=climb,
            as_directed=self.as_directed,
            zero_slip=self.zero_slip,
            begins_with_then=self.begins_with_then,
        )


def _size(amount: Amount) -> Decimal:
    return amount.value * amount.unit.factor


def _days_apart(per_day: Decimal) -> int | None:
    """The days from one intake to the next; a third of a day is not exact, and must not become another day."""
    return whole_days(divide(_ONE, per_day).quantize(Decimal("0.001"))) if number(per_day) is not None else None


def _closed(draft: _Draft) -> SigStep | None:
    """A step as it is, when its words have ended."""
    kept: list[Intake] = []
    for place, sip in enumerate(draft.intakes):
        # A second amount without a time of its own is a quantity or a remark: "…, 90 cap, 0 Refill(s)".
        if place and (not sip.is_timed or sip.is_empty):
            continue
        intake = sip.freeze()
        merged = _restated(kept[-1], intake) if kept else None
        if merged is not None:
            kept[-1] = merged
        elif intake not in kept:
            kept.append(intake)
    if not kept and not draft.as_needed and draft.days is None:
        return None
    return SigStep(tuple(kept), draft.days, draft.as_needed)


def _restated(one: Intake, other: Intake) -> Intake | None:
    """Two intakes at the same times as one, when one counts pieces and the other says milligrams."""
    if one.per_day != other.per_day or one.when != other.when:
        return None
    if (one.mass is None and other.counted is None) or (one.counted is None and other.mass is None):
        return one._replace(mass=one.mass or other.mass, counted=one.counted or other.counted)
    return None


def _spread_over_arrows(steps: list[SigStep]) -> list[SigStep]:
    """Let "1.5 mg -> 3 mg -> 4.5 mg every 2 weeks" last two weeks at every step but the last."""
    if len(steps) < 2 or not steps[-1].intakes or any(step.lasts_days for step in steps):
        return steps
    last = steps[-1]
    per_day = last.intakes[-1].per_day
    if per_day is None or per_day >= 1:
        return steps
    days = _days_apart(per_day)
    freed = tuple(intake._replace(per_day=None) for intake in last.intakes)
    return [*(step._replace(lasts_days=days) for step in steps[:-1]), last._replace(intakes=freed)]


def _same_day(steps: list[SigStep]) -> list[SigStep]:
    """Join "1 tablet in the morning, then 2 at night": nothing lasts, and the times differ."""
    if len(steps) < 2 or any(step.lasts_days is not None for step in steps):
        return steps
    seen: set[TimeOfDay] = set()
    for step in steps:
        when = {time for intake in step.intakes for time in intake.when}
        if not when or seen & when:
            return steps
        seen |= when
    together = tuple(intake for step in steps for intake in step.intakes)
    return [SigStep(together, None, any(step.as_needed for step in steps))]


def _share_times(steps: list[SigStep]) -> list[SigStep]:
    """Give steps without a frequency that of the step before, or else of the next: it is written once for all."""
    if len(steps) < 2:
        return steps
    last_intakes = [step.intakes[-1] for step in steps if step.intakes]
    given = next((intake for intake in last_intakes if intake.per_day is not None), None)
    if given is None:
        return steps
    shared = []
    for step in steps:
        intakes = tuple(
            intake._replace(per_day=given.per_day, when=intake.when or given.when) if intake.per_day is None else intake
            for intake in step.intakes
        )
        if len(intakes) == 1:
            given = intakes[0]
        shared.append(step._replace(intakes=intakes))
    return shared


_EQUALS = frozenset({"=", "equals", "contains"})
_ARTICLES = frozenset({"of", "a", "an", "the", "one"})
_BEHIND_A_COUNT = frozenset(
    {"po", "orally", "oral", "by", "sl", "at", "in", "every", "each", "q", "prn", "hs", "once", "twice", "three", "as"}
)
_BEHIND_A_HEADING = frozenset({":", "-", "–", "—", "=", "("})
_BEFORE_A_STRETCH = frozenset({"after", "in", "over", "within", "every", "each", "q", "for", "x", "×", "*"})
_LEADING = words.VERBS | {"a", "half", "one", "two", "three", "increase", "then", "dose"}

_UNIT_ACTS: dict[Kind, Callable[[_Reader, Amount, int], None]] = {
    Kind.MASS: _Reader.on_mass,
    Kind.PIECE: _Reader.on_pieces,
    Kind.VOLUME: _Reader.on_volume,
    Kind.OTHER: _Reader.on_other_unit,
}
_ACTS: dict[str, Callable[[_Reader], bool]] = {
    **dict.fromkeys(words.FREQUENCIES, _Reader.on_frequency),
    **dict.fromkeys(words.TIMES, _Reader.on_time),
    **dict.fromkeys(("night", "nights", "nighttime", "tonight"), _Reader.on_night),
    **dict.fromkeys(("am", "pm"), _Reader.on_am_pm),
    **dict.fromkeys(words.ONCE, _Reader.on_once),
    **dict.fromkeys(("every", "q", "each", "alternate"), _Reader.on_every),
    **dict.fromkeys(("per", "a", "an"), _Reader.on_per),
    **dict.fromkeys(words.NUMBER_WORDS, _Reader.on_number),
    **dict.fromkeys(words.WEEKDAYS, _Reader.on_weekday),
    **dict.fromkeys(("week", "weeks", "wk", "wks", "day", "days", "month", "months"), _Reader.on_period),
    **dict.fromkeys((*words.ORDINALS, "next", "following"), _Reader.on_ordinal),
    "today": _Reader.on_today,
    **dict.fromkeys(words.THEN, _Reader.on_then),
    **dict.fromkeys(words.VERBS, _Reader.on_verb),
    **dict.fromkeys(words.DISSOLVE, _Reader.on_dissolve),
    **dict.fromkeys(words.DISSOLVED, _Reader.on_dissolved),
    **dict.fromkeys(words.LIMITS, _Reader.on_limit),
    **dict.fromkeys(words.SUPPLY, _Reader.on_supply),
    **dict.fromkeys(words.SPLIT, _Reader.on_split),
    **dict.fromkeys(words.PAST, _Reader.on_past),
    "tolerated": _Reader.on_tolerated,
    "now": _Reader.on_now,
    "more": _Reader.on_more,
    "not": _Reader.on_not,
    "total": _Reader.on_total,
    **dict.fromkeys(words.CLIMBS, _Reader.on_climb),
    "by": _Reader.on_by,
    **dict.fromkeys(("to", "until", "reach", "reaching"), _Reader.on_to),
    **dict.fromkeys(words.TARGETS, _Reader.on_target),
    "if": _Reader.on_if,
    "as": _Reader.on_as,
    "may": _Reader.on_may,
    **dict.fromkeys(("prn", "sos"), _Reader.on_needed),
    **dict.fromkeys(("ud", "utd", "uad", "mdu"), _Reader.on_directed),
    **dict.fromkeys(("and", "plus"), _Reader.on_joined),
    "or": _Reader.on_or,
}
_MARKS: dict[str, Callable[[_Reader], None]] = {
    **dict.fromkeys(("->", "=>", "→"), _Reader.on_arrow),
    **dict.fromkeys(("(", "[", "="), _Reader.on_link),
    **dict.fromkeys((")", "]"), _Reader.on_close),
    **dict.fromkeys((".", ";", "\n"), _Reader.on_stop),
    ",": _Reader.on_comma,
    **dict.fromkeys(("+", "&"), _Reader.on_plus),
}
