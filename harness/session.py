"""What the commands about scenarios do: check them, run them, show the record of a run."""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import ExitCode, FileError, UsageError, worst
from harness.options import TargetOptions
from harness.runs import PAGE, RECORD, forget, fresh_folder, record_at

if TYPE_CHECKING:
    from harness.progress import Progress
    from harness.record import Record


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What `nearimage run` was asked for; `scenarios` empty means the usual shipped ones, with `whole` every one."""

    scenarios: tuple[str, ...] = ()
    targets: TargetOptions = field(default_factory=TargetOptions)
    checks: tuple[str, ...] = ()
    interfaces: str = "graphql,grpc"
    smoke: bool = False
    whole: bool = False
    require: str = ""
    seed: int = 0
    out: Path = field(default_factory=lambda: Path("nearimage-out"))
    deviations: Path | None = None
    strict: bool = False
    load: Mapping[str, Any] = field(default_factory=dict)
    load_workers: int = 0
    load_listen: str = ""
    junit: Path | None = None
    benchmark_json: Path | None = None
    quiet: bool = False


def scenario_paths(names: Sequence[str], *, smoke: bool = False, whole: bool = False) -> list[Path]:
    """Return the scenario files of these names: a path, a folder, or the name of a shipped one.

    Args:
        names: as typed; none means the usual ones of those that are shipped.
        smoke: none means just the smoke scenario.
        whole: none means every shipped one: the full contract.

    Raises:
        FileError: if there is no such file or shipped scenario; names the nearest.
        UsageError: if a folder holds no scenario, or scenarios are named and all are asked for.
    """
    from harness.scenario import SMOKE, every_scenario, find_scenarios, shipped_scenarios, usual_scenarios

    if whole and (names or smoke):
        raise UsageError("--all means every shipped scenario, and others were named too", hint="Leave out one of both.")
    if whole:
        return list(every_scenario().values())
    if not names:
        return [shipped_scenarios()[SMOKE]] if smoke else list(usual_scenarios().values())
    found = []
    for name in names:
        meant = find_scenarios([Path(name)])
        if not meant:
            raise UsageError(f"no scenario in {name}", hint="A scenario is a YAML file with a key `nearimage: 1`.")
        found += [path for path in meant if path not in found]
    return found


def validate(names: Sequence[str]) -> list[str]:
    """Return a line for each scenario that is right; no names mean all that are shipped.

    Raises:
        FileError: for the first that is wrong, with file, line and the nearest valid name.
        UsageError: if there is no such scenario.
    """
    from harness.scenario import load_scenario, shipped_scenarios

    lines = []
    for path in scenario_paths(names or list(shipped_scenarios())):
        scenario = load_scenario(path)
        counted = ((len(scenario.collections), "collection"), (len(scenario.questions), "question"))
        said = ", ".join(f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in counted)
        lines.append(f"{path}: {scenario.name} ({said})")
    return lines


def run(options: RunOptions) -> ExitCode:
    """Run scenarios against a target; print what it came to; write the record and the page.

    Raises:
        HarnessError: for trouble before anything was started.
    """
    with _no_garbage():
        from harness.progress import Progress
        from harness.record import read

        paths = scenario_paths(options.scenarios, smoke=options.smoke, whole=options.whole)
        _check(options, paths)
    folder = fresh_folder(options.out)
    progress = Progress(quiet=options.quiet)
    with progress:
        _pytest(_arguments(options, paths, folder), progress)
    sitting = progress.sitting
    record = folder / RECORD
    found = read(record) if record.exists() else None
    codes = [*([found.exit_code] if found else []), *(sitting.codes if sitting else [])]
    code = worst(codes)
    for bug in sitting.bugs if sitting else ():
        _say(f"a bug of ours; please report it:\n{bug}")
    if found is not None and found.verdicts:
        show(found, folder / PAGE)
        return code
    for trouble in sitting.troubles if sitting else ():
        _say(str(trouble))
    if sitting is None or not (sitting.troubles or sitting.bugs):
        _say("interrupted before the first verdict" if sitting and sitting.interrupted else "nothing ran")
    if found is None or code is ExitCode.USAGE:  # it never started
        forget(folder)
    return code


@contextmanager
def _no_garbage() -> Iterator[None]:
    """Look for garbage neither while the modules are read, which would take a tenth longer, nor among them later."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was:
            gc.enable()


