"""Image files of every kind, each with the pixels that whoever opens it should see."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from PIL import ExifTags, Image

from harness import golden
from harness.images import Picture, decode_rgb
from harness.images.png import SIGNATURE, chunk, png

_SIDE = 96
_LARGE = 8000
_BOMB = 60_000
"""Pixels on each side of a picture that nobody may decode: 3.6 thousand million, in a file of a hundred bytes."""

_EXACT = 1e-4
_LOSSY = 0.015
"""Cosine distance that a lossy format at its best, or another size of the same picture, may make."""

_BEST: Mapping[str, Any] = {"quality": 100, "subsampling": 0}
"""How a JPEG is written that is as near to its pixels as a JPEG can be."""

_TURNED = 6
"""EXIF's number for a camera that was held a quarter turn to the left."""


@dataclass(frozen=True, slots=True)
class File:
    """An image file, what may be seen in it (RGB), how far its vector may be from that, and what that is saved as."""

    data: bytes
    like: tuple[Image.Image, ...]
    within: float = _EXACT
    plain: str = "PNG"


def photograph(number: int = 0) -> Image.Image:
    """One of the photographs that come along, small: mode RGB, 96 x 96."""
    return decode_rgb(golden.pictures()[number].data).resize((_SIDE, _SIDE))


def saved(image: Image.Image, form: str, **how: Any) -> bytes:
    """An image as a file of a format, by Pillow's name for it."""
    out = BytesIO()
    image.save(out, form, **how)
    return out.getvalue()


def picture(data: bytes, name: str) -> Picture:
    """A file as a picture of that name."""
    return Picture(name, data, "", "")


def _png() -> File:
    return File(saved(photograph(), "PNG", optimize=True), (photograph(),), plain="BMP")


def _jpeg() -> File:
    return File(saved(photograph(), "JPEG", **_BEST), (photograph(),), _LOSSY)


def _webp() -> File:
    return File(saved(photograph(), "WEBP", lossless=True), (photograph(),))


def _gif() -> File:
    few = photograph().quantize(64)
    return File(saved(few, "GIF"), (few.convert("RGB"),))


def _bmp() -> File:
    return File(saved(photograph(), "BMP"), (photograph(),))


def _tiff() -> File:
    return File(saved(photograph(), "TIFF", compression="tiff_lzw"), (photograph(),))


def _gray() -> File:
    gray = photograph().convert("L")
    return File(saved(gray, "PNG"), (gray.convert("RGB"),))


def _palette() -> File:
    few = photograph().quantize(64)
    return File(saved(few, "PNG"), (few.convert("RGB"),))


def _opaque() -> File:
    return File(saved(photograph().convert("RGBA"), "PNG"), (photograph(),))


def _cmyk() -> File:
    return File(saved(photograph().convert("CMYK"), "JPEG", **_BEST), (photograph(),), _LOSSY)


def _sixteen_bit() -> File:
    gray = photograph().convert("L")
    deep = Image.fromarray(np.asarray(gray).astype(np.uint16) * 257)
    return File(saved(deep, "PNG"), (gray.convert("RGB"),), 1e-3)


def _exif() -> File:
    upright = photograph()
    lying = upright.transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = _TURNED
    # nothing promises that the orientation is heeded: as it lies in the file it is the same picture too
    return File(saved(lying, "JPEG", **_BEST, exif=exif), (upright, lying), _LOSSY)


def _animated() -> File:
    first, second = (photograph(number).quantize(64) for number in (0, 1))
    data = saved(first, "GIF", save_all=True, append_images=[second], duration=100)
    return File(data, (first.convert("RGB"),), _LOSSY)


def _one_pixel() -> File:
    colour = (200, 40, 90)
    return File(saved(Image.new("RGB", (1, 1), colour), "PNG"), (Image.new("RGB", (8, 8), colour),))


def _large() -> File:
    small = np.asarray(photograph().convert("L").resize((_LARGE // 100, _LARGE // 100)))
    data = png(np.repeat(np.repeat(small, 100, axis=0), 100, axis=1))
    like = Image.fromarray(small).convert("RGB").resize((_LARGE // 10, _LARGE // 10), Image.Resampling.NEAREST)
    return File(data, (like,), _LOSSY)


FILES: Mapping[str, tuple[str, Callable[[], File]]] = {
    "png": ("A PNG file", _png),
    "jpeg": ("A JPEG file", _jpeg),
    "webp": ("A WebP file", _webp),
    "gif": ("A GIF file", _gif),
    "bmp": ("A BMP file", _bmp),
    "tiff": ("A TIFF file", _tiff),
    "gray": ("A grayscale picture", _gray),
    "palette": ("A picture with a palette", _palette),
    "alpha": ("A picture with a channel for transparency, and nothing transparent,", _opaque),
    "cmyk": ("A picture in the colours of print", _cmyk),
    "sixteen-bit": ("A picture of 16 bits a pixel", _sixteen_bit),
    "exif-rotated": ("A picture that says how the camera was held", _exif),
    "animated": ("An animation, by its first picture,", _animated),
    "one-pixel": ("A picture of one pixel", _one_pixel),
    "large": ("A picture of 8,000 x 8,000 pixels", _large),
}
"""What each kind of file is called in a sentence, and how it is made; made when it is needed."""


def truncated() -> bytes:
    """The first half of a JPEG."""
    whole = golden.pictures()[0].data
    return whole[: len(whole) // 2]


def bomb() -> bytes:
    """A PNG whose header promises more pixels than anybody has memory for; there is nothing behind it."""
    header = struct.pack(">IIBBBBB", _BOMB, _BOMB, 8, 2, 0, 0, 0)
    return SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
