"""A program that is asked a line of JSON and answers a line: started once, ended when it is silent for too long."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from queue import SimpleQueue
from typing import IO, Any

_LAST_LINES = 8
_REAPED = 2.0


class ProgramEndedError(Exception):
    """The program is not there any more; the message has its last words."""


class LineProgram:
    """One running program. Threads may share it: an answer belongs to the question with the same `id`.

    Args:
        command: what is started.
        greeting: the first line that it is told.
        within: seconds until it must have answered the greeting.

    Raises:
        OSError: it could not be started.
        ProgramEndedError: it ended instead of answering.
        TimeoutError: it did not answer the greeting.
    """

    def __init__(self, command: Sequence[str], greeting: Mapping[str, Any], *, within: float) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - a program of ours
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={name: value for name, value in os.environ.items() if name != "NODE_OPTIONS"},
        )
        first: Future[dict[str, Any]] = Future()
        self._waiting = {0: first}
        self._ended = False
        self._lock = threading.Lock()
        self._next = 0
        self._words: deque[str] = deque(maxlen=_LAST_LINES)
        self._lines: SimpleQueue[bytes | None] = SimpleQueue()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._threads = [
            threading.Thread(target=self._listen, args=(self._process.stderr,), daemon=True),
            threading.Thread(target=self._write, args=(self._process.stdin,), daemon=True),
            threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        try:
            self.greeted = self._told(first, greeting, within)
        except BaseException:
            self.end()
            raise

    def ask(self, question: Mapping[str, Any], *, within: float) -> dict[str, Any]:
        """Ask one thing and return the answer.

        Raises:
            ProgramEndedError: the program ended.
            TimeoutError: it did not answer in time.
        """
        future: Future[dict[str, Any]] = Future()
        with self._lock:
            if self._ended:
                raise ProgramEndedError(self._last_words())
            self._next += 1
            number = self._next
            self._waiting[number] = future
        return self._told(future, {**question, "id": number}, within)

    def _told(self, future: Future[dict[str, Any]], what: Mapping[str, Any], within: float) -> dict[str, Any]:
        self._lines.put(json.dumps(what, allow_nan=False).encode() + b"\n")
        return future.result(timeout=within)

    def end(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.wait()
        self._lines.put(None)
        for thread in self._threads:
            thread.join()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    # --- the three pipes, a thread each: none can block another ------------------------------------

    def _write(self, pipe: IO[bytes]) -> None:
        while (line := self._lines.get()) is not None:
            with suppress(OSError, ValueError):  # it is gone: whoever reads finds that out
                pipe.write(line)
                pipe.flush()

    def _read(self, pipe: IO[bytes]) -> None:
        for line in pipe:
            try:
                heard = json.loads(line)
                future = self._waiting.pop(heard.get("id", 0), None)
            except (ValueError, AttributeError):
                self._words.append(line.decode("utf-8", "replace").rstrip())
                continue
            if future is not None:
                future.set_result(heard)
        self._threads[0].join()  # its last words are all there
        with self._lock:
            self._ended = True
            left = list(self._waiting.values())
            self._waiting.clear()
        for future in left:
            future.set_exception(ProgramEndedError(self._last_words()))

    def _listen(self, pipe: IO[bytes]) -> None:
        for line in pipe:
            self._words.append(line.decode("utf-8", "replace").rstrip())

    def _last_words(self) -> str:
        said = " ".join(" ".join(self._words).split())
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_REAPED)  # its pipes are closed already
        return f"it ended with exit status {self._process.returncode}" + (f": {said}" if said else "")
