"""On a machine without a browser, its tests are skipped, and nobody can overlook it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def test_the_summary_says_loudly_that_no_browser_looked_at_the_pages(tmp_path: Path):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/browser/test_try_it.py"]
    done = subprocess.run(
        [*command, "-k", "targets"],
        cwd=Path(__file__).parent.parent,
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "NO BROWSER" in done.stdout
    assert "1 tests were skipped: the pages were NOT tested in a browser." in done.stdout
