"""The command that Compose is on this machine, and running it: watched while it runs, ended with us."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.errors import TargetError

_LOOK_SECONDS = 0.2  # how often a watcher looks: a container's death is to be known within a second
_POLITE_SECONDS = 5.0
_PROBE_SECONDS = 20.0
# What would change which file is read, or which project is meant, without anybody's wanting it here.
_OURS = ("COMPOSE_FILE", "COMPOSE_PROJECT_NAME", "COMPOSE_PATH_SEPARATOR", "COMPOSE_IGNORE_ORPHANS")
_NOISE = re.compile(r"(Creating|Recreating|Starting|Stopping|Removing|Network|Volume|Container|Encountered errors)\b")
_LINES = 12
_PLAIN = {"COMPOSE_ANSI": "never", "COMPOSE_PROGRESS": "plain", "DOCKER_CLI_HINTS": "false"}


@dataclass(frozen=True, slots=True)
class Finished:
    """What a command came to: its exit code, and what it wrote to each of its outputs."""

    code: int
    out: str
    err: str

    @property
    def last_words(self) -> str:
        """The end of what it wrote for people, without the noise of progress and each line once."""
        lines = [line.strip() for line in (self.err or self.out).splitlines()]
        return "\n".join([line for line in dict.fromkeys(lines) if line and not _NOISE.match(line)][-_LINES:])


@dataclass(frozen=True, slots=True)
class Compose:
    """Compose, in one of its two spellings.

    Args:
        command: how it is called: `docker compose`, the plugin, or `docker-compose`, the older program.
        environment: on top of this process's own.
        note: gets the id of each process that it runs as, so that none outlives us unnoticed.
    """

    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    note: Callable[[int], None] = lambda _: None

    @property
    def older(self) -> bool:
        """Whether it is the older program."""
        return len(self.command) == 1

    @property
    def binds(self) -> Mapping[str, Any]:
        """What the mount of a folder has to say so that none is made where there is none.

        The plugin makes one if it is told nothing; the older program makes none, and does not know the word.
        """
        return {} if self.older else {"bind": {"create_host_path": False}}

    def run(self, arguments: Sequence[str], *, seconds: float, watch: Callable[[], None] | None = None) -> Finished:
        """Run one of its commands to the end.

        Args:
            arguments: behind the command itself.
            seconds: how long it may take.
            watch: called again and again meanwhile; what it raises ends the command.

        Raises:
            TargetError: it took too long, or is not there any more.
        """
        environment = {name: value for name, value in os.environ.items() if name not in _OURS}
        environment |= _PLAIN | dict(self.environment)
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            try:
                process = subprocess.Popen(  # noqa: S603
                    [*self.command, *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    env=environment,
                    start_new_session=True,  # Ctrl-C goes to the harness alone, which then ends things in order
                )
            except OSError as error:
                raise TargetError(f"{' '.join(self.command)} cannot be started: {error}") from error
            try:
                self.note(process.pid)
                code = self._wait(process, seconds, watch)
            finally:
                _end(process)
            return Finished(code, *(_text(each) for each in (out, err)))

    def _wait(self, process: subprocess.Popen[bytes], seconds: float, watch: Callable[[], None] | None) -> int:
        deadline = time.monotonic() + seconds
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                return process.wait(_LOOK_SECONDS)
            if watch is not None:
                watch()
            if time.monotonic() > deadline:
                what = f"{' '.join(self.command)} did not finish within {seconds:.0f} s"
                raise TargetError(what, hint="Look at what its containers do: docker ps --all")


def find_compose(environment: Mapping[str, str] | None = None) -> Compose:
    """Return the plugin of Docker if it is there, else the older program.

    Args:
        environment: for every call of it.

    Raises:
        TargetError: there is neither.
    """
    for command in (("docker", "compose"), ("docker-compose",)):
        if shutil.which(command[0]) and (len(command) == 1 or _has_plugin()):
            return Compose(command, environment or {})
    raise TargetError(
        "there is no Compose here, neither `docker compose` nor `docker-compose`",
        hint="Install Docker's plugin (docker-compose-plugin, in Debian docker-compose), or use --target docker.",
    )


def _has_plugin() -> bool:
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        said = subprocess.run(
            ["docker", "compose", "version"],  # noqa: S607 (wherever it is)
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PROBE_SECONDS,
            check=False,
        )
        return said.returncode == 0
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a command that still runs, and then what it started and left."""
    if process.poll() is not None:
        return
    with contextlib.suppress(OSError):
        os.killpg(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_POLITE_SECONDS)
    with contextlib.suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _text(file: object) -> str:
    from typing import IO, cast

    stream = cast("IO[bytes]", file)
    stream.seek(0)
    return stream.read().decode("utf-8", errors="replace")
