"""EHRs with keys of their own, a key server that counts, and a register to put them in, for tests. All made up."""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

Json = dict[str, Any]
ISSUER = "https://ehr.example.org"
PUBLIC_URL = "https://cds.example.org"


@cache
def ec_key(nth: int = 0, curve: str = "P-384") -> ec.EllipticCurvePrivateKey:
    """A key pair, always the same for the same number in one run."""
    return ec.generate_private_key({"P-384": ec.SECP384R1, "P-256": ec.SECP256R1, "P-521": ec.SECP521R1}[curve]())


@cache
def rsa_key(nth: int = 0, bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def as_jwk(key: Any, kid: str, **changes: Any) -> Json:
    """The public half of a key as a member of a key set."""
    if isinstance(key, rsa.RSAPrivateKey):
        public: Json = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    else:
        public = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    jwk = {"kid": kid, "use": "sig", **public, **changes}
    return {name: value for name, value in jwk.items() if value is not None and name != "key_ops"}


def claims(endpoint: str, now: float | None = None, **changes: Any) -> Json:
    """The claims of a good token for an endpoint; a change to ``...`` takes one out."""
    at = int(time.time() if now is None else now)
    made = {
        "iss": ISSUER,
        "aud": f"{PUBLIC_URL}{endpoint}",
        "iat": at,
        "exp": at + 300,
        "jti": uuid.uuid4().hex,
        **changes,
    }
    return {name: value for name, value in made.items() if value is not ...}


def token(made: Mapping[str, Any], key: Any = None, algorithm: str = "ES384", **header: Any) -> str:
    """A signed token; a change of the header to ``...`` takes a member out."""
    headers = {"kid": "key-1", "typ": "JWT", **header}
    return jwt.encode(dict(made), key or ec_key(), algorithm=algorithm, headers={
        name: value for name, value in headers.items() if value is not ...})  # fmt: skip


def segment(value: Any) -> str:
    """A part of a token, of JSON or of bytes as they are."""
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def signed_by_hand(header: Any, payload: Any, key: Any = None) -> str:
    """A token of whatever header and payload, with a good ES384 signature over them."""
    signed = f"{segment(header)}.{segment(payload)}".encode()
    return f"{signed.decode()}.{segment(jwt.get_algorithm_by_name('ES384').sign(signed, key or ec_key()))}"


@dataclass
class WebServer:
    """An HTTP server in a thread that answers as it is told and remembers what it was asked."""

    address: str = ""
    asked: list[str] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    body: bytes = b"{}"
    status: int = 200
    more: Mapping[str, str] = field(default_factory=dict)
    waits: float = 0.0

    def serves(self, *keys: Json) -> None:
        self.body = json.dumps({"keys": keys}).encode()


@contextmanager
def a_web_server() -> Iterator[WebServer]:
    """A server on this machine."""
    told = WebServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.asked.append(self.path)
            told.headers.append(dict(self.headers))
            if told.waits:
                time.sleep(told.waits)
            self.send_response(told.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(told.body)))
            for name, value in told.more.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(told.body)

        do_POST = do_GET  # noqa: N815 - as the standard library calls it

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.address = f"http://127.0.0.1:{server.server_address[1]}"
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
