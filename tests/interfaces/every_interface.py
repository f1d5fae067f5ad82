"""Every interface as a parameter of a test; one that needs a program has a mark, so that it is left out visibly."""

from __future__ import annotations

import pytest

from harness.interfaces import NAMES, SPEAK_GRAPHQL

_NEED_A_PROGRAM = ("typescript", "shell")

EVERY = [
    pytest.param(name, marks=getattr(pytest.mark, name)) if name in _NEED_A_PROGRAM else pytest.param(name)
    for name in NAMES
]
OVER_HTTP = SPEAK_GRAPHQL
CLIENTS = frozenset({"python", "python-async", "typescript"})
"""The official clients: one HTTP request, then gRPC; they refuse much themselves and try again on their own."""
