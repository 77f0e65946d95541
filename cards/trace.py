"""A chart that remembers what it was asked: it stands in for the real one while a review is explained.

Rules are plain functions of a chart. Nothing in them is changed for an explanation and nothing is asked of whoever
writes one: the chart, its nouns (orders, exposures, results …) and the numbers are replaced by stand-ins that answer
exactly alike and write down what was asked, what the answer was and where it came from.

- A question of the chart (``chart.opioids()``) is a condition: met, not met, or unknown with what was missing.
- A question of a noun that is true or false (``order.is_low_dose``) is a condition; other values are noted beside it.
- A comparison with a number (``dose > numbers.start_max``) is a condition with both sides.
- A predicate – a function of the house whose docstring begins *Whether* – is a condition whose parts are what it asked.
  Its calls are seen through the interpreter's profiling hook, of this thread only and only while a rule is asked.

What is read merely to be said or offered, in the modules that write words and changes, is not recorded.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from decimal import Decimal
from enum import StrEnum
from functools import cache, partial
from inspect import getattr_static
from types import CodeType, FrameType, FunctionType
from typing import Any, Final, cast

from cards import questions
from cards.allergies import Allergy
from cards.chart import Chart, Exposure, Kind, Medication, NaltrexoneUse, Order, Unanswered
from cards.conditions import Condition as Problem
from cards.dosing import DoseConflict, Dosing, Step
from cards.drugs import Drug, Strength
from cards.labs import LabResult
from cards.numbers import Numbers, Quantity
from cards.patients import PatientFacts
from cards.phrasing import day, milligrams
from cards.procedures import PlannedProcedure, ServiceDraft
from cards.results import amount, result_fact
from cards.wordings import condition_fact, exposure_facts, medication_fact, naltrexone_fact

_MOST_TOLD = 12
"""So many things are told by name under one condition; of the rest there is a count."""

_QUIET_MODULES: Final = frozenset(
    {
        "cards.changes",
        "cards.chart_suggestions",
        "cards.draft_amounts",
        "cards.draft_directions",
        "cards.draft_products",
        "cards.drafts",
        "cards.findings",
        "cards.mends",
        "cards.phrasing",
        "cards.product_suggestions",
        "cards.suggestions",
        "cards.wordings",
    }
)
_QUIET_FUNCTIONS: Final = frozenset({amount.__code__, result_fact.__code__})


class Answered(StrEnum):
    """How a condition was found."""

    MET = "met"
    NOT_MET = "not met"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class About:
    """One thing a condition was about: a line that tells of it, the resources it came from, and the values read."""

    what: str
    references: tuple[str, ...] = ()
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Compared:
    """Two sides of a comparison: a value, how it stands, and the number by its name."""

    value: str
    name: str
    how: str
    number: str
    limit: str


@dataclass(slots=True)
class Condition:
    """One thing a rule looked at. ``says`` is true when it is met; ``missing`` are the kinds of data nobody told."""

    says: str
    answer: Answered
    about: list[About] = field(default_factory=list)
    more: int = 0
    compared: Compared | None = None
    missing: tuple[Kind, ...] = ()
    parts: list[Condition] = field(default_factory=list)

    def joins(self, other: Condition) -> bool:
        """Whether it is the same question with the same answer, perhaps about something else."""
        return (self.says, self.answer, self.missing) == (other.says, other.answer, other.missing)

    def take_in(self, other: Condition) -> None:
        """Let one condition tell of what another one was about too."""
        for one in other.about:
            if one not in self.about:
                if len(self.about) < _MOST_TOLD:
                    self.about.append(one)
                else:
                    self.more += 1
        for part in other.parts:
            _add(self.parts, part)


def _add(conditions: list[Condition], one: Condition) -> Condition:
    for known in conditions:
        if known.joins(one):
            known.take_in(one)
            return known
    conditions.append(one)
    return one


@dataclass(slots=True)
class _Frame:
    """What was found out since a question was opened."""

    conditions: list[Condition] = field(default_factory=list)
    values: dict[int, dict[str, list[str]]] = field(default_factory=dict)
    last: Condition | str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """What one rule asked, in the order in which it first asked.

    ``last`` is the last thing it looked at: a condition, or a value in words; most likely that kept a silent rule
    silent. ``looked_at`` are values read of a thing outside any condition. ``numbers`` are those looked up, by name.
    """

    conditions: tuple[Condition, ...]
    last: Condition | str
    looked_at: tuple[About, ...]
    numbers: tuple[tuple[str, Quantity], ...]


# --- what is told of a noun ------------------------------------------------------------------------------------------


def order_line(order: Order) -> str:
    """A draft in a few words: what it is read as."""
    dose = order.dosing.highest_mg
    words = f"{order.drug.name} {milligrams(dose)} a day" if dose is not None else order.drug.name
    return f"{words} ({order.band.value} dose)" if order.drug.is_naltrexone and dose is not None else words


def _told_of(noun: Any) -> tuple[str, tuple[str, ...]]:
    """The line that tells of a noun, in the house's own words, and the resources it came from."""
    match noun:
        case Order():
            return order_line(noun), (noun.reference,)
        case Exposure():
            return exposure_facts([noun])[0], tuple(dict.fromkeys(e.reference for e in noun.entries if e.reference))
        case NaltrexoneUse():
            return naltrexone_fact(noun), (noun.medication.reference,)
        case Medication():
            return medication_fact(noun), (noun.reference,)
        case Problem():
            return condition_fact(noun), (noun.reference,)
        case LabResult():
            return result_fact(noun), (noun.reference,)
        case Allergy():
            return f"on the allergy list: {noun.label}", (noun.reference,)
        case PlannedProcedure():
            return f"{'operation' if noun.is_surgical else 'procedure'} on {day(noun.day)}", (noun.reference,)
        case ServiceDraft():
            return "a service that is being ordered", (noun.reference,)
        case _:
            return "the patient" if isinstance(noun, PatientFacts) else "the request", ()


