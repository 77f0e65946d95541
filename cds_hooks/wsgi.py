"""The entry for any WSGI server: ``gunicorn --worker-class gthread --threads 16 cds_hooks.wsgi:app``.

Settings come from ``ldn.toml`` and the environment. The service is built when the server first asks for ``app``, once
in each process, and is warm when the server has it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask


def __getattr__(name: str) -> Any:
    if name == "app":
        return _app()
    raise AttributeError(name)


@cache
def _app() -> Flask:
    from cds_hooks.house import open_house, settings_from

    return open_house(settings_from())
