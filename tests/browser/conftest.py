"""One browser for all tests of pages; where there is none, the summary says loudly that they did not run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page

from cds_hooks.store import MemoryStore
from tests.browser import browsing


@pytest.fixture(scope="session")
def chrome() -> Iterator[Browser]:
    if browsing.chromium() is None:
        pytest.skip(browsing.NONE)
    with browsing.browser() as started:
        yield started


@pytest.fixture(scope="session")
def house() -> Iterator[tuple[str, MemoryStore]]:
    with browsing.served() as running:
        yield running


@pytest.fixture(scope="session")
def desk_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with browsing.served_with_desk(tmp_path_factory.mktemp("desk")) as address:
        yield address


@pytest.fixture
def address(house: tuple[str, MemoryStore]) -> str:
    return house[0]


@pytest.fixture
def store(house: tuple[str, MemoryStore]) -> MemoryStore:
    return house[1]


@pytest.fixture
def page(chrome: Browser) -> Iterator[Page]:
    """A fresh page, which must not complain: no policy broken, no script failed, nothing missing."""
    context = chrome.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        # A form that is refused answers 4xx, and the browser notes that as an error of the network.
        if message.type in ("error", "warning") and "the server responded with a status of 4" not in message.text:
            complaints.append(message.text)

    opened.on("console", hear)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("dialog", lambda dialog: (complaints.append(f"a dialog: {dialog.message}"), dialog.dismiss()))
    yield opened
    context.close()
    assert complaints == []
