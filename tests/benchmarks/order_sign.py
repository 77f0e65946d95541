"""What an order-sign call costs, side by side with the floors E and F, in one run.

    python -m tests.benchmarks.order_sign            # in process, the start, and over HTTP: five minutes
    python -m tests.benchmarks.order_sign --quick    # fewer rounds: a minute and a half
    python -m tests.benchmarks.order_sign --tiny     # that it runs, no more

Prints ratios, because machines differ and ratios hold; the times are there to be read, not quoted. In process the
processor's clock is used; over HTTP all servers run at once, with one worker each, and are called in turn. Rounds are
interleaved everywhere, so that a machine that is busy with something else is so for all alike. ``README.md`` beside
this file says what each figure means and what was reached.
"""

from __future__ import annotations

import atexit
import gc
import http.client
import io
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import orjson

from cds_hooks.application import create_app, random_uuid, settle_memory, warm_up
from cds_hooks.memory import traces
from cds_hooks.memory.opening import open_store
from cds_hooks.settings import Settings
from cds_hooks.store import Store
from tests.benchmarks.floors import floor_e, floor_f
from tests.benchmarks.requests_of_size import a_request, unseen
from tests.charts import D, the_clinic

PATH = "/cds-services/ldn-order-sign"

Bodies = Callable[[], bytes]


@dataclass(frozen=True)
class Effort:
    """How much is measured."""

    sizes: tuple[int, ...] = (30, 100, 500)
    long_sizes: tuple[int, ...] = (100, 500, 1000, 2000, 5000)
    rounds: int = 15
    calls: int = 3000  # in a round, divided by the number of resources
    http_rounds: int = 5
    seconds: float = 2.0


QUICK = Effort(rounds=5, http_rounds=3, seconds=0.7)
TINY = Effort(sizes=(10,), long_sizes=(10, 20), rounds=1, calls=30, http_rounds=1, seconds=0.1)


def our_app() -> Any:
    """The service without the check of outgoing resources, as the floors check nothing either."""
    return _ours(checks_outgoing=False)


def our_whole_app() -> Any:
    """The service with that check, remembering in memory."""
    return _ours(checks_outgoing=True)


def our_stored_app() -> Any:
    """The service as delivered: every call is kept in a database before its answer leaves.

    Explanations are left in the database for another process: here they would run while the next server is measured.
    """
    traces._MOST_WAITING = 0
    folder = tempfile.TemporaryDirectory()
    settings = Settings(database=f"sqlite:///{folder.name}/ldn.sqlite3", secret="s" * 32)
    store = open_store(settings, software="benchmark", new_id=random_uuid)
    atexit.register(folder.cleanup)
    atexit.register(store.close)  # which is called first
    return _ours(checks_outgoing=True, store=store)


def _ours(*, checks_outgoing: bool, store: Store | None = None) -> Any:
    settings = Settings(log_level="critical", check_outgoing=checks_outgoing)
    app = create_app(the_clinic(), settings, store=store, today=lambda: D)
    warm_up(app)
    settle_memory()
    return app


# --- in process ------------------------------------------------------------------------------------------------------


