"""A strict reader of the plain part of YAML in which our manifests are written, for no YAML library is installed here.

Maps, lists and one scalar a line; a list or map in JSON's spelling; whole lines of comment; documents divided by
``---``. A scalar that YAML could read in two ways, such as ``no`` or ``12:30``, is refused: it belongs in quotes.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

_PLAIN = re.compile(r"[A-Za-z./][^#\"'{}\[\]&*!|>%@`]*\Z")
_KEY = re.compile(r"([A-Za-z][A-Za-z0-9_./-]*):(?: (.*))?\Z")
_TWO_WAYS = {"yes", "no", "on", "off", "y", "n", "null", "~", "true", "false"}

Line = tuple[int, str, int]


def read_all(file: Path) -> list[Any]:
    """Every document of a file; raises ``ValueError`` with the line that is not plain."""
    documents: list[list[Line]] = [[]]
    for number, text in enumerate(file.read_text("utf-8").splitlines(), start=1):
        if text.strip() == "---":
            documents.append([])
        elif text.strip() and not text.strip().startswith("#"):
            if "\t" in text or text != text.rstrip():
                raise ValueError(f"{file.name}:{number}: a tab, or a blank at the end")
            documents[-1].append((len(text) - len(text.lstrip()), text.strip(), number))
    try:
        return [_whole(lines) for lines in documents if lines]
    except ValueError as problem:
        raise ValueError(f"{file.name}:{problem}") from None


def read(file: Path) -> Any:
    """The only document of a file."""
    (document,) = read_all(file)
    return document


def _whole(lines: list[Line]) -> Any:
    value = _block(lines, lines[0][0])
    if lines:
        raise ValueError(f"{lines[0][2]}: indented unlike what stands before")
    return value


def _block(lines: list[Line], indent: int) -> Any:
    return _list(lines, indent) if lines[0][1].startswith("- ") else _map(lines, indent)


def _list(lines: list[Line], indent: int) -> list[Any]:
    found = []
    while lines and lines[0][0] == indent and lines[0][1].startswith("- "):
        _, text, number = lines.pop(0)
        rest = text[2:]
        if _KEY.match(rest):
            lines.insert(0, (indent + 2, rest, number))
            found.append(_map(lines, indent + 2))
        else:
            found.append(_scalar(rest, number))
    return found


def _map(lines: list[Line], indent: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    while lines and lines[0][0] == indent and not lines[0][1].startswith("- "):
        _, text, number = lines.pop(0)
        match = _KEY.match(text)
        if match is None:
            raise ValueError(f"{number}: expected name: value")
        name, rest = match.groups()
        if name in found:
            raise ValueError(f"{number}: {name} is there already")
        if rest is not None:
            found[name] = _scalar(rest, number)
        elif lines and lines[0][0] > indent:
            found[name] = _block(lines, lines[0][0])
        else:
            raise ValueError(f"{number}: {name} has no value")
    return found


def _scalar(text: str, number: int) -> Any:
    if text[0] in '"[{' or re.fullmatch(r"-?\d+", text) or text in ("true", "false"):
        return json.loads(text)
    if text.lower() in _TWO_WAYS or ": " in text or text.endswith(":") or not _is_plain(text):
        raise ValueError(f"{number}: write it in quotes")
    return text


def _is_plain(text: str) -> bool:
    return bool(_PLAIN.match(text)) or bool(re.fullmatch(r"\d+(\.\d+){2,3}(/\d+)?|\d+(m|s|Mi|Gi)", text))
