#!/usr/bin/env python3
"""Start ldn-cds from a fresh checkout, with nothing but Python 3.11 or newer.

python3 run.py demo            cards for made-up orders, a report, and a server to try
python3 run.py serve ...       the CDS Hooks service
python3 run.py test            the tests; --nightly adds the long ones, anything else goes to pytest
python3 run.py check           format, lint, types, import walls, rule pages
python3 run.py lock            work out the two lock files again; --upgrade takes newer releases
python3 run.py COMMAND ...     any other command of ldn-cds, such as: review FILE, rules, check FILE

The first start makes .venv beside this file and installs the hash-locked packages there; it needs the network once.
Exit code 3 means that this could not be done; every other code is that of the command itself.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - the one file that an older Python gets to read
    sys.stderr.write(
        f"ldn-cds needs Python 3.11 or newer, and this is Python {sys.version_info[0]}.{sys.version_info[1]}.\n"
        "Install a newer one and start it by its name, for example: python3.12 run.py demo\n"
    )
    sys.exit(3)

import contextlib
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STATE = VENV / "installed-locks.txt"
UNFINISHED = "unfinished"

RUNTIME = "requirements.lock"
DEVELOPMENT = "requirements-dev.lock"
CONTAINS = {RUNTIME: (RUNTIME,), DEVELOPMENT: (DEVELOPMENT, RUNTIME)}

CANNOT_PREPARE = 3

CHECKS = (
    ("format", ("-m", "ruff", "format", "--check", ".")),
    ("lint", ("-m", "ruff", "check", "--output-format=concise", ".")),
    ("types", ("-m", "mypy")),
    # Its command is a script whose first line names .venv by its full path, and fails once the folder has been moved.
    ("import walls", ("-c", "from importlinter.cli import lint_imports_command as lint; lint()", "--no-logo")),
    ("rule pages", ("-P", "-m", "cds_hooks", "check")),
)


class CannotPrepareError(Exception):
    """What stands in the way of a working ``.venv``, as a sentence for the person at the keyboard."""


def main(arguments: Sequence[str]) -> int:
    """Do what was asked and return its exit code."""
    if not arguments or arguments[0] in {"-h", "--help", "help"}:
        print(__doc__)
        return 0 if arguments else 2
    command, *rest = arguments
    try:
        if command == "test":
            return run_tests(rest)
        if command == "check" and not rest:
            return run_checks()
        if command == "lock":
            return write_locks(rest)
        return run_ldn_cds(arguments)
    except (CannotPrepareError, OSError) as problem:
        print(f"run.py: {problem}", file=sys.stderr)
        return CANNOT_PREPARE


# What can be run


def run_ldn_cds(arguments: Sequence[str]) -> int:
    """Run a command of ldn-cds, in the folder where the user stands.

    ``-P`` keeps that folder off the import path: a ``cards`` or ``tests`` of the user's own must not stand in for ours.
    """
    prepare(RUNTIME)
    return hand_over(["-P", "-m", "cds_hooks", *arguments])


def run_tests(arguments: Sequence[str]) -> int:
    """Run pytest, over all cores unless tests are named: a few are over before a second worker has started."""
    nightly = "--nightly" in arguments
    wanted = [argument for argument in arguments if argument != "--nightly"]
    options = [] if any(map(names_tests, wanted)) else ["-n", "auto", "--dist", "worksteal"]
    if nightly:
        os.environ["HYPOTHESIS_PROFILE"] = "nightly"
        options += ["-m", ""]
    prepare(DEVELOPMENT)
    os.chdir(ROOT)
    return hand_over(["-m", "pytest", *options, *wanted])


def names_tests(argument: str) -> bool:
    """Whether an argument for pytest is a file, a folder or a test in one."""
    return not argument.startswith("-") and (ROOT / argument.partition("::")[0]).exists()


def run_checks() -> int:
    """Run every check, several at a time, and show what those have to say that fail."""
    prepare(DEVELOPMENT)
    everything_is_well = True
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for (name, _), (outcome, seconds) in zip(CHECKS, pool.map(run_check, CHECKS), strict=True):
            passed = outcome.returncode == 0
            everything_is_well &= passed
            print(f"{'ok' if passed else 'FAILED':<7} {name:<13} {seconds:5.1f} s", flush=True)
            if not passed:
                print(indented(outcome.stdout), flush=True)
    return 0 if everything_is_well else 1


def run_check(check: tuple[str, tuple[str, ...]]) -> tuple[subprocess.CompletedProcess[str], float]:
    """Run one check and say how long it took."""
    began = time.monotonic()
    return run_quietly([str(VENV_PYTHON), *check[1]]), time.monotonic() - began


def write_locks(arguments: Sequence[str]) -> int:
    """Work out both lock files with uv, for every platform and every Python from 3.11 on.

    The development lock takes the runtime lock's versions, so that tests see what users get. Index addresses stay out:
    where packages come from is each machine's own affair, and the hashes say what they must be.
    """
    with a_uv() as uv:
        shared = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-annotate"]
        shared += ["--no-emit-index-url", "--custom-compile-command", "python3 run.py lock", "--quiet", *arguments]
        for lock, particular in ((RUNTIME, []), (DEVELOPMENT, ["--group", "dev", "--constraints", RUNTIME])):
            command = [uv, "pip", "compile", "pyproject.toml", "--output-file", lock, *shared, *particular]
            code = subprocess.call(command, cwd=ROOT)
            if code:
                return code
            print(f"{lock}: {count_packages(ROOT / lock)} packages")
    return 0


@contextlib.contextmanager
def a_uv() -> Iterator[str]:
    """The uv on the path, or one in a passing venv: nothing else here needs it."""
    found = shutil.which("uv")
    if found:
        yield found
        return
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        make_venv(scratch)
        bin_folder = scratch / VENV_PYTHON.parent.name
        outcome = run_quietly([str(bin_folder / VENV_PYTHON.name), "-m", "pip", "install", "uv"])
        if outcome.returncode:
            raise CannotPrepareError(f"uv could not be installed:\n{last_lines(outcome.stdout)}")
        yield str(bin_folder / "uv")


def hand_over(arguments: Sequence[str]) -> int:
    """Become the venv's Python, so that signals and the exit code need no passing on; Windows can only wait for it."""
    command = [str(VENV_PYTHON), *arguments]
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name != "nt":
        os.execv(command[0], command)
    with subprocess.Popen(command) as process:
        while True:
            with contextlib.suppress(KeyboardInterrupt):  # the process has got it too, and decides how to end
                return process.wait()


