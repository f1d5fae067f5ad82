"""Whether two runs were made on the same machine, as far as their records tell."""

from __future__ import annotations

from harness.record import RunEntry

_GIB = 2**30
_MEMORY = 0.05
"""What a kernel keeps for itself differs from start to start: memory is the same up to this share."""


def difference(one: RunEntry, other: RunEntry) -> str:
    """Return how the machines of two runs differ, as a sentence; empty if they don't.

    What one of the records does not say, as those of an earlier nearimage, does not tell them apart.
    """
    facts = [
        (f"{one.cpus} processors", f"{other.cpus} processors"),
        (one.processor, other.processor),
        (one.platform, other.platform),
    ]
    if abs(one.memory - other.memory) > _MEMORY * max(one.memory, other.memory):
        facts.append((_size(one.memory), _size(other.memory)))
    found = [f"{mine} and {its}" for mine, its in facts if mine and its and mine != its]
    return f"the machines differ: {'; '.join(found)}" if found else ""


def _size(memory: int) -> str:
    return f"{memory / _GIB:.1f} GiB of memory" if memory else ""