_ROOTS: Final = (
    *(Order, Exposure, NaltrexoneUse, Medication, Problem, LabResult, Allergy),
    *(PlannedProcedure, ServiceDraft, PatientFacts),
)
"""The nouns a resource tells of."""

_PARTS: Final = (Medication, Dosing, Step, DoseConflict, Drug, Strength)
"""What is read as a part of one of them."""


class Recorder:
    """Writes down what is asked while a rule is judged."""

    def __init__(self, chart: Chart) -> None:
        """Begin with a chart; nothing is recorded before :meth:`asking`."""
        self._chart = chart
        self._stand_ins: dict[tuple[int, int], Any] = {}
        self._frames: list[_Frame] = [_Frame()]
        self._roots: dict[int, Any] = {}
        self._lines: dict[int, tuple[str, tuple[str, ...]]] = {}
        self._names: dict[int, tuple[Decimal, str]] = {}
        self._numbers: dict[str, Quantity] = {}
        self._quiet: list[FrameType] = []
        self._predicates: list[tuple[FrameType, str]] = []
        self._module = ""
        self._codes: dict[CodeType, str | None] = {}

    @contextmanager
    def asking(self, module: str) -> Iterator[None]:
        """Record what is asked from here on by the rule of that module."""
        self._frames, self._names, self._numbers = [_Frame()], {}, {}
        self._quiet, self._predicates, self._module = [], [], module
        before = sys.getprofile()
        sys.setprofile(self._seen)
        try:
            yield
        finally:
            sys.setprofile(before)

    @property
    def record(self) -> Record:
        """What was asked since :meth:`asking`."""
        frame = self._frames[0]
        looked_at = tuple(self._about(self._roots[key], told) for key, told in frame.values.items())
        return Record(tuple(frame.conditions), frame.last, looked_at, tuple(sorted(self._numbers.items())))

    @property
    def is_quiet(self) -> bool:
        """Whether what is read now is read only to be said or offered."""
        return bool(self._quiet)

    # --- predicates, seen through the interpreter's hook ---

    def _seen(self, frame: FrameType, event: str, value: Any) -> None:
        if event == "call":
            sentence = self._sentence_of(frame)
            if sentence is None:
                return
            if not sentence:
                self._quiet.append(frame)
            elif not self._quiet:
                self._predicates.append((frame, sentence))
                self._frames.append(_Frame())
        elif event == "return":
            if self._quiet and self._quiet[-1] is frame:
                self._quiet.pop()
            elif self._predicates and self._predicates[-1][0] is frame:
                self._close(frame, self._predicates.pop()[1], value)

    def _sentence_of(self, frame: FrameType) -> str | None:
        """The sentence of a predicate, ``""`` for what is not to be recorded, ``None`` for everything else."""
        code = frame.f_code
        if code not in self._codes:
            self._codes[code] = self._look_up(frame)
        return self._codes[code]

    def _look_up(self, frame: FrameType) -> str | None:
        code, module = frame.f_code, str(frame.f_globals.get("__name__", ""))
        if module in _QUIET_MODULES or code in _QUIET_FUNCTIONS:
            return ""
        if module == __name__ or not (module == self._module or module.startswith("cards.")):
            return None
        function = frame.f_globals.get(code.co_name)
        if not isinstance(function, FunctionType) or function.__code__ is not code:
            return None
        docstring = function.__doc__ or ""
        return questions.as_a_sentence(docstring) if docstring.startswith("Whether ") else None

    def _close(self, frame: FrameType, sentence: str, value: Any) -> None:
        inside = self._frames.pop()
        is_unknown = value is None and any(c.answer is Answered.UNKNOWN for c in inside.conditions)
        if not isinstance(value, bool) and not is_unknown:
            for condition in inside.conditions:
                self._put(condition)
            self._keep(inside)
            return
        root = self._subject(frame)
        about = [] if root is None else [self._about(root, inside.values.pop(id(root), {}))]
        self._keep(inside)
        answer = Answered.UNKNOWN if is_unknown else Answered.MET if value else Answered.NOT_MET
        self._put(Condition(sentence, answer, about, parts=inside.conditions))

    def _subject(self, frame: FrameType) -> Any:
        """What a predicate is about: the first of its arguments that is a noun."""
        names = frame.f_code.co_varnames[: frame.f_code.co_argcount]
        for argument in map(frame.f_locals.get, names):
            if isinstance(argument, _StandIn):
                return _watching(argument).root
        return None

    def _keep(self, inside: _Frame) -> None:
        """Let values that were read within a question stand where it was asked."""
        for key, told in inside.values.items():
            for name, words in told.items():
                self._add_value(key, name, words)

    # --- what is written down ---

    def _put(self, condition: Condition, *, is_subject: bool = False) -> None:
        """Write a condition down. Which drafts there are is where a rule begins, and never the last thing it asks."""
        frame = self._frames[-1]
        put = _add(frame.conditions, condition)
        if not is_subject:
            frame.last = put

    def _about(self, root: Any, values: dict[str, list[str]]) -> About:
        if id(root) not in self._lines:
            self._roots[id(root)] = root
            self._lines[id(root)] = _told_of(root)
        what, references = self._lines[id(root)]
        return About(what, references, tuple((name, ", ".join(words)) for name, words in values.items()))

    def _add_value(self, root: int, name: str, words: Iterable[str]) -> None:
        told = self._frames[-1].values.setdefault(root, {}).setdefault(name, [])
        told.extend(word for word in words if word not in told)

    def asked(self, condition: Condition, nouns: Iterable[Any] = (), *, is_subject: bool = False) -> None:
        """A question of the chart with its answer, and the nouns it gave."""
        if self.is_quiet:
            return
        found = [noun for noun in nouns if not isinstance(noun, PatientFacts)]
        condition.about = [self._about(noun, {}) for noun in found[:_MOST_TOLD]]
        condition.more = max(0, len(found) - _MOST_TOLD)
        self._put(condition, is_subject=is_subject)

    def passed(self, exposures: Iterable[Exposure], says: str) -> None:
        """That no opioid matters, with the courses that did until lately and the day on which each ceased to."""
        if self.is_quiet:
            return
        about = []
        for exposure in exposures:
            read = ("last_day", "clear_on")
            values = {
                questions.value_name("Exposure", name): [questions.value_words(name, getattr(exposure, name))]
                for name in read
            }
            about.append(self._about(exposure, values | {"day of the review": [day(self._chart.today)]}))
        self._put(Condition(says, Answered.NOT_MET, about[:_MOST_TOLD], max(0, len(about) - _MOST_TOLD)))

    def read_of_the_chart(self, name: str, words: str) -> None:
        """A value of the chart that was read."""
        if not self.is_quiet:
            self._roots[id(self._chart)] = self._chart
            self._add_value(id(self._chart), name, [words])
            self._frames[-1].last = f"{name}: {words}"

    def compared(self, value: Any, how: str, number: _Number, *, result: bool) -> None:
        """A comparison with a number."""
        if self.is_quiet:
            return
        known = self._names.get(id(value))
        name = known[1] if known is not None else ""
        told, limit = (questions.with_unit(one, number.quantity.unit) for one in (value, number.quantity))
        shown = Compared(told, name, how, number.name, limit)
        says = f"{name + ' ' if name else ''}{told} is {how} {shown.limit} ({number.name.replace('_', '-')})"
        self._put(Condition(says, Answered.MET if result else Answered.NOT_MET, compared=shown))

    def looked_up(self, name: str, quantity: Quantity) -> None:
        """A number that was read."""
        if not self.is_quiet:
            self._numbers[name] = quantity

    # --- nouns ---

    def stand_in(self, value: Any, within: _Watching | None = None) -> Any:
        """A noun, or a row of them, that remembers what is read of it; anything else as it is."""
        if isinstance(value, tuple | list):
            return type(value)(self.stand_in(one, within) for one in value) if value else value
        kind = type(value)
        is_part = within is not None and kind in _PARTS
        if not is_part and kind not in _ROOTS:
            return value
        root = within.root if is_part and within is not None else value
        key = (id(value), id(root))
        if key not in self._stand_ins:
            self._roots[id(root)] = root
            self._stand_ins[key] = _made_like(value, _Watching(self, value, root))
        return self._stand_ins[key]

    def noted(self, watching: _Watching, name: str, arguments: tuple[Any, ...], value: Any, inside: _Frame) -> None:
        """Something that was read of a noun."""
        noun = type(watching.original).__name__
        if isinstance(value, bool) or (value is None and name.startswith(("is_", "has_"))):
            answer = Answered.UNKNOWN if value is None else Answered.MET if value else Answered.NOT_MET
            values = inside.values.get(id(watching.root), {})
            if name == "is_under_on":
                values = {"age in years": [questions.value_words("age_on", watching.original.age_on(arguments[-1]))]}
            about = self._about(watching.root, values)
            self._put(Condition(questions.of_a_noun(noun, name, arguments), answer, [about]))
        elif name not in questions.UNTOLD and not isinstance(value, (*_ROOTS, *_PARTS)):
            called = questions.value_name(noun, name)
            if isinstance(value, Decimal):
                self._names[id(value)] = (value, called)
            if not isinstance(value, tuple) or not any(isinstance(one, (*_ROOTS, *_PARTS)) for one in value):
                words = amount(watching.original) if (noun, name) == ("LabResult", "value") else None
                words = words or questions.value_words(name, value)
                self._add_value(id(watching.root), called, [words])
                self._frames[-1].last = f"{called}: {words}"

    def within(self, find: Callable[[], Any]) -> tuple[Any, _Frame]:
        """An answer, and what is asked inside a question of a noun: its values are told, its conditions are not."""
        frame = _Frame()
        self._frames.append(frame)
        try:
            return find(), frame
        finally:
            self._frames.pop()


