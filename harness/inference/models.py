"""The model files, and how they are opened."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import TargetError
from harness.images import shipped_folder
from harness.inference.device import CPU, cuda_missing, providers

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from harness.inference.turns import Turns

_MOST_THREADS = 4  # small models: beyond four threads they wait for each other, and Weaviate needs cores too
_SPINS_FOR_A_TIME = (1, 27)  # the first onnxruntime that takes `spin_duration_us`; others would spin without end


def model_file(name: str) -> Path:
    """Return the path of a shipped model file.

    Raises:
        TargetError: it is not there, which means that the installation is damaged.
    """
    path = shipped_folder("fixtures") / "models" / name
    if not path.is_file():
        raise TargetError(f"the model file {name} is missing from the installation", hint="Install nearimage again.")
    return path


def usable_cores() -> int:
    """Return how many cores this process may use; fewer than the machine has if it was pinned to some."""
    if hasattr(os, "sched_getaffinity"):  # Linux only
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _spinning(version: str) -> dict[str, str]:
    """Return how threads wait for their part of the next layer.

    Spinning for ever would take the cores from decoding, and from Weaviate beside us; going to sleep between any two
    of the hundred layers costs a millisecond or two of five on two cores. So they spin for a moment, and one that
    outlasts most layers: at 20 us a forward pass took a sixth longer than at 50 to 200.
    """
    release = tuple(int(number) for number in version.split(".")[:2])
    if release < _SPINS_FOR_A_TIME:
        return {"allow_spinning": "0"}
    return {"allow_spinning": "1", "spin_duration_us": "100"}


class Model:
    """An ONNX model on one device, whose forward passes wait for their turn.

    Args:
        path: the ONNX file.
        device: "cpu" or "cuda:N".
        turns: shared by all models of one service.

    Raises:
        TargetError: the device is a GPU and onnxruntime fell back to the CPU.
    """

    def __init__(self, path: Path, *, device: str, turns: Turns) -> None:
        import onnxruntime

        onnxruntime.set_default_logger_severity(3)  # errors only: its warnings about missing GPUs help nobody
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = min(usable_cores(), _MOST_THREADS)
        for name, value in _spinning(onnxruntime.__version__).items():
            options.add_session_config_entry(f"session.intra_op.{name}", value)
        if device != CPU and hasattr(onnxruntime, "preload_dlls"):  # from 1.21 on: CUDA as pip installs it
            onnxruntime.preload_dlls()
        self._session = onnxruntime.InferenceSession(os.fspath(path), options, providers=providers(device))
        self._turns = turns
        if device != CPU and self._session.get_providers()[0] == "CPUExecutionProvider":
            raise cuda_missing(f"onnxruntime could not start CUDA on {device}")

    def run(self, output: str, inputs: dict[str, NDArray[Any]]) -> NDArray[np.float32]:
        """Return one output of a forward pass, with the batch dimension that the inputs have."""
        with self._turns.turn():
            result: NDArray[np.float32] = self._session.run([output], inputs)[0]
        return result
