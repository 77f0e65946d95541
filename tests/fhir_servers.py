"""A FHIR server in a thread, with made-up patients and every way to fail that a real one has."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

Json = dict[str, Any]
TOKEN = "made-up-token-c4n4ry"  # noqa: S105 - made up


@dataclass
class Asked:
    """One request that came."""

    method: str
    path: str
    body: str
    authorization: str
    cookie: str


@dataclass
class FhirServer:
    """What it holds by resource type, how it fails, and what it was asked."""

    base: str = ""
    holds: dict[str, list[Json]] = field(default_factory=dict)
    fault: str = ""
    faulty: frozenset[str] = frozenset()
    """The resource types that fail; empty: all of them."""
    waits: float = 0.0
    next_link: str = ""
    linked: str = ""
    """The resource type whose lists have a next link; empty: all of them."""
    asked: list[Asked] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)
    most_at_once: int = 0
    now: int = 0

    def bundle(self, kind: str) -> Json:
        found = self.holds.get(kind, [])
        made: Json = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": one} for one in found]}
        if self.next_link and self.linked in ("", kind):
            made["link"] = [{"relation": "next", "url": self.next_link}]
        return made


_BODIES = {
    "html": b"<html><body>Please sign in</body></html>",
    "cut off": b'{"resourceType": "Bundle", "entry": [',
    "too much": b'{"resourceType": "Bundle", "x": "' + b"x" * 5_000_000 + b'"}',
    "outcome": b'{"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "forbidden"}]}',
}
"""What comes with status 200 and is of no use."""


class _Handler(BaseHTTPRequestHandler):
    told: FhirServer
    root: str
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode()
        with self.told.lock:
            self.told.asked.append(
                Asked(
                    self.command,
                    self.path,
                    body,
                    self.headers.get("Authorization", ""),
                    self.headers.get("Cookie", ""),
                )
            )
            self.told.now += 1
            self.told.most_at_once = max(self.told.most_at_once, self.told.now)
        try:
            kind = self.path.removeprefix(f"{self.root}/").split("?")[0].split("/")[0]
            if self.told.waits:
                time.sleep(self.told.waits)
            if self.told.fault and (not self.told.faulty or kind in self.told.faulty):
                self.fail(self.told.fault)
            else:
                self.serve(kind)
        finally:
            with self.told.lock:
                self.told.now -= 1

    do_POST = do_GET  # noqa: N815 - as the standard library calls it

    def serve(self, kind: str) -> None:
        page = self.told.holds.get(self.path)
        if page is not None:
            self.answer(200, page[0])
        elif "?" not in self.path and not self.path.endswith("_search"):
            found = self.told.holds.get(kind)
            self.answer(*((200, found[0]) if found else (404, {"resourceType": "OperationOutcome", "issue": []})))
        else:
            self.answer(200, self.told.bundle(kind))

    def answer(self, status: int, body: Any, more: Mapping[str, str] | None = None) -> None:
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/fhir+json")
        self.send_header("Content-Length", str(len(text)))
        self.send_header("Set-Cookie", "session=made-up")
        for name, value in (more or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def fail(self, fault: str) -> None:
        match fault:
            case _ if fault in _BODIES:
                self.answer(200, _BODIES[fault])
            case "slow":
                time.sleep(3)
            case "half-closed":
                self.send_response(200)
                self.send_header("Content-Length", "100000")
                self.end_headers()
                self.wfile.write(b'{"resourceType": "Bundle", "entry": [')
                self.close_connection = True
            case "hangs up":
                self.close_connection = True
            case "no HTTP":
                self.wfile.write(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
                self.close_connection = True
            case "drips":
                self.send_response(200)
                self.send_header("Content-Length", "100")
                self.end_headers()
                for _ in range(30):
                    self.wfile.write(b" ")
                    self.wfile.flush()
                    time.sleep(0.1)
            case "redirect":
                self.answer(302, b"", {"Location": self.told.next_link})
            case status:
                self.answer(int(status), {"resourceType": "OperationOutcome", "issue": []})

    def log_message(self, *_: Any) -> None:
        pass

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:  # the other side went away, which is what some tests are about
            self.close_connection = True


@contextmanager
def a_fhir_server(path: str = "/fhir") -> Iterator[FhirServer]:
    """A server on this machine."""
    told = FhirServer()
    handler = type("Handler", (_Handler,), {"told": told, "root": path})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    told.base = f"http://127.0.0.1:{server.server_address[1]}{path}"
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