# A venv with the right packages


def prepare(lock: str) -> None:
    """See to it that ``.venv`` holds what the lock file lists; at once where it already does."""
    if is_installed(lock):
        return
    refuse_without_venv_module()
    with one_at_a_time():
        if is_installed(lock):  # by the other start that we waited for
            return
        site_packages = usable_site_packages()
        if site_packages is None or UNFINISHED in installed_locks():
            site_packages = make_venv_anew()
        install(lock, site_packages)
        (site_packages / "ldn-cds.pth").write_text(os.path.relpath(ROOT, site_packages) + "\n", encoding="utf-8")
        remember_installed([fingerprint(name) for name in CONTAINS[lock]])


def is_installed(lock: str) -> bool:
    """Whether the lock file, as it reads now, was installed to the end and the venv's Python is still there."""
    return os.access(VENV_PYTHON, os.X_OK) and fingerprint(lock) in installed_locks()


def installed_locks() -> list[str]:
    """The fingerprints of what was installed; none for a venv that was not made here."""
    return STATE.read_text(encoding="utf-8").splitlines() if STATE.exists() else []


def remember_installed(locks: Sequence[str]) -> None:
    """Write down what ``.venv`` holds."""
    STATE.write_text("".join(f"{lock}\n" for lock in locks), encoding="utf-8")


