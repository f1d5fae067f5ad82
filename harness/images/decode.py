"""Image files to RGB pixels, whatever a person's camera, scanner or an enemy made of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

import numpy as np
from PIL import ExifTags, Image, ImageFile, UnidentifiedImageError

MAX_PIXELS = 64_000_000

# Only what decodes inside this process (Pillow would hand EPS to Ghostscript) and is known by its first bytes (any
# bytes at all might be a TGA), as far as this Pillow was built with it.
_WANTED = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "JPEG2000", "AVIF", "PPM", "ICO")
Image.init()
FORMATS = tuple(name for name in _WANTED if name in Image.OPEN)


# What undoes the EXIF orientations 2 to 8.
_TURNS = (
    Image.Transpose.FLIP_LEFT_RIGHT,
    Image.Transpose.ROTATE_180,
    Image.Transpose.FLIP_TOP_BOTTOM,
    Image.Transpose.TRANSPOSE,
    Image.Transpose.ROTATE_270,
    Image.Transpose.TRANSVERSE,
    Image.Transpose.ROTATE_90,
)


class ImageError(ValueError):
    """What should have been an image file is none, or is one that must not be decoded; the text is a sentence."""


def decode_rgb(data: bytes) -> Image.Image:
    """Decode an image file to RGB.

    Palettes are looked up, transparency is laid on white, CMYK and 16 bit become 8-bit RGB, the EXIF orientation is
    applied, and of an animation the first frame is taken.

    Returns:
        an image of mode RGB, width x height as a person would see it.

    Raises:
        ImageError: it is no image, it is cut off or damaged, or it has more than 64 million pixels (which is found out
            before any pixel is decoded).
    """
    with _said_for_people(data):
        opened = _open(data)
        orientation = _orientation(opened)
        opened.load()
        image = _rgb(opened)
        return image if orientation == 1 else image.transpose(_TURNS[orientation - 2])


def image_size(data: bytes) -> tuple[int, int]:
    """Return width and height in pixels as the file's header says them; no pixel is decoded.

    Raises:
        ImageError: it is no image, or it has more than 64 million pixels.
    """
    with _said_for_people(data):
        return _open(data).size


def decoded_size(data: bytes) -> tuple[int, int]:
    """Return width and height in pixels after decoding the file to its end, as cheaply as its format allows.

    What passes here `decode_rgb` can decode: a JPEG is decoded at an eighth of its size, which reads every byte of it.

    Raises:
        ImageError: as `decode_rgb`.
    """
    with _said_for_people(data):
        opened = _open(data)
        size = opened.size
        opened.draft(None, (1, 1))  # in its own mode
        opened.load()
        _rgb(opened)
        return size


def thumbnail(data: bytes, size: int = 96) -> bytes:
    """Return a small JPEG of an image file for a report, its longer side `size` pixels.

    Smaller images are enlarged in whole steps without smoothing, so that single pixels stay visible.

    Raises:
        ImageError: as `decode_rgb`.
    """
    image = decode_rgb(data)
    if max(image.size) < size:
        factor = size // max(image.size)
        image = image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)
    else:
        image.thumbnail((size, size))
    out = BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()


def _open(data: bytes) -> ImageFile.ImageFile:
    image = Image.open(BytesIO(data), formats=FORMATS)
    if image.width * image.height > MAX_PIXELS:
        raise ImageError(
            f"the image has {image.width} x {image.height} pixels; more than {MAX_PIXELS:,} are not decoded"
        )
    return image


@contextmanager
def _said_for_people(data: bytes) -> Iterator[None]:
    """Turn whatever Pillow raises into an ImageError with a sentence."""
    if not data:
        raise ImageError("the image is empty: there are no bytes at all")
    try:
        yield
    except ImageError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageError(f"the image has more than {MAX_PIXELS:,} pixels; so many are not decoded") from error
    except UnidentifiedImageError as error:
        raise ImageError("this is no image in a format known here") from error
    except Exception as error:  # Pillow's readers raise nearly anything on damaged files
        raise ImageError(f"the image is damaged or cut off: {error or type(error).__name__}") from error


def _orientation(image: Image.Image) -> int:
    """How the camera was held, 1 to 8; 1 also where nothing sensible is said, because the pixels may still be good."""
    try:
        found = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # noqa: BLE001 - as above
        return 1
    return found if isinstance(found, int) and 1 <= found <= len(_TURNS) + 1 else 1


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if image.mode.startswith(("I", "F")):
        return _eight_bit(image).convert("RGB")
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        ground = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(ground, layer).convert("RGB")
    return image.convert("RGB")


def _eight_bit(image: Image.Image) -> Image.Image:
    """Gray values of 16 or 32 bit as 8 bit; beyond the 16-bit range no white is agreed: darkest to brightest."""
    values = np.asarray(image).astype(np.float64)
    low, high = 0.0, 65535.0
    if image.mode == "F" or values.min() < low or values.max() > high:
        low, high = float(values.min()), float(values.max())
    scaled = (values - low) * (255.0 / (high - low)) if high > low else np.zeros_like(values)
    return Image.fromarray(np.rint(scaled).astype(np.uint8))
