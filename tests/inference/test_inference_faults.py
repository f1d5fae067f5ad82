"""A service with a fault, as a program; what each fault is caught by is in `tests/mutants/`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from harness.errors import ExitCode, UsageError
from harness.images import planted_picture, planted_text
from harness.inference.announce import read_ready_line
from harness.inference.encoders import EncodingError, load
from harness.inference.faults import FAULTS, named
from harness.interfaces.service import about, vectors_from
from harness.model import Module

PROGRAM = [sys.executable, "-P", "-m", "harness.inference", "--encoder", "planted", "--exit-with-parent", "--fault"]
PICTURE = planted_picture((1, 2, 3), name="planted")


@contextmanager
def served(fault: str) -> Iterator[tuple[str, str]]:
    """Yield the address and the device of a service that was started with a fault."""
    with subprocess.Popen([*PROGRAM, fault], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        ready = read_ready_line(program.stdout.readline())
        assert ready is not None
        yield ready[0], ready[2]
        assert program.stdin is not None
        program.stdin.close()


def test_a_fault_can_be_served() -> None:
    """`--fault` answers as the fault says, over the wire of both modules."""
    with served("short_texts") as (url, _):
        image, text = vectors_from(url, Module.CLIP, images=[PICTURE.base64], texts=[planted_text((1, 2, 3))])
        [features] = vectors_from(url, Module.IMG2VEC, images=[PICTURE.base64])
    assert (image, text, features) == ((1, 2, 3), (1, 2), (1, 2, 3))


def test_a_fault_can_name_another_device() -> None:
    """A service that pretends to compute on a GPU says so in its first line and in `/meta`."""
    with served("gpu_rounds") as (url, device):
        assert (device, about(url)["device"]) == ("cuda:0", "cuda:0")


def test_a_fault_that_does_not_exist_ends_the_program() -> None:
    """The sentence lists those that there are."""
    ended = subprocess.run([*PROGRAM, "slow"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert ended.returncode == ExitCode.USAGE
    assert "no fault 'slow'" in ended.stderr
    with pytest.raises(UsageError, match="no fault") as caught:
        named("slow")
    assert all(name in caught.value.hint for name in FAULTS)


def test_a_fault_leaves_errors_to_the_encoder() -> None:
    """What the encoder refuses is refused, but for the one fault that answers rubbish."""
    for fault in FAULTS.values():
        with pytest.raises(EncodingError):
            fault.on(load("planted")).clip.image(b"this is no image")


def test_the_service_names_the_model_behind_each_module() -> None:
    """Golden vectors are kept by these names."""
    names = load("auto").about["models"]
    assert names == load("photo").about["models"]
    assert set(names) == set(map(str, Module))
    assert len(set(names.values())) == len(Module)
