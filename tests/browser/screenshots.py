"""Pictures of the pages, light and dark: ``python -m tests.browser.screenshots`` makes those of the README again.

With a folder, ``… screenshots FOLDER``, all of them are written there, the narrow ones and the whole long ones too.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page
from sqlalchemy import Engine

from cds_hooks.figures.demo_data import fill
from tests.browser.browsing import NONE, browser, chromium, served, served_with_desk


def _signed(patient: str, tab: str = "") -> Callable[[Page, str], None]:
    def show(page: Page, address: str) -> None:
        page.goto(f"{address}/try?patient={patient}")
        page.get_by_role("button", name="Sign", exact=True).click()
        page.wait_for_selector("[data-land]")
        if tab:
            page.locator(f"label[for=view-{tab}]").click()

    return show


def _at(path: str) -> Callable[[Page, str], None]:
    return lambda page, address: page.goto(f"{address}{path}") and None


SHOTS: dict[str, tuple[Callable[[Page, str], None], int]] = {
    "home": (_at("/"), 1200),
    "try": (_at("/try"), 1200),
    "try-cards": (_signed("tablet_order_with_everything_wrong"), 1360),
    "try-critical": (_signed("oxycodone_still_taken"), 1360),
    "try-why": (_signed("oxycodone_still_taken", "why"), 1360),
    "try-narrow": (_signed("oxycodone_still_taken"), 320),
    "rules": (_at("/rules"), 1200),
    "rule": (_at("/rules/ldn-order-active-opioid"), 1200),
    "plan": (_at("/plans/std-1.5?start=2026-03-02"), 1200),
}


def _first_card(tab: str) -> Callable[[Page, str], None]:
    def show(page: Page, address: str) -> None:
        page.goto(f"{address}/desk?severity=critical&comment=yes")
        page.locator("a[data-row]").first.click()
        page.wait_for_url("**/desk/cards/**")
        page.locator(f"label[for=tab-{tab}]").click()

    return show


def _a_full_month(engine: Engine) -> None:
    fill(engine, cards=1500, seed=1, days=30, until=datetime.now(UTC))


DESK_SHOTS: dict[str, tuple[Callable[[Page, str], None], int]] = {
    "desk": (_at("/desk"), 1280),
    "desk-card": (_first_card("why"), 1280),
    "dashboard": (_at("/desk/dashboard"), 1280),
}
"""Pages that show a made-up month, from a service that remembers."""

IN_README = {
    "try": "light",
    "try-critical": "light",
    "try-why": "dark",
    "rules": "light",
    "plan": "dark",
    "desk": "light",
    "desk-card": "light",
    "dashboard": "light",
}
"""Which pictures the README shows, and in which scheme."""


def main(folder: Path, wanted: dict[str, str] | None = None) -> None:
    """Take them all, or those that are wanted."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as month, browser() as chrome:
        with served() as (address, _):
            _take(chrome, address, SHOTS, folder, wanted)
        with served_with_desk(Path(month), _a_full_month) as address:
            _take(chrome, address, DESK_SHOTS, folder, wanted)


def _take(
    chrome: Browser,
    address: str,
    shots: dict[str, tuple[Callable[[Page, str], None], int]],
    folder: Path,
    wanted: dict[str, str] | None,
) -> None:
    for scheme in ("light", "dark"):
        for name, (show, width) in shots.items():
            if wanted is not None and wanted.get(name) != scheme:
                continue
            page = chrome.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
            show(page, address)
            page.evaluate("window.scrollTo(0, 0)")
            page.screenshot(path=folder / f"{name}-{scheme}.png", full_page=name in ("try-cards", "try-narrow"))
            page.close()


if __name__ == "__main__":
    if chromium() is None:
        sys.exit(NONE)
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        main(Path(__file__).parent / "pictures", IN_README)
