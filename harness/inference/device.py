"""Which device the models run on: the two environment variables of Weaviate's own inference containers."""

from __future__ import annotations

import re
from collections.abc import Mapping

from harness.errors import TargetError, UsageError

CPU = "cpu"
_PROVIDER = "CUDAExecutionProvider"
_CORE = re.compile(r"cuda(?::(\d+))?")


def choose(environment: Mapping[str, str]) -> str:
    """Return "cpu", or "cuda:N" if it was asked for and onnxruntime can use it.

    Source: Weaviate's containers; `ENABLE_CUDA` "1" or "true" turns the GPU on, anything else is CPU, and `CUDA_CORE`
    (default "cuda:0") says which one.

    Raises:
        UsageError: `CUDA_CORE` names no device.
        TargetError: CUDA was asked for and this onnxruntime has no CUDA; never a silent fall-back to the CPU.
    """
    if environment.get("ENABLE_CUDA") not in {"1", "true"}:
        return CPU
    core = environment.get("CUDA_CORE") or "cuda:0"
    number = _CORE.fullmatch(core)
    if number is None:
        raise UsageError(f"CUDA_CORE is {core!r}, which names no device", hint="Write it like cuda:0.")
    import onnxruntime

    if _PROVIDER not in onnxruntime.get_available_providers():
        raise cuda_missing("the installed onnxruntime has no CUDA provider")
    return f"cuda:{number[1] or 0}"


def environment(gpu: int | None) -> dict[str, str]:
    """Return the two variables that choose a GPU by its number; None is the CPU, whatever else was set."""
    return {"ENABLE_CUDA": "0"} if gpu is None else {"ENABLE_CUDA": "1", "CUDA_CORE": f"cuda:{gpu}"}


def require(gpu: int | None) -> None:
    """Find out without loading a model whether a process of this Python can compute on a GPU; None is the CPU.

    Raises:
        TargetError: it can't.
    """
    choose(environment(gpu))


def providers(device: str) -> list[tuple[str, dict[str, int]]]:
    """Return what onnxruntime wants to hear for a device of `choose`."""
    if device == CPU:
        return [("CPUExecutionProvider", {})]
    # Without TF32, whose products have ten bits of mantissa: the vectors are to be those of the CPU.
    chosen = {"device_id": int(device.partition(":")[2]), "use_tf32": 0}
    return [(_PROVIDER, chosen), ("CPUExecutionProvider", {})]


def cuda_missing(why: str) -> TargetError:
    """Return the error for a GPU that was asked for and is not there."""
    return TargetError(
        f"a GPU was asked for (--device gpu, or ENABLE_CUDA=1), but {why}",
        hint="Put onnxruntime-gpu[cuda,cudnn] in place of onnxruntime (uninstall that first), or ask for no GPU.",
    )
