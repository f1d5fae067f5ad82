"""Faults in reading image files: one of a service's decoder for each kind of file that people have."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from PIL import ExifTags, Image, ImageFile, ImageOps, ImageSequence

from harness.images import ImageError, decode_rgb, image_size
from harness.inference.encoders import EncodingError
from harness.inference.faults import Manner, fault

_MANY = 50_000_000
_JPEG = b"\xff\xd8"
_PNG = b"\x89PNG"


def _opened(data: bytes) -> ImageFile.ImageFile | None:
    """The file with its header read and no pixel decoded, if it is an image that is not too large."""
    try:
        image_size(data)
    except ImageError:
        return None
    return Image.open(BytesIO(data))


def _as_png(image: Image.Image) -> bytes:
    out = BytesIO()
    image.convert("RGB").save(out, "PNG", compress_level=1)
    return out.getvalue()


class _Misreads(Manner):
    """Sees another picture in some files."""

    def seen(self, data: bytes) -> bytes:
        image = _opened(data)
        return data if image is None else self._misread(data, image)

    def _misread(self, data: bytes, image: ImageFile.ImageFile) -> bytes:
        """Return the image file that is seen instead."""
        raise NotImplementedError


class _Lacks(_Misreads):
    """Does not know a file format."""

    form = ""

    def _misread(self, data: bytes, image: ImageFile.ImageFile) -> bytes:
        if image.format == self.form:
            raise EncodingError(f"{self.form} is no format known here")
        return data


@fault("encoding/png")
class KnowsNoPng(_Lacks):
    """It knows no PNG."""

    form = "PNG"


@fault("encoding/webp")
class KnowsNoWebp(_Lacks):
    """It knows no WebP."""

    form = "WEBP"


@fault("encoding/gif")
class KnowsNoGif(_Lacks):
    """It knows no GIF."""

    form = "GIF"


@fault("encoding/bmp")
class KnowsNoBmp(_Lacks):
    """It knows no BMP."""

    form = "BMP"


@fault("encoding/tiff")
class KnowsNoTiff(_Lacks):
    """It knows no TIFF."""

    form = "TIFF"


@fault("encoding/jpeg")
class JpegIsANegative(_Misreads):
    """A JPEG is seen as its negative."""

    def _misread(self, data: bytes, image: ImageFile.ImageFile) -> bytes:
        return _as_png(ImageOps.invert(decode_rgb(data))) if image.format == "JPEG" else data


@fault("encoding/gray")
class GrayIsRed(_Misreads):
    """Of a grayscale picture only red is seen."""

    def _misread(self, data: bytes, image: ImageFile.ImageFile) -> bytes:
        if image.mode != "L":
            return data
        nothing = Image.new("L", image.size)
        return _as_png(Image.merge("RGB", (image, nothing, nothing)))


@fault("encoding/palette")
class PaletteIsNotLookedUp(_Misreads):
    """Of a picture with a palette the numbers are seen, not the colours that they stand for."""

    def _misread(self, data: bytes, image: ImageFile.ImageFile) -> bytes:
        return _as_png(Image.fromarray(np.asarray(image))) if image.mode == "P" else data


@fault("encoding/alpha")
class OpaqueIsTransparent(_Misreads):
    """What is opaque is taken for transparent."""

    def _misread(self, data: bytes, image: ImageFile.ImageFile) -> bytes:
        return _as_png(Image.new("RGB", image.size, "white")) if image.mode == "RGBA" else data


@fault("encoding/cmyk")
class InkIsLight(_Misreads):
    """In a picture in the colours of print ink is taken for light."""

    def _misread(self, data: bytes, image: ImageFile.ImageFile) -> bytes:
        return _as_png(ImageOps.invert(decode_rgb(data))) if image.mode == "CMYK" else data


@fault("encoding/sixteen-bit")
class SixteenBitsAreCut(_Misreads):
    """Of 16 bits all beyond 255 is white."""

    def _misread(self, data: bytes, image: ImageFile.ImageFile) -> bytes:
        if not image.mode.startswith("I"):
            return data
        return _as_png(Image.fromarray(np.minimum(np.asarray(image), 255).astype(np.uint8)))


@fault("encoding/exif-rotated")
class TurnedAreNegatives(_Misreads):
    """A picture that says how the camera was held is seen as its negative."""

    def _misread(self, data: bytes, image: ImageFile.ImageFile) -> bytes:
        turned = image.getexif().get(ExifTags.Base.Orientation, 1) != 1
        return _as_png(ImageOps.invert(decode_rgb(data))) if turned else data


@fault("encoding/animated")
class LastPictureOfAnAnimation(_Misreads):
    """Of an animation the last picture is seen."""

    def _misread(self, data: bytes, image: ImageFile.ImageFile) -> bytes:
        if image.format != "GIF" or getattr(image, "n_frames", 1) == 1:
            return data
        return _as_png([frame.convert("RGB") for frame in ImageSequence.Iterator(image)][-1])


@fault("encoding/one-pixel")
class NeedsSomePixels(_Misreads):
    """A picture of one pixel is too small."""

    def _misread(self, data: bytes, image: ImageFile.ImageFile) -> bytes:
        if image.size == (1, 1):
            raise EncodingError("the image is too small")
        return data


@fault("encoding/large")
class FiftyMillionPixels(_Misreads):
    """A picture of more than fifty million pixels is too large."""

    def _misread(self, data: bytes, image: ImageFile.ImageFile) -> bytes:
        if image.width * image.height > _MANY:
            raise EncodingError("the image is too large")
        return data


class _GrayInstead(Manner):
    """Sees a gray picture where there is none, in some files."""

    begins = b""

    def image(self, data: bytes) -> list[float]:
        try:
            return super().image(data)
        except EncodingError:
            if not data.startswith(self.begins):
                raise
            return super().image(_as_png(Image.new("RGB", (8, 8), "gray")))


@fault("encoding/truncated")
class HalfAJpegIsGray(_GrayInstead):
    """Half a JPEG is taken for a gray picture."""

    begins = _JPEG


@fault("encoding/too-many-pixels")
class TooLargeIsGray(_GrayInstead):
    """A PNG of too many pixels is taken for a gray picture."""

    begins = _PNG


@fault()
class ExifIsIgnored(_Misreads):
    """How the camera was held is of no interest."""

    def _misread(self, data: bytes, image: ImageFile.ImageFile) -> bytes:
        return _as_png(image) if image.format == "JPEG" and image.mode == "RGB" else data
