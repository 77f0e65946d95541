"""The first tables of a demo, made by the main process while its workers load what they answer with.

Toolkit and steps take as long to load as a worker does, and a second processor would have nothing to do. A mark in the
folder that the processes of one start share says that they are still to come.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cds_hooks.databases import DatabaseError, is_there, opened

if TYPE_CHECKING:
    from cds_hooks.settings import Settings

_MARK: Final = "tables-to-come"
_PATIENCE: Final = 20.0
"""Seconds after which a worker sees for itself what there is."""


def promise_tables(settings: Settings, shared: Path) -> None:
    """Say that there are tables to come, where a demo has none yet; before there is a worker."""
    if settings.is_demo and not is_there(settings.database):
        (shared / _MARK).touch()


def tables_to_come(shared: Path | None) -> bool:
    """Whether somebody else makes the tables at this moment."""
    return shared is not None and (shared / _MARK).exists()


def make_tables(settings: Settings, shared: Path) -> None:
    """Make them, where they were promised. What fails is for the workers to say, who then try for themselves."""
    if not tables_to_come(shared):
        return
    from cds_hooks.migrating import make

    try:
        with opened(settings.database, settings.synchronous) as engine:
            make(engine)
    except DatabaseError:
        pass
    finally:
        (shared / _MARK).unlink()


def wait_for_tables(shared: Path | None) -> None:
    """Return when they are there, or will not come."""
    until = time.monotonic() + _PATIENCE
    while tables_to_come(shared) and time.monotonic() < until:
        time.sleep(0.01)
