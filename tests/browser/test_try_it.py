"""The page to try the service, as a person uses it."""

from __future__ import annotations

import json
import re
import subprocess

import pytest
from playwright.sync_api import Browser, Page, expect

from cds_hooks.store import MemoryStore, Outcome
from tests.browser.browsing import looked_at, overflow, violations

WRONG = "tablet_order_with_everything_wrong"
PAGES = ["/", "/try", f"/try?patient={WRONG}", "/rules", "/rules/ldn-pregnancy", "/source-attributes", "/plans",
         "/plans/std-1.5", "/nowhere", "/try?patient=nobody"]  # fmt: skip


def sign(page: Page) -> None:
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.locator("[data-land]")).to_be_visible()


def summaries(page: Page) -> list[str]:
    return page.locator(".tab-panel-1 .card-summary").all_inner_texts()


def test_an_order_is_signed_mended_and_signed_again(page: Page, address: str, store: MemoryStore):
    page.goto(f"{address}/try")
    page.get_by_role("link", name=re.compile("Fibromyalgia and an empty chart")).click()
    expect(page.get_by_label("Drug")).to_have_value("naltrexone 50 mg tablet")
    sign(page)
    expect(page.locator("[data-land]")).to_contain_text("4 cards")
    page.get_by_role("button", name=re.compile("Order compounded 4.5.mg capsules")).click()
    expect(page.get_by_text("Feedback was sent, and the service kept it.")).to_be_visible()
    expect(page.get_by_label("Form")).to_have_value("capsule")
    assert not [summary for summary in summaries(page) if "50 mg tablet" in summary.replace("\xa0", " ")]
    assert [one.outcome for one in store.feedback][-1:] == [Outcome.ACCEPTED]


def test_what_is_changed_in_the_form_is_what_is_ordered(page: Page, address: str):
    page.goto(f"{address}/try?patient=complete_order_for_a_healthy_chart")
    sign(page)
    expect(page.locator("[data-land]")).to_contain_text("No card")
    page.get_by_label("Dose").fill("45")
    sign(page)
    expect(page.locator(".tab-panel-1 .card").first).to_contain_text("45")
    page.get_by_label("When").select_option("daily")
    page.get_by_label("Dose").fill("1.5")
    sign(page)
    expect(page.locator(".tab-panel-1 .card")).to_contain_text("time of day")


def test_a_card_is_set_aside_with_a_reason_that_reaches_the_service(page: Page, address: str, store: MemoryStore):
    page.goto(f"{address}/try?patient=oxycodone_still_taken")
    sign(page)
    page.get_by_text("Set this card aside").click()
    page.get_by_label("Reason", exact=True).last.select_option("risk-benefit-ratio")
    page.get_by_label("Comment").fill("Discussed with the pain team.")
    page.get_by_role("button", name="Set aside and send the reason").click()
    expect(page.get_by_text("Set aside: Benefit judged greater than the risk. Feedback was sent")).to_be_visible()
    kept = store.feedback[-1]
    assert kept.outcome is Outcome.OVERRIDDEN
    assert [reason.code for reason in kept.reasons] == ["risk-benefit-ratio"]
    assert kept.comments == ("Discussed with the pain team.",)
    expect(page.get_by_label("The response")).to_contain_text(kept.card)


