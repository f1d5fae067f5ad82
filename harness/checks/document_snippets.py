"""Chapter document, rows that are snippets: each is run as a file, in the language and with the client that it is for.

They stand in `docs/snippets`, are ours, and are asked where `Dog {image, breed}` is stored. A client that is not
installed here is a skip that says so.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from harness.checks.case import Case, Query, Skipped, Violation
from harness.checks.document_rows import row
from harness.checks.refusing import shortened
from harness.checks.registry import Per, Run, kept
from harness.errors import UnsupportedError
from harness.interfaces import connect
from harness.interfaces.snippets import Ran, run

_ARGUMENT = 128 * 1024
"""Bytes that one argument of a command holds on Linux."""

_COLUMNS = 76

_Made = TypeVar("_Made")

Snippet = tuple[str, str]
"""A file, and the client that it is run with."""

PYTHON: tuple[Snippet, ...] = (("python/near_image.py", "python"), ("python/near_image_v3.py", "python-v3"))
TYPESCRIPT: tuple[Snippet, ...] = (
    ("typescript/near_image.ts", "typescript"),
    ("typescript/near_image_older.ts", "typescript-v1"),
    ("typescript/near_image_older.ts", "typescript-v2"),
)
SHELL: tuple[Snippet, ...] = (("shell/near_image.sh", "shell"),)
PYTHON_FILES: tuple[Snippet, ...] = (
    ("python/near_image_file.py", "python"),
    ("python/near_image_file_v3.py", "python-v3"),
)
TYPESCRIPT_FILES: tuple[Snippet, ...] = (("typescript/near_image_file.ts", "typescript"),)
DISTANCES: tuple[Snippet, ...] = (
    ("python/near_image_distance.py", "python"),
    ("python/near_image_distance_v3.py", "python-v3"),
    ("typescript/near_image_distance.ts", "typescript"),
    ("typescript/near_image_distance_older.ts", "typescript-v1"),
    ("typescript/near_image_distance_older.ts", "typescript-v2"),
    ("shell/near_image_distance.sh", "shell"),
)


def snippet(name: str) -> Callable[[Run], Run]:
    """Register a row that runs snippets: once for each module, where the document's class is stored."""
    return row(name, when=(kept("breed"),), per=Per.MODULE, apart=True)


# --- base64 --------------------------------------------------------------------------------------


@snippet("d2-encode-in-python")
def python_encodes(case: Case) -> None:
    """The Python snippet gives the base64 of a file, byte for byte."""
    _encodes(case, "python/encode.py", "python")


@snippet("d3-encode-in-typescript")
def typescript_encodes(case: Case) -> None:
    """The TypeScript snippet gives the base64 of a file, byte for byte."""
    _encodes(case, "typescript/encode.ts", "typescript")


@snippet("d4-encode-in-the-shell")
def the_shell_encodes(case: Case) -> str:
    """The shell snippet gives the base64 of a file, byte for byte and on one line, whichever `base64` there is."""
    _encodes(case, "shell/encode.sh", "shell")
    return f"the document's `base64 -i FILE` breaks lines after {_COLUMNS} columns with GNU's: encoding/query-wrapped"


@snippet("e1-search-in-python")
def python_searches(case: Case) -> str:
    """The Python snippet finds the most similar image, with the client of today and with version 3."""
    return _search(case, PYTHON)


@snippet("e2-search-in-typescript")
def typescript_searches(case: Case) -> str:
    """The TypeScript snippet finds the most similar image, with the client of today and with versions 1 and 2."""
    return _search(case, TYPESCRIPT)


@snippet("e3-search-in-the-shell")
def the_shell_searches(case: Case) -> str:
    """The shell snippet, which the document lacks, finds the most similar image, also one larger than an argument."""
    return _search(case, SHELL, large=True)


# --- file names ----------------------------------------------------------------------------------


@snippet("h1-file-name-in-python")
def python_takes_a_file(case: Case) -> str:
    """The Python client finds the most similar image by a file's name, by a Path, and by an open file."""
    return _search(case, PYTHON_FILES)


