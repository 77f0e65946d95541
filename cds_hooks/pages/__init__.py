"""The frame of all pages, and the page that tells a person what this is."""

from __future__ import annotations

from flask import Blueprint, Response

from cds_hooks.pages.rendering import page
from cds_hooks.services import SPECIFICATION, FrontDesk


def pages(desk: FrontDesk) -> Blueprint:
    """The pages beside the services."""
    blueprint = Blueprint("pages", __name__)

    @blueprint.get("/")
    def home() -> Response:
        """Say what this is and where discovery is."""
        return page(
            desk.settings,
            "home.html",
            specification=SPECIFICATION,
            discovery=f"{desk.settings.public_url}/cds-services",
            services=desk.services,
            can_try=desk.settings.can_try,
        )

    return blueprint
