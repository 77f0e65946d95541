"""The record of a client: who it is, how it proves that, what may be read for it, and how its EHR speaks.

The same record stands in ``[[clients]]`` of ``ldn.toml``, in the file of ``ldn-cds clients add``, and in the database.
It holds no secret. ``schemas/client.json`` is its contract; what a schema cannot say is said here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final
from urllib.parse import urlsplit

from cards import Dialect, Kind
from cds_hooks import contracts
from cds_hooks.callers import Caller
from cds_hooks.key_sets import KeyProblem, Source, read_keys
from cds_hooks.prefetch import TEMPLATES

SANDBOX_ISSUER: Final = "https://sandbox.cds-hooks.org"
"""Whose private key is public: a token of this issuer proves nothing."""

_LOOPBACK: Final = re.compile(r"(localhost|127(\.\d{1,3}){3}|::1)\Z")
_SERVICES: Final = "/cds-services"


class RecordError(Exception):
    """A record that cannot be used; ``problems`` has every one of them, a sentence each."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Record:
    """One client. What is left out has the value of CDS Hooks 2.0.1 or of caution."""

    name: str
    issuer: str
    jwks_url: str = ""
    keys: tuple[Mapping[str, Any], ...] = ()
    algorithms: frozenset[str] = frozenset({"ES384", "RS384"})
    audiences: tuple[str, ...] = ()
    tenants: frozenset[str] = frozenset()
    proof: str = "token"
    certificate: str = ""
    fhir_bases: frozenset[str] = frozenset()
    search: str = "get"
    replay: bool = True
    missing_data: str = "say"
    rate_limit: float = 50.0
    templates: Mapping[str, str] = field(default_factory=dict)
    dialect: Dialect = field(default_factory=Dialect)
    written: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def needs_token(self) -> bool:
        """Whether it proves itself with a token, alone or beside its certificate."""
        return self.proof != "certificate"

    @property
    def needs_certificate(self) -> bool:
        """Whether it proves itself with a certificate, alone or beside a token."""
        return self.proof != "token"

    @cached_property
    def caller(self) -> Caller:
        """The client as the front desk knows it."""
        return Caller(
            name=self.name,
            dialect=self.dialect,
            templates=self.templates,
            fhir_bases=self.fhir_bases,
            refuses_missing_data=self.missing_data == "412",
            searches_by_post=self.search == "post",
        )

    @cached_property
    def key_source(self) -> Source:
        """Where its keys are."""
        return Source(self.name, self.jwks_url, json.dumps(list(self.keys)), self.algorithms)

    def accepts_audience(self, audience: str, endpoint: str, public_url: str) -> bool:
        """Whether a token with that audience is meant for this endpoint.

        The exact address of the endpoint always is. A registered audience counts as it stands, but one that is the
        address of another endpoint does not; of a registered base, the address of the endpoint below it counts too.
        """
        if audience == f"{public_url}{endpoint}":
            return True
        for own in self.audiences:
            names_one_endpoint = f"{_SERVICES}/" in own
            if audience == own and (not names_one_endpoint or own.endswith(endpoint)):
                return True
            if _SERVICES not in own and audience == f"{own.rstrip('/')}{endpoint}":
                return True
        return False

    def as_json(self) -> str:
        """The record as it was written, for the database."""
        return json.dumps(self.written, sort_keys=True, ensure_ascii=False)


def read_record(written: Mapping[str, Any], where: str = "client") -> Record:
    """The record in a table of TOML or JSON; raises ``RecordError`` with everything that is wrong with it."""
    plain = json.loads(json.dumps(written, default=float))  # TOML's own types, decimals among them, as JSON has them
    named = plain.get("name") if isinstance(plain, dict) else None
    at = f"{where} {named}" if isinstance(named, str) and named else where
    problems = [
        f"{at}: {issue.expression} {issue.diagnostics}".replace(":  ", ": ")
        for issue in contracts.problems_of(plain, "client")
        if issue.expression or "(additionalProperties)" not in issue.diagnostics  # told below, by name
    ]
    problems += [f"{at}: there is no {name} in a record." for name in _unknown(plain)]
    if problems:
        raise RecordError(*problems)
    problems += [f"{at}: {problem}" for problem in _complaints(plain)]
    if problems:
        raise RecordError(*problems)
    sets: dict[str, Any] = {name: frozenset(plain[name]) for name in ("algorithms", "tenants") if name in plain}
    lists: dict[str, Any] = {name: tuple(plain[name]) for name in ("keys", "audiences") if name in plain}
    taken = {"algorithms", "tenants", "keys", "audiences", "allowed_links", "fhir_bases", "dialect"}
    rest = {name: value for name, value in plain.items() if name not in taken}
    return Record(
        **rest,
        **sets,
        **lists,
        fhir_bases=frozenset(base.rstrip("/") for base in plain.get("fhir_bases", ())),
        dialect=_dialect(plain.get("dialect", {}), plain.get("allowed_links", ())),
        written=plain,
    )


