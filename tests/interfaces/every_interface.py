"""Every interface as a parameter of a test; one that needs a program has a mark, so that it is left out visibly."""

from __future__ import annotations

import pytest

from harness.interfaces import NAMES, SPEAK_GRAPHQL
from harness.interfaces.installed import PACKAGES

_NEED_MORE = {*PACKAGES, "shell"}

EVERY = [
    pytest.param(name, marks=getattr(pytest.mark, name.replace("-", "_"))) if name in _NEED_MORE else pytest.param(name)
    for name in NAMES
]
EACH_PROGRAM = [one for one in EVERY if one.values[0] != "typescript-v1"]
"""Without the one whose program and whose wire is another's."""
OVER_HTTP = SPEAK_GRAPHQL
CLIENTS = frozenset({"python", "python-async", "typescript"})
"""The official clients of today: one HTTP request, then gRPC; they refuse much, and try again on their own."""
OLDER = frozenset({"python-v3", "typescript-v1", "typescript-v2"})
"""The official clients of the time before: GraphQL, some things left unsaid."""