@dataclass(frozen=True, slots=True)
class _Watching:
    """What a stand-in stands in for, and who writes down what is read of it."""

    recorder: Recorder
    original: Any
    root: Any

    def read(self, stand_in: Any, name: str) -> Any:
        """Answer as the original would."""
        if _is_method(cast("Hashable", type(self.original)), name):
            return partial(self._call, name, object.__getattribute__(stand_in, name))
        return self._found(name, (), partial(object.__getattribute__, stand_in, name))

    def _call(self, name: str, method: Callable[..., Any], *arguments: Any) -> Any:
        return self._found(name, arguments, partial(method, *arguments))

    def _found(self, name: str, arguments: tuple[Any, ...], find: Callable[[], Any]) -> Any:
        recorder = self.recorder
        if recorder.is_quiet:
            value = find()
        else:
            value, inside = recorder.within(find)
            recorder.noted(self, name, arguments, value, inside)
        return recorder.stand_in(value, self)


@cache
def _is_method(noun: Hashable, name: str) -> bool:
    return isinstance(getattr_static(noun, name, None), FunctionType)


class _StandIn:
    """A noun that answers as the original does, and remembers what was read of it."""

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("_"):
            return object.__getattribute__(self, name)
        watching = object.__getattribute__(self, "__dict__").get("_watching")
        # A copy that dataclasses.replace made of a stand-in has no one to report to.
        return object.__getattribute__(self, name) if watching is None else watching.read(self, name)

    def __eq__(self, other: object) -> bool:
        return bool(original_of(self) == original_of(other))

    def __hash__(self) -> int:
        return hash(original_of(self))

    def __repr__(self) -> str:
        return repr(original_of(self))


