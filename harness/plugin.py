"""The pytest plugin: options, scenario files as tests, one record of a run, and fixtures for hand-written tests.

Installed with the package and inert in a test run that has nothing to do with it: it starts nothing and imports
nothing heavy until a scenario file is collected or one of its fixtures is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness import options
from harness.errors import ExitCode, FileError
from harness.handwritten import (
    assert_near,
    assert_within,
    collection,
    endpoint,
    near_image,
    nearimage_target,
    weaviate_client,
)
from harness.stash import ENTRIES, HANDED, REPORTED, SITTING, ask_or_skip, or_exit, sitting_of

if TYPE_CHECKING:
    from harness.scenario import Scenario
    from harness.session_record import SessionRecord

__all__ = [
    "Plugin",
    "assert_near",
    "assert_within",
    "collection",
    "endpoint",
    "near_image",
    "nearimage_target",
    "weaviate_client",
]

LEVELS = ("must", "should", "observed")
CHAPTERS = (
    "near_image",
    "paging",
    "filter",
    "threshold",
    "certainty",
    "objects",
    "vector",
    "near_text",
    "encoder",
    "durability",
    "encoding",
    "configuration",
    "errors",
    "settings",
    "parity",
    "steps",
    "sharding",
    "quantised",
    "dynamic",
    "replication",
    "tenants",
    "named_vectors",
    "group_by",
    "aggregate",
    "references",
    "selectivity",
    "autocut",
    "sort",
    "vectorizing",
    "document",
    "promise",
    "question",
    "latency",
    "load",
)
_SUFFIXES = (".yaml", ".yml")
_SNIFFED = 64 * 1024
_PASSED_OR_FAILED = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of a run against a database."""
    group = parser.getgroup("nearimage", "image search in Weaviate")
    options.add(group.addoption)
    group.addoption("--checks", action="append", default=[], metavar="GLOB", help="only the checks with such an id")
    group.addoption("--interfaces", default="graphql,grpc", metavar="A,B", help="over which interfaces to ask")
    group.addoption("--seed", type=int, default=0, metavar="N", help="draw other thresholds and sets of images")
    group.addoption("--require", choices=("weaviate",), default="", help="fail unless a real Weaviate is tested")
    group.addoption("--deviations", type=Path, default=None, metavar="FILE", help="more deviations that are known")
    group.addoption("--strict-deviations", action="store_true", help="a deviation that is known fails too")
    group.addoption(
        "--load", default="", metavar="JSON", help="keys of `load` that count instead of the scenario's own"
    )
    group.addoption("--load-workers", type=int, default=0, metavar="N", help="send a load from so many Locust workers")
    group.addoption("--load-listen", default="", metavar="HOST:PORT", help="where workers of other machines find it")
    group.addoption("--record", type=Path, default=None, metavar="FILE", help="write the record of the run here")


def pytest_configure(config: pytest.Config) -> None:
    """Make the markers known; everything else waits until it is needed."""
    for level in LEVELS:
        config.addinivalue_line("markers", f"{level}: checks of this level")
    for chapter in CHAPTERS:
        config.addinivalue_line("markers", f"{chapter}: checks of this chapter of the contract")
    config.addinivalue_line("markers", "scenario(path): the scenario whose collection a hand-written test asks")
    config.pluginmanager.register(Plugin(config), "nearimage-run")


