"""``serve``: granian around the web service – processes that answer, threads that wait, a clean end.

The main process loads neither clinic nor Flask; each worker does, and is warm before it listens. One line is printed,
and only when ``/readyz`` has answered: who waits for that line may call.

Asked to stop, the main process leaves a mark that turns ``/readyz`` to 503, waits for ``drain_seconds`` so that a proxy
learns of it, and only then lets the workers finish what they have and end; asked again, it waits no longer. Mark and
counters lie in a folder of this start, and ``/metrics`` on its own port is told by the main process, which outlives
every worker. A demo's first tables it makes too, while the workers load.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread, Timer
from typing import TYPE_CHECKING, Any, Final

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from cds_hooks.first_tables import make_tables, promise_tables
from cds_hooks.house import open_house
from cds_hooks.readiness import DRAINING, OK

if TYPE_CHECKING:
    from flask import Flask

    from cds_hooks.counting import CountersAtADoor
    from cds_hooks.settings import Settings

LONGEST_START: Final = 60.0
"""Seconds without any answer after which a start has failed."""

_STANDARD_ERROR: Final = {"class": "logging.StreamHandler", "formatter": "generic", "stream": "ext://sys.stderr"}
_ERRORS_ONLY: Final[dict[str, Any]] = {"handlers": {"console": _STANDARD_ERROR, "access": _STANDARD_ERROR}}
"""Granian's own words go where the log goes: standard output has the one line, and nothing else."""

_ANY_ADDRESS: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not listened on


class ServeError(Exception):
    """The server could not start; the message says why and what to do."""


class _Server(Server):  # type: ignore[misc, valid-type]
    """Granian that tells when its workers have been started; its own hook comes before, when forking must be safe."""

    watcher: Thread
    counted: CountersAtADoor | None = None
    mark: Path
    drains_for: int
    asked_to_stop = False

    def startup(self, spawn_target: Any, target_loader: Any) -> None:
        super().startup(spawn_target, target_loader)
        self.watcher.start()
        if self.counted is not None:
            self.counted.open()

    def signal_handler_interrupt(self, *_: Any, **__: Any) -> None:
        is_first, self.asked_to_stop = not self.asked_to_stop, True
        if is_first and self.drains_for:
            self.mark.touch()
            waiting = Timer(self.drains_for, super().signal_handler_interrupt)
            waiting.daemon = True
            waiting.start()
        else:
            super().signal_handler_interrupt()

    def stop(self) -> None:
        """Stop at once, without having been asked."""
        super().signal_handler_interrupt()


