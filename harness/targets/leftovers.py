"""Collections of ours that a crashed run left in somebody's database: found by their mark, removed on request.

A collection counts as ours only if its name *and* its description have the form that the harness gives them, so a
person's own collection is never touched.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from harness.errors import TargetError
from harness.model import Endpoint
from harness.targets.state import start_time
from harness.transport import http_options

_NAME = re.compile(r"Ni[0-9a-f]{6}_\w+")
_MARK = re.compile(r"nearimage run (?P<run>\S+) on (?P<host>\S+) pid (?P<pid>\d+)")
_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Left:
    """A collection of a run of ours.

    `alive` is True while that run's process exists on this host, False once it is gone, and None for a run on another
    host, of which nobody here can say.
    """

    name: str
    run: str
    host: str
    pid: int
    alive: bool | None


def survey(endpoint: Endpoint) -> list[Left]:
    """Return every collection of ours in a database, of live runs too.

    Raises:
        TargetError: the database did not answer as it should.
    """
    with _client(endpoint) as client:
        return list(_ours(_asked(client, "GET", "/v1/schema").json()))


def collections_left(endpoint: Endpoint, *, other_hosts: bool = False) -> list[str]:
    """Return the names of the collections whose run is over.

    Args:
        endpoint: the database.
        other_hosts: also those of runs on other hosts, which may be running.

    Raises:
        TargetError: the database did not answer as it should.
    """
    return [left.name for left in survey(endpoint) if left.alive is False or (other_hosts and left.alive is None)]


def remove_collections(endpoint: Endpoint, *, other_hosts: bool = False) -> list[str]:
    """Remove the collections whose run is over, see `collections_left`; return the names of those removed.

    Raises:
        TargetError: the database may only be read, did not answer, or refused.
    """
    if endpoint.read_only:
        raise TargetError(f"nothing is removed from {endpoint.url}: it was opened with --read-only")
    names = collections_left(endpoint, other_hosts=other_hosts)
    with _client(endpoint) as client:
        for name in names:
            _asked(client, "DELETE", f"/v1/schema/{name}")
    return names


def _ours(schema: Any) -> Iterator[Left]:
    here = socket.gethostname()
    for each in schema.get("classes") or []:
        name = str(each.get("class", ""))
        mark = _MARK.fullmatch(str(each.get("description") or ""))
        if mark and _NAME.fullmatch(name):
            pid = int(mark["pid"])
            alive = bool(start_time(pid)) if mark["host"] == here else None
            yield Left(name, mark["run"], mark["host"], pid, alive)


@contextmanager
def _client(endpoint: Endpoint) -> Iterator[httpx.Client]:
    options = http_options(endpoint.url)
    with httpx.Client(base_url=endpoint.url, headers=endpoint.headers, timeout=_SECONDS, **options) as client:
        yield client


def _asked(client: httpx.Client, method: str, path: str) -> httpx.Response:
    try:
        answer = client.request(method, path)
    except httpx.HTTPError as error:
        raise TargetError(f"{client.base_url} did not answer {method} {path}: {error}") from error
    gone = method == "DELETE" and answer.status_code == httpx.codes.NOT_FOUND
    if not (answer.is_success or gone) or (method == "GET" and "json" not in answer.headers.get("Content-Type", "")):
        raise TargetError(f"{client.base_url} refused {method} {path} ({answer.status_code}): {answer.text[:200]!r}")
    return answer
