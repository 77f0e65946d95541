"""``run.py``: from a bare checkout to a running command, on any machine, without a network.

Most of these start the real launcher on a small project of its own: a lock with one package, a wheel made on the spot,
and a ``cds_hooks`` that says how it was called.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import run

ROOT = Path(run.__file__).parent

ECHO = """
import json, sys, tiny
print(json.dumps({"arguments": sys.argv[1:], "folder": __import__("os").getcwd()}))
sys.exit(7 if "fail" in sys.argv else 0)
"""


class Project:
    """A checkout with a launcher and next to nothing to launch."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / ".venv" / "installed-locks.txt"
        (folder / "cds_hooks").mkdir(parents=True)
        (folder / "cds_hooks" / "__init__.py").touch()
        (folder / "cds_hooks" / "__main__.py").write_text(ECHO, encoding="utf-8")
        shutil.copy(ROOT / "run.py", folder)
        self.write_lock(a_wheel(folder / "wheels", version="1.0"), version="1.0")

    def write_lock(self, wheel: Path, *, version: str, fingerprint: str = "") -> None:
        """Lock the one package; ``fingerprint`` may lie about it."""
        known = fingerprint or hashlib.sha256(wheel.read_bytes()).hexdigest()
        text = f"tiny=={version} \\\n    --hash=sha256:{known}\n"
        (self.folder / "requirements.lock").write_text(text, encoding="utf-8")

    def begin(self, *arguments: str, cwd: Path | None = None) -> subprocess.Popen[str]:
        """Start the launcher and do not wait for it."""
        return subprocess.Popen(
            [sys.executable, str(self.folder / "run.py"), *arguments],
            cwd=cwd or self.folder,
            env=os.environ | {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.folder / "wheels")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def start(self, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Start the launcher and wait for what it says."""
        process = self.begin(*arguments, cwd=cwd)
        out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)


def a_wheel(folder: Path, *, version: str) -> Path:
    """Make an installable package called ``tiny``."""
    folder.mkdir(exist_ok=True)
    info = f"tiny-{version}.dist-info"
    wheel = folder / f"tiny-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tiny.py", f"version = {version!r}\n")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: tiny\nVersion: {version}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return wheel


def run_changed(change: str, *arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run the launcher in a Python that was changed first."""
    code = f"import sys, runpy; {change}; runpy.run_path('run.py', run_name='__main__')"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def first_starts(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, list[tuple[int, str, str]]]:
    """A fresh project, and what two people heard who started it at the same moment."""
    project = Project(tmp_path_factory.mktemp("checkout") / "ldn")
    both = [project.begin("demo"), project.begin("demo")]
    heard = [(*process.communicate(timeout=120), process.returncode) for process in both]
    return project, [(code, out, err) for out, err, code in heard]


@pytest.fixture
def project(first_starts: tuple[Project, list[tuple[int, str, str]]]) -> Project:
    """A project that has been started before."""
    return first_starts[0]


# The first start, and the second


def test_two_first_starts_at_once_install_once_and_both_run(
    first_starts: tuple[Project, list[tuple[int, str, str]]],
) -> None:
    _, heard = first_starts
    assert [code for code, _, _ in heard] == [0, 0], heard
    assert [json.loads(out)["arguments"] for _, out, _ in heard] == [["demo"], ["demo"]]
    assert sum("Installed 1 packages" in err for _, _, err in heard) == 1, heard


def test_a_second_start_installs_nothing_and_says_nothing(project: Project) -> None:
    installed_at = project.state.stat().st_mtime_ns
    second = project.start("demo")
    assert (second.returncode, second.stderr) == (0, "")
    assert project.state.stat().st_mtime_ns == installed_at


def test_a_changed_lock_is_installed_at_the_next_start(project: Project) -> None:
    project.write_lock(a_wheel(project.folder / "wheels", version="1.1"), version="1.1")
    started = project.start("demo")
    assert "Installed 1 packages" in started.stderr
    assert list(project.folder.glob(".venv/**/tiny-1.1.dist-info"))


def test_a_package_with_another_hash_is_refused_and_what_was_installed_stays(project: Project) -> None:
    lock = project.folder / "requirements.lock"
    honest = lock.read_text(encoding="utf-8")
    project.write_lock(a_wheel(project.folder / "wheels", version="2.0"), version="2.0", fingerprint="0" * 64)
    refused = project.start("demo")
    lock.write_text(honest, encoding="utf-8")
    assert refused.returncode == 3
    assert "the packages of requirements.lock could not be installed" in refused.stderr
    assert "DO NOT MATCH THE HASHES" in refused.stderr
    assert project.start("demo").stderr == ""


def test_a_venv_left_unfinished_is_made_again(project: Project) -> None:
    project.state.write_text("unfinished\n", encoding="utf-8")
    started = project.start("demo")
    assert started.returncode == 0, started.stderr
    assert "Making .venv again: it was left unfinished" in started.stderr
    assert "unfinished" not in project.state.read_text(encoding="utf-8")


# Handing over


def test_a_command_it_does_not_know_goes_to_ldn_cds_with_all_its_arguments(project: Project) -> None:
    started = project.start("review", "order.json", "--hook", "order-sign")
    assert json.loads(started.stdout)["arguments"] == ["review", "order.json", "--hook", "order-sign"]


def test_check_with_a_file_is_the_check_of_ldn_cds(project: Project) -> None:
    assert json.loads(project.start("check", "order.json").stdout)["arguments"] == ["check", "order.json"]


def test_the_exit_code_of_the_command_is_passed_on(project: Project) -> None:
    assert project.start("fail").returncode == 7


def test_a_command_runs_where_the_user_stands_and_not_on_what_lies_there(project: Project, tmp_path: Path) -> None:
    (tmp_path / "cds_hooks.py").write_text("raise SystemExit('this is not ldn-cds')", encoding="utf-8")
    started = project.start("demo", cwd=tmp_path)
    assert (started.returncode, started.stderr) == (0, "")
    assert Path(json.loads(started.stdout)["folder"]).samefile(tmp_path)


# Asked for nothing, and asked on the wrong machine


@pytest.mark.parametrize(("arguments", "code"), [(["--help"], 0), ([], 2)])
def test_the_help_names_the_commands(arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(arguments) == code
    shown = capsys.readouterr().out
    for command in ("demo", "serve", "test", "check", "lock"):
        assert f"python3 run.py {command}" in shown


def test_an_older_python_is_told_what_to_install() -> None:
    told = run_changed("sys.version_info = (3, 10, 4)", "demo")
    assert told.returncode == 3
    assert told.stderr == (
        "ldn-cds needs Python 3.11 or newer, and this is Python 3.10.\n"
        "Install a newer one and start it by its name, for example: python3.12 run.py demo\n"
    )


@pytest.mark.parametrize("part", ["venv", "ensurepip"])
def test_a_python_without_its_venv_parts_is_told_the_one_line_that_helps(part: str, tmp_path: Path) -> None:
    bare = Project(tmp_path / "ldn")
    told = run_changed(f"sys.modules[{part!r}] = None", "demo", folder=bare.folder)
    assert told.returncode == 3
    assert "run.py: this Python cannot make virtual environments." in told.stderr
    assert "\n    sudo apt install python3-venv\n" in told.stderr
    assert not (bare.folder / ".venv").exists()


# What the tests are started with


@pytest.fixture
def handed_over(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What the launcher would have started, without starting it."""
    commands: list[list[str]] = []

    def remember(arguments: list[str]) -> int:
        commands.append(arguments)
        return 0

    monkeypatch.setattr(run, "prepare", lambda lock: None)
    monkeypatch.setattr(run, "hand_over", remember)
    monkeypatch.delenv("HYPOTHESIS_PROFILE", raising=False)
    monkeypatch.chdir(ROOT)
    return commands


def test_all_tests_run_on_all_cores(handed_over: list[list[str]]) -> None:
    run.main(["test"])
    assert handed_over == [["-m", "pytest", "-n", "auto", "--dist", "worksteal"]]
    assert "HYPOTHESIS_PROFILE" not in os.environ


def test_a_named_test_runs_alone_and_its_options_go_to_pytest(handed_over: list[list[str]]) -> None:
    run.main(["test", "tests/test_launcher.py::test_x", "-x"])
    assert handed_over == [["-m", "pytest", "tests/test_launcher.py::test_x", "-x"]]


def test_nightly_brings_in_the_long_tests_and_the_long_profile(
    handed_over: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYPOTHESIS_PROFILE", "to be put back afterwards")
    run.main(["test", "--nightly"])
    assert handed_over[0][-2:] == ["-m", ""]
    assert os.environ["HYPOTHESIS_PROFILE"] == "nightly"


def test_every_check_is_run_even_after_one_has_failed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "prepare", lambda lock: None)
    monkeypatch.setattr(run, "VENV_PYTHON", Path(sys.executable))
    bad, good = ("bad", ("-c", "raise SystemExit('what is wrong')")), ("good", ("-c", "print('nobody reads this')"))
    monkeypatch.setattr(run, "CHECKS", (bad, good))
    assert run.main(["check"]) == 1
    shown = capsys.readouterr().out
    assert re.fullmatch(r"FAILED  bad .* s\n    what is wrong\n\nok      good .* s\n", shown), shown


# The lock files


@pytest.mark.parametrize("lock", [run.RUNTIME, run.DEVELOPMENT])
def test_a_lock_pins_every_package_with_its_hashes_and_names_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert "python3 run.py lock" in text
    requirements = [entry for entry in re.split(r"\n(?=\S)", text.strip()) if not entry.startswith("#")]
    for entry in requirements:
        assert re.match(r"[a-z0-9][a-z0-9-]*==\S+ ", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry


def test_the_development_lock_holds_the_runtime_lock_unchanged() -> None:
    assert pins(run.RUNTIME).items() <= pins(run.DEVELOPMENT).items()


def test_the_locks_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert names(project["project"]["dependencies"]) <= pins(run.RUNTIME).keys()
    assert names(project["dependency-groups"]["dev"]) <= pins(run.DEVELOPMENT).keys()


def pins(lock: str) -> dict[str, str]:
    """The version of each package in a lock file."""
    return dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / lock).read_text(encoding="utf-8"), flags=re.MULTILINE))


def names(requirements: list[str]) -> set[str]:
    """The names in a list of requirements, spelled as the lock spells them."""
    return {re.split(r"[<>=~! ;\[]", requirement)[0].lower().replace(".", "-") for requirement in requirements}


# The wheel


def test_the_wheel_carries_everything_that_lies_in_the_packages(tmp_path: Path) -> None:
    """Rule pages, tables, templates and fixtures are read from the packages when the service starts."""
    kept = shutil.ignore_patterns("__pycache__", ".*")
    for package in ("cards", "cds_hooks", "fhir_fixtures"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=kept)
    for file in ("pyproject.toml", "LICENSE", "README.md", ".gitignore"):
        shutil.copy(ROOT / file, tmp_path)
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "--quiet", "."]
    built = subprocess.run(build, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr

    (wheel,) = tmp_path.glob("ldn_cds-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        carried = set(archive.namelist())
    lying_there = {
        path.relative_to(tmp_path).as_posix()
        for package in ("cards", "cds_hooks", "fhir_fixtures")
        for path in (tmp_path / package).rglob("*")
        if path.is_file()
    }
    assert not lying_there - carried
