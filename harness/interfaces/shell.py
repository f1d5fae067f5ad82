"""The shell: `base64` and `curl`, as in the examples that people copy; every question is a few processes.

A command line holds 128 KiB in one argument, so the body never is one: it comes from standard input or from a file.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from contextlib import suppress
from time import perf_counter
from typing import TYPE_CHECKING, Any, ClassVar, Self
from urllib.parse import urlsplit

from harness.errors import UnsupportedError
from harness.exchange import Raw
from harness.interfaces.graphql import ROUTE, answered, compose, compose_aggregation, tallied
from harness.interfaces.http import Reply, encode, judged
from harness.interfaces.image_files import ImageFiles, decoded
from harness.model import Aggregation, Answer, Near, NearImage, Question, State
from harness.transport import is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.model import Endpoint

NEEDED = ("sh", "base64", "tr", "cat", "curl")
"""The programs that it takes."""

_BASE64 = 'base64 < "$IMAGE" | tr -d "\\n"'
"""GNU's wraps its lines, BSD's does not, and each reads standard input: this is the form that works with both."""

_CURL = 'curl -q --config "$CONFIG" --data-binary'

_SCRIPTS: Mapping[str, str] = {
    "stdin": f'{{ cat "$BEFORE"; {_BASE64}; cat "$AFTER"; }} | {_CURL} @-',
    "file": f'{{ cat "$BEFORE"; {_BASE64}; cat "$AFTER"; }} > "$BODY" && {_CURL} @"$BODY"',
}
_AS_IT_IS = f'cat "$BEFORE" | {_CURL} @-'

_MARK = "@image@"
_PROBE = bytes(range(256))
_CURL_TIMED_OUT = 28
_OWN_TIME = 2.0
"""Seconds beyond curl's own timeout after which the processes are ended."""


class Shell:
    """Asks over GraphQL with `curl`, an image through `base64`; in a folder of its own for the key and the images.

    Args:
        endpoint: the database.
        timeout: seconds after which an answer is `unknown`.

    Raises:
        UnsupportedError: a program is missing here, or `base64` is none.
    """

    name = "shell"
    forms: ClassVar[tuple[str, ...]] = ("stdin", "file")

    def __init__(self, endpoint: Endpoint, *, timeout: float = 30.0) -> None:
        if trouble := missing():
            raise UnsupportedError(trouble, hint="Install it, or leave the interface shell out.")
        self._timeout = timeout
        self._files = ImageFiles()
        self._env = os.environ | {
            name: str(self._files.folder / name.lower()) for name in ("CONFIG", "BEFORE", "AFTER", "BODY")
        }
        self._write("CONFIG", "\n".join(_config(endpoint, timeout)).encode())
        self._demand_base64()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Take the files away."""
        self._files.close()

    def renew(self) -> None:
        """Nothing to do: every question makes a connection of its own."""

    def ask(self, question: Question) -> Answer:
        """Send one question, the body by standard input, and wait for its answer.

        Raises:
            UnsupportedError: the question holds NaN or an infinity, which GraphQL has no words for.
        """
        return self.ask_with(question, "stdin")

    def aggregate(self, aggregation: Aggregation) -> Answer:
        """Have counted what a search finds, and wait for the answer.

        Raises:
            UnsupportedError: the question holds NaN or an infinity, which GraphQL has no words for.
        """
        return tallied(self._send(*compose_aggregation(aggregation), aggregation.near, "stdin"), aggregation)

    def ask_with(self, question: Question, form: str) -> Answer:
        """Send one question, the body in one of `forms`, and wait for its answer.

        What is the base64 of no file is written into the body as it is.

        Raises:
            UnsupportedError: the question holds NaN or an infinity, which GraphQL has no words for.
        """
        return answered(self._send(*compose(question), question.near, form), question)

    def _send(self, query: str, variables: Mapping[str, Any], near: Near, form: str) -> Reply:
        """Send a query, the image of its operator through `base64`."""
        data = decoded(near.image) if isinstance(near, NearImage) else None
        script = _AS_IT_IS
        if data is None:
            self._write("BEFORE", encode({"query": query, "variables": variables}))
        else:
            script = _SCRIPTS[form]
            body = encode({"query": query, "variables": {**variables, "image": _MARK}})
            before, _, after = body.rpartition(_MARK.encode())
            self._write("BEFORE", before)
            self._write("AFTER", after)
        image = {} if data is None else {"IMAGE": str(self._files.path(data))}
        sent = perf_counter()
        done = self._run(script, self._timeout + _OWN_TIME, image)
        return self._reply(done, sent)

    def _reply(self, done: subprocess.CompletedProcess[bytes] | None, sent: float) -> Reply:
        """What curl said; None if it had to be ended."""
        if done is None or done.returncode == _CURL_TIMED_OUT:
            message = f"no answer within {self._timeout:g} s"
            return Reply(State.UNKNOWN, message=message, sent=sent, received=perf_counter())
        if done.returncode:
            message = f"the connection broke: {_words(done.stderr) or f'exit status {done.returncode}'}"
            return Reply(State.UNKNOWN, message=message, sent=sent, received=perf_counter())
        body, _, status = done.stdout.rpartition(b"\n")
        return judged(Raw(int(status), "", body), sent, empty_ok=False)

    def _run(self, script: str, within: float, more: Mapping[str, str]) -> subprocess.CompletedProcess[bytes] | None:
        """Run a script to its end; None if that takes too long: then all of its processes are ended."""
        arguments = ["sh", "-c", script]
        with subprocess.Popen(  # noqa: S603 - the scripts are the ones above, and what goes into them are file names
            arguments,
            env={**self._env, **more},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        ) as process:
            try:
                out, err = process.communicate(timeout=within)
            except BaseException as error:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                if isinstance(error, subprocess.TimeoutExpired):
                    return None
                raise
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def _write(self, name: str, data: bytes) -> None:
        (self._files.folder / name.lower()).write_bytes(data)

    def _demand_base64(self) -> None:
        """A pipe hides that one of its programs failed: so it is tried once with bytes whose base64 is known."""
        image = self._files.path(_PROBE)
        done = self._run(_BASE64, self._timeout, {"IMAGE": str(image)})
        if done is None or decoded(done.stdout.decode("utf-8", "replace")) != _PROBE:
            self.close()
            words = _words(done.stderr) if done else "it does not end"
            raise UnsupportedError(f"`{_BASE64}` does not give the base64 of a file here: {words or 'other text'}")


def missing() -> str:
    """Return what is missing here, in a sentence; empty if nothing is."""
    lacking = [name for name in NEEDED if shutil.which(name) is None]
    return f"there is no {' and no '.join(lacking)} here" if lacking else ""


def _config(endpoint: Endpoint, timeout: float) -> list[str]:
    """The lines of curl's configuration: on a command line everybody could read the key."""
    lines = [
        f"url = {json.dumps(endpoint.url + ROUTE)}",
        "silent",
        "show-error",
        f"max-time = {timeout:g}",
        'header = "Content-Type: application/json"',
        'header = "Expect:"',  # a body that waits to be wanted is a second slower where nobody answers that
        'write-out = "\\n%{http_code}"',
    ]
    lines += [f"header = {json.dumps(f'{name}: {value}')}" for name, value in endpoint.headers.items()]
    return [*lines, 'noproxy = "*"'] if is_loopback(urlsplit(endpoint.url).hostname or "") else lines


def _words(stderr: bytes) -> str:
    return " ".join(stderr.decode("utf-8", "replace").split())
