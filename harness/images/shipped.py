"""The image sets that come along: from the source tree, or from inside an installed wheel."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from difflib import get_close_matches
from functools import lru_cache, partial
from pathlib import Path
from typing import Literal

import numpy as np

from harness.errors import FileError, UsageError
from harness.images.folder import checked_bytes, load_manifest
from harness.images.listing import MANIFEST, read_listing
from harness.images.picture import ImageSet, Picture
from harness.images.png import png

_PACKAGE = Path(__file__).resolve().parents[1]
_DIGIT_SIDE = 8
_ENLARGED = 4
_BRIGHTEST = 16
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def shipped_folder(kind: Literal["fixtures", "scenarios", "compose", "docs"]) -> Path:
    """Return the folder of that kind, from an installed wheel or else from the source tree.

    Raises:
        UsageError: this installation has neither.
    """
    for folder in (_PACKAGE / "shipped" / kind, _PACKAGE.parent / kind):
        # Beside an installed package a folder of that name may be anybody's; beside ours is our pyproject.toml.
        if folder.is_dir() and (folder.parent != _PACKAGE.parent or (_PACKAGE.parent / "pyproject.toml").is_file()):
            return folder
    raise UsageError(f"the {kind} that come with nearimage are missing", hint="install it again")


def shipped(name: str) -> ImageSet:
    """Return a set that comes along: `photos` or `digits`.

    Raises:
        UsageError: there is no such set.
        FileError: its files are not the ones that were shipped.
    """
    if name not in _SETS:
        near = get_close_matches(name, _SETS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(_SETS)}"
        raise UsageError(f"no image set {name!r} comes along", hint=hint)
    return _loaded(name)


@lru_cache(maxsize=4)
def _loaded(name: str) -> ImageSet:
    return _SETS[name](shipped_folder("fixtures") / name / MANIFEST)


def _digits(manifest: Path) -> ImageSet:
    """scikit-learn's digits: a line each of 64 gray values from 0 to 16 and the digit that was meant."""
    name, (entry, *_) = read_listing(manifest)
    try:
        text = gzip.decompress(checked_bytes(manifest.parent, entry)).decode("ascii")
    except (ValueError, OSError) as error:
        raise FileError(f"{entry.path!r}: {error}", path=manifest, line=entry.line) from error
    table = np.array(text.replace("\n", ",").rstrip(",").split(","), dtype=np.float32).astype(np.int64)
    rows = table.reshape(-1, _DIGIT_SIDE * _DIGIT_SIDE + 1)
    gray = (rows[:, :-1] * 255 // _BRIGHTEST).astype(np.uint8).reshape(-1, _DIGIT_SIDE, _DIGIT_SIDE)
    large = gray.repeat(_ENLARGED, axis=1).repeat(_ENLARGED, axis=2)
    return ImageSet(name, tuple(_digit(*item) for item in enumerate(zip(large, rows[:, -1], strict=True))), manifest)


def _digit(number: int, drawn: tuple[np.ndarray, np.int64]) -> Picture:
    pixels, digit = drawn
    name = f"digit-{number:04}"
    return Picture(name, png(pixels), str(digit), name, f"a handwritten {_WORDS[digit]}")


_SETS: dict[str, Callable[[Path], ImageSet]] = {"photos": partial(load_manifest, trusted=True), "digits": _digits}