def fingerprint(lock: str) -> str:
    """The name and hash of a lock file."""
    return f"{lock} {hashlib.sha256((ROOT / lock).read_bytes()).hexdigest()}"


def refuse_without_venv_module() -> None:
    """Stop where Python came without its venv parts, as Debian's does; the system's own packages stay untouched."""
    if importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip"):
        return
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    raise CannotPrepareError(
        "this Python cannot make virtual environments. On Debian or Ubuntu, install the missing part:\n"
        "    sudo apt install python3-venv\n"
        f"(python{version}-venv if Python {version} is not the system's own), and run this again."
    )


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Keep a second start waiting while the first one prepares ``.venv``; the lock ends with its process."""
    with (ROOT / ".venv.lock").open("a", encoding="utf-8") as file:
        if not lock_file(file.fileno(), wait=False):
            say("Waiting for another start of run.py, which is preparing .venv ...")
            lock_file(file.fileno(), wait=True)
        yield


if sys.platform == "win32":
    import msvcrt

    def lock_file(descriptor: int, *, wait: bool) -> bool:
        """Lock an open file for this process, and say whether that worked."""
        while True:
            with contextlib.suppress(OSError):
                msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
                return True
            if not wait:
                return False
            time.sleep(0.2)
else:
    import fcntl

    def lock_file(descriptor: int, *, wait: bool) -> bool:
        """Lock an open file for this process, and say whether that worked."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        return True


def usable_site_packages() -> Path | None:
    """The folder of ``.venv`` where packages go, or nothing if it is not there, broken or of too old a Python."""
    question = (
        "import pip, sys, sysconfig; sys.version_info >= (3, 11) or sys.exit(1); print(sysconfig.get_path('purelib'))"
    )
    try:
        answer = run_quietly([str(VENV_PYTHON), "-I", "-c", question])
    except OSError:
        return None
    return Path(answer.stdout.strip()) if answer.returncode == 0 else None


def make_venv_anew() -> Path:
    """Make ``.venv`` from nothing, whatever a half-done or broken start has left there."""
    if VENV.exists():
        say("Making .venv again: it was left unfinished, or its Python has gone.")
        shutil.rmtree(VENV)
    else:
        say(f"Making .venv with Python {sys.version.split()[0]}.")
    make_venv(VENV)
    site_packages = usable_site_packages()
    if site_packages is None:
        raise CannotPrepareError("the .venv just made does not work. May programs be run from this folder's disk?")
    return site_packages


def make_venv(folder: Path) -> None:
    """Make a venv with pip in a folder."""
    outcome = run_quietly([sys.executable, "-m", "venv", str(folder)])
    if outcome.returncode:
        raise CannotPrepareError(f"no virtual environment could be made:\n{last_lines(outcome.stdout)}")


def install(lock: str, site_packages: Path) -> None:
    """Install exactly what the lock file lists, showing how far it is.

    ``.venv`` counts as unfinished until that is done. Where pip gives up before it has unpacked anything, say for want
    of a network, ``.venv`` is still what it was, and counts as that.
    """
    state_before = installed_locks()
    remember_installed([UNFINISHED])
    total = count_packages(ROOT / lock)
    say(f"Installing {total} packages from {lock} ...", only_if_plain=True)
    began = time.monotonic()
    code, lines = run_pip(["-r", str(ROOT / lock)], site_packages, total)
    if code:
        if not has_begun_unpacking(lines):
            remember_installed(state_before)
        raise CannotPrepareError(
            f"the packages of {lock} could not be installed. A first start needs the network. pip said:\n"
            f"{last_lines(''.join(lines))}"
        )
    say(f"Installed {total} packages in {time.monotonic() - began:.0f} s.", only_if_plain=True)


