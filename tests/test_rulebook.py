"""The rules as a published thing: listed, shown, served, exported, begun; and a site's own choices."""

from __future__ import annotations

import json
import re
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from fhir.resources.R4B import get_fhir_model_class

from cards import Clinic, Dialect, HouseError
from cards.house import overdue, place_problems, problems_in
from cards.opening import open_rules
from cards.pages import ATTRIBUTES
from cds_hooks import cli
from cds_hooks.callers import Caller, Everybody
from cds_hooks.clients.record import read_record
from cds_hooks.settings import Settings
from tests.charts import a_review, card_of, findings, having, ordering, ordering_ldn, taking_ldn, the_clinic
from tests.desks import Desk, a_draft, a_request
from tests.jwt_clients import as_jwk, ec_key

DAY = "2026-12-01"
OFF = "uds-order-naltrexone-false-positive"
TRANSPLANT = "ldn-transplant-immunosuppression"


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli.main, [str(argument) for argument in arguments])


def refused(*arguments: Any, **named: Any) -> tuple[str, ...]:
    with pytest.raises(HouseError) as caught:
        open_rules(*arguments, **named)
    return caught.value.problems


# --- on the command line ---------------------------------------------------------------------------------------------


def test_every_rule_is_listed_within_a_hundred_columns() -> None:
    result = run("rules", "--today", DAY)
    assert result.exit_code == 0
    assert max(map(len, result.output.splitlines())) <= 100
    for rule in the_clinic().book.rules:
        assert f"\n{rule.page.rule} " in result.output
    assert "checked by nobody yet, until 2027-05-24" in result.output
    assert "rests on bruun_plesner_2020 (P), marcus_2024" in result.output
    assert "OVERDUE" not in result.output
    assert "OVERDUE" in run("rules", "--today", "2027-05-25").output
    assert "OVERDUE" not in run("rules", "--today", "2027-05-24").output


def test_the_list_as_json_has_what_the_table_has() -> None:
    listed = {one["id"]: one for one in json.loads(run("rules", "--json", "--today", DAY).output)["rules"]}
    assert set(listed) == {rule.page.rule for rule in the_clinic().book.rules}
    one = listed["ldn-start-dose-high"]
    assert one["levels"] == ["warning", "info"]
    assert one["hooks"] == ["order-sign"]
    assert {"key": "okelly_2022", "grade": "P"} in one["restsOn"]
    assert (one["state"], one["version"], one["isOverdue"]) == ("on", "1.0.0", False)
    assert listed[OFF]["state"] == "off"


def test_a_page_is_shown_with_all_that_is_written_on_it() -> None:
    shown = run("rules", "show", "ldn-renal-severe", "--today", DAY).output
    page = the_clinic().book.page("ldn-renal-severe")
    assert max(map(len, shown.splitlines())) <= 100
    flat = " ".join(shown.split())
    for text in (page.title, page.version, page.why, page.works, *page.sayings["low_dose"].summary.split(" {")[:1]):
        assert " ".join(text.split()) in flat
    assert "egfr_low = 30 mL/min/{1.73_m2}, 15 to 45." in flat
    assert all(source.title.split()[0] in flat for source in page.sources)
    assert "birth_date: Age" in flat


def test_a_mistyped_rule_gets_the_nearest_names() -> None:
    result = run("rules", "show", "ldn-pregnacy")
    assert result.exit_code == 2
    assert "Did you mean ldn-pregnancy" in result.output
    assert run("rules", "show", "ldn_pregnancy").exit_code == 0


# --- exported --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    result = run("rules", "export", folder, "--date", DAY)
    assert result.exit_code == 0, result.output
    return folder


def resources(exported: Path) -> dict[str, dict[str, Any]]:
    return {path.stem: json.loads(path.read_text("utf-8")) for path in (exported / "fhir").glob("*.json")}


def test_every_resource_is_fhir_r4(exported: Path) -> None:
    for name, resource in resources(exported).items():
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)
        assert name == f"{resource['resourceType']}-{resource['id']}"


def test_a_rule_is_a_plan_definition_that_nobody_has_approved(exported: Path) -> None:
    every = resources(exported)
    for rule in the_clinic().book.rules:
        plan = every[f"PlanDefinition-{rule.page.rule}"]
        assert plan["type"]["coding"][0]["code"] == "eca-rule"
        assert plan["version"] == rule.page.version
        assert plan["date"] == DAY
        assert "approvalDate" not in plan
        assert plan["lastReviewDate"] == rule.page.review["reviewed"].isoformat()
        assert plan["effectivePeriod"]["end"] == rule.page.review["review_by"].isoformat()
        assert len(plan["action"]) == len(rule.page.sayings)
        for action in plan["action"]:
            assert {trigger["name"] for trigger in action["trigger"]} == {hook.value for hook in rule.page.hooks}
            assert action["condition"][0]["expression"]["language"] == "text/plain"
            assert action["documentation"]
            assert "{" not in action["title"]


