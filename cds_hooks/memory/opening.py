"""Opening the memory of a process: the tables must be those of this version.

The demo makes and upgrades them by itself. In production that is somebody's decision (``ldn-cds db upgrade``): the
memory of a hospital is not changed by whoever starts a process.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from cds_hooks.databases import DatabaseError, Schema, known_revisions
from cds_hooks.memory.leftovers import Seal
from cds_hooks.memory.lines import Line, open_line
from cds_hooks.memory.pseudonyms import Pseudonyms
from cds_hooks.memory.records import Writer
from cds_hooks.memory.store import DatabaseStore, Habits

if TYPE_CHECKING:
    from cds_hooks.settings import Settings

_TRIES: Final = 40
"""Workers of a demo begin at once, and only one of them can make the file."""


def open_store(settings: Settings, *, software: str, new_id: Callable[[], str]) -> DatabaseStore:
    """The memory that these settings name; raises ``DatabaseError`` when it cannot be used."""
    line = _patiently(settings) if settings.is_demo else open_line(settings.database, settings.synchronous)
    try:
        if settings.is_demo and line.schema() in (Schema.NONE, Schema.OLDER):
            _make_tables(settings)
        _refuse_all_but_current(line.schema())
    except BaseException:
        line.close()
        raise
    writer = Writer(Pseudonyms(settings.secret), software, settings.is_demo)
    habits = Habits(
        settings.keep_requests, settings.retention_days_snapshots, settings.override_memory_days, settings.holds_budgets
    )
    return DatabaseStore(line, writer, habits, Seal(settings.secret), new_id=new_id)


def _patiently(settings: Settings) -> Line:
    """A line to a file that another process may be making at this moment: switching to WAL waits for nobody."""
    for attempt in range(_TRIES):
        try:
            return open_line(settings.database, settings.synchronous)
        except DatabaseError as problem:
            if "locked" not in str(problem) or attempt == _TRIES - 1:
                raise
            time.sleep(0.05)
    raise AssertionError("not reached")


def _make_tables(settings: Settings) -> None:
    from cds_hooks.databases import opened
    from cds_hooks.migrating import make

    with opened(settings.database, settings.synchronous) as engine:
        make(engine)


def _refuse_all_but_current(schema: Schema) -> None:
    if schema is Schema.NEWER:
        raise DatabaseError(
            f"The database was used by a newer ldn-cds; this one knows revisions up to {known_revisions()[-1]}. "
            "Install the newer one again, or use another database."
        )
    if schema is not Schema.CURRENT:
        raise DatabaseError("The tables in the database are not those of this version. Run: ldn-cds db upgrade")
