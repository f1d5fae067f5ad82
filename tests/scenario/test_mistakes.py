"""Every mistake in a scenario is an error with the file, the line and the nearest valid name; nothing is started."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from good_scenario import GOOD

from harness.errors import ExitCode, FileError
from harness.scenario import load_scenario

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Write = Callable[[str | bytes], Path]

# What is replaced in the good scenario, by what, the line that is named, and words of the message.
MISTAKES = {
    # keys and types
    "unknown key": ("load:", "laod:", 20, "unknown key `laod`", "did you mean `load`?"),
    "unknown key in a question": ("limit: 2", "limmit: 2", 14, "unknown key `limmit` in `questions.red`", "`limit`"),
    "unknown key in images": ("views:", "view:", 12, "unknown key `view` in `images`", "did you mean `views`?"),
    "unknown key in needs": ("module: img", "modul: img", 3, "unknown key `modul`", "did you mean `module`?"),
    "unknown key in load": ("warmup", "warm_up", 20, "unknown key `warm_up` in `load`", "did you mean `warmup`?"),
    "key of another source": ("as: image,", "as: image, seed: 3,", 12, "unknown key `seed` in `images`", "`keep`"),
    "missing name": ("name: a good one\n", "", 1, "`name` is missing"),
    "missing images": ("images: {from", "checks2: {from", 12, "unknown key `checks2`", "did you mean `checks`?"),
    "missing from": ("from: ./pictures, ", "", 12, "`images.from` is missing"),
    "empty name": ("a good one", '""', 2, "`name` must be a text that says something"),
    "number for a text": ("a good one", "1", 2, "`name` must be a text, not 1"),
    "text for a number": (
        "limit: 2",
        "limit: two",
        14,
        "`questions.red.limit` must be a whole number, not the text 'two'",
    ),
    "truth for a number": ("limit: 2", "limit: true", 14, "must be a whole number, not true"),
    "fraction for a count": ("limit: 2", "limit: 2.5", 14, "must be a whole number, not 2.5"),
    "list for a mapping": ("{requests: 200, warmup: 1}", "[10, 1]", 20, "`load` must be a mapping, not a list"),
    "text for a list": ('["near-image/*"]', "near-image/*", 21, "`checks` must be a list, not the text"),
    "question that is not timed": (
        "{requests: 200, warmup: 1}",
        "{requests: 200, questions: [reed]}",
        20,
        "there is no question 'reed'",
    ),
    "nothing for a mapping": ("{requests: 200, warmup: 1}", "", 20, "`load` must be a mapping, not nothing"),
    "no mapping at all": (GOOD, "- a\n- b\n", 1, "a scenario is a mapping, not a list"),
    "another version": ("nearimage: 1", "nearimage: 2", 1, "format 2; this harness reads format 1"),
    "no version": ("nearimage: 1", "nearimages: 1", 1, "`nearimage` is missing", "nearimages"),
    # numbers
    "limit of nothing": ("limit: 2", "limit: 0", 14, "must be at least 1, not 0"),
    "negative limit": ("limit: 2", "limit: -3", 14, "must be at least 1, not -3"),
    "distance that is no number": ("distance: 0.2", "distance: .nan", 15, "must be a finite number, not nan"),
    "endless distance": ("distance: 0.2", "distance: -.inf", 15, "must be a finite number, not -inf"),
    "overflowing distance": ("distance: 0.2", "distance: 1e999", 15, "must be a finite number, not inf"),
    "certainty of nothing": ("distance: 0.2", "certainty: 0", 15, "must be more than 0, not 0"),
    "certainty beyond one": ("distance: 0.2", "certainty: 1.5", 15, "must be at most 1, not 1.5"),
    "no requests": ("requests: 200", "requests: 0", 20, "must be at least 1"),
    "NaN in the class": ("label, dataType", "label, x: .nan, dataType", 10, "`collection.properties[1].x` is nan"),
    # needs
    "unknown module": (
        "module: img2vec-neural",
        "module: img2vec",
        3,
        "cannot be the text 'img2vec'",
        "`img2vec-neural`",
    ),
    "module not named": ("module: img2vec-neural", "module: multi2vec-clip", 3, "which `needs.module` does not name"),
    "bad range": (">=1.19", "1.19 or later", 3, "no range of versions", ">=1.25"),
    "version without quotes": ('">=1.19"', "1.19", 3, "`needs.weaviate` must be a text, not 1.19"),
    "lower-case setting": (
        'weaviate: ">=1.19"',
        "settings: {query_limit: 2}",
        3,
        "`needs.settings.query_limit` has a name that does not fit",
    ),
    "unknown ability": (
        'weaviate: ">=1.19"',
        "abilities: [restart, kil]",
        3,
        "`needs.abilities[1]` cannot be the text 'kil'",
        "did you mean `kill`?",
    ),
    "no processors": ('weaviate: ">=1.19"', "cpus: 0", 3, "`needs.cpus` must be more than 0, not 0"),
    "memory without a unit": (
        'weaviate: ">=1.19"',
        'memory: "2"',
        3,
        "`needs.memory` is '2', which is no size of a memory",
        "write for example 512MiB or 2GiB",
    ),
    "memory as a number": ('weaviate: ">=1.19"', "memory: 2", 3, "`needs.memory` must be a text, not 2"),
    "hardly any memory": ('weaviate: ">=1.19"', "memory: 0.5K", 3, "no size of a memory"),
    "volume without a path": (
        'weaviate: ">=1.19"',
        "volumes: [data]",
        3,
        "'data' is no volume",
        "`NAME_OR_FOLDER:/PATH`",
    ),
    "volume in a strange mode": ('weaviate: ">=1.19"', 'volumes: ["data:/x:rx"]', 3, "'data:/x:rx' is no volume"),
    "volume that is not there": (
        'weaviate: ">=1.19"',
        'volumes: ["./picture:/x"]',
        3,
        "there is no folder ./picture beside this file",
        "`./pictures`",
    ),
    "volume elsewhere": (
        'weaviate: ">=1.19"',
        'volumes: ["/etc:/x:ro"]',
        3,
        "the volume /etc lies outside the scenario's folder",
        "mount it yourself with --volume",
    ),
    "volume above": ('weaviate: ">=1.19"', 'volumes: ["../:/x"]', 3, "../ lies outside the scenario's folder"),
    # the class
    "no class name": ("  class: Thing\n", "", 4, "`collection.class` is missing"),
    "class_name": (
        "  class: Thing",
        "  class_name: Thing",
        4,
        "`collection.class` is missing",
        "`class`, not `class_name`",
    ),
    "small class name": ("class: Thing", "class: thing", 5, "`class` cannot be the text 'thing'", "capital letter"),
    "class name of two words": ("class: Thing", "class: Two Words", 5, "cannot be the text 'Two Words'"),
    "no vectorizer": (
        "  vectorizer: img2vec-neural\n",
        "",
        4,
        "class Thing has no `vectorizer`",
        "vectorizer: multi2vec-clip",
    ),
    "vectorizer none": ("vectorizer: img2vec-neural", "vectorizer: none", 6, "knows no nearImage", "`img2vec-neural`"),
    "unknown vectorizer": (
        "vectorizer: img2vec-neural",
        "vectorizer: img2vec-neurla",
        6,
        "is no image module",
        "did you mean",
    ),
    "no image fields": (
        "imageFields: [image]",
        "",
        7,
        "names no property, so nothing is vectorized",
        "imageFields: [image]",
    ),
    "image fields no list": ("imageFields: [image]", "imageFields: image", 7, "must be a list of property names"),
    "image field that is not there": (
        "imageFields: [image]",
        "imageFields: [imgae]",
        7,
        "is no property",
        "did you mean `image`?",
    ),
    "image field that is text": (
        "imageFields: [image]",
        "imageFields: [image, label]",
        7,
        "names `label`, which is the text 'text'",
    ),
    "no blob": ("{name: image, dataType: [blob]}", "{name: image, dataType: [text]}", 12, "is a text and not a blob"),
    "no such property": (
        "as: image",
        "as: picture",
        12,
        "pictures go into `picture`, but there is no such property",
        "`image`",
    ),
    "property without type": (
        "{name: label, dataType: [text]}",
        "{name: label}",
        10,
        "property `label` has no `dataType`",
    ),
    "property without name": ("{name: label, ", "{", 10, "`collection.properties[1]` has no `name`"),
    "properties no list": ("{name: label, dataType: [text]}", "label", 10, "must be a mapping, not the text 'label'"),
    "kept without property": (
        "keep: [label, number]",
        "keep: [label, caption]",
        12,
        "`caption` is to be kept",
        "name: caption",
    ),
    "kept in another type": ("number, dataType: [int]", "number, dataType: [text]", 12, "that is text and not int"),
    "kept that is no fact": ("keep: [label, number]", "keep: [labels]", 12, "cannot be the text 'labels'", "`label`"),
    "unknown metric": (
        "  vectorizer: img2vec-neural\n",
        "  vectorizer: img2vec-neural\n  vectorIndexConfig: {distance: cosin}\n",
        7,
        "there is no distance metric 'cosin'",
        "did you mean `cosine`?",
    ),
    "unknown index": (
        "  vectorizer: img2vec-neural\n",
        "  vectorizer: img2vec-neural\n  vectorIndexType: hsnw\n",
        7,
        "there is no vector index type 'hsnw'",
        "did you mean `hnsw`?",
    ),
    "tenants": (
        "  vectorizer: img2vec-neural\n",
        "  vectorizer: img2vec-neural\n  multiTenancyConfig: {enabled: true}\n",
        7,
        "cannot be filled from a scenario yet",
    ),
    "named vectors without an image module": (
        "  vectorizer: img2vec-neural\n",
        "  vectorConfig: {a: {vectorizer: {none: {}}}}\n",
        6,
        "no vector of this class is made by an image module",
    ),
    "collection and collections": ("load:", "collections: [{class: Other}]\nload:", 20, "exactly one of them"),
    "no collections": ("load:", "collections: []\nload:", 20, "`collections` must be a list with something in it"),
    # vary
    "unknown metric to vary": (
        "load:",
        "vary: {distance: [cosine, l2]}\nload:",
        20,
        "cannot be the text 'l2'",
        "valid:",
    ),
    "unknown key to vary": (
        "load:",
        "vary: {metric: [dot]}\nload:",
        20,
        "unknown key `metric` in `vary`",
        "`distance`",
    ),
    "varied twice": ("load:", "vary: {distance: [dot, dot]}\nload:", 5, "there are two collections Thing_dot"),
    # images
    "unknown shipped set": (
        "./pictures, views: [mirror]",
        '"shipped:photo"',
        12,
        "no images 'photo' are shipped",
        "`shipped:photos`",
    ),
    "no such folder": ("./pictures", "./picture", 12, "there is no folder './picture'", "did you mean `./pictures`?"),
    "unknown view": ("views: [mirror]", "views: [miror]", 12, "cannot be the text 'miror'", "did you mean `mirror`?"),
    "folder outside": ("./pictures", "../", 12, "lies outside the scenario's folder"),
    "absolute folder": ("./pictures", "/etc", 12, "lies outside the scenario's folder"),
    "folder with a null byte": ("./pictures", '"a\\0b"', 12, "is no path"),
    "ladder without end": (
        "{from: ./pictures, views: [mirror],",
        "{from: ladder, count: 1000000000,",
        12,
        "at most 20,000",
    ),
    "planted that do not fit": (
        "{from: ./pictures, views: [mirror],",
        "{from: planted, subjects: 2000, dimensions: 5, views: 5,",
        12,
        "do not fit",
        "fewer subjects",
    ),
    "images for a class that is not there": (
        "images: {from: ./pictures, views: [mirror], as: image, keep: [label, number]}",
        "images: {Thing: {from: ./pictures}, Thong: {from: ./pictures}}",
        12,
        "images for 'Thong', which is no class here",
        "did you mean `Thing`?",
    ),
    "images that are no mapping": (
        "images: {from: ./pictures, views: [mirror], as: image, keep: [label, number]}",
        "images: {Thing: ./pictures}",
        12,
        "`images.Thing` must be a mapping",
    ),
    # questions
    "no near": ("near_image: warm/red.png, limit", "limit", 14, "question 'red' needs `near_image` or `near_text`"),
    "two nears": ("limit: 2", "near_text: red", 14, "exactly one of them"),
    "two thresholds": ("distance: 0.2", "distance: 0.2, certainty: 0.9", 15, "only one is allowed"),
    "unknown picture": ("red.png, limit", "rde.png, limit", 14, "there is no picture 'warm/rde.png'", "`warm/red.png`"),
    "unknown view of a picture": (
        "red.png, limit",
        "red.png#crop, limit",
        14,
        "no picture 'warm/red.png#crop'",
        "`warm/red.png",
    ),
    "picture outside": ("warm/red.png, limit", "../../x.png, limit", 14, "lies outside the scenario's folder"),
    "no picture at all": ("warm/red.png, limit", "pictures/manifest.yaml, limit", 14, "is no picture"),
    "words for a module that reads none": (
        "near_image: warm/red.png, limit",
        "near_text: red, limit",
        14,
        "Thing has no nearText",
    ),
    "unknown collection": (
        "limit: 2",
        "collection: Thigh",
        14,
        "there is no class 'Thigh' here",
        "did you mean `Thing`?",
    ),
    "certainty with another metric": (
        "checks:",
        "vary: {distance: [cosine, dot]}\nchecks:",
        None,
        "",
    ),
    "reserved name": ("  near: {", "  latency: {", 15, "a question cannot be called 'latency'"),
    "name with a blank": ("  near: {", "  near it: {", 15, "has a name that does not fit"),
    # promises
    "about nobody": (
        "  red: {first",
        "  rad: {first",
        17,
        "a promise about 'rad', which nobody asks",
        "did you mean `red`?",
    ),
    "unknown promise": (
        "recall: 1.0",
        "recal: 1.0",
        17,
        "there is no promise `recal` about red",
        "did you mean `recall`?",
    ),
    "promise of another subject": (
        "errors: 0",
        "recall: 1.0",
        19,
        "there is no promise `recall` about latency",
        "`p50`",
    ),
    "percentile of a question": ("recall: 1.0", "p50: 1ms", 17, "there is no promise `p50` about red"),
    "first of every image": (
        "{label_precision_at_1: 0.5}",
        "{first: x}",
        18,
        "there is no promise `first` about every_image",
    ),
    "first that nothing is": (
        "first: warm/red",
        "first: warm/rad",
        17,
        "no picture has the subject",
        "did you mean `warm/red`?",
    ),
    "share beyond one": ("recall: 1.0", "recall: 95", 17, "must be a share between 0 and 1, not 95"),
    "share that is no number": ("recall: 1.0", "recall: .nan", 17, "must be a share between 0 and 1"),
    "precision beyond the limit": (
        "label_precision_at_2",
        "label_precision_at_5",
        17,
        "asks for 2 only",
        "raise the limit to 5",
    ),
    "duration without a unit": ("p50: 20ms", "p50: 20", 19, "must be a duration, not 20", "60ms"),
    "duration in another unit": ("p50: 20ms", "p50: 20min", 19, "must be a duration, not the text '20min'"),
    "duration of nothing": ("p50: 20ms", "p50: 0ms", 19, "must be a duration"),
    "percentile of too few requests": (
        "p95: 1.5s",
        "p99: 1.5s",
        19,
        "p99 needs 1,000 requests, for ten to lie beyond it, and the load has 200",
        "write `load: {requests: 1000}`, or promise a lower percentile",
    ),
    "negative errors": ("errors: 0", "errors: -1", 19, "must be a count of 0 or more"),
    "promises no mapping": (
        "{label_precision_at_1: 0.5}",
        "0.5",
        18,
        "`promises.every_image` must be a mapping, not 0.5",
    ),
    # YAML
    "doubled key": ("load:", "name: again\nload:", 20, "key `name` is there twice, first in line 2"),
    "alias": ("load: {", "about: &a x\nload: {a: *a, ", 21, "aliases (`*name`) are not allowed"),
    "tab": ("  class: Thing", "\tclass: Thing", 5, "a value cannot begin with '\\t'", "indent with spaces"),
    "not YAML": ("needs: {", "needs: {{", None, "not YAML"),
    "colon in a value": ("a good one", "photos: a good one", 2, "a second colon in one value", "in quotes"),
    "value and mapping": (
        "name: a good one",
        "name: a\n  good: one",
        3,
        "set in further than the one above it",
        "alike",
    ),
    "no space": ("  class: Thing", "  class:Thing", 5, "a colon without a space behind it", "`limit: 4`"),
    "no colon": ("  class: Thing", "  class", 5, "a line that is no key", "`limit: 4`"),
    "set in less": ("  class: Thing", "   class: Thing", 6, "does not go on what stands above", "alike, with spaces"),
    "open bracket": ("distance: 0.2}", "distance: 0.2", 16, "a bracket is not closed since line 15", "each { with }"),
    "no comma": ("red.png, limit", "red.png limit", 14, "a comma is missing", "close each {"),
    "open quote": ('"near-image/*"', '"near-image/*', 21, "a quotation mark that is never closed"),
    "quotes in a value": ("a good one", '"a" good one', 2, "does not go on", "goes in quotes"),
    "range of versions": ('">=1.19"', ">=1.19", 3, "a value cannot begin with '>'", "put it in quotes"),
    "value that begins oddly": ("a good one", "@good", 2, "a value cannot begin with '@'", "put it in quotes"),
    "path of another system": ("a good one", '"a\\good"', 2, "a backslash in double quotes", "use single quotes"),
    "two documents": ("load:", "---\nload:", None, "not YAML"),
    "python object": ("a good one", "!!python/object/apply:os.getcwd []", 2, "is not allowed here"),
    "own tag": ("a good one", "!secret x", 2, "is not allowed here"),
    "number as a key": ("  near: {", "  7: {", 15, "a key must be a text", "put it in quotes"),
    "list as a key": ("  near: {", "  [a]: {", 15, "a key must be a text"),
    "empty file": (GOOD, "", 1, "the file is empty"),
    "only a comment": (GOOD, "# nothing\n", 1, "the file is empty"),
    "nested without end": (GOOD, "a: " + "[" * 5000, 1, "too deeply nested"),
    "very many entries": (GOOD, "a: [" + "1," * 60_000 + "]", 1, "too large for a scenario"),
    "control character": ("a good one", "a \x07 good one", 2, "U+0007"),
    "endless number": ("limit: 2", "limit: " + "9" * 5000, 14, "cannot read this as int"),
}
del MISTAKES["certainty with another metric"]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_its_line(write: Write, mistake: str) -> None:
    """The error is the person's (exit 2), names file and line, says what is wrong, and the nearest valid name."""
    old, new, line, *words = MISTAKES[mistake]
    assert old in GOOD
    path = write(GOOD.replace(old, new, 1))
    with pytest.raises(FileError) as caught:
        load_scenario(path)
    text = str(caught.value)
    assert caught.value.exit_code is ExitCode.USAGE
    if line is not None:
        assert text.startswith(f"{path}:{line}: ")
    for expected in words:
        assert expected in text


