"""The registration sheet: all that the people of an EHR type in or allow, for one client or for any.

Services, prefetch and scopes are those of discovery, asked of the same table; reasons and links are those of the rules
as this site has them. Nothing on it is written twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from cards import Hook
from cds_hooks.callers import ANYBODY, Caller
from cds_hooks.services import SERVICES, scopes_for

if TYPE_CHECKING:
    from cards import Clinic
    from cds_hooks.clients.record import Record
    from cds_hooks.settings import Settings

_CARRIED_BY: Final = "Authorization: Bearer, a JWT signed with ES384 or RS384; claims iss, aud, exp, iat, jti"


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is on it. ``services`` are those of discovery; ``links`` say of each beginning whether it is allowed."""

    client: str
    base: str
    facts: Sequence[tuple[str, str]]
    services: Sequence[Mapping[str, Any]]
    scopes: Sequence[str]
    links: Sequence[tuple[str, bool | None]]
    reasons: Sequence[tuple[str, str, str]]


def make_sheet(clinic: Clinic, settings: Settings, record: Record | None = None) -> Sheet:
    """The sheet for a client, or for one that is not registered yet."""
    caller = record.caller if record is not None else ANYBODY
    services = [service.as_discovered(caller) for service in SERVICES]
    templates = {template for service in services for template in service["prefetch"].values()}
    return Sheet(
        client=record.name if record is not None else "",
        base=settings.base_url,
        facts=_facts(settings, caller, record),
        services=services,
        scopes=scopes_for(templates),
        links=[(begins, _is_allowed(links, record)) for begins, links in _links(clinic, settings).items()],
        reasons=_reasons(clinic),
    )


def as_text(sheet: Sheet) -> str:
    """The sheet to be printed or sent as plain text."""
    lines = [f"Registration sheet: ldn-cds{f' for {sheet.client}' if sheet.client else ''}", ""]
    lines += [f"{name}: {value}" for name, value in sheet.facts]
    for service in sheet.services:
        lines += ["", f"{service['title']}", f"  hook      {service['hook']} (version {service['hookVersion']})"]
        lines.append(f"  endpoint  {endpoint_of(sheet, service)}")
        lines.append(f"  feedback  {endpoint_of(sheet, service)}/feedback")
        lines.append("  prefetch")
        lines += [f"    {key}: {template}" for key, template in service["prefetch"].items()]
    lines += ["", "Scopes", *(f"  {scope}" for scope in sheet.scopes), "", "Links on cards begin with"]
    lines += [
        f"  {link}{'' if allowed is not False else '  (not all of them allowed: the others are left off the cards)'}"
        for link, allowed in sheet.links
    ]
    lines += ["", "Reasons for setting a card aside"]
    lines += [f"  {code}  {display}  ({system})" for code, display, system in sheet.reasons]
    return "\n".join([*lines, ""])


def as_html(sheet: Sheet) -> str:
    """The sheet as one page with its style inside."""
    from jinja2 import Environment, PackageLoader, select_autoescape

    pages = Environment(
        loader=PackageLoader("cds_hooks"), autoescape=select_autoescape(), trim_blocks=True, lstrip_blocks=True
    )
    return pages.get_template("sheet.html").render(sheet=sheet, endpoint_of=endpoint_of)


def endpoint_of(sheet: Sheet, service: Mapping[str, Any]) -> str:
    """The address of a service."""
    return f"{sheet.base}/cds-services/{service['id']}"


def _facts(settings: Settings, caller: Caller, record: Record | None) -> list[tuple[str, str]]:
    opened = settings.is_demo or settings.open_discovery
    facts = [
        ("Discovery", f"{settings.base_url}/cds-services ({'open to all' if opened else 'with a token'})"),
        ("Proof", "none is asked for" if settings.is_demo and record is None else _CARRIED_BY),
        ("Audience (aud)", "the exact address of the endpoint that is called"),
        ("Token lifetime", "15 minutes at most; each token once"),
    ]
    if record is None:
        return facts
    facts += [
        ("Issuer (iss)", record.issuer),
        ("Keys", record.jwks_url or f"in the record: {', '.join(key['kid'] for key in record.keys) or 'none'}"),
        ("Further audiences", ", ".join(record.audiences) or "none"),
        ("Tenants", ", ".join(sorted(record.tenants)) or "one"),
        ("FHIR servers that may be read", ", ".join(sorted(caller.fhir_bases)) or "none: only what is sent is read"),
        ("Calls a second", f"{record.rate_limit:g} for each process"),
    ]
    return facts


def _links(clinic: Clinic, settings: Settings) -> Mapping[str, set[str]]:
    """The links on cards, by how they begin: our own pages first, then the servers of the works cited."""
    own = settings.public_url
    links: dict[str, set[str]] = {}
    if own:
        links = {f"{own}/rules": {f"{own}/rules", f"{own}/rules/x"}, f"{own}/plans": {f"{own}/plans/x"}}
    pages = [rule.page for rule in clinic.book.rules if rule.page.is_on]
    for address in sorted({source.url for page in pages for source in page.sources if source.url}):
        parts = urlsplit(address)
        links.setdefault(f"{parts.scheme}://{parts.netloc}/", set()).add(address)
    return links


def _is_allowed(links: set[str], record: Record | None) -> bool | None:
    if record is None or not record.dialect.allowed_links:
        return None
    return all(record.dialect.lets_through(link) for link in links)


def _reasons(clinic: Clinic) -> list[tuple[str, str, str]]:
    pages = [rule.page for rule in clinic.book.rules if rule.page.is_on and rule.page.hooks & set(Hook)]
    own = {reason for page in pages for reason in page.reasons}
    listed = [*clinic.common_reasons, *sorted(own - set(clinic.common_reasons), key=lambda reason: reason.code)]
    return [(reason.code, reason.display, reason.system) for reason in listed]
