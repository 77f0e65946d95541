"""A site's own drug table in the database: put there whole or not at all, read when the service starts.

There is one edition at a time. Its row, its codes and the compact copy of all other codes are written in one
transaction that also takes the old edition away: whoever looks sees the old one until the new one is whole, and a
process that dies while writing has written nothing.
"""

from __future__ import annotations

import json
import sys
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from cards.knowledge.editions import Edition, OtherCodes
from cds_hooks.databases import Schema, reading, refuse_all_but_current, schema_of, writing
from cds_hooks.terminology.lines import ACTIVE, Line

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

METADATA: Final = sa.MetaData()


def _of_an_edition() -> sa.Column[int]:
    edition = sa.ForeignKey("terminology_edition.id", ondelete="CASCADE")
    return sa.Column("edition_id", sa.Integer, edition, primary_key=True)


EDITION: Final = sa.Table(
    "terminology_edition",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("software", sa.Text, nullable=False),
    sa.Column("counts", sa.Text, nullable=False),
)
CODE: Final = sa.Table(
    "terminology_code",
    METADATA,
    _of_an_edition(),
    *(sa.Column(name, sa.Text, primary_key=True) for name in ("system", "code")),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("name", "ingredients", "level", "status")),
    sa.Column("is_ours", sa.Boolean, nullable=False),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("strengths", "form", "release", "brand", "product")),
    sa.Index(
        "terminology_code_ours", "edition_id", sqlite_where=sa.text("is_ours"), postgresql_where=sa.text("is_ours")
    ),
    sqlite_with_rowid=False,
)
OTHERS: Final = sa.Table(
    "terminology_others",
    METADATA,
    _of_an_edition(),
    sa.Column("system", sa.Text, primary_key=True),
    *(sa.Column(name, sa.LargeBinary, nullable=False) for name in ("codes", "of_names", "names")),
)

SYSTEMS: Final = ("RxNorm", "NDC")
_COLUMNS: Final = tuple(column.name for column in CODE.columns)
_AT_A_TIME: Final = 5_000


@dataclass(frozen=True, slots=True)
class Installed:
    """What is known of the edition in the database. ``counts`` are nested: what is counted, of which kind, how many."""

    label: str
    source: str
    imported_at: datetime
    software: str
    counts: Mapping[str, Any]


def install(engine: Engine, edition: Installed, lines: Iterable[Line], tally: Any = dict) -> None:
    """Put an edition in place of the one before. ``tally`` is asked for the counts once the lines have gone by."""
    with writing(engine) as connection:
        refuse_all_but_current(connection)
        if connection.dialect.name == "postgresql":  # a second import waits here; SQLite has one writer anyway
            connection.exec_driver_sql("LOCK TABLE terminology_edition IN SHARE ROW EXCLUSIVE MODE")
        connection.execute(sa.delete(OTHERS))
        connection.execute(sa.delete(CODE))
        connection.execute(sa.delete(EDITION))
        number = connection.execute(
            sa.insert(EDITION).values(
                label=edition.label,
                source=edition.source,
                imported_at=edition.imported_at,
                software=edition.software,
                counts="{}",
            )
        ).inserted_primary_key
        assert number is not None  # noqa: S101 - for mypy: both databases tell it
        (edition_id,) = number
        others = {system: _Compact() for system in SYSTEMS}
        _write_codes(connection, _rows(edition_id, lines, others))
        for system, compact in others.items():
            connection.execute(sa.insert(OTHERS).values(edition_id=edition_id, system=system, **compact.packed()))
        connection.execute(sa.update(EDITION).values(counts=json.dumps({**edition.counts, **tally()})))


def remove(engine: Engine) -> Installed | None:
    """Take the edition away, so that the shipped table is in use again; what it was, or nothing if there was none."""
    with writing(engine) as connection:
        refuse_all_but_current(connection)
        was = _installed(connection)
        connection.execute(sa.delete(OTHERS))
        connection.execute(sa.delete(CODE))
        connection.execute(sa.delete(EDITION))
        return was


def installed(engine: Engine) -> Installed | None:
    """What is known of the edition in use; nothing where the shipped table is."""
    with reading(engine) as connection:
        if schema_of(connection) is Schema.NONE:
            return None
        refuse_all_but_current(connection)
        return _installed(connection)


