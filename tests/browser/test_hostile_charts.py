"""Whatever a chart says, it is text on our pages: nothing of it runs, loads or becomes an element."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Browser, expect

from cds_hooks.trying.patients import known
from tests.browser.payloads import PAYLOADS

_INNER = "one => [...one.querySelectorAll('*')].map(each => each.tagName.toLowerCase())"


def poisoned(payload: str) -> str:
    """A request in which every text that a page may show holds the payload."""
    request: dict[str, Any] = json.loads(known()["oxycodone_still_taken"][1].body)
    draft = request["context"]["draftOrders"]["entry"][0]["resource"]
    draft["contained"][0]["code"]["text"] += f" {payload}"
    draft["dosageInstruction"][0]["text"] += f" {payload}"
    draft["note"] = [{"text": payload}]
    draft["reasonCode"] = [{"text": payload}]
    for key in ("conditions", "medicationDispenses"):
        for entry in request["prefetch"][key]["entry"]:
            resource = entry["resource"]
            resource["note"] = [{"text": payload}]
            resource.get("code", {})["text"] = f"Fibromyalgia {payload}"
            if "medicationCodeableConcept" in resource:
                resource["medicationCodeableConcept"] = {"text": f"oxycodone 5 mg tablet {payload}"}
    request["prefetch"]["patient"]["gender"] = payload
    request["prefetch"]["patient"]["name"] = [{"text": payload}]
    return json.dumps(request)


def test_fifty_payloads_never_run_and_never_become_elements(chrome: Browser, address: str):
    assert len(set(PAYLOADS)) == 50
    context = chrome.new_context()
    page = context.new_page()
    outside: list[str] = []
    dialogs: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda one: outside.append(one.url) if not one.url.startswith(address) else None)
    page.on("dialog", lambda one: (dialogs.append(one.message), one.dismiss()))
    page.on("console", lambda one: complaints.append(one.text) if one.type == "error" else None)
    page.goto(f"{address}/try")
    page.get_by_label("A CDS Hooks request, as JSON").fill(poisoned("nothing bad"))
    page.get_by_role("button", name="Send it").click()
    expect(page.locator("[data-land]")).to_be_visible()
    harmless = page.locator("main").evaluate(_INNER)
    for payload in PAYLOADS:
        number = page.locator("input[name=number]").input_value()
        page.get_by_label("The request, as JSON").fill(poisoned(payload))
        with page.expect_response("**/try") as answered:
            page.get_by_role("button", name="Send it again").click()
        assert answered.value.status == 200, payload
        expect(page.locator("input[name=number]")).not_to_have_value(number)  # the answer is in its place by now
        expect(page.get_by_label("The request", exact=True)).to_contain_text(
            json.dumps(payload, ensure_ascii=False)[1:12]
        )
        elements = page.locator("main").evaluate(_INNER)
        assert set(elements) <= set(harmless), payload
        assert elements.count("form") == 1, payload
        assert page.evaluate("window.ran") is None, payload
        assert page.url == f"{address}/try", payload
    assert (outside, dialogs, complaints) == ([], [], [])
    context.close()