def _watching(stand_in: _StandIn) -> _Watching:
    return cast("_Watching", object.__getattribute__(stand_in, "__dict__")["_watching"])


def original_of(value: Any) -> Any:
    """What a stand-in stands in for; anything else is its own answer."""
    if isinstance(value, _StandIn) and "_watching" in object.__getattribute__(value, "__dict__"):
        return _watching(value).original
    return value


@cache
def _class_like(noun: Hashable) -> Any:
    return type(f"Watched{getattr(noun, '__name__', '')}", (_StandIn, cast("type", noun)), {})


def _made_like(original: Any, watching: _Watching) -> Any:
    made = object.__new__(_class_like(cast("Hashable", type(original))))
    for one in fields(original):
        object.__setattr__(made, one.name, getattr(original, one.name))
    object.__setattr__(made, "_watching", watching)
    return made


# --- numbers ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Number:
    """A number by its name, and who writes down what it is compared with."""

    name: str
    quantity: Quantity
    recorder: Recorder

    def stands(self, value: Any, how: str, result: Any) -> Any:
        """Write a comparison down and pass its result on."""
        if isinstance(result, bool):
            self.recorder.compared(value, how, self, result=result)
        return result


_BELOW, _ABOVE, _AT_MOST, _AT_LEAST = "below", "above", "at most", "at least"


