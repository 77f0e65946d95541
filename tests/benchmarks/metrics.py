"""What it costs to read ``/metrics`` when everything has happened, beside the least it can, in one run.

    python -m tests.benchmarks.metrics

The least is prometheus-client writing the same series when nothing is left to count. A call pays for noting; what was
noted is counted by whoever reads.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

from prometheus_client import generate_latest

from cds_hooks.metrics import Metrics
from tests.test_metrics import everything_that_can_happen, samples

ROUNDS = 9


def _ms(call: Callable[[], Any]) -> float:
    begun = time.process_time()
    call()
    return (time.process_time() - begun) * 1000


def main() -> None:
    """Print the series, and milliseconds of processor time: read for the first time, again, and the floor."""
    first, again, floor, series = [], [], [], 0
    for _ in range(ROUNDS):
        metrics: Metrics = everything_that_can_happen()
        first.append(_ms(metrics.text))
        again.append(_ms(metrics.text))
        floor.append(_ms(lambda metrics=metrics: generate_latest(metrics.registry)))
        series = len(samples(metrics.text()))
    least = statistics.median(floor)
    print(f"{series} series, ms of processor time (median) and times the floor")
    for name, taken in (("first", first), ("again", again), ("floor", floor)):
        print(f"{name:>8} {statistics.median(taken):8.1f} {statistics.median(taken) / least:6.2f}")


if __name__ == "__main__":
    main()
