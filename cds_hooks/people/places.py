"""The places of the review desk, and how a page of it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cds_hooks.pages.rendering import page
from cds_hooks.people.roles import Permission

if TYPE_CHECKING:
    from flask import Response

    from cds_hooks.people.doors import Reader
    from cds_hooks.settings import Settings

PLACES: Final = (
    ("", "Work list", Permission.READ),
    ("comments", "Comments", Permission.READ),
    ("dashboard", "Dashboard", Permission.READ),
    ("rules", "Rules", Permission.READ),
    ("clients", "Clients", Permission.READ_CLIENTS),
    ("report", "Report", Permission.READ),
    ("exports", "Exports", Permission.EXPORT),
    ("audit", "Audit", Permission.READ_AUDIT),
    ("system", "System", Permission.READ_SYSTEM),
)
"""Path below ``/desk``, word, and what somebody must be allowed for it to be shown."""


def desk_page(
    settings: Settings, reader: Reader, template: str, here: str, *, status: int = 200, **told: Any
) -> Response:
    """A page of the desk as an answer. ``here`` is the path of its place."""
    return page(
        settings, template, here="/desk", status=status, reader=reader, desk_here=here, desk_places=PLACES, **told
    )
