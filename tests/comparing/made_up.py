"""Series that were made up: what is asked in rounds on a machine that is disturbed, and what differs is known."""

from __future__ import annotations

import numpy as np

from harness.comparing.series import Name, Series, Side

NAME = Name("a scenario", "Photo", "tabby", "graphql")


def series(
    *, rounds: int = 60, slower: float = 0.0, service: float = 0.0, seed: int = 1, noise: float = 0.05, block: int = 15
) -> Series:
    """Rounds of two sides of about 10 ms, of which the inference service takes 7.

    Args:
        rounds: how many.
        slower: head's database takes so many milliseconds more.
        service: head's inference service takes so many milliseconds more.
        seed: of the noise.
        noise: of a whole block, as a share; requests in a block have it in common.
        block: requests in a block.
    """
    rng = np.random.default_rng(seed)
    sides = []
    for more_service, more in ((0.0, 0.0), (service, slower)):
        factors = [np.exp(rng.normal(0, noise) + rng.normal(0, 0.05, block)) for _ in range(rounds)]
        own = [tuple(map(float, each * (7.0 + more_service))) for each in factors]
        rest = [each * (3.0 + more) * np.exp(rng.normal(0, 0.05, block)) for each in factors]
        whole = [tuple(map(float, np.add(one, other))) for one, other in zip(own, rest, strict=True)]
        sides.append(Side(tuple(whole), tuple(own)))
    return Series(NAME, sides[0], sides[1], paired=True)