def run_pip(arguments: Sequence[str], site_packages: Path, total: int) -> tuple[int, list[str]]:
    """Run the venv's ``pip install`` under a live line; its exit code and all that it printed."""
    there_before = count_installed(site_packages)
    lines: list[str] = []
    with subprocess.Popen(
        [str(VENV_PYTHON), "-m", "pip", "install", *PIP_OPTIONS, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        env=environment_for_pip(),
    ) as pip:
        reader = threading.Thread(target=collect, args=(pip.stdout or (), lines), daemon=True)
        reader.start()
        while reader.is_alive():
            reader.join(timeout=0.1)
            show_live(f"Installing: {how_far(lines, total, count_installed(site_packages) - there_before)}")
    show_live("")
    return pip.returncode, lines


PIP_OPTIONS = (
    "--require-hashes",
    "--no-deps",  # the lock is complete, and nothing it does not name may come along
    "--no-compile",  # Python compiles what is used on its first import; the rest of fhir.resources never is
    "--no-input",
    "--disable-pip-version-check",
    "--progress-bar=off",
)


def environment_for_pip() -> dict[str, str]:
    """The user's environment without the settings that would send packages somewhere other than ``.venv``."""
    elsewhere = {"PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_DRY_RUN", "PYTHONHOME"}
    return {name: value for name, value in os.environ.items() if name not in elsewhere}


def collect(stream: Iterable[str], lines: list[str]) -> None:
    """Move the lines of a stream into a list as they come."""
    for line in stream:
        lines.append(line)  # noqa: PERF402 - the list is read by the other thread while it grows


def how_far(lines: Sequence[str], total: int, unpacked: int) -> str:
    """Where pip is, read from what it has printed.

    >>> how_far(["Collecting flask==3.1.3 (from -r requirements.lock)", "  Downloading flask.whl"], 30, 0)
    'fetched 0 of 30, flask'
    >>> how_far(["Collecting flask==3.1.3", "Installing collected packages: flask, rich"], 30, 12)
    'unpacked 12 of 30'
    """
    if has_begun_unpacking(lines):
        return f"unpacked {min(unpacked, total)} of {total}"
    names = re.findall(r"^(?:Collecting|Requirement already satisfied:) ([\w.-]+)", "\n".join(lines), re.MULTILINE)
    return f"fetched {max(len(names) - 1, 0)} of {total}" + (f", {names[-1]}" if names else "")


def has_begun_unpacking(lines: Sequence[str]) -> bool:
    """Whether pip has fetched everything and begun to change ``.venv``."""
    return any(line.startswith("Installing collected packages") for line in lines)


def count_packages(lock: Path) -> int:
    """How many packages a lock file lists for this platform; those for another one only where it says so plainly."""
    pinned = [line for line in lock.read_text(encoding="utf-8").splitlines() if re.match(r"[\w.-]+==", line)]
    return len([line for line in pinned if os.name == "nt" or "sys_platform == 'win32'" not in line])


def count_installed(site_packages: Path) -> int:
    """How many packages a folder holds."""
    return len(list(site_packages.glob("*.dist-info")))


# Small things


def run_quietly(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a command in the checkout and keep all that it prints."""
    return subprocess.run(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def say(text: str, *, only_if_plain: bool = False) -> None:
    """Tell the user on standard error, which leaves standard output to the command; some only where no line is live."""
    if not (only_if_plain and sys.stderr.isatty()):
        print(text, file=sys.stderr, flush=True)


def show_live(text: str) -> None:
    """Write over the last line of a terminal; nothing where standard error is a file or a pipe."""
    if sys.stderr.isatty():
        width = shutil.get_terminal_size().columns - 1
        print(f"\r{text[:width]}\033[K", end="", file=sys.stderr, flush=True)


def indented(text: str) -> str:
    """The text, set in below the line that it explains."""
    return "".join(f"    {line}\n" for line in text.splitlines())


def last_lines(text: str) -> str:
    """The end of a long output, where the reason stands."""
    return indented("\n".join(text.splitlines()[-15:]))


def start() -> NoReturn:
    """Run from the command line; Ctrl-C ends without a traceback."""
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    start()