def unsafe_in_production(record: Record) -> list[str]:
    """For what a client must not be served in production, each with what to do about it."""
    problems = []
    if (
        record.issuer == SANDBOX_ISSUER
        or (urlsplit(record.jwks_url).hostname or "") == urlsplit(SANDBOX_ISSUER).hostname
    ):
        problems.append("it is the public sandbox, whose private key is public. Remove it; the demo needs no client.")
    if record.jwks_url.startswith("http://"):
        problems.append("jwks_url is not encrypted. Write https://…")
    problems += [
        f"fhir_bases has {base}, which is not encrypted. Write https://…"
        for base in sorted(record.fhir_bases)
        if base.startswith("http://")
    ]
    return [f"production: client {record.name}: {problem}" for problem in problems]


def is_loopback(address: str) -> bool:
    """Whether an address names this machine.

    >>> is_loopback("http://127.0.0.1:8080/fhir"), is_loopback("http://127.0.0.1.example.org/fhir")
    (True, False)
    """
    try:
        return bool(_LOOPBACK.match(urlsplit(address).hostname or ""))
    except ValueError:
        return False


def _unknown(plain: Any) -> Iterable[str]:
    known = contracts.schema("client")["properties"]
    return sorted(name for name in plain if name not in known) if isinstance(plain, dict) else []


def _complaints(plain: Mapping[str, Any]) -> Iterable[str]:
    yield from _about_addresses(plain)
    yield from _about_proof(plain)
    for key in plain.get("templates", {}):
        if key not in TEMPLATES:
            yield f"templates has a key that no service asks for. There are: {', '.join(TEMPLATES)}."
    kinds = {kind.name.lower() for kind in Kind}
    for name in plain.get("dialect", {}).get("lists_not_kept", ()):
        if name not in kinds:
            yield f"dialect.lists_not_kept must name kinds of data: {', '.join(sorted(kinds))}."


def _about_addresses(plain: Mapping[str, Any]) -> Iterable[str]:
    for name in ("jwks_url", "fhir_bases", "allowed_links"):
        values = plain.get(name, ())
        for address in [values] if isinstance(values, str) else values:
            if not _is_address(address, may_have_query=name == "jwks_url"):
                yield f"{name} must be an address such as https://ehr.example.org/path, without name and password."


def _about_proof(plain: Mapping[str, Any]) -> Iterable[str]:
    proof = plain.get("proof", "token")
    if proof != "certificate":
        if not plain.get("jwks_url") and not plain.get("keys"):
            yield "jwks_url or keys is missing: without either, no token of it can be checked."
        if plain.get("jwks_url") and plain.get("keys"):
            yield "jwks_url and keys are both there; keep one, or a withdrawn key would go on to count."
    if proof != "token" and not plain.get("certificate"):
        yield "certificate is missing: what the proxy writes of it (its subject, or its fingerprint)."
    if plain.get("keys"):
        try:
            read_keys({"keys": plain["keys"]}, frozenset(plain.get("algorithms", ("ES384", "RS384"))))
        except KeyProblem as problem:
            yield f"keys: {problem}."


def _is_address(text: str, *, may_have_query: bool = False) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    is_plain = parts.username is None and parts.password is None and not parts.fragment
    has_odd = any(character in text for character in "\\ \t\r\n@") or "/../" in f"{parts.path}/"
    is_web = parts.scheme in ("http", "https") and bool(parts.hostname)
    return is_web and is_plain and not has_odd and (may_have_query or not parts.query)


def _dialect(written: Mapping[str, Any], allowed_links: Iterable[str]) -> Dialect:
    given: dict[str, Any] = dict(written)
    # A name of a server ends there: with https://a.example.org alone, https://a.example.org.net would begin alike.
    given["allowed_links"] = tuple(link if urlsplit(link).path else f"{link}/" for link in allowed_links)
    for name in ("actions", "selection_behaviors"):
        if name in given:
            given[name] = frozenset(given[name])
    if "lists_not_kept" in given:
        given["lists_not_kept"] = frozenset(Kind[name.upper()] for name in given["lists_not_kept"])
    return Dialect(**given)
