"""The pytest plugin: options, scenario files as tests, one record of a run, and fixtures for hand-written tests.

Installed with the package and inert in a test run that has nothing to do with it: it starts nothing and imports
nothing heavy until a scenario file is collected or one of its fixtures is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import HarnessError

if TYPE_CHECKING:
    from harness.dataset import Dataset
    from harness.model import Answer, Endpoint
    from harness.session_record import SessionRecord
    from harness.sitting import Sitting

_TRUE_LEVELS = ("must", "should", "observed")
_CHAPTERS = (
    "near_image",
    "paging",
    "filter",
    "threshold",
    "certainty",
    "objects",
    "vector",
    "near_text",
    "promise",
    "question",
)
_HANDED = "nearimage"
_LINES = "nearimage_entries"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of a run against a database."""
    group = parser.getgroup("nearimage", "image search in Weaviate")
    group.addoption("--target", default="auto", help="which database: auto, reference, embedded[:VERSION], http://…")
    group.addoption("--checks", action="append", default=[], metavar="GLOB", help="only the checks with such an id")
    group.addoption("--interfaces", default="graphql,grpc", metavar="A,B", help="over which interfaces to ask")
    group.addoption("--read-only", action="store_true", help="never write to the database")
    group.addoption("--require", choices=("weaviate",), default="", help="fail unless a real Weaviate is tested")
    group.addoption("--record", type=Path, default=None, metavar="FILE", help="write the record of the run here")


def pytest_configure(config: pytest.Config) -> None:
    """Make the markers known; everything else waits until it is needed."""
    for level in _TRUE_LEVELS:
        config.addinivalue_line("markers", f"{level}: checks of this level")
    for chapter in _CHAPTERS:
        config.addinivalue_line("markers", f"{chapter}: checks of this chapter of the contract")
    config.addinivalue_line("markers", "scenario(path): the scenario whose collection a hand-written test asks")
    config.pluginmanager.register(Plugin(config), "nearimage-run")


class Plugin:
    """The hooks of one pytest process; what they share is made when a scenario file or a fixture needs it."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._record: SessionRecord | None = None

    # --- collecting ------------------------------------------------------------------------------

    @pytest.hookimpl
    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """Take YAML files that say that they are ours; leave every other alone."""
        if file_path.suffix not in (".yaml", ".yml"):
            return None
        from harness.scenario import is_scenario

        if not is_scenario(file_path):
            return None
        from harness.items import ScenarioFile

        sitting_of(self._config)
        file: pytest.Collector = ScenarioFile.from_parent(parent, path=file_path)
        return file

    @pytest.hookimpl
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note which scenarios take part: what they need of a server is known before one is started."""
        sitting = known_sitting(self._config)
        if sitting is None:
            return
        from harness.items import ScenarioFile

        files = {item.parent for item in session.items if isinstance(item.parent, ScenarioFile)}
        sitting.scenarios = [file.scenario for file in files if isinstance(file, ScenarioFile)]

    # --- with -n ---------------------------------------------------------------------------------

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Start the target in the controller, once, and tell each worker where it is."""
        sitting = sitting_of(self._config)
        if not sitting.scenarios:
            from harness.scenario import find_scenarios, load_scenario

            paths = [Path(text.partition("::")[0]) for text in self._config.args]
            sitting.scenarios = [load_scenario(path) for path in find_scenarios(paths)]
        if sitting.scenarios:
            node.workerinput[_HANDED] = _or_exit(sitting, sitting.hand_over)

    # --- running ---------------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Have a database before the first item that needs one; without one nothing else can run."""
        from harness.items import ScenarioFile

        if isinstance(item.parent, ScenarioFile):
            sitting = sitting_of(self._config)
            _or_exit(sitting, sitting.endpoint)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
        """Let an item's entries travel with its report, from a worker too."""
        report = yield
        from harness.items import ENTRIES

        if call.when == "call" and ENTRIES in item.stash:
            setattr(report, _LINES, [entry.model_dump(mode="json") for entry in item.stash[ENTRIES]])
        return report

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write the entries of an item into the record, in the process that owns it."""
        entries = getattr(report, _LINES, None)
        if entries is not None and not hasattr(self._config, "workerinput"):
            self._recorder().add(entries)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Take away what was started and finish the record."""
        del session
        sitting = known_sitting(self._config)
        if sitting is None:
            return
        try:
            sitting.close()
        finally:
            if self._record is not None:
                self._record.close()

    @pytest.hookimpl
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what was tested and what it came to."""
        if self._record is not None:
            self._record.summarise(terminalreporter)

    def _recorder(self) -> SessionRecord:
        if self._record is None:
            from harness.session_record import SessionRecord

            self._record = SessionRecord(self._config.getoption("--record"), sitting_of(self._config))
        return self._record


def known_sitting(config: pytest.Config) -> Sitting | None:
    """Return what this process knows of its run; None if nothing of ours took part."""
    from harness.sitting import SITTING

    return config.stash.get(SITTING, None)


def sitting_of(config: pytest.Config) -> Sitting:
    """Return what this process knows of its run; made when it is first asked for."""
    from harness.sitting import SITTING, Options, Sitting

    if SITTING not in config.stash:
        options = Options(
            target=config.getoption("--target"),
            checks=tuple(config.getoption("--checks")),
            interfaces=tuple(name for name in config.getoption("--interfaces").split(",") if name),
            read_only=config.getoption("--read-only"),
            require=config.getoption("--require"),
        )
        config.stash[SITTING] = Sitting(options, getattr(config, "workerinput", {}).get(_HANDED))
    return config.stash[SITTING]


def _or_exit(sitting: Sitting, act: Callable[[], Any]) -> Any:
    """Do something without which nothing else can run; if it fails, stop the run with the reason and its exit code."""
    try:
        return act()
    except HarnessError as error:
        sitting.troubles.append(error)
        pytest.exit(str(error), returncode=int(error.exit_code))


# --- fixtures for hand-written tests -------------------------------------------------------------


@pytest.fixture(scope="session")
def endpoint(request: pytest.FixtureRequest) -> Endpoint:
    """The database that `--target` names, started when the first test asks for it."""
    sitting = sitting_of(request.config)
    found: Endpoint = _or_exit(sitting, sitting.endpoint)
    return found


@pytest.fixture
def collection(request: pytest.FixtureRequest, endpoint: Endpoint) -> Dataset:
    """A scenario's first collection, loaded once for the whole run: `@pytest.mark.scenario("photos-img2vec")`.

    Without the marker it is that of the shipped scenario photos-img2vec.
    """
    del endpoint
    from harness.scenario import load_scenario
    from harness.session import scenario_paths

    marker = request.node.get_closest_marker("scenario")
    [path] = scenario_paths([marker.args[0] if marker else "photos-img2vec"])
    scenario = load_scenario(path)
    return sitting_of(request.config).dataset(scenario, scenario.collections[0])


@pytest.fixture
def near_image(request: pytest.FixtureRequest, collection: Dataset) -> Callable[..., Answer]:
    """Ask `nearImage` of the collection over GraphQL: `near_image("chelsea.jpg", limit=5)` returns an `Answer`.

    The image is the name of a picture of the collection, or a path; other arguments are `harness.model.Question`'s.
    """
    from harness.checks.asking import ask_near_image

    interface = sitting_of(request.config).stage().interface("graphql")
    return lambda image, **arguments: ask_near_image(interface, collection, image, arguments)
