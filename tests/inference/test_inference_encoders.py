"""Encoders: planted vectors, the choice between them and the models, and the turns that models take."""

from __future__ import annotations

import struct
import sys
import threading
import time

import numpy as np
import onnxruntime
import pytest
from inference_asking import Ask, base64_of, planted, png

from harness.errors import TargetError, UsageError
from harness.images import planted_picture, planted_text
from harness.inference.device import choose, providers
from harness.inference.encoders import Encoders, EncodingError, load
from harness.inference.turns import Turns


def float32(text: float) -> bytes:
    """The bits that a reader of JSON into float32 gets, as Go does it: decimal to float32."""
    return struct.pack("<f", np.float32(repr(text)))


def test_float32_survives_json(ask_planted: Ask) -> None:
    """Each float32 comes out of the answer with the bits that were planted, the smallest and largest too."""
    random = np.random.default_rng(5).standard_normal(500).astype(np.float32)
    limits = np.finfo(np.float32)
    edges = np.array(
        [0.1, 1 / 3, limits.max, limits.min, limits.tiny, limits.smallest_subnormal, 16777217.0], np.float32
    )
    values = np.concatenate([random, edges])
    answer = ask_planted("POST", "/vectors", json={"id": "1", "image": planted(*values.tolist())}).json()
    assert [float32(value) for value in answer["vector"]] == [struct.pack("<f", value) for value in values]


def test_photo_features_survive_json_as_float32(ask: Ask, photo: Encoders) -> None:
    """The models' components read back as the float32 that they are."""
    vector = ask("POST", "/vectors", json={"id": "1", "image": base64_of(png())}).json()["vector"]
    assert [float32(value) for value in vector] == [struct.pack("<f", value) for value in photo.img2vec.image(png())]


def test_auto_prefers_the_planted_vector(photo: Encoders) -> None:
    """`auto` answers what is planted where something is planted, and what the models see where nothing is."""
    auto, carrier, plain = load("auto"), planted_picture([1, 2], name="x").data, png()
    assert auto.img2vec.image(carrier) == auto.clip.image(carrier) == auto.clip.text(planted_text([1, 2])) == [1, 2]
    assert auto.img2vec.image(plain) == photo.img2vec.image(plain)
    assert auto.clip.image(plain) == photo.clip.image(plain)
    assert auto.clip.text("a cat") == photo.clip.text("a cat")


def test_photo_looks_at_the_pixels_of_a_planted_image(photo: Encoders) -> None:
    """`photo` never reads what is planted."""
    assert len(photo.img2vec.image(planted_picture([1, 2], name="x").data)) == 1280
    assert len(photo.clip.text(planted_text([1, 2]))) == 384


def test_planted_has_no_vector_for_what_carries_none() -> None:
    """`planted` says so when an image or a text carries nothing."""
    encoders = load("planted")
    for encode, given in ((encoders.img2vec.image, png()), (encoders.clip.image, png()), (encoders.clip.text, "a cat")):
        with pytest.raises(EncodingError, match="carries no planted vector"):
            encode(given)


@pytest.mark.parametrize("name", ["auto", "planted"])
def test_a_broken_planted_vector_is_an_error_and_no_photograph(name: str) -> None:
    """A planted vector that cannot be read is never replaced by what a model sees."""
    encoders = load(name)
    broken = planted_picture([1, 2], name="x").data.replace(b"[1,2]", b"[1,x]")
    with pytest.raises(EncodingError, match="planted in the image is broken"):
        encoders.img2vec.image(broken)
    with pytest.raises(EncodingError, match="planted in the text is broken"):
        encoders.clip.text("a cat nearimage:vector[1,")


def test_an_unknown_encoder_names_the_known_ones() -> None:
    """The error lists what there is."""
    with pytest.raises(UsageError, match="auto, photo, planted"):
        load("foto")


@pytest.mark.parametrize("value", ["", "0", "false", "TRUE", "yes", "2"])
def test_anything_but_1_or_true_is_the_cpu(value: str) -> None:
    """`ENABLE_CUDA` turns the GPU on by "1" and "true" only, as in Weaviate's containers."""
    assert choose({"ENABLE_CUDA": value, "CUDA_CORE": "nonsense"}) == "cpu"


class OnnxRuntime:
    """A named fake of onnxruntime: knows only which providers it has."""

    def __init__(self, *providers: str) -> None:
        self._providers = list(providers)

    def get_available_providers(self) -> list[str]:
        """The providers that it was made with."""
        return self._providers


@pytest.mark.parametrize("value", ["1", "true"])
def test_cuda_that_is_asked_for_and_missing_is_an_error(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """Without a CUDA provider the start ends with what to do; it never goes on on the CPU."""
    monkeypatch.setitem(sys.modules, "onnxruntime", OnnxRuntime("CPUExecutionProvider"))
    with pytest.raises(TargetError, match="no CUDA provider") as caught:
        choose({"ENABLE_CUDA": value})
    assert "onnxruntime-gpu" in caught.value.hint


@pytest.mark.parametrize(
    ("core", "device"), [(None, "cuda:0"), ("", "cuda:0"), ("cuda", "cuda:0"), ("cuda:3", "cuda:3")]
)
def test_cuda_core_says_which_gpu(monkeypatch: pytest.MonkeyPatch, core: str | None, device: str) -> None:
    """`CUDA_CORE` chooses among several GPUs; the first one is the default."""
    monkeypatch.setitem(sys.modules, "onnxruntime", OnnxRuntime("CUDAExecutionProvider"))
    assert choose({"ENABLE_CUDA": "1"} | ({} if core is None else {"CUDA_CORE": core})) == device


@pytest.mark.filterwarnings("ignore:Specified provider")
def test_a_model_that_was_to_run_on_a_gpu_never_runs_on_the_cpu() -> None:
    """Where onnxruntime goes on on the CPU, loading ends with an error, before any image is asked about."""
    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this onnxruntime may well find a GPU")
    with pytest.raises(TargetError, match="could not start CUDA on cuda:0"):
        load("auto", device="cuda:0")


def test_a_gpu_computes_as_exactly_as_the_cpu() -> None:
    """The GPU that was chosen is asked for without shortened products, the CPU for what has no place on it."""
    [(name, chosen), (other, _)] = providers("cuda:3")
    assert (name, chosen, other) == (
        "CUDAExecutionProvider",
        {"device_id": 3, "use_tf32": 0},
        "CPUExecutionProvider",
    )


def test_a_cuda_core_that_names_no_device_is_a_usage_error() -> None:
    """A misspelt device is said to be one."""
    with pytest.raises(UsageError, match="'gpu0'"):
        choose({"ENABLE_CUDA": "1", "CUDA_CORE": "gpu0"})


def test_only_one_has_its_turn() -> None:
    """However many threads want to compute, one does."""
    turns, inside, most = Turns(), [], []

    def compute() -> None:
        with turns.turn():
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.002)
            inside.pop()

    threads = [threading.Thread(target=compute) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 8


def test_waiting_is_told_once() -> None:
    """The time that a thread waited is told once and then forgotten."""
    turns = Turns()
    with turns.turn():
        pass
    assert turns.waited() > 0
    assert turns.waited() == 0