@snippet("h3-missing-file")
def a_missing_file_is_an_error(case: Case) -> str:
    """The name of a file that is not there is an error that names it, and never a result."""
    return _each(case, (*PYTHON_FILES, *TYPESCRIPT_FILES), _demand_missing)


@snippet("h4-file-name-in-typescript")
def typescript_takes_a_file(case: Case) -> str:
    """The TypeScript client of today finds the most similar image by a file's name, which the document denies."""
    return _search(case, TYPESCRIPT_FILES)


@snippet("h5-read-the-file-yourself")
def a_file_can_be_read_first(case: Case) -> str:
    """In TypeScript a file can be read first, small or large, with every version of the client."""
    return _search(case, TYPESCRIPT, large=True)


@snippet("h6-example-response")
def a_search_by_file_has_the_same_response(case: Case) -> str:
    """The response to a search by a file's name is the example of the search by base64, whole."""
    with _image(case.queries[0].picture.data) as file:
        both = _side_by_side(lambda one: _ran(case, one, file), (PYTHON[0], PYTHON_FILES[0]))
        printed = [ran.result().printed.splitlines() for ran in both]
    bodies = [json.loads(line) for lines in printed for line in lines]
    case.require(all(body == bodies[0] for body in bodies), "two snippets print another response", responses=bodies)
    return _shown(case, bodies[0])


# --- distance ------------------------------------------------------------------------------------


@snippet("j4-distance-in-each-language")
def a_distance_in_each_language(case: Case) -> str:
    """The snippets with a distance, which the page does not show, find what is within it, in each language."""
    query = case.queries[0]
    distances = query.truth.distinct_distances()
    place = min(len(distances) - 1, 3)
    threshold = (distances[place - 1] + distances[place]) / 2
    within = query.truth.expect(threshold=threshold).must
    expected = sorted(str(case.dataset.by_id[id_].properties["breed"]) for id_ in within)

    def demand(one: Case, snippet_: Snippet) -> None:
        with _image(query.picture.data) as file:
            [found] = _found(one, snippet_, _ran(one, snippet_, file, DISTANCE=repr(threshold)))
        facts: dict[str, Any] = {"snippet": snippet_[0], "client": snippet_[1], "distance": threshold}
        facts |= {"found": found, "expected": expected}
        one.require(sorted(found) == expected, "not what is within the distance", **facts)

    return _each(case, DISTANCES, demand)


# --- how -----------------------------------------------------------------------------------------


def _search(case: Case, snippets: Sequence[Snippet], *, large: bool = False) -> str:
    """Demand that each snippet finds the most similar image; with `large`, also by a file beyond an argument's size."""
    query = case.queries[0]
    contents = [query.picture.data]
    if large:
        contents.append(query.picture.data + b"\0" * _ARGUMENT)  # behind its end, where no decoder looks

    def demand(one: Case, snippet_: Snippet) -> None:
        for content in contents:
            _demand_nearest(one, query, snippet_, content)

    return _each(case, snippets, demand)


def _demand_nearest(case: Case, query: Query, snippet_: Snippet, content: bytes) -> None:
    nearest = query.truth.expect(limit=1).may
    allowed = [[str(case.dataset.by_id[id_].properties["breed"])] for id_ in nearest]
    with _image(content) as file:
        for found in _found(case, snippet_, _ran(case, snippet_, file)):
            facts: dict[str, Any] = {"snippet": snippet_[0], "client": snippet_[1], "bytes": len(content)}
            case.require(found in allowed, "a snippet found another image", found=found, expected=allowed, **facts)


def _demand_missing(case: Case, snippet_: Snippet) -> None:
    missing = Path("no-such-folder") / "Corgi.jpg"
    ran = _ran(case, snippet_, missing, fails=True)
    facts: dict[str, Any] = {"snippet": snippet_[0], "client": snippet_[1], "said": ran.said[-300:]}
    case.require(ran.status != 0 and not ran.printed.strip(), "a missing file gave a result", **facts)
    if missing.name not in ran.said:
        _demand_taken(case, snippet_[1])
    case.require(missing.name in ran.said, "the error does not name the missing file", **facts)


