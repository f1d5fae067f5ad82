"""What a record says of a run, of its targets and of its scenarios, before and beside what was found."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from harness import __version__
from harness.errors import ExitCode, FileError
from harness.fleet.values import discreet
from harness.keeping import state_folder, write_text
from harness.model import Endpoint
from harness.record import (
    CalibrationEntry,
    EndEntry,
    LoadedCollection,
    RunEntry,
    ScenarioEntry,
    Service,
    TargetEntry,
    read,
)
from harness.scenario import Scenario
from harness.station import Station, called

_LIBRARIES = ("weaviate-client", "pytest", "hypothesis", "numpy", "onnxruntime", "httpx", "grpcio")
_CALIBRATION = "calibration.json"


def machine() -> str:
    """Return what tells this machine from another one, for what was measured on it."""
    return f"{os.cpu_count()} x {_processor()}, {platform.system()} {platform.release()}"


def _processor() -> str:
    model = platform.processor() or platform.machine()
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8", errors="replace") as file:
            model = next((line.partition(":")[2].strip() for line in file if line.startswith("model name")), model)
    except OSError:  # not Linux
        pass
    return model


def _memory() -> int:
    """Bytes of this machine's memory; 0 where the system does not say."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return 0


def keep_calibration(entry: CalibrationEntry) -> Path:
    """Keep what figures of this machine are worth, for its next records; return where.

    Raises:
        FileError: it can't be written.
    """
    path = state_folder() / _CALIBRATION
    try:
        write_text(path, entry.model_dump_json(indent=1))
    except OSError as error:
        raise FileError(f"can't be written ({error.strerror or error})", path=path) from error
    return path


def kept_calibration() -> CalibrationEntry | None:
    """Return what figures of this machine are worth; None if nobody found out, or on another machine."""
    try:
        found = CalibrationEntry.model_validate_json((state_folder() / _CALIBRATION).read_bytes())
    except (OSError, ValueError):
        return None
    return found if found.machine == machine() else None


def target_entry(station: Station, *, alone: bool) -> TargetEntry | None:
    """Return what a target is; None if it could not be opened and is `alone`, for what ends the whole run is a note."""
    target, endpoint = station.target, station.endpoint
    if target is not None and endpoint is not None:
        return TargetEntry(
            target=station.name,
            name=target.name,
            description=target.describe(),
            version=endpoint.version,
            weaviate=endpoint.weaviate,
            modules=tuple(endpoint.modules),
            inference=_inference(endpoint),
            services={
                module: Service(encoder=one.encoder, device=one.device, image=one.image)
                for module, one in endpoint.inference.items()
            },
            phases=dict(target.phases),
        )
    if station.trouble is None or alone:
        return None
    return TargetEntry(
        target=station.name,
        name=station.wanted.text,
        description=f"{station.wanted.text} could not be opened: nothing was asked of it",
        version="",
        weaviate=False,
        trouble=str(station.trouble),
    )


def run_entry(target: str, *, started: datetime, seed: int | None = None) -> RunEntry:
    """Return what was asked for, by whom and where.

    Args:
        target: the targets as they were typed.
        started: when it began.
        seed: what was drawn from.
    """
    return RunEntry(
        harness=__version__,
        python=platform.python_version(),
        platform=platform.platform(),
        cpus=os.cpu_count() or 0,
        processor=_processor(),
        memory=_memory(),
        argv=tuple(discreet(sys.argv)),
        seed=seed,
        target=target,
        started=started,
        commit=_commit(),
        versions={name: found for name in _LIBRARIES if (found := _version(name))},
    )


def end_entry(path: Path, code: ExitCode | None = None) -> EndEntry:
    """Return what a record ends with.

    Args:
        path: the record so far.
        code: what the run ended with; None: what its verdicts amount to.

    Raises:
        FileError: the record can't be read.
    """
    so_far = read(path)
    return EndEntry(
        finished=datetime.now(UTC),
        exit_code=so_far.exit_code if code is None else code,
        peak_memory_mb=peak_memory(),
        counts={outcome: count for outcome, count in so_far.counts.items() if count},
    )


def scenario_entry(scenario: Scenario, station: Station) -> ScenarioEntry:
    """Return a scenario that took part, with its collections as they are at a target."""
    loaded = station.collections(scenario)
    collections = [
        LoadedCollection(
            name=collection.name,
            module=str(collection.module),
            metric=str(collection.metric),
            index=collection.index,
            **loaded[collection.name],
        )
        for collection in scenario.collections
        if collection.name in loaded
    ]
    return ScenarioEntry(
        target=station.name,
        file=called(scenario.path),
        name=scenario.name,
        sha256=scenario.sha256,
        collections=tuple(collections),
    )


def _inference(endpoint: Endpoint) -> dict[str, str]:
    said = {}
    for module in endpoint.modules:
        service = endpoint.inference.get(module)
        if service is None:
            said[module] = "not known from here"
        else:
            said[module] = f"the harness's own service ({service.encoder})" if service.ours else service.url
    return said


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _commit() -> str:
    """The commit of the working folder, if it is one of git's: scenarios live there."""
    try:
        told = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, timeout=2, check=True)  # noqa: S607 - the user's own git
    except (OSError, subprocess.SubprocessError):
        return ""
    return told.stdout.strip()


def peak_memory() -> float | None:
    """Largest resident memory of this process and its largest ended child, in MiB."""
    try:
        import resource
    except ImportError:  # no such thing on this system
        return None
    unit = 1024.0 if sys.platform != "darwin" else 1024.0 * 1024.0
    both = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(resource.getrusage(who).ru_maxrss for who in both) / unit
