"""Who calls, and what we know of that client's ways.

``Callers`` tells who a call is from. Where nobody is asked for a name, every call comes from the one caller that
``create_app`` was given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from cards import Dialect
from cards.records import record
from cds_hooks.problems import Issue, Refusal

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


@dataclass(frozen=True, slots=True)
class Caller:
    """A client: its name in the log, how its EHR speaks, and the prefetch templates it has of its own.

    ``dialect`` is the clinic's: how cards must be written for that EHR. ``templates`` replaces ours by key; an empty
    one says that the EHR has no such data, so it is not asked for. ``fhir_bases`` are the only FHIR servers that may
    be read for it (``reads_loopback``, in the demo: any on this machine), ``searches_by_post`` says how they are searched.
    ``refuses_missing_data`` turns a missing medication list into 412 for every service.
    """

    name: str
    dialect: Dialect = field(default_factory=Dialect)
    templates: Mapping[str, str] = field(default_factory=dict)
    fhir_bases: frozenset[str] = frozenset()
    refuses_missing_data: bool = False
    searches_by_post: bool = False
    reads_loopback: bool = False


@dataclass(frozen=True, slots=True)
class TokenId:
    """What makes a token one token: it is used once. ``expires_at`` is in seconds since 1970."""

    issuer: str
    jti: str
    expires_at: float


Seen = Callable[[], Mapping[str, Any]]
"""Tells what was seen, where somebody keeps it."""


def _unseen(_: str, __: Seen) -> None:
    """Keep no sign of a client of which nothing is registered."""


@record
class Visit:
    """One call by one caller, for one of its tenants. ``token`` is to be used up, where its ids are.

    ``saw`` keeps the last of a kind of thing that was seen of the client, for our operator: our own words, numbers and
    names of keys, never a value.
    """

    caller: Caller
    tenant: str = ""
    token: TokenId | None = None
    saw: Callable[[str, Seen], None] = field(default=_unseen, repr=False, compare=False)


class Callers(Protocol):
    """Tells who a call is from."""

    def identify(self, environ: WSGIEnvironment, endpoint: str) -> Visit:
        """The visit; raises ``Refusal`` (401) alike for whoever is not let in.

        ``endpoint`` is the path below our own address; a token must be meant for that very address.
        """


@dataclass(frozen=True, slots=True)
class Everybody:
    """Nobody is asked for a name: every call comes from one caller."""

    caller: Caller

    def identify(self, environ: WSGIEnvironment, endpoint: str) -> Visit:  # noqa: ARG002 - nobody is asked
        """Let the call in."""
        return Visit(self.caller)


def not_let_in() -> Refusal:
    """What everybody hears who is not let in, whatever the reason: the reason is our operator's alone."""
    told = Issue("login", "Expected a valid bearer token of a registered client.")
    return Refusal(401, told, headers={"WWW-Authenticate": "Bearer"})


ANYBODY: Final = Caller("anybody")
"""Every caller, while nobody is asked for a name: a client that speaks CDS Hooks 2.0.1."""

EVERYBODY: Final = Everybody(ANYBODY)
"""Callers, while nobody is asked for a name."""
