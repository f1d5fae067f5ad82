"""A GPU that was asked for and is not there is an error before anything starts, never a silent CPU."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import TargetError, UsageError
from harness.model import Needs
from harness.targets import find
from harness.targets.embedded import EmbeddedTarget
from harness.targets.phases import Phases
from harness.targets.programs import Starting, inference_service
from harness.targets.reference import ReferenceTarget
from harness.targets.setup import Setup
from harness.targets.state import Claim, claimed

NEEDS = Needs(modules=("img2vec-neural",))


class OnlyCpu:
    """A named fake of onnxruntime as it is installed by default."""

    @staticmethod
    def get_available_providers() -> list[str]:
        """No CUDA."""
        return ["AzureExecutionProvider", "CPUExecutionProvider"]


class SaysCuda:
    """A named fake of onnxruntime for GPUs."""

    @staticmethod
    def get_available_providers() -> list[str]:
        """CUDA, whether or not there is a GPU."""
        return ["CUDAExecutionProvider", "CPUExecutionProvider"]


@contextlib.contextmanager
def never(claim: Claim, phases: Phases) -> Iterator[Starting]:
    """Fail the test: nothing may be started."""
    yield pytest.fail(f"an inference service was started: {claim}, {phases}")


@pytest.fixture(params=[ReferenceTarget, EmbeddedTarget], ids=["reference", "embedded"])
def target(request: pytest.FixtureRequest) -> ReferenceTarget | EmbeddedTarget:
    """A target that is to compute on GPU 1; the embedded one would have to be downloaded first."""
    if request.param is ReferenceTarget:
        return ReferenceTarget(setup=Setup(gpu=1), start_inference=never)
    return EmbeddedTarget("embedded:1.39.0", version="1.39.0", setup=Setup(gpu=1), start_inference=never)


def test_it_is_missed_before_anything_starts(
    target: ReferenceTarget | EmbeddedTarget, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error says what is missing and what to install; nothing was started, downloaded or noted down."""
    monkeypatch.setitem(sys.modules, "onnxruntime", OnlyCpu())
    with pytest.raises(TargetError, match=r"--device gpu.*no CUDA provider") as caught, target.open(NEEDS):
        pass
    assert "onnxruntime-gpu" in caught.value.hint
    assert not list((tmp_path / "state").glob("*"))
    assert not list((tmp_path / "tmp").glob("*"))


def test_a_service_by_itself_misses_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever starts our service on a GPU hears of it before its process exists."""
    monkeypatch.setitem(sys.modules, "onnxruntime", OnlyCpu())
    phases = Phases()
    missing = pytest.raises(TargetError, match="no CUDA provider")
    with claimed("a test") as claim, missing, inference_service(claim, phases, gpu=0):
        pass
    assert "inference service" not in phases


def test_a_provider_without_a_gpu_ends_at_the_start_with_what_it_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where only this process believes that there is CUDA, the service's own last words say why it did not start."""
    monkeypatch.setitem(sys.modules, "onnxruntime", SaysCuda())
    ended = pytest.raises(TargetError, match="ended at its start with code 4")
    with claimed("a test") as claim, ended as caught, inference_service(claim, Phases(), gpu=0) as starting:
        starting.ready()
    assert "a GPU was asked for" in caught.value.log


def test_a_server_that_runs_already_takes_no_gpu() -> None:
    """What stands behind a server that is not ours is not for us to choose: that is said, not ignored."""
    with pytest.raises(UsageError, match="--device gpu"):
        find("http://127.0.0.1:8080", Setup(gpu=0))
