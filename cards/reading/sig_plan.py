"""Where an amount, a frequency or a stretch of time belongs in the plan that a sig describes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from decimal import Decimal

from cards.dosing import TimeOfDay
from cards.reading import words
from cards.reading.amounts import Kind, number, unit_named
from cards.reading.sig_cursor import Cursor
from cards.reading.sig_parts import Amount
from cards.reading.sig_steps import DraftStep, Sip, days_apart
from cards.reading.words import NUMBER, WORD

_MOST_STEPS = 60
_ONE = Decimal(1)
_BEFORE_A_STRETCH = frozenset({"after", "in", "over", "within", "every", "each", "q", "for", "x", "×", "*"})


class Plan(Cursor, ABC):
    """What was understood so far, and what the words so far mean for the next amount."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.steps: list[DraftStep] = [DraftStep()]
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
        self.pending = Sip()
        self.pending_days: int | None = None
        self.latest: Sip | None = None  # the intake whose amount was just read

    @abstractmethod
    def acts_on(self, word: str) -> bool:
        """Whether a word has a meaning in a sig, so that it names no medicine."""

    @property
    def step(self) -> DraftStep:
        """The step being read."""
        return self.steps[-1]

    @property
    def sip(self) -> Sip:
        """The intake that words about time belong to."""
        step = self.steps[-1]
        # After "then", and when a new sentence follows a step that has its length, they belong to what comes next.
        if not step.intakes or self.then or (self.verb and step.days is not None):
            return self.pending
        return step.intakes[-1]

    def has_amount(self) -> bool:
        """Whether any amount was read yet."""
        return any(not sip.is_empty for sip in self.steps[0].intakes) or len(self.steps) > 1

    def lasts(self, days: int) -> None:
        """Let a stretch of time belong to the step it is about."""
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

    def head(self, days: int | None) -> None:
        """A heading: what follows it is a step of so many days."""
        if self.has_amount():
            self.then = True
        self.pending_days = days
        self.conditional = self.climbing = self.linked = False
        self.latest = None

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

    def note_strength(self, mg: Decimal) -> None:
        """Keep the first strength told."""
        if self.strength is None:
            self.strength = mg

    def note_concentration(self, mg_per_ml: Decimal | None) -> None:
        """Keep the first concentration told."""
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

    def stands_for(self, sip: Sip, amount: Amount) -> None:
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

    def restate(self, sip: Sip, amount: Amount) -> None:
        """Put an amount in brackets beside the one it says again."""
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
        """Begin an intake with what stood before its amount."""
        step = self.step
        sip = Sip()
        sip.is_equation, self.is_equation = self.is_equation, False
        step.intakes.append(sip)
        pending, self.pending = self.pending, Sip()
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

    def assume_daily(self, sip: Sip) -> None:
        """Take "9 mg/day" to be once a day unless told otherwise."""
        if sip.per_day is None:
            sip.per_day, sip.is_assumed = _ONE, True

    def open_step(self, amount: Amount) -> None:
        """Begin a step."""
        if len(self.steps) < _MOST_STEPS:
            self.steps.append(DraftStep())
        self.open_sip(amount)

    def unknown_word_before(self, start: int) -> str:
        """The word right before an amount, if it has no meaning in a sig."""
        for place in range(start - 1, max(start - 3, -1), -1):
            token = self.tokens[place]
            word = token.text
            if token.kind == WORD:
                is_known = len(word) < 3 or word in words.FILLERS or self.acts_on(word) or unit_named(word) is not None
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

    def add_frequency(self, per_day: Decimal) -> None:
        """Give a frequency to the intake it belongs to."""
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
            self.climb_every = days_apart(per_day)
        if self.climb_by is None and len(self.steps) > 1 and self.steps[-2].days is None:
            self.steps[-2].days = self.climb_every

    def add_time(self, when: TimeOfDay, *, counts: bool = True) -> None:
        """Give a time of day to the intake it belongs to; where ``counts``, it is an intake of its own."""
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

    def go_on(self) -> None:
        """Let the next amount begin a step."""
        if self.has_amount():
            self.then = True
        elif not self.taken:
            self.begins_with_then = True
        self.conditional = self.dissolving = self.linked = False
        self.latest = None


def _size(amount: Amount) -> Decimal:
    return amount.value * amount.unit.factor
