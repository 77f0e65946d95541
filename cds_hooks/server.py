"""``serve``: granian around the web service – processes that answer, threads that wait, a clean end.

The main process loads neither clinic nor Flask; each worker does, and is warm before it listens. One line is printed,
and only when ``/readyz`` has answered: who waits for that line may call.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from functools import partial
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Final

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from cds_hooks.house import open_house

if TYPE_CHECKING:
    from flask import Flask

    from cds_hooks.settings import Settings

LONGEST_START: Final = 60.0
"""Seconds after which a start has failed."""

_STANDARD_ERROR: Final = {"class": "logging.StreamHandler", "formatter": "generic", "stream": "ext://sys.stderr"}
_ERRORS_ONLY: Final[dict[str, Any]] = {"handlers": {"console": _STANDARD_ERROR, "access": _STANDARD_ERROR}}
"""Granian's own words go where the log goes: standard output has the one line, and nothing else."""

_ANY_ADDRESS: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not listened on


class ServeError(Exception):
    """The server could not start; the message says why and what to do."""


class _Server(Server):  # type: ignore[misc, valid-type]
    """Granian that tells when its workers have been started; its own hook comes before, when forking must be safe."""

    def startup(self, spawn_target: Any, target_loader: Any) -> None:
        super().startup(spawn_target, target_loader)
        self.watcher.start()

    def stop(self) -> None:
        self.signal_handler_interrupt()


def _announce(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def serve(settings: Settings, announce: Callable[[str], None] = _announce) -> None:
    """Answer until told to stop (SIGTERM, Ctrl-C); raise :class:`ServeError` when that cannot begin."""
    family, address = _resolve(settings.host)
    port = _reserve(family, address, settings)
    server = _Server(
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
    stopping = Event()
    failures: list[str] = []

    def watch() -> None:
        if _becomes_ready(_ANY_ADDRESS.get(address, address), port, stopping):
            shown = f"[{address}]" if family == socket.AF_INET6 else address
            announce(f"ldn-cds listens on http://{shown}:{port} (profile {settings.profile})")
        elif not stopping.is_set():
            failures.append("The service did not become ready; what stands above says why.")
            server.stop()

    server.watcher = Thread(target=watch, daemon=True)
    try:
        server.serve(target_loader=partial(_load, settings, os.getpid()), wrap_loader=False)
    except SystemExit:
        # Granian counts a worker that ended on the same Ctrl-C as lost. Asked to stop, we stopped.
        if not server.interrupt_signal:
            raise
    finally:
        stopping.set()
        server.watcher.join(timeout=1)
    if failures:
        raise ServeError(*failures)


def _load(settings: Settings, main_process: int) -> Flask:
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
        return open_house(settings)
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


def _becomes_ready(address: str, port: int, stopping: Event) -> bool:
    deadline = time.monotonic() + LONGEST_START
    while not stopping.is_set() and time.monotonic() < deadline:
        with (
            contextlib.suppress(OSError, http.client.HTTPException),
            contextlib.closing(http.client.HTTPConnection(address, port, timeout=10)) as connection,
        ):
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        stopping.wait(0.02)
    return False
