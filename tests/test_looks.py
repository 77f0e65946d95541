"""The design system: colours that can be told apart, and a frame that every page has."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import cds_hooks
from cds_hooks.pages.assets import css
from cds_hooks.pages.markdown import card_as_text, to_html
from tests.desks import Desk
from tests.scenes import the_clinic

TONES = ("info", "warning", "critical", "accent")
TEXT, PART = 4.5, 3.0
"""The least ratios of WCAG 2.2 AA: text (1.4.3), and the parts that say what a control is (1.4.11)."""

PAIRS = [
    *((ink, ground, TEXT) for ink in ("ink", "soft", "accent", "accent-hover") for ground in ("paper", "ground", "well")),
    *((tone, f"{tone}-tint", TEXT) for tone in TONES),
    *((tone, ground, TEXT) for tone in ("info", "warning", "critical") for ground in ("paper", "ground")),
    *((f"{tone}-line", ground, PART) for tone in TONES for ground in ("paper", "ground")),
    *(("ink", tint, TEXT) for tint in ("accent-tint", "info-tint", "warning-tint", "critical-tint")),
    *(("on-accent", ground, TEXT) for ground in ("accent", "accent-hover")),
    *(("edge", ground, PART) for ground in ("paper", "ground", "well")),
    *(("focus", ground, PART) for ground in ("paper", "ground", "well")),
]  # fmt: skip


def tokens(style: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", style))


def ratio(one: str, other: str) -> float:
    """The contrast of two colours, as WCAG 2.2 computes it."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_ratio_is_that_of_the_recommendation():
    assert ratio("#000000", "#ffffff") == pytest.approx(21)
    assert ratio("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_pair_of_colours_can_be_read(scheme: str):
    light, dark = css().split("@media (prefers-color-scheme: dark)")[:2]
    own = tokens(light)
    colours = own if scheme == "light" else own | tokens(dark.split("/*")[0])
    if scheme == "dark":
        assert tokens(dark.split("/*")[0]).keys() == own.keys(), "a colour has no dark counterpart"
    poor = [
        f"{ink} on {ground}: {found:.2f}, needs {least}"
        for ink, ground, least in PAIRS
        if (found := ratio(colours[ink], colours[ground])) < least
    ]
    assert poor == []


def test_colours_are_written_as_tokens_alone():
    style = css()
    rest = style[style.index("/* Plain elements") : style.index("/* On paper")]
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|rgb|hsl", rest) == []


class _Frame(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, wanted: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == wanted]


@pytest.fixture(scope="module")
def house() -> Desk:
    return Desk(the_clinic())


PAGES = ["/", "/rules", "/rules/ldn-pregnancy", "/source-attributes", "/plans", "/plans/std-1.5"]


@pytest.mark.parametrize("address", PAGES)
def test_every_page_has_the_same_frame(house: Desk, address: str):
    response = house.client.get(address, headers={"Accept": "text/html"})
    assert response.status_code == 200
    frame = _Frame(response.text)
    assert (frame.tags[0][0], frame.all("html")[0]["lang"]) == ("html", "en")
    assert frame.all("a")[0]["href"] == "#content"
    assert frame.all("main")[0]["id"] == "content"
    assert [len(frame.all(tag)) for tag in ("main", "h1", "footer")] == [1, 1, 1]
    assert "Main" in [one.get("aria-label") for one in frame.all("nav")]
    assert not [tag for tag, attributes in frame.tags if tag == "style" or "style" in attributes]
    assert not [one for one in frame.all("script") if "src" not in one]
    for one in frame.all("th"):
        assert one.get("scope") in ("row", "col")


def test_only_files_that_are_opened_from_a_disk_bring_their_style_with_them():
    files = Path(cds_hooks.__file__).parent / "templates"
    styled = {one.name for one in files.glob("*.html") if "<style" in one.read_text("utf-8")}
    assert styled == {"report.html", "committee.html", "sheet.html"}
    acting = [one.name for one in files.glob("*.html") if re.search(r"<[^>]+ (on\w+|style)=", one.read_text("utf-8"))]
    assert acting == []


@pytest.mark.parametrize("address", ["/rules", "/plans"])
def test_the_navigation_says_where_one_is(house: Desk, address: str):
    frame = _Frame(house.client.get(address, headers={"Accept": "text/html"}).text)
    assert [one["href"] for one in frame.all("a") if "aria-current" in one] == [address]


def test_the_policy_lets_nothing_in_that_is_not_ours(house: Desk):
    policy = house.client.get("/").headers["Content-Security-Policy"]
    assert policy == (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; "
        "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'"
    )


def test_a_person_is_told_of_a_problem_on_a_page_and_a_client_in_json(house: Desk):
    page = house.client.get("/nowhere", headers={"Accept": "text/html,*/*;q=0.8"})
    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert "There is nothing here" in page.text
    client = house.client.get("/nowhere")
    assert (client.status_code, client.mimetype) == (404, "application/json")
    service = house.client.get("/cds-services/nothing", headers={"Accept": "text/html"})
    assert service.mimetype == "application/json"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "![x](https://example.org/x.png)",
        "[x](javascript:alert(1))",
        "[x](data:text/html,hi)",
        "<a href='javascript:alert(1)'>x</a>",
        "<img src=x onerror=alert(1)>",
        "[x](//example.org)",
    ],
)
def test_markdown_of_a_card_holds_nothing_that_acts(text: str):
    frame = _Frame(to_html(text))
    assert not {tag for tag, _ in frame.tags} & {"script", "img", "iframe", "svg", "style"}
    for tag, attributes in frame.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        assert tag != "a" or str(attributes.get("href") or "https:").startswith(("http:", "https:"))


def test_a_link_in_markdown_hands_nothing_over():
    (link,) = _Frame(to_html("[label](https://example.org/label)")).all("a")
    assert link == {"href": "https://example.org/label", "rel": "noopener noreferrer"}


def test_a_card_is_plain_text_for_a_client_that_knows_no_more():
    card = {
        "indicator": "warning",
        "summary": "Check dose",
        "detail": "**45 mg** is\nten times.\n\n- one\n- `two`",
        "suggestions": [{"label": "Order 4.5 mg"}],
        "links": [{"label": "Rule", "url": "https://example.org/r"}],
        "source": {"label": "ldn-cds"},
    }
    said = "WARNING: Check dose\n\n45 mg is ten times.\n- one\n- two\n\n[ ] Order 4.5 mg\n\n"
    assert card_as_text(card) == said + "Rule: https://example.org/r\n\nSource: ldn-cds"
