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

from cards.trace.charts import TracedChart
from cards.trace.nouns import order_line
from cards.trace.numbers import TracedNumbers
from cards.trace.record import About, Answered, Compared, Condition, Record
from cards.trace.recorder import Recorder
from cards.trace.stand_ins import original_of

__all__ = [
    "About",
    "Answered",
    "Compared",
    "Condition",
    "Record",
    "Recorder",
    "TracedChart",
    "TracedNumbers",
    "order_line",
    "original_of",
]
