"""What a scenario file becomes: values that fit together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from good_scenario import GOOD

from harness.errors import FileError
from harness.images import VIEWS, planted_picture
from harness.model import Metric, Module, Needs
from harness.scenario import LoadProfile, Promise, find_scenarios, is_scenario, load_scenario, shipped_scenarios
from harness.scenario.pictures import SHIPPED
from harness.scenario.promises import milliseconds
from harness.scenario.shape import MetricName, ModuleName, ViewName

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Write = Callable[[str | bytes], Path]


def test_a_good_scenario_becomes_values(write: Write) -> None:
    """Each part of the file is where it belongs."""
    scenario = load_scenario(write(GOOD))
    assert (scenario.name, scenario.load, scenario.checks) == ("a good one", LoadProfile(200, 1), ("near-image/*",))
    assert scenario.needs == Needs(("img2vec-neural",), ">=1.19", {})
    (thing,) = scenario.collections
    assert (thing.name, thing.base, thing.module, thing.metric, thing.index) == (
        "Thing",
        "Thing",
        Module.IMG2VEC,
        Metric.COSINE,
        "hnsw",
    )
    assert (thing.image_fields, thing.image_property, thing.keep) == (("image",), "image", ("label", "number"))
    assert len(scenario.sha256) == 64
    red, near = scenario.questions
    assert red.picture is not None
    assert (red.name, red.picture.name, red.limit, red.line) == ("red", "warm/red.png", 2, 14)
    assert (near.distance, near.limit, near.text, near.collection) == (0.2, None, None, None)
    assert scenario.promises_about("latency") == (
        Promise("latency", "p50", 20.0, "20ms", 19),
        Promise("latency", "p95", 1500.0, "1.5s", 19),
        Promise("latency", "errors", 0.0, "0", 19),
    )
    assert [promise.rank for promise in scenario.promises_about("red")] == [None, 2, None]
    assert scenario.wants("near-image/order")
    assert not scenario.wants("threshold/zero")


@pytest.mark.parametrize(("promised", "requests"), [("p50: 20ms", 100), ("p95: 20ms", 200), ("p99: 20ms", 1000)])
@pytest.mark.parametrize("load", ["", "load: {warmup: 1}\n"])
def test_a_load_without_a_number_asks_as_often_as_its_promises_need(
    write: Write, promised: str, requests: int, load: str
) -> None:
    """Where the file says no number of requests, ten of them lie beyond each percentile that it promises."""
    text = GOOD.replace("load: {requests: 200, warmup: 1}\n", load).replace("p50: 20ms, p95: 1.5s", promised)
    profile = load_scenario(write(text)).load
    assert profile is not None
    assert profile.requests == requests


def test_a_timed_question_has_names_for_its_latency(write: Write) -> None:
    """Its own name and each verdict on it can be asked for; a question that is not timed has none."""
    scenario = load_scenario(write(GOOD.replace("warmup: 1", "questions: [red]")))
    red, near = scenario.questions
    assert scenario.latency_ids(red) == tuple(f"latency/{name}" for name in ("red", "answered", "right", "p50", "p95"))
    assert scenario.latency_ids(near) == ()


@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize("first", ["warm/red", "warm/red.png", "warm"])
def test_a_picture_of_ones_own_folder_goes_by_its_path(write: Write, home: Path, first: str, *, listed: bool) -> None:
    """With a manifest and without: the path asks; it, the path without its ending or the sub-folder may come first."""
    if not listed:
        (home / "pictures" / "manifest.yaml").unlink()
    scenario = load_scenario(write(GOOD.replace("first: warm/red", f"first: {first}")))
    red = scenario.questions[0].picture
    assert red is not None
    assert (red.name, red.subject, red.label) == ("warm/red.png", "warm/red", "warm")
    assert scenario.promises_about("red")[0].value == first


def test_pictures_and_their_views_are_loaded_once(write: Write) -> None:
    """Originals come before their views, and equal sources give the very same set."""
    source = load_scenario(write(GOOD)).collections[0].images
    names = [picture.name for picture in source.load().pictures]
    assert set(names) == {
        f"{name}{view}" for name in ("cold/blue.png", "warm/amber.png", "warm/red.png") for view in ("", "#mirror")
    }
    assert load_scenario(write(GOOD)).collections[0].images.load() is source.load()
    assert [picture.view for picture in source.originals().pictures] == ["", "", ""]


def test_the_class_is_weaviates_own(write: Write) -> None:
    """What the harness does not know in a class definition goes to the server as it was written."""
    text = GOOD.replace("  class: Thing", "  class: Thing\n  replicationConfig: {factor: 1, novel: [no, 1e-3, 010]}")
    (thing,) = load_scenario(write(text)).collections
    assert thing.definition["replicationConfig"] == {"factor": 1, "novel": ["no", 0.001, 10]}
    assert thing.definition["moduleConfig"] == {"img2vec-neural": {"imageFields": ["image"]}}


def test_a_class_is_made_once_for_each_combination(write: Write) -> None:
    """Variations have names, metrics and index types of their own and share everything else."""
    text = GOOD + "vary: {distance: [cosine, l2-squared], index: [hnsw, flat]}\n"
    made = load_scenario(write(text)).collections
    assert [(one.name, one.metric, one.index) for one in made] == [
        ("Thing_cosine_hnsw", Metric.COSINE, "hnsw"),
        ("Thing_cosine_flat", Metric.COSINE, "flat"),
        ("Thing_l2_hnsw", Metric.L2, "hnsw"),
        ("Thing_l2_flat", Metric.L2, "flat"),
    ]
    for one in made:
        assert one.base == "Thing"
        assert one.definition["class"] == one.name
        assert one.definition["vectorIndexConfig"] == {"distance": one.metric}
        assert one.definition["vectorIndexType"] == one.index


def test_variations_do_not_share_their_definitions(write: Write) -> None:
    """A definition that is changed changes no other."""
    one, two = load_scenario(write(GOOD + "vary: {index: [hnsw, flat]}\n")).collections
    assert one.definition["properties"] == two.definition["properties"]
    assert one.definition["properties"] is not two.definition["properties"]


def test_a_named_vector_is_found_and_varied(write: Write) -> None:
    """The vector of an image module is the one that counts, under its name."""
    text = (
        GOOD.replace("  vectorizer: img2vec-neural\n", "").replace(
            "  moduleConfig: {img2vec-neural: {imageFields: [image]}}",
            "  vectorConfig: {a: {vectorizer: {none: {}}}, b: {vectorizer: {img2vec-neural: {imageFields: [image]}}}}",
        )
        + "vary: {distance: [dot], index: [flat]}\n"
    )
    (thing,) = load_scenario(write(text)).collections
    assert (thing.vector_name, thing.module, thing.metric, thing.index) == ("b", Module.IMG2VEC, Metric.DOT, "flat")
    assert thing.definition["vectorConfig"]["b"]["vectorIndexConfig"] == {"distance": "dot"}
    assert "vectorIndexType" not in thing.definition


def test_each_class_can_have_images_of_its_own(write: Write) -> None:
    """`images` under class names belong to those classes; questions see the pictures of the class that they ask."""
    thing, _, rest = GOOD.partition("images:")[0].partition("collection:\n")
    other = rest.replace("class: Thing", "class: Other")
    classes = "".join("  - " + part.strip().replace("\n", "\n  ") + "\n" for part in (rest, other))
    text = f"""{thing}collections:
{classes}images:
  Thing: {{from: ./pictures}}
  Other: {{from: planted, subjects: 2, views: 1, dimensions: 8, seed: 3}}
