"""The command line: what it says, and how it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cards import HouseError
from cds_hooks import cli, house
from cds_hooks.settings import TABLE
from cds_hooks.strictness import report_on
from cds_hooks.terminal import make_console, render_cards
from tests.desks import FakeClinic, a_card, a_draft, a_request, a_suggestion


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("LDN_CONFIG", *(row.variable for row in TABLE)):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def clinic(monkeypatch: pytest.MonkeyPatch) -> FakeClinic:
    clinic = FakeClinic(a_card())
    monkeypatch.setattr(house, "open_clinic", lambda settings: clinic)
    return clinic


def run(*arguments: str | Path, **environment: str) -> Result:
    return CliRunner().invoke(cli.main, [str(argument) for argument in arguments], env=dict(environment))


def write(name: str, content: Any) -> Path:
    path = Path(name)
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def test_help_names_every_command():
    result = run("--help")
    assert result.exit_code == 0
    for command in ("serve", "review", "check", "config", "version"):
        assert f"\n  {command} " in result.output


def test_help_loads_neither_web_service_nor_clinic():
    code = (
        "import sys; from cds_hooks.cli import main\n"
        "try: main(['serve', '--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'flask', 'cards', 'granian', 'fhir', 'jsonschema', 'rich', 'msgspec'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    root = Path(cli.__file__).parents[1]
    ended = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def test_version_says_which():
    result = run("version")
    assert result.exit_code == 0
    assert result.output.startswith("ldn-cds ")


def test_review_shows_cards_as_a_prescriber_sees_them(clinic: FakeClinic):
    result = run("review", write("request.json", a_request()), NO_COLOR="1")
    assert result.exit_code == 0
    assert "▲ Warning" in result.output
    assert "Naltrexone 4.5 mg: made-up advice" in result.output
    assert "[ ] Give it at bedtime  (recommended)" in result.output
    assert "\x1b" not in result.output
    assert all(len(line) <= 80 for line in result.output.splitlines())


def test_review_gives_the_answer_as_it_would_travel(clinic: FakeClinic):
    result = run("review", "--json", write("request.json", a_request()))
    assert json.loads(result.output) == {"cards": [a_card()]}


def test_review_takes_the_day_from_the_command_line_before_the_request(clinic: FakeClinic):
    file = write("request.json", a_request(extension={"ldn-cds.today": "2023-01-02"}))
    run("review", file)
    assert clinic.last.today.isoformat() == "2023-01-02"
    run("review", "--today", "2024-03-04", file)
    assert clinic.last.today.isoformat() == "2024-03-04"


def test_review_says_when_there_is_nothing_to_say(clinic: FakeClinic):
    clinic.cards = []
    silence = "No cards: no rule had anything to say about what was sent. That is no clearance."
    result = run("review", write("request.json", a_request()))
    assert (result.exit_code, result.output) == (0, f"{silence}\n")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"no json", "is not JSON (line 1, column 1)"),
        (
            {"hook": "patient-greet"},
            (
                "hook: Expected a request for one of order-sign, order-select, patient-view, "
                "order-dispatch, medication-refill."
            ),
        ),
        ([], "hook: Expected a request for"),
        ({"hook": "order-sign", "context": {}}, "context.draftOrders: Required: object is missing."),
        (a_request(extension={"ldn-cds.today": "soon"}), "Expected a day such as"),
    ],
)
def test_review_says_what_is_wrong_with_a_file(clinic: FakeClinic, content: Any, says: str):
    result = run("review", write("request.json", content))
    assert result.exit_code == 2
    assert "request.json: " in result.output
    assert says in result.output


def test_review_of_a_file_that_is_not_there(clinic: FakeClinic):
    result = run("review", "nowhere.json")
    assert result.exit_code == 2
    assert "nowhere.json cannot be read: No such file or directory." in result.output


def test_check_says_that_the_house_is_in_order(clinic: FakeClinic):
    assert run("check").output == "The house is in order.\n"


def test_check_tells_everything_that_is_wrong_in_the_house(monkeypatch: pytest.MonkeyPatch):
    def in_disorder(settings: Any) -> None:
        raise HouseError("rules/x.py has no page. Write rules/x.toml.", "numbers.toml: y has no source.")

    monkeypatch.setattr(house, "open_clinic", in_disorder)
    result = run("check")
    assert result.exit_code == 1
    assert result.output == "rules/x.py has no page. Write rules/x.toml.\nnumbers.toml: y has no source.\n"


def test_check_reports_what_is_no_strict_fhir(clinic: FakeClinic):
    good = write("good.json", a_request(prefetch={"conditions": {"resourceType": "Bundle", "type": "searchset"}}))
    bad = write("bad.json", a_request(a_draft(category={}, vendor=1)))
    assert run("check", good).output == "good.json: strict FHIR\n"
    result = run("check", good, bad)
    assert result.exit_code == 1
    place = "context.draftOrders.entry[0].resource"
    assert set(result.output.splitlines()) == {
        "good.json: strict FHIR",
        f"bad.json: {place}.category must be a list",
        f"bad.json: {place}.vendor is not an element of this type",
    }


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        (a_draft(), []),
        ({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": a_draft(vendor=1)}, None]},
         ["entry[0].resource.vendor is not an element of this type"]),
        ({"resourceType": "Nonsense"}, ["the resource is of no type that FHIR has in this version"]),
        ({"a": 1}, ["holds no FHIR resource."]),
        ([], ["holds no FHIR resource."]),
    ],
)  # fmt: skip
def test_a_report_names_place_and_kind(body: Any, lines: list[str]):
    assert report_on(json.dumps(body).encode()) == lines


def test_a_report_of_lines_names_the_line():
    lines = b"\n".join([json.dumps(a_draft()).encode(), b"", b"{", json.dumps(a_draft(x=1)).encode()])
    assert report_on(lines, is_lines=True) == [
        "line 3, The body is not JSON (line 1, column 2).",
        "line 4, x is not an element of this type",
    ]


def test_config_show_says_where_each_value_comes_from(empty_folder: Path):
    write("ldn.toml", b"threads = 8\n[numbers]\nwashout_short = 14\n")
    result = run("config", "show", LDN_PORT="81")
    assert result.exit_code == 0
    for row in TABLE:
        assert f"\n{row.name} = " in f"\n{result.output}"
    assert "\nport = 81  # environment. " in result.output
    assert "\nthreads = 8  # ldn.toml. " in result.output
    assert "\nwashout_short = 14  # d; delivered 10, allowed 7 to 14 d. " in result.output


def test_config_show_masks_what_is_secret(empty_folder: Path):
    write("key", b"0f1e2d3c4b5a69788796a5b4c3d2e1f0")
    result = run("config", "show", LDN_SECRET_FILE="key", LDN_DATABASE="postgresql://ldn:hush@db.example.org/ldn")  # noqa: S106 - a path
    assert "\nsecret = …  # environment. " in result.output
    assert "\ndatabase = postgresql://ldn:…@db.example.org/ldn  # environment. " in result.output
    assert "0f1e2d3c" not in result.output
    assert "hush" not in result.output
    assert "\nsecret = …  # made for this demo. " in run("config", "show").output


def test_config_check_refuses_what_is_unsafe():
    assert run("config", "check").output == "The settings are in order (profile demo).\n"
    result = run("config", "check", LDN_PROFILE="production")
    assert result.exit_code == 2
    assert "public_url is missing" in result.output


def test_a_settings_file_can_be_named(empty_folder: Path):
    write("mine.toml", b"prot = 1\n")
    result = run("--config", "mine.toml", "config", "check")
    assert result.exit_code == 2
    assert "mine.toml: there is no setting prot. Did you mean port?" in result.output


def rendered(*cards: dict[str, Any]) -> str:
    console = make_console()
    with console.capture() as capture:
        render_cards(console, cards)
    return capture.get()


def test_a_card_is_told_apart_without_colour(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NO_COLOR", "1")
    shown = {kind: rendered(a_card(indicator=kind)) for kind in ("critical", "warning", "info")}
    assert "✖ Critical" in shown["critical"]
    assert "▲ Warning" in shown["warning"]
    assert "● Info" in shown["info"]


def test_what_a_card_says_is_never_taken_for_markup():
    odd = "[bold]not bold[/] :smile: [link=x]"
    shown = rendered(
        a_card(summary=odd, suggestions=[a_suggestion(label=odd)], links=[{"label": odd, "url": "https://x"}])
    )
    assert shown.count("[bold]not bold[/]") == 3
    assert shown.count(":smile:") == 3


def test_a_card_with_little_in_it_is_shown():
    assert "Only this" in rendered({"summary": "Only this"})
