"""The words of a sig, or of a note beside it: what is taken, how much, how often, when and for how long.

Reads ``dosage.text``, ``patientInstruction``, ``timing.code.text`` and order notes of every FHIR version, in English
with the usual Latin abbreviations. A text is cut into tokens once and the tokens are walked once, so that the time
grows with the length and nothing backtracks. What is not understood is passed over; nothing raises.

Left unread on purpose: clauses that begin with "if" (apart from an increase they announce), quantities to dispense,
refills, limits ("no more than"), amounts per kilogram and per hour, and what was taken before.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from cards.reading import words
from cards.reading.amounts import Kind
from cards.reading.sig_parts import NOTHING_SAID, Climb, Sig
from cards.reading.sig_steps import closed, same_day, share_times, spread_over_arrows
from cards.reading.sig_times import TimeReader
from cards.reading.words import END, NUMBER, WORD

_MOST_READ = 8_000  # characters; a prescription's sig has at most a thousand
_MOST_REMEMBERED = 1_000  # characters; longer texts are too rare to keep


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


class _Reader(TimeReader):
    """One walk over the tokens of a text."""

    def acts_on(self, word: str) -> bool:
        return word in _ACTS

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

    # ---- other words

    def on_then(self) -> bool:
        if self.tokens[self.at].text != "followed" or self.peek() == "by":
            self.go_on()
        return False

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
        steps = [step for draft in self.steps if (step := closed(draft)) is not None]
        if self.arrows:
            steps = spread_over_arrows(steps)
        steps = share_times(same_day(steps))
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
