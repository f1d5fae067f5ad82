"""The rows of the document: all are there, under its headings, and each is told from what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from staging import planted_service, staged, verdict

from harness.checks import all_checks
from harness.checks.document_files import FAULTS, Texts, files
from harness.checks.document_rows import BASE64, CLASS, FILE, OVERVIEW, REQUIREMENTS, SERVER, THRESHOLD, TYPES
from harness.model import Outcome
from harness.reference.mutants import MUTANTS
from harness.reference.rules import Rules
from harness.scenario import Scenario, load_scenario
from harness.stage import Stage

ROWS = [
    *(f"a{number}" for number in range(1, 7)),
    *(f"b{number}" for number in range(1, 15)),
    *(f"c{number}" for number in range(1, 6 + 1)),
    *(f"d{number}" for number in range(1, 5)),
    *("e1", "e2", "e3", "g1"),
    *(f"h{number}" for number in range(1, 7)),
    *(f"j{number}" for number in range(1, 5)),
]
DOCUMENT = {id_: check for id_, check in all_checks().items() if check.chapter == "document"}
SNIPPETS = [id_ for id_, check in DOCUMENT.items() if check.run.__module__.endswith("document_snippets")]
NODE = ("d3", "e2", "h4", "h5")

WRONG = '{"data": {"Get": {"Nobody": [{"breed": "unicorn"}]}}}'
PROGRAMS = {".py": f"print({WRONG!r})", ".ts": f"console.log({WRONG!r})", ".sh": f"echo '{WRONG}'"}

DOGS = """\
nearimage: 1
name: dogs of one's own
collection:
  class: Dog
  vectorizer: img2vec-neural
  moduleConfig: {img2vec-neural: {imageFields: [image]}}
  properties: [{name: image, dataType: [blob]}, {name: breed, dataType: [text]}]
images: {from: planted, subjects: 5, views: 2, dimensions: 8, seed: 7, as: image, keep: [breed]}
questions:
  nearest: {near_image: p-0000, limit: 1}
promises:
  nearest: {first: p-0000}
"""


def row_of(id_: str) -> str:
    """The id of a check's row."""
    return id_.partition("/")[2].partition("-")[0]


