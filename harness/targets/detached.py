"""A target that stays when the command that started it ends (`nearimage up`), and its end (`nearimage down`).

A supervisor process of its own opens the target as any run would, writes where it is, and waits to be ended; so all
promises about leftovers hold for it too. One target text has at most one supervisor.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import httpx
from filelock import FileLock

from harness.errors import ExitCode, HarnessError, TargetError, UsageError
from harness.model import Endpoint, Inference, Needs
from harness.targets.base import DescribedTarget, WritesLogs
from harness.targets.docker import leftovers
from harness.targets.find import find
from harness.targets.kept import Kept, configuration, difference, identity
from harness.targets.leftovers import remove_collections
from harness.targets.programs import own_program
from harness.targets.setup import Setup
from harness.targets.state import Process, end, machine, process, state_folder, sweep, write_json

_START_SECONDS = 300.0
_STOP_SECONDS = 45.0
_POLL_SECONDS = 0.05
_READY_SECONDS = 10.0
_STOP_IT = "Stop it first: nearimage down"


@dataclass(frozen=True, slots=True)
class Running:
    """A target that was left running: where it is, what it is, and the process that keeps it.

    `fresh` is False if it was running already.
    """

    endpoint: Endpoint
    says: str
    supervisor: Process
    logs: str
    fresh: bool = True

    @property
    def target(self) -> Kept:
        """The target as checks get it."""
        return Kept(Path(self.logs))


def start_detached(target: DescribedTarget, needs: Needs, log_folder: Path, setup: Setup | None = None) -> Running:
    """Start a target and leave it running; return the one that runs already if there is one.

    Args:
        target: which; its `name` is what counts.
        needs: modules and settings.
        setup: the options that the target was found with.
        log_folder: the logs of the supervisor and the server go into a folder of this one; `Running.logs` says which.

    Raises:
        UsageError: it is a server that runs already, or it runs with other modules or settings.
        TargetError: it did not start.
    """
    if target.name.startswith("http"):
        what = f"{target.name} is a server that runs already: there is nothing to start"
        raise UsageError(what, hint=f"Use it as it is: nearimage run --target {target.name}")
    sweep()
    path = _report_path(target.name)
    _forget_logs(log_folder)
    log_folder = log_folder.absolute() / path.stem  # one for each target, and only its latest life
    log_folder.mkdir(parents=True, exist_ok=True)
    with FileLock(log_folder / "starting"):
        entry = _live_entry(path)
        if entry is not None:
            return _found(entry, target.name, needs, setup or Setup())
        return _started(target, needs, setup or Setup(), log_folder)


def _started(target: DescribedTarget, needs: Needs, setup: Setup, log_folder: Path) -> Running:
    path = _report_path(target.name)
    for old in log_folder.glob("*.log"):
        old.unlink()
    order = {"target": target.name, "logs": str(log_folder), "needs": asdict(needs), "setup": asdict(setup)}
    with (log_folder / "supervisor.log").open("ab") as log, tempfile.TemporaryFile() as said:
        said.write(json.dumps(order).encode())  # not an argument: everybody could read that
        said.seek(0)
        supervisor = subprocess.Popen(  # noqa: S603
            own_program("harness.targets.detached"),
            stdin=said,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        return _running(_wait_for_report(path, supervisor, log_folder))
    except BaseException:
        supervisor.terminate()
        supervisor.wait()
        raise
    finally:
        supervisor.returncode = 0  # it is not ours to wait for: no warning when this object goes


def attached(target: DescribedTarget, needs: Needs, setup: Setup) -> Running | None:
    """Return the target that was left running, if it is there, without what crashed runs left in it.

    Raises:
        UsageError: it runs with other modules, settings or options; says which.
        TargetError: it does not answer any more.
    """
    entry = _live_entry(_report_path(target.name))
    if entry is None:
        return None
    found = _found(entry, target.name, needs, setup)
    if not found.endpoint.read_only:
        with contextlib.suppress(TargetError):  # tidying up is no reason to refuse a server that answers
            remove_collections(found.endpoint)
    return found


def running() -> list[Running]:
    """Return what was left running on this machine and still runs."""
    entries = [_live_entry(path) for path in sorted(state_folder().glob("up-*.json"))]
    return [_running(entry, fresh=False) for entry in entries if entry is not None and "endpoint" in entry]


def stop_detached() -> list[str]:
    """End everything that was left running, then take away what crashed runs left; say what that was.

    Safe to repeat: the second time there is nothing to say.
    """
    said = []
    for path in sorted(state_folder().glob("up-*.json")):
        entry = _live_entry(path)
        if entry is not None:
            _end_supervisor(Process(**entry["supervisor"]))
            said.append(
                f"stopped {entry['target']}" + (f" at {entry['endpoint']['url']}" if "endpoint" in entry else "")
            )
        path.unlink(missing_ok=True)
    return said + sweep() + leftovers.sweep()


def _end_supervisor(supervisor: Process) -> None:
    end(supervisor, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    while supervisor.alive and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    end(supervisor, signal.SIGKILL)


def _found(entry: dict[str, Any], name: str, needs: Needs, setup: Setup) -> Running:
    if "endpoint" not in entry:
        raise UsageError(f"{name} is just being started by another command", hint="Try again when it is there.")
    found = _running(entry, fresh=False)
    found = replace(found, endpoint=replace(found.endpoint, read_only=setup.read_only))
    unlike = difference(
        configuration(name, needs, setup), entry["configuration"], unlimited=bool(found.endpoint.unlimited)
    )
    if unlike:
        raise UsageError(f"{name} was left running and is not what is asked for: {unlike}", hint=_STOP_IT)
    if not _answers(found.endpoint):
        raise TargetError(f"{name} was left running and does not answer any more", hint=_STOP_IT)
    return found


def _answers(endpoint: Endpoint) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        ready = f"{endpoint.url}/v1/.well-known/ready"
        return httpx.get(ready, timeout=_READY_SECONDS, headers=endpoint.headers, trust_env=False).is_success
    return False


def _report_path(name: str) -> Path:
    return state_folder() / f"up-{hashlib.sha256(identity(name).encode()).hexdigest()[:12]}.json"


def _forget_logs(folder: Path) -> None:
    """Remove the logs of targets whose supervisor is gone; of one that is just being started nobody knows yet."""
    for old in folder.glob("up-*"):
        with contextlib.suppress(OSError):
            owner = _live_entry(state_folder() / f"{old.name}.json")
            if owner is None and time.time() - old.stat().st_mtime > _START_SECONDS:
                shutil.rmtree(old)


def _live_entry(path: Path) -> dict[str, Any] | None:
    """Return what a supervisor wrote, if it is of this machine and still there."""
    try:
        entry = json.loads(path.read_text(encoding="utf-8"))
        live = entry["machine"] == machine() and Process(**entry["supervisor"]).alive
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return dict(entry) if live else None


def _wait_for_report(path: Path, supervisor: subprocess.Popen[bytes], logs: Path) -> dict[str, Any]:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        code = supervisor.poll()
        entry = _live_entry(path)
        if entry is not None and "endpoint" in entry and entry["supervisor"]["pid"] == supervisor.pid:
            return entry
        if code is not None:
            raise _failure(logs)
        time.sleep(_POLL_SECONDS)
    raise TargetError(f"the target did not start within {_START_SECONDS:.0f} s", hint=f"Its logs are in {logs}.")


def _failure(logs: Path) -> HarnessError:
    """Return the error that ended the supervisor, as it wrote it down."""
    path = logs / "failure.json"
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        kind = UsageError if facts["usage"] else TargetError
        return kind(facts["what"], hint=facts["hint"], log=facts["log"])
    except (OSError, ValueError, KeyError):
        what = "the process that should keep the target ended without a word"
        return TargetError(what, hint=f"Its log is {logs / 'supervisor.log'}.")
    finally:
        path.unlink(missing_ok=True)


def _running(entry: dict[str, Any], *, fresh: bool = True) -> Running:
    facts = entry["endpoint"]
    behind = {name: Inference(**each) for name, each in facts["inference"].items()}
    endpoint = Endpoint(**{**facts, "inference": behind})
    return Running(endpoint, entry["says"], Process(**entry["supervisor"]), entry["logs"], fresh)


def _supervise(order: dict[str, Any]) -> None:
    """Open the target, write where it is, and keep it until a signal ends this process."""
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _interrupted)
    path = _report_path(order["target"])
    needs, setup = Needs(**_tuples(order["needs"])), Setup(**_tuples(order["setup"]))
    me = {
        "target": order["target"],
        "logs": order["logs"],
        "configuration": configuration(order["target"], needs, setup),
        "machine": machine(),
        "supervisor": asdict(process(os.getpid())),
    }
    target = find(order["target"], setup)
    if isinstance(target, WritesLogs):
        target.log_folder = Path(order["logs"])
    try:
        write_json(path, me)
        with target.open(needs) as endpoint:
            write_json(path, me | {"endpoint": asdict(endpoint), "says": target.describe()})
            done.wait()
    finally:
        path.unlink(missing_ok=True)


def _tuples(values: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def main() -> int:
    """Be the supervisor: `python -m harness.targets.detached`, told on its standard input what to open."""
    order = json.load(sys.stdin)
    try:
        _supervise(order)
    except KeyboardInterrupt:
        return ExitCode.HELD
    except HarnessError as error:
        facts = {"what": error.what, "hint": error.hint, "log": error.log, "usage": isinstance(error, UsageError)}
        with contextlib.suppress(OSError):
            write_json(Path(order["logs"]) / "failure.json", facts)
        return error.exit_code
    return ExitCode.HELD


if __name__ == "__main__":
    sys.exit(main())
