"""The columns of the work list: those shown usually, and those that a reader may add. They stand in the address.

The card itself is always there, with its order and its rule below the summary where these have no column of their own:
a row without them says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

ALWAYS: Final = "card"
COLUMNS: Final = {
    "time": "Time",
    "severity": "Severity",
    ALWAYS: "Card as sent · order as read",
    "order": "Order",
    "rule": "Rule and version",
    "client": "Client",
    "role": "Prescriber’s role",
    "outcome": "Outcome",
    "reason": "Reason",
    "seconds": "Answered in",
    "data": "Data",
    "review": "Review",
    "patient": "Patient",
    "prescriber": "Prescriber",
    "mode": "Mode",
    "service": "Service",
    "tenant": "Tenant",
}
"""Every column, in the order in which they stand."""
USUAL: Final = ("time", "severity", ALWAYS, "client", "outcome", "seconds", "data", "review")
ROLES: Final = {
    "Practitioner": "practitioner",
    "PractitionerRole": "practitioner in a role",
    "Patient": "the patient",
    "RelatedPerson": "a related person",
}
"""What the user of a call may be; the rest is not known."""
_BETWEEN: Final = "."


def columns_in(told: Iterable[str]) -> tuple[str, str]:
    """The columns as an address writes them, empty for the usual ones; and what was expected, empty where all is well.

    >>> columns_in(["severity.time", "card", "tenant"])
    ('time.severity.card.tenant', '')
    >>> columns_in(["colour"])[0], columns_in(["severity"])[0]
    ('', 'severity.card')
    """
    named = {name for text in told for name in text.split(_BETWEEN) if name}
    if named - COLUMNS.keys():
        return "", f"Expected columns out of: {', '.join(COLUMNS)}."
    if not named:
        return "", ""
    chosen = tuple(name for name in COLUMNS if name in named | {ALWAYS})
    return "" if set(chosen) == set(USUAL) else _BETWEEN.join(chosen), ""


def columns_of(written: str) -> tuple[str, ...]:
    """The columns that an address names, in their order."""
    return tuple(written.split(_BETWEEN)) if written else USUAL