def test_the_library_ties_everything_and_the_bundle_holds_it(exported: Path) -> None:
    every = resources(exported)
    bundle = every.pop("Bundle-ldn-cds-rules")
    assert bundle["type"] == "collection"
    assert len(bundle["entry"]) == len(every)
    library = every.pop("Library-ldn-cds-rules")
    tied = {artifact["resource"].partition("|")[0] for artifact in library["relatedArtifact"]}
    assert tied == {resource["url"] for resource in every.values()}


def test_what_a_resource_points_to_is_there(exported: Path) -> None:
    every = resources(exported)
    known = {resource["url"] for name, resource in every.items() if "url" in resource}
    pointed = re.findall(r'"(?:resource|definitionCanonical)": "(urn:ldn-cds:[^"|]+)', json.dumps(list(every.values())))
    assert pointed
    assert set(pointed) <= known


def test_an_order_template_adds_up(exported: Path) -> None:
    stepped = resources(exported)["ActivityDefinition-ldn-stepped-start"]
    assert stepped["quantity"] == {"value": 42, "unit": "capsule"}
    assert [one["doseAndRate"][0]["doseQuantity"]["value"] for one in stepped["dosage"]] == [1.5, 3]
    liquid = resources(exported)["ActivityDefinition-ldn-liquid"]
    assert liquid["quantity"]["value"] == 45


def test_no_snomed_code_outside_the_global_patient_set_is_published(exported: Path) -> None:
    every = resources(exported)
    tables = Path(cli.__file__).parent.parent / "cards" / "knowledge"
    rows = [row.split("\t") for name in ("conditions", "other_codes", "labs") for row in
            (tables / f"{name}.tsv").read_text("utf-8").splitlines()]  # fmt: skip
    snomed = [row for row in rows if row[0] == "SNOMED CT"]
    licensed = {row[1] for row in snomed} - {row[1] for row in snomed if row[-1] == "SNOMED Global Patient Set"}
    assert licensed
    published = {
        concept["code"]
        for resource in every.values()
        if resource["resourceType"] == "ValueSet"
        for include in resource["compose"]["include"]
        if include["system"] == "http://snomed.info/sct"
        for concept in include["concept"]
    }
    assert published
    assert not published & licensed
    assert "Left out:" in every["ValueSet-condition-lupus"]["description"]


def test_the_same_day_gives_the_same_files(exported: Path, tmp_path: Path) -> None:
    run("rules", "export", tmp_path, "--date", DAY)
    for path in sorted(exported.rglob("*.*")):
        assert path.read_bytes() == (tmp_path / path.relative_to(exported)).read_bytes(), path.name


