"""Starts the fake inference service in place of the real one, which loads models."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from harness.model import Inference
from harness.targets.guarded import Guarded
from harness.targets.phases import Phases
from harness.targets.programs import Starting, wait_for_line
from harness.targets.state import Claim

PROGRAMS = Path(__file__).parent / "programs"


@contextlib.contextmanager
def start_fake_inference(claim: Claim, phases: Phases) -> Iterator[Starting]:
    """Start the fake inference service in place of the real one, which loads models."""
    command = [sys.executable, str(PROGRAMS / "fake_inference.py")]
    with Guarded(command, log=claim.folder / "inference.log", env=os.environ) as program:
        with phases.timed("inference service"):
            ready = wait_for_line(program, re.compile(r"ready at (\S+)"), "the fake inference service")
        claim.add(*program.pids)
        found = Inference(url=ready[1], ours=True, encoder="fake")
        yield Starting(found.url, lambda: found)