def _pytest(arguments: list[str], progress: Progress) -> None:
    """Run pytest without what the environment has for other runs of it."""
    import pytest

    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        os.environ.pop(name, None)
    ended = pytest.main(arguments, plugins=[progress])
    if ended == pytest.ExitCode.USAGE_ERROR and progress.sitting is None:
        raise RuntimeError("pytest did not understand what it was called with")


def _say(what: str) -> None:
    sys.stderr.write(f"nearimage: {what}\n")


def show(record: Record, page: Path) -> ExitCode:
    """Write a record's page and print the record; return the exit code that its run ended with.

    Raises:
        FileError: if the page can't be written; then the record was printed all the same.
    """
    from rich.console import Console

    from harness.report import html, terminal

    try:
        page.write_text(html.render(record), encoding="utf-8")
    except OSError as error:
        terminal.render(record, Console())
        what = f"the page can't be written ({error.strerror or error})"
        raise FileError(what, path=page, hint="Name another place: nearimage report RECORD --html FILE.") from error
    terminal.render(record, Console(), page=page)
    return record.exit_code


def _arguments(options: RunOptions, paths: Sequence[Path], folder: Path) -> list[str]:
    """What pytest is called with: none of the working folder's own settings, plugins and conftests."""
    return [
        *(str(path.resolve()) for path in paths),
        *("--disable-plugin-autoload", "-p", "harness.plugin", "-p", "pytest_benchmark.plugin", "--noconftest"),
        *("-p", "no:terminal", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", str(folder)),
        f"--benchmark-storage=file://{os.devnull}",  # nothing is kept beside what was asked for
        *options.targets.words,
        *("--record", str(folder / RECORD), "--interfaces", options.interfaces),
        *(word for glob in options.checks for word in ("--checks", glob)),
        *(["--require", options.require] if options.require else []),
        *("--seed", str(options.seed)),
        *([f"--deviations={options.deviations.resolve()}"] if options.deviations else []),
        *(["--strict-deviations"] if options.strict else []),
        *([f"--load={json.dumps(dict(options.load))}"] if options.load else []),
        *([f"--load-workers={options.load_workers}"] if options.load_workers else []),
        *([f"--load-listen={options.load_listen}"] if options.load_listen else []),
        *([f"--junitxml={options.junit.resolve()}"] if options.junit else []),
        *([f"--benchmark-json={options.benchmark_json.resolve()}"] if options.benchmark_json else []),
    ]


def _check(options: RunOptions, paths: Sequence[Path]) -> None:
    """Find every mistake that can be found before anything is started."""
    from harness.preflight import check_ids, demand_checks, demand_writable
    from harness.scenario import load_scenario
    from harness.sitting import Options

    scenarios = [load_scenario(path, load=options.load) for path in paths]
    interfaces = tuple(options.interfaces.split(","))
    Options(options.targets, interfaces=interfaces, deviations=options.deviations).check()
    demand_checks(options.checks, check_ids(scenarios))
    for path in (options.junit, options.benchmark_json):
        if path is not None:
            demand_writable(path)


def report(path: Path, *, out: Path | None = None) -> ExitCode:
    """Show a record again: the table, and its page beside it (or at `out`); return the run's own exit code.

    Args:
        path: a record, the folder of a run, or that of many runs, of which the newest is shown.
        out: where the page goes.

    Raises:
        FileError: if there is no record, or the file is none.
    """
    from harness.record import read

    meant, runs = record_at(path)
    found = read(meant)
    if runs > 1:
        sys.stdout.write(f"{meant.parent}, the newest of {runs} runs\n")
    return show(found, out or found.path.with_name(PAGE))


def listed(what: str | None) -> list[str]:
    """Return lines that say what there is: checks, scenarios, promises, interfaces, targets, or (None) all of them."""
    from harness.inventory import listed

    return listed(what)


def write_manifest(folder: Path) -> str:
    """Write the manifest of a folder of photographs and return a sentence about it.

    Raises:
        UsageError: if there is no such folder, no photograph in it, or another manifest already.
    """
    from harness.images import load_manifest, write_manifest

    path = write_manifest(folder)
    count = len(load_manifest(path, trusted=True).pictures)
    found = f"{count} photograph{'' if count == 1 else 's'}"
    return f"{path}: {found}; use them in a scenario with `images: {{from: ./{folder.name}, as: image}}`"
