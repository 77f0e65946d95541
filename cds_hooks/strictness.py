"""Whether what a client sends is strict FHIR: every departure by place and kind, for the client's makers.

Nothing here decides whether a request is answered; real clients send invalid FHIR every day and are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from cds_hooks.outgoing import errors_in
from cds_hooks.problems import Refusal
from cds_hooks.syntax import decode_strictly, join

_IN_WORDS: Final = {
    "missing": "is required",
    "extra_forbidden": "is not an element of this type",
    "list_type": "must be a list",
    "model_type": "must be an object",
    "ValueError": "is of no type that FHIR has in this version",
    "KeyError": "is, or holds, a resource of an unknown type",
    "TypeError": "has a resourceType that is no text",
    "RecursionError": "nests too deep to be checked",
}


def report_on(body: bytes, *, is_lines: bool = False) -> list[str]:
    """One line for each departure from FHIR, ``place: what``; empty when all is strict.

    ``is_lines`` for NDJSON, one resource a line. No value is repeated, so that the report may be sent on.
    """
    lines = []
    for nth, part in enumerate(body.splitlines() if is_lines else [body], start=1):
        if is_lines and not part.strip():
            continue
        before = f"line {nth}, " if is_lines else ""
        try:
            decoded = decode_strictly(part, most_nesting=900)
        except Refusal as refusal:
            lines += [f"{before}{issue.expression} {issue.diagnostics}".replace("  ", " ") for issue in refusal.issues]
            continue
        resources = list(_resources(decoded))
        if not resources:
            lines.append(f"{before}holds no FHIR resource.")
        for path, resource in resources:
            for place, kind in errors_in(resource):
                where = ".".join(step for step in (path, place) if step) or "the resource"
                lines.append(f"{before}{where} {_IN_WORDS.get(kind, kind.replace('_', ' '))}")
    return lines


def _resources(decoded: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every resource of a request, a Bundle or a resource, with its path; Bundles are opened, not judged as a whole."""
    if not isinstance(decoded, dict):
        return
    if "resourceType" not in decoded and isinstance(decoded.get("context"), dict):
        for holder in ("context", "prefetch"):
            members = decoded.get(holder)
            for name, value in members.items() if isinstance(members, dict) else ():
                if isinstance(value, dict) and "resourceType" in value:
                    yield from _opened(value, join(holder, name))
    elif "resourceType" in decoded:
        yield from _opened(decoded, "")


def _opened(resource: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if resource.get("resourceType") != "Bundle":
        yield path, resource
        return
    entries = resource.get("entry")
    if not isinstance(entries, list):
        yield path, resource
        return
    for nth, entry in enumerate(entries):
        inner = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(inner, dict):
            yield from _opened(inner, join(join(join(path, "entry"), nth), "resource"))
