"""Loads a collection in a process of its own, as a worker of `-n` does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from staging import liars

from harness.dataset import Run, load
from harness.stage import unpacked


def load_here(
    endpoint: dict[str, Any], run: tuple[str, str, int], folder: str
) -> tuple[list[str], list[list[float]], int]:
    """Return the ids, the vectors, and how many portions this process stored itself."""
    portions: list[int] = []
    collection = next(one for one in liars().collections if one.name == "Squared")
    dataset = load(
        unpacked(endpoint), collection, Run(*run), folder=Path(folder), progress=lambda done, _: portions.append(done)
    )
    return list(dataset.ids), dataset.vectors.tolist(), len(portions)
