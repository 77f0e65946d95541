"""Patients and users under names that only this installation can make, and nobody can turn back.

A keyed hash, with a key for each tenant made from the installation's secret: two tenants' records of one patient cannot
be brought together, and without the secret nobody can try out ids.
"""

from __future__ import annotations

import hmac
from functools import lru_cache
from typing import Any

_DIGEST = "sha256"


class Pseudonyms:
    """Makes the names by which patients and users are remembered."""

    def __init__(self, secret: str) -> None:
        if not secret:
            raise ValueError("a secret is needed to make pseudonyms")
        self._secret = secret.encode()
        self._key = lru_cache(maxsize=1024)(self._make_key)

    def patient(self, tenant: str, patient_id: Any) -> str:
        """The name of a patient, however the client writes the reference; empty where none was named."""
        return self._of(tenant, "patient", patient_id, "Patient/")

    def user(self, tenant: str, user_id: Any) -> str:
        """The name of a user; empty where none was named."""
        return self._of(tenant, "user", user_id, "")

    def _of(self, tenant: str, kind: str, given: Any, prefix: str) -> str:
        if not isinstance(given, str) or not given:
            return ""
        told = f"{kind}\0{given.removeprefix(prefix)}".encode()
        return hmac.digest(self._key(tenant), told, _DIGEST).hex()

    def _make_key(self, tenant: str) -> bytes:
        return hmac.digest(self._secret, f"ldn-cds pseudonyms\0{tenant}".encode(), _DIGEST)
