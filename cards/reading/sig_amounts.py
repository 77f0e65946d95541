"""What begins with a number in a sig: a dose, a strength, a concentration, a count, a time or a stretch of time."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from cards.dosing import TimeOfDay
from cards.reading import words
from cards.reading.amounts import ML, PIECE, Kind, divide, unit_named
from cards.reading.sig_parts import Amount
from cards.reading.sig_plan import Plan
from cards.reading.words import END, NUMBER, WORD, time_of_hour

_ONE = Decimal(1)
EQUALS = frozenset({"=", "equals", "contains"})
_ARTICLES = frozenset({"of", "a", "an", "the", "one"})
_BEHIND_A_COUNT = frozenset(
    {"po", "orally", "oral", "by", "sl", "at", "in", "every", "each", "q", "prn", "hs", "once", "twice", "three", "as"}
)


class AmountReader(Plan):
    """Reads numbers and the words that belong to them."""

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
        if tokens[at].text not in EQUALS or not self.equation(amount):
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

    def on_pieces(self, amount: Amount, start: int) -> None:
        """Read "2 tablets", "1 tablet of 50 mg", "1 capsule/day"."""
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
        """Keep an amount in a unit that tells no mass ("2 puffs")."""
        self.take(amount, start)


_UNIT_ACTS: dict[Kind, Callable[[AmountReader, Amount, int], None]] = {
    Kind.MASS: AmountReader.on_mass,
    Kind.PIECE: AmountReader.on_pieces,
    Kind.VOLUME: AmountReader.on_volume,
    Kind.OTHER: AmountReader.on_other_unit,
}
