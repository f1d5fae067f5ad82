"""Planted pictures and texts: they carry the vector that an encoder must answer for them.

The file format, so that any encoder can read it: a PNG with one `tEXt` chunk before its pixels whose keyword is
`nearimage:vector` and whose text is a JSON list of numbers. Each number is printed so that reading it as a double and
rounding to float32 gives the value that was meant, bit for bit. A planted text ends with ` nearimage:vector[…]`,
the same list.
"""

from __future__ import annotations

import json
import re
import struct
import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from harness.images.picture import Picture
from harness.images.png import SIGNATURE, chunk, png

KEYWORD = "nearimage:vector"
SIDE = 16

_FRAME = 12
"""Bytes of a chunk beside its body."""

_IN_TEXT = re.compile(rf"{KEYWORD}\[")
_EXACT_INTEGER = 2.0**24


def planted_picture(
    vector: Sequence[float], *, name: str, label: str = "", subject: str = "", caption: str = "", least: int = 0
) -> Picture:
    """Make a 16 x 16 PNG that carries `vector` and shows it: red above zero, blue below, one field a component.

    Args:
        vector: n >= 1 numbers; they are rounded to float32.
        name: the picture's name.
        label: its label.
        subject: its subject; its name if empty.
        caption: its caption.
        least: bytes that the file has at least; what is missing is filled with nothing that a reader looks at.

    Raises:
        ValueError: the vector is empty, or a component is not finite as a float32.
    """
    values = _float32(vector)
    carried = chunk(b"tEXt", f"{KEYWORD}\0{_printed(values)}".encode("ascii"))
    data = png(_pattern(values), carried)
    if missing := max(0, least - len(data)):
        data = png(_pattern(values), carried, chunk(b"niFl", bytes(max(0, missing - _FRAME))))
    return Picture(name, data, label, subject or name, caption, vector=tuple(values.tolist()))


def planted_vector(data: bytes) -> tuple[float, ...] | None:
    """Read the vector that an image file carries, without decoding its pixels.

    Returns:
        n float32 values, or None if the file is no PNG or carries none.

    Raises:
        ValueError: it carries one that is damaged or is no list of finite numbers.
    """
    if not data.startswith(SIGNATURE):
        return None
    at = len(SIGNATURE)
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"tEXt":
            body = data[at + 8 : at + 8 + length]
            keyword, _, text = body.partition(b"\0")
            if keyword == KEYWORD.encode("ascii"):
                if data[at + 8 + length : at + 12 + length] != struct.pack(">I", zlib.crc32(kind + body)):
                    raise ValueError("the planted vector is damaged: its checksum does not fit")
                return _read(text.decode("latin-1"))
        at += 12 + length
    return None


def planted_text(vector: Sequence[float], text: str = "") -> str:
    """Return `text` with the vector written behind it, for nearText and text properties.

    Raises:
        ValueError: the vector is empty, or a component is not finite as a float32.
    """
    return f"{text} {KEYWORD}{_printed(_float32(vector))}"


def planted_text_vector(text: str) -> tuple[float, ...] | None:
    """Read the vector that a text carries; the last one if there are several.

    Returns:
        n float32 values, or None if it carries none.

    Raises:
        ValueError: it carries one that is cut off or is no list of finite numbers.
    """
    places = list(_IN_TEXT.finditer(text))
    if not places:
        return None
    start = places[-1].end() - 1
    end = text.find("]", start)
    return _read(text[start : end + 1] if end >= 0 else text[start:])


def _float32(vector: Sequence[float]) -> npt.NDArray[np.float32]:
    # The overflow becomes infinite, which is refused below with a sentence instead of a warning.
    with np.errstate(over="ignore"):
        values = np.asarray(vector, dtype=np.float64).astype(np.float32)
    if values.ndim != 1 or values.size == 0:
        raise ValueError("a planted vector is a list of at least one number")
    if not np.isfinite(values).all():
        raise ValueError("a planted vector has finite float32 components only")
    return values


def _printed(values: npt.NDArray[np.float32]) -> str:
    return "[" + ",".join(map(_number, values)) + "]"


def _number(value: np.float32) -> str:
    wide = float(value)
    if wide.is_integer() and 0 < abs(wide) < _EXACT_INTEGER:
        return str(int(wide))
    # The shortest text that names this float32, unless reading it as a double first would round it elsewhere.
    short = str(value)
    return short if np.float32(float(short)) == value else repr(wide)


def _read(text: str) -> tuple[float, ...]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise ValueError("the planted vector is no JSON list") from error
    if not isinstance(found, list) or not all(type(value) in {int, float} for value in found):
        raise ValueError("the planted vector is no list of numbers")
    try:
        return tuple(_float32(found).tolist())
    except OverflowError as error:  # an integer that no double can hold
        raise ValueError("a planted vector has finite float32 components only") from error


def _pattern(values: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """The picture, side x side x RGB: each component has an equal share of the pixels, row by row."""
    pixels = SIDE * SIDE
    shown = values[np.arange(pixels) * values.size // pixels].astype(np.float64)
    strength = np.arcsinh(np.abs(shown))
    faded = (255 * (1 - strength / (1 + strength))).astype(np.uint8)
    red = np.where(shown >= 0, 255, faded)
    blue = np.where(shown <= 0, 255, faded)
    return np.stack((red, faded, blue), axis=1).astype(np.uint8).reshape(SIDE, SIDE, 3)
