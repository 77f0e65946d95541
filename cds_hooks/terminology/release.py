"""RxNorm's release files as NLM publishes them, read line by line and refused at the first line that is not sound.

A release is a zip or a folder with ``RXNCONSO.RRF``, ``RXNREL.RRF`` and ``RXNSAT.RRF`` side by side, in whatever case
and at whatever depth; of a full release, which also holds its prescribable part in ``prescribe/``, the full one is
taken. Lines are UTF-8, columns are parted and closed by ``|``, and there is no header
(https://www.nlm.nih.gov/research/umls/rxnorm/docs/techdoc.html). ``RXNATOMARCHIVE``, ``RXNCUI`` and ``RXNSAB`` are read
where they are there.

No more than one line is in memory at a time.
"""

from __future__ import annotations

import os
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from io import BufferedReader
from pathlib import Path
from typing import IO, Final, cast

NAMES: Final = "RXNCONSO.RRF"
RELATIONS: Final = "RXNREL.RRF"
ATTRIBUTES: Final = "RXNSAT.RRF"
ARCHIVE: Final = "RXNATOMARCHIVE.RRF"
REPLACED: Final = "RXNCUI.RRF"
SOURCES: Final = "RXNSAB.RRF"

COLUMNS: Final = {NAMES: 18, RELATIONS: 16, ATTRIBUTES: 13, ARCHIVE: 16, REPLACED: 5, SOURCES: 25}
REQUIRED: Final = (NAMES, RELATIONS, ATTRIBUTES)

_LONGEST_LINE: Final = 1 << 20
_REPORT_EVERY: Final = 1 << 20
_ZIP_NAME: Final = re.compile(r"(?P<name>RxNorm[A-Za-z_]*)_(?P<m>\d\d)(?P<d>\d\d)(?P<y>\d{4})", re.IGNORECASE)
_VERSION: Final = re.compile(r"_(\d\d)(\d\d)(\d\d)F?\Z")


class ReleaseError(Exception):
    """A release that cannot be taken; the message says where, why and what to do."""


@dataclass(frozen=True, slots=True)
class _File:
    """One file of a release: how to open it, how long it is, and its date."""

    shown: str
    open: Callable[[], IO[bytes]] = field(repr=False)
    size: int
    day: date