def test_certainty_for_a_metric_without_it_is_refused(write: Write) -> None:
    """Certainty exists for cosine only, also when the metric is varied."""
    text = GOOD.replace("distance: 0.2", "certainty: 0.9") + "vary: {distance: [cosine, dot]}\n"
    with pytest.raises(FileError, match="Thing_dot measures dot: certainty exists for cosine only"):
        load_scenario(write(text))


def test_the_first_mistake_in_the_file_is_named(write: Write) -> None:
    """Of several mistakes the one that is read first is said."""
    text = GOOD.replace("limit: 2", "limit: 0").replace("requests: 200", "requests: 0")
    with pytest.raises(FileError, match=r":14: "):
        load_scenario(write(text))


def test_a_check_glob_that_fits_nothing_is_named(write: Write) -> None:
    """Globs are compared with the checks that there are, where those are known."""
    path = write(GOOD)
    assert load_scenario(path, known_checks=["near-image/order"]).checks == ("near-image/*",)
    with pytest.raises(FileError, match=r":21: no check fits 'near-image/\*'") as caught:
        load_scenario(path, known_checks=["near-images/order", "threshold/inclusive"])
    assert "did you mean `near-images/order`?" in str(caught.value)


def test_a_picture_that_is_gone_is_named(write: Write, home: Path) -> None:
    """A file that the manifest lists and that is not there is found before anything starts."""
    (home / "pictures" / "cold" / "blue.png").unlink()
    with pytest.raises(FileError, match=r"manifest\.yaml:\d+: .*cold/blue\.png"):
        load_scenario(write(GOOD))