def _call(app: Any, path: str, bodies: Bodies) -> Callable[[], None]:
    environ = {
        "REQUEST_METHOD": "POST", "PATH_INFO": path, "SERVER_NAME": "localhost", "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.errors": sys.stderr,
        "wsgi.multithread": True, "wsgi.multiprocess": False, "wsgi.run_once": False, "CONTENT_TYPE": "application/json",
    }  # fmt: skip

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
        assert status.startswith("200"), status
        return lambda _: None

    def call() -> None:
        body = bodies()
        answer = app({**environ, "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body)}, start_response)
        for _ in answer:
            pass
        answer.close()

    return call


def _interleaved(calls: dict[str, Callable[[], None]], rounds: int, each: int) -> dict[str, float]:
    """Median processor time per call in µs, rounds taken in turn so that a drift of the machine hits all alike.

    Of the thread that answers: what another one explains in the meantime is nobody's wait.
    """
    for call in calls.values():
        for _ in range(min(20, each)):
            call()
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            begun = time.thread_time()
            for _ in range(each):
                call()
            times[name].append((time.thread_time() - begun) / each * 1e6)
    return {name: statistics.median(found) for name, found in times.items()}


def in_process(effort: Effort) -> None:
    """Ratios to the floors at each size, then the cost of a further resource."""
    e, f, bare, whole, stored = floor_e(), floor_f(), our_app(), our_whole_app(), our_stored_app()
    settle_memory()
    print("\nIn process, µs of processor time per call (median), and ratios")
    names = ("E", "F", "quiet", "card", "unseen", "checked", "stored")
    print(f"{'resources':>9} {'kB':>5}" + "".join(f"{name:>9}" for name in names)
          + f"{'quiet/E':>9}{'card/E':>9}{'checked/F':>11}{'stored/F':>10}")  # fmt: skip
    for size in effort.sizes:
        card, quiet = a_request(size), a_request(size, with_card=False)
        calls = {
            "E": _call(e, "/echo", lambda card=card: card),
            "F": _call(f, "/echo", lambda card=card: card),
            "quiet": _call(bare, PATH, lambda quiet=quiet: quiet),
            "card": _call(bare, PATH, lambda card=card: card),
            "unseen": _call(bare, PATH, unseen(card)),
            "checked": _call(whole, PATH, lambda card=card: card),
            "stored": _call(stored, PATH, lambda card=card: card),
        }
        found = _interleaved(calls, effort.rounds, max(3, effort.calls // size))
        print(
            f"{size:>9} {len(card) / 1000:>5.0f}" + "".join(f"{found[name]:>9.0f}" for name in names)
            + f"{found['quiet'] / found['E']:>9.2f}{found['card'] / found['E']:>9.2f}"
            + f"{found['checked'] / found['F']:>11.2f}{found['stored'] / found['F']:>10.2f}"
        )  # fmt: skip
    print("\nCost of a further resource, µs (slope), against orjson.loads of the same body")
    print(f"{'from–to':>12} {'ours':>7} {'orjson':>7} {'ratio':>6}")
    points = {}
    for size in effort.long_sizes:
        body = a_request(size)
        calls = {
            "ours": _call(bare, PATH, lambda body=body: body),
            "orjson": lambda body=body: orjson.loads(body),
        }
        points[size] = _interleaved(calls, effort.rounds, max(3, effort.calls // size))
    sizes = list(points)
    for low, high in [*pairwise(sizes), (sizes[0], sizes[-1])]:
        ours, theirs = ((points[high][name] - points[low][name]) / (high - low) for name in ("ours", "orjson"))
        print(f"{f'{low}–{high}':>12} {ours:>7.2f} {theirs:>7.2f} {ours / theirs:>6.2f}")


# --- over HTTP -------------------------------------------------------------------------------------------------------


def _free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


@contextmanager
def _server(target: str) -> Iterator[int]:
    port = _free_port()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "1", "--blocking-threads", "16"),
            *("--no-access-log", "--log-level", "error", "--host", "127.0.0.1", "--port", str(port)),
            *("--factory", target),
        ],
        stdout=subprocess.DEVNULL,
    )
    try:
        for _ in range(400):
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _load(port: int, path: str, body: bytes, clients: int, seconds: float) -> tuple[float, float, float]:
    """Median and 99th percentile in ms, and calls per second."""
    taken: list[float] = []
    lock = threading.Lock()
    until = time.perf_counter() + seconds

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        mine = []
        while time.perf_counter() < until or not mine:
            begun = time.perf_counter()
            connection.request("POST", path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            response.read()
            assert response.status == 200, response.status
            mine.append((time.perf_counter() - begun) * 1000)
        with lock:
            taken.extend(mine)

    begun = time.perf_counter()
    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ordered = sorted(taken)
    return statistics.median(ordered), ordered[int(len(ordered) * 0.99)], len(ordered) / (time.perf_counter() - begun)


def over_http(effort: Effort) -> None:
    """One worker each; every server with the same bodies in turn, round after round."""
    here = "tests.benchmarks"
    with ExitStack() as open_servers:
        e, f, bare, whole, stored = (
            open_servers.enter_context(_server(target))
            for target in (
                *(f"{here}.floors:floor_e", f"{here}.floors:floor_f"),
                *(f"{here}.order_sign:{app}" for app in ("our_app", "our_whole_app", "our_stored_app")),
            )
        )

        def places(size: int) -> dict[str, tuple[int, str, bytes]]:
            card, quiet = a_request(size), a_request(size, with_card=False)
            return {
                "E": (e, "/echo", card),
                "F": (f, "/echo", card),
                "quiet": (bare, PATH, quiet),
                "card": (bare, PATH, card),
                "checked": (whole, PATH, card),
                "stored": (stored, PATH, card),
            }

        print("\nOver HTTP, granian, one worker, one client: p50 in ms (median of rounds), and ratios")
        names = tuple(places(1))
        print(f"{'resources':>9}" + "".join(f"{name:>9}" for name in names)
              + f"{'quiet/E':>9}{'card/E':>9}{'checked/F':>11}{'stored/F':>10}")  # fmt: skip
        for size in effort.sizes:
            found: dict[str, list[float]] = {name: [] for name in names}
            for nth in range(effort.http_rounds + 1):
                for name, place in places(size).items():
                    p50, _, _ = _load(*place, clients=1, seconds=effort.seconds)
                    found[name] += [p50] if nth else []  # the first round warms up
            middle = {name: statistics.median(p50s) for name, p50s in found.items()}
            print(
                f"{size:>9}" + "".join(f"{middle[name]:>9.2f}" for name in names)
                + f"{middle['quiet'] / middle['E']:>9.2f}{middle['card'] / middle['E']:>9.2f}"
                + f"{middle['checked'] / middle['F']:>11.2f}{middle['stored'] / middle['F']:>10.2f}"
            )  # fmt: skip
        print("\nKeeping a call with 30 resources adds, ms at the median (the two servers in turn, without the others)")
        thirty = places(30) | {
            "quiet, checked": (whole, PATH, a_request(30, with_card=False)),
            "quiet, stored": (stored, PATH, a_request(30, with_card=False)),
        }
        for name, without, kept in (("card", "checked", "stored"), ("quiet", "quiet, checked", "quiet, stored")):
            rounds = [
                [_load(*thirty[one], clients=1, seconds=effort.seconds)[0] for one in (without, kept)]
                for _ in range(3 * effort.http_rounds)
            ]
            print(f"{name:>9}{statistics.median(more - less for less, more in rounds):>9.2f}")
        body = a_request(33)
        print(f"\n33 resources ({len(body) / 1000:.0f} kB), one worker: one client, then sixteen")
        quiet = a_request(33, with_card=False)
        places_of_33 = {
            "E": (e, "/echo", body),
            "quiet": (bare, PATH, quiet),
            "card": (bare, PATH, body),
            "quiet, stored": (stored, PATH, quiet),
            "card, stored": (stored, PATH, body),
        }
        for name, place in places_of_33.items():
            ones = [_load(*place, clients=1, seconds=effort.seconds) for _ in range(effort.http_rounds)]
            many = [_load(*place, clients=16, seconds=effort.seconds) for _ in range(effort.http_rounds)]
            p50, p99 = (statistics.median(one[at] for one in ones) for at in (0, 1))
            print(f"{name:>13}  p50 {p50:.2f} ms  p99 {p99:.2f} ms  c=16 {statistics.median(m[2] for m in many):.0f}/s")


def start() -> None:
    """From starting the process to its first answer."""
    port = _free_port()
    body = a_request(30)
    folder = tempfile.TemporaryDirectory()
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "cds_hooks", "serve", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={
            **os.environ,
            "LDN_LOG_LEVEL": "critical",
            "LDN_DATABASE": f"sqlite:///{folder.name}/ldn.sqlite3",
        },
    )
    try:
        while not _answers(port, body):
            assert process.poll() is None, "the server ended before it answered"
            assert time.perf_counter() - begun < 30, "the server did not answer"
            time.sleep(0.01)
        print(f"\nStart to first answer: {time.perf_counter() - begun:.2f} s")
    finally:
        process.terminate()
        process.wait(10)
        folder.cleanup()


def _answers(port: int, body: bytes) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("POST", PATH, body, {"Content-Type": "application/json"})
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def main() -> None:
    """Run everything and print."""
    effort = TINY if "--tiny" in sys.argv else QUICK if "--quick" in sys.argv else Effort()
    start()  # first: nothing of ours is at work beside it yet
    in_process(effort)
    gc.unfreeze()
    over_http(effort)


if __name__ == "__main__":
    main()
