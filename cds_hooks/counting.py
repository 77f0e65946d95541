"""The sums of what several processes counted, and ``/metrics`` at an address of its own for the main process of ``serve``.

prometheus-client is loaded when somebody asks: before, it must be told of the folder, and every start would wait for it.
"""

from __future__ import annotations

import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Final

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


def sums_in(folder: Path) -> bytes:
    """What all processes that share a folder counted, as Prometheus reads it; those that are gone included."""
    from prometheus_client import CollectorRegistry
    from prometheus_client.exposition import generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(folder))  # type: ignore[no-untyped-call]
    return generate_latest(registry)


class CountersError(Exception):
    """The address cannot be listened on; the message says why."""


class CountersAtADoor:
    """A small server of one page. Made before the workers start, opened after: they must not inherit it."""

    def __init__(self, host: str, port: int, folder: Path) -> None:
        self._host, self._port, self._folder = host, port, folder
        self._server: ThreadingHTTPServer | None = None
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                told = f"metrics_port: cannot listen on {host} port {port}: {error.strerror}. Choose another one."
                raise CountersError(told) from None

    def open(self) -> None:
        """Listen, and answer in a thread."""
        folder = self._folder

        class Page(BaseHTTPRequestHandler):
            timeout = 10  # seconds; a scraper that goes silent does not keep a thread

            def do_GET(self) -> None:
                if self.path.partition("?")[0] != "/metrics":
                    self.send_error(404)
                    return
                body = sums_in(folder)
                self.send_response(200)
                self.send_header("Content-Type", CONTENT_TYPE)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing: it is asked every few seconds."""

        class Listener(ThreadingHTTPServer):
            address_family = socket.AF_INET6 if ":" in self._host else socket.AF_INET

        self._server = Listener((self._host, self._port), Page)
        Thread(target=self._server.serve_forever, name="metrics", daemon=True).start()

    def close(self) -> None:
        """Listen no longer."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
