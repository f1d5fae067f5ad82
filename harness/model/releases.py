"""Which release of Weaviate was the first to have something: observed of those that were run, told by their notes."""

from __future__ import annotations

OLDEST = (1, 19)
"""The oldest release that anything is asked of."""
FLAT_INDEX = (1, 23)
DYNAMIC_INDEX = (1, 25)
NAMED_VECTORS = (1, 24)
SEVERAL_DYNAMIC_VECTORS = (1, 26)
"""Before, an object with several named vectors whose index is dynamic gets no answer (observed: 1.25.34, not 1.32)."""
TENANTS = (1, 20)
NEAR_IMAGE_OVER_GRPC = (1, 22)


def has(release: tuple[int, ...], first: tuple[int, int]) -> bool:
    """Whether a release has what came with the first one; one that is not known, `()`, is taken for a new one."""
    return not release or release >= first
