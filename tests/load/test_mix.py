"""What is asked when, and images that no cache has seen."""

from __future__ import annotations

from base64 import b64decode
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from harness.images import planted_picture, planted_vector
from harness.images.decode import decode_rgb
from harness.load.lanes import STAMP, Encoded
from harness.load.mix import order, stamped


def test_uniform_asks_each_equally_often() -> None:
    """No question is asked a tenth more often than another, in the long run."""
    counts = np.bincount(order("uniform", 100_000, 10, seed=3))
    assert counts.min() > 9_000
    assert counts.max() < 11_000


def test_zipf_asks_by_popularity() -> None:
    """The second most popular question is asked half as often as the first, the tenth a tenth as often."""
    counts = np.sort(np.bincount(order("zipf", 200_000, 50, seed=1)))[::-1]
    assert counts[0] / counts[1] == pytest.approx(2.0, rel=0.05)
    assert counts[0] / counts[9] == pytest.approx(10.0, rel=0.1)


def test_in_turn_goes_round() -> None:
    """One question after the other, from the first again."""
    assert order("in-turn", 5, 3).tolist() == [0, 1, 2, 0, 1]


@pytest.mark.parametrize("draw", ["uniform", "zipf"])
def test_a_seed_draws_the_same(draw: str) -> None:
    """The same seed asks the same questions, another one others."""
    first = order(draw, 100, 10, seed=1).tolist()  # type: ignore[arg-type]
    assert order(draw, 100, 10, seed=1).tolist() == first  # type: ignore[arg-type]
    assert order(draw, 100, 10, seed=2).tolist() != first  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_a_stamped_image_is_the_same_picture_in_other_bytes(kind: str) -> None:
    """Whatever the format, pixels stay as they are, and each number gives other bytes of one length."""
    made = BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (20, 30, 3), dtype=np.uint8)).save(made, kind)
    from base64 import b64encode

    text = stamped(b64encode(made.getvalue()).decode())
    encoded = Encoded.of(text.encode())
    first, second = (b64decode(encoded.numbered(number), validate=True) for number in (1, 99_999))
    assert first != second
    assert decode_rgb(first).tobytes() == decode_rgb(second).tobytes() == decode_rgb(made.getvalue()).tobytes()


def test_a_planted_vector_survives_a_stamp() -> None:
    """A planted picture carries its vector with any number behind it."""
    picture = planted_picture((1.0, 2.0), name="x")
    data = b64decode(stamped(picture.base64).replace(STAMP, "0" * 16))
    assert planted_vector(data) == (1.0, 2.0)
