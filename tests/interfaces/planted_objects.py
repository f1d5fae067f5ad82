"""Pictures and ids that tests choose."""

from __future__ import annotations

from harness.images import planted_picture


def image(*vector: float) -> str:
    """A planted picture as base64."""
    return planted_picture(vector, name="planted").base64


def uuid(number: int) -> str:
    """An object id that sorts by its number."""
    return f"00000000-0000-4000-8000-{number:012d}"
