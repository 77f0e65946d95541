"""Opening the house: settings and clinic together, as every door needs them.

Apart from the modules it opens, so that a command that needs no clinic loads none.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask

    from cards import Clinic
    from cds_hooks.settings import Settings


def settings_from(given: Mapping[str, Any] | None = None, file: Path | None = None) -> Settings:
    """The settings of this process; raises ``SettingsError``."""
    from cds_hooks.settings import load_settings

    return load_settings(os.environ, given, file)


def open_clinic(settings: Settings) -> Clinic:
    """The clinic with this site's numbers; raises ``cards.HouseError`` with all that is wrong in the house."""
    from cards import Clinic

    return Clinic.open(overrides=settings.numbers)


def open_house(settings: Settings) -> Flask:
    """The web service, warmed up, in a process that will do nothing but answer."""
    from cds_hooks.application import create_app, settle_memory, warm_up

    app = create_app(open_clinic(settings), settings)
    warm_up(app)
    settle_memory()
    return app
