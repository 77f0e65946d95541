"""Which software speaks; which rules is told by the rule book's ``fingerprint``."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def product_version() -> str:
    """The version of this software, as installed."""
    try:
        return version("ldn-cds")
    except PackageNotFoundError:  # a checkout that was not installed
        return "0+checkout"