@pytest.fixture(scope="module")
def dogs(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    """A class Dog {image, breed} of planted pictures."""
    path = tmp_path_factory.mktemp("dogs") / "dogs.yaml"
    path.write_text(DOGS)
    return load_scenario(path)


@pytest.fixture(scope="module")
def planted_url() -> Iterator[str]:
    """An inference service that knows planted vectors."""
    with planted_service() as url:
        yield url


@pytest.fixture(scope="module")
def honest(planted_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The honest reference."""
    with staged(Rules(), planted_url, tmp_path_factory.mktemp("honest")) as stage:
        yield stage


def test_every_row_is_a_check() -> None:
    """No row of the document is without a check, and no check is about a row that there is not."""
    assert {row_of(id_) for id_ in DOCUMENT} == set(ROWS)


@pytest.mark.parametrize(
    ("heading", "rows"),
    [
        (OVERVIEW, r"a[123]"),
        (TYPES, r"a[456]"),
        (REQUIREMENTS, r"b[12]"),
        (SERVER, r"b([3-9]|1\d)"),
        (CLASS, r"c\d"),
        (BASE64, r"d\d|e\d|g1"),
        (FILE, r"h\d"),
        (THRESHOLD, r"j\d"),
    ],
)
def test_a_row_stands_under_its_heading(heading: str, rows: str) -> None:
    """The headings are the document's."""
    assert {row_of(id_) for id_, check in DOCUMENT.items() if check.heading == heading} == {
        row for row in ROWS if re.fullmatch(rows, row)
    }


def test_a_row_that_is_proved_apart_consists_of_others_or_has_a_test_here() -> None:
    """What `nearimage mutants` does not put a fault to is a file, a snippet, or made of clauses that have faults."""
    liars = {mutant.breaks for mutant in MUTANTS.values()}
    asked = {id_ for id_, check in DOCUMENT.items() if not check.apart}
    assert asked <= liars
    about_files = {f"document/{name}" for name in FAULTS}
    assert about_files <= set(DOCUMENT)
    assert not asked & about_files


# --- rows that consist of clauses ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "row", "part"),
    [
        ("image_misses_itself", "a1-image-as-input", "near-image/same-image-first"),
        ("object_leaves_itself_out", "a2-vector-and-object-beside-it", "near-image/equals-near-object"),
        ("unsorted_end", "a5-similar-images-by-either-module", "near-image/ascending"),
        ("exclusive_threshold", "j1-distance-is-the-largest-dissimilarity", "threshold/inclusive"),
        ("default_vectorizer_ignored", "c1-class-chooses-its-module", "settings/default-vectorizer"),
        ("every_module_is_there", "a3-not-without-the-module", "settings/module-not-enabled"),
    ],
)
def test_a_row_is_violated_with_a_clause_of_its(
    fault: str, row: str, part: str, dogs: Scenario, planted_url: str, tmp_path: Path
) -> None:
    """What is wrong with one of the clauses that a row consists of is wrong with the row, which names the clause."""
    with staged(MUTANTS[fault].rules(), planted_url, tmp_path) as stage:
        found = verdict(stage, dogs, all_checks()[f"document/{row}"], dogs.collections[0], "graphql")
    assert (found.outcome, found.evidence.get("part")) == (Outcome.VIOLATED, part)
    assert found.heading


# --- rows about files ----------------------------------------------------------------------------


def edited(name: str, old: str, new: str) -> Texts:
    """The files with one word of one of them changed."""
    texts = dict(files())
    assert old in texts[name]
    return texts | {name: texts[name].replace(old, new)}


@pytest.mark.parametrize("row", FAULTS)
def test_nothing_is_wrong_with_the_files_that_come_along(row: str) -> None:
    """The Compose files and the page of links say what the document says."""
    assert list(FAULTS[row](files())) == []


@pytest.mark.parametrize(
    ("row", "texts"),
    [
        ("b4-files-can-be-generated", lambda: {name: text for name, text in files().items() if name != "clip.yaml"}),
        ("b4-files-can-be-generated", lambda: edited("cluster.yaml", "weaviate-3:", "other:")),
        ("b5-image-inference-api", lambda: edited("img2vec.yaml", "'http://i2v-neural:8080'", "'http://i2v:8080'")),
        (
            "b6-default-vectorizer",
            lambda: edited("img2vec.yaml", "DEFAULT_VECTORIZER_MODULE: 'img2vec-neural'", "A: b"),
        ),
        ("b7-enable-modules", lambda: edited("img2vec.yaml", "ENABLE_MODULES: 'img2vec-neural'", "ENABLE_MODULES: ''")),
        ("b8-service-image", lambda: edited("img2vec.yaml", "img2vec-pytorch:resnet50", "img2vec-pytorch:latest")),
        ("b9-complete", lambda: edited("clip.yaml", "    ports:\n", "    labels:\n")),
        ("b10-clip-inference-api", lambda: edited("clip.yaml", "CLIP_INFERENCE_API", "CLIP_API")),
        (
            "b11-clip-default-vectorizer",
            lambda: edited("clip.yaml", "DEFAULT_VECTORIZER_MODULE: 'multi2vec-clip'", "A: b"),
        ),
        ("b12-clip-enable-modules", lambda: edited("clip.yaml", "ENABLE_MODULES: 'multi2vec-clip'", "A: b")),
        ("b13-clip-service-image", lambda: edited("clip.yaml", "ViT-B-32-multilingual-v1", "ViT-B-32")),
        ("b14-enable-cuda", lambda: edited("clip.yaml", "ENABLE_CUDA: '0'", "ENABLE_CUDA: '1'")),
        ("b14-enable-cuda", lambda: edited("gpu.yaml", "capabilities: [gpu]", "capabilities: []")),
        ("c6-links-to-modules", lambda: edited("links.md", "img2vec-neural", "img2vec")),
        ("h2-link-to-the-client", lambda: edited("links.md", "weaviate-python-client.readthedocs.io", "example.org")),
    ],
)
def test_a_file_with_something_wrong_is_told(row: str, texts: Any) -> None:
    """Each row about a file notices the one thing that it is there for."""
    assert list(FAULTS[row](texts()))


def test_the_compose_files_are_yaml() -> None:
    """A parser takes them all."""
    assert all(yaml.safe_load(text) for name, text in files().items() if name.endswith(".yaml"))


# --- rows that are snippets ----------------------------------------------------------------------


def marked(ids: list[str]) -> list[Any]:
    """Rows of snippets as parameters; those that can't do without Node.js are left out where it is not."""
    return [pytest.param(id_, marks=pytest.mark.typescript if row_of(id_) in NODE else ()) for id_ in ids]


@pytest.mark.parametrize("id_", marked(SNIPPETS))
def test_the_snippets_work(id_: str, dogs: Scenario, honest: Stage) -> None:
    """Every snippet, run as a file, finds what it has to find; a client that is not here is a skip that says so."""
    found = verdict(honest, dogs, DOCUMENT[id_], dogs.collections[0], "graphql")
    if found.outcome is Outcome.SKIPPED:
        assert "the packages of" in found.sentence or "Node.js" in found.sentence
        pytest.skip(found.sentence)
    assert found.outcome is Outcome.HELD, found


@pytest.mark.parametrize("id_", marked(SNIPPETS))
def test_a_snippet_that_prints_something_else_is_told(
    id_: str, dogs: Scenario, honest: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each row notices snippets that print another answer, whatever they are asked."""
    for path in sorted((Path(__file__).parents[2] / "docs" / "snippets").glob("*/*")):
        fake = tmp_path / "snippets" / path.parent.name / path.name
        fake.parent.mkdir(parents=True, exist_ok=True)
        fake.write_text(PROGRAMS[path.suffix])
    if row_of(id_) == "h6":  # compares two: one of them is another
        (tmp_path / "snippets" / "python" / "near_image.py").write_text("print('{}')")
    monkeypatch.setattr("harness.interfaces.snippets.shipped_folder", lambda _: tmp_path)
    found = verdict(honest, dogs, DOCUMENT[id_], dogs.collections[0], "graphql")
    assert found.outcome is Outcome.VIOLATED


def test_a_snippet_finds_another_image_on_a_server_that_lies(dogs: Scenario, planted_url: str, tmp_path: Path) -> None:
    """The real snippets show a server's fault."""
    with staged(MUTANTS["farthest_first"].rules(), planted_url, tmp_path) as stage:
        found = verdict(stage, dogs, DOCUMENT["document/e1-search-in-python"], dogs.collections[0], "graphql")
    assert found.sentence == "a snippet found another image"
