"""Whatever clients, charts, prescribers and reviewers write, it is text at the desk too, on every one of its pages."""

from __future__ import annotations

import json
import urllib.request
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import Engine, insert

from cds_hooks.databases import writing
from cds_hooks.memory import audit
from cds_hooks.memory.stamps import stamp
from cds_hooks.migrating import upgrade
from cds_hooks.tables import CLIENT_SIGNS, RULE_MODES, SAVED_VIEWS
from tests.browser.browsing import served_with_desk
from tests.browser.payloads import PAYLOADS
from tests.browser.test_hostile_charts import poisoned
from tests.figures.history import History

HARMLESS = "nothing bad"
RULE = "ldn-timing-unspecified"
ONCE = (
    *(
        "/desk",
        "/desk?sort=newest",
        "/desk/without-cards",
        "/desk/dashboard",
        "/desk/dashboard?days=90",
        "/desk/report",
    ),
    *("/desk/rules", f"/desk/rules/{RULE}", "/desk/clients", "/desk/exports", "/desk/audit", "/desk/audit?verify=yes"),
    *("/desk/comments", "/desk/angry-words", "/desk/system"),
    "/desk?columns=time.severity.card.order.rule.role.reason.patient.prescriber.tenant",
)
FOR_EACH = (
    *(
        "/desk/cards/{card}",
        "/desk/cards/{card}?skin=narrow",
        "/desk/cards/{card}?skin=plain",
        "/desk/cards/{card}/raw",
    ),
    *(
        "/desk/calls/{call}",
        "/desk?text={text}",
        "/desk?client={text}&reason={text}&sort=newest",
        "/desk?severity={text}",
    ),
    *("/desk/audit?who={text}&what={text}", "/desk/clients/{text}", "/desk/cards/{text}"),
)
ACTING = frozenset(
    {
        *(
            "script",
            "style",
            "link",
            "meta",
            "base",
            "iframe",
            "frame",
            "object",
            "embed",
            "img",
            "image",
            "video",
            "audio",
        ),
        *(
            "source",
            "track",
            "form",
            "input",
            "button",
            "select",
            "textarea",
            "svg",
            "math",
            "animate",
            "set",
            "template",
        ),
        *("slot", "dialog", "marquee", "body", "title"),
    }
)
"""Elements that do something, load something, or change the page around them."""

LOOK = """() => ({
  tags: [...document.querySelectorAll("main *:not(.badge svg)")].map((one) => one.tagName.toLowerCase()),
  acting: [...document.querySelectorAll("*")].filter((one) => [...one.attributes].some((a) =>
    a.name.startsWith("on") || a.name === "style" || (/^(href|src|action|formaction|xlink:href)$/.test(a.name)
    && /^\\s*(javascript|data|vbscript):/i.test(a.value)))).map((one) => one.outerHTML.slice(0, 200)),
  scripts: [...document.scripts].map((one) => one.src),
  ran: window.ran ?? null,
})"""


def fill_in(engine: Engine) -> None:
    """A card, a call without one, feedback, a verdict, a silence, signs and an event for each payload, all made of it."""
    upgrade(engine)
    history = History(engine, count(1))
    now = stamp(datetime.now(UTC))
    for nth, text in enumerate((HARMLESS, *PAYLOADS)):
        of = {"client": text, "tenant": text}
        whose = {"patient": text, "prescriber": text}
        orders = json.dumps([{"what": text, "read": [text, f"as written: `{text}`"], "from": text}])
        finding = {"rule": RULE, "version": text, "level": "warning", "says": text, "facts": [text], "from": [text]}
        told = {
            "answered_at": now,
            "orders_json": orders,
            "states_json": json.dumps({text: text, "conditions": "missing"}),
            "facts_json": json.dumps({"findings": [{**finding, "card": f"card-{nth}"}]}),
            "software": text,
            "fetches_json": json.dumps([{"what": text, "status": 200, "ms": 1}]),
        }
        history.call(id=f"silent-{nth}", unchecked=1, **told, **of, **whose)
        call = history.call(id=f"call-{nth}", cards=1, **told, **of, **whose)
        resource = {
            "resourceType": "MedicationRequest",
            "note": [{"text": text}],
            "medicationCodeableConcept": {"text": text},
        }
        action = {"type": "create", "description": text, "resource": resource}
        sent = {
            "uuid": f"card-{nth}",
            "summary": text,
            "detail": text,
            "indicator": "warning",
            "source": {"label": text, "url": text, "topic": {"code": text, "display": text}},
            "links": [{"label": text, "url": text, "type": "absolute"}],
            "suggestions": [{"label": text, "uuid": text, "isRecommended": True, "actions": [action]}],
            "overrideReasons": [{"code": text, "display": text}],
        }
        card = {"uuid": f"card-{nth}", "summary": text, "order_text": text, "reason": text, "rule_version": text}
        history.card(
            text if nth % 2 else RULE, "warning", call=call, at=now, sent_json=json.dumps(sent), outcome="overridden",
            has_comment=True, **card, **of, **whose,
        )  # fmt: skip
        reason = {"code": text, "display": text, "system": text}
        history.feedback(
            f"card-{nth}", "overridden", comments=[text], reasons=[reason], received_at=now, outcome_at=now, **of
        )
        history.verdict(f"card-{nth}", tenant=text, reviewer=text, comment=text, cause=text, harm=text, at=now)
        event = {"who": text, "role": text, "what": text, "about": text, "tenant": text, "result": text}
        with writing(engine) as connection:
            mode = {
                "rule": RULE,
                "client": text,
                "mode": "silent",
                "reason": text,
                "since": now,
                "until": "",
                "who": text,
            }
            connection.execute(insert(RULE_MODES).values(mode))
            connection.execute(
                insert(SAVED_VIEWS).values(who="demo", name=text, query=f"text={quote(text)}&outcome=accepted")
            )
            signs = {
                "client": text,
                "kind": "refusal",
                "at": now,
                "detail_json": json.dumps({"why": text, text: [text]}),
            }
            connection.execute(insert(CLIENT_SIGNS).values(signs))
            audit.append(connection, audit.Event(detail={text: text}, **event), datetime.now(UTC))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served_with_desk(Path(tmp_path_factory.mktemp("hostile")), fill_in) as address:
        yield address


