"""The review desk over a database that a test fills, with a browser in front of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cds_hooks.databases import opened
from cds_hooks.migrating import upgrade
from tests.desk.rooms import NOW, Room, enter


@pytest.fixture
def a_room(tmp_path):
    """Opens a desk on SQLite, with other settings where a test wants them."""
    with opened(f"sqlite:///{tmp_path / 'ldn.sqlite3'}") as engine:
        upgrade(engine)
        yield lambda **settings: enter(engine, **settings)


@pytest.fixture
def room(a_room) -> Room:
    """The desk of a demo, where everybody is an admin."""
    return a_room()


@pytest.fixture
def room_on(database):
    """The desk of a demo on either database."""
    with opened(database) as engine:
        upgrade(engine)
        yield enter(engine)


@pytest.fixture
def hour_ago():
    return NOW - timedelta(hours=1)
