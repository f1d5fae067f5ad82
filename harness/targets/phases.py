"""How long each step of a start-up took."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator


class Phases(dict[str, float]):
    """Seconds by the name of the step, in the order in which the steps ended."""

    @contextlib.contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Add the time that the block takes, also if it fails."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self[name] = self.get(name, 0.0) + time.perf_counter() - began
