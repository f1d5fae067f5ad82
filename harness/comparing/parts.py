"""Where a difference is: in the inference service, by its own clock, or in what is around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from harness.comparing.series import Block, Series
from harness.statistics import Interval
from harness.statistics.ranks import Paired, Shift, Unpaired

_CONFIDENCE = 0.99
_MOST_OF_IT = 0.8


@dataclass(frozen=True, slots=True)
class Part:
    """How much longer head takes in one part of a request, at the median, in milliseconds, with its 99% interval."""

    name: str
    longer: float
    within: Interval

    @property
    def differs(self) -> bool:
        """Whether zero is outside the interval."""
        return self.within.low > 0 or self.within.high < 0


@dataclass(frozen=True, slots=True)
class Split:
    """A difference by its parts: `service` is the inference service, `rest` database, transport and client."""

    service: Part
    rest: Part

    @property
    def sentence(self) -> str:
        """Where the difference is."""
        share = self.service.longer / whole if (whole := self.service.longer + self.rest.longer) else 0.0
        if self.service.differs and (share >= _MOST_OF_IT or not self.rest.differs):
            return "the difference is in the inference service"
        if self.rest.differs and (share <= 1 - _MOST_OF_IT or not self.service.differs):
            return "the difference is in the database or on the way, not in the inference service"
        if self.service.differs and self.rest.differs:
            return f"{share:.0%} of the difference is in the inference service, the rest in the database or on the way"
        return "in which part the difference is can't be told"


def split(series: Series) -> Split | None:
    """Return where the sides of a series differ; None if the service's clock is not known on both sides."""
    base, head = series.base, series.head
    if base.service is None or head.service is None:
        return None
    pairs = (base.service, head.service), (_rest(base.blocks, base.service), _rest(head.blocks, head.service))
    parts = []
    for name, (first, second) in zip(("inference service", "database and transport"), pairs, strict=True):
        shift = _shift(first, second, paired=series.paired)
        if shift is None:
            return None
        parts.append(Part(name, shift.estimate, shift.interval(_CONFIDENCE)))
    return Split(*parts)


def _rest(blocks: Sequence[Block], service: Sequence[Block]) -> list[Block]:
    return [
        tuple(whole - part for whole, part in zip(block, own, strict=True))
        for block, own in zip(blocks, service, strict=True)
    ]


def _shift(base: Sequence[Block], head: Sequence[Block], *, paired: bool) -> Shift | None:
    if paired:
        apart = [median(other) - median(one) for one, other in zip(base, head, strict=True) if one and other]
        return Paired(apart) if apart else None
    medians = [[median(block) for block in side if block] for side in (base, head)]
    return Unpaired(*medians) if all(medians) else None
