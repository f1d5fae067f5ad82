"""What was measured of one question on two sides, in blocks: all that a judgement is made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.statistics import percentile

Block = tuple[float, ...]
"""Milliseconds of the requests of one block that were answered, in the order asked."""


@dataclass(frozen=True, slots=True)
class Side:
    """One side's blocks, in order.

    `service` has, for each block, the inference service's own milliseconds of the same requests; None if it could not
    be told. Requests without an answer are counted in `errors` and have no time.
    """

    blocks: tuple[Block, ...]
    service: tuple[Block, ...] | None = None
    errors: int = 0

    def __post_init__(self) -> None:
        if self.service is not None and [*map(len, self.service)] != [*map(len, self.blocks)]:
            raise ValueError("the service's times need one number for each of the blocks'")

    @property
    def n(self) -> int:
        """How many requests were answered."""
        return sum(map(len, self.blocks))

    @property
    def milliseconds(self) -> Block:
        """The times of all blocks together."""
        return tuple(one for block in self.blocks for one in block)

    def first(self, rounds: int) -> Side:
        """Return what was measured in so many blocks, the first ones; errors are not told apart by block."""
        return Side(self.blocks[:rounds], None if self.service is None else self.service[:rounds], self.errors)


@dataclass(frozen=True, slots=True)
class Name:
    """Which question this is."""

    scenario: str
    collection: str
    question: str
    interface: str


@dataclass(frozen=True, slots=True)
class Series:
    """One question on both sides.

    `paired`: block i of both sides was asked in the same round, which of them first was drawn by lot. Otherwise the
    sides were measured one after the other, and their blocks have nothing to do with each other.
    """

    name: Name
    base: Side
    head: Side
    paired: bool
    unit: ClassVar[str] = "rounds"

    def __post_init__(self) -> None:
        if self.paired and len(self.base.blocks) != len(self.head.blocks):
            raise ValueError(f"{len(self.base.blocks)} rounds of one side and {len(self.head.blocks)} of the other")

    @property
    def n(self) -> tuple[int, int]:
        """How many requests of each side were answered."""
        return self.base.n, self.head.n

    @property
    def rounds(self) -> int:
        """How many rounds, or how many blocks of the side that has fewer."""
        return min(len(self.base.blocks), len(self.head.blocks))

    def percentile(self, q: float) -> tuple[float, float]:
        """Return a percentile of each side in milliseconds.

        Raises:
            ValueError: a side has no times.
        """
        return percentile(self.base.milliseconds, q), percentile(self.head.milliseconds, q)
