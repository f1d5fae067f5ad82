"""Chooses a few of many, evenly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

One = TypeVar("One")


def spread(many: Sequence[One], count: int) -> list[One]:
    """Return at most `count` of these in their order, evenly spread: the first, and with two or more the last."""
    if len(many) <= count:
        return list(many)
    if count == 1:
        return [many[0]]
    return [many[round(place * (len(many) - 1) / (count - 1))] for place in range(count)]