class _Outline(HTMLParser):
    """Headings, anchors, links, and what a page must not have."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.levels: list[int] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if re.fullmatch(r"h[1-6]", tag):
            self.levels.append(int(tag[1]))
        self.ids += [value for name, value in attrs if name == "id" and value]
        self.links += [value for name, value in attrs if name == "href" and value]


def assert_accessible(text: str) -> _Outline:
    outline = _Outline(text)
    assert '<html lang="en">' in text
    assert outline.levels[0] == 1
    assert outline.levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in zip(outline.levels, outline.levels[1:], strict=False))
    assert len(outline.ids) == len(set(outline.ids))
    assert "script" not in outline.tags
    assert not [name for name, _ in outline.attributes if name == "style" or name.startswith("on")]
    assert outline.tags.count("table") == outline.tags.count("caption")
    inside = {link[1:] for link in outline.links if link.startswith("#")}
    assert inside <= set(outline.ids), inside - set(outline.ids)
    return outline


def test_the_document_for_a_committee_stands_alone_and_tells_everything(exported: Path) -> None:
    text = (exported / "rules.html").read_text("utf-8")
    outline = assert_accessible(text)
    assert "link" not in outline.tags
    assert "img" not in outline.tags
    for rule in the_clinic().book.rules:
        assert f'id="{rule.page.rule}"' in text
    for source in the_clinic().book.sources:
        assert f'id="source-{source}"' in text
    assert text.count('class="decision"') == 13
    assert text.count('class="box"') >= 13 * 3
    assert "order-sign/oxycodone_ended_nine_days_ago" in text
    assert "order-sign/oxycodone_ended_ten_days_ago" in text
    assert "Cannabis" in text
    assert "Nothing: all numbers and rules are as delivered." in text
    assert "about 12 chars" not in text


def test_a_site_reads_its_own_choices_in_the_document(tmp_path: Path) -> None:
    Path("ldn.toml").write_text(f'[numbers]\nwashout_patch = 21\n[rules]\n{OFF} = "on"\n')
    run("rules", "export", tmp_path / "out", "--date", DAY, "--base", "https://cds.example.org/fhir/")
    text = (tmp_path / "out" / "rules.html").read_text("utf-8")
    assert "21 d <strong>(this site’s choice; delivered 14)</strong>" in text
    assert ": on, delivered off" in text
    assert "21 days for every patch" in text
    plan = json.loads((tmp_path / "out" / "fhir" / "PlanDefinition-ldn-order-opioid-patch.json").read_text("utf-8"))
    assert plan["url"] == "https://cds.example.org/fhir/PlanDefinition/ldn-order-opioid-patch"
    told = plan["action"][0]["condition"][0]["expression"]["description"]
    assert "Chosen by this site: washout_patch 21 d (delivered 14)." in told


# --- served ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def desk() -> Desk:
    return Desk(the_clinic(), today=lambda: date(2026, 12, 1))


@pytest.mark.parametrize("address", ["/rules", "/rules/ldn-order-opioid-washout", "/source-attributes"])
def test_a_page_is_accessible_and_needs_no_script(desk: Desk, address: str) -> None:
    response = desk.client.get(address)
    assert response.status_code == 200
    assert response.content_type == "text/html; charset=utf-8"
    assert "style-src 'self'" in response.headers["Content-Security-Policy"]
    assert_accessible(response.text)
    assert "For made-up patients only" in response.text
    for link in _Outline(response.text).links:
        if link.startswith("/"):
            assert desk.client.get(link).status_code == 200, link


def test_outside_the_demo_there_is_no_banner_and_links_stay_under_the_path_of_a_proxy() -> None:
    settings = Settings(profile="production", public_url="https://cds.example.org/ldn")
    text = Desk(the_clinic(), settings).client.get("/rules").text
    assert "For made-up patients only" not in text
    assert 'href="/ldn/rules/ldn-pregnancy"' in text


def test_the_style_is_named_by_its_content_and_may_be_kept(desk: Desk) -> None:
    (address,) = re.findall(r'href="(/static/[^"]+)"', desk.client.get("/rules").text)
    response = desk.client.get(address)
    assert response.content_type == "text/css; charset=utf-8"
    assert response.headers.getlist("Cache-Control") == ["public, max-age=31536000, immutable"]
    assert desk.client.get("/static/style.000000000000.css").status_code == 404
    assert desk.client.get("/static/..%2fsettings.py").status_code == 404
    assert desk.client.get("/rules").headers.getlist("Cache-Control") == ["no-store"]


@pytest.mark.parametrize(
    ("address", "accept"),
    [("/rules/ldn-pregnancy?format=json", "text/html"), ("/rules/ldn-pregnancy", "application/json")],
)
def test_a_rule_is_json_for_who_asks(desk: Desk, address: str, accept: str) -> None:
    response = desk.client.get(address, headers={"Accept": accept})
    assert response.content_type == "application/json"
    assert response.json["id"] == "ldn-pregnancy"
    assert len(response.json["sourceAttributes"]) == 13


def test_the_thirteen_source_attributes_are_told_of_every_rule(desk: Desk) -> None:
    every = desk.client.get("/source-attributes?format=json").json["rules"]
    assert {one["rule"] for one in every} == {rule.page.rule for rule in the_clinic().book.rules}
    for one in every:
        assert [attribute["number"] for attribute in one["attributes"]] == list(range(1, 14))
        assert all(attribute["values"] for attribute in one["attributes"])
        assert one["more"]["isPredictive"] is False
        assert one == desk.client.get(f"/rules/{one['rule']}/source-attributes.json").json


def test_only_age_and_assessments_are_used_and_only_where_they_are_said_to_be(desk: Desk) -> None:
    every = desk.client.get("/source-attributes?format=json").json["rules"]
    used = {(one["rule"], a["number"]) for one in every for a in one["attributes"] if a.get("isUsed")}
    assert {number for _, number in used} == {11, 13}
    assert {("ldn-pediatric", 11), ("ldn-pregnancy", 13), ("ldn-suicidality-severe-depression", 13)} <= used


def test_an_unknown_rule_is_refused_with_names_of_ours_and_nothing_of_the_callers(desk: Desk) -> None:
    response = desk.client.get("/rules/ldn-pregnacy")
    assert response.status_code == 404
    assert response.json["resourceType"] == "OperationOutcome"
    assert "ldn-pregnancy" in response.text
    assert "pregnacy" not in response.text
    assert desk.client.get("/rules/nope/source-attributes.json").status_code == 404


def an_order() -> dict[str, Any]:
    empty = {"resourceType": "Bundle", "type": "searchset"}
    lists = ("medicationRequests", "medicationStatements", "medicationDispenses", "medicationAdministrations",
             "conditions", "allergies", "laboratory", "surveys")  # fmt: skip
    opioid = {"resourceType": "MedicationRequest", "id": "o", "status": "active", "intent": "order",
              "subject": {"reference": "Patient/made-up"}, "authoredOn": "2024-05-01",
              "medicationCodeableConcept": {"text": "oxycodone 5 mg tablet"}}  # fmt: skip
    prefetch: dict[str, Any] = dict.fromkeys(lists, empty)
    prefetch["medicationRequests"] = {**empty, "entry": [{"resource": opioid}]}
    return a_request(a_draft(), prefetch=prefetch)


def test_a_card_names_the_page_of_its_rule_where_clients_can_reach_it() -> None:
    desk = Desk(the_clinic(), Settings(public_url="https://cds.example.org"))
    card = desk.sign(an_order()).json["cards"][0]
    assert card["source"]["url"] == "https://cds.example.org/rules/ldn-order-active-opioid"
    assert card["links"]
    plain = Desk(the_clinic()).sign(an_order()).json["cards"][0]
    assert plain["source"]["url"].startswith("https://dailymed")


def test_a_client_may_have_its_own_address_for_the_pages() -> None:
    dialect = Dialect(rule_page_base="https://inside.example.org/r")
    desk = Desk(the_clinic(), Settings(public_url="https://cds.example.org"), callers=Everybody(Caller("x", dialect)))
    card = desk.sign(an_order()).json["cards"][0]
    assert card["source"]["url"] == "https://inside.example.org/r/ldn-order-active-opioid"


def addresses(card: Any) -> list[str]:
    """Wherever a card leads to."""
    return [one["url"] for one in (card["source"], *card.get("links", ())) if "url" in one]


@pytest.mark.parametrize(
    ("allowed", "source", "links"),
    [
        ([], "https://cds.example.org/rules/ldn-order-active-opioid", 2),
        (["https://cds.example.org/rules"], "https://cds.example.org/rules/ldn-order-active-opioid", 0),
        (["https://cds.example.org/", "https://dailymed.nlm.nih.gov"], "https://cds.example.org/rules/ldn-o", 1),
        (["https://dailymed.nlm.nih.gov"], "https://dailymed.nlm.nih.gov/", 1),
        (["https://dailymed.nlm.nih"], None, 0),
        (["https://elsewhere.example.org/"], None, 0),
    ],
)
def test_a_card_leads_only_where_the_clients_ehr_lets_it(allowed: list[str], source: str | None, links: int) -> None:
    """An EHR takes other links off by itself, and a source or a label may be left that leads nowhere."""
    record = read_record({"name": "x", "issuer": "x", "keys": [as_jwk(ec_key(), "k")], "allowed_links": allowed})
    desk = Desk(the_clinic(), Settings(public_url="https://cds.example.org"), callers=Everybody(record.caller))
    card = desk.sign(an_order()).json["cards"][0]
    assert card["source"]["label"]
    assert card["source"].get("url", "").startswith(source or "")
    assert ("url" in card["source"]) is (source is not None)
    assert len(card.get("links", [])) == links, card["links"]
    assert "links" not in card or card["links"]
    assert all(not allowed or address.startswith(tuple(allowed)) for address in addresses(card))


# --- a site's own choices --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("6", "settings: washout_short = 6 is out of range (7 to 14 d)."),
        ("15", "settings: washout_short = 15 is out of range (7 to 14 d)."),
        ("7.5", "settings: washout_short = 7.5 must be a whole number (7 to 14 d)."),
        ("NaN", "settings: washout_short = NaN is out of range (7 to 14 d)."),
    ],
)
def test_a_number_outside_its_range_is_refused_with_the_range(value: str, told: str) -> None:
    assert refused({"washout_short": Decimal(value)}) == (told,)


def test_the_ends_of_a_range_are_inside_it() -> None:
    for name, number in the_clinic().book.settable.items():
        assert number.allowed is not None
        assert not number.why_not(number.allowed[0]), name
        assert not number.why_not(number.allowed[1]), name
        assert number.allowed[0] <= number <= number.allowed[1], name


def test_everything_wrong_with_a_sites_choices_is_told_at_once() -> None:
    numbers = {"washot_short": Decimal(9), "low_from": Decimal(2), "ldn-renal-severe.egfr_low": Decimal(99)}
    problems = refused(numbers, switches={"ldn-pregnancie": False})
    assert len(problems) == 4
    told = "\n".join(problems)
    assert "there is no number called washot_short. Did you mean washout_short" in told
    assert "low_from = 2 is the same everywhere and may not be changed." in told
    assert "ldn-renal-severe.egfr_low = 99 is out of range (15 to 45 mL/min/{1.73_m2})." in told
    assert "there is no rule called ldn-pregnancie. Did you mean ldn-pregnancy" in told


def test_a_lower_end_stays_below_its_upper_end() -> None:
    assert refused({"washout_short_critical": Decimal(11)}) == (
        "settings: washout_short_critical (11 d) may not be above washout_short (10 d).",
    )
    both = open_rules({"washout_short_critical": Decimal(11), "washout_short": Decimal(11)})
    assert both.shared.washout_short == 11


def test_the_prose_of_a_page_tells_a_sites_numbers(tmp_path: Path) -> None:
    screen = '"ldn-order-opioid-positive-screen.screen_counts" = 21'
    Path("ldn.toml").write_text(f"[numbers]\nwashout_short_critical = 8\nstart_max = 2\n{screen}\n")
    shown = " ".join(run("rules", "show", "ldn-order-opioid-washout").output.replace("\u00a0", " ").split())
    assert "Short-acting: critical below 8 days, warning below 10. Extended-release by mouth: critical below 7" in shown
    result = run("rules", "export", tmp_path, "--date", DAY)
    assert result.exit_code == 0, result.output
    committee = " ".join((tmp_path / "rules.html").read_text("utf-8").replace("\u00a0", " ").split())
    assert "whose first step is above 2 mg a day" in committee
    assert "How long a result counts, 21 days, is the author" in committee
    clinic = Clinic.open(overrides={"washout_patch": Decimal(17)})
    page = Desk(clinic).client.get("/rules/ldn-order-opioid-patch").text.replace("\u00a0", " ")
    assert "came off less than 17 days ago" in page
    assert "14 days" not in page


def test_prose_that_names_a_number_the_page_does_not_have_is_told(tmp_path: Path) -> None:
    a_sample(tmp_path, ('works = "Any naltrexone draft."', 'works = "Above {sample_limt} mg, below {}."'))
    (problem, other) = refused(folder=tmp_path)
    assert problem.endswith("ldn_sample_hazard.toml: works names {}, which is no number of the page.")
    assert "works names {sample_limt}, which is no number of the page. Did you mean sample_limit?" in other


def test_a_rule_is_switched_on_and_off() -> None:
    book = open_rules(switches={OFF: True, "ldn-lactation": False})
    asked = {rule.page.rule for rules in book.by_hook.values() for rule in rules}
    assert OFF in asked
    assert "ldn-lactation" not in asked
    assert book.page("ldn-lactation").is_on_as_delivered


def test_a_site_chooses_the_level_of_a_rule_whose_page_allows_it() -> None:
    facts = (ordering_ldn("1.5"), having("Z94.0", "Kidney transplant status"))
    assert findings(a_review(*facts))[TRANSPLANT] == "info"
    site = Clinic.open(switches={TRANSPLANT: "warning"})
    answer = a_review(*facts, clinic=site)
    assert findings(answer)[TRANSPLANT] == "warning"
    assert f"Site setting: {TRANSPLANT} as warning" in card_of(answer, TRANSPLANT)["detail"]
    assert site.book.fingerprint != the_clinic().book.fingerprint


def test_an_opioid_order_for_somebody_on_a_low_dose_warns_where_a_site_prefers_that() -> None:
    facts = (taking_ldn(), ordering("oxycodone 5 mg tablet", "Take 1 tablet every 6 hours", mg=5))
    assert findings(a_review(*facts))["opioid-order-ldn-active"] == "critical"
    site = Clinic.open(switches={"opioid-order-ldn-active": "warning"})
    assert findings(a_review(*facts, clinic=site))["opioid-order-ldn-active"] == "warning"


def test_a_level_that_a_page_does_not_allow_is_refused() -> None:
    (one, two) = refused({}, switches={TRANSPLANT: "critical", "ldn-order-active-opioid": "warning"})
    assert {one, two} == {
        f"settings: {TRANSPLANT} may not be said as critical. Its page allows warning.",
        "settings: ldn-order-active-opioid may not be said as warning.",
    }


def test_a_chosen_level_is_shown_wherever_choices_are(tmp_path: Path) -> None:
    Path("ldn.toml").write_text(f'[rules]\n{TRANSPLANT} = "warning"\n')
    assert f'{TRANSPLANT} = "warning"  # delivered on, may be warning. ' in run("config", "show").output
    assert "on, as warning (this site's choice)" in run("rules", "show", TRANSPLANT, "--today", DAY).output
    assert "A site may have it speak as warning." in run("rules", "show", TRANSPLANT, "--today", DAY).output
    assert max(map(len, run("rules", "--today", DAY).output.splitlines())) <= 100
    assert run("rules", "export", tmp_path / "out", "--date", DAY).exit_code == 0
    assert "on, as warning, delivered on" in (tmp_path / "out" / "rules.html").read_text()


@pytest.mark.parametrize(
    "rule", ["ldn-med-list-unreadable", "ldn-opioid-overlap-not-checked", "naltrexone-onlabel-protect"]
)
def test_a_rule_on_which_others_lean_stays_on(rule: str) -> None:
    (problem,) = refused({}, switches={rule: False})
    assert problem.startswith(f"settings: {rule} may not be switched off. Without it ")
    assert open_rules(switches={rule: True}).page(rule).is_on


def test_the_service_does_not_start_with_a_choice_that_is_refused() -> None:
    Path("ldn.toml").write_text("[numbers]\nwashout_short = 99\nwashout_long = 0\n")
    for command in (("config", "check"), ("serve", "--port", "0"), ("rules",)):
        result = run(*command)
        assert result.exit_code == 2, command
        assert "washout_short = 99 is out of range (7 to 14 d)." in result.output
        assert "washout_long = 0 is out of range (14 to 21 d)." in result.output


def test_a_switch_is_on_or_off() -> None:
    Path("ldn.toml").write_text('[rules]\nldn-lactation = "of"\n')
    result = run("config", "check")
    assert result.exit_code == 2
    assert '[rules]: ldn-lactation must be "on" or "off", or a level that its page allows.' in result.output


def test_all_that_can_be_set_is_shown() -> None:
    Path("ldn.toml").write_text('[numbers]\nwashout_short = 14\n[rules]\nldn-lactation = "off"\n')
    shown = run("config", "show").output
    assert "\nwashout_short = 14  # d; delivered 10, allowed 7 to 14 d. Short-acting opioid: upper end" in shown
    assert '\n"ldn-renal-severe.egfr_low" = 30  # ' in shown
    assert '\nldn-lactation = "off"  # delivered on. ' in shown
    for name in the_clinic().book.settable:
        assert name in shown


def test_a_changed_number_stands_on_the_cards_of_the_rules_that_use_it() -> None:
    clinic = Clinic.open(overrides={"undated_from": Decimal(20), "step_days": Decimal(28)})
    detail = Desk(clinic).sign(an_order()).json["cards"][0]["detail"]
    assert detail.endswith("Rule ldn-order-active-opioid 1.0.0. Site setting: undated-from 20\u00a0d._")
    assert "Site setting" not in Desk(the_clinic()).sign(an_order()).json["cards"][0]["detail"]


# --- a rule that is begun --------------------------------------------------------------------------------------------


def begun(folder: Path) -> Path:
    assert run("rules", "new", "ldn-sample-hazard", "--folder", folder, "--today", DAY).exit_code == 0
    return folder / "ldn_sample_hazard.toml"


def test_a_new_rule_runs_says_nothing_and_is_told_to_be_unwritten(tmp_path: Path) -> None:
    begun(tmp_path)
    book = open_rules(folder=tmp_path)
    assert [rule.page.rule for rule in book.rules] == ["ldn-sample-hazard"]
    assert (tmp_path / "test_ldn_sample_hazard.py").is_file()
    assert Desk(Clinic.open(rules=tmp_path)).sign(an_order()).json == {"cards": []}
    told = run("check", "--rules", tmp_path)
    assert told.exit_code == 1
    for needed in ("why is still", "works is still", "title is still", "no source is named", "does not say when"):
        assert needed in told.output


def test_a_rule_is_begun_once_and_only_under_a_name(tmp_path: Path) -> None:
    begun(tmp_path)
    again = run("rules", "new", "ldn-sample-hazard", "--folder", tmp_path)
    assert again.exit_code == 2
    assert again.output.count("is there already.") == 3
    for name in ("9lives", "../x", "a b", "test_x"):
        assert run("rules", "new", name, "--folder", tmp_path).exit_code == 2
    assert run("rules", "new", "ldn-other").exit_code == 2  # here is no checkout


def a_checkout(folder: Path) -> None:
    for place in ("cards/rules", "tests/rules"):
        (folder / place).mkdir(parents=True)


def test_a_new_rule_begins_in_the_folder_of_its_hazard(empty_folder: Path) -> None:
    a_checkout(empty_folder)
    assert run("rules", "new", "ldn-other", "--hazard", "follow_up", "--today", DAY).exit_code == 0
    written = sorted(path.relative_to(empty_folder).as_posix() for path in empty_folder.rglob("*other*"))
    assert written == [
        "cards/rules/follow_up/ldn_other.py",
        "cards/rules/follow_up/ldn_other.toml",
        "tests/rules/follow_up/test_ldn_other.py",
    ]
    (rule,) = open_rules(folder=empty_folder / "cards" / "rules").rules
    assert (rule.page.rule, rule.place.hazard, place_problems(rule)) == ("ldn-other", "follow_up", [])


def test_a_rule_without_a_folder_or_for_one_that_is_none_is_told_the_folders(empty_folder: Path) -> None:
    a_checkout(empty_folder)
    for given, told in (
        ((), "Name the hazard it is about"),
        (("--hazard", "doses"), "There is no folder doses of rules"),
    ):
        result = run("rules", "new", "ldn-other", *given)
        assert result.exit_code == 2
        folders = "opioid_conflict or dose or timing or formulation or patient or follow_up or data"
        assert f"{told}: --hazard {folders}." in result.output
    assert not list(empty_folder.rglob("*other*"))


def test_a_rule_in_another_hazards_folder_and_a_name_used_twice_are_named(tmp_path: Path) -> None:
    (tmp_path / "timing").mkdir()
    a_sample(tmp_path / "timing")
    told = run("check", "--rules", tmp_path, "--today", DAY).output
    assert "timing/ldn_sample_hazard.toml: its group patient belongs in the folder patient." in told
    (tmp_path / "patient").mkdir()
    a_sample(tmp_path / "patient")
    (problem,) = refused(folder=tmp_path)
    assert problem.endswith("patient/ldn_sample_hazard.py is a rule of that name. A name is one rule's.")


WRITTEN = '''\
"""When naltrexone is ordered, then say so, because this sample shows that a rule in a folder is served."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cards.chart import Chart
from cards.drugs import Role
from cards.findings import Finding, says
from cards.numbers import Numbers
from cards.phrasing import milligrams


