"""Whatever Pillow opens becomes RGB sensibly; what must not be decoded is refused with a sentence."""

from __future__ import annotations

import struct
from contextlib import suppress
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from harness.images import ImageError, decode_rgb, decoded_size, image_size, planted_picture, shipped, thumbnail
from harness.images.png import SIGNATURE, chunk

ORIENTATION = 0x0112


def saved(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """The image as a file."""
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def claiming(width: int, height: int) -> bytes:
    """A few bytes of PNG that claim any size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", b"x") + chunk(b"IEND", b"")


def corners(data: bytes) -> list[tuple[int, ...]]:
    """The pixels at the top left, top right, bottom left, bottom right, in steps of 51 against JPEG's rounding."""
    image = decode_rgb(data)
    width, height = image.size
    places = ((0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1))
    return [tuple(round(value / 51) for value in image.getpixel(place)) for place in places]


def test_a_palette_is_looked_up() -> None:
    """A palette image gives the palette's colours."""
    image = Image.new("P", (2, 2), 1)
    image.putpalette([0, 0, 0, 10, 200, 30])
    assert decode_rgb(saved(image)).getpixel((0, 0)) == (10, 200, 30)


def test_what_is_transparent_shows_white() -> None:
    """Alpha of RGBA, LA and of a palette is laid on white."""
    palette = Image.new("P", (1, 1), 0)
    palette.putpalette([200, 0, 0])
    for data in (
        saved(Image.new("RGBA", (1, 1), (200, 0, 0, 0))),
        saved(Image.new("LA", (1, 1), (0, 0))),
        saved(palette, transparency=0),
        saved(Image.new("RGB", (1, 1), (200, 0, 0)), transparency=(200, 0, 0)),
    ):
        assert decode_rgb(data).getpixel((0, 0)) == (255, 255, 255)


def test_half_transparent_is_half_white() -> None:
    """Half transparent black on white is gray."""
    assert decode_rgb(saved(Image.new("RGBA", (1, 1), (0, 0, 0, 128)))).getpixel((0, 0)) == (127, 127, 127)


def test_cmyk_becomes_rgb() -> None:
    """A CMYK JPEG of pure cyan shows neither red nor black."""
    red, green, blue = decode_rgb(saved(Image.new("CMYK", (8, 8), (255, 0, 0, 0)), "JPEG")).getpixel((4, 4))
    assert red < 10
    assert min(green, blue) > 245


def test_sixteen_bit_gray_keeps_its_shades() -> None:
    """16-bit gray is scaled to 8 bit, not cut at 255."""
    image = Image.fromarray(np.array([[0, 32896, 65535]], dtype=np.uint16))
    assert np.asarray(decode_rgb(saved(image)))[0, :, 0].tolist() == [0, 128, 255]


def test_float_gray_goes_from_darkest_to_brightest() -> None:
    """Float gray has no agreed white, so its own range is used."""
    image = Image.fromarray(np.array([[-1.0, 0.0, 1.0]], dtype=np.float32))
    assert np.asarray(decode_rgb(saved(image, "TIFF")))[0, :, 0].tolist() == [0, 128, 255]


@pytest.mark.parametrize("mode", ["1", "L"])
def test_gray_and_black_and_white_become_rgb(mode: str) -> None:
    """Bilevel and gray images come out as RGB with equal channels."""
    image = decode_rgb(saved(Image.new(mode, (3, 2), 1)))
    assert (image.mode, image.size) == ("RGB", (3, 2))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_camera_may_be_held_in_any_way(orientation: int) -> None:
    """All eight EXIF orientations show the same picture upright."""
    upright = np.zeros((16, 32, 3), dtype=np.uint8)
    upright[:8, :16], upright[:8, 16:], upright[8:, :16], upright[8:, 16:] = (255, 0, 0), (0, 255, 0), (0, 0, 255), 255
    undo = {
        2: np.fliplr,
        3: lambda array: np.rot90(array, 2),
        4: np.flipud,
        5: lambda array: array.transpose(1, 0, 2),
        6: lambda array: np.rot90(array, 1),
        7: lambda array: np.rot90(array.transpose(1, 0, 2), 2),
        8: lambda array: np.rot90(array, -1),
    }.get(orientation, lambda array: array)
    held = Image.fromarray(np.ascontiguousarray(undo(upright)))
    exif = held.getexif()
    exif[ORIENTATION] = orientation
    data = saved(held, "JPEG", exif=exif, quality=100, subsampling=0)
    assert decode_rgb(data).size == (32, 16)
    assert corners(data) == [(5, 0, 0), (0, 5, 0), (0, 0, 5), (5, 5, 5)]


def test_a_nonsense_orientation_is_left_alone() -> None:
    """An orientation that EXIF does not know changes nothing."""
    image = Image.new("RGB", (4, 2), "red")
    exif = image.getexif()
    exif[ORIENTATION] = 77
    assert decode_rgb(saved(image, "JPEG", exif=exif)).size == (4, 2)


def test_of_an_animation_the_first_frame_is_taken() -> None:
    """An animated GIF gives its first frame."""
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    data = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert decode_rgb(data).getpixel((1, 1)) == (255, 0, 0)


@pytest.mark.parametrize("size", [(8001, 8000), (10000, 9000), (60000, 60000), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_is_refused_before_it_is_decoded(size: tuple[int, int]) -> None:
    """A small file that claims more than 64 million pixels is refused, and the limit is named."""
    with pytest.raises(ImageError, match="64,000,000"):
        decode_rgb(claiming(*size))
    with pytest.raises(ImageError, match="64,000,000"):
        image_size(claiming(*size))


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"\xff\xd8\xff\xe0", b"<svg/>", b"%!PS-Adobe-3.0 EPSF-3.0\n", bytes(500)]
)
def test_what_is_no_image_is_refused(data: bytes) -> None:
    """Empty bytes, text, a mere beginning, vector graphics and PostScript are no images."""
    with pytest.raises(ImageError):
        decode_rgb(data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"])
def test_a_cut_off_image_is_refused(kind: str) -> None:
    """Half a file is refused, not shown with a gray rest."""
    pixels = np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    data = saved(Image.fromarray(pixels), kind)
    with pytest.raises(ImageError):
        decode_rgb(data[: len(data) // 2])


@given(st.integers(0, 2**32 - 1), st.sampled_from(["chelsea.jpg", "rocket.jpg"]))
def test_a_damaged_image_is_decoded_or_refused(seed: int, name: str) -> None:
    """Whatever happens to a file's bytes, the outcome is an RGB image or an ImageError."""
    chance = np.random.default_rng(seed)
    data = bytearray(shipped("photos").by_name(name).data[:4000])
    for place in chance.integers(0, len(data), 12):
        data[place] = int(chance.integers(0, 256))
    with suppress(ImageError):
        assert decode_rgb(bytes(data)).mode == "RGB"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"])
def test_the_cheap_decoding_reads_to_the_end(kind: str) -> None:
    """A whole file has its full size; one that lacks its last bytes is refused, whatever its header says."""
    pixels = np.random.default_rng(1).integers(0, 256, (64, 48, 3), dtype=np.uint8)
    data = saved(Image.fromarray(pixels), kind)
    assert decoded_size(data) == (48, 64)
    with pytest.raises(ImageError):
        decoded_size(data[: -len(data) // 10])


@given(st.integers(0, 2**32 - 1), st.sampled_from(["chelsea.jpg", "rocket.jpg"]))
def test_what_is_decoded_cheaply_is_decoded_in_full(seed: int, name: str) -> None:
    """Damage that the cheap decoding lets pass, the full one lets pass too."""
    chance = np.random.default_rng(seed)
    data = bytearray(shipped("photos").by_name(name).data)
    for place in chance.integers(0, len(data), 6):
        data[place] = int(chance.integers(0, 256))
    with suppress(ImageError):
        size = decoded_size(bytes(data))
        assert sorted(decode_rgb(bytes(data)).size) == sorted(size)


def test_the_size_is_told_from_the_header() -> None:
    """Width and height are known without decoding a pixel."""
    assert image_size(claiming(300, 200)) == (300, 200)


def test_a_thumbnail_is_a_small_jpeg() -> None:
    """A photograph becomes a JPEG whose longer side is the size asked for."""
    with Image.open(BytesIO(thumbnail(shipped("photos").by_name("chelsea.jpg").data, 96))) as image:
        assert (image.format, image.size) == ("JPEG", (96, 64))


def test_a_thumbnail_of_a_small_image_is_enlarged() -> None:
    """A planted picture is enlarged in whole steps, so that a person sees its pattern."""
    with Image.open(BytesIO(thumbnail(planted_picture([1, -1], name="x").data, 100))) as image:
        assert image.size == (96, 96)
