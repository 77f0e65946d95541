"""Passwords of people who sign in on this machine: kept as Argon2id hashes, compared in constant effort."""

from __future__ import annotations

from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST_LENGTH: Final = 12
"""Characters; length is what makes a password hard to guess (NIST SP 800-63B, 5.1.1)."""
MOST_LENGTH: Final = 256
"""Characters; a longer one is only work for us."""

_HASHER: Final = PasswordHasher()  # RFC 9106, low-memory profile


def hash_of(password: str) -> str:
    """The hash that is kept; raises ``ValueError`` with what is wrong with the password."""
    if len(password) < LEAST_LENGTH:
        raise ValueError(f"A password needs at least {LEAST_LENGTH} characters.")
    if len(password) > MOST_LENGTH:
        raise ValueError(f"A password may have at most {MOST_LENGTH} characters.")
    return _HASHER.hash(password)


def is_right(password: str, kept: str | None) -> bool:
    """Whether it is the password of that hash. Nobody's hash takes as long as somebody's, and is never right."""
    if len(password) > MOST_LENGTH:
        return False
    try:
        _HASHER.verify(kept if kept is not None else _nobodys(), password)
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def _nobodys() -> str:
    """A hash with the parameters in force that no password fits, so that a wrong name takes as long as a right one."""
    return "$argon2id$v=19$m=65536,t=3,p=4$bm9ib2R5bm9ib2R5bm9iAA$bm9ib2R5bm9ib2R5bm9ib2R5bm9ib2R5bm9ib2R5bm8"
