"""How often, when and for how long: the words of time in a sig."""

from __future__ import annotations

from decimal import Decimal

from cards.dosing import TimeOfDay
from cards.reading import words
from cards.reading.amounts import PIECE, divide, pace
from cards.reading.sig_amounts import EQUALS, AmountReader
from cards.reading.sig_parts import Amount
from cards.reading.words import NUMBER

_ONE = Decimal(1)
_BEHIND_A_HEADING = frozenset({":", "-", "–", "—", "=", "("})
_LEADING = words.VERBS | {"a", "half", "one", "two", "three", "increase", "then", "dose"}


class TimeReader(AmountReader):
    """Reads frequencies, times of day, periods and weekdays."""

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
        """Let a step end today."""
        if self.step.intakes and self.step.days is None:
            self.step.days = 1
        return False

    def on_frequency(self) -> bool:
        """Read "daily", "bid", "qhs"."""
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
        """Read "in the morning", "with breakfast"; not "without food"."""
        word = self.tokens[self.at].text
        if word not in words.MEALS:
            self.add_time(words.TIMES[word])
        elif self.peek(-1) not in ("without", "no") and self.peek(-2) not in ("without", "no"):
            self.add_time(TimeOfDay.OTHER, counts=False)
        return False

    def on_night(self) -> bool:
        """Read "at night", "tonight", "nights 1-3"."""
        if self.on_period():
            return True
        word = self.tokens[self.at].text
        if word in ("tonight", "nighttime") or self.peek(-1) in words.BEFORE_NIGHT or self.peek() == "time":
            self.add_time(TimeOfDay.BEDTIME)
        return False

    def on_am_pm(self) -> bool:
        """Read "in the am", "q pm"."""
        if self.peek(-1) in words.BEFORE_AM:
            self.add_time(words.EVERY_TIMES[self.tokens[self.at].text])
        return False

    def on_once(self) -> bool:
        """Read "once a day", "twice daily", and a single dose at the beginning."""
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
        if piece is not None and tokens[self.at + 2].text in EQUALS:
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