@dataclass(frozen=True)
class Release:
    """The files of one release, found but not read yet."""

    path: Path
    files: dict[str, _File]

    @property
    def size(self) -> int:
        """How many bytes there are to read."""
        return sum(file.size for name, file in self.files.items() if name != SOURCES)

    def has(self, name: str) -> bool:
        """Whether a file is there."""
        return name in self.files

    def rows(self, name: str, advance: Callable[[int], None] = lambda _: None) -> Iterator[tuple[int, list[str]]]:
        """Every line of a file: its number and its cells. ``advance`` hears now and then how many bytes went by."""
        file = self.files[name]
        width = COLUMNS[name] + 1  # the pipe at the end opens a cell that stays empty
        number = unreported = 0
        try:
            with file.open() as stream:
                # A zip's own stream reads lines slowly; this one does not mind that it is no file.
                buffered = BufferedReader(cast("BufferedReader", stream), 1 << 20)
                while line := buffered.readline(_LONGEST_LINE):
                    number += 1
                    unreported += len(line)
                    if unreported >= _REPORT_EVERY:
                        advance(unreported)
                        unreported = 0
                    yield number, _cells(line, width, file.shown, number)
        except (OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as problem:
            why = str(problem).partition(":")[0] or type(problem).__name__
            raise ReleaseError(f"{file.shown}, after line {number}: it cannot be read on ({why}).") from None
        advance(unreported)

    def error(self, name: str, number: int, why: str) -> ReleaseError:
        """What is wrong with a line."""
        return ReleaseError(f"{self.files[name].shown}, line {number}: {why}.")

    def edition(self) -> str:
        """What this release calls itself: by the name of its zip or folder, its list of sources, or its date."""
        for part in (self.path.name, self.path.resolve().parent.name):
            if named := _ZIP_NAME.search(part):
                kind = named["name"].replace("_", " ").strip()
                return f"{kind} {named['y']}-{named['m']}-{named['d']}"
        if self.has(SOURCES):
            for _, cells in self.rows(SOURCES):
                if cells[3] == "RXNORM" and cells[21] == "Y" and cells[2]:
                    dated = _VERSION.search(cells[2])
                    return f"{cells[2]} (20{dated[1]}-{dated[2]}-{dated[3]})" if dated else cells[2]
        return f"RxNorm, files of {self.files[NAMES].day.isoformat()}"


def find_release(path: Path) -> Release:
    """Find the files in a zip or a folder; raise :class:`ReleaseError` when they are not all there."""
    if not path.exists():
        raise ReleaseError(f"{path}: there is no such file or folder.")
    if path.is_dir():
        found = list(_in_folder(path))
    else:
        try:
            found = list(_in_zip(path))
        except (zipfile.BadZipFile, OSError, NotImplementedError):
            raise ReleaseError(
                f"{path}: neither a folder nor a sound zip. Give the zip as NLM publishes it, or the folder unpacked."
            ) from None
    together: dict[str, dict[str, _File]] = {}
    for folder, name, file in found:
        together.setdefault(folder, {})[name] = file
    if not together:
        raise ReleaseError(f"{path}: holds no {NAMES}. Give the release's zip, or the folder with its rrf files.")
    # The full release lies higher up than its prescribable part.
    folder = max(together, key=lambda where: (len(together[where].keys() & set(REQUIRED)), -len(Path(where).parts)))
    missing = [name for name in REQUIRED if name not in together[folder]]
    if missing:
        where = f" beside the others in {folder}" if folder not in ("", ".") else ""
        raise ReleaseError(f"{path}: {' and '.join(missing)} is missing{where}. A release has all three files.")
    for name in REQUIRED:
        if not together[folder][name].size:
            raise ReleaseError(f"{together[folder][name].shown}, line 1: the file is empty.")
    return Release(path, together[folder])


def _in_folder(path: Path) -> Iterator[tuple[str, str, _File]]:
    for where, _, names in os.walk(path):
        for name in names:
            if name.upper() in COLUMNS:
                file = Path(where, name)
                about = file.stat()
                shown = file.relative_to(path).as_posix()
                day = datetime.fromtimestamp(about.st_mtime, UTC).date()
                yield Path(where).relative_to(path).as_posix(), name.upper(), _File(
                    shown, lambda file=file: file.open("rb"), about.st_size, day  # type: ignore[misc]
                )  # fmt: skip


def _in_zip(path: Path) -> Iterator[tuple[str, str, _File]]:
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
    for entry in entries:
        where, _, name = entry.filename.replace("\\", "/").rpartition("/")
        if name.upper() in COLUMNS:
            try:
                day = date(*entry.date_time[:3])
            except ValueError:
                day = date(1980, 1, 1)
            yield where, name.upper(), _File(
                entry.filename, lambda entry=entry: _open_in_zip(path, entry), entry.file_size, day  # type: ignore[misc]
            )  # fmt: skip


def _open_in_zip(path: Path, entry: zipfile.ZipInfo) -> IO[bytes]:
    with zipfile.ZipFile(path) as archive:  # what it has opened stays open
        return archive.open(entry)


def _cells(line: bytes, width: int, shown: str, number: int) -> list[str]:
    """The cells of one line."""
    if not line.endswith(b"\n"):
        why = "the line is longer than any of RxNorm's" if len(line) == _LONGEST_LINE else "the file breaks off here"
        raise ReleaseError(f"{shown}, line {number}: {why}. Fetch the release again.")
    try:
        text = line.decode()
    except UnicodeDecodeError as problem:
        raise ReleaseError(f"{shown}, line {number}: not UTF-8 (byte {problem.start + 1}).") from None
    cells = text.rstrip("\r\n").split("|")
    if len(cells) != width or cells[-1]:
        counted = len(cells) - (not cells[-1])
        raise ReleaseError(
            f"{shown}, line {number}: {width - 1} columns expected, each closed by |, and {counted} found."
        )
    if "\0" in text:
        raise ReleaseError(f"{shown}, line {number}: holds a NUL, which no text of RxNorm's does.")
    return cells
