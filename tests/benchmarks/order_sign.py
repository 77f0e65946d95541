"""What an order-sign call costs, side by side with the floors E and F, in one run.

    python -m tests.benchmarks.order_sign            # in process and over HTTP
    python -m tests.benchmarks.order_sign --quick    # fewer rounds

Prints ratios, because machines differ and ratios hold; the absolute times are there to be read, not quoted. In process
the processor's clock is used and rounds are interleaved; over HTTP each server runs alone on one worker, in turn.
"""

from __future__ import annotations

import gc
import http.client
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any
from collections.abc import Iterator

import orjson

from cds_hooks.application import create_app, warm_up
from cds_hooks.settings import Settings
from tests.benchmarks.floors import floor_e, floor_f
from tests.benchmarks.requests_of_size import a_request
from tests.charts import the_clinic

SIZES = (30, 100, 500)
PATH = "/cds-services/ldn-order-sign"


def _call(app: Any, path: str, body: bytes) -> Callable[[], None]:
    environ = {
        "REQUEST_METHOD": "POST", "PATH_INFO": path, "SERVER_NAME": "localhost", "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.errors": sys.stderr,
        "wsgi.multithread": True, "wsgi.multiprocess": False, "wsgi.run_once": False, "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
    }  # fmt: skip

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
        assert status.startswith("200"), status
        return lambda _: None

    def call() -> None:
        import io  # noqa: PLC0415

        for _ in app({**environ, "wsgi.input": io.BytesIO(body)}, start_response):
            pass

    return call


def _interleaved(calls: dict[str, Callable[[], None]], rounds: int, each: int) -> dict[str, float]:
    """Median processor time per call in µs, rounds taken in turn so that a drift of the machine hits all alike."""
    for call in calls.values():
        for _ in range(20):
            call()
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            begun = time.process_time()
            for _ in range(each):
                call()
            times[name].append((time.process_time() - begun) / each * 1e6)
    return {name: statistics.median(found) for name, found in times.items()}


def _ours(*, checks_outgoing: bool) -> Any:
    settings = Settings(log_level="critical", check_outgoing=checks_outgoing)
    app = create_app(the_clinic(), settings)
    warm_up(app)
    return app


