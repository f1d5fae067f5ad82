"""Views of a picture, made on the fly: other files that show the same subject."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from difflib import get_close_matches
from io import BytesIO
from pathlib import Path

from PIL import Image

from harness.errors import FileError, UsageError
from harness.images.decode import ImageError, decode_rgb
from harness.images.picture import ImageSet, Picture

_QUALITY = 90
_POOR_QUALITY = 25
_DEGREES = 8


def with_views(image_set: ImageSet, views: Iterable[str]) -> ImageSet:
    """Return the set with views of each picture behind it, named `original#view`; label and subject stay.

    The pixels are computed the same way everywhere; the JPEG bytes may differ between versions of Pillow.

    Args:
        image_set: originals.
        views: names among `VIEWS`.

    Raises:
        UsageError: no such view, or the pictures are planted (a view of one would carry no vector).
        FileError: a picture cannot be decoded.
    """
    wanted = tuple(dict.fromkeys(views))
    for view in wanted:
        if view not in _VIEWS:
            near = get_close_matches(view, VIEWS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(VIEWS)}"
            raise UsageError(f"there is no view {view!r}", hint=hint)
    pictures: list[Picture] = []
    for picture in image_set.pictures:
        pictures.append(picture)
        pictures.extend(_views_of(picture, wanted, image_set.source or Path(image_set.name)))
    return ImageSet(image_set.name, tuple(pictures), image_set.source)


def _views_of(picture: Picture, views: tuple[str, ...], source: Path) -> list[Picture]:
    if not views:
        return []
    if picture.vector is not None:
        raise UsageError(f"{picture.name} is planted: a view of it would carry no vector", hint="leave out views")
    try:
        image = decode_rgb(picture.data)
    except ImageError as error:
        raise FileError(f"{picture.name}: {error}", path=source) from error
    return [
        replace(picture, name=f"{picture.name}#{view}", data=_VIEWS[view](image), view=view, vector=None)
        for view in views
    ]


def _crop(image: Image.Image) -> bytes:
    """Four fifths of each side, a little off the middle."""
    width, height = image.size
    left, top = width * 12 // 100, height * 8 // 100
    return _jpeg(image.crop((left, top, left + max(1, width * 4 // 5), top + max(1, height * 4 // 5))))


def _mirror(image: Image.Image) -> bytes:
    return _jpeg(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT))


def _rotate(image: Image.Image) -> bytes:
    """Turned a little and cropped in the same proportion, so that no empty corner gives it away."""
    turned = image.rotate(_DEGREES, Image.Resampling.BICUBIC)
    width, height = image.size
    angle, long = math.radians(_DEGREES), max(width, height) / min(width, height)
    kept = 1 / (math.cos(angle) + long * math.sin(angle))
    left, top = math.ceil(width * (1 - kept) / 2), math.ceil(height * (1 - kept) / 2)
    return _jpeg(turned.crop((left, top, max(left + 1, width - left), max(top + 1, height - top))))


def _dim(image: Image.Image) -> bytes:
    return _jpeg(image.point([value * 3 // 5 for value in range(256)] * 3))


def _bright(image: Image.Image) -> bytes:
    return _jpeg(image.point([min(255, value * 7 // 5) for value in range(256)] * 3))


def _recompress(image: Image.Image) -> bytes:
    return _jpeg(image, _POOR_QUALITY)


def _gray(image: Image.Image) -> bytes:
    return _jpeg(image.convert("L"))


def _jpeg(image: Image.Image, quality: int = _QUALITY) -> bytes:
    out = BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


_VIEWS: dict[str, Callable[[Image.Image], bytes]] = {
    "crop": _crop,
    "mirror": _mirror,
    "rotate": _rotate,
    "dim": _dim,
    "bright": _bright,
    "recompress": _recompress,
    "gray": _gray,
}
VIEWS: tuple[str, ...] = tuple(_VIEWS)
