"""Testcontainers' own reaper: used where it can be had at once, never waited for, and not needed.

The reaper is a container that removes a process's containers some seconds after that process is gone. It needs an image
of its own and Docker's socket inside a container, which not every daemon allows; and a pull would be waited for in
every first start. Ours works everywhere, but only at the next start or `nearimage down`. So the reaper is started if
its image is here, or if a person's settings ask for it (TESTCONTAINERS_RYUK_DISABLED=false).
"""

from __future__ import annotations

import os
import threading

from harness.targets.docker.daemon import Daemon
from harness.targets.docker.images import local

_ONE_AT_A_TIME = threading.Lock()
_SWITCH = "TESTCONTAINERS_RYUK_DISABLED"


def with_or_without_reaper(daemon: Daemon) -> bool:
    """Start the reaper or switch it off for this process; True if it runs.

    Args:
        daemon: where.
    """
    from testcontainers.core.config import testcontainers_config as config

    with _ONE_AT_A_TIME:
        wanted = not config.ryuk_disabled and (_SWITCH in os.environ or local(daemon, config.ryuk_image) is not None)
        config.ryuk_disabled = not (wanted and _starts())
        return not config.ryuk_disabled


def _starts() -> bool:
    """Start it, or find it running; False if this daemon does not let it."""
    from docker.errors import DockerException
    from requests.exceptions import RequestException
    from testcontainers.core.container import Reaper

    try:
        Reaper.get_instance()
    except (DockerException, RequestException, OSError, RuntimeError):
        Reaper.delete_instance()
        return False
    return True
