"""Examining a client's connection before the first patient: its keys, a token it made, a request it sent.

Each finding is a sentence for whoever connects the EHR, and says what to change and on which side.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cds_hooks.certificates import a_session
from cds_hooks.clients.findings import Finding
from cds_hooks.clients.record import Record, unsafe_in_production
from cds_hooks.hook_request import read_hook_request
from cds_hooks.key_sets import KeyProblem, KeySets, fetch_keys, kids_of, read_keys
from cds_hooks.problems import Refusal
from cds_hooks.tokens import NotTrusted, check_token

if TYPE_CHECKING:
    from datetime import date

    from cds_hooks.clinic import Clinic
    from cds_hooks.settings import Settings


def examine_record(record: Record, settings: Settings) -> Iterator[Finding]:
    """What the record alone shows."""
    for problem in [] if settings.is_demo else unsafe_in_production(record):
        yield Finding(False, problem)
    if not record.fhir_bases:
        yield Finding(True, "No FHIR server is registered: only what is sent along is read.")
    if not settings.public_url:
        yield Finding(False, "public_url is not set, so no token can name the address of an endpoint. Set it here.")
    elif not record.dialect.lets_through(f"{settings.public_url}/rules"):
        told = "so cards do not lead to the pages of their rules. Have it allowed there, then add it to allowed_links."
        yield Finding(False, f"Its EHR lets no link to {settings.public_url}/rules through, {told}")


def examine_keys(record: Record, ca_file: str) -> Finding:
    """Whether there are keys that can be used; ``ca_file`` names a site's own authorities, empty where it has none."""
    if not record.needs_token:
        return Finding(True, "No keys are needed: it proves itself with its certificate.")
    try:
        if record.jwks_url:
            with a_session(ca_file) as session:
                keys = fetch_keys(session, record.jwks_url, record.algorithms)
        else:
            keys = read_keys({"keys": list(record.keys)}, record.algorithms)
    except KeyProblem as problem:
        return Finding(False, f"Its keys cannot be used: {problem}.")
    return Finding(True, f"Keys: {', '.join(kids_of(keys))}.")


def examine_token(record: Record, token: str, endpoint: str, settings: Settings, now: float) -> Finding:
    """Whether a token would be let in at an endpoint now; it is not used up."""

    def client_of(issuer: str) -> Record | None:
        return record if issuer == record.issuer else None

    header = token if token.lower().startswith("bearer ") else f"Bearer {token}"
    try:
        keys = KeySets(session=a_session(settings.ca_file))
        shown = check_token(header, endpoint, settings.public_url, client_of, keys, now)
    except NotTrusted as refused:
        expected = f" Expected: {settings.public_url}{endpoint}." if "(aud)" in refused.why else ""
        expected = f" Expected: {record.issuer}." if "(iss)" in refused.why else expected
        return Finding(False, f"The token is refused at {endpoint}: {refused.why}.{expected}")
    apart = round(now - shown.issued_at)
    return Finding(True, f"The token is good at {endpoint} (issued {apart} s ago, tenant {shown.tenant}).")


def examine_request(record: Record, body: bytes, clinic: Clinic, today: date) -> Iterator[Finding]:
    """What would become of a stored request: nothing is sent, kept or fetched."""
    from cds_hooks.prefetch import kinds_for, templates_for
    from cds_hooks.reviewing import service_for

    try:
        service = service_for(body)
        asking = read_hook_request(body, service.hook)
    except Refusal as refusal:
        for issue in refusal.issues:
            yield Finding(False, f"The request is refused ({refusal.status}): {issue.expression} {issue.diagnostics}")
        return
    for note in asking.notes:
        yield Finding(True, f"Odd, but answered: {note}.")
    wanted = templates_for(service.keys, record.templates)
    missing = [key for key in wanted if key not in asking.prefetch]
    if missing:
        can_be_read = asking.fhir_server is not None and asking.fhir_server.rstrip("/") in record.fhir_bases
        told = (
            "It would be read from the FHIR server."
            if can_be_read and asking.fhir_authorization
            else "It stays unread."
        )
        yield Finding(can_be_read, f"Not sent along: {', '.join(missing)}. {told}")
    if asking.fhir_server is not None and asking.fhir_server.rstrip("/") not in record.fhir_bases:
        yield Finding(False, "Its fhirServer is not among the registered fhir_bases, so nothing is read there.")
    answer = clinic.answer(
        service.hook,
        asking.context,
        asking.prefetch,
        kinds_for(service.keys, record.templates),
        today,
        lambda: "00000000-0000-4000-8000-000000000000",
        record.dialect,
    )
    yield Finding(True, f"Answered by {service.id}: {_cards(len(answer.cards))}.")


def _cards(count: int) -> str:
    return "no card" if count == 0 else "1 card" if count == 1 else f"{count} cards"
