"""The reference beside the Weaviate that it follows: run only where WEAVIATE_BINARY names one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness import targets
from harness.model import Needs
from harness.reference.engine import VERSION

pytestmark = pytest.mark.live
BINARY = os.environ.get("WEAVIATE_BINARY", "")  # read before a test's own folders take it away
ROOT = Path(__file__).parents[2]


def test_every_difference_from_the_real_server_is_explained(tmp_path: Path) -> None:
    """The same requests are answered alike, or the difference is explained, and no explanation is out of date."""
    with targets.find(f"embedded:{BINARY}").open(Needs()) as endpoint:
        if endpoint.version != VERSION:
            pytest.skip(f"the reference follows {VERSION}, this is {endpoint.version}")
    command = [sys.executable, "-m", "benchmarks.wire", "--left", "reference", "--right", f"embedded:{BINARY}"]
    done = subprocess.run(
        [*command, "--out", str(tmp_path / "side-by-side.md")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
