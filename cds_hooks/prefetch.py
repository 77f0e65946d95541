"""What we ask a client to send along: one template for each kind of data.

A template carries no date and no status filter. CDS Hooks 2.0.1 has no ``today()``, EHR staff may type templates in
by hand, and ``status=active`` misses the opioid whose course has just been stopped; sorting newest first and a count
keep the lists short. Only ``patientId`` and ``encounterId`` stand in braces: the tokens that every client resolves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from cards.chart import Kind

TEMPLATES: Final[Mapping[str, tuple[Kind, str]]] = {
    "medicationRequests": (
        Kind.MEDICATION_REQUESTS,
        "MedicationRequest?patient={{context.patientId}}&_sort=-authoredon&_count=200",
    ),
    "medicationStatements": (
        Kind.MEDICATION_STATEMENTS,
        "MedicationStatement?patient={{context.patientId}}&_sort=-effective&_count=100",
    ),
    "medicationDispenses": (
        Kind.MEDICATION_DISPENSES,
        "MedicationDispense?patient={{context.patientId}}&_sort=-whenhandedover&_count=100",
    ),
    "medicationAdministrations": (
        Kind.MEDICATION_ADMINISTRATIONS,
        "MedicationAdministration?patient={{context.patientId}}&_sort=-effective-time&_count=100",
    ),
    "conditions": (Kind.CONDITIONS, "Condition?patient={{context.patientId}}&_sort=-recorded-date&_count=200"),
    "allergies": (Kind.ALLERGIES, "AllergyIntolerance?patient={{context.patientId}}&_sort=-date&_count=100"),
    "laboratory": (
        Kind.LABORATORY,
        "Observation?patient={{context.patientId}}&category=laboratory&_sort=-date&_count=100",
    ),
    "surveys": (Kind.SURVEYS, "Observation?patient={{context.patientId}}&category=survey&_sort=-date&_count=50"),
    "vitalSigns": (
        Kind.VITAL_SIGNS,
        "Observation?patient={{context.patientId}}&category=vital-signs&code=29463-7&_sort=-date&_count=5",
    ),
    "serviceRequests": (
        Kind.SERVICE_REQUESTS,
        "ServiceRequest?patient={{context.patientId}}&_sort=-authored&_count=200",
    ),
    "procedures": (Kind.PROCEDURES, "Procedure?patient={{context.patientId}}&_sort=-date&_count=20"),
    "appointments": (Kind.APPOINTMENTS, "Appointment?patient={{context.patientId}}&_sort=-date&_count=20"),
    "patient": (Kind.PATIENT, "Patient/{{context.patientId}}"),
    "encounter": (Kind.ENCOUNTER, "Encounter/{{context.encounterId}}"),
}
"""The keys on the wire, in the order in which they matter to a client that sends only some."""

_TOKEN: Final = re.compile(r"\{\{(.*?)\}\}")
_TOKENS_EVERY_CLIENT_RESOLVES: Final = frozenset({"context.patientId", "context.encounterId"})


def templates_for(keys: Iterable[str], replaced: Mapping[str, str] | None = None) -> dict[str, str]:
    """The templates of a service, with those that a client has of its own; an empty one is not asked for.

    >>> templates_for(["patient", "allergies"], {"allergies": ""})
    {'patient': 'Patient/{{context.patientId}}'}
    """
    own = replaced or {}
    wanted = {key: own.get(key, TEMPLATES[key][1]) for key in keys}
    return {key: template for key, template in wanted.items() if template}


def kinds_for(keys: Iterable[str], replaced: Mapping[str, str] | None = None) -> dict[str, Kind]:
    """Which kind of data each key of a service holds, for that client."""
    return {key: TEMPLATES[key][0] for key in templates_for(keys, replaced)}


def complaints_about(template: str) -> list[str]:
    """What a client could not do with a template; empty when every client can.

    >>> complaints_about("/MedicationRequest?_include=MedicationRequest:medication&date=ne2020-01-01")
    ['begins with a slash', 'uses _include', 'uses the date prefix ne']
    """
    complaints = [
        f"holds the token {token}" for token in _TOKEN.findall(template) if token not in _TOKENS_EVERY_CLIENT_RESOLVES
    ]
    if template.startswith("/"):
        complaints.append("begins with a slash")
    if "://" in template.partition("?")[0]:
        complaints.append("names a server")
    for name, _, value in (part.partition("=") for part in template.partition("?")[2].split("&") if part):
        plain, _, modifier = name.partition(":")
        if plain in ("_include", "_revinclude", "_has") or "." in plain:
            complaints.append(f"uses {plain}")
        if modifier and modifier != "in":
            complaints.append(f"uses the modifier :{modifier}")
        if re.match(r"(ne|sa|eb|ap)\d", value):
            complaints.append(f"uses the date prefix {value[:2]}")
    return complaints