class _WatchedQuantity(Quantity):
    """A number that remembers what it was compared with. The other side is told first: *dose > limit* is *above*."""

    number: _Number

    def __lt__(self, other: Any) -> Any:
        return self.number.stands(other, _ABOVE, super().__lt__(other))

    def __le__(self, other: Any) -> Any:
        return self.number.stands(other, _AT_LEAST, super().__le__(other))

    def __gt__(self, other: Any) -> Any:
        return self.number.stands(other, _BELOW, super().__gt__(other))

    def __ge__(self, other: Any) -> Any:
        return self.number.stands(other, _AT_MOST, super().__ge__(other))

    @property
    def days(self) -> int:
        """The number as whole days."""
        made = _WatchedDays(int(self))
        made.number = self.number
        return made


class _WatchedDays(int):
    """The same as whole days."""

    number: _Number

    def __lt__(self, other: Any) -> Any:
        return self.number.stands(other, _ABOVE, super().__lt__(other))

    def __le__(self, other: Any) -> Any:
        return self.number.stands(other, _AT_LEAST, super().__le__(other))

    def __gt__(self, other: Any) -> Any:
        return self.number.stands(other, _BELOW, super().__gt__(other))

    def __ge__(self, other: Any) -> Any:
        return self.number.stands(other, _AT_MOST, super().__ge__(other))


