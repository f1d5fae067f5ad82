"""Compares two answers to what should be the same question: rankings that may differ only within a tie."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from harness.model import Hit
from harness.oracle import Fault


def different(left: Sequence[Hit], right: Sequence[Hit], *, error: float = 0.0, whole: bool = True) -> list[Fault]:
    """Return how the shorter ranking is not a beginning of the longer.

    Args:
        left: hits, best first.
        right: hits, best first; may be longer or shorter.
        error: how far two float32 computations of one distance may be apart.
        whole: whether the longer one ends with a whole tie; if not, any members of the last tie may be there.

    The order within a tie is not promised, so a whole tie is compared as a set, and of a tie that the shorter answer
    cuts, any members may be there.
    """
    shorter, longer = sorted((list(left), list(right)), key=len)
    for place, (one, other) in enumerate(zip(shorter, longer, strict=False)):
        if one.distance is None or other.distance is None or abs(one.distance - other.distance) > error:
            facts: dict[str, object] = {"place": place, "left": one.distance, "right": other.distance}
            return [Fault("the same question gave another distance", facts)]
    start = 0
    for tie in _ties(longer, error):
        seen = {hit.id for hit in shorter[start : start + len(tie)]}
        allowed = {hit.id for hit in tie}
        if not whole and start + len(tie) == len(longer):
            break
        if not seen <= allowed or (start + len(tie) <= len(shorter) and seen != allowed):
            odd = sorted(seen ^ allowed)[:5] if start + len(tie) <= len(shorter) else sorted(seen - allowed)[:5]
            return [Fault("the same question gave another object", {"place": start, "objects": odd})]
        start += len(tie)
    return []


def _ties(hits: Sequence[Hit], error: float) -> list[list[Hit]]:
    if error == 0.0:
        return [list(tie) for _, tie in groupby(hits, key=lambda hit: hit.distance)]
    ties: list[list[Hit]] = []
    for hit in hits:
        last = ties[-1][-1].distance if ties else None
        if last is not None and hit.distance is not None and abs(hit.distance - last) <= error:
            ties[-1].append(hit)
        else:
            ties.append([hit])
    return ties
