"""An OpenID Connect provider that runs in the tests, over HTTP: metadata, keys, authorization, token.

It says yes at once, for whom it is told to, and checks what a provider checks: client, redirect, code, PKCE. What it
signs can be spoilt on purpose.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

CLIENT = "review-desk"
SECRET = "between the two"  # noqa: S105


@dataclass
class RunningProvider:
    """The provider. ``claims`` are told of whoever signs in; ``spoil`` changes the claims just before they are signed."""

    address: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    spoil: Callable[[dict[str, Any]], None] = lambda claims: None
    key: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    signs_with: Any = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/keys",
        }

    def keys(self) -> dict[str, Any]:
        public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [public | {"kid": "one", "alg": "ES256", "use": "sig"}]}

    def authorize(self, query: dict[str, str]) -> str:
        """Where the browser is sent after its user said yes."""
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT
        assert query["code_challenge_method"] == "S256"
        code = f"code-{len(self.codes)}"
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        told = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        begun = self.codes.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if (
            told != f"{CLIENT}:{SECRET}"
            or begun is None
            or form["redirect_uri"] != begun["redirect_uri"]
            or challenge.decode().rstrip("=") != begun["code_challenge"]
        ):
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {"iss": self.address, "aud": CLIENT, "sub": "subject-1", "iat": now, "exp": now + 300}
        claims |= {"nonce": begun["nonce"], **self.claims}
        self.spoil(claims)
        signed = jwt.encode(claims, self.signs_with or self.key, algorithm="ES256", headers={"kid": "one"})
        return 200, {"access_token": "not needed", "token_type": "Bearer", "id_token": signed}


@contextmanager
def running_provider() -> Iterator[RunningProvider]:
    """A provider on a free port of loopback."""
    provider = RunningProvider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            provider.asked.append(self.path)
            parts = urlsplit(self.path)
            if parts.path == "/authorize":
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                self.send_response(302)
                self.send_header("Location", provider.authorize(query))
                self.end_headers()
                return
            told = {"/.well-known/openid-configuration": provider.metadata, "/keys": provider.keys}[parts.path]
            self._answer(200, told())

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self._answer(*provider.token(form, self.headers.get("Authorization", "")))

        def _answer(self, status: int, told: dict[str, Any]):
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(told).encode())

        def log_message(self, *_: Any):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
