"""A certificate authority that nobody knows, as hospitals have one, and TLS in front of any server of the tests."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_PEM = serialization.Encoding.PEM


@dataclass
class Authority:
    """An authority made for one test. ``ca_file`` is what a site would name."""

    folder: Path

    def __post_init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "An authority of a test")])
        self.certificate = self._sign(self.name, self.key, is_authority=True)
        self.ca_file = self.folder / "ca.pem"
        self.ca_file.write_bytes(b"# Krankenhaus-CA, g\xc3\xbcltig\n" + self.certificate.public_bytes(_PEM))

    def context(self, address: str = "127.0.0.1", *, ended: bool = False) -> ssl.SSLContext:
        """What a server at that address needs; ``ended``: its certificate is over."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A server of a test")])
        signed = self._sign(name, key, address=address, ended=ended)
        file = self.folder / "server.pem"
        private = key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        file.write_bytes(private + signed.public_bytes(_PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _sign(
        self,
        name: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        *,
        is_authority: bool = False,
        address: str = "",
        ended: bool = False,
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=9))
            .not_valid_after(now + timedelta(days=-1 if ended else 1))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
        )
        if is_authority:
            signs = dict.fromkeys(
                (
                    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
                    *("key_agreement", "crl_sign", "encipher_only", "decipher_only"),
                ),
                False,
            )
            made = made.add_extension(x509.KeyUsage(key_cert_sign=True, **signs), critical=True)
        if address:
            names = [x509.IPAddress(ipaddress.ip_address(address))]
            made = made.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return made.sign(self.key, hashes.SHA256())


@contextmanager
def behind_tls(address: str, context: ssl.SSLContext) -> Iterator[str]:
    """The https address of a door that speaks TLS and passes what it hears on to a plain address."""
    plain = urlsplit(address)
    listening = socket.create_server(("127.0.0.1", 0))

    def pass_on(came: socket.socket, goes: socket.socket) -> None:
        with suppress(OSError):
            while piece := came.recv(65536):
                goes.sendall(piece)
        with suppress(OSError):
            goes.shutdown(socket.SHUT_RDWR)

    def serve(raw: socket.socket) -> None:
        with (
            suppress(OSError),  # who does not believe us hangs up, which is what some tests are about
            context.wrap_socket(raw, server_side=True) as outside,
            socket.create_connection((plain.hostname or "", plain.port or 0)) as inside,
        ):
            back = Thread(target=pass_on, args=(inside, outside), daemon=True)
            back.start()
            pass_on(outside, inside)
            back.join()

    def listen() -> None:
        with suppress(OSError):
            while True:
                Thread(target=serve, args=(listening.accept()[0],), daemon=True).start()

    Thread(target=listen, daemon=True).start()
    try:
        yield f"https://127.0.0.1:{listening.getsockname()[1]}{plain.path}"
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
