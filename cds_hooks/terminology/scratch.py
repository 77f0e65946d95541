"""The scratch database in which a release is worked out, on disk, so that memory stays flat however large the release."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

_RELATIONS: Final = (
    *("has_ingredient", "has_ingredients", "has_precise_ingredient", "has_part", "form_of"),
    *("consists_of", "isa", "tradename_of", "contains", "has_dose_form", "has_doseformgroup", "quantified_form_of"),
)
_NUMBER_OF: Final = {name: number for number, name in enumerate(_RELATIONS)}

_SCRATCH: Final = """
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA cache_size = -16000;
    PRAGMA temp_store = FILE;
    CREATE TABLE concept (code INTEGER PRIMARY KEY, level TEXT, name TEXT, is_active INTEGER);
    CREATE TABLE edge (source INTEGER, relation INTEGER, target INTEGER);
    CREATE TABLE has (code INTEGER, ingredient INTEGER, PRIMARY KEY (code, ingredient)) WITHOUT ROWID;
    CREATE TABLE strength (code INTEGER PRIMARY KEY, told TEXT);
    CREATE TABLE ndc (ndc INTEGER, code INTEGER, is_own INTEGER);
    CREATE TABLE alias (old INTEGER, new INTEGER);
    CREATE TABLE merged (old INTEGER PRIMARY KEY, new INTEGER);
"""
_INDEXES: Final = """
    CREATE INDEX edge_by_source ON edge (source, relation, target);
    ANALYZE;
"""


class Scratch:
    """One release, reduced to what is needed; leaves nothing behind when it is closed."""

    def __init__(self, folder: Path | None = None) -> None:
        """Say where the scratch may lie (some hundred megabytes)."""
        self._folder = tempfile.TemporaryDirectory(prefix="ldn-cds-", dir=folder, ignore_cleanup_errors=True)
        self.db = sqlite3.connect(Path(self._folder.name) / "scratch.sqlite3", isolation_level=None)
        self.db.executescript(_SCRATCH)

    def close(self) -> None:
        """Leave nothing behind."""
        self.db.close()
        self._folder.cleanup()

    def insert(self, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """All rows in one transaction."""
        self.db.execute("BEGIN")
        self.db.executemany(statement, rows)
        self.db.execute("COMMIT")

    def index(self) -> None:
        """Make ready for looking up what has been taken in."""
        self.db.executescript(_INDEXES)

    def count(self, table: str, where: str = "1") -> int:
        """How many rows of a table there are, of a kind if one is asked for."""
        return int(self.db.execute(f"SELECT count(*) FROM {table} WHERE {where}").fetchone()[0])  # noqa: S608 - ours

    def targets(self, code: int, relation: str, level: str | None = None) -> list[int]:
        """The codes that a relation leads to, of one level if one is asked for."""
        rows = self.db.execute(
            "SELECT target, level FROM edge JOIN concept ON concept.code = edge.target "
            "WHERE source = ? AND relation = ? ORDER BY target",
            (code, _NUMBER_OF[relation]),
        )
        return [target for target, of in rows if level is None or of == level]

    def name_at(self, code: int, relation: str, level: str | None = None) -> str:
        """The name of the one code that a relation leads to; nothing where it leads to none or several."""
        targets = self.targets(code, relation, level)
        if len(targets) != 1:
            return ""
        return str(self.db.execute("SELECT name FROM concept WHERE code = ?", (targets[0],)).fetchone()[0])


def number_of(relation: str) -> int | None:
    """The number under which a relation of RxNorm's is kept; ``None`` for one that is not needed."""
    return _NUMBER_OF.get(relation)


def numbers_of(relations: Iterable[str]) -> str:
    """The numbers of some relations as SQL lists them."""
    return ", ".join(str(_NUMBER_OF[name]) for name in relations)