def test_the_whole_way_is_gone_by_keyboard_alone(page: Page, address: str):
    page.goto(f"{address}/try")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the third patient
    expect(page.get_by_label("Drug")).to_be_visible()
    page.get_by_label("Dose").focus()
    page.keyboard.press("Enter")  # in any field, Enter signs
    expect(page.locator("[data-land]")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#skin-sandbox")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".card-narrow").first).to_be_visible()
    page.keyboard.press("ArrowLeft")
    pressed = page.get_by_role("button", name=re.compile("Order compounded"))
    for _ in range(8):
        page.keyboard.press("Tab")
        if pressed.evaluate("one => one === document.activeElement"):
            break
    page.keyboard.press("Space")
    expect(page.get_by_text("Feedback was sent, and the service kept it.")).to_be_visible()


def test_every_tab_shows_what_it_says_and_the_curl_line_works_as_it_is(page: Page, address: str):
    page.goto(f"{address}/try?patient=oxycodone_still_taken")
    sign(page)
    expect(page.get_by_text("oxycodone 5 mg tablet").first).to_be_visible()
    page.get_by_text("Why, why not").click()
    expect(page.get_by_text("Spoke, and stands on a card (1)")).to_be_visible()
    expect(page.get_by_text("Was asked, and found nothing")).to_be_visible()
    page.locator("label[for=view-request]").click()
    assert json.loads(page.get_by_label("The request").inner_text())["hook"] == "order-sign"
    page.locator("label[for=view-curl]").click()
    line = page.get_by_label("A curl line").inner_text()
    answered = subprocess.run(["bash", "-c", line], capture_output=True, check=True, timeout=30)  # noqa: S607
    assert [card["summary"] for card in json.loads(answered.stdout)["cards"]] == summaries(page)


def test_it_all_works_without_a_script(chrome: Browser, address: str):
    context = chrome.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/try?patient=no_time_of_day")
    page.get_by_role("button", name="Sign", exact=True).click()
    page.get_by_role("button", name="Take at bedtime").click()
    expect(page.locator("[data-land]")).to_contain_text("No card")
    page.locator("label[for=view-why]").click()
    expect(page.get_by_text("Was asked, and found nothing")).to_be_visible()
    context.close()


def test_what_is_wrong_is_where_one_lands(page: Page, address: str):
    page.goto(f"{address}/try?patient={WRONG}")
    page.get_by_label("Dose").fill("four")
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.get_by_label("Dose")).to_be_focused()
    expect(page.get_by_text("Expected a number such as 4.5.")).to_be_visible()
    page.goto(f"{address}/try")
    page.get_by_label("A CDS Hooks request, as JSON").fill('{"hook": "order-sign",')
    page.get_by_role("button", name="Send it").click()
    expect(page.get_by_role("alert")).to_contain_text("The body is not JSON (line 1, column 23).")
    expect(page.get_by_role("heading", name="Try it")).to_be_focused()
    expect(page.get_by_label("A CDS Hooks request, as JSON")).to_have_value('{"hook": "order-sign",')


def test_on_paper_there_is_nothing_to_press(page: Page, address: str):
    page.goto(f"{address}/try?patient={WRONG}")
    sign(page)
    page.emulate_media(media="print")
    assert page.locator("nav:visible, .tabs > label:visible, .actions button:visible").count() == 0
    expect(page.locator(".tab-panel-1 .card").first).to_be_visible()


@pytest.mark.parametrize("path", [*PAGES, "signed"])
def test_nothing_is_wider_than_320_pixels(page: Page, address: str, path: str):
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(address + (f"/try?patient={WRONG}" if path == "signed" else path))
    if path == "signed":
        sign(page)
        for tab in ("narrow", "plain", "sandbox"):
            page.locator(f"label[for=skin-{tab}]").click()
            assert overflow(page) <= 0, tab
        for tab in ("facts", "why", "request", "response", "curl"):
            page.locator(f"label[for=view-{tab}]").click()
            assert overflow(page) <= 0, tab
    assert overflow(page) <= 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", [*PAGES, "signed"])
def test_axe_finds_nothing(chrome: Browser, address: str, path: str, scheme: str):
    with looked_at(chrome, scheme) as page:
        page.goto(address + (f"/try?patient={WRONG}" if path == "signed" else path))
        if path == "signed":
            sign(page)
            for tab in ("facts", "why", "request", "response", "curl"):
                page.locator(f"label[for=view-{tab}]").click()
                assert violations(page) == [], tab
        assert violations(page) == []


def test_targets_are_large_enough_to_hit(page: Page, address: str):
    page.goto(f"{address}/try?patient={WRONG}")
    sign(page)
    small = page.evaluate(
        """() => [...document.querySelectorAll('button, .top a, summary, input[type=checkbox], select, .tabs > label')]
            .filter(one => one.offsetParent !== null)
            .map(one => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
            .filter(([_, box]) => box.height < 24 || box.width < 24)
            .map(([html]) => html)"""
    )
    assert small == []