class Plugin:
    """The hooks of one pytest process; what they share is made when a scenario file or a fixture needs it."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._worker = hasattr(config, "workerinput")
        self._record: SessionRecord | None = None
        self._handed: dict[str, Any] | None = None

    # --- collecting ------------------------------------------------------------------------------

    @pytest.hookimpl
    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """Take YAML files that say that they are ours; leave every other alone."""
        if not _is_ours(file_path):
            return None
        from harness.items import ScenarioFile

        sitting = sitting_of(self._config)
        or_exit(sitting, lambda: sitting.options_are_right)
        file: pytest.Collector = ScenarioFile.from_parent(parent, path=file_path)
        return file

    @pytest.hookimpl
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Remember that a scenario is wrong: then the run can't be held, whatever the others come to."""
        sitting = self._config.stash.get(SITTING, None)
        if report.failed and sitting is not None and report.nodeid.endswith(_SUFFIXES):
            sitting.misread = True

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out what has another place in this run, and have together what one start of a server serves.

        Where that is the same for all nothing moves.
        """
        if any(map(_is_item_of_ours, items)):
            from harness.items import in_another_place

            if elsewhere := in_another_place(items):
                self._config.hook.pytest_deselected(items=elsewhere)
                items[:] = [item for item in items if item not in elsewhere]
        places = [place for place, item in enumerate(items) if _is_item_of_ours(item)]
        ours: list[Any] = [items[place] for place in places]
        starts = list(dict.fromkeys(item.start for item in ours))
        ours.sort(key=lambda item: starts.index(item.start))
        for place, item in zip(places, ours, strict=True):
            items[place] = item

    @pytest.hookimpl
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note which scenarios take part: what they need of a server is known before one is started."""
        files = dict.fromkeys(item.parent for item in session.items if _is_item_of_ours(item))
        if not files:
            return
        sitting = sitting_of(self._config)
        sitting.scenarios = [file.scenario for file in files]  # type: ignore[union-attr]
        if not self._worker and not self._config.option.collectonly:
            or_exit(sitting, self._recorder)

    # --- with -n ---------------------------------------------------------------------------------

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Start the target in the controller, once, and tell each worker where it is."""
        if self._handed is None:
            self._handed = self._hand_over()
        node.workerinput[HANDED] = self._handed

    def _hand_over(self) -> dict[str, Any]:
        files = list(_scenario_files(self._config))
        if not files:
            return {}  # hand-written tests at most: then each worker has a target of its own
        sitting = sitting_of(self._config)
        sitting.scenarios = list(_right_ones(files))
        or_exit(sitting, self._recorder)
        handed: dict[str, Any] = or_exit(sitting, sitting.hand_over)
        return handed

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what a worker knows of the collections that it loaded."""
        sitting = self._config.stash.get(SITTING, None)
        if sitting is not None:
            sitting.heard(getattr(node, "workeroutput", {}).get(HANDED, {}))

    # --- running ---------------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Have the databases before the first item that needs one; without any nothing else can run."""
        if _is_item_of_ours(item):
            ask_or_skip(sitting_of(self._config), item.target, item.start)  # type: ignore[attr-defined]

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_teardown(self, item: pytest.Item, nextitem: pytest.Item | None) -> None:
        """Take a start of the servers away when the last item that needs it is done."""
        if self._worker or nextitem is None or not (_is_item_of_ours(item) and _is_item_of_ours(nextitem)):
            return  # the end of the session does it
        start, following = item.start, nextitem.start  # type: ignore[attr-defined]
        if start != following and all(map(_is_item_of_ours, item.session.items)):
            self._recorder().measure("end")
            sitting_of(self._config).leave_start(start)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
        """Let an item's entries travel with its report, from a worker too."""
        report = yield
        if _is_item_of_ours(item):
            entries = item.stash.get(ENTRIES, []) if call.when == "call" else []
            setattr(report, REPORTED, [entry.model_dump(mode="json") for entry in entries])
        return report

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write the entries of an item into the record, in the process that owns it.

        An item of ours that fails without any is no finding but a bug.
        """
        entries = getattr(report, REPORTED, None)
        if entries is None or self._worker:
            return
        sitting = sitting_of(self._config)
        if entries:
            or_exit(sitting, lambda: self._recorder().add(entries))
        elif report.failed:
            sitting.bugs.append(f"{report.nodeid}\n{report.longreprtext}")

    @pytest.hookimpl
    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Remember that a person ended the run."""
        sitting = self._config.stash.get(SITTING, None)
        if sitting is not None and isinstance(excinfo.value, KeyboardInterrupt):
            sitting.interrupted = True

    @pytest.hookimpl
    def pytest_internalerror(self, excrepr: object) -> None:
        """Remember that pytest or a plugin failed."""
        sitting = self._config.stash.get(SITTING, None)
        if sitting is not None:
            sitting.bugs.append(str(excrepr))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Take away what was started and finish the record."""
        sitting = self._config.stash.get(SITTING, None)
        if sitting is None:
            return
        if self._worker:
            self._config.workeroutput[HANDED] = sitting.told()  # type: ignore[attr-defined]
        try:
            if self._record is not None:
                self._record.measure("end")
            sitting.close()
        finally:
            if self._record is not None:
                self._record.close()
            sitting.leave()
        if exitstatus == pytest.ExitCode.OK and self._record is not None and self._record.nothing_ran:
            session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED
        if exitstatus in _PASSED_OR_FAILED and not self._worker and any(one.trouble for one in sitting.tried):
            session.exitstatus = int(ExitCode.NO_TARGET)

    @pytest.hookimpl
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what was tested and what it came to."""
        sitting = self._config.stash.get(SITTING, None)
        if self._record is not None:
            self._record.summarise(terminalreporter)
        elif sitting is not None:
            for one in sitting.first(sitting.opened):
                terminalreporter.write_line(f"nearimage: {one.target.describe() if one.target else one.name}")

    def _recorder(self) -> SessionRecord:
        if self._record is None:
            from harness.session_record import SessionRecord

            self._record = SessionRecord(self._config.getoption("--record"), sitting_of(self._config))
        return self._record


# --- which scenarios -----------------------------------------------------------------------------


def _is_ours(path: Path) -> bool:
    """Whether a file is a scenario; one that doesn't even name us is passed over without importing anything."""
    if path.suffix not in _SUFFIXES:
        return False
    try:
        with path.open("rb") as file:
            if b"nearimage" not in file.read(_SNIFFED):
                return False
    except OSError:
        return False
    from harness.scenario import is_scenario

    return is_scenario(path)


def _is_item_of_ours(item: pytest.Item) -> bool:
    return item.path.suffix in _SUFFIXES and hasattr(item.parent, "scenario")


def _scenario_files(config: pytest.Config) -> Iterator[Path]:
    """Yield the scenario files that the workers are going to collect: the controller itself collects nothing."""
    left_out = config.getini("norecursedirs")
    for argument in config.args:
        path = Path(config.invocation_params.dir, argument.partition("::")[0])
        if path.is_file() and _is_ours(path):
            yield path
        for folder, below, names in os.walk(path):
            below[:] = sorted(name for name in below if not any(Path(name).match(glob) for glob in left_out))
            yield from (found for name in sorted(names) if _is_ours(found := Path(folder, name)))


def _right_ones(files: list[Path]) -> Iterator[Scenario]:
    from harness.scenario import load_scenario

    for path in dict.fromkeys(files):
        try:
            yield load_scenario(path)
        except FileError:  # the worker that collects it says what is wrong
            continue


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Ask every target, if there are several, in each hand-written test that asks one."""
    if nearimage_target.__name__ in metafunc.fixturenames:
        sitting = sitting_of(metafunc.config)
        names = or_exit(sitting, lambda: list(sitting.names))
        if len(names) > 1:
            metafunc.parametrize(nearimage_target.__name__, names, indirect=True, scope="session")
