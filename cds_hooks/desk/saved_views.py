"""Views of the work list that are worth a name: those everybody has, and those somebody keeps."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from sqlalchemy import delete, insert, select
from werkzeug.datastructures import MultiDict

from cds_hooks.desk.filters import filters_in
from cds_hooks.problems import Issue, Refusal
from cds_hooks.tables import SAVED_VIEWS

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cds_hooks.people.doors import Reader

STANDARD: Final = (
    ("All", ""),
    ("Overridden critical", "severity=critical&outcome=overridden"),
    ("Comments", "comment=yes"),
    ("Angry comments", "angry=yes"),
    ("This week's sample", "review=none&sample=week"),
    ("Data gaps", "gaps=yes"),
    ("Second review", "review=second"),
    ("My last", "review=mine&sort=newest"),
)
MOST: Final = 30
"""So many views somebody may keep."""
_LONGEST: Final = 60


def with_columns(query: str, columns: str) -> str:
    """The query of a view with columns that it does not choose itself.

    >>> with_columns("gaps=yes", "time.card"), with_columns("gaps=yes", "")
    ('gaps=yes&columns=time.card', 'gaps=yes')
    """
    return replace(filters_in(MultiDict(parse_qsl(query))), columns=columns).query()


def kept_by(connection: Connection, reader: Reader) -> list[tuple[str, str]]:
    """The views of a reader: name and query."""
    asked = select(SAVED_VIEWS.c.name, SAVED_VIEWS.c.query).where(SAVED_VIEWS.c.who == reader.who)
    return [(name, query) for name, query in connection.execute(asked.order_by(SAVED_VIEWS.c.name))]


def keep(connection: Connection, reader: Reader, name: str, query: str) -> str:
    """Keep a view under a name, in place of one that had it; gives the query as the list writes it."""
    name = " ".join(name.split())
    if not name or len(name) > _LONGEST or not name.isprintable():
        raise Refusal(400, Issue("value", f"Expected a name of 1 to {_LONGEST} characters.", "name"))
    written = filters_in(MultiDict(parse_qsl(query[:4000]))).query()
    others = [kept for kept, _ in kept_by(connection, reader) if kept != name]
    if len(others) >= MOST:
        raise Refusal(400, Issue("value", f"You keep {MOST} views. Forget one first.", "name"))
    forget(connection, reader, name)
    connection.execute(insert(SAVED_VIEWS).values(who=reader.who, name=name, query=written))
    return written


def forget(connection: Connection, reader: Reader, name: str) -> None:
    """Forget a view."""
    connection.execute(delete(SAVED_VIEWS).where(SAVED_VIEWS.c.who == reader.who, SAVED_VIEWS.c.name == name))