def in_process(rounds: int) -> None:
    """Ratios to the floors at each size, then the cost of a further resource."""
    e, f = floor_e(), floor_f()
    bare, whole = _ours(checks_outgoing=False), _ours(checks_outgoing=True)
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    print("\nIn process, µs of processor time per call (median), and ratios")
    print(f"{'resources':>9} {'body kB':>8} {'E':>8} {'F':>9} {'ours':>8} {'checked':>8} {'ours/E':>7} {'checked/F':>9}")
    for size in SIZES:
        body = a_request(size)
        found = _interleaved(
            {"E": _call(e, "/echo", body), "F": _call(f, "/echo", body), "ours": _call(bare, PATH, body), "checked": _call(whole, PATH, body)},
            rounds, max(5, 3000 // size),
        )  # fmt: skip
        print(
            f"{size:>9} {len(body) / 1000:>8.0f} {found['E']:>8.0f} {found['F']:>9.0f} {found['ours']:>8.0f} "
            f"{found['checked']:>8.0f} {found['ours'] / found['E']:>7.2f} {found['checked'] / found['F']:>9.2f}"
        )
    print("\nCost of a further resource, µs (slope), against orjson.loads of the same body")
    print(f"{'from–to':>12} {'ours':>7} {'orjson':>7} {'ratio':>6}")
    points = {}
    for size in (100, 500, 1000, 2000, 5000):
        body = a_request(size)
        points[size] = _interleaved(
            {"ours": _call(bare, PATH, body), "orjson": lambda body=body: orjson.loads(body)}, rounds, max(3, 2000 // size)
        )  # type: ignore[dict-item]
    sizes = list(points)
    for low, high in [*zip(sizes, sizes[1:], strict=False), (100, 5000)]:
        slope = {name: (points[high][name] - points[low][name]) / (high - low) for name in ("ours", "orjson")}
        print(f"{f'{low}–{high}':>12} {slope['ours']:>7.2f} {slope['orjson']:>7.2f} {slope['ours'] / slope['orjson']:>6.2f}")


# --- over HTTP -------------------------------------------------------------------------------------------------------


def _free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


@contextmanager
def _server(target: str, **environment: str) -> Iterator[int]:
    port = _free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "1", "--blocking-threads", "16", "--no-access-log",
         "--log-level", "error", "--host", "127.0.0.1", "--port", str(port), "--factory", target],
        env={**os.environ, **environment}, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(200):
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def our_app() -> Any:
    """What the benchmark serves: the service without the check of outgoing resources, as E does none either."""
    return _prepared(_ours(checks_outgoing=False))


def our_whole_app() -> Any:
    """The service as delivered."""
    return _prepared(_ours(checks_outgoing=True))


def _prepared(app: Any) -> Any:
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    return app


def _load(port: int, path: str, body: bytes, clients: int, seconds: float) -> tuple[float, float, float]:
    """Median and 99th percentile in ms, and calls per second."""
    taken: list[float] = []
    lock = threading.Lock()
    until = time.perf_counter() + seconds

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        mine = []
        while time.perf_counter() < until:
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


def over_http(seconds: float) -> None:
    """One worker each, the same bodies, the servers one after the other, twice."""
    here = "tests.benchmarks"
    servers = {
        "E": (f"{here}.floors:floor_e", "/echo"),
        "F": (f"{here}.floors:floor_f", "/echo"),
        "ours": (f"{here}.order_sign:our_app", PATH),
        "checked": (f"{here}.order_sign:our_whole_app", PATH),
    }
    print("\nOver HTTP, granian, one worker, one client: p50 in ms, and ratios")
    print(f"{'resources':>9} {'E':>7} {'F':>7} {'ours':>7} {'checked':>8} {'ours/E':>7} {'checked/F':>9}")
    for size in (30, 100, 500):
        body = a_request(size)
        found: dict[str, list[float]] = {name: [] for name in servers}
        for _ in range(3):
            for name, (target, path) in servers.items():
                with _server(target) as port:
                    _load(port, path, body, 1, 0.5)
                    found[name].append(_load(port, path, body, 1, seconds)[0])
        p50 = {name: min(values) for name, values in found.items()}
        print(
            f"{size:>9} {p50['E']:>7.2f} {p50['F']:>7.2f} {p50['ours']:>7.2f} {p50['checked']:>8.2f} "
            f"{p50['ours'] / p50['E']:>7.2f} {p50['checked'] / p50['F']:>9.2f}"
        )
    body = a_request(33)
    print(f"\n33 resources ({len(body) / 1000:.0f} kB), one worker: p50 ms at c=1, calls a second at c=16")
    for name, (target, path) in servers.items():
        with _server(target) as port:
            _load(port, path, body, 1, 0.5)
            p50, p99, _ = _load(port, path, body, 1, seconds)
            _, _, rate = _load(port, path, body, 16, seconds)
        print(f"{name:>9}  p50 {p50:.2f}  p99 {p99:.2f}  c=16 {rate:.0f}/s")


def start() -> None:
    """From starting the process to its first answer."""
    port = _free_port()
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "cds_hooks", "serve", "--port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while time.perf_counter() - begun < 30:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
                connection.request("POST", PATH, a_request(30), {"Content-Type": "application/json"})
                if connection.getresponse().status == 200:
                    break
            except OSError:
                time.sleep(0.01)
        print(f"\nStart to first answer: {time.perf_counter() - begun:.2f} s")
    finally:
        process.terminate()
        process.wait(10)


def main() -> None:
    """Run everything and print."""
    quick = "--quick" in sys.argv
    in_process(5 if quick else 15)
    start()
    over_http(1.0 if quick else 3.0)


if __name__ == "__main__":
    main()