class Watch:
    """A page, and everything that happens on it which must not."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.happened: list[str] = []
        page.on("request", lambda one: self.happened.append(one.url) if not one.url.startswith(address) else None)
        page.on("dialog", lambda one: (self.happened.append(f"dialog {one.message}"), one.dismiss()))
        page.on("pageerror", lambda one: self.happened.append(str(one)))
        page.on(
            "console", lambda one: self.happened.append(one.text) if "Content Security Policy" in one.text else None
        )

    def look(self, path: str) -> Counter[str]:
        """Open a page; how many of each element that could do something there are in its middle."""
        self.page.goto(f"{self.address}{path}")
        seen = self.page.evaluate(LOOK)
        assert seen["ran"] is None, path
        assert seen["acting"] == [], path
        assert [one for one in seen["scripts"] if not one.startswith(f"{self.address}/static/")] == [], path
        assert self.happened == [], path
        assert self.page.url.startswith(f"{self.address}/"), path
        return Counter(tag for tag in seen["tags"] if tag in ACTING)


@pytest.fixture
def watch(chrome: Browser, hostile: str) -> Iterator[Watch]:
    context = chrome.new_context()
    yield Watch(context.new_page(), hostile)
    context.close()


@pytest.mark.parametrize("path", ONCE)
def test_pages_that_show_all_of_them_at_once_stay_as_they_are(watch: Watch, path: str):
    watch.look(path)
    text = watch.page.locator("main").inner_text()
    if path in ("/desk", "/desk/clients", "/desk/without-cards", f"/desk/rules/{RULE}", "/desk/audit"):
        assert sum(payload[:20] in text for payload in PAYLOADS) >= 40, (
            "hardly any of them is shown, so nothing was tested"
        )


@pytest.mark.parametrize("path", FOR_EACH)
def test_a_page_made_of_a_payload_has_the_elements_of_one_made_of_plain_words(watch: Watch, path: str):
    at = {"card": "card-0", "call": "silent-0", "text": quote(HARMLESS)}
    harmless = watch.look(path.format(**at))
    for nth, payload in enumerate(PAYLOADS, 1):
        at = {"card": f"card-{nth}", "call": f"silent-{nth}", "text": quote(payload, safe="")}
        found = watch.look(path.format(**at))
        assert not found - harmless, payload


def test_what_a_client_really_sends_is_text_from_the_call_to_the_comment(watch: Watch):
    cards = [_answered(watch.address, poisoned(payload)) for payload in PAYLOADS]
    for card, payload in zip(
        cards, PAYLOADS, strict=True
    ):  # after all calls: an override is remembered for its patient
        told = {"reason": {"code": payload, "system": "urn:x", "display": payload}, "userComment": payload}
        item = {
            "card": card,
            "outcome": "overridden",
            "outcomeTimestamp": "2026-11-24T10:00:00Z",
            "overrideReason": told,
        }
        _post(f"{watch.address}/cds-services/ldn-order-sign/feedback", json.dumps({"feedback": [item]}))
    paths = [f"/desk/cards/{card}?tab={('facts', 'why', 'action', 'time')[nth % 4]}" for nth, card in enumerate(cards)]
    first = watch.look(paths[0])
    for path in paths[1:]:
        assert not watch.look(path) - first, path
    assert PAYLOADS[-1] in watch.page.locator("main").inner_text()


def _answered(address: str, request: str) -> str:
    """The name of the first card that the service answers with."""
    return str(json.loads(_post(f"{address}/cds-services/ldn-order-sign", request))["cards"][0]["uuid"])


def _post(address: str, body: str) -> bytes:
    call = urllib.request.Request(address, body.encode(), {"Content-Type": "application/json"})  # noqa: S310 - our own server
    with urllib.request.urlopen(call) as answer:  # noqa: S310 - our own server
        return bytes(answer.read())
