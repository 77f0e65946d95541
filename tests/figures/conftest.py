"""A history on both databases."""

from __future__ import annotations

import pytest

from cds_hooks.databases import opened
from cds_hooks.migrating import upgrade
from tests.figures.history import History


@pytest.fixture
def history(database):
    with opened(database) as engine:
        upgrade(engine)
        yield History(engine)
