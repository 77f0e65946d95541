"""The whole of an import: find the files, read them, work them out, put them into the database."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cds_hooks.databases import Schema, opened, reading, refuse_all_but_current, schema_of
from cds_hooks.migrating import upgrade
from cds_hooks.terminology import store
from cds_hooks.terminology.lines import Line, Tally
from cds_hooks.terminology.products import Products
from cds_hooks.terminology.release import find_release

if TYPE_CHECKING:
    from sqlalchemy import Engine


@dataclass(frozen=True, slots=True)
class Watcher:
    """Somebody who is told how far it is: a stage begins, with its number of steps if known; steps are done."""

    stage: Callable[[str, int | None], None] = lambda _name, _steps: None
    advance: Callable[[int], None] = lambda _: None


NOBODY = Watcher()


def import_release(
    path: Path, database: str, software: str, edition: str | None = None, watcher: Watcher = NOBODY
) -> store.Installed:
    """Make a release this site's drug table; raises ``ReleaseError`` or ``DatabaseError``, and nothing has changed."""
    release = find_release(path)
    label = edition or release.edition()
    with opened(database) as engine:
        _make_ready(engine)
        with Products(tomllib.loads((files("cards.knowledge") / "medications.toml").read_text("utf-8"))) as products:
            watcher.stage("Reading the release", release.size)
            products.read(release, watcher.advance)
            watcher.stage("Following products to their ingredients", None)
            products.resolve(release)
            watcher.stage("Writing", None)
            about = store.Installed(label, path.name, datetime.now(UTC), software, {})
            store.install(engine, about, _watched(products.lines(), watcher), lambda: _counts(products.tally))
        installed = store.installed(engine)
    assert installed is not None  # noqa: S101 - it has just been written
    return installed


def _make_ready(engine: Engine) -> None:
    """See to it that the tables are there before half an hour of reading is spent on a database that cannot take it."""
    with reading(engine) as connection:
        schema = schema_of(connection)
        if schema is not Schema.NONE:
            refuse_all_but_current(connection)
    if schema is Schema.NONE:
        upgrade(engine)


def _watched(lines: Iterator[Line], watcher: Watcher) -> Iterator[Line]:
    for number, line in enumerate(lines, start=1):
        if number % 1_000 == 0:
            watcher.advance(1_000)
        yield line


def _counts(tally: Tally) -> dict[str, Any]:
    return {
        "levels": dict(tally.levels),
        "ours": dict(tally.ours),
        "statuses": dict(tally.statuses),
        "ndcs": tally.ndcs,
        "unresolved": tally.unresolved,
    }