def test_a_picture_that_has_changed_is_named(write: Write, home: Path) -> None:
    """A file whose hash is not the manifest's is found before anything starts."""
    changed = home / "pictures" / "cold" / "blue.png"
    changed.write_bytes(changed.read_bytes() + b"\0")
    with pytest.raises(FileError, match=r"manifest\.yaml:\d+: .*cold/blue\.png"):
        load_scenario(write(GOOD))


def test_a_link_that_leads_outside_is_refused(write: Write, home: Path, tmp_path: Path) -> None:
    """A folder or a picture is where its links lead, not where they lie."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (home / "link").symlink_to(outside)
    with pytest.raises(FileError, match="lies outside the scenario's folder"):
        load_scenario(write(GOOD.replace("./pictures", "./link")))
    with pytest.raises(FileError, match="lies outside the scenario's folder"):
        load_scenario(write(GOOD.replace('weaviate: ">=1.19"', 'volumes: ["./link:/x"]')))
    (outside / "x.png").write_bytes(b"x")
    (home / "x.png").symlink_to(outside / "x.png")
    with pytest.raises(FileError, match="lies outside the scenario's folder"):
        load_scenario(write(GOOD.replace("warm/red.png, limit", "x.png, limit")))


def test_bytes_that_are_no_utf8_are_named_with_their_line(write: Write) -> None:
    """A file in another encoding is no riddle."""
    with pytest.raises(FileError, match=r":2: not UTF-8"):
        load_scenario(write(GOOD.replace("a good one", "caf\xe9").encode("latin-1")))


def test_a_file_that_is_too_large_is_not_read(write: Write) -> None:
    """More than a mebibyte is no scenario."""
    with pytest.raises(FileError, match="larger than 1 MiB"):
        load_scenario(write(GOOD + "#" * 2**20))


def test_what_is_no_file_is_said(home: Path) -> None:
    """A folder and nothing at all are errors of their own."""
    with pytest.raises(FileError, match="this is not a file"):
        load_scenario(home)
    with pytest.raises(FileError, match="there is no such file"):
        load_scenario(home / "none.yaml")