class TracedNumbers(Numbers):
    """The numbers of a rule, of which those looked up are remembered, and what they are compared with."""

    def __init__(self, numbers: Numbers, recorder: Recorder) -> None:
        """Stand in for those numbers."""
        self._numbers = numbers
        self._recorder = recorder
        self._watched: dict[str, Quantity] = {}

    def __getattr__(self, name: str) -> Quantity:
        """The number of that name."""
        if name.startswith("_"):
            raise AttributeError(name)
        return self._watch(name, getattr(self._numbers, name))

    def __iter__(self) -> Iterator[tuple[str, Quantity]]:
        """All numbers with their names."""
        return iter(self._numbers)

    def family(self, prefix: str) -> tuple[Quantity, ...]:
        """All numbers whose names begin so, smallest first."""
        members = sorted((number, name) for name, number in self._numbers if name.startswith(prefix))
        return tuple(self._watch(name, number) for number, name in members)

    def _watch(self, name: str, quantity: Quantity) -> Quantity:
        self._recorder.looked_up(name, quantity)
        if name not in self._watched:
            made = _WatchedQuantity(quantity, quantity.unit, quantity.source, quantity.meaning, quantity.allowed)
            made.delivered = quantity.delivered
            made.number = _Number(name, quantity, self._recorder)
            self._watched[name] = made
        return self._watched[name]


# --- the chart -------------------------------------------------------------------------------------------------------


class TracedChart:
    """Stands in for a chart: every question gets the chart's own answer, and is written down with it."""

    def __init__(self, chart: Chart, recorder: Recorder) -> None:
        """Stand in for that chart."""
        self._chart = chart
        self._recorder = recorder

    @property
    def as_chart(self) -> Chart:
        """Itself, for a function that is written for a chart."""
        return cast("Chart", self)

    def __getattr__(self, name: str) -> Any:
        """What the chart has under that name."""
        value = getattr(self._chart, name)
        return partial(self._ask, name, value) if callable(value) else self._told(name, (), value)

    def _ask(self, name: str, question: Callable[..., Any], *arguments: Any) -> Any:
        given = tuple(map(original_of, arguments))
        try:
            answer = question(*given)
        except Unanswered as silence:
            self._recorder.asked(
                Condition(questions.of_the_chart(name, given), Answered.UNKNOWN, missing=silence.kinds)
            )
            raise
        if isinstance(answer, Iterator):
            return self._one_by_one(name, given, answer)
        return self._told(name, given, answer)

    def _one_by_one(self, name: str, given: tuple[Any, ...], answers: Iterator[Any]) -> Iterator[Any]:
        """What the chart gives one by one, and the silence at its end where there is one."""
        found: list[Any] = []
        silence = None
        try:
            for one in answers:
                found.append(one)  # noqa: PERF402 - what came before the silence counts
        except Unanswered as raised:
            silence = raised
        if silence is not None:
            says = questions.of_the_chart(name, given)
            self._recorder.asked(Condition(says, Answered.UNKNOWN, missing=silence.kinds), found)
            yield from self._recorder.stand_in(found)
            raise silence
        yield from self._told(name, given, found)

    def _told(self, name: str, given: tuple[Any, ...], answer: Any) -> Any:
        recorder = self._recorder
        if name in questions.UNTOLD_OF_THE_CHART:
            return answer
        if name in questions.VALUES_OF_THE_CHART:
            told = f"{given[0].value}: " if given else ""
            words = f"{told}{questions.value_words(name, answer)}"
            recorder.read_of_the_chart(questions.VALUES_OF_THE_CHART[name], words)
            return answer
        says = questions.of_the_chart(name, given)
        if name in ("opioids", "exposures") and not answer:
            recorder.passed(self._chart.past_courses, says)
        else:
            met = Answered.MET if answer or name == "must_know" else Answered.NOT_MET
            nouns = given if name == "is_taken" else answer if isinstance(answer, tuple | list) else [answer]
            found = [one for one in nouns if type(one) in _ROOTS]
            recorder.asked(Condition(says, met), found, is_subject=name == "ordering")
        return recorder.stand_in(answer)
