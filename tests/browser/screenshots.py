"""Pictures of the pages: ``python -m tests.browser.screenshots FOLDER`` writes them as PNG, light and dark."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page

from tests.browser.browsing import NONE, browser, chromium, served


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


def main(folder: Path) -> None:
    """Take them all."""
    folder.mkdir(parents=True, exist_ok=True)
    with served() as (address, _), browser() as chrome:
        for scheme in ("light", "dark"):
            for name, (show, width) in SHOTS.items():
                page = chrome.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
                show(page, address)
                page.screenshot(path=folder / f"{name}-{scheme}.png", full_page=name in ("try-cards", "try-narrow"))
                page.close()


if __name__ == "__main__":
    if chromium() is None:
        sys.exit(NONE)
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "demo/pictures"))
