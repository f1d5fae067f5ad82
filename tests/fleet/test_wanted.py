"""From the options to targets: names, setups, and the command that asks the same target again."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.fleet import Wanted, wanted
from harness.fleet.wanted import short
from harness.options import TargetOptions, add
from harness.targets import binaries
from harness.targets.setup import Setup


def typed(line: str) -> TargetOptions:
    """The options of a command line."""
    parser = argparse.ArgumentParser()
    add(parser.add_argument)
    return TargetOptions.of(parser.parse_args(shlex.split(line)))


def test_nothing_typed_is_auto(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without any option there is one target, `auto`, with nothing set."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("WEAVIATE_BINARY", raising=False)
    assert wanted(typed("")) == (Wanted("auto", Setup(), "auto"),)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("reference:inclusive", "reference:inclusive"),
        ("embedded:/opt/weaviate-1.25.34", "weaviate-1.25.34"),
        ("https://some.host:8080?grpc=50051", "some.host:8080"),
        ("http://[::1]:8080", "1-:8080"),
        ("docker:semitechnologies/weaviate:1.39.0", "weaviate:1.39.0"),
        ("compose:../my stack/compose.yaml#db", "compose.yaml-db"),
    ],
)
def test_a_name_is_short_and_fits_an_item(text: str, name: str) -> None:
    """A target is called after what tells it from others, without signs that pytest reads otherwise."""
    assert short(text) == name
    assert not set("[]@ ") & set(name)
    assert "::" not in name


def test_targets_that_would_be_called_alike_keep_their_whole_text(tmp_path: Path) -> None:
    """Two binaries of one file name are told apart by their folders."""
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        program = tmp_path / folder / "weaviate"
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    found = wanted(typed(f"--target embedded:{tmp_path}/a/weaviate --target embedded:{tmp_path}/b/weaviate"))
    assert [one.name for one in found] == [f"embedded:{tmp_path}/{folder}/weaviate" for folder in ("a", "b")]


def test_the_same_target_twice_is_refused() -> None:
    """Two that would be one and the same are a mistake."""
    with pytest.raises(UsageError, match="reference is named twice"):
        wanted(typed("--target reference --target reference"))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("--target reference --target refrence", "no target 'refrence'"),
        ("--target reference --memory 1GiB", "can do nothing with --memory"),
        ("--target reference --image clip", "MODULE=IMAGE"),
        ("--versions 1.39", "'1.39' is none"),
        ("--versions 1.39.0,,1.32.27", "'' is none"),
    ],
)
def test_a_mistake_is_found_before_anything_starts(line: str, says: str) -> None:
    """Every option of every target is judged at once."""
    with pytest.raises(UsageError, match=says):
        wanted(typed(line))


def test_a_target_that_is_not_here_does_not_keep_the_others_from_being_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Of several, one that this machine does not have is found out when it is opened."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("WEAVIATE_BINARY", raising=False)
    assert [one.name for one in wanted(typed("--target embedded --target reference"))] == ["embedded", "reference"]


def test_a_version_is_its_binary_where_that_is_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A version is called by itself; with its binary in the client's cache it is an embedded one."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    binaries.cached("1.32.27").write_text("#!/bin/sh\n")
    binaries.cached("1.32.27").chmod(0o755)
    [one] = wanted(typed("--versions v1.32.27"))
    assert (one.name, one.text) == ("1.32.27", "embedded:1.32.27")


def test_a_version_with_limits_is_a_container(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What only containers can do makes a container of a version, binary or not."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    binaries.cached("1.32.27").write_text("#!/bin/sh\n")
    binaries.cached("1.32.27").chmod(0o755)
    [one] = wanted(typed("--versions 1.32.27 --memory 2GiB"))
    assert one.text == "docker:1.32.27"


def test_the_options_survive_their_own_command_line() -> None:
    """The words of options, typed again, are the same options."""
    options = typed(
        "--target reference --target http://h:1 --versions 1.2.3 --targets f.yaml --inference host --device gpu:1 "
        "--image img2vec-neural=a:b --cpus 2 --memory 3MiB --env 'A=b c' --volume v:/x --read-only --keep --reuse"
    )
    assert typed(shlex.join(options.words)) == options


def test_asking_again_says_everything_but_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command that asks the same target again has its whole setup; what may be secret is named alone."""
    line = (
        "--target docker:1.39.0 --inference host --device gpu:1 --cpus 2 --memory 3MiB --env LIMIT=3 "
        "--env API_KEY=abc --volume kept:/x --read-only"
    )
    [one] = wanted(typed(line))
    words = one.words("docker:1.39.0")
    assert "abc" not in shlex.join(words)
    monkeypatch.setenv("API_KEY", "abc")
    [again] = wanted(typed(shlex.join(words)))
    assert (again.text, again.setup) == (one.text, one.setup)