def load(engine: Engine) -> Edition | None:
    """The edition in use, as the formulary takes it; nothing where the shipped table is in use."""
    with reading(engine) as connection:
        if schema_of(connection) is Schema.NONE:
            return None
        refuse_all_but_current(connection)
        about = _installed(connection)
        if about is None:
            return None
        tables: dict[str, dict[str, str]] = {system: {} for system in SYSTEMS}
        products: dict[str, str] = {}
        wanted = (
            "system",
            "code",
            "name",
            "ingredients",
            "strengths",
            "form",
            "release",
            "brand",
            "level",
            "status",
            "product",
        )
        ours = sa.select(*(CODE.c[name] for name in wanted)).where(CODE.c.is_ours).order_by(CODE.c.system.desc())
        for system, code, *cells, status, product in connection.execute(ours):
            if system == "NDC" and (known := products.get(product)) is not None:
                tables[system][code] = known  # thousands of packages share the line of their product
                continue
            note = about.label if status == ACTIVE else f"{about.label}, {status}"
            line = tables[system][code] = "\t".join((*cells, note))
            if system == "RxNorm":
                products[code] = line
        others = {row.system: _unpack(row) for row in connection.execute(sa.select(OTHERS))}
    return Edition(about.label, tables["RxNorm"], tables["NDC"], others)


def _installed(connection: Connection) -> Installed | None:
    row = connection.execute(sa.select(EDITION)).one_or_none()
    if row is None:
        return None
    when = row.imported_at if row.imported_at.tzinfo else row.imported_at.replace(tzinfo=UTC)
    return Installed(row.label, row.source, when, row.software, json.loads(row.counts))


def _rows(edition_id: int, lines: Iterable[Line], others: Mapping[str, _Compact]) -> Iterator[tuple[Any, ...]]:
    """What goes into the table of codes. Other medicines' NDCs are many and go into the compact copy alone."""
    for line in lines:
        if not line.is_ours:
            others[line.system].add(line)
            if line.system == "NDC":
                continue
        ingredients = "; ".join(line.ingredients)
        name = " ".join(line.name.split())
        yield (
            edition_id, line.system, line.code, name, ingredients, line.level, line.status, line.is_ours,
            line.strengths, line.form, line.release, line.brand, line.product,
        )  # fmt: skip


def _write_codes(connection: Connection, rows: Iterator[tuple[Any, ...]]) -> None:
    """Write many rows in the way that is quick on each database."""
    columns = ", ".join(_COLUMNS)
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "postgresql":
        with driver.cursor() as cursor, cursor.copy(f"COPY terminology_code ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    marks = ", ".join("?" * len(_COLUMNS))
    statement = f"INSERT INTO terminology_code ({columns}) VALUES ({marks})"  # noqa: S608 - names of ours
    while chunk := list(islice(rows, _AT_A_TIME)):
        driver.executemany(statement, chunk)


class _Compact:
    """Codes and what they are, on the way to two arrays of numbers."""

    def __init__(self) -> None:
        self._codes = array("Q")
        self._of = array("I")
        self._names: dict[str, int] = {}

    def add(self, line: Line) -> None:
        """Take one code; each comes once."""
        self._codes.append(int(line.code))
        self._of.append(self._names.setdefault("/".join(sorted(line.ingredients)), len(self._names)))

    def packed(self) -> dict[str, bytes]:
        """The arrays, lowest byte first on every machine, and the names, a line each."""
        order = sorted(range(len(self._codes)), key=self._codes.__getitem__)
        return {
            "codes": _bytes_of(array("Q", map(self._codes.__getitem__, order))),
            "of_names": _bytes_of(array("I", map(self._of.__getitem__, order))),
            "names": "\n".join(self._names).encode(),
        }


def _bytes_of(numbers: array[int]) -> bytes:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def _unpack(row: Any) -> OtherCodes:
    codes, of = array("Q", bytes(row.codes)), array("I", bytes(row.of_names))
    if sys.byteorder == "big":
        codes.byteswap()
        of.byteswap()
    return OtherCodes(codes, of, tuple(bytes(row.names).decode().split("\n")))