def _encodes(case: Case, name: str, client: str) -> None:
    picture = case.queries[0].picture
    for content in (picture.data, picture.data + b"\0", picture.data + b"\0\0"):  # each kind of padding
        with _image(content) as file:
            ran = _ran(case, (name, client), file)
        made = replace(picture, data=content).base64
        case.require(ran.printed.rstrip("\n") == made, "the base64 is another", snippet=name, start=ran.printed[:80])


def _each(case: Case, snippets: Sequence[Snippet], demand: Callable[[Case, Snippet], None]) -> str:
    """Demand something of each snippet that can be run here, and tell which those were.

    Raises:
        Skipped: one can't; says why, and which held nevertheless.
    """
    held, reasons = [], []
    for (file, client), asked in zip(snippets, _side_by_side(partial(demand, case), snippets), strict=True):
        try:
            asked.result()
            held.append(f"{file} with {client}")
        except UnsupportedError as missing:
            reasons.append(missing.what)
    said = f"held: {', '.join(held)}" if held else "none could be run"
    if reasons:
        raise Skipped(f"{'; '.join(dict.fromkeys(reasons))}; {said}")
    return said


def _side_by_side(act: Callable[[Snippet], _Made], snippets: Sequence[Snippet]) -> list[Future[_Made]]:
    """Do something with each snippet: as many at once as there are processors, for most of it is a language's start."""
    with ThreadPoolExecutor(os.cpu_count()) as programs:
        return [programs.submit(act, one) for one in snippets]


def _ran(case: Case, snippet_: Snippet, file: Path, *, fails: bool = False, **variables: str) -> Ran:
    """Run a snippet with a file; unless it is to fail, demand that it does not.

    Raises:
        UnsupportedError: what it takes is not here, or its client refuses this server.
        Violation: it failed.
    """
    name, client = snippet_
    case.asked += 1
    ran = run(name, client, case.endpoint, COLLECTION=case.dataset.class_name, IMAGE=str(file), **variables)
    if ran.status and not fails:
        _demand_taken(case, client)
        facts: dict[str, Any] = {"snippet": name, "client": client, "status": ran.status}
        raise Violation("a snippet failed", facts | {"said": shortened(ran.said)[-600:]})
    return ran


def _demand_taken(case: Case, client: str) -> None:
    """Find out whether a client takes this server at all; if it refuses it, a snippet can't help failing.

    Raises:
        UnsupportedError: it refuses it, in its own words.
    """
    with closing(connect(client, case.endpoint)) as interface:
        interface.ask(case.near(case.queries[0].picture, limit=1))


def _found(case: Case, snippet_: Snippet, ran: Ran) -> Iterator[list[str]]:
    """Yield the breeds of each response that a snippet printed, each of which has the document's shape."""
    lines = ran.printed.splitlines()
    facts: dict[str, Any] = {"snippet": snippet_[0], "client": snippet_[1], "printed": ran.printed[:600]}
    case.require(bool(lines), "a snippet printed nothing", **facts)
    for line in lines:
        try:
            [(name, hits)] = json.loads(line)["data"]["Get"].items()
            breeds = [hit["breed"] for hit in hits]
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Violation("what a snippet printed is not the response of the document", facts) from None
        case.require(name == case.dataset.class_name, "the response is of another class", **facts)
        yield breeds


@contextmanager
def _image(content: bytes) -> Iterator[Path]:
    """A file with this content, under the document's name."""
    with TemporaryDirectory(prefix="nearimage-") as folder:
        file = Path(folder) / "Corgi.jpg"
        file.write_bytes(content)
        yield file


def _shown(case: Case, body: Any) -> str:
    """A response as it is shown: the class by the scenario's name."""
    return json.dumps(body, ensure_ascii=False).replace(case.dataset.class_name, case.collection.name)
