"""The services behind a reference, as its threads share them."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator

import pytest

from harness.model import Module
from harness.reference.inference import Services

ADDRESS = "http://127.0.0.1:1"


@pytest.fixture
def hasty() -> Iterator[None]:
    """Threads that leave each other no time."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("hasty")
def test_threads_that_come_first_together_share_one_client() -> None:
    """A service has one client, whose connections are closed in the end; nobody has another."""
    for _ in range(300):
        services, together = Services(ADDRESS, 1.0), threading.Barrier(4)
        found: set[int] = set()

        def ask(services: Services = services, together: threading.Barrier = together) -> None:
            together.wait()
            found.add(id(services.behind(Module.CLIP)))  # noqa: B023 - the threads end within the round

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 1
        services.close()
