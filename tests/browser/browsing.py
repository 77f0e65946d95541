"""A Chromium that is on this machine, and a server for it to look at."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import Engine
from werkzeug.serving import make_server

from cds_hooks.application import create_app, warm_up
from cds_hooks.clients.record import read_record
from cds_hooks.clients.register import put_record
from cds_hooks.databases import opened
from cds_hooks.figures.demo_data import fill
from cds_hooks.house import open_house
from cds_hooks.logs import make_log
from cds_hooks.settings import Settings
from cds_hooks.store import MemoryStore
from tests.charts import the_clinic
from tests.jwt_clients import ISSUER, as_jwk, ec_key

ARGUMENTS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
NONE = "No Chromium was found (chromium, chromium-browser or google-chrome): the pages were NOT tested in a browser."


def chromium() -> str | None:
    """Where the browser is; None when this machine has none. None is ever downloaded."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextmanager
def browser() -> Iterator[Browser]:
    """That browser, while it is needed."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        yield started
        started.close()


@contextmanager
def served() -> Iterator[tuple[str, MemoryStore]]:
    """The demo on a free port of this machine, with the store it keeps feedback in."""
    store = MemoryStore()
    app = create_app(the_clinic(), Settings(), store=store, log=make_log("critical"))
    warm_up(app)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", store
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def looked_at(chrome: Browser, scheme: str = "light", width: int = 1280) -> Iterator[Page]:
    """A page for axe, which brings its script with it: the policy of our pages forbids that to everybody."""
    context = chrome.new_context(
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": 900},
        bypass_csp=True,
    )
    yield context.new_page()
    context.close()


def violations(page: Page) -> list[str]:
    """What axe finds on the page, whatever its impact, good practice included."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']} ({one['impact']}): {one['nodes'][0]['html'][:160]}" for one in found]


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than the window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def _a_month(engine: Engine) -> None:
    fill(engine, cards=120, seed=1, days=30, until=datetime.now(UTC))


@contextmanager
def served_with_desk(folder: Path, fill_in: Callable[[Engine], None] = _a_month) -> Iterator[str]:
    """The demo as ``serve`` opens it, with a database; in it a made-up month, unless something else is filled in."""
    settings = Settings(database=f"sqlite:///{folder / 'ldn.sqlite3'}", secret=token_hex(32), log_level="critical")
    with opened(settings.database) as engine:
        fill_in(engine)
        record = {"name": "made-up-ehr", "issuer": ISSUER, "keys": [as_jwk(ec_key(), "key-1")]}
        put_record(engine, read_record(record), datetime.now(UTC))
    server = make_server("127.0.0.1", 0, open_house(settings), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