@dataclass(frozen=True)
class Seen:
    order: str


def ldn_sample_hazard(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak of every naltrexone order."""
    for order in chart.ordering(Role.NALTREXONE):
        yield says("found", order, limit=milligrams(numbers.sample_limit), evidence=[order.reference])
'''

PAGE = """\
title = "A sample"
version = "1.0.0"
group = "patient"
topic = "patient"
about = "naltrexone-order"
hooks = ["order-sign"]
evidence = "author"
sources = ["author"]
why = "To show that it works."
works = "Any naltrexone draft."

[says.found]
indicator = "warning"
summary = "Check the sample: at most {limit}."
detail = "**Do:** read it."

[numbers.sample_limit]
value = 4.5
unit = "mg"
source = "author"
meaning = "A sample of a number."
range = [1, 6]

[review]
written_by = "a test"
checked_by = "nobody yet"
reviewed = 2026-11-24
review_by = 2027-05-24
"""


def a_sample(folder: Path, *changes: tuple[str, str]) -> Path:
    """A rule and its page in a folder, with changes to the page; a change that changes nothing is a mistake."""
    page = PAGE
    for old, new in changes:
        assert old in page
        page = page.replace(old, new)
    (folder / "ldn_sample_hazard.py").write_text(WRITTEN)
    (folder / "ldn_sample_hazard.toml").write_text(page)
    return folder


def test_a_rule_in_a_folder_is_found_validated_and_served(tmp_path: Path) -> None:
    folder = a_sample(tmp_path)
    clinic = Clinic.open(overrides={"ldn-sample-hazard.sample_limit": Decimal(3)}, rules=folder)
    assert problems_in(clinic.book) == []
    desk = Desk(clinic)
    (card,) = desk.sign(an_order()).json["cards"]
    assert card["summary"] == "Check the sample: at most 3\u00a0mg."
    assert card["detail"].endswith("Site setting: sample-limit 3\u00a0mg._")
    assert card["extension"]["ldn-cds.findings"] == [
        {"rule": "ldn-sample-hazard", "indicator": "warning", "version": "1.0.0"}
    ]
    assert "A sample" in desk.client.get("/rules").text
    assert desk.client.get("/rules/ldn-sample-hazard?format=json").json["numbers"][0]["isSiteChoice"] is True
    assert run("check", "--rules", folder, "--today", DAY).output == "The house is in order.\n"


LONG = "Check {opioid} and {drug} together with everything else there is: at most {limit}."


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ([("[numbers.sample_limit]", "[numbers.other]")], "ldn_sample_hazard.toml: it asks for numbers"),
        ([('unit = "mg"\n', "")], "the number sample_limit needs value, unit, source and meaning (it lacks 'unit')"),
        ([('sources = ["author"]', 'sources = ["nobody_2020"]')], "source nobody_2020 is not in"),
        ([("{limit}", "{limt}")], "[says.found] has blanks that line 23 does not fill: limt"),
        ([("{limit}", "{limit")], "[says.found] has a broken blank"),
        ([("[says.found]", "[says.fund]")], "line 23 says found, which is not on the page"),
        ([("[says.found]", "[says.fund]")], "[says.fund] is said by nobody"),
        ([("Check the sample: at most {limit}.", LONG)], "characters with the longest drug names"),
        ([("why =", "whi =")], "lacks why."),
        ([("why =", "whi =")], "whi is nothing a page has. Did you mean why?"),
        ([("[review]", "[attributes]\nshoe_size = 'x'\n\n[review]")], "[attributes] shoe_size must be one of race"),
        ([("why =", 'uses = ["washout_shrt"]\nwhy =')], "uses names washout_shrt"),
        ([("reviewed = 2026-11-24", 'reviewed = "soon"')], "[review] reviewed must be a date"),
        ([('indicator = "warning"', 'indicator = "loud"')], "indicator must be one of none, info, warning, critical."),
        ([('"order-sign"', '"order-sing"')], "hooks names order-sing, which is none. Did you mean order-sign"),
        ([('about = "naltrexone-order"', 'about = "naltrexone"')], "about must be one of chart, any-order,"),
        ([("value = 4.5", "value = 9")], "the number sample_limit = 9 mg lies outside its own range."),
        ([("range = [1, 6]", "range = [6, 1]")], "the number sample_limit = 4.5 mg lies outside its own range."),
        ([("range =", "rnge =")], "the number sample_limit: rnge is nothing a number has. Did you mean range?"),
        ([('version = "1.0.0"', "version = 1")], "version must be a text."),
        ([("hooks = [", "precedence = true\nhooks = [")], "precedence must be a whole number."),
        ([("summary =", "summry =")], "[says.found] lacks summary."),
        ([("summary =", "summry =")], "[says.found]: summry is nothing a saying has. Did you mean summary?"),
        ([("[says.found]", "[says.found]\nreviewed = 'x'")], "[says.found] reviewed must be a date"),
        ([("[review]", "[offers]\ntask = 1\n\n[review]")], "[offers.task] must be a table."),
        ([("at most {limit}", "at most 4.5\u00a0mg")], "tells sample_limit as 4.5 mg: write {sample_limit}"),
        ([("{limit}", "{sample_limit:furlongs}")], "a number is told as weeks or hours"),
        ([("{limit}", "{sample_limt}")], "has blanks that line 23 does not fill: sample_limt"),
        (
            [("[review]", '[budget]\nper = "week"\nafter = "shown"\ndays = "sample_limit"\n\n[review]')],
            "[budget] per must be one of patient, occasion, evidence.",
        ),
        (
            [("[review]", '[budget]\nper = "patient"\nafter = "shown"\ndays = "sample_limit"\n\n[review]')],
            "[budget] days names sample_limit, which is no number of the page in days (d).",
        ),
        (
            [("[review]", '[budget]\nper = "patient"\nafter = "shown"\n\n[review]')],
            "[budget] days must name a number of the page",
        ),
        (
            [("[review]", '[budget]\nper = "occasion"\nafter = "shown"\n\n[review]')],
            "[budget] occasion must say in a word what it is said once for",
        ),
        (
            [("[review]", '[budget]\nper = "occasion"\nafter = "shown"\noccasion = "fill"\n\n[review]')],
            "it is said once per fill, and no call of says tells the occasion",
        ),
        (
            [("[review]", '[budget]\nper = "patient"\nafter = "shown"\ndys = 3\n\n[review]')],
            "[budget] dys is nothing a budget has",
        ),
        (
            [("why =", 'stays_on = "Always."\nwhy ='), ("[review]", "[budget]\nper = 'patient'\n\n[review]")],
            "a rule that stays on is heard each time. Remove [budget] or stays_on.",
        ),
    ],
)
def test_check_names_what_is_wrong_with_a_page(tmp_path: Path, changes: list[tuple[str, str]], told: str) -> None:
    result = run("check", "--rules", a_sample(tmp_path, *changes), "--today", DAY)
    assert result.exit_code == 1
    assert told in result.output


def test_check_names_everything_at_once(tmp_path: Path) -> None:
    wrong = [('unit = "mg"\n', ""), ('sources = ["author"]', 'sources = ["x"]'), ('topic = "patient"', 'topic = "sky"')]
    result = run("check", "--rules", a_sample(tmp_path, *wrong))
    assert result.exit_code == 1
    for told in ("needs value, unit, source and meaning", "source x is not in", "topic must be one of"):
        assert told in result.output


def test_an_overdue_review_is_a_warning_and_no_error(tmp_path: Path) -> None:
    folder = a_sample(tmp_path)
    assert overdue(open_rules(folder=folder), date(2027, 5, 24)) == []
    result = run("check", "--rules", folder, "--today", "2027-05-25")
    assert result.exit_code == 0
    assert "Warning: ldn-sample-hazard: its review was due by 2027-05-24." in result.output
    assert "The house is in order." in result.output


def test_a_rule_that_cannot_be_loaded_is_told(tmp_path: Path) -> None:
    a_sample(tmp_path)
    (tmp_path / "ldn_sample_hazard.py").write_text("def (\n")
    (problem,) = refused(folder=tmp_path)
    assert "ldn_sample_hazard.py cannot be loaded" in problem
    (tmp_path / "ldn_sample_hazard.py").write_text("x = 1\n")
    (problem,) = refused(folder=tmp_path)
    assert "has no function ldn_sample_hazard(chart, numbers)." in problem


def test_an_age_that_is_asked_for_has_to_be_owned_up_to(tmp_path: Path) -> None:
    folder = a_sample(tmp_path)
    sentence = (
        (folder / "ldn_sample_hazard.py").read_text().replace("for order in", "_ = chart.patient\n    for order in")
    )
    (folder / "ldn_sample_hazard.py").write_text(sentence)
    assert "say how under [attributes] birth_date" in run("check", "--rules", folder).output
    a = "[attributes]\nbirth_date = 'Age.'\n\n[review]"
    (folder / "ldn_sample_hazard.toml").write_text(PAGE.replace("[review]", a))
    assert run("check", "--rules", folder, "--today", DAY).exit_code == 0
    assert set(ATTRIBUTES) >= {"birth_date"}
