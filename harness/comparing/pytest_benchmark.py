"""pytest-benchmark's JSON, in and out, so that what reads or makes it goes on working.

Source of the format: pytest-benchmark's own files, version 5; with `--benchmark-save-data` each has its raw times.
"""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean, median, stdev
from typing import Any

from harness import __version__
from harness.errors import FileError
from harness.keeping import write_json
from harness.record import LatencyEntry
from harness.statistics import percentile

_SECOND = 1000.0


def looks_like(path: Path) -> bool:
    """Whether a file is one of pytest-benchmark's, by its name and its first sign."""
    if path.suffix != ".json":
        return False
    try:
        with path.open("rb") as file:
            return file.read(64).lstrip().startswith(b"{")
    except OSError:
        return False


def latencies(path: Path) -> tuple[LatencyEntry, ...]:
    """Return the times of each benchmark of a file.

    Raises:
        FileError: it cannot be read, is none of pytest-benchmark's, or has no raw times, or such as are no times.
    """
    try:
        told = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise FileError(f"cannot be read as JSON ({error})", path=path) from error
    if not isinstance(told, dict) or not isinstance(told.get("benchmarks"), list):
        raise FileError("is no file of pytest-benchmark: it has no `benchmarks`", path=path)
    return tuple(_entries(told["benchmarks"], path))


def write(path: Path, entries: Sequence[LatencyEntry]) -> None:
    """Write times as pytest-benchmark would; one benchmark for each question, interface and target."""
    told = {
        "machine_info": {"node": "", "machine": platform.machine(), "python_version": platform.python_version()},
        "commit_info": {},
        "benchmarks": [_benchmark(entry) for entry in entries if entry.n],
        "datetime": datetime.now(UTC).isoformat(),
        "version": f"nearimage {__version__}",
    }
    try:
        write_json(path, told)
    except OSError as error:
        raise FileError(f"can't be written ({error.strerror or error})", path=path) from error


def _entries(benchmarks: Sequence[Any], path: Path) -> Iterator[LatencyEntry]:
    for one in benchmarks:
        try:
            extra, data = one.get("extra_info") or {}, one["stats"].get("data")
            name, group = str(one["fullname"]), str(one.get("group") or "")
        except (AttributeError, KeyError, TypeError) as error:
            raise FileError(
                "is no file of pytest-benchmark: a benchmark lacks its name or `stats`", path=path
            ) from error
        if not data:
            hint = "Let pytest write it with --benchmark-save-data, or with nearimage run --benchmark-json."
            raise FileError(f"has no raw times of {name}", path=path, hint=hint)
        try:
            seconds = tuple(float(each) for each in data)
        except (TypeError, ValueError):
            seconds = (-1.0,)
        if not all(0 <= each < math.inf for each in seconds):
            raise FileError(f"has times of {name} that are no seconds: `stats.data` is a list of numbers", path=path)
        yield LatencyEntry(
            target=str(extra.get("target", "")),
            scenario="pytest-benchmark",
            collection=group,
            question=str(extra.get("question", name)),
            interface=str(extra.get("interface", "")),
            milliseconds=tuple(each * _SECOND for each in seconds),
        )


def _benchmark(entry: LatencyEntry) -> dict[str, Any]:
    name = f"{entry.question}[{entry.interface}{'-' if entry.target else ''}{entry.target}]"
    return {
        "group": f"{entry.collection} {entry.question}",
        "name": name,
        "fullname": f"{entry.scenario}::{name}",
        "params": None,
        "param": None,
        "extra_info": {
            "interface": entry.interface,
            "question": entry.question,
            "target": entry.target,
            "errors": entry.errors,
        },
        "options": {"disable_gc": False, "min_rounds": entry.n, "warmup": bool(entry.warmup)},
        "stats": _statistics([one / _SECOND for one in entry.milliseconds]),
    }


def _statistics(seconds: list[float]) -> dict[str, Any]:
    q1, q3 = percentile(seconds, 25), percentile(seconds, 75)
    mean, spread = fmean(seconds), stdev(seconds) if len(seconds) > 1 else 0.0
    low, high = q1 - 1.5 * (q3 - q1), q3 + 1.5 * (q3 - q1)
    inside = [one for one in seconds if low <= one <= high]
    outside = len(seconds) - len(inside)
    strange = sum(abs(one - mean) > spread for one in seconds)
    return {
        "min": min(seconds),
        "max": max(seconds),
        "mean": mean,
        "stddev": spread,
        "rounds": len(seconds),
        "median": median(seconds),
        "iqr": q3 - q1,
        "q1": q1,
        "q3": q3,
        "iqr_outliers": outside,
        "stddev_outliers": strange,
        "outliers": f"{strange};{outside}",
        "ld15iqr": min(inside),
        "hd15iqr": max(inside),
        "ops": 1 / mean if mean else 0.0,
        "total": sum(seconds),
        "data": seconds,
        "iterations": 1,
    }
