"""The harness's own servers as processes: the inference service and the reference."""

from __future__ import annotations

import contextlib
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

from harness.errors import TargetError
from harness.inference import device
from harness.inference.process import starting
from harness.model import Inference
from harness.targets.guarded import Guarded
from harness.targets.phases import Phases
from harness.targets.state import Claim

_START_SECONDS = 120.0
_LOOKS_EVERY = 0.01
_NO_TELEMETRY = {
    "ORT_DISABLE_TELEMETRY": "1"
}  # onnxruntime 1.32 reports home, and leaves a file in TMPDIR, unless told


@dataclass(frozen=True, slots=True)
class Starting:
    """An inference service that is on its way: its address is known, so a database can start beside it.

    `ready` waits until it answers, which it does from then on; it raises a `TargetError` if that never happens.
    """

    url: str
    ready: Callable[[], Inference]


StartInference = Callable[[Claim, Phases], AbstractContextManager[Starting]]


def own_program(module: str, *arguments: str) -> list[str]:
    """Return the command that runs a module of this package, not one of that name in the current folder."""
    return [sys.executable, "-P", "-m", module, *arguments]


def wait_for_line(program: Guarded, pattern: re.Pattern[str], name: str, heard: int = 0) -> re.Match[str]:
    """Wait until a line of a program's log, from byte `heard` on, matches; return the match.

    Raises:
        TargetError: it died or did not say so in time.
    """
    deadline = time.monotonic() + _START_SECONDS
    while True:
        code = program.exited()
        whole_lines = program.log.read_bytes()[heard:].rpartition(b"\n")[0]
        found = pattern.search(whole_lines.decode("utf-8", errors="replace"))
        if found and code is None:
            return found
        if code is not None:
            raise TargetError(f"{name} ended with exit code {code} before it was ready", log=program.tail())
        if time.monotonic() > deadline:
            raise TargetError(f"{name} did not get ready within {_START_SECONDS:.0f} s", log=program.tail())
        time.sleep(_LOOKS_EVERY)


@contextlib.contextmanager
def inference_service(
    claim: Claim, phases: Phases, *, gpu: int | None = None, host: str = "127.0.0.1", delay: str = ""
) -> Iterator[Starting]:
    """Our inference service on a free port; ready when its models are loaded.

    Args:
        claim: gets its process id.
        phases: gets how long it took.
        gpu: the number of the GPU that it computes on; None is the CPU.
        host: the address that it binds.
        delay: how much later it answers, on purpose: `5%` or `2ms`.

    Raises:
        TargetError: it could not be started, or there is no such GPU; `ready` says so if it does not get ready.
    """
    device.require(gpu)
    with contextlib.ExitStack() as parts:
        with phases.timed("inference service"):
            env = {"TMPDIR": str(claim.folder), **_NO_TELEMETRY, **device.environment(gpu)}
            service = parts.enter_context(starting(preload=True, host=host, env=env, delay=delay))
        claim.add(service.pid)

        def ready() -> Inference:
            with phases.timed("inference service"):
                found = service.ready(_START_SECONDS)
            return Inference(url=found.url, ours=True, encoder=found.encoder, device=found.device)

        yield Starting(service.url, ready)
