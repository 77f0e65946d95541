"""The pages by keyboard alone: one always sees where one is, nothing holds one fast, and one comes to the end."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.test_desk import go
from tests.browser.test_try_it import WRONG, sign

TRY = ["/", "/try", f"/try?patient={WRONG}", "signed", "/rules/ldn-pregnancy", "/plans/std-1.5"]
DESK = [
    *("/desk?severity=critical&gaps=no", "a card", "a card?tab=why", "a call", "/desk/rules/ldn-timing-unspecified"),
    *("/desk/dashboard", "/desk/clients", "/desk/report", "/desk/exports", "/desk/audit"),
    *("/desk/comments", "/desk/system", "/desk/clients/made-up-ehr"),
]
MOST = 600

FOCUS = """() => {
  const one = document.activeElement;
  if (one === null || one === document.body) return null;
  // The ring of a tab is around its label.
  const seen = one.matches(".tabs > input") ? one.nextElementSibling : one;
  const box = seen.getBoundingClientRect();
  const style = getComputedStyle(seen);
  const line = seen.getClientRects()[0] ?? box;  // the first one of a link that is broken over two
  const at = document.elementFromPoint(
    Math.max(1, line.left + line.width / 2), Math.max(1, line.top + Math.min(line.height / 2, 12)));
  return {
    what: one.outerHTML.slice(0, 120),
    ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    inside: box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    uncovered: at !== null && (seen.contains(at) || at.contains(seen)),
  };
}"""


def walk(page: Page) -> list[str]:
    """Go through a page by Tab; what was wrong with each place one came to."""
    wrong: list[str] = []
    for _ in range(MOST):
        page.keyboard.press("Tab")
        place = page.evaluate(FOCUS)
        if place is None:  # past the last one: the browser's own controls come next
            return wrong
        lacking = [name for name in ("ring", "inside", "uncovered") if not place[name]]
        if lacking:
            wrong.append(f"{place['what']} lacks: {', '.join(lacking)}")
    return [*wrong, f"after {MOST} times Tab there was no end"]


@pytest.mark.parametrize("width", [1280, 320])
@pytest.mark.parametrize("path", TRY)
def test_one_sees_where_one_is_on_the_open_pages(page: Page, address: str, path: str, width: int):
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(address + (f"/try?patient={WRONG}" if path == "signed" else path))
    if path == "signed":
        sign(page)
    assert walk(page) == []


@pytest.mark.parametrize("width", [1280, 320])
@pytest.mark.parametrize("path", DESK)
def test_one_sees_where_one_is_at_the_desk(page: Page, desk_address: str, path: str, width: int):
    page.set_viewport_size({"width": width, "height": 800})
    go(page, desk_address, path)
    assert walk(page) == []


def test_the_arrows_change_the_tab_without_moving_the_page_away_from_it(page: Page, desk_address: str):
    page.set_viewport_size({"width": 1280, "height": 800})
    go(page, desk_address, "a card?tab=why")
    page.locator("#tab-why").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#tab-basis").is_checked()
    assert page.evaluate("scrollY") == 0
    page.keyboard.press("ArrowLeft")
    assert page.locator("#tab-why").is_checked()
    assert page.evaluate("scrollY") == 0
