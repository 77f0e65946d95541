"""Who writes down what is asked while a rule is judged."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from types import CodeType, FrameType, FunctionType
from typing import TYPE_CHECKING, Any, Final

from cards import questions
from cards.patients import PatientFacts
from cards.phrasing import day
from cards.results import amount, result_fact
from cards.trace.nouns import PARTS, ROOTS, told_of
from cards.trace.record import MOST_TOLD, About, Answered, Compared, Condition, Frame, Record, add
from cards.trace.stand_ins import StandIn, Watching, made_like, watch_of

if TYPE_CHECKING:
    from cards.chart import Chart, Exposure
    from cards.numbers import Quantity
    from cards.trace.numbers import WatchedNumber

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


class Recorder:
    """Writes down what is asked while a rule is judged."""

    def __init__(self, chart: Chart) -> None:
        """Begin with a chart; nothing is recorded before :meth:`asking`."""
        self._chart = chart
        self._stand_ins: dict[tuple[int, int], Any] = {}
        self._frames: list[Frame] = [Frame()]
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
        self._frames, self._names, self._numbers = [Frame()], {}, {}
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
                self._frames.append(Frame())
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
        if module.startswith(__package__) or not (module == self._module or module.startswith("cards.")):
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
            if isinstance(argument, StandIn):
                return watch_of(argument).root
        return None

    def _keep(self, inside: Frame) -> None:
        """Let values that were read within a question stand where it was asked."""
        for key, told in inside.values.items():
            for name, words in told.items():
                self._add_value(key, name, words)

    # --- what is written down ---

    def _put(self, condition: Condition, *, is_subject: bool = False) -> None:
        """Write a condition down. Which drafts there are is where a rule begins, and never the last thing it asks."""
        frame = self._frames[-1]
        put = add(frame.conditions, condition)
        if not is_subject:
            frame.last = put

    def _about(self, root: Any, values: dict[str, list[str]]) -> About:
        if id(root) not in self._lines:
            self._roots[id(root)] = root
            self._lines[id(root)] = told_of(root)
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
        condition.about = [self._about(noun, {}) for noun in found[:MOST_TOLD]]
        condition.more = max(0, len(found) - MOST_TOLD)
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
        self._put(Condition(says, Answered.NOT_MET, about[:MOST_TOLD], max(0, len(about) - MOST_TOLD)))

    def read_of_the_chart(self, name: str, words: str) -> None:
        """A value of the chart that was read."""
        if not self.is_quiet:
            self._roots[id(self._chart)] = self._chart
            self._add_value(id(self._chart), name, [words])
            self._frames[-1].last = f"{name}: {words}"

    def compared(self, value: Any, how: str, number: WatchedNumber, *, result: bool) -> None:
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

    def stand_in(self, value: Any, within: Watching | None = None) -> Any:
        """A noun, or a row of them, that remembers what is read of it; anything else as it is."""
        if isinstance(value, tuple | list):
            return type(value)(self.stand_in(one, within) for one in value) if value else value
        kind = type(value)
        is_part = within is not None and kind in PARTS
        if not is_part and kind not in ROOTS:
            return value
        root = within.root if is_part and within is not None else value
        key = (id(value), id(root))
        if key not in self._stand_ins:
            self._roots[id(root)] = root
            self._stand_ins[key] = made_like(value, Watching(self, value, root))
        return self._stand_ins[key]

    def noted(self, watching: Watching, name: str, arguments: tuple[Any, ...], value: Any, inside: Frame) -> None:
        """Something that was read of a noun."""
        noun = type(watching.original).__name__
        if isinstance(value, bool) or (value is None and name.startswith(("is_", "has_"))):
            answer = Answered.UNKNOWN if value is None else Answered.MET if value else Answered.NOT_MET
            values = inside.values.get(id(watching.root), {})
            if name == "is_under_on":
                values = {"age in years": [questions.value_words("age_on", watching.original.age_on(arguments[-1]))]}
            about = self._about(watching.root, values)
            self._put(Condition(questions.of_a_noun(noun, name, arguments), answer, [about]))
        elif name not in questions.UNTOLD and not isinstance(value, (*ROOTS, *PARTS)):
            called = questions.value_name(noun, name)
            if isinstance(value, Decimal):
                self._names[id(value)] = (value, called)
            if not isinstance(value, tuple) or not any(isinstance(one, (*ROOTS, *PARTS)) for one in value):
                words = amount(watching.original) if (noun, name) == ("LabResult", "value") else None
                words = words or questions.value_words(name, value)
                self._add_value(id(watching.root), called, [words])
                self._frames[-1].last = f"{called}: {words}"

    def within(self, find: Callable[[], Any]) -> tuple[Any, Frame]:
        """An answer, and what is asked inside a question of a noun: its values are told, its conditions are not."""
        frame = Frame()
        self._frames.append(frame)
        try:
            return find(), frame
        finally:
            self._frames.pop()
