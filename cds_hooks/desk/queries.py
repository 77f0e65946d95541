"""The one door to the database for the review desk: whoever asks sees their own tenants and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import RowMapping, Select, Table, func, select, true

from cds_hooks.tables import CARDS

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from cds_hooks.people.doors import Reader


def seen_by(reader: Reader, table: Table) -> ColumnElement[bool]:
    """The condition that a row of a table belongs to a tenant which the reader sees."""
    return true() if reader.sees is None else table.c.tenant.in_(reader.sees)


def rows_of(reader: Reader, table: Table, *columns: ColumnElement[Any]) -> Select[Any]:
    """A question about those rows of a table which the reader sees; all its columns unless some are named."""
    return select(*(columns or table.columns)).where(seen_by(reader, table))


def one_of(connection: Connection, reader: Reader, table: Table, key: str, value: str) -> RowMapping | None:
    """One row by its key; nothing where there is none, or none that the reader sees."""
    asked = rows_of(reader, table).where(table.c[key] == value)
    return connection.execute(asked).mappings().one_or_none()


def rows_in_order(reader: Reader, *columns: ColumnElement[Any]) -> Select[Any]:
    """The same of cards that are asked for in an order.

    The tenant is hidden in an expression: SQLite would rather find a tenant's cards by an index and sort them all than
    read them in order and leave out those of other tenants.
    """
    asked = select(*columns)
    return asked if reader.sees is None else asked.where(func.coalesce(CARDS.c.tenant, "").in_(reader.sees))
