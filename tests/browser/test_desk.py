"""The review desk in a real browser: from an order at /try to a verdict and an export; every page looked at by axe."""

from __future__ import annotations

import json
import urllib.request

import pytest
from playwright.sync_api import Browser, Page, expect

from fhir_fixtures import scenarios
from tests.browser.browsing import looked_at, overflow, violations

PAGES = (
    *("/desk", "/desk?view=overridden-critical", "/desk/without-cards", "/desk/dashboard", "/desk/dashboard?days=90"),
    *("/desk/rules", "/desk/rules/ldn-order-active-opioid", "/desk/clients", "/desk/report", "/desk/exports"),
    *("/desk/audit", "/desk?text=nothing+says+this", "/desk?severity=purple", "/desk/cards/nowhere"),
    *("/desk/system", "/desk/comments", "/desk/angry-words", "/desk/clients/made-up-ehr"),
    "/desk?columns=time.severity.card.order.rule.role.reason.patient.prescriber.tenant",
)
OF_A_CARD = (
    *("a card", "a card?skin=narrow", "a card?skin=plain", "a call", "a card/raw"),
    *(f"a card?tab={tab}" for tab in ("why", "basis", "action", "time", "raw")),
)
APPROPRIATE = "input[name=card_verdict][value=appropriate]"
CONFLICT = next(one for one in scenarios("order-sign") if one.name == "oxycodone_still_taken")


def a_card(address: str) -> dict[str, str]:
    """A critical card that the service has just sent."""
    call = urllib.request.Request(  # noqa: S310 - our own server
        f"{address}/cds-services/ldn-order-sign", CONFLICT.body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(call) as answer:  # noqa: S310 - our own server
        return json.load(answer)["cards"][0]


def test_from_an_order_to_a_verdict_and_an_export(page: Page, desk_address: str):
    card = a_card(desk_address)
    page.goto(f"{desk_address}/desk/cards/{card['uuid']}")
    expect(page.locator("main")).to_contain_text(card["summary"])
    page.locator(APPROPRIATE).check()
    page.get_by_role("button", name="Save", exact=False).first.click()
    page.goto(f"{desk_address}/desk/cards/{card['uuid']}")
    expect(page.locator("main")).to_contain_text("Review by demo")
    page.goto(f"{desk_address}/desk/exports")
    with page.expect_download() as download:
        page.locator("a[href*='/exports/verdicts.csv']").first.click()
    assert card["uuid"] in download.value.path().read_text("utf-8")


def go(page: Page, address: str, path: str) -> None:
    """Open a page of the desk; "a card" and "a call" stand for one that the service has just answered with, or without."""
    if path.startswith("a card"):
        path = path.replace("a card", f"/desk/cards/{a_card(address)['uuid']}")
    elif path == "a call":
        page.goto(f"{address}/desk/without-cards")
        path = page.locator("a[data-row]").first.get_attribute("href") or ""
    page.goto(f"{address}{path}")


@pytest.mark.parametrize("path", [*PAGES, *OF_A_CARD])
def test_a_page_of_the_desk_is_no_wider_than_320_pixels(page: Page, desk_address: str, path: str):
    page.set_viewport_size({"width": 320, "height": 640})
    go(page, desk_address, path)
    assert overflow(page) <= 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", [*PAGES, *OF_A_CARD])
def test_axe_finds_nothing_at_the_desk(chrome: Browser, desk_address: str, path: str, scheme: str):
    with looked_at(chrome, scheme) as page:
        go(page, desk_address, path)
        assert violations(page) == []


@pytest.mark.parametrize("path", ["/desk", "/desk/dashboard", "/desk/exports", "a card?tab=why"])
def test_axe_finds_nothing_on_a_narrow_screen(chrome: Browser, desk_address: str, path: str):
    with looked_at(chrome, width=320) as page:
        go(page, desk_address, path)
        assert violations(page) == []


def test_the_work_list_is_walked_by_keyboard_alone(page: Page, desk_address: str):
    page.goto(f"{desk_address}/desk")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/cards/**")
    page.keyboard.press("1")
    expect(page.locator(APPROPRIATE)).to_be_checked()


def test_columns_are_chosen_without_javascript_and_stay_while_filtering(chrome: Browser, desk_address: str):
    context = chrome.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{desk_address}/desk")
    page.locator("details.filters > summary").click()
    page.locator("summary", has_text="Columns").click()
    page.get_by_label("Tenant").check()
    page.get_by_label("Answered in").uncheck()
    page.get_by_role("button", name="Show these columns").click()
    heads = page.locator(".work-list thead th")
    assert "Tenant" in heads.all_inner_texts()
    assert "Answered in" not in heads.all_inner_texts()
    page.locator("details.filters > summary").click()
    page.get_by_label("Severity").first.select_option("critical")
    page.get_by_role("button", name="Show", exact=True).click()
    assert "severity=critical" in page.url
    assert "Tenant" in page.locator(".work-list thead th").all_inner_texts()
    context.close()


def test_a_second_opinion_is_asked_for_with_one_key_and_taken_back_with_another(page: Page, desk_address: str):
    page.goto(f"{desk_address}/desk/cards/{a_card(desk_address)['uuid']}")
    page.keyboard.press("s")
    expect(page.get_by_role("status")).to_contain_text("Asked.")
    page.keyboard.press("u")
    expect(page.get_by_role("status")).to_contain_text("Taken back.")


def test_a_client_is_tested_from_its_page(page: Page, desk_address: str):
    page.goto(f"{desk_address}/desk/clients")
    page.get_by_role("link", name="made-up-ehr").click()
    page.get_by_role("button", name="Fetch its keys").click()
    expect(page.get_by_role("status")).to_contain_text("Keys: key-1 (ES384).")
    page.get_by_label("Request", exact=True).select_option(label="made up: oxycodone still taken")
    page.get_by_role("button", name="Dry-run the request").click()
    expect(page.get_by_role("status")).to_contain_text("Answered by ldn-order-sign: 1 card.")
    page.get_by_label("Token").fill("a.pasted.canary")
    page.get_by_role("button", name="Check the token").click()
    expect(page.get_by_role("status")).to_contain_text("public_url is not set")
    assert "canary" not in page.content()
