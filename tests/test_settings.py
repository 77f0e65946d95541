"""Settings: four places, one order, misspellings refused, and no unsafe start."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cds_hooks.settings import TABLE, Settings, SettingsError, load_settings, unsafe


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def problems(environment: dict[str, str] | None = None, given: dict[str, Any] | None = None) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        load_settings(environment or {}, given)
    return caught.value.problems


def test_without_anything_it_is_the_demo_on_this_machine():
    settings = load_settings({})
    assert settings == Settings()
    assert settings.is_demo
    assert settings.host == "127.0.0.1"
    assert settings.allowed_origins == {"*"}


def test_the_command_line_goes_before_the_environment_before_the_file(empty_folder: Path):
    (empty_folder / "ldn.toml").write_text("port = 1\nthreads = 2\nworkers = 3\n")
    settings = load_settings({"LDN_PORT": "11", "LDN_THREADS": "12", "HOME": "/"}, {"port": 21, "host": None})
    assert (settings.port, settings.threads, settings.workers) == (21, 12, 3)
    assert settings.origins == {"port": "command line", "threads": "environment", "workers": "ldn.toml"}


def test_the_file_may_be_named(empty_folder: Path):
    (empty_folder / "mine.toml").write_text("port = 1\n")
    assert load_settings({"LDN_CONFIG": "mine.toml"}).port == 1
    assert load_settings({}, file=Path("mine.toml")).port == 1


def test_a_named_file_must_be_there():
    assert problems({"LDN_CONFIG": "nowhere.toml"}) == ("nowhere.toml: cannot be read (No such file or directory).",)


def test_a_file_that_is_no_toml_is_told(empty_folder: Path):
    (empty_folder / "ldn.toml").write_text("port = \n")
    (problem,) = problems()
    assert problem.startswith("ldn.toml: ")
    assert "line 1" in problem


@pytest.mark.parametrize(
    ("environment", "given", "says"),
    [
        ({"LDN_PROT": "1"}, {}, "environment: there is no setting LDN_PROT. Did you mean LDN_PORT?"),
        ({}, {"wrokers": 1}, "command line: there is no setting wrokers. Did you mean workers?"),
        ({"LDN_QQQQ": "1"}, {}, "environment: there is no setting LDN_QQQQ."),
        ({"LDN_PORT": "many"}, {}, "environment: LDN_PORT must be a whole number from 0 to 65535."),
        ({"LDN_PORT": "70000"}, {}, "environment: LDN_PORT must be a whole number from 0 to 65535."),
        ({"LDN_PORT": "-1"}, {}, "environment: LDN_PORT must be a whole number from 0 to 65535."),
        ({}, {"port": True}, "command line: port must be a whole number from 0 to 65535."),
        ({"LDN_DEBUG": "perhaps"}, {}, "environment: LDN_DEBUG must be true or false."),
        ({"LDN_PROFILE": "Production"}, {}, "environment: LDN_PROFILE must be demo or production."),
        ({"LDN_PUBLIC_URL": "cds.example.org"}, {}, "environment: LDN_PUBLIC_URL must be an address such as "),
        (
            {"LDN_CORS_ORIGINS": "https://a.example.org/path"},
            {},
            "environment: LDN_CORS_ORIGINS must be origins such as ",
        ),
        ({"LDN_CORS_ORIGINS": "https://["}, {}, "environment: LDN_CORS_ORIGINS must be origins such as "),
    ],
)
def test_what_is_wrong_is_told_with_what_to_write(environment: dict[str, str], given: dict[str, Any], says: str):
    (problem,) = problems(environment, given)
    assert problem.startswith(says)


def test_everything_that_is_wrong_is_told_at_once():
    assert len(problems({"LDN_PROT": "1", "LDN_PORT": "x", "LDN_HOST": "10.0.0.7"}, {"threads": 0})) == 4


def test_origins_may_be_a_list_or_a_line(empty_folder: Path):
    (empty_folder / "ldn.toml").write_text('cors_origins = ["https://a.example.org", "https://b.example.org:8443"]\n')
    expected = {"https://a.example.org", "https://b.example.org:8443"}
    assert load_settings({}).allowed_origins == expected
    line = "https://a.example.org, https://b.example.org:8443"
    assert load_settings({"LDN_CORS_ORIGINS": line}).allowed_origins == expected


def test_numbers_of_the_rules_are_exact_and_named_by_their_path(empty_folder: Path):
    (empty_folder / "ldn.toml").write_text(
        '[numbers]\nwashout_short = 14\n"a-rule.first" = 1.50\n[numbers.another-rule]\nsecond = 2\n'
    )
    assert load_settings({}).numbers == {
        "washout_short": Decimal(14),
        "a-rule.first": Decimal("1.50"),
        "another-rule.second": Decimal(2),
    }
    assert str(load_settings({}).numbers["a-rule.first"]) == "1.50"


def test_a_number_that_is_none_is_told(empty_folder: Path):
    (empty_folder / "ldn.toml").write_text('[numbers]\na = "14"\nb = true\n')
    assert problems() == ("[numbers]: a must be a number.", "[numbers]: b must be a number.")


def test_every_setting_has_a_meaning_and_a_default_that_is_allowed():
    for row in TABLE:
        assert row.meaning.endswith(".")
        assert row.allowed
        if row.default not in (None, ""):
            assert row.read(row.default) == row.default


SECRET = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a6978"  # noqa: S105 - made up
SAFE = {"profile": "production", "public_url": "https://cds.example.org", "secret": SECRET}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"debug": True}, "debug is on"),
        ({"check_outgoing": False}, "check_outgoing is off"),
        ({"cors_origins": ("*",)}, "cors_origins has *"),
        ({"cors_origins": ("http://ehr.example.org",)}, "cors_origins has http://ehr.example.org"),
        ({"public_url": ""}, "public_url is missing"),
        ({"public_url": "http://cds.example.org"}, "public_url is not https"),
        ({"remote_demo": True}, "remote_demo is for the demo"),
        ({"database": "sqlite://"}, "database is in memory"),
        ({"database": "sqlite:///:memory:"}, "database is in memory"),
        ({"database": "sqlite:///file:x?mode=memory&uri=true"}, "database is in memory"),
        ({"secret": ""}, "secret is missing"),
        ({"secret": SECRET[:31]}, "secret has fewer than 32 bytes"),
        ({"secret": "ab" * 16}, "secret is one that can be guessed"),
        ({"secret": "please-change-me-0123456789abcdef"}, "secret is one that can be guessed"),
    ],
)
def test_production_refuses_to_start_unsafely(change: dict[str, Any], says: str):
    assert unsafe(Settings(**SAFE)) == []
    (problem,) = unsafe(Settings(**SAFE | change))
    assert problem.startswith("production: ")
    assert says in problem


def test_production_tells_every_reason_at_once():
    assert len(problems({}, {"profile": "production", "debug": True, "cors_origins": "*"})) == 4


def test_no_complaint_about_a_secret_repeats_it():
    for secret in (SECRET[:31], "ab" * 16, "please-change-me-0123456789abcdef"):
        (problem,) = unsafe(Settings(**SAFE | {"secret": secret}))
        assert secret not in problem
    assert SECRET not in repr(Settings(**SAFE))


def test_a_secret_may_lie_in_a_file(empty_folder: Path):
    (empty_folder / "key").write_text(f"{SECRET}\n")
    (empty_folder / "db").write_text("postgresql://ldn:hush@db.example.org/ldn\n")
    settings = load_settings({"LDN_SECRET_FILE": "key", "LDN_DATABASE_FILE": "db"})
    assert settings.secret == SECRET
    assert settings.database == "postgresql://ldn:hush@db.example.org/ldn"
    (empty_folder / "ldn.toml").write_text('secret_file = "key"\n')
    assert load_settings({}).secret == SECRET
    assert load_settings({"LDN_SECRET": "another"}).secret == "another", "the environment goes before the file"  # noqa: S105


def test_a_file_with_a_secret_must_be_there_and_alone(empty_folder: Path):
    (empty_folder / "key").write_text(SECRET)
    assert problems({"LDN_SECRET_FILE": "nowhere"}) == (
        "environment: LDN_SECRET_FILE: nowhere cannot be read (No such file or directory).",
    )
    twice = "environment: secret is given twice, itself and in a file. Keep one."
    assert problems({"LDN_SECRET_FILE": "key", "LDN_SECRET": SECRET}) == (twice,)
    (empty_folder / "ldn.toml").write_text(f'secret_file = "key"\nsecret = "{SECRET}"\n')
    assert problems() == ("ldn.toml: secret is given twice, itself and in a file. Keep one.",)
    (empty_folder / "ldn.toml").write_text("secret_file = 7\n")
    assert problems() == ("ldn.toml: secret_file must be the path of a file.",)


def test_only_what_is_secret_may_lie_in_a_file():
    (problem,) = problems({"LDN_PORT_FILE": "port"})
    assert problem.startswith("environment: there is no setting LDN_PORT_FILE.")


def test_the_disk_is_waited_for_in_production_and_stopping_takes_its_time():
    assert (Settings().synchronous, Settings().drains_for) == ("NORMAL", 0)
    production = Settings(**SAFE)
    assert (production.synchronous, production.drains_for) == ("FULL", 5)
    chosen = Settings(**SAFE, sqlite_synchronous="NORMAL", drain_seconds=0)
    assert (chosen.synchronous, chosen.drains_for) == ("NORMAL", 0)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_the_demo_listens_on_this_machine(host: str):
    assert unsafe(Settings(host=host)) == []


@pytest.mark.parametrize("host", ["10.0.0.7", "192.168.1.7", "::", "cds.example.org"])
def test_the_demo_listens_to_others_only_when_told_so(host: str):
    (problem,) = unsafe(Settings(host=host))
    assert f"host {host} can be reached from other machines" in problem
    assert unsafe(Settings(host=host, remote_demo=True)) == []
    assert unsafe(Settings(**SAFE | {"host": host})) == []


@pytest.mark.parametrize(
    ("given", "read"),
    [("useless, every day ,!!", ("useless", "every day", "!!")), (["no"], ("no",)), ("", ()), ([], ())],
)
def test_angry_words_are_listed_with_commas_or_as_a_list(given, read):
    assert load_settings({}, {"angry_words": given}).angry_words == read


@pytest.mark.parametrize("given", [["x" * 61], [""], ["a\nb"], [7], "a," * 201, 7])
def test_what_is_no_list_of_words_is_refused(given):
    with pytest.raises(SettingsError, match="angry_words must be up to 200 words or short phrases"):
        load_settings({}, {"angry_words": given})
