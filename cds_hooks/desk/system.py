"""What is running, and whether it is looked after: version, rules, database, disk, the last backup and its trial."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Response
from sqlalchemy import func, select, text

from cds_hooks.databases import known_revisions, reading, revision_of, schema_of
from cds_hooks.edition import product_version
from cds_hooks.memory.audit import BACKED_UP, TRIED_RESTORE
from cds_hooks.memory.stamps import when
from cds_hooks.people.roles import Permission
from cds_hooks.readiness import folder_of
from cds_hooks.tables import AUDIT, CALLS, CARDS, FEEDBACK, SNAPSHOTS

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cds_hooks.desk.views import ReviewDesk

OLD: Final = {BACKED_UP: timedelta(days=1), TRIED_RESTORE: timedelta(days=7)}
"""A backup a day, and a trial of restoring one a week: what is older wants attention."""
_COUNTED: Final = {"Calls": CALLS, "Cards": CARDS, "Items of feedback": FEEDBACK, "Whole requests kept": SNAPSHOTS}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is told, and a warning beside it where there is one."""

    what: str
    told: str
    warning: str = ""


def system_page(desk: ReviewDesk) -> Blueprint:
    """The page about the machine; for those who read the audit log."""
    blueprint = Blueprint("system", __name__, url_prefix="/desk")

    @blueprint.get("/system")
    def system() -> Response:
        """What is running, and whether it is looked after."""
        reader = desk.doors.admit(Permission.READ_SYSTEM)
        with reading(desk.engine) as connection:
            parts = [
                ("Software", _software(desk)),
                ("Database", _database(connection, desk.settings.database)),
                ("Care", _care(connection, desk.now())),
            ]
        return desk.page(reader, "desk_system.html", "system", parts=parts)

    return blueprint


def _software(desk: ReviewDesk) -> Sequence[Line]:
    rules = [rule.page for rule in desk.book.rules]
    unchecked = sum(1 for page in rules if page.review["checked_by"] == "nobody yet")
    return [
        Line("Version", product_version()),
        Line("Profile", desk.settings.profile),
        Line(
            "Rules",
            f"{len(rules)}, of which {sum(1 for page in rules if page.is_on)} are on",
            f"{unchecked} were checked by nobody yet" if unchecked else "",
        ),
        Line("Hash of the rules", desk.book.fingerprint),
    ]


def _database(connection: Connection, address: str) -> Sequence[Line]:
    is_file = connection.dialect.name == "sqlite"
    size = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    size = size if is_file else "SELECT pg_database_size(current_database())"
    lines = [
        Line("Kind", "SQLite" if is_file else "PostgreSQL"),
        Line("Tables", f"revision {revision_of(connection)}", _behind(connection)),
        Line("Size", _bytes(connection.execute(text(size)).scalar_one())),
    ]
    for word, table in _COUNTED.items():
        lines.append(Line(word, f"{connection.execute(select(func.count()).select_from(table)).scalar_one():,}"))
    if (folder := folder_of(address)) is not None:
        disk = shutil.disk_usage(folder)
        share = disk.free / disk.total
        lines.append(
            Line("Free on its disk", f"{_bytes(disk.free)} ({share:.0%})", "nearly full" if share < 0.1 else "")
        )
    return lines


def _behind(connection: Connection) -> str:
    schema = schema_of(connection)
    return "" if revision_of(connection) == known_revisions()[-1] else f"the tables are {schema.value}"


def _care(connection: Connection, now: datetime) -> Sequence[Line]:
    return [
        _last(connection, "Last backup", BACKED_UP, now),
        _last(connection, "Last trial of restoring one", TRIED_RESTORE, now),
    ]


def _last(connection: Connection, word: str, what: str, now: datetime) -> Line:
    columns: list[Any] = [AUDIT.c.at, AUDIT.c.who, AUDIT.c.result]
    asked = select(*columns).where(AUDIT.c.what == what).order_by(AUDIT.c.number.desc()).limit(1)
    found = connection.execute(asked).one_or_none()
    if found is None:
        return Line(word, "never", "nothing that is lost could be brought back" if what == BACKED_UP else "not tried")
    at, who, result = found
    if result != "done":
        return Line(word, f"{when(at)}, by {who}", f"it failed: {result}")
    is_old = now - datetime.fromisoformat(at) > OLD[what]
    return Line(word, f"{when(at)}, by {who}", f"more than {OLD[what].days} days ago" if is_old else "")


def _bytes(n: int) -> str:
    """A size as people read it.

    >>> _bytes(900), _bytes(5_000_000), _bytes(3_200_000_000)
    ('1 kB', '5 MB', '3.2 GB')
    """
    if n < 1_000_000:
        return f"{max(1, round(n / 1000))} kB"
    return f"{n / 1_000_000:.0f} MB" if n < 1_000_000_000 else f"{n / 1_000_000_000:.1f} GB"