def _announce(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def serve(settings: Settings, announce: Callable[[str], None] = _announce) -> None:
    """Answer until told to stop (SIGTERM, Ctrl-C); raise :class:`ServeError` when that cannot begin."""
    try:
        made = TemporaryDirectory(prefix="ldn-cds-")
    except OSError:
        raise ServeError("no temporary folder can be written. In a container put a tmpfs on /tmp.") from None
    with made as folder:
        # Before prometheus-client is loaded, here or in a worker: it looks once, and the counters then lie in the folder.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        _serve(settings, announce, Path(folder))


def _serve(settings: Settings, announce: Callable[[str], None], shared: Path) -> None:
    family, address = _resolve(settings.host)
    port = _reserve(family, address, settings)
    server = _server_at(address, port, settings)
    stopping = Event()
    failures: list[str] = []
    where = f"http://{_in_an_address(family, address)}:{port}"

    def not_yet(lacking: str) -> None:
        sys.stderr.write(f"ldn-cds answers on {where} and is not ready yet: {lacking}.\n")
        sys.stderr.flush()

    def watch() -> None:
        make_tables(settings, shared)
        lacking = _becomes_ready(_ANY_ADDRESS.get(address, address), port, stopping, not_yet)
        if lacking:
            failures.append(f"The service did not become ready: {lacking}.")
            server.stop()
        elif not stopping.is_set():
            announce(f"ldn-cds listens on {where} (profile {settings.profile})")

    promise_tables(settings, shared)
    server.watcher = Thread(target=watch, daemon=True)
    server.mark, server.drains_for = shared / DRAINING, settings.drains_for
    if settings.metrics_port:
        from cds_hooks.counting import CountersAtADoor

        server.counted = CountersAtADoor(settings.metrics_host, settings.metrics_port, shared)
    try:
        server.serve(target_loader=partial(_load, settings, os.getpid(), shared), wrap_loader=False)
    except SystemExit:
        # Granian counts a worker that ended on the same Ctrl-C as lost. Asked to stop, we stopped.
        if not (server.interrupt_signal or server.asked_to_stop):
            raise
    finally:
        stopping.set()
        if server.watcher.ident is not None:
            server.watcher.join(timeout=1)
        if server.counted is not None:
            server.counted.close()
    if failures:
        raise ServeError(*failures)


def _in_an_address(family: socket.AddressFamily, address: str) -> str:
    return f"[{address}]" if family == socket.AF_INET6 else address


def _server_at(address: str, port: int, settings: Settings) -> _Server:
    return _Server(
        target="cds_hooks.wsgi:app",
        address=address,
        port=port,
        interface=Interfaces.WSGI,
        workers=settings.workers,
        blocking_threads=settings.threads,
        workers_kill_timeout=10,
        log_level=LogLevels.error,
        log_dictconfig=_ERRORS_ONLY,
    )


def _load(settings: Settings, main_process: int, shared: Path) -> Flask:
    """What each worker answers with. A house in disorder is told in its own words, not as a traceback."""
    from cards import HouseError

    # Until granian listens to signals here, the handlers are copies of the main process's, which stop nothing: a stop
    # during the start would wait for its time to run out. Ctrl-C on a terminal goes to every process; a worker that
    # hears it and the main process's word at once has been seen to hang, so it listens to the latter alone.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    Thread(target=_leave_with, args=(main_process,), daemon=True).start()
    try:
        return open_house(settings, shared)
    except HouseError as error:
        sys.stderr.write("".join(f"{problem}\n" for problem in error.problems))
        raise SystemExit(1) from None


def _leave_with(main_process: int) -> None:
    """End this worker when the main process is gone without having said so, and the port would stay taken."""
    while os.getppid() == main_process:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


def _resolve(host: str) -> tuple[socket.AddressFamily, str]:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0]
    except OSError:
        raise ServeError(f"host {host} is no address of this machine.") from None
    return family, str(address[0])


def _reserve(family: socket.AddressFamily, address: str, settings: Settings) -> int:
    """The port to listen on, after making sure that nobody else does: granian would share it with another server."""
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if sys.platform != "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, settings.port))
        except PermissionError:
            raise ServeError(f"port {settings.port} is reserved; choose one above 1023 with --port.") from None
        except OSError as error:
            message = (
                f"cannot listen on {settings.host} port {settings.port}: {error.strerror}. Is another server running? "
            )
            raise ServeError(f"{message}Choose another port with --port.") from None
        return int(probe.getsockname()[1])


def _becomes_ready(address: str, port: int, stopping: Event, tell: Callable[[str], None]) -> str:
    """Nothing when ``/readyz`` says so; else why that will not come.

    What somebody else may mend while we run – no client is registered yet, the database is away – is told, and waited for.
    """
    begun = time.monotonic()
    told = ""
    while not stopping.is_set():
        lacking = ""
        with (
            contextlib.suppress(OSError, http.client.HTTPException),
            contextlib.closing(http.client.HTTPConnection(address, port, timeout=10)) as connection,
        ):
            connection.request("GET", "/readyz")
            response = connection.getresponse()
            if response.status == 200:
                return ""
            checks: dict[str, str] = json.loads(response.read())["checks"]
            lacking = "; ".join(f"{name}: {wrong}" for name, wrong in checks.items() if wrong != OK)
            if not checks.get("warm-up") == checks.get("pages") == OK:
                return lacking  # these do not come by waiting; for the first, what stands above in the log says why
        if lacking and lacking != told:
            tell(lacking)
            told = lacking
        if not told and time.monotonic() - begun > LONGEST_START:
            return "it did not answer in time"
        stopping.wait(0.5 if told else 0.02)
    return ""
