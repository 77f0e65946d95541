"""A chart whose every answer is written down."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from cards import questions
from cards.chart import Unanswered
from cards.trace.nouns import ROOTS
from cards.trace.record import Answered, Condition
from cards.trace.stand_ins import original_of

if TYPE_CHECKING:
    from cards.chart import Chart
    from cards.trace.recorder import Recorder


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
            found = [one for one in nouns if type(one) in ROOTS]
            recorder.asked(Condition(says, met), found, is_subject=name == "ordering")
        return recorder.stand_in(answer)
