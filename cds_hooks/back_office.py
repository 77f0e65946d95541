"""The rooms behind the front desk, where people look at what was answered: signing in, figures, the review desk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cds_hooks.desk.comments import comment_pages
from cds_hooks.desk.doctor import doctor_pages
from cds_hooks.desk.governance import governance_pages
from cds_hooks.desk.system import system_page
from cds_hooks.desk.views import ReviewDesk, review_pages
from cds_hooks.figures.views import figure_pages
from cds_hooks.people.directory import Directory
from cds_hooks.people.doors import Doors
from cds_hooks.people.roles import Permission
from cds_hooks.people.views import provider_pages, send_to_sign_in, sign_in_pages
from cds_hooks.trying.views import try_pages

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy import Engine

    from cds_hooks.people.doors import Notes
    from cds_hooks.services import FrontDesk
    from cds_hooks.settings import Settings


def this_moment() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


def open_back_office(
    app: Flask, settings: Settings, engine: Engine, notes: Notes, *, now: Callable[[], datetime] = this_moment
) -> Doors:
    """Add its pages to the web service; what is remembered lies in the database of ``engine``."""
    doors = Doors(settings, Directory(engine, now), notes, settings.secret)
    app.register_blueprint(sign_in_pages(settings, doors))
    if settings.oidc_issuer:
        app.register_blueprint(provider_pages(settings, doors))
    app.register_blueprint(figure_pages(settings, engine, doors, now))
    front: FrontDesk = app.extensions["ldn-cds"]
    desk = ReviewDesk(settings, engine, doors, front.clinic.book, now, front.new_uuid)
    app.register_blueprint(review_pages(desk))
    app.register_blueprint(comment_pages(desk))
    app.register_blueprint(governance_pages(desk))
    app.register_blueprint(doctor_pages(desk, front.clinic))
    app.register_blueprint(system_page(desk))
    if settings.can_try and not settings.is_demo:
        app.register_blueprint(try_pages(front, lambda: doors.admit(Permission.READ)))
    send_to_sign_in(app, settings)
    return doors