questions:
  all: {{near_image: p-0001}}
  other: {{near_image: "p-0001#1", collection: Other}}
"""
    scenario = load_scenario(write(text))
    assert [(one.name, one.images.kind) for one in scenario.collections] == [("Thing", "folder"), ("Other", "planted")]
    everywhere, only = scenario.questions
    assert only.picture is not None
    assert only.picture.vector is not None
    assert scenario.questions_for(scenario.collections[0]) == (everywhere,)
    assert scenario.questions_for(scenario.collections[1]) == (everywhere, only)
    with pytest.raises(FileError, match="no picture 'p-0001#1'"):
        load_scenario(write(text.replace("collection: Other}", "collection: Thing}")))


def test_a_file_beside_the_scenario_can_be_asked_with(write: Write, home: Path) -> None:
    """A picture that is in no set is read from its file; it has no label."""
    (home / "mine.png").write_bytes(planted_picture((1, 2), name="mine").data)
    text = GOOD.replace("near: {near_image: warm/red.png", "near: {near_image: mine.png")
    picture = load_scenario(write(text)).questions[1].picture
    assert picture is not None
    assert (picture.name, picture.label) == ("mine.png", "")
    with pytest.raises(FileError, match="has no label"):
        load_scenario(write(text.replace("every_image:", "near: {label_precision_at_1: 1}\n  every_image:")))


def test_a_view_can_be_asked_with(write: Write) -> None:
    """A view that the set makes is a picture like any other."""
    scenario = load_scenario(write(GOOD.replace("red.png, distance", "red.png#mirror, distance")))
    picture = scenario.questions[1].picture
    assert picture is not None
    assert (picture.name, picture.view, picture.label) == ("warm/red.png#mirror", "mirror", "warm")
    assert picture in scenario.collections[0].images.load().pictures


def test_the_default_vectorizer_of_the_server_counts(write: Write) -> None:
    """A class without vectorizer gets the one that the needed settings name."""
    text = GOOD.replace("  vectorizer: img2vec-neural\n", "").replace(
        'weaviate: ">=1.19"', "settings: {DEFAULT_VECTORIZER_MODULE: img2vec-neural, QUERY_DEFAULTS_LIMIT: 25, X: true}"
    )
    scenario = load_scenario(write(text))
    assert scenario.collections[0].module is Module.IMG2VEC
    settings = {"DEFAULT_VECTORIZER_MODULE": "img2vec-neural", "QUERY_DEFAULTS_LIMIT": "25", "X": "true"}
    assert scenario.needs.settings == settings


def test_what_the_machine_gives_is_read(write: Write, home: Path) -> None:
    """Abilities, limits and volumes are values: one ability may stand alone, sizes are bytes, folders are whole."""
    text = 'abilities: restart, cpus: 1.5, memory: 2GiB, volumes: ["data:/data", "./pictures:/seen:ro"]'
    needs = load_scenario(write(GOOD.replace('weaviate: ">=1.19"', text))).needs
    assert (needs.abilities, needs.cpus, needs.memory) == (("restart",), 1.5, 2 * 2**30)
    assert needs.volumes == ("data:/data", f"{home / 'pictures'}:/seen:ro")


def test_needs_follow_from_the_collections(write: Write) -> None:
    """A scenario that names no module needs those that its classes use."""
    scenario = load_scenario(write(GOOD.replace('needs: {module: img2vec-neural, weaviate: ">=1.19"}\n', "")))
    assert scenario.needs == Needs(("img2vec-neural",))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("60ms", 60),
        ("60 ms", 60),
        ("1.5s", 1500),
        ("250us", 0.25),
        ("0.5 s", 500),
        ("60", None),
        ("1 h", None),
        ("-1ms", None),
        ("ms", None),
    ],
)
def test_durations_have_units(text: str, value: float | None) -> None:
    """Microseconds, milliseconds and seconds, with or without a blank."""
    assert milliseconds(text) == value


@pytest.mark.parametrize(
    ("head", "ours"),
    [
        (b"nearimage: 1\n", True),
        (b"\xef\xbb\xbfnearimage: 1", True),
        (b"# hello\n---\n'nearimage': 1\n", True),
        (b"{nearimage: 1, name: x}", True),
        (b"nearimage:\n  1", True),
        (b"  nearimage: 1\n", False),
        (b"a: nearimage: 1\n", False),
        (b"nearimages: 1\n", False),
        (b"nearimage:1\n", False),
        (b"services: {}\n", False),
        (b"", False),
        (b"\xff\xfe\x00", False),
    ],
)
def test_only_what_says_so_is_a_scenario(write: Write, head: bytes, *, ours: bool) -> None:
    """Other YAML in the tree is left alone."""
    assert is_scenario(write(head)) is ours


def test_nothing_is_no_scenario(home: Path) -> None:
    """Asking about a folder or a missing file is no error."""
    assert not is_scenario(home)
    assert not is_scenario(home / "none.yaml")


def test_scenarios_are_found_by_file_folder_and_name(write: Write, home: Path) -> None:
    """A folder stands for the scenarios in it, a bare name for a shipped one, and each comes once."""
    path = write(GOOD)
    (home / "compose.yaml").write_text("services: {}\n")
    (home / "deeper").mkdir()
    (home / "deeper" / "b.yml").write_text(GOOD)
    smoke = shipped_scenarios()["smoke"]
    assert find_scenarios([home, path, type(path)("smoke"), smoke]) == [home / "deeper" / "b.yml", path, smoke]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("compose.yaml", "this is no scenario"),
        ("scenrio.yaml", "did you mean `scenario.yaml`?"),
        ("smke", "did you mean `smoke`?"),
    ],
)
def test_a_path_that_means_nothing_is_named(write: Write, home: Path, name: str, words: str) -> None:
    """A wrong name comes with the nearest right one."""
    write(GOOD)
    (home / "compose.yaml").write_text("services: {}\n")
    with pytest.raises(FileError) as caught:
        find_scenarios([home / name])
    assert words in str(caught.value)


def test_the_names_in_the_shape_are_those_of_the_parts() -> None:
    """Modules, metrics, views and shipped sets are listed for editors as they are in the code."""
    assert set(ModuleName.__args__) == set(Module)
    assert set(MetricName.__args__) == set(Metric)
    assert ViewName.__args__ == VIEWS
    assert SHIPPED == ("photos", "digits")
