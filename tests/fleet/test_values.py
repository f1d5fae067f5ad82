"""What is typed behind the options of a target, and what it comes to."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.fleet import values
from harness.model import Module


@pytest.mark.parametrize(
    ("text", "size"),
    [("2GiB", 2 * 2**30), ("512MiB", 512 * 2**20), ("1.5g", 3 * 2**29), ("64k", 64 * 2**10), ("2 GB", 2**31), ("", 0)],
)
def test_a_size_is_binary_whatever_its_unit_is_called(text: str, size: int) -> None:
    """Sizes are bytes, and K, M and G are powers of two, as Docker has them."""
    assert values.memory(text) == size


@pytest.mark.parametrize("text", ["2", "GiB", "-1GiB", "0GiB", "2TiB", "two GiB", "2GiBs"])
def test_a_size_without_a_unit_or_sense_is_refused(text: str) -> None:
    """A number alone, nothing, less than nothing and unknown units are no size; one that is right is named."""
    with pytest.raises(UsageError, match="is a size with its unit") as caught:
        values.memory(text)
    assert "2GiB" in caught.value.hint


@pytest.mark.parametrize(("text", "number"), [("", None), ("cpu", None), ("gpu", 0), ("gpu:3", 3), ("CUDA:1", 1)])
def test_a_device_is_the_cpu_or_a_numbered_gpu(text: str, number: int | None) -> None:
    """`gpu` is the first one; nothing and `cpu` are none."""
    assert values.gpu(text) == number


@pytest.mark.parametrize("text", ["gpu:", "gpu:a", "tpu", "1", "cpu:1"])
def test_another_device_is_refused(text: str) -> None:
    """Whatever is neither says what there is."""
    with pytest.raises(UsageError, match="is cpu, gpu or gpu:NUMBER"):
        values.gpu(text)


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "two", "1e9"])
def test_processors_are_a_number_above_nothing(text: str) -> None:
    """No limit is said by leaving the option out, not by 0."""
    with pytest.raises(UsageError, match="number of processors above 0"):
        values.cpus(text)
    assert values.cpus("0.5") == 0.5


def test_a_variable_has_the_value_that_is_typed_or_that_it_has_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """`NAME=VALUE` may hold further signs of equality; `NAME` alone takes the value of this process."""
    monkeypatch.setenv("HERE", "from here")
    assert values.variables(["A=b=c", "EMPTY=", "HERE"]) == {"A": "b=c", "EMPTY": "", "HERE": "from here"}


@pytest.mark.parametrize(
    ("text", "says"), [("=3", "NAME=VALUE"), ("A B=3", "NAME=VALUE"), ("NOT_SET_ANYWHERE", "has no value here")]
)
def test_a_variable_without_a_name_or_value_is_refused(text: str, says: str) -> None:
    """What cannot be a variable is a mistake."""
    with pytest.raises(UsageError, match=says):
        values.variables([text])


def test_an_image_is_for_a_module_that_there_is() -> None:
    """A module that is misspelt is told with the nearest that there is."""
    assert values.images({Module.CLIP: "mine:1"}) == {"multi2vec-clip": "mine:1"}
    with pytest.raises(UsageError, match="'img2vec'") as caught:
        values.images({"img2vec": "mine:1"})
    assert caught.value.hint == "Did you mean img2vec-neural?"
    with pytest.raises(UsageError, match="names no image"):
        values.images({Module.CLIP: ""})


def test_a_volume_is_a_whole_folder_or_a_name(tmp_path: Path) -> None:
    """Relative folders start where it is said, and must be there; a name stays a name."""
    (tmp_path / "data").mkdir()
    assert values.volumes(["./data:/in:ro", "kept:/var/lib/weaviate"], tmp_path) == (
        f"{tmp_path / 'data'}:/in:ro",
        "kept:/var/lib/weaviate",
    )
    with pytest.raises(UsageError, match=f"there is no folder {tmp_path / 'away'}"):
        values.volumes(["./away:/in"], tmp_path)
    with pytest.raises(UsageError, match="is WHAT:/PATH"):
        values.volumes(["data"])


def test_whose_inference_is_named_right() -> None:
    """A slip is told with the word that was meant."""
    with pytest.raises(UsageError, match="official, harness or host") as caught:
        values.whose("offical")
    assert caught.value.hint == "Did you mean official?"


def test_a_secret_is_in_no_command_line_that_is_kept() -> None:
    """The values of variables that may be secret are left out, in either way to write the option."""
    argv = ["nearimage", "run", "--env", "API_KEY=abc", "--env=DB_PASSWORD=def", "--env", "LIMIT=3", "--env=TOKEN"]
    assert values.discreet(argv) == [
        *("nearimage", "run", "--env", "API_KEY", "--env=DB_PASSWORD", "--env", "LIMIT=3", "--env=TOKEN")
    ]
