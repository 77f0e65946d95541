"""Whose certificates are believed when we call others: the public authorities, and a site's own beside them.

Hospitals sign the certificates of their FHIR servers, key sets and identity providers with an authority of their own.
The setting ``ca_file`` names it, once for all calls that leave us. It adds to whom is believed and relaxes nothing: a
name that does not fit, a date that is over or a signature of nobody known end a call as they always did.
"""

from __future__ import annotations

import ssl
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.util.ssl_ import create_urllib3_context

_AT_ONCE: Final = 10
AnySession = TypeVar("AnySession", bound=requests.Session)


def a_session(ca_file: str = "", at_once: int = _AT_ONCE) -> requests.Session:
    """A session without the proxy, the netrc and the authorities of whoever started us."""
    return prepared(requests.Session(), ca_file, at_once)


def prepared(session: AnySession, ca_file: str, at_once: int = _AT_ONCE) -> AnySession:
    """A session made fit for calls that leave us; ``at_once`` connections to one server stay open."""
    session.trust_env = False
    for scheme in ("http://", "https://"):
        session.mount(scheme, _Adapter(_authorities(ca_file), at_once))
    return session


def complaint_about(ca_file: str) -> str:
    """Why a file of certificates cannot be used, with what to write; empty when it can."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=_text_of(ca_file))
    except ssl.SSLError:
        return (
            f"{ca_file} holds no certificates that can be read. Write them as PEM, from -----BEGIN CERTIFICATE----- on."
        )
    except OSError as error:
        return f"{ca_file} cannot be read ({error.strerror})."
    return ""


@cache
def _authorities(ca_file: str) -> ssl.SSLContext:
    """Read once: requests reads its list anew for every connection, which takes longer than making the connection."""
    context = create_urllib3_context()
    context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    if ca_file:
        context.load_verify_locations(cadata=_text_of(ca_file))
    return context


def _text_of(ca_file: str) -> str:
    text = Path(ca_file).read_text("ascii", "ignore")  # people write names between the certificates
    if not text.strip():
        raise ssl.SSLError("empty")
    return text


class _Adapter(HTTPAdapter):
    """Connections that are believed by one list of authorities, and by no other that requests would find."""

    def __init__(self, authorities: ssl.SSLContext, at_once: int) -> None:
        self._authorities = authorities
        super().__init__(pool_connections=16, pool_maxsize=at_once)

    def init_poolmanager(self, *args: Any, **told: Any) -> None:
        """Let every connection be made with that list."""
        super().init_poolmanager(*args, **told, ssl_context=self._authorities)

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Add nothing: the list is all, and a certificate is required."""
