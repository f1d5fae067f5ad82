"""The real models: what their vectors look like, and what the stand-in for CLIP finds."""

from __future__ import annotations

import re
import struct
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from inference_asking import Ask, base64_of, png
from PIL import Image

import harness.inference
from harness.images import decode_rgb, shipped, with_views
from harness.inference.encoders import Encoders, EncodingError
from harness.inference.labels import class_names, embed_names, label_embeddings
from harness.inference.minilm import SentenceModel, _tokenizer
from harness.inference.photo import pixels
from harness.inference.turns import Turns

README = Path(harness.inference.__file__).with_name("README.md")


def photograph(name: str) -> bytes:
    """One of the shipped photographs."""
    return shipped("photos").by_name(name).data


def cosine(one: list[float], other: list[float]) -> float:
    """The cosine of the angle between two vectors."""
    a, b = np.array(one), np.array(other)
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


@pytest.fixture(scope="session")
def joint_photographs(photo: Encoders) -> dict[str, list[float]]:
    """The shipped photographs in the joint space, by name."""
    return {picture.name: photo.clip.image(picture.data) for picture in shipped("photos").pictures}


def test_features_look_like_those_of_the_real_container(photo: Encoders) -> None:
    """1,280 components, none below zero, not normalised."""
    vector = photo.img2vec.image(photograph("chelsea.jpg"))
    assert len(vector) == 1280
    assert min(vector) >= 0
    assert np.linalg.norm(vector) > 2


def test_the_same_bytes_give_the_same_vector(photo: Encoders) -> None:
    """An image's vector does not depend on what was asked before it."""
    chelsea = photograph("chelsea.jpg")
    first = (photo.img2vec.image(chelsea), photo.clip.image(chelsea))
    photo.img2vec.image(photograph("coffee.jpg"))
    assert (photo.img2vec.image(chelsea), photo.clip.image(chelsea)) == first


def test_the_model_sees_the_whole_image_scaled_as_it_was_trained() -> None:
    """The input is RGB planes of (x - 127) / 128, the image stretched to the square."""
    image = Image.new("RGB", (448, 224), (255, 127, 0))
    image.paste((0, 127, 255), (224, 0, 448, 224))
    out = BytesIO()
    image.save(out, "PNG")
    planes = pixels(out.getvalue())
    assert (planes.shape, planes.dtype) == ((1, 3, 224, 224), np.float32)
    left, right = planes[0, :, :, :100], planes[0, :, :, 124:]
    assert [set(np.unique(plane)) for plane in left] == [{1.0}, {0.0}, {-0.9921875}]
    assert [set(np.unique(plane)) for plane in right] == [{-0.9921875}, {0.0}, {1.0}]


def test_views_of_a_photograph_are_nearer_than_other_photographs(photo: Encoders) -> None:
    """With img2vec, a cropped, mirrored, turned, darker or gray photograph is still nearest to itself."""
    originals = {p.name: photo.img2vec.image(p.data) for p in shipped("photos").pictures}
    views = [p for p in with_views(shipped("photos"), ["crop", "mirror", "dim"]).pictures if p.view]
    for view in views[::7]:
        vector = photo.img2vec.image(view.data)
        nearest = max(originals, key=lambda name: cosine(originals[name], vector))
        assert nearest == view.name.partition("#")[0]


@pytest.mark.parametrize("mode", ["P", "RGBA", "CMYK", "L", "I;16"])
def test_any_mode_gives_the_vector_of_its_colours(photo: Encoders, mode: str) -> None:
    """A cat is a cat in a palette, with an alpha channel, in CMYK, gray, and in 16 bit."""
    image = decode_rgb(photograph("chelsea.jpg"))
    if mode == "I;16":
        image = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    else:
        image = image.convert(mode)
    out = BytesIO()
    image.save(out, "TIFF")
    assert cosine(photo.img2vec.image(out.getvalue()), photo.img2vec.image(photograph("chelsea.jpg"))) > 0.75


