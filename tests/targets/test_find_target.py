"""From the text after --target to a target."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.targets import KINDS, binaries, find
from harness.targets.compose.target import ComposeTarget
from harness.targets.docker.target import DockerTarget
from harness.targets.embedded import EmbeddedTarget
from harness.targets.external import ExternalTarget
from harness.targets.reference import ReferenceTarget


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("reference", ReferenceTarget),
        ("embedded:1.39.0", EmbeddedTarget),
        ("docker", DockerTarget),
        ("compose:both", ComposeTarget),
        ("compose:cluster#weaviate-2", ComposeTarget),
        ("docker:v1.32.27", DockerTarget),
        ("docker:registry.example.org:5000/own/weaviate:tag", DockerTarget),
        ("http://127.0.0.1:8080?grpc=50051", ExternalTarget),
        ("https://db.example.org", ExternalTarget),
        ("HTTP://127.0.0.1:8080", ExternalTarget),
        (" reference ", ReferenceTarget),
    ],
)
def test_a_text_finds_its_kind(text: str, kind: type) -> None:
    """Each form of the table is understood, and nothing is started for it."""
    assert isinstance(find(text), kind)


@pytest.mark.parametrize(
    "text",
    [
        "reference",
        "embedded:1.39.0",
        "docker:1.32.27",
        "compose:both#weaviate",
        "docker:own/image:1",
        "http://127.0.0.1:8080?grpc=50051",
        "https://db:443",
    ],
)
def test_the_name_of_a_target_finds_it_again(text: str) -> None:
    """A command that repeats a run can use the name."""
    assert find(text).name == text
    assert find(find(text).name).name == text


def test_a_version_may_be_written_with_a_v() -> None:
    """v1.39.0 is 1.39.0."""
    assert find("embedded:v1.39.0").name == "embedded:1.39.0"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("refrence", "Did you mean reference?"),
        ("embeded:1.39.0", "Did you mean embedded?"),
        ("localhost:8080", "For a server that runs already, give the whole address: --target http://localhost:8080"),
        ("db:8080?grpc=1", "For a server that runs already, give the whole address: --target http://db:8080?grpc=1"),
        ("dokcer:1.39.0", "Did you mean docker?"),
        ("compose:x.yaml", "Name a file, or one of ours: img2vec, clip, both, cluster, auth."),
    ],
)
def test_a_target_that_there_is_not_names_the_nearest(text: str, hint: str) -> None:
    """A mistake is a usage error that says what was probably meant."""
    with pytest.raises(UsageError) as caught:
        find(text)
    assert caught.value.hint == hint


@pytest.mark.parametrize("text", ["", "x"])
def test_a_target_far_from_any_lists_them_all(text: str) -> None:
    """With nothing near, the forms are listed."""
    with pytest.raises(UsageError, match="there is no target") as caught:
        find(text)
    assert all(kind.form in caught.value.hint for kind in KINDS)


def test_auto_takes_the_binary_that_is_named_before_the_cache(
    monkeypatch: pytest.MonkeyPatch, fake_binary: Path
) -> None:
    """WEAVIATE_BINARY was set by a person and wins; a note says so."""
    binaries.cached("1.39.0").symlink_to(fake_binary)
    monkeypatch.setenv("WEAVIATE_BINARY", str(fake_binary))
    target = find("auto")
    assert target.name == f"embedded:{fake_binary}"
    assert "WEAVIATE_BINARY" in target.notes[0]


def test_auto_takes_the_newest_of_the_cache(fake_binary: Path) -> None:
    """Without a named binary, the newest cached one is the best there is."""
    for version in ("1.32.27", "1.39.0"):
        binaries.cached(version).symlink_to(fake_binary)
    assert find("auto").name == f"embedded:{binaries.cached('1.39.0')}"


def test_auto_without_any_weaviate_is_the_reference_and_says_so() -> None:
    """The reference is named for what it is, and the note tells how to test a Weaviate."""
    target = find("auto")
    assert target.name == "reference"
    assert target.describe().startswith("no Weaviate was tested")
    assert "auto found no Weaviate" in target.notes[0]


def test_auto_never_takes_another_binary_than_the_one_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A wrong WEAVIATE_BINARY is an error: nothing else is tested in its place."""
    monkeypatch.setenv("WEAVIATE_BINARY", str(tmp_path / "gone"))
    with pytest.raises(UsageError, match="there is no file"):
        find("auto")


def test_auto_takes_nothing_after_a_colon() -> None:
    """`auto:x` is a mistake."""
    with pytest.raises(UsageError, match="takes nothing"):
        find("auto:1.39.0")


@pytest.mark.parametrize(
    "text", ["reference", "embedded:1.39.0", "docker:1.32.27", "docker:own/image:1", "http://127.0.0.1:8080"]
)
def test_every_target_describes_itself_before_it_is_opened(text: str) -> None:
    """The sentence about what is tested can be printed first."""
    assert "tested" in find(text).describe()
