"""The log: one JSON object a line, and only what may be in it.

An allow-list, not a filter for what looks like a name: a key that is not listed here is dropped and counted. Never in
it: bodies, headers, addresses with a query, tokens, anything a chart holds, the messages of parsers (they quote what
they read).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, BinaryIO, Final

from cds_hooks.wire import encode


@contextmanager
def _not_loading(name: str) -> Iterator[None]:
    is_loaded = name in sys.modules
    if not is_loaded:
        sys.modules[name] = None  # type: ignore[assignment]  # which is how Python says "not to be had"
    try:
        yield
    finally:
        if not is_loaded:
            del sys.modules[name]


# structlog loads rich wherever it is installed, for coloured tracebacks on a developer's terminal. No line of ours has a
# traceback, and every start would wait 0.15 seconds for it.
with _not_loading("rich"):
    import structlog

KEYS: Final = frozenset(
    {
        "ts",
        "level",
        "event",
        "request_id",
        "service",
        "client",
        "hook_instance",
        "method",
        "status",
        "ms",
        "cards",
        "rules",
        "withheld",
        "notes",
        "problems",
        "kept",
        "repeated",
        "orphans",
        "refused",
        "fetched",
        "unread",
        "today",
        "error",
        "place",
        "reasons",
        "why",
        "profile",
    }
)
"""Every key a line may have; each is written by us, from our own words, numbers and identifiers."""

MOST_TEXT: Final = 200

LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}


def _only_what_may_be_said(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    said: dict[str, Any] = {}
    dropped = 0
    for key, value in line.items():
        if key not in KEYS:
            dropped += 1
        elif value is None or value == []:
            continue
        elif isinstance(value, str):
            said[key] = value[:MOST_TEXT]
        elif isinstance(value, bool | int | float):
            said[key] = value
        elif isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
            said[key] = [item[:MOST_TEXT] for item in value]
        else:
            dropped += 1
    if dropped:
        said["dropped"] = dropped
    return said


def _as_line(_: Any, __: str, line: MutableMapping[str, Any]) -> bytes:
    return encode(line)


def make_log(level: str = "info", stream: BinaryIO | None = None) -> structlog.typing.FilteringBoundLogger:
    """A log that writes to a stream, standard error unless told otherwise."""
    log: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(
        structlog.BytesLogger(stream if stream is not None else sys.stderr.buffer),
        processors=[
            structlog.processors.add_log_level,
            _only_what_may_be_said,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
            _as_line,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        context_class=dict,
    ).bind()  # bound once, or every line would be put together anew
    return log
