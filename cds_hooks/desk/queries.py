"""The one door to the database for the review desk: whoever asks sees their own tenants and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import RowMapping, Select, Table, select, true

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


def tenant_of_card(connection: Connection, reader: Reader, uuid: str) -> str | None:
    """The tenant of a card, locked until the transaction ends; nothing where the reader sees no such card."""
    asked = rows_of(reader, CARDS, CARDS.c.tenant).where(CARDS.c.uuid == uuid).with_for_update()
    found: str | None = connection.execute(asked).scalar_one_or_none()
    return found
