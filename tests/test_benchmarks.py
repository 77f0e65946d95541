"""The benchmarks run from a checkout and print what ``tests/benchmarks/README.md`` explains. No time is held here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def printed(benchmark: str, *options: str) -> str:
    run = subprocess.run(
        [sys.executable, "-m", f"tests.benchmarks.{benchmark}", *options],
        cwd=HERE.parent,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_the_benchmark_of_order_sign_runs_and_prints_its_tables():
    tables = printed("order_sign", "--tiny")
    for line in (
        "In process, µs of processor time per call",
        "Cost of a further resource, µs (slope)",
        "Start to first answer:",
        "Over HTTP, granian, one worker, one client",
        "Keeping a call with 30 resources adds",
        "33 resources",
    ):
        assert line in tables


def test_the_benchmark_of_the_metrics_runs_and_tells_of_every_series():
    series, *rows = printed("metrics").splitlines()
    assert int(series.split()[0]) > 700
    assert [row.split()[0] for row in rows] == ["first", "again", "floor"]


def test_its_readme_names_every_column():
    explained = (HERE / "benchmarks" / "README.md").read_text("utf-8")
    for column in ("E", "F", "quiet", "card", "unseen", "checked", "stored"):
        assert f"**{column}**" in explained
