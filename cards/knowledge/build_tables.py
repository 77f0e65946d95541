"""Build the tables of codes this package ships: ``python -m cards.knowledge.build_tables FOLDER``.

The folder holds terminology CSVs, each row with its code, its name, what it means for us, its sources and whether
several sources agree on it. Rows that rest on somebody's memory alone stay behind. Run it when the folder has changed,
and read the difference before it is kept.
"""

from __future__ import annotations

import sys
from pathlib import Path

from cards.knowledge.build_conditions import build_conditions, build_labs
from cards.knowledge.build_medications import build_medications


def build_tables(folder: Path, into: Path) -> None:
    """Write every table of codes."""
    build_medications(folder, into)
    build_conditions(folder, into)
    build_labs(folder, into)


def main(arguments: list[str]) -> None:
    """Build from the folder that is named, beside this file."""
    if len(arguments) != 1:
        raise SystemExit("Name the folder of terminology CSVs: python -m cards.knowledge.build_tables FOLDER")
    folder = Path(arguments[0])
    if not folder.is_dir():
        raise SystemExit(f"{folder} is not a folder.")
    build_tables(folder, Path(__file__).parent)


if __name__ == "__main__":
    main(sys.argv[1:])