def test_a_decompression_bomb_is_refused_with_its_reason(ask: Ask) -> None:
    """A small file that claims ten thousand million pixels is a 500 that says so, and is not decoded."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    response = ask("POST", "/vectors", json={"id": "1", "image": base64_of(bomb)})
    assert response.status_code == 500
    assert "pixels" in response.json()["error"]


def test_what_is_no_image_has_no_vector(photo: Encoders) -> None:
    """Both photo encoders say why, and neither makes a vector up."""
    for encoder in (photo.img2vec, photo.clip):
        with pytest.raises(EncodingError, match="no image"):
            encoder.image(b"a cat")


def test_the_joint_space_has_384_components(photo: Encoders) -> None:
    """Texts have length 1; images are within the unit sphere."""
    text, image = photo.clip.text("a cat"), photo.clip.image(png())
    assert (len(text), len(image)) == (384, 384)
    assert np.linalg.norm(text) == pytest.approx(1, abs=1e-6)
    assert 0 < np.linalg.norm(image) < 1


def test_related_words_are_near(photo: Encoders) -> None:
    """A cat is nearer to a kitten than to a dog, and nearer to a dog than to a rocket."""
    cat, *others = (photo.clip.text(text) for text in ("a cat", "kitten", "dog", "rocket"))
    kitten, dog, rocket = (cosine(cat, other) for other in others)
    assert kitten > 0.6 > dog > 0.4 > rocket


def test_texts_become_the_word_pieces_of_the_model() -> None:
    """The tokenizer lower-cases, strips accents, splits at punctuation and into known pieces."""
    encoded = _tokenizer().encode("A cát, unaffable 猫")
    assert encoded.tokens[:3] == ["[CLS]", "a", "cat"]
    assert encoded.tokens[3:7] == [",", "una", "##ffa", "##ble"]
    assert encoded.ids[:3] == [101, 1037, 4937]
    assert encoded.ids[-1] == 102


@pytest.mark.parametrize(("one", "same"), [("a cat", "A  CAT"), ("cat " * 300, "cat " * 300 + "and a dog")])
def test_case_and_what_is_beyond_256_tokens_do_not_count(photo: Encoders, one: str, same: str) -> None:
    """Texts that the model cannot tell apart have one vector."""
    assert photo.clip.text(one) == photo.clip.text(same)


@pytest.mark.parametrize("text", ["", " ", "\x00", "🦄", "a" * 100_000])
def test_any_text_has_a_vector(photo: Encoders, text: str) -> None:
    """Empty, unknown and endless texts are answered like others."""
    assert np.linalg.norm(photo.clip.text(text)) == pytest.approx(1, abs=1e-6)


def test_the_shipped_class_names_are_what_the_text_model_says() -> None:
    """Computed again, class names fall on their own rows, apart from the processor's rounding."""
    rows, names, model = label_embeddings(), class_names(), SentenceModel(turns=Turns())
    assert rows.shape == (1000, 384)
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(1000), abs=2e-3)
    for number in (0, 281, 504, 967, 999):
        likeness = rows @ embed_names(names[number], model)
        assert int(np.argmax(likeness)) == number
        assert likeness[number] > 0.98


def rows_of_readme(heading: str) -> list[list[str]]:
    """The cells of the table whose head begins like this."""
    table = README.read_text(encoding="utf-8").split(heading, 1)[1].split("\n\n", 1)[0]
    lines = re.findall(r"^\|.*\|$", table, re.MULTILINE)[1:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def found(photo: Encoders, photographs: dict[str, list[float]], text: str) -> tuple[str, float]:
    """The photograph nearest to a text, and its cosine."""
    wanted = photo.clip.text(text)
    name = max(photographs, key=lambda each: cosine(photographs[each], wanted))
    return name, cosine(photographs[name], wanted)


def test_the_stand_in_finds_what_its_readme_says(photo: Encoders, joint_photographs: dict[str, list[float]]) -> None:
    """Each text in the README's table of successes finds that photograph first, about as near as stated."""
    rows = rows_of_readme("| text | first | cosine |")
    assert len(rows) > 5
    for text, name, near in rows:
        first, measured = found(photo, joint_photographs, text)
        assert (text, first) == (text, name)
        assert measured == pytest.approx(float(near), abs=0.05)


def test_the_stand_in_misses_what_its_readme_says(photo: Encoders, joint_photographs: dict[str, list[float]]) -> None:
    """The README's failures are real ones, so that nobody takes the stand-in for CLIP."""
    rows = rows_of_readme("| text | first, wrongly | why |")
    assert len(rows) > 3
    right = {"money": "coins.jpg", "sunset": "sunset.jpg", "gravel": "gravel.jpg", "a fig": "fig.jpg"}
    for text, _, _ in rows:
        first, _ = found(photo, joint_photographs, text)
        assert first == "chelsea.jpg" if text == "not a cat" else first != right.get(text, "chelsea.jpg")
