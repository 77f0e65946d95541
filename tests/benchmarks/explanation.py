"""What it costs to explain an answer, beside the answer itself, in one run.

    python -m tests.benchmarks.explanation            # every size
    python -m tests.benchmarks.explanation --quick    # fewer rounds

An answer that nobody asks about pays nothing for this: the review knows nothing of it. When asked, every rule is asked
once more through stand-ins, with the interpreter's profiling hook on; that costs many times what the review does.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from cards import Answer, Hook
from cds_hooks import prefetch
from cds_hooks.hook_request import read_hook_request
from cds_hooks.services import SERVICES
from fhir_fixtures import scenarios
from tests.benchmarks.requests_of_size import a_request
from tests.charts import D, the_clinic

SIZES = (30, 100, 500, 5000)


def _answer(body: bytes) -> Answer:
    service = next(one for one in SERVICES if one.hook is Hook.ORDER_SIGN)
    asking = read_hook_request(body, service.hook)
    asked = prefetch.kinds_for(service.keys)
    return the_clinic().answer(service.hook, asking.context, asking.prefetch, asked, D, lambda: "0")


def _median_ms(call: Callable[[], Any], rounds: int) -> float:
    call()
    taken = []
    for _ in range(rounds):
        begun = time.process_time()
        call()
        taken.append((time.process_time() - begun) * 1000)
    return statistics.median(taken)


def main() -> None:
    """Print a row for a request of each size and one for a made-up patient with an opioid."""
    rounds = 5 if "--quick" in sys.argv else 25
    patient = next(one for one in scenarios("order-sign") if one.name == "oxycodone_still_taken")
    bodies = {f"{size} resources": a_request(size) for size in SIZES} | {patient.name: patient.body}
    print("ms of processor time (median)")
    print(f"{'request':>22} {'answer':>8} {'explain':>8} {'+ JSON':>8} {'+ text':>8} {'ratio':>6} {'JSON kB':>8}")
    for name, body in bodies.items():
        answer = _answer(body)
        trace = answer.explain()
        cost = {
            "answer": _median_ms(lambda body=body: _answer(body), rounds),
            "explain": _median_ms(answer.explain, rounds),
            "json": _median_ms(lambda trace=trace: json.dumps(trace.to_json()), rounds),
            "text": _median_ms(trace.to_text, rounds),
        }
        size = len(json.dumps(trace.to_json())) / 1000
        print(
            f"{name:>22} {cost['answer']:>8.2f} {cost['explain']:>8.1f} {cost['json']:>8.1f} {cost['text']:>8.1f} "
            f"{cost['explain'] / cost['answer']:>6.1f} {size:>8.0f}"
        )


if __name__ == "__main__":
    main()
