"""A service that answers later on purpose answers the same, and is as late as it was told to be."""

from __future__ import annotations

import time

import pytest

from harness.errors import UsageError
from harness.images import planted_text
from harness.inference.delay import Delay, parsed
from harness.inference.encoders import load


@pytest.mark.parametrize(
    ("text", "delay"),
    [("5%", Delay(share=0.05)), ("2ms", Delay(milliseconds=2)), ("0.5 ms", Delay(milliseconds=0.5))],
)
def test_a_delay_is_a_share_or_milliseconds(text: str, delay: Delay) -> None:
    """As it is written, so it is."""
    assert parsed(text) == delay


@pytest.mark.parametrize("text", ["5", "-1ms", "soon", "2s", ""])
def test_what_is_no_delay_is_refused(text: str) -> None:
    """The sentence says how one is written."""
    with pytest.raises(UsageError, match="such as 5% or 2ms"):
        parsed(text)


def test_a_late_encoder_gives_the_same_vectors_later() -> None:
    """At least 20 ms later, image and text."""
    honest = load("planted")
    late = Delay(milliseconds=20).on(honest)
    began = time.perf_counter()

    assert late.clip.text(planted_text((1.0, 2.0))) == honest.clip.text(planted_text((1.0, 2.0)))
    assert time.perf_counter() - began >= 0.02
