"""A walk over the tokens of a sig: the numbers, units and pieces that stand at a place."""

from __future__ import annotations

from decimal import Decimal

from cards.reading import words
from cards.reading.amounts import PIECE, Unit, days_in, divide, unit_named, whole_days
from cards.reading.sig_parts import Amount
from cards.reading.words import NUMBER, WORD, tokens_of

_ONE = Decimal(1)


class Cursor:
    """A place in the tokens of a text. Nothing here moves it, and nothing here remembers."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens_of(text)
        self.at = 0

    def peek(self, ahead: int = 1) -> str:
        """The text some tokens ahead, or back."""
        where = self.at + ahead
        return self.tokens[where].text if where >= 0 else ""

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
        """A fraction that begins at a token ("1/2", "½"), and the token behind it."""
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

    def whole_at(self, at: int) -> Decimal | None:
        """A whole number below a thousand at a token, in digits or words."""
        token = self.tokens[at]
        value = token.value if token.kind == NUMBER else words.NUMBER_WORDS.get(token.text)
        return value if value is not None and 0 < value < 1000 and value == value.to_integral_value() else None

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

    def unit_at(self, at: int) -> Unit | None:
        """The unit at a token."""
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

    def amount_at(self, at: int) -> tuple[Amount, int] | None:
        """A plain number with its unit, and the token behind it."""
        read = self.number_at(at)
        unit = self.unit_at(read[1]) if read is not None else None
        return (Amount(read[0], unit), read[1] + 1) if read is not None and unit is not None else None

    @staticmethod
    def days_in(value: Decimal, unit: str) -> int | None:
        """So many of a unit of time in whole days."""
        days = days_in(value, unit)
        return whole_days(days) if days else None
